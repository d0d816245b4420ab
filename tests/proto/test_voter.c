/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a single vote, each shown on its own.
 */
#include "proto/voter.h"

#include <check.h>

enum { ALPHA = 11, BETA = 22 };

static const struct voter_terms open_terms = {.reserved_epoch = 1000,
                                              .longest_promise = {5000000000}};

static struct instant at(int64_t ms)
{
	return (struct instant){ms * 1000000};
}

static struct bid bid(uint64_t who, enum claim_state claim, uint64_t epoch, uint64_t seq)
{
	return (struct bid){.claimant = who,
	                    .claim = claim,
	                    .epoch = epoch,
	                    .by = {1, seq},
	                    .promise = span_ms(1000)};
}

static enum vote put(struct voter *voter, struct bid bid, const struct voter_terms *terms,
                     int64_t ms)
{
	enum refusal_reason reason;
	return voter_consider(voter, &bid, terms, at(ms), &reason);
}

static enum refusal_reason reason_of(struct voter *voter, struct bid bid,
                                     const struct voter_terms *terms, int64_t ms)
{
	enum refusal_reason reason = REFUSED_PROMISED;
	ck_assert_int_eq(voter_consider(voter, &bid, terms, at(ms), &reason), VOTE_REFUSED);
	return reason;
}

START_TEST(a_free_vote_is_granted_and_dated_by_the_page)
{
	struct voter voter = {0};
	ck_assert_int_eq(put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 7), &open_terms, 100),
	                 VOTE_GRANTED);
	ck_assert_uint_eq(voter.holder, ALPHA);
	ck_assert_uint_eq(voter.granted, 5);
	ck_assert_uint_eq(voter.by.seq, 7);
	ck_assert_int_eq(voter.until.ns, at(1100).ns);
	ck_assert_uint_eq(voter.top, 5);
}
END_TEST

START_TEST(a_promised_vote_is_refused_until_the_promise_is_over)
{
	struct voter voter = {0};
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &open_terms, 0);
	ck_assert_int_eq(reason_of(&voter, bid(BETA, CLAIM_SEEKING, 6, 1), &open_terms, 999),
	                 REFUSED_PROMISED);
	ck_assert_int_eq(put(&voter, bid(BETA, CLAIM_SEEKING, 6, 1), &open_terms, 1000),
	                 VOTE_GRANTED);
}
END_TEST

START_TEST(a_refused_seeker_may_be_granted_the_same_epoch_later)
{
	struct voter voter = {0};
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &open_terms, 0);
	put(&voter, bid(BETA, CLAIM_SEEKING, 6, 1), &open_terms, 10);
	ck_assert_uint_eq(voter.top, 5);
	ck_assert_uint_eq(voter.seen, 6);
	ck_assert_int_eq(put(&voter, bid(BETA, CLAIM_SEEKING, 6, 1), &open_terms, 1000),
	                 VOTE_GRANTED);
}
END_TEST

START_TEST(a_renewal_never_shortens_the_promise)
{
	struct voter voter = {0};
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &open_terms, 0);
	struct bid shorter = bid(ALPHA, CLAIM_HOLDING, 5, 2);
	shorter.promise = span_ms(10);
	ck_assert_int_eq(put(&voter, shorter, &open_terms, 100), VOTE_RENEWED);
	ck_assert_int_eq(voter.until.ns, at(1000).ns);
	ck_assert_uint_eq(voter.by.seq, 2);
}
END_TEST

START_TEST(an_expired_seeker_is_not_revived_but_an_owner_is)
{
	struct voter voter = {0};
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &open_terms, 0);
	ck_assert_int_eq(reason_of(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 2), &open_terms, 1000),
	                 REFUSED_OLD_EPOCH);
	ck_assert_int_eq(put(&voter, bid(ALPHA, CLAIM_HOLDING, 5, 3), &open_terms, 1001),
	                 VOTE_RENEWED);
}
END_TEST

START_TEST(a_used_epoch_is_not_granted_again)
{
	struct voter voter = {0};
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &open_terms, 0);
	ck_assert(voter_free(&voter, ALPHA, 1));
	ck_assert_int_eq(reason_of(&voter, bid(BETA, CLAIM_SEEKING, 5, 1), &open_terms, 1),
	                 REFUSED_OLD_EPOCH);
}
END_TEST

/* Fault 61: a clone is another life of the same member, while the first one still owns. */
START_TEST(another_life_of_the_holder_does_not_free_its_vote)
{
	struct voter voter = {0};
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &open_terms, 0);
	ck_assert(!voter_free(&voter, ALPHA, 2));
	ck_assert(!voter_is_free(&voter, at(999)));
	ck_assert(voter_is_free(&voter, at(1000)));
}
END_TEST

/* It was restarted with its memory: what it says from then on counts. */
START_TEST(a_life_that_goes_on_with_the_claim_may_end_it)
{
	struct voter voter = {0};
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &open_terms, 0);
	struct bid restarted = bid(ALPHA, CLAIM_HOLDING, 5, 1);
	restarted.by.incarnation = 2;
	ck_assert_int_eq(put(&voter, restarted, &open_terms, 10), VOTE_RENEWED);
	ck_assert(voter_free(&voter, ALPHA, 2));
}
END_TEST

START_TEST(an_owner_regains_a_voter_that_forgot_it)
{
	struct voter voter = {.top = 50, .seen = 50};
	ck_assert_int_eq(put(&voter, bid(ALPHA, CLAIM_HOLDING, 5, 1), &open_terms, 0),
	                 VOTE_GRANTED);
	ck_assert_uint_eq(voter.top, 50);
}
END_TEST

START_TEST(a_releasing_claim_is_renewed_but_never_granted)
{
	struct voter voter = {0};
	ck_assert_int_eq(put(&voter, bid(ALPHA, CLAIM_RELEASING, 5, 1), &open_terms, 0),
	                 VOTE_REFUSED);
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 6, 1), &open_terms, 0);
	ck_assert_int_eq(put(&voter, bid(ALPHA, CLAIM_RELEASING, 6, 2), &open_terms, 10),
	                 VOTE_RENEWED);
}
END_TEST

START_TEST(only_the_holder_frees_the_vote)
{
	struct voter voter = {0};
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &open_terms, 0);
	ck_assert(!voter_free(&voter, BETA, 1));
	ck_assert(!voter_is_free(&voter, at(1)));
	ck_assert(voter_free(&voter, ALPHA, 1));
	ck_assert(voter_is_free(&voter, at(1)));
}
END_TEST

START_TEST(memory_and_disk_limit_what_is_granted)
{
	static const struct {
		struct voter_terms terms;
		enum refusal_reason reason;
	} cases[] = {
	    {{.abstaining = true, .reserved_epoch = 9, .longest_promise = {2000000000}},
	     REFUSED_ABSTAINING},
	    {{.relearning = true, .reserved_epoch = 9, .longest_promise = {2000000000}},
	     REFUSED_RELEARNING},
	    {{.reserved_epoch = 4, .longest_promise = {2000000000}}, REFUSED_NOT_STORED},
	    {{.reserved_epoch = 9, .longest_promise = {999999999}}, REFUSED_NOT_STORED},
	    {{.reserved_epoch = 9, .longest_promise = {2000000000}, .record = {3, 1, 0}},
	     REFUSED_OLD_RECORD},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct voter voter = {0};
		ck_assert_int_eq(
		    reason_of(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &cases[i].terms, 0),
		    cases[i].reason);
		ck_assert(voter_is_free(&voter, at(0)));
	}
}
END_TEST

static struct bid fenced(struct bid bid)
{
	bid.fences = true;
	return bid;
}

START_TEST(a_promise_to_one_who_has_to_be_off_first_does_not_end_by_time)
{
	struct voter voter = {0};
	put(&voter, fenced(bid(ALPHA, CLAIM_SEEKING, 5, 1)), &open_terms, 0);
	ck_assert_int_eq(reason_of(&voter, bid(BETA, CLAIM_SEEKING, 6, 1), &open_terms, 1000000),
	                 REFUSED_PROMISED);
	/* Not even if the claimant says later that it need not. */
	put(&voter, bid(ALPHA, CLAIM_HOLDING, 5, 2), &open_terms, 1000001);
	ck_assert(!voter_is_free(&voter, at(9000000)));
	ck_assert(voter_free(&voter, ALPHA, 1));
	ck_assert_int_eq(put(&voter, bid(BETA, CLAIM_SEEKING, 6, 1), &open_terms, 9000001),
	                 VOTE_GRANTED);
	ck_assert(!voter.endless);
}
END_TEST

START_TEST(who_was_off_after_the_last_renewal_frees_the_vote_at_once)
{
	struct voter voter = {0};
	put(&voter, fenced(bid(ALPHA, CLAIM_SEEKING, 5, 1)), &open_terms, 100);
	put(&voter, fenced(bid(ALPHA, CLAIM_HOLDING, 5, 2)), &open_terms, 200);
	ck_assert(!voter_hear_off(&voter, BETA, 1, at(300)));
	ck_assert(!voter_hear_off(&voter, ALPHA, 1, at(200)));
	ck_assert(!voter_hear_off(&voter, ALPHA, 0, at(300)));
	ck_assert(!voter_is_free(&voter, at(300)));
	ck_assert(voter_hear_off(&voter, ALPHA, 1, at(201)));
	ck_assert(voter_is_free(&voter, at(300)));
}
END_TEST

START_TEST(an_off_ends_the_wait_for_a_promise_by_time_too)
{
	struct voter voter = {0};
	put(&voter, bid(ALPHA, CLAIM_SEEKING, 5, 1), &open_terms, 100);
	ck_assert(voter_hear_off(&voter, ALPHA, 4, at(101)));
	ck_assert(voter_is_free(&voter, at(102)));
}
END_TEST

START_TEST(a_new_life_of_the_holder_makes_its_promise_one_by_time)
{
	struct voter voter = {0};
	put(&voter, fenced(bid(ALPHA, CLAIM_SEEKING, 5, 1)), &open_terms, 0);
	voter_hear_incarnation(&voter, BETA, 2, at(6000));
	voter_hear_incarnation(&voter, ALPHA, 1, at(6000));
	ck_assert(!voter_is_free(&voter, at(100000)));
	/* It may still say, on a later page, that it goes on with its claim. */
	voter_hear_incarnation(&voter, ALPHA, 2, at(6000));
	ck_assert(!voter_is_free(&voter, at(5999)));
	ck_assert(voter_is_free(&voter, at(6000)));
}
END_TEST

START_TEST(an_owner_at_a_later_epoch_shows_that_the_holder_was_waited_for)
{
	struct voter voter = {0};
	put(&voter, fenced(bid(ALPHA, CLAIM_SEEKING, 5, 1)), &open_terms, 0);
	ck_assert_int_eq(
	    reason_of(&voter, fenced(bid(BETA, CLAIM_HOLDING, 4, 1)), &open_terms, 2000),
	    REFUSED_PROMISED);
	ck_assert_int_eq(
	    reason_of(&voter, fenced(bid(BETA, CLAIM_HOLDING, 6, 1)), &open_terms, 999),
	    REFUSED_PROMISED);
	ck_assert_int_eq(put(&voter, fenced(bid(BETA, CLAIM_HOLDING, 6, 1)), &open_terms, 1000),
	                 VOTE_GRANTED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("voter");
	TCase *rules = tcase_create("rules");
	tcase_add_test(rules, a_free_vote_is_granted_and_dated_by_the_page);
	tcase_add_test(rules, a_promised_vote_is_refused_until_the_promise_is_over);
	tcase_add_test(rules, a_refused_seeker_may_be_granted_the_same_epoch_later);
	tcase_add_test(rules, a_renewal_never_shortens_the_promise);
	tcase_add_test(rules, an_expired_seeker_is_not_revived_but_an_owner_is);
	tcase_add_test(rules, a_used_epoch_is_not_granted_again);
	tcase_add_test(rules, another_life_of_the_holder_does_not_free_its_vote);
	tcase_add_test(rules, a_life_that_goes_on_with_the_claim_may_end_it);
	tcase_add_test(rules, an_owner_regains_a_voter_that_forgot_it);
	tcase_add_test(rules, a_releasing_claim_is_renewed_but_never_granted);
	tcase_add_test(rules, only_the_holder_frees_the_vote);
	tcase_add_test(rules, memory_and_disk_limit_what_is_granted);
	tcase_add_test(rules, a_promise_to_one_who_has_to_be_off_first_does_not_end_by_time);
	tcase_add_test(rules, who_was_off_after_the_last_renewal_frees_the_vote_at_once);
	tcase_add_test(rules, an_off_ends_the_wait_for_a_promise_by_time_too);
	tcase_add_test(rules, a_new_life_of_the_holder_makes_its_promise_one_by_time);
	tcase_add_test(rules, an_owner_at_a_later_epoch_shows_that_the_holder_was_waited_for);
	suite_add_tcase(suite, rules);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
