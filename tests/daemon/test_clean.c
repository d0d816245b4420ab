/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a killed daemon left is released by the next before it does anything else.
 */
#include "daemon/resource/runner.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/resource/run_records.h"
#include "tests/daemon/net_fixture.h"
#include "tests/daemon/stage.h"

static void note_line(void *context, const char *line)
{
	char *report = context;
	size_t length = strlen(report);
	snprintf(report + length, 2048 - length, "%s\n", line);
}

/* Starts role 0 in a process that is killed once the role is up. */
static void leave_behind(struct stage *stage)
{
	int channel[2];
	char byte;
	ck_assert_int_eq(pipe(channel), 0);
	pid_t pid = fork();
	if (pid == 0) {
		ck_assert_int_eq(uv_loop_fork(&stage->loop), 0);
		stage_open(stage);
		stage_start(stage, 0, 1);
		stage_for(stage, 100);
		if (write(channel[1], "u", 1) == 1)
			pause();
		_exit(1);
	}
	close(channel[1]);
	ck_assert_int_eq(read(channel[0], &byte, 1), 1);
	close(channel[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static enum code clean(struct stage *stage, char report[2048], struct error *error)
{
	report[0] = '\0';
	const struct runner_cleaning cleaning = {
	    .config = &stage->config,
	    .run_dir = stage->directory,
	    .report = note_line,
	    .context = report,
	};
	return runner_clean(&cleaning, error);
}

/* The stage without ever opening a runner in this process. */
static void finish(struct stage *stage)
{
	stage_open(stage);
	stage_close(stage);
}

/* Fault 2: guard and daemon were killed. */
START_TEST(addresses_processes_and_scripts_of_a_killed_daemon_are_released)
{
	net_fixture_enter();
	struct stage *stage = stage_new();
	struct error error = {.text = ""};
	char report[2048], text[256];
	stage_process(stage, 0, "db", "/bin/sh -c 'echo $$ >pid; exec sleep 60'");
	stage_script(stage, 0, "fs", "/bin/sh -c 'sleep 60 & echo $! >pid2'",
	             "/bin/sh -c 'echo stop $FAILOVERD_ROLE $FAILOVERD_EPOCH >stopped'");
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	leave_behind(stage);
	ck_assert(stage_has_address("10.9.0.100"));
	long db = strtol(stage_file(stage, "pid", text, sizeof text), NULL, 10);
	long fs = strtol(stage_file(stage, "pid2", text, sizeof text), NULL, 10);
	ck_assert(stage_is_alive(db) && stage_is_alive(fs));
	ck_assert_msg(clean(stage, report, &error) == CODE_OK, "%s", error.text);
	ck_assert(!stage_has_address("10.9.0.100"));
	ck_assert(!stage_is_alive(db) && !stage_is_alive(fs));
	ck_assert_str_eq(stage_file(stage, "stopped", text, sizeof text), "stop role0 1\n");
	ck_assert_ptr_nonnull(strstr(report, "resource ip: an earlier life of the daemon left "
	                                     "10.9.0.100 on interface left0: removed"));
	ck_assert_ptr_nonnull(
	    strstr(report, "resource db: an earlier life of the daemon left process"));
	ck_assert_ptr_nonnull(strstr(report, "resource fs: an earlier life"));
	ck_assert_msg(clean(stage, report, &error) == CODE_OK, "%s", error.text);
	ck_assert_str_eq(report, ""); /* and nothing is left to do */
	finish(stage);
}
END_TEST

START_TEST(an_address_is_removed_although_its_interface_has_another_name_by_now)
{
	net_fixture_enter();
	struct stage *stage = stage_new();
	struct error error = {.text = ""};
	char report[2048];
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	leave_behind(stage);
	net_fixture_ip("link set left0 name other0");
	ck_assert_msg(clean(stage, report, &error) == CODE_OK, "%s", error.text);
	ck_assert(!stage_has_address("10.9.0.100"));
	ck_assert_ptr_nonnull(strstr(report, "10.9.0.100 on interface other0: removed"));
	finish(stage);
}
END_TEST

START_TEST(an_address_that_moved_in_the_configuration_is_removed_where_it_was)
{
	net_fixture_enter();
	struct stage *stage = stage_new();
	struct error error = {.text = ""};
	char report[2048];
	struct config_resource *ip = stage_vip(stage, 0, "ip", "10.9.0.100/24");
	leave_behind(stage);
	snprintf(ip->interface, sizeof ip->interface, "right0");
	ip->address.bytes[3] = 7;
	ck_assert_msg(clean(stage, report, &error) == CODE_OK, "%s", error.text);
	ck_assert(!stage_has_address("10.9.0.100"));
	finish(stage);
}
END_TEST

/* Fault 22: an address is left in the configuration of the host. */
START_TEST(an_address_without_record_is_removed_all_the_same)
{
	net_fixture_enter();
	struct stage *stage = stage_new();
	struct error error = {.text = ""};
	char report[2048];
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_vip(stage, 2, "elsewhere", "10.9.0.102/24"); /* not even of a role of this node */
	net_fixture_ip("address add 10.9.0.100/32 dev left0");
	net_fixture_ip("address add 10.9.0.102/24 dev left0");
	ck_assert_msg(clean(stage, report, &error) == CODE_OK, "%s", error.text);
	ck_assert(!stage_has_address("10.9.0.100"));
	ck_assert(!stage_has_address("10.9.0.102"));
	finish(stage);
}
END_TEST

START_TEST(a_script_that_does_not_stop_is_an_error_that_says_what_to_do)
{
	net_fixture_enter();
	struct stage *stage = stage_new();
	struct error error = {.text = ""};
	char report[2048];
	stage_script(stage, 0, "fs", "/bin/true", "/bin/sh -c 'test -e allowed'");
	leave_behind(stage);
	ck_assert_int_ne(clean(stage, report, &error), CODE_OK);
	ck_assert_ptr_nonnull(
	    strstr(error.text, "resource fs: its stop command exited with status 1"));
	ck_assert_ptr_nonnull(strstr(error.text, "left.script.fs"));
	char path[128];
	snprintf(path, sizeof path, "%s/allowed", stage->directory);
	fclose(fopen(path, "we"));
	ck_assert_msg(clean(stage, report, &error) == CODE_OK, "%s", error.text);
	finish(stage);
}
END_TEST

static enum code age(void *context, const char *name, const struct leftover *leftover,
                     struct error *error)
{
	struct leftover older = *leftover;
	(void)name;
	older.boot.bytes[0] ^= 1;
	return leftover_write(context, "script", &older, error);
}

START_TEST(records_of_another_boot_are_forgotten)
{
	net_fixture_enter();
	struct stage *stage = stage_new();
	struct error error = {.text = ""};
	char report[2048], text[64];
	stage_script(stage, 0, "fs", "/bin/true", "/bin/false");
	leave_behind(stage);
	ck_assert_int_eq(run_records_read(stage->directory, age, stage->directory, &error),
	                 CODE_OK);
	ck_assert_msg(clean(stage, report, &error) == CODE_OK, "%s", error.text);
	ck_assert_str_eq(report, "");
	ck_assert_str_eq(stage_file(stage, "left.script.fs", text, sizeof text), "");
	finish(stage);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_clean");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("clean");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all, addresses_processes_and_scripts_of_a_killed_daemon_are_released);
	tcase_add_test(all, an_address_is_removed_although_its_interface_has_another_name_by_now);
	tcase_add_test(all, an_address_that_moved_in_the_configuration_is_removed_where_it_was);
	tcase_add_test(all, an_address_without_record_is_removed_all_the_same);
	tcase_add_test(all, a_script_that_does_not_stop_is_an_error_that_says_what_to_do);
	tcase_add_test(all, records_of_another_boot_are_forgotten);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
