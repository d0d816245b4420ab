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
#define OTHER(n) (1 - (n))
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define AGE(left, ticks) left = ((left) > (ticks) -> (left) - (ticks) : 0)
#define NAME(n) ((n) == W -> 'W' : 'A' + (flip -> 1 - (n) : (n)))

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

/* --- the newest page on each link that was neither heard nor lost */
mtype page_claim[NODES * VOTERS];
byte page_epoch[NODES * VOTERS];
byte page_left[NODES * VOTERS]; /* while it may be taken for fresh, on the sender's clock */
bool page_void[NODES * VOTERS]; /* dates no vote: its claim is over, or it is of an old life */

/* --- votes on their way from a voter to a claimant for its present claim: of the lease declared
 * by the page which the grant is `by`, since that page was sent, on the claimant's clock */
byte vote[VOTERS * VOTERS];

/* --- the world */
byte drifted; /* ticks until a clock may miss one again */
byte last;    /* epoch of the newest owner */

hidden byte i, own, most, least, miss, ended, order, flip;

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

/* --- -DRELOAD: a node's lease is 1 or LEASE, and may change during a claim */
#ifdef RELOAD
byte lease[NODES]; /* 0: without a claim it does not matter */
byte page_lease[NODES * VOTERS];
#define LEASE_OF(n) lease[n]
#define DECLARED(n, m) page_lease[LINK(n, m)]
#define SET_DECLARED(n, m) page_lease[LINK(n, m)] = (claim[n] == none -> 0 : lease[n])
#define UNSET_DECLARED(n, m) page_lease[LINK(n, m)] = 0
#define DO_RELOAD(n) DO(claim[n] > none, reload(n))
#define DO_SEEK(n, e) \
	DO(can_seek(n) && (e) <= EPOCHS, lease[n] = 1; seek(n, e)) \
	DO(can_seek(n) && (e) <= EPOCHS, lease[n] = LEASE; seek(n, e))
#else
#define LEASE_OF(n) LEASE
#define DECLARED(n, m) LEASE
#define SET_DECLARED(n, m) skip
#define UNSET_DECLARED(n, m) skip
#define DO_RELOAD(n)
#define DO_SEEK(n, e) DO(can_seek(n) && (e) <= EPOCHS, seek(n, e))
#endif

/* --- -DECHO: freshness by echo. Without it every page younger than a lease may be taken for fresh;
 * that no others are is what this variant shows. */
#ifdef ECHO
byte heard[NODES * VOTERS];     /* by a node of a voter: of the lease since that was sent, */
byte page_echo[NODES * VOTERS]; /* and when the page went out; on the voter's clock */
#ifdef NO_FRESH
#define echo_is_fresh(n, m) true
#else
#define echo_is_fresh(n, m) (page_echo[LINK(n, m)] > 0)
#endif
#define SET_ECHO(n, m) page_echo[LINK(n, m)] = (claim[n] == none -> 0 : heard[LINK(n, m)])
#define UNSET_ECHO(n, m) page_echo[LINK(n, m)] = 0
#define AGE_ECHO(n, v) AGE(heard[LINK(n, v)], TICKS(v)); AGE(page_echo[LINK(n, v)], TICKS(v))
#define DO_ECHO(n, v) DO(claim[n] > none, heard[LINK(n, v)] = LEASE)
#define goes_stale(n, m) false
#else
#define echo_is_fresh(n, m) true
#define SET_ECHO(n, m) skip
#define UNSET_ECHO(n, m) skip
#define AGE_ECHO(n, v) skip
#define DO_ECHO(n, v)
#define goes_stale(n, m) (page_left[LINK(n, m)] == 0)
#endif

/* Of the lease which a page declared, since it was sent. */
#ifdef TODAYS_LEASE
#define SHORTER(n, m) 0
#else
#define SHORTER(n, m) (LEASE - DECLARED(n, m))
#endif
#define LEFT(n, m) (page_void[LINK(n, m)] || page_left[LINK(n, m)] <= SLACK + SHORTER(n, m) -> \
	0 : page_left[LINK(n, m)] - SLACK - SHORTER(n, m))

/* --- -DNO_BY: the echo counts, so also that of a page which was heard, but not for a grant */
#ifdef NO_BY
#define DO_NO_BY(n, v) DO(page_claim[LINK(n, v)] > none, echo_of(v, n))
#else
#define DO_NO_BY(n, v)
#endif
