/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quorum lease of one role as a finite machine: two nodes that may own it (A, B), a witness
 * (W), whole ticks for time. README.md says what is left out and why that may be. A rule is removed
 * with a -D switch; check.py demands that each removal is found.
 */
#ifndef EPOCHS
#define EPOCHS 3 /* claims are made at epochs 1..EPOCHS */
#endif
#ifndef FAULTS
#define FAULTS 2 /* restarts of a process and crashes of a host, together */
#endif
#ifndef LEASE
#define LEASE 2
#endif
#ifndef RELEASE
#define RELEASE 1
#endif
#ifndef SLACK
#define SLACK 1 /* a clock may miss one tick in LEASE + RELEASE of them */
#endif

#if defined(NO_RELEASE_IN_PROMISE)
#define PROMISE(lease) ((lease) + SLACK)
#elif defined(SHORT_PROMISE)
#define PROMISE(lease) ((lease) + RELEASE)
#else
#define PROMISE(lease) ((lease) + RELEASE + SLACK)
#endif

#define A 0
#define B 1
#define W 2
#define NODES 2  /* A and B may own the role */
#define VOTERS 3
#define FORGOT 2 /* as a holder: this voter does not know whom it promised; it abstains */
#define FREE 3   /* as a holder: nobody */
#define LINK(from, to) ((from) * VOTERS + (to))
#define OTHER(n) (1 - (n))
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))
#define AGED(left, ticks) left = (left > (ticks) -> left - (ticks) : 0)
#define NAME(n) ((n) == W -> 'W' : 'A' + (n))

mtype = {none, seeking, holding, releasing};

/* --- voters; every time is what is left of it */
byte holder[VOTERS];
byte granted[VOTERS]; /* epoch of the grant */
byte until[VOTERS];   /* of the promise, on the voter's clock */
byte top[VOTERS];

/* --- claimants */
mtype claim[NODES];
byte epoch[NODES];
byte life[NODES]; /* of lease plus release; the lease is valid while more than RELEASE is left */
bool up[NODES];   /* resources */

/* --- the newest page on each link: as a claim, and as a vote for the receiver */
mtype page_claim[NODES * VOTERS];
byte page_epoch[NODES * VOTERS];
byte page_left[NODES * VOTERS]; /* of the lease it declared; 0 also if its claim is over */

/* --- votes on their way: of the lease declared by the page that was last granted or renewed `by`,
 * since that page was sent, on the clock of its sender, who is the receiver here */
byte vote[VOTERS * VOTERS];

/* --- the world */
byte drifted; /* full ticks until a clock may miss one again */
byte faults;
byte last;    /* epoch of the newest owner */

hidden byte i, own, first, second, miss;
hidden byte ended;

#define is_free(v) (holder[v] == FREE || until[v] == 0)
#define valid(n) (life[n] > RELEASE)

#ifdef OLD_EPOCH
#define new_enough(v, e) true
#else
#define new_enough(v, e) ((e) > top[v])
#endif

/* --- voter.c */

inline answer(v, x, left)
{
	if
	:: v != x -> vote[LINK(v, x)] = MAX(vote[LINK(v, x)], left)
	:: else
	fi
}

/* Claimant x says claim c at epoch e on a page with `left` of its lease. */
inline consider(v, x, c, e, left)
{
	if
	:: holder[v] == x && granted[v] == e && !(c == seeking && until[v] == 0) ->
		until[v] = MAX(until[v], PROMISE(LEASE));
		answer(v, x, left);
		top[v] = MAX(top[v], e)
	:: else ->
		if
		:: (holder[v] == x || is_free(v)) && !(holder[v] == FORGOT && until[v] > 0) &&
		   ((c == seeking && new_enough(v, e)) || c == holding) ->
			printf("%c grants %c epoch %d\n", NAME(v), NAME(x), e);
			until[v] = (holder[v] == x -> MAX(until[v], PROMISE(LEASE)) : PROMISE(LEASE));
			holder[v] = x;
			granted[v] = e;
			answer(v, x, left);
			top[v] = MAX(top[v], e)
		:: else ->
			if
			:: c != seeking -> top[v] = MAX(top[v], e)
			:: else
			fi
		fi
	fi
}

inline set_free(v, x)
{
	if
	:: holder[v] == x ->
		printf("%c frees its promise to %c\n", NAME(v), NAME(x));
		holder[v] = FREE;
		granted[v] = 0;
		until[v] = 0
	:: else
	fi
}

/* --- lease.c */

/* What dates the votes of the present claim counts no more: another life, or another claim. */
inline void_votes(n)
{
	for (i : 0 .. VOTERS - 1) {
		vote[LINK(i, n)] = 0;
		page_left[LINK(n, i)] = 0
	}
}

/* The majority-th latest of the supports, when it has heard so much of the votes of the others. */
inline count_votes(n, of_other, of_witness)
{
	own = (holder[n] == n && granted[n] == epoch[n] && until[n] > 0 -> LEASE : 0);
	first = MAX(of_other, of_witness);
	second = MIN(of_other, of_witness);
#ifdef SMALL_QUORUM
	second = MAX(own, first);
#else
	second = (own >= first -> first : MAX(own, second));
#endif
	if
	:: second > 0 -> life[n] = MAX(life[n], second + RELEASE)
	:: else
	fi
}

/* --- election.c */

inline owns(n)
{
	printf("%c owns the role at epoch %d, the newest before was %d\n", NAME(n), epoch[n], last);
	up[n] = true;
	assert(!up[OTHER(n)]);   /* never two owners */
	assert(epoch[n] > last); /* epochs of owners grow */
	last = epoch[n]
}

inline end_claim(n)
{
	printf("%c: none\n", NAME(n));
	void_votes(n);
	claim[n] = none;
	epoch[n] = 0;
	life[n] = (up[n] -> life[n] : 0)
}

inline release(n)
{
#ifdef NONE_WHILE_UP
	end_claim(n);
	set_free(n, n);
#else
	printf("%c: releasing\n", NAME(n));
	claim[n] = releasing
#endif
}

inline update(n, of_other, of_witness)
{
	if
	:: claim[n] != none ->
		consider(n, n, claim[n], epoch[n], 0);
		ended = (claim[n] != seeking && !valid(n));
#ifdef LEASE_COMES_BACK
		count_votes(n, of_other, of_witness);
		if
		:: ended && claim[n] == holding && valid(n) && !up[n] ->
			printf("%c: its lease is back at epoch %d\n", NAME(n), epoch[n]);
			up[n] = true;
			assert(!up[OTHER(n)]);
			assert(epoch[n] >= last)
		:: else
		fi;
#else
		if
		:: !ended -> count_votes(n, of_other, of_witness)
		:: else
		fi;
#endif
		if
		:: claim[n] == seeking && valid(n) ->
			claim[n] = holding;
			owns(n)
#ifndef LEASE_COMES_BACK
		:: claim[n] == holding && !valid(n) ->
			printf("%c: its lease is over\n", NAME(n));
			release(n)
#endif
		:: else
		fi
	:: else
	fi
}

inline seek(n, e)
{
	printf("%c seeks at epoch %d\n", NAME(n), e);
	void_votes(n);
	claim[n] = seeking;
	epoch[n] = e;
	life[n] = 0;
	update(n, 0, 0)
}

/* The resources are down. */
inline released(n)
{
	up[n] = false;
	end_claim(n);
	set_free(n, n)
}

/* --- pages */

inline send(n, m)
{
	update(n, 0, 0);
	page_claim[LINK(n, m)] = claim[n];
	page_epoch[LINK(n, m)] = epoch[n];
	page_left[LINK(n, m)] = (claim[n] == none -> 0 : LEASE);
	printf("%c sends to %c\n", NAME(n), NAME(m))
}

inline deliver(n, m)
{
	printf("%c hears %c: %e at epoch %d\n", NAME(m), NAME(n), page_claim[LINK(n, m)],
	       page_epoch[LINK(n, m)]);
	if
	:: page_claim[LINK(n, m)] == none -> set_free(m, n)
	:: else ->
		consider(m, n, page_claim[LINK(n, m)], page_epoch[LINK(n, m)], page_left[LINK(n, m)])
	fi;
	if
	:: m < NODES -> update(m, 0, 0)
	:: else
	fi
}

/* --- faults */

inline restart(n)
{
	printf("%c: its process restarts, with its memory\n", NAME(n));
	faults++;
	void_votes(n);
	if
	:: claim[n] == seeking ->
		claim[n] = none;
		epoch[n] = 0;
		life[n] = 0
#ifdef RESTART_SAYS_NONE
	:: claim[n] == holding || claim[n] == releasing ->
		claim[n] = none;
		epoch[n] = 0
#endif
	:: claim[n] == holding && !valid(n) -> claim[n] = releasing
	:: else
	fi
}

inline forget_abstention(n)
{
	if
	:: holder[n] == FORGOT -> holder[n] = FREE; until[n] = 0
	:: else
	fi
}

inline crash(n)
{
	printf("%c: its host restarts, all memory lost\n", NAME(n));
	faults++;
	if
	:: n < NODES ->
		up[n] = false;
		end_claim(n)
	:: else
	fi;
	granted[n] = 0;
#ifdef NO_ABSTAIN
	holder[n] = FREE;
	until[n] = 0
#else
	holder[n] = FORGOT;
	until[n] = PROMISE(LEASE)
#endif
}

/* --- time */

#define TICKS(n) (1 - ((miss >> (n)) & 1))

inline tick(missing)
{
	miss = missing;
	printf("a tick, clocks that miss it: %d\n", miss);
	for (i : 0 .. VOTERS - 1) {
		AGED(until[i], TICKS(i));
		if
		:: until[i] == 0 && holder[i] == FORGOT -> holder[i] = FREE
		:: else
		fi;
		AGED(vote[LINK(i, A)], TICKS(A));
		AGED(vote[LINK(i, B)], TICKS(B));
		AGED(page_left[LINK(A, i)], TICKS(A));
		AGED(page_left[LINK(B, i)], TICKS(B))
	};
	for (i : 0 .. NODES - 1) {
		AGED(life[i], TICKS(i));
		if
		:: life[i] == 0 && up[i] ->
			printf("%c: its guard has ended the resources\n", NAME(i));
			up[i] = false
		:: else
		fi
	};
	drifted = (miss > 0 -> LEASE + RELEASE : (drifted > 0 -> drifted - 1 : 0))
}

#define can_seek(n) (claim[n] == none && !up[n] && is_free(n))

#define SEND(n, m) :: d_step { true -> send(n, m) }
#define HEAR(n, m) :: d_step { true -> deliver(n, m) }
#define COUNT(n) \
	:: d_step { claim[n] != none -> update(n, vote[LINK(OTHER(n), n)], vote[LINK(W, n)]) } \
	:: d_step { claim[n] != none -> update(n, vote[LINK(OTHER(n), n)], 0) } \
	:: d_step { claim[n] != none -> update(n, 0, vote[LINK(W, n)]) } \
	:: d_step { claim[n] != none -> update(n, 0, 0) }
#define NODE(n) \
	:: d_step { can_seek(n) && top[n] + 1 <= EPOCHS -> seek(n, top[n] + 1) } \
	:: d_step { can_seek(n) && top[n] + 2 <= EPOCHS -> seek(n, top[n] + 2) } \
	:: d_step { claim[n] == seeking -> end_claim(n); set_free(n, n) } \
	:: d_step { claim[n] == holding && valid(n) -> release(n) } \
	:: d_step { claim[n] == releasing -> released(n) } \
	:: d_step { faults < FAULTS -> restart(n) }

init {
	d_step {
		holder[A] = FREE; holder[B] = FREE; holder[W] = FREE;
		claim[A] = none; claim[B] = none;
		for (i : 0 .. NODES * VOTERS - 1) {
			page_claim[i] = none
		}
	}
	do
	:: d_step { true -> tick(0) }
	:: d_step { drifted == 0 && SLACK > 0 -> tick(1 << A) }
	:: d_step { drifted == 0 && SLACK > 0 -> tick(1 << B) }
	:: d_step { drifted == 0 && SLACK > 0 -> tick((1 << A) + (1 << B)) }
	SEND(A, B) SEND(A, W) SEND(B, A) SEND(B, W)
	HEAR(A, B) HEAR(A, W) HEAR(B, A) HEAR(B, W) COUNT(A) COUNT(B)
	NODE(A) NODE(B)
	:: d_step { faults < FAULTS -> crash(A) }
	:: d_step { faults < FAULTS -> crash(B) }
	:: d_step { faults < FAULTS -> crash(W) }
#ifdef FORGET_ABSTAIN
	:: d_step { faults < FAULTS -> printf("W: its process restarts\n"); faults++; forget_abstention(W) }
#endif
	od
}
