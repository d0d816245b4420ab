/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes, words and variables of the model. Every time is what is left of it, in ticks.
 */
#ifndef EPOCHS
#define EPOCHS 2 /* claims are made at epochs 1..EPOCHS */
#endif
#ifndef LEASE
#define LEASE 2 /* the longest */
#endif
#ifndef RELEASE
#define RELEASE 1
#endif
#ifndef SLACK
#define SLACK 0 /* a clock may miss so many ticks (0 or 1) in LEASE + RELEASE of them */
#endif

#if defined(NO_RELEASE_IN_PROMISE)
#define PROMISE(lease) ((lease) + SLACK)
#elif defined(NO_DRIFT_IN_PROMISE)
#define PROMISE(lease) ((lease) + RELEASE)
#else
#define PROMISE(lease) ((lease) + RELEASE + SLACK)
#endif

#define A 0
#define B 1
#define W 2
#define NODES 2 /* A and B may own the role */
#define VOTERS 3
#define FORGOT 2 /* as a holder: this voter lost its memory, and abstains for `until` */
#define FREE 3   /* as a holder: nobody */
#define LINK(from, to) ((from) * VOTERS + (to))
#define LINKS (NODES * VOTERS) /* those that claims travel on */
#define OTHER(n) (1 - (n))
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define AGE(left, ticks) left = ((left) > (ticks) -> (left) - (ticks) : 0)
#define NAME(n) ((n) == W -> 'W' : 'A' + (n))

/* Numbered from the last; `lost` is a link without a page. */
mtype = {releasing, holding, seeking, none, lost};

/* --- voters */
byte holder[VOTERS];
byte granted[VOTERS]; /* epoch of the grant */
byte until[VOTERS];   /* of the promise, on the voter's clock */
byte top[VOTERS];

/* --- claimants */
mtype claim[NODES];
byte epoch[NODES];
byte life[NODES]; /* of lease and release; the lease is valid while more than RELEASE is left */
bool up[NODES];   /* resources */

/* --- the newest page on each link, until it is heard or lost; -DTWO_PAGES: and one before it */
#ifdef TWO_PAGES
#define PAGES (2 * LINKS)
#define BEFORE(n, m) (LINK(n, m) + LINKS)
#else
#define PAGES LINKS
#endif
mtype page_claim[PAGES];
byte page_epoch[PAGES];
byte page_left[PAGES]; /* while it may be taken for fresh, on the sender's clock */
bool page_void[PAGES]; /* dates no vote: its claim is over, or it is of an old life */

/* --- votes on their way from a voter to a claimant for its present claim: of the lease declared
 * by the page which the grant is `by`, since that page was sent, on the claimant's clock */
byte vote[VOTERS * VOTERS];

/* --- the world */
byte drifted; /* ticks until a clock may miss one again */
byte last;    /* epoch of the newest owner */

/* Of one step; 0 between steps. */
byte i, own, most, least, miss, order;
bool ended;

#define is_free(v) (holder[v] == FREE || until[v] == 0)
#define valid(n) (life[n] > RELEASE)
#define can_seek(n) (claim[n] == none && !up[n] && is_free(n))

/* --- -DFAULTS=n: at most so many restarts of processes and hosts; without it, any number */
#ifdef FAULTS
byte faults;
#define can_fail (faults < FAULTS)
#define COUNT_FAULT faults++
#else
#define can_fail true
#define COUNT_FAULT skip
#endif

/* --- -DORDERED: every claim is at the next epoch, so there are at most EPOCHS. Without it, at any
 * that the node's own voter has not seen: a node may have missed what others did, but not itself */
#ifdef ORDERED
#define is_claimable(e) ((e) <= EPOCHS && top[A] < (e) && top[B] < (e) && top[W] < (e) && \
	(top[A] + 1 == (e) || top[B] + 1 == (e) || top[W] + 1 == (e)))
#else
#define is_claimable(e) ((e) <= EPOCHS)
#endif

/* --- -DRELOAD: a node's lease is 1 or LEASE, and may change during a claim */
#ifdef RELOAD
byte lease[NODES]; /* 0: without a claim it does not matter */
byte page_lease[PAGES];
#define LEASE_OF(n) lease[n]
#define DECLARED(p) page_lease[p]
#define SET_DECLARED(n, m) page_lease[LINK(n, m)] = (claim[n] == none -> 0 : lease[n])
#define UNSET_DECLARED(p) page_lease[p] = 0
#define DO_RELOAD(n) DO(claim[n] > none && epoch[n] < EPOCHS, reload(n))
#define DO_SEEK(n, e) \
	DO(can_seek(n) && is_claimable(e) && (e) < EPOCHS, lease[n] = 1; seek(n, e)) \
	DO(can_seek(n) && is_claimable(e), lease[n] = LEASE; seek(n, e))
#else
#define LEASE_OF(n) LEASE
#define DECLARED(p) LEASE
#define SET_DECLARED(n, m) skip
#define UNSET_DECLARED(p) skip
#define DO_RELOAD(n)
#define DO_SEEK(n, e) DO(can_seek(n) && is_claimable(e), seek(n, e))
#endif

/* --- -DECHO: freshness by echo. Without it every page younger than a lease may be taken for fresh;
 * that no others are is what this variant shows. */
#ifdef ECHO
byte heard[LINKS];     /* by a node of a voter: of the lease since that was sent, */
byte page_echo[LINKS]; /* and when the page went out; on the voter's clock */
#ifdef NO_FRESH
#define echo_is_fresh(p) true
#else
#define echo_is_fresh(p) (page_echo[p] > 0)
#endif
#define SET_ECHO(n, m) page_echo[LINK(n, m)] = (claim[n] == none -> 0 : heard[LINK(n, m)])
#define UNSET_ECHO(p) page_echo[p] = 0
#define AGE_ECHO(n, v) AGE(heard[LINK(n, v)], TICKS(v)); AGE(page_echo[LINK(n, v)], TICKS(v))
#define DO_ECHO(n, v) DO(claim[n] > none, heard[LINK(n, v)] = LEASE)
#define goes_stale(p) false
#else
#define echo_is_fresh(p) true
#define SET_ECHO(n, m) skip
#define UNSET_ECHO(p) skip
#define AGE_ECHO(n, v) skip
#define DO_ECHO(n, v)
#define goes_stale(p) (page_left[p] == 0)
#endif

/* Of the lease which a page declared, since it was sent. */
#ifdef TODAYS_LEASE
#define SHORTER(p) 0
#else
#define SHORTER(p) (LEASE - DECLARED(p))
#endif
#define LEFT(p) (page_void[p] || page_left[p] <= SLACK + SHORTER(p) -> \
	0 : page_left[p] - SLACK - SHORTER(p))

/* --- -DNO_BY: the echo counts, so also that of a page which was heard, but not for a grant */
#ifdef NO_BY
#define DO_NO_BY(n, v) DO(page_claim[LINK(n, v)] > none, echo_of(v, n))
#else
#define DO_NO_BY(n, v)
#endif
