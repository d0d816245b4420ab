/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What legal files and correctly signed pages may hold although nobody meant it: no second owner,
 * no assertion.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/member.h"
#include "tests/proto/cluster.h"

enum { ALPHA, BETA, THIRD };

/* `count` roles of this name, each made of an address of its own; the first has nodes. */
static void name_roles(struct cluster *c, uint8_t member, const char *name, uint8_t count)
{
	struct setup *setup = &c->setups[member];

	for (uint8_t r = 0; r < count; r++) {
		struct setup_role *role = &setup->roles[r];

		if (r > 0)
			*role = setup->roles[0];
		(void)snprintf(role->name, sizeof role->name, "%s%u", name, r);
		role->id = name_id(role->name);
		role->identities = (struct identities){.count = 1, .ids = {77U + r}};
		if (r > 0)
			role->node_count = 0;
	}
	setup->role_count = count;
}

static void restart(struct cluster *c, uint8_t member)
{
	static struct durable durable;
	static struct kept kept;

	member_durable(&c->members[member], &durable);
	member_keep(&c->members[member], &kept);
	cluster_boot(c, member, &durable, &kept);
}

/* A new file with as many roles as there can be, under other names: the promise to the owner has no
 * place in the table of those who read it first. */
START_TEST(a_promise_without_a_place_in_the_table_still_binds)
{
	struct cluster *c = cluster_new(false);

	for (uint8_t i = ALPHA; i <= THIRD; i++)
		name_roles(c, i, "old", 1);
	for (uint8_t i = ALPHA; i <= THIRD; i++)
		cluster_boot(c, i, NULL, NULL);
	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	name_roles(c, THIRD, "new", ROLES_MAX);
	restart(c, THIRD);
	cluster_run(c, span_ms(500));
	name_roles(c, BETA, "new", ROLES_MAX);
	restart(c, BETA);
	/* Aborts where two of them are up. */
	for (int i = 0; i < 600; i++) {
		cluster_run(c, span_ms(10));
		(void)cluster_owner(c);
	}
	ck_assert_uint_eq(cluster_owner(c), BETA);
	cluster_free(c);
}
END_TEST

/* A member that heard of the later owner passes its decision on before that owner is heard. */
START_TEST(an_owner_that_hears_a_later_decision_writes_none_and_gives_up)
{
	struct cluster *c = cluster_new(false);
	static struct heartbeat page;
	struct event event = {.kind = EVENT_HEARTBEAT};

	cluster_run(c, span_ms(6000));
	ck_assert_uint_eq(cluster_owner(c), ALPHA);
	page = (struct heartbeat){
	    .minor = 1,
	    .cluster = c->setups[ALPHA].cluster_id,
	    .sender = c->members[THIRD].self_id,
	    .stamp = {c->members[THIRD].incarnation, c->members[THIRD].seq + 1},
	    .timing = c->members[ALPHA].timing,
	    .longest_promise = c->members[ALPHA].longest_promise,
	    .voters = c->members[ALPHA].voters_id,
	    .role_count = 1,
	    .roles = {{.role = c->members[ALPHA].roles[0].id,
	               .top = 900,
	               .record = {.epoch = 900, .counter = 9}}},
	};
	event.now = c->now;
	event.as.heartbeat.sender = THIRD;
	event.as.heartbeat.page = &page;
	member_step(&c->members[ALPHA], &event, &c->out);
	ck_assert(c->out.broken == NULL);
	ck_assert_int_eq(c->members[ALPHA].roles[0].claim.state, CLAIM_RELEASING);
	cluster_request(c, ALPHA, REQUEST_STOP, NO_MEMBER);
	cluster_run(c, span_ms(100));
	ck_assert_uint_eq(c->members[ALPHA].roles[0].record.epoch, 900);
	cluster_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("strange");
	TCase *tests = tcase_create("strange");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, a_promise_without_a_place_in_the_table_still_binds);
	tcase_add_test(tests, an_owner_that_hears_a_later_decision_writes_none_and_gives_up);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
