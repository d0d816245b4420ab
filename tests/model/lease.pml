/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quorum lease of one role as a finite machine, for exhaustive search: two nodes that may own
 * it (A, B), a witness (W), time in whole ticks. What is abstracted, and why that is sound, stands
 * in README.md. Each rule can be taken out with a -D switch; check.py demands that it is missed.
 */
#include "state.pml"
#include "rules.pml"
#include "alike.pml"

/* --- pages */

inline send(n, m)
{
	update(n, 0, 0);
	printf("%c sends to %c: %e, epoch %d\n", NAME(n), NAME(m), claim[n], epoch[n]);
	page_claim[LINK(n, m)] = claim[n];
	page_epoch[LINK(n, m)] = epoch[n];
	page_left[LINK(n, m)] = (claim[n] == none -> 0 : LEASE + SLACK);
	page_void[LINK(n, m)] = false;
	SET_DECLARED(n, m);
	SET_ECHO(n, m)
}

/* A page is heard once. One that is heard and waits for the voter to come free is here one that is
 * heard at that moment. */
inline hear(m, n, p)
{
	printf("%c hears %c: %e, epoch %d\n", NAME(m), NAME(n), page_claim[p], page_epoch[p]);
	if
	:: page_claim[p] == none -> set_free(m, n)
	:: page_claim[p] > none && echo_is_fresh(p) ->
		assert(page_left[p] > 0); /* a page taken for fresh is not older */
		consider(m, n, page_claim[p], page_epoch[p], DECLARED(p), LEFT(p))
	:: else
	fi;
	lose(p);
#ifdef TWO_PAGES
	lose(BEFORE(n, m)); /* it is not newer than this */
#endif
	if
	:: m < NODES -> update(m, 0, 0)
	:: else
	fi
}

#ifdef TWO_PAGES
inline stay_behind(n, m)
{
	printf("the page of %c to %c before that is still under way\n", NAME(n), NAME(m));
	page_claim[BEFORE(n, m)] = page_claim[LINK(n, m)];
	page_epoch[BEFORE(n, m)] = page_epoch[LINK(n, m)];
	page_left[BEFORE(n, m)] = page_left[LINK(n, m)];
	page_void[BEFORE(n, m)] = page_void[LINK(n, m)]
}
#endif

/* --- faults */

#if defined(FORGET_ABSTAIN)
#define IS_NOT_KEPT(n) (holder[n] == FORGOT)
#elif defined(FORGET_GRANT)
#define IS_NOT_KEPT(n) (holder[n] != FORGOT)
#else
#define IS_NOT_KEPT(n) false
#endif

/* A process that is killed and started again on a running host, anything from at once to much
 * later. A new incarnation: what its earlier one sent dates no vote and proves no freshness. */
inline restart(n)
{
	printf("%c: its process restarts\n", NAME(n));
	COUNT_FAULT;
	forget_echoes(n);
	if
	:: IS_NOT_KEPT(n) -> holder[n] = FREE; granted[n] = 0; until[n] = 0
	:: else
	fi;
	if
	:: n < NODES ->
		void_votes(n);
		if
#ifdef RESTART_SAYS_NONE
		:: claim[n] != none ->
#else
		:: claim[n] == seeking ->
#endif
			claim[n] = none;
			epoch[n] = 0;
			life[n] = (up[n] -> life[n] : 0)
		:: claim[n] == holding && !valid(n) -> claim[n] = releasing
		:: else
		fi
	:: else
	fi
}

/* A host that lost power; or a process whose kept memory is lost, after it has stopped what its
 * earlier life left running. The disk knows which epochs may have been used, and the longest
 * promise. */
inline crash(n)
{
	printf("%c: its host restarts\n", NAME(n));
	COUNT_FAULT;
	forget_echoes(n);
	if
	:: n < NODES ->
		up[n] = false;
		end_claim(n)
	:: else
	fi;
	granted[n] = 0;
#ifdef REBOOT_FORGETS_EPOCHS
	top[n] = 0;
#endif
#ifdef NO_ABSTAIN
	holder[n] = FREE;
	until[n] = 0
#else
	holder[n] = FORGOT;
	until[n] = PROMISE(LEASE)
#endif
}

/* --- time */

#ifdef NO_GUARD
#define HAS_GUARD false
#else
#define HAS_GUARD true
#endif

#define TICKS(n) (1 - ((miss >> (n)) & 1))

inline tick(missing)
{
	miss = missing;
	if
	:: miss == 0 -> printf("-- a tick\n")
	:: miss == 1 << A -> printf("-- a tick that the clock of %c misses\n", NAME(A))
	:: miss == 1 << B -> printf("-- a tick that the clock of %c misses\n", NAME(B))
	:: else -> printf("-- a tick that the clocks of %c and %c miss\n", NAME(A), NAME(B))
	fi;
	for (i : 0 .. VOTERS - 1) {
		AGE(until[i], TICKS(i));
		if
		:: until[i] == 0 && holder[i] == FORGOT -> holder[i] = FREE
		:: else
		fi;
		AGE(vote[LINK(i, A)], TICKS(A));
		AGE(vote[LINK(i, B)], TICKS(B));
#ifdef TWO_PAGES
		AGE(page_left[BEFORE(A, i)], TICKS(A));
		AGE(page_left[BEFORE(B, i)], TICKS(B));
#endif
		AGE(page_left[LINK(A, i)], TICKS(A));
		AGE(page_left[LINK(B, i)], TICKS(B));
		AGE_ECHO(A, i);
		AGE_ECHO(B, i)
	};
	for (i : 0 .. NODES - 1) {
		AGE(life[i], TICKS(i));
		if
		:: life[i] == 0 && up[i] && HAS_GUARD ->
			printf("%c: its guard has brought the resources down\n", NAME(i));
			up[i] = false
		:: else
		fi
	};
	drifted = (miss > 0 -> LEASE + RELEASE : (drifted > 0 -> drifted - 1 : 0))
}

/* --- what can happen. Nothing has to: who does nothing for a while is paused, and a page that is
 * not heard is delayed or lost. Only guards act in time. */

#define DO(guard, action) :: d_step { guard -> action; make_alike() }

#define VOTE_OF_OTHER(n) vote[LINK(OTHER(n), n)]
#define VOTE_OF_WITNESS(n) vote[LINK(W, n)]

#define DO_LINK(n, m) \
	DO(true, send(n, m)) \
	DO(page_claim[LINK(n, m)] != lost, hear(m, n, LINK(n, m))) \
	DO_TWO_PAGES(n, m) \
	DO_NO_BY(n, m) \
	DO_ECHO(n, m)
#ifdef TWO_PAGES
#define DO_TWO_PAGES(n, m) \
	DO(page_claim[LINK(n, m)] != lost, stay_behind(n, m); send(n, m)) \
	DO(page_claim[BEFORE(n, m)] != lost, hear(m, n, BEFORE(n, m)))
#else
#define DO_TWO_PAGES(n, m)
#endif

#define NODE(n) \
	DO_SEEK(n, top[n] + 1) \
	DO_SEEK(n, top[n] + 2) \
	DO(claim[n] == seeking, withdraw(n)) \
	DO(claim[n] == holding && valid(n), move_away(n)) \
	DO(claim[n] == releasing, released(n)) \
	DO(claim[n] > none, update(n, 0, 0)) \
	DO(claim[n] > none && VOTE_OF_WITNESS(n) > 0, update(n, 0, VOTE_OF_WITNESS(n))) \
	DO(claim[n] > none && VOTE_OF_OTHER(n) > 0, update(n, VOTE_OF_OTHER(n), 0)) \
	DO(claim[n] > none && VOTE_OF_OTHER(n) > 0 && VOTE_OF_WITNESS(n) > 0, \
	   update(n, VOTE_OF_OTHER(n), VOTE_OF_WITNESS(n))) \
	DO_LINK(n, OTHER(n)) \
	DO_LINK(n, W) \
	DO(can_fail, restart(n)) \
	DO(can_fail, crash(n)) \
	DO_RELOAD(n)

init {
	d_step {
		for (i : 0 .. VOTERS - 1) {
			holder[i] = FREE
		}
		for (i : 0 .. NODES - 1) {
			claim[i] = none
		}
		for (i : 0 .. PAGES - 1) {
			page_claim[i] = lost
		}
	}
	do
	DO(true, tick(0))
	DO(SLACK > 0 && drifted == 0, tick(1 << A))
	DO(SLACK > 0 && drifted == 0, tick(1 << B))
	DO(SLACK > 0 && drifted == 0, tick((1 << A) + (1 << B)))
	NODE(A)
	NODE(B)
	DO(can_fail, restart(W))
	DO(can_fail, crash(W))
	od
}
