/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes states one that can do the same. Nothing here is a rule: without it the search finds the
 * same, only later.
 */
inline lose(p)
{
	page_claim[p] = lost;
	page_epoch[p] = 0;
	page_left[p] = 0;
	page_void[p] = false;
	UNSET_DECLARED(p);
	UNSET_ECHO(p)
}

/* A vote that reaches no further than the lease already does, or for a lease that ended. */
#ifdef LEASE_COMES_BACK
#define is_useless(x, left) false
#else
#define is_useless(x, left) \
	((left) + RELEASE <= life[x] || (claim[x] > seeking && !valid(x)))
#endif

#ifdef TWO_PAGES
#define in_flight(x, v, e) ((page_claim[LINK(x, v)] > none && page_epoch[LINK(x, v)] == (e)) || \
	(page_claim[BEFORE(x, v)] > none && page_epoch[BEFORE(x, v)] == (e)))
#define is_last(x, v) (page_claim[BEFORE(x, v)] == lost)
#else
#define in_flight(x, v, e) (page_claim[LINK(x, v)] > none && page_epoch[LINK(x, v)] == (e))
#define is_last(x, v) true
#endif

inline forget_page(x, p)
{
	if
	:: page_left[p] > 0 && is_useless(x, page_left[p] - MIN(SLACK, page_left[p])) ->
		page_void[p] = true
	:: else
	fi;
	if
	:: page_claim[p] > none && goes_stale(p) -> lose(p)
	:: else
	fi
}

inline forget_link(x, v)
{
	if
	:: is_useless(x, vote[LINK(v, x)]) -> vote[LINK(v, x)] = 0
	:: else
	fi;
#ifdef TWO_PAGES
	forget_page(x, BEFORE(x, v));
	if
	:: page_claim[BEFORE(x, v)] == none && holder[v] != x -> lose(BEFORE(x, v))
	:: else
	fi;
#endif
	forget_page(x, LINK(x, v));
	/* `none` is news only to who still promises to x. */
	if
	:: page_claim[LINK(x, v)] == none && holder[v] != x && is_last(x, v) -> lose(LINK(x, v))
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
	OF_PAGE(op, page_claim); \
	OF_PAGE(op, page_epoch); \
	OF_PAGE(op, page_left); \
	OF_PAGE(op, page_void); \
	OF_RELOAD(op); \
	OF_ECHO(op)
#define OF_LINK(op, of) \
	op(of[LINK(A, W)], of[LINK(B, W)]); \
	op(of[LINK(A, B)], of[LINK(B, A)])
#ifdef TWO_PAGES
#define OF_PAGE(op, of) OF_LINK(op, of); \
	op(of[BEFORE(A, W)], of[BEFORE(B, W)]); \
	op(of[BEFORE(A, B)], of[BEFORE(B, A)])
#else
#define OF_PAGE(op, of) OF_LINK(op, of)
#endif
#ifdef RELOAD
#define OF_RELOAD(op) op(lease[A], lease[B]); OF_PAGE(op, page_lease)
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
		printf("A and B swap names\n");
		i = SEEN_FROM(A, holder[A]);
		holder[A] = SEEN_FROM(B, holder[B]);
		holder[B] = (i < NODES -> OTHER(i) : i);
		holder[W] = SEEN_FROM(B, holder[W]);
		OF_EACH(SWAP)
	:: else
	fi;
	i = 0; own = 0; most = 0; least = 0; miss = 0; order = 0; ended = false
}
