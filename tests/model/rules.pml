/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules, in the order of proto/: voter.c, lease.c, election.c, and the invariants.
 */

/* --- voter.c */

#ifdef SEEKER_REVIVED
#define RENEWED(v, c) true
#else
#define RENEWED(v, c) (c != seeking || until[v] > 0)
#endif

#ifdef PROMISE_IGNORED
#define may_grant_to(v, x) (holder[v] != FORGOT || until[v] == 0)
#else
#define may_grant_to(v, x) (holder[v] == x || is_free(v))
#endif

#ifdef OLD_EPOCH
#define new_enough(v, e) true
#else
#define new_enough(v, e) ((e) > top[v])
#endif

#ifdef RELEASING_GRANTED
#define GRANTED_ALWAYS(c) (c == holding || c == releasing)
#else
#define GRANTED_ALWAYS(c) (c == holding)
#endif

/* Refused, it still says which epochs owners use; but a refused seeker may ask again. */
#ifdef TOP_OF_GRANTS
#define RAISES_TOP(c) false
#else
#define RAISES_TOP(c) (c != seeking)
#endif

/* The voter's next pages say that it supports x `by` a page with this much of its lease left. */
inline answer(v, x, left)
{
	if
	:: v != x -> vote[LINK(v, x)] = MAX(vote[LINK(v, x)], left)
	:: else
	fi
}

/* x says claim c at epoch e on a page that declared a lease of which so much is left. */
inline consider(v, x, c, e, declared, left)
{
	if
	:: holder[v] == x && granted[v] == e && RENEWED(v, c) ->
#ifdef PROMISE_SHORTENED
		until[v] = PROMISE(declared);
#else
		until[v] = MAX(until[v], PROMISE(declared));
#endif
		top[v] = MAX(top[v], e);
		answer(v, x, left)
	:: else ->
		if
		:: may_grant_to(v, x) && ((c == seeking && new_enough(v, e)) || GRANTED_ALWAYS(c)) ->
			printf("%c grants %c epoch %d\n", NAME(v), NAME(x), e);
			until[v] = MAX((holder[v] == x -> until[v] : 0), PROMISE(declared));
			holder[v] = x;
			granted[v] = e;
			top[v] = MAX(top[v], e);
			answer(v, x, left)
		:: else ->
			if
			:: RAISES_TOP(c) -> top[v] = MAX(top[v], e)
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

/* What was sent until now dates no vote: the claim is over, or it was in another incarnation. */
inline void_votes(n)
{
	for (i : 0 .. VOTERS - 1) {
		vote[LINK(i, n)] = 0;
#ifdef TWO_PAGES
		page_void[BEFORE(n, i)] = (page_left[BEFORE(n, i)] > 0);
#endif
		page_void[LINK(n, i)] = (page_left[LINK(n, i)] > 0)
	}
}

#ifdef TODAYS_LEASE
#define COUNTED(n, v) ((v) > LEASE - LEASE_OF(n) -> (v) - (LEASE - LEASE_OF(n)) : 0)
#elif defined(LEASE_FROM_RECEIPT)
#define COUNTED(n, v) ((v) > 0 -> LEASE_OF(n) : 0)
#else
#define COUNTED(n, v) (v)
#endif

/* The majority-th latest, when so much of the votes of the others was heard. Its own is of now, but
 * no longer than its promise covers. */
inline count_votes(n, of_other, of_witness)
{
	own = (holder[n] == n && granted[n] == epoch[n] && until[n] > RELEASE ->
	       MIN(LEASE_OF(n), until[n] - RELEASE) : 0);
	most = COUNTED(n, MAX(of_other, of_witness));
	least = COUNTED(n, MIN(of_other, of_witness));
	if
	:: of_other > 0 -> printf("%c hears that %c voted for it\n", NAME(n), NAME(OTHER(n)))
	:: else
	fi;
	if
	:: of_witness > 0 -> printf("%c hears that W voted for it\n", NAME(n))
	:: else
	fi;
#ifdef SMALL_QUORUM
	least = MAX(own, most);
#else
	least = (own >= most -> most : MAX(own, least));
#endif
	if
	:: least > 0 -> life[n] = MAX(life[n], least + RELEASE)
	:: else
	fi
}

/* --- election.c */

inline take(n)
{
	printf("%c owns the role at epoch %d\n", NAME(n), epoch[n]);
	up[n] = true;
	assert(!up[OTHER(n)]);   /* never two owners */
	assert(epoch[n] > last); /* epochs of owners grow */
	last = epoch[n]
}

inline take_back(n)
{
	printf("%c owns the role again at epoch %d\n", NAME(n), epoch[n]);
	up[n] = true;
	assert(!up[OTHER(n)]);
	assert(epoch[n] >= last)
}

inline end_claim(n)
{
	printf("%c: none\n", NAME(n));
	void_votes(n);
	claim[n] = none;
	epoch[n] = 0;
	life[n] = (up[n] -> life[n] : 0)
}

inline withdraw(n)
{
	end_claim(n);
	set_free(n, n)
}

/* The resources are on their way down. */
inline begin_release(n)
{
#ifdef NONE_WHILE_UP
	withdraw(n)
#else
	printf("%c: releasing\n", NAME(n));
	claim[n] = releasing
#endif
}

inline move_away(n)
{
	begin_release(n)
}

/* The resources are down. */
inline released(n)
{
	up[n] = false;
	withdraw(n)
}

#ifdef LEASE_COMES_BACK
#define LEASE_MAY_COME_BACK true
#else
#define LEASE_MAY_COME_BACK false
#endif

/* What a member does at each event. */
inline update(n, of_other, of_witness)
{
	if
	:: claim[n] > none ->
		consider(n, n, claim[n], epoch[n], LEASE_OF(n), 0);
		ended = (claim[n] != seeking && !valid(n));
		if
		:: !ended || LEASE_MAY_COME_BACK -> count_votes(n, of_other, of_witness)
		:: else
		fi;
		if
		:: claim[n] == seeking && valid(n) ->
			claim[n] = holding;
			take(n)
		:: claim[n] == holding && !valid(n) && !LEASE_MAY_COME_BACK ->
			printf("%c: its lease is over\n", NAME(n));
			begin_release(n)
		:: claim[n] == holding && valid(n) && !up[n] -> take_back(n)
		:: else
		fi
	:: else
	fi
}

/* The model lets it take any epoch that its own voter has not seen; the code takes one above all
 * that any page has told it. */
inline seek(n, e)
{
	printf("%c seeks at epoch %d\n", NAME(n), e);
	claim[n] = seeking;
	epoch[n] = e;
	update(n, 0, 0)
}

/* --- peers.c */

inline forget_echoes(v)
{
#ifdef ECHO
	for (i : 0 .. NODES - 1) {
		heard[LINK(i, v)] = 0;
		page_echo[LINK(i, v)] = 0
	}
#else
	skip
#endif
}

#ifdef NO_BY
inline echo_of(v, x)
{
	printf("%c hears %c, not fresh, and echoes it\n", NAME(v), NAME(x));
	if
	:: holder[v] == x && granted[v] == page_epoch[LINK(x, v)] && until[v] > 0 ->
		answer(v, x, LEFT(LINK(x, v)))
	:: else
	fi;
	lose(LINK(x, v))
}
#endif

/* --- member_set_timing */

#ifdef RELOAD
inline reload(n)
{
	lease[n] = 1 + LEASE - lease[n];
	printf("%c: its lease is now %d\n", NAME(n), lease[n])
}
#endif
