/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What resources have up stands in the guard's ledger from before it is up until it is down, so
 * that the guard can end it; and what the guard ended does not come back without the right to act.
 */
#include "daemon/resource/run_tracking.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/guard/enforce.h"
#include "daemon/guard/shared_memory.h"
#include "daemon/platform/network.h"
#include "daemon/platform/platform.h"
#include "tests/daemon/net_fixture.h"
#include "tests/daemon/stage.h"

static struct stage *open_lab(void)
{
	net_fixture_enter();
	struct stage *stage = stage_new();
	struct error error;
	bool fresh;
	for (uint8_t i = 0; i < STAGE_ROLES; i++)
		stage->config.setup.roles[i].id = 100 + i;
	ck_assert_msg(shared_memory_open(&stage->memory, stage->directory, &fresh, &error) ==
	                  CODE_OK,
	              "%s", error.text);
	return stage;
}

static unsigned count(const struct stage *stage, enum ledger_state state)
{
	unsigned found = 0;
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		found += atomic_load(&stage->memory->entries[i].state) == (uint32_t)state;
	return found;
}

/* The guard takes every lease for over. */
static void strike(struct stage *stage, unsigned scripts)
{
	struct network *network;
	ck_assert_int_eq(network_open(&network, NULL), CODE_OK);
	for (int i = 0; i < 400; i++) {
		struct instant next = guard_enforce(stage->memory, network, platform_now(), true);
		if (next.ns == INSTANT_NEVER.ns)
			break;
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	network_close(network);
	/* What only `stop` brings down the guard leaves alone. */
	ck_assert_uint_eq(count(stage, LEDGER_UP), scripts);
}

START_TEST(what_is_up_is_in_the_ledger_and_what_is_down_is_not)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_process(stage, 0, "db", "/bin/sleep 60");
	stage_script(stage, 0, "fs", "/bin/sh -c 'sleep 60 &'", "/bin/true");
	stage_open(stage);
	ck_assert(!ledger_is_used(stage->memory));
	stage_start(stage, 0, 1);
	const struct ledger_entry *ip = ledger_find(stage->memory, LEDGER_ADDRESS, "ip");
	const struct ledger_entry *db = ledger_find(stage->memory, LEDGER_CHILD, "db");
	ck_assert_ptr_nonnull(ip);
	ck_assert_uint_eq(ip->role, 100);
	ck_assert_str_eq(ip->address.interface, "left0");
	ck_assert_ptr_nonnull(db);
	ck_assert_int_eq(db->child.pid, stage_view(stage, "db").pid);
	ck_assert_ptr_nonnull(ledger_find(stage->memory, LEDGER_CHILD, "fs"));
	/* What its `stop` has to bring down, beside the process that its `start` left. */
	ck_assert_ptr_nonnull(ledger_find(stage->memory, LEDGER_SCRIPT, "fs"));
	ck_assert_uint_eq(count(stage, LEDGER_UP), 4);
	stage_release(stage, 0, 1, false);
	ck_assert(!ledger_is_used(stage->memory));
	stage_close(stage);
}
END_TEST

static bool is_failed(struct stage *stage)
{
	return stage->now->failed > 0;
}

START_TEST(what_has_no_place_in_the_ledger_is_not_started)
{
	struct stage *stage = open_lab();
	char text[64];
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_process(stage, 1, "db", "/bin/sh -c 'echo ran >ran'");
	for (unsigned i = 0; i < LEDGER_ENTRIES; i++) {
		struct ledger_entry entry = {.kind = LEDGER_CHILD};
		snprintf(entry.resource, sizeof entry.resource, "r%u", i);
		ck_assert(ledger_add(stage->memory, &entry));
	}
	stage_open(stage);
	for (uint8_t role = 0; role < 2; role++) {
		stage->now = &stage->roles[role];
		runner_start(stage->runner, role, 1);
		stage_until(stage, is_failed, "the role fails");
		ck_assert_ptr_nonnull(strstr(stage->now->why, "the guard has no room"));
		stage_release(stage, role, 1, false);
	}
	ck_assert(!stage_has_address("10.9.0.100"));
	ck_assert_str_eq(stage_file(stage, "ran", text, sizeof text), "");
	ck_assert_str_eq(stage_file(stage, "left.address.ip", text, sizeof text), "");
	ck_assert_str_eq(stage_file(stage, "left.process.db", text, sizeof text), "");
	stage_close(stage);
}
END_TEST

START_TEST(what_the_guard_ended_comes_back_only_with_the_right_to_act)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_process(stage, 0, "db", "/bin/sh -c 'sleep 60 & wait'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	int64_t pid = stage_view(stage, "db").pid;
	stage->roles[0].may_act = false;
	strike(stage, 0);
	ck_assert(!stage_has_address("10.9.0.100"));
	ck_assert(!stage_is_alive(pid));
	stage_for(stage, 400);
	ck_assert(!stage_has_address("10.9.0.100"));
	ck_assert(!stage_view(stage, "db").has_pid);
	ck_assert(stage_logged(stage, "was killed by the guard at the end of the lease"));
	ck_assert_uint_eq(count(stage, LEDGER_UP), 0);
	stage->roles[0].may_act = true;
	stage_for(stage, 400);
	ck_assert(stage_has_address("10.9.0.100"));
	ck_assert(stage_view(stage, "db").has_pid);
	ck_assert_uint_eq(count(stage, LEDGER_UP), 2);
	stage_release(stage, 0, 1, true);
	ck_assert(!ledger_is_used(stage->memory));
	stage_close(stage);
}
END_TEST

START_TEST(what_the_guard_ended_is_started_by_the_next_worker_that_still_may)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_forget(stage);
	strike(stage, 0);
	ck_assert(!stage_has_address("10.9.0.100"));
	stage_again(stage);
	stage_adopt(stage, 0, 1);
	ck_assert(stage_has_address("10.9.0.100"));
	ck_assert_uint_eq(count(stage, LEDGER_UP), 1);
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

/* All processes of a script have entries of their own. */
START_TEST(the_guard_ends_what_a_script_left_and_its_command_under_way)
{
	struct stage *stage = open_lab();
	char text[64];
	struct config_resource *fs =
	    stage_script(stage, 0, "fs", "/bin/sh -c 'sleep 60 & echo $! >left'", "/bin/true");
	stage_command(&fs->status, "/bin/sh -c 'echo $$ >asked; exec sleep 60'");
	fs->status_timeout = span_ms(60000);
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_for(stage, 200);
	long left = strtol(stage_file(stage, "left", text, sizeof text), NULL, 10);
	long asked = strtol(stage_file(stage, "asked", text, sizeof text), NULL, 10);
	ck_assert(stage_is_alive(left) && stage_is_alive(asked));
	ck_assert_ptr_nonnull(ledger_find(stage->memory, LEDGER_COMMAND, "fs"));
	stage->roles[0].may_act = false;
	strike(stage, 1);
	ck_assert(!stage_is_alive(left) && !stage_is_alive(asked));
	stage_release(stage, 0, 1, true);
	ck_assert(!ledger_is_used(stage->memory));
	stage_close(stage);
}
END_TEST

/* It is all that brings down what the script set up. */
START_TEST(the_guard_ends_what_a_script_left_and_lets_its_stop_go_on)
{
	struct stage *stage = open_lab();
	char text[64];
	stage_script(stage, 0, "fs", "/bin/sh -c 'sleep 60 &'",
	             "/bin/sh -c 'sleep 0.5; echo stopped >stopped'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	runner_release(stage->runner, 0, 1, false, (struct span){0});
	stage_for(stage, 100);
	ck_assert_ptr_nonnull(ledger_find(stage->memory, LEDGER_CHILD, "fs"));
	strike(stage, 1);
	stage_release(stage, 0, 1, true);
	ck_assert_str_eq(stage_file(stage, "stopped", text, sizeof text), "stopped\n");
	ck_assert(!ledger_is_used(stage->memory));
	stage_close(stage);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_trail");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("trail");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all, what_is_up_is_in_the_ledger_and_what_is_down_is_not);
	tcase_add_test(all, what_has_no_place_in_the_ledger_is_not_started);
	tcase_add_test(all, what_the_guard_ended_comes_back_only_with_the_right_to_act);
	tcase_add_test(all, what_the_guard_ended_is_started_by_the_next_worker_that_still_may);
	tcase_add_test(all, the_guard_ends_what_a_script_left_and_its_command_under_way);
	tcase_add_test(all, the_guard_ends_what_a_script_left_and_lets_its_stop_go_on);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
