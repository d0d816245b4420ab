/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes states one that can do the same. Nothing here is a rule: without it the search finds the
 * same, only later.
 */
inline lose(n, m)
{
	page_claim[LINK(n, m)] = lost;
	page_epoch[LINK(n, m)] = 0;
	page_left[LINK(n, m)] = 0;
	page_void[LINK(n, m)] = false;
	UNSET_DECLARED(n, m);
	UNSET_ECHO(n, m)
}

/* A vote that reaches no further than the lease already does, or for a lease that ended. */
#ifdef LEASE_COMES_BACK
#define is_useless(x, left) false
#else
#define is_useless(x, left) \
	((left) + RELEASE <= life[x] || (claim[x] > seeking && !valid(x)))
#endif

#define in_flight(x, v, e) (page_claim[LINK(x, v)] > none && page_epoch[LINK(x, v)] == (e))

inline forget_link(x, v)
{
	if
	:: is_useless(x, vote[LINK(v, x)]) -> vote[LINK(v, x)] = 0
	:: else
	fi;
	if
	:: page_left[LINK(x, v)] > 0 && is_useless(x, page_left[LINK(x, v)] - MIN(SLACK, page_left[LINK(x, v)])) ->
		page_void[LINK(x, v)] = true
	:: else
	fi;
	if
	/* `none` is news only to who still promises to x. */
	:: page_claim[LINK(x, v)] == none && holder[v] != x -> lose(x, v)
	:: page_claim[LINK(x, v)] > none && goes_stale(x, v) -> lose(x, v)
	:: else
	fi;
	/* A grant that nobody can renew. */
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

/* A and B are alike: of two states that differ only in who is called which, one is kept. */
#define OF_EACH(op) \
	op(claim[A], claim[B]); \
	op(epoch[A], epoch[B]); \
	op(life[A], life[B]); \
	op(up[A], up[B]); \
	op(granted[A], granted[B]); \
	op(until[A], until[B]); \
	op(top[A], top[B]); \
	op(vote[LINK(W, A)], vote[LINK(W, B)]); \
	op(vote[LINK(B, A)], vote[LINK(A, B)]); \
	OF_LINK(op, page_claim); \
	OF_LINK(op, page_epoch); \
	OF_LINK(op, page_left); \
	OF_LINK(op, page_void); \
	OF_RELOAD(op); \
	OF_ECHO(op)
#define OF_LINK(op, of) \
	op(of[LINK(A, W)], of[LINK(B, W)]); \
	op(of[LINK(A, B)], of[LINK(B, A)])
#ifdef RELOAD
#define OF_RELOAD(op) op(lease[A], lease[B]); OF_LINK(op, page_lease)
#else
#define OF_RELOAD(op) skip
#endif
#ifdef ECHO
#define OF_ECHO(op) OF_LINK(op, heard); OF_LINK(op, page_echo)
#else
#define OF_ECHO(op) skip
#endif
#define COMPARE(a, b) order = (order -> order : ((a) < (b) -> 1 : ((a) > (b) -> 2 : 0)))
#define SWAP(a, b) i = a; a = b; b = i
#define SEEN_FROM(n, x) ((x) < NODES -> (x) != (n) : (x))

inline forget_idle(x)
{
#ifdef RELOAD
	lease[x] = (claim[x] == none -> 0 : lease[x]);
#endif
#ifdef ECHO
	heard[LINK(x, OTHER(x))] = (claim[x] == none -> 0 : heard[LINK(x, OTHER(x))]);
	heard[LINK(x, W)] = (claim[x] == none -> 0 : heard[LINK(x, W)]);
#endif
	skip
}

inline make_alike()
{
	forget_idle(A); forget_idle(B);
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
