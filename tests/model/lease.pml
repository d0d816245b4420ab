/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quorum lease of one role as a finite machine: two nodes that may own it (A, B), a witness
 * (W), whole ticks for time. README.md says what is left out and why that may be. A rule is removed
 * with a -D switch; check.py demands that each removal is found.
 */
#ifndef EPOCHS
#define EPOCHS 3 /* claims are made at epochs 1..EPOCHS */
#endif
#ifdef FAULTS /* at most so many restarts of processes and hosts; without it any number */
#define can_fail (faults < FAULTS)
#define COUNT_FAULT faults++
#else
#define can_fail true
#define COUNT_FAULT skip
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
#define NAME(n) ((n) == W -> 'W' : 'A' + (flip -> 1 - (n) : (n)))

mtype = {releasing, holding, seeking, none, lost}; /* numbered from the last */

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
byte page_left[NODES * VOTERS]; /* until nobody takes it for fresh any more */
bool page_void[NODES * VOTERS]; /* it dates no vote: its claim is over, or it is of an old life */

/* --- votes on their way: of the lease declared by the page that was last granted or renewed `by`,
 * since that page was sent, on the clock of its sender, who is the receiver here */
byte vote[VOTERS * VOTERS];

/* --- the world */
byte drifted; /* full ticks until a clock may miss one again */
byte faults;
byte last;    /* epoch of the newest owner */

hidden byte i, own, first, second, miss;
hidden byte ended;
hidden byte flip, order;

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
	:: v != x && left > SLACK -> vote[LINK(v, x)] = MAX(vote[LINK(v, x)], left - SLACK)
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
		page_void[LINK(n, i)] = (page_left[LINK(n, i)] > 0)
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

inline lose(n, m)
{
	page_claim[LINK(n, m)] = lost;
	page_epoch[LINK(n, m)] = 0;
	page_left[LINK(n, m)] = 0;
	page_void[LINK(n, m)] = false
}

inline send(n, m)
{
	update(n, 0, 0);
	page_claim[LINK(n, m)] = claim[n];
	page_epoch[LINK(n, m)] = epoch[n];
	page_left[LINK(n, m)] = (claim[n] == none -> 0 : LEASE + SLACK);
	page_void[LINK(n, m)] = false;
	printf("%c sends to %c\n", NAME(n), NAME(m))
}

inline deliver(n, m)
{
	printf("%c hears %c: %e at epoch %d\n", NAME(m), NAME(n), page_claim[LINK(n, m)],
	       page_epoch[LINK(n, m)]);
	if
	:: page_claim[LINK(n, m)] == none -> set_free(m, n)
	:: else ->
		consider(m, n, page_claim[LINK(n, m)], page_epoch[LINK(n, m)],
		         (page_void[LINK(n, m)] -> 0 : page_left[LINK(n, m)]))
	fi;
	lose(n, m);
	if
	:: m < NODES -> update(m, 0, 0)
	:: else
	fi
}

/* --- faults */

inline restart(n)
{
	printf("%c: its process restarts, with its memory\n", NAME(n));
	COUNT_FAULT;
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
	COUNT_FAULT;
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

/* --- states that behave alike are made one */

#define in_flight(x, v, e) (page_claim[LINK(x, v)] > none && page_epoch[LINK(x, v)] == (e))

inline forget_link(x, v)
{
	/* A vote that dates no later than the lease already ends cannot move its end. */
	if
	:: vote[LINK(v, x)] + RELEASE <= life[x] || (claim[x] > seeking && !valid(x)) ->
		vote[LINK(v, x)] = 0
	:: else
	fi;
	if
	:: page_claim[LINK(x, v)] > none && page_left[LINK(x, v)] == 0 -> lose(x, v)
	:: page_claim[LINK(x, v)] == none && holder[v] != x -> lose(x, v)
	:: else
	fi;
	if
	:: page_left[LINK(x, v)] > 0 &&
	   (page_left[LINK(x, v)] + RELEASE <= life[x] + SLACK || (claim[x] > seeking && !valid(x))) ->
		page_void[LINK(x, v)] = true
	:: else
	fi;
	/* Nobody can renew this grant. */
	if
	:: holder[v] == x && granted[v] != epoch[x] && (v == x || !in_flight(x, v, granted[v])) ->
		granted[v] = 0;
		if
		:: until[v] == 0 -> holder[v] = FREE
		:: else
		fi
	:: else
	fi
}

/* A and B are alike: of two states that differ in nothing but these names one is kept. */
#define OF_EACH(op) \
	op(claim[A], claim[B]); op(epoch[A], epoch[B]); op(life[A], life[B]); op(up[A], up[B]); \
	op(granted[A], granted[B]); op(until[A], until[B]); op(top[A], top[B]); \
	op(vote[LINK(W, A)], vote[LINK(W, B)]); op(vote[LINK(B, A)], vote[LINK(A, B)]); \
	op(page_claim[LINK(A, W)], page_claim[LINK(B, W)]); \
	op(page_epoch[LINK(A, W)], page_epoch[LINK(B, W)]); \
	op(page_left[LINK(A, W)], page_left[LINK(B, W)]); \
	op(page_void[LINK(A, W)], page_void[LINK(B, W)]); \
	op(page_claim[LINK(A, B)], page_claim[LINK(B, A)]); \
	op(page_epoch[LINK(A, B)], page_epoch[LINK(B, A)]); \
	op(page_left[LINK(A, B)], page_left[LINK(B, A)]); \
	op(page_void[LINK(A, B)], page_void[LINK(B, A)])
#define COMPARE(a, b) order = (order -> order : ((a) < (b) -> 1 : ((a) > (b) -> 2 : 0)))
#define SWAP(a, b) i = a; a = b; b = i
#define SEEN_FROM(n, x) ((x) < NODES -> (x) != (n) : (x))

inline tidy()
{
	forget_link(A, A); forget_link(A, B); forget_link(A, W);
	forget_link(B, A); forget_link(B, B); forget_link(B, W);
	order = 0;
	COMPARE(SEEN_FROM(A, holder[A]), SEEN_FROM(B, holder[B]));
	COMPARE(SEEN_FROM(A, holder[W]), SEEN_FROM(B, holder[W]));
	OF_EACH(COMPARE);
	if
	:: order == 2 ->
		flip = 1 - flip;
		i = SEEN_FROM(A, holder[A]);
		holder[A] = SEEN_FROM(B, holder[B]);
		holder[B] = (i < NODES -> OTHER(i) : i);
		holder[W] = SEEN_FROM(B, holder[W]);
		OF_EACH(SWAP)
	:: else
	fi
}

#define can_seek(n) (claim[n] == none && !up[n] && is_free(n))

#define DO(guard, action) :: d_step { guard -> action; tidy() }

#define NODE(n) \
	DO(can_seek(n) && top[n] + 1 <= EPOCHS, seek(n, top[n] + 1)) \
	DO(can_seek(n) && top[n] + 2 <= EPOCHS, seek(n, top[n] + 2)) \
	DO(claim[n] == seeking, end_claim(n); set_free(n, n)) \
	DO(claim[n] == holding && valid(n), release(n)) \
	DO(claim[n] == releasing, released(n)) \
	DO(claim[n] != none, update(n, 0, 0)) \
	DO(claim[n] != none && vote[LINK(W, n)] > 0, update(n, 0, vote[LINK(W, n)])) \
	DO(claim[n] != none && vote[LINK(OTHER(n), n)] > 0, update(n, vote[LINK(OTHER(n), n)], 0)) \
	DO(claim[n] != none && vote[LINK(OTHER(n), n)] > 0 && vote[LINK(W, n)] > 0, \
	   update(n, vote[LINK(OTHER(n), n)], vote[LINK(W, n)])) \
	DO(true, send(n, OTHER(n))) \
	DO(true, send(n, W)) \
	DO(page_claim[LINK(n, OTHER(n))] != lost, deliver(n, OTHER(n))) \
	DO(page_claim[LINK(n, W)] != lost, deliver(n, W)) \
	DO(can_fail, restart(n)) \
	DO(can_fail, crash(n))

init {
	d_step {
		holder[A] = FREE; holder[B] = FREE; holder[W] = FREE;
		claim[A] = none; claim[B] = none;
		for (i : 0 .. NODES * VOTERS - 1) {
			page_claim[i] = lost
		}
	}
	do
	DO(true, tick(0))
	DO(drifted == 0 && SLACK > 0, tick(1 << A))
	DO(drifted == 0 && SLACK > 0, tick(1 << B))
	DO(drifted == 0 && SLACK > 0, tick((1 << A) + (1 << B)))
	NODE(A)
	NODE(B)
	DO(can_fail, crash(W))
#ifdef FORGET_ABSTAIN
	DO(can_fail, COUNT_FAULT; forget_abstention(W))
#endif
	od
}
