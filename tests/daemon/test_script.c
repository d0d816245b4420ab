/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources of kind script in a real runner.
 */
#include "daemon/resource/runner.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/resource/verdict.h"
#include "tests/daemon/stage.h"

static bool is_failed(struct stage *stage)
{
	return stage->now->failed > 0;
}

START_TEST(a_start_that_fails_fails_the_role_and_is_followed_by_stop)
{
	struct stage *stage = stage_new();
	char text[64];
	stage_script(stage, 0, "fs", "/bin/sh -c 'exit 4'", "/bin/sh -c 'echo stopped >stopped'");
	stage_open(stage);
	stage->now = &stage->roles[0];
	runner_start(stage->runner, 0, 1);
	stage_until(stage, is_failed, "the role fails");
	ck_assert_str_eq(stage->now->why, "resource fs: start exited with status 4");
	stage_release(stage, 0, 1, false);
	ck_assert_str_eq(stage_file(stage, "stopped", text, sizeof text), "stopped\n");
	stage_close(stage);
}
END_TEST

START_TEST(a_start_that_takes_too_long_is_killed_with_all_it_started)
{
	struct stage *stage = stage_new();
	char text[64];
	stage_script(stage, 0, "fs", "/bin/sh -c 'sleep 60 & echo $! >pid; wait'", "/bin/true")
	    ->start_timeout = span_ms(200);
	stage_open(stage);
	stage->now = &stage->roles[0];
	runner_start(stage->runner, 0, 1);
	stage_until(stage, is_failed, "the role fails");
	ck_assert_str_eq(stage->now->why, "resource fs: did not start within 200ms");
	stage_release(stage, 0, 1, false);
	stage_file(stage, "pid", text, sizeof text);
	ck_assert_str_ne(text, "");
	ck_assert(!stage_is_alive(strtol(text, NULL, 10)));
	stage_close(stage);
}
END_TEST

START_TEST(what_start_leaves_running_lives_until_stop)
{
	struct stage *stage = stage_new();
	char text[64];
	stage_script(stage, 0, "app", "/bin/sh -c 'sleep 60 & echo $! >pid'",
	             "/bin/sh -c 'test -e /proc/$(cat pid)/exe && echo alive >seen'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_for(stage, 100);
	long pid = strtol(stage_file(stage, "pid", text, sizeof text), NULL, 10);
	ck_assert(stage_is_alive(pid));
	stage_release(stage, 0, 1, false);
	ck_assert(!stage_is_alive(pid));
	ck_assert_str_eq(stage_file(stage, "seen", text, sizeof text), "alive\n");
	stage_close(stage);
}
END_TEST

static bool has_restarted(struct stage *stage)
{
	return stage_view(stage, "app").restarts == 1 &&
	       stage_view(stage, "app").state == RESOURCE_UP;
}

START_TEST(a_status_that_fails_restarts_in_place_by_stop_and_start)
{
	struct stage *stage = stage_new();
	char text[64];
	struct config_resource *app =
	    stage_script(stage, 0, "app", "/bin/sh -c 'echo + >>acts; touch up'",
	                 "/bin/sh -c 'echo - >>acts; rm -f up'");
	stage_command(&app->status, "/bin/sh -c 'test -e up'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_for(stage, 200);
	ck_assert_uint_eq(stage_view(stage, "app").restarts, 0);
	char path[128];
	snprintf(path, sizeof path, "%s/up", stage->directory);
	ck_assert_int_eq(remove(path), 0);
	stage_until(stage, has_restarted, "it is restarted");
	ck_assert(stage_logged(stage, "resource app: status exited with status 1; restart 1"));
	stage_release(stage, 0, 1, false);
	ck_assert_str_eq(stage_file(stage, "acts", text, sizeof text), "+\n-\n+\n-\n");
	stage_close(stage);
}
END_TEST

/* Fault 47: a check hangs. */
START_TEST(a_status_that_hangs_is_a_failure)
{
	struct stage *stage = stage_new();
	struct config_resource *app = stage_script(stage, 0, "app", "/bin/true", "/bin/true");
	stage_command(&app->status, "/bin/sleep 60");
	app->status_timeout = span_ms(100);
	app->restarts = 0;
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_until(stage, is_failed, "the role fails");
	ck_assert_str_eq(stage->now->why, "resource app: status took longer than 100ms");
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

/* Fault 45: a stop fails, and the service lives on. */
START_TEST(a_stop_that_fails_is_tried_again_while_status_says_it_runs)
{
	struct stage *stage = stage_new();
	char text[64];
	struct config_resource *app = stage_script(
	    stage, 0, "app", "/bin/sh -c 'touch up'",
	    "/bin/sh -c 'echo x >>tries; test $(wc -l <tries) -ge 2 && rm -f up; exit 1'");
	stage_command(&app->status, "/bin/sh -c 'test -e up'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_release(stage, 0, 1, false);
	ck_assert_str_eq(stage_file(stage, "tries", text, sizeof text), "x\nx\n");
	ck_assert(stage_logged(stage, "status says that it still runs"));
	stage_close(stage);
}
END_TEST

/* What nobody can know is not said. */
START_TEST(a_stop_that_fails_without_status_is_tried_until_it_succeeds)
{
	struct stage *stage = stage_new();
	char text[64];
	stage_script(stage, 0, "app", "/bin/true",
	             "/bin/sh -c 'echo x >>tries; test $(wc -l <tries) -ge 2'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_release(stage, 0, 1, false);
	ck_assert_str_eq(stage_file(stage, "tries", text, sizeof text), "x\nx\n");
	ck_assert(stage_logged(stage, "resource app: may still run here: stop exited with"));
	ck_assert(stage_logged(stage, "resource app: down after 2 attempts"));
	stage_close(stage);
}
END_TEST

START_TEST(the_end_of_the_processes_of_start_proves_a_script_without_status_down)
{
	struct stage *stage = stage_new();
	char text[64];
	stage_script(stage, 0, "app", "/bin/sh -c 'sleep 60 & echo $! >pid'", "/bin/false");
	stage_open(stage);
	stage_start(stage, 0, 1);
	long pid = strtol(stage_file(stage, "pid", text, sizeof text), NULL, 10);
	stage_release(stage, 0, 1, false);
	ck_assert(!stage_is_alive(pid));
	ck_assert(stage_logged(stage, "resource app: stop exited with status 1"));
	stage_close(stage);
}
END_TEST

START_TEST(what_could_not_be_started_at_all_needs_no_stop)
{
	struct stage *stage = stage_new();
	stage_script(stage, 0, "app", "/nowhere/start", "/nowhere/stop");
	stage_open(stage);
	stage->now = &stage->roles[0];
	runner_start(stage->runner, 0, 1);
	stage_until(stage, is_failed, "the role fails");
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

/* Fault 44: a stop hangs. */
START_TEST(a_stop_that_hangs_is_killed_after_its_time)
{
	struct stage *stage = stage_new();
	struct config_resource *app =
	    stage_script(stage, 0, "app", "/bin/sh -c 'sleep 60 & touch up'", "/bin/sleep 60");
	app->stop_timeout = span_ms(200);
	stage_open(stage);
	stage_start(stage, 0, 1);
	uint64_t begin = uv_hrtime();
	stage_release(stage, 0, 1, false);
	uint64_t took_ms = (uv_hrtime() - begin) / 1000000;
	ck_assert_uint_ge(took_ms, 200);
	ck_assert_uint_le(took_ms, 1000);
	stage_close(stage);
}
END_TEST

/* What a killed stop has begun may go on behind it. */
START_TEST(after_a_stop_that_was_killed_status_is_believed_only_twice)
{
	struct stage *stage = stage_new();
	char text[64];
	struct config_resource *app = stage_script(stage, 0, "app", "/bin/true",
	                                           "/bin/sh -c 'echo x >>tries; exec sleep 60'");
	stage_command(&app->status, "/bin/sh -c 'test ! -e tries'");
	app->stop_timeout = span_ms(200);
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_release(stage, 0, 1, false);
	ck_assert_str_eq(stage_file(stage, "tries", text, sizeof text), "x\nx\n");
	stage_close(stage);
}
END_TEST

static bool has_rested(struct stage *stage)
{
	return strstr(stage_view(stage, "app").detail, "stop") != NULL &&
	       stage_logged(stage, "may still run here");
}

START_TEST(a_forced_release_lasts_until_the_resource_is_proven_down)
{
	struct stage *stage = stage_new();
	char path[128];
	struct config_resource *app = stage_script(stage, 0, "app", "/bin/sh -c 'touch up'",
	                                           "/bin/sh -c 'test -e mended && rm up'");
	stage_command(&app->status, "/bin/sh -c 'test -e up'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage->now = &stage->roles[0];
	runner_release(stage->runner, 0, 1, true, span_ms(100));
	stage_until(stage, has_rested, "it says that it may still run");
	ck_assert_uint_eq(stage->roles[0].released, 0);
	ck_assert(stage_view(stage, "app").state == RESOURCE_STOPPING);
	snprintf(path, sizeof path, "%s/mended", stage->directory);
	fclose(fopen(path, "w"));
	stage_release(stage, 0, 1, true);
	ck_assert(stage_logged(stage, "resource app: down after"));
	stage_close(stage);
}
END_TEST

/* As after a freeze: nothing of `release` is left. */
START_TEST(a_stop_is_not_killed_at_the_end_of_a_forced_release)
{
	struct stage *stage = stage_new();
	char text[64];
	stage_script(stage, 0, "app", "/bin/true", "/bin/sh -c 'sleep 0.4; echo stopped >stopped'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage->now = &stage->roles[0];
	runner_release(stage->runner, 0, 1, true, span_ms(1));
	stage_release(stage, 0, 1, true);
	ck_assert_str_eq(stage_file(stage, "stopped", text, sizeof text), "stopped\n");
	stage_close(stage);
}
END_TEST

/* The service manager goes on with what a start asked of it. */
START_TEST(a_start_that_is_cut_short_is_stopped_until_that_is_proven)
{
	struct stage *stage = stage_new();
	char text[64];
	struct config_resource *app =
	    stage_script(stage, 0, "app", "/bin/sh -c 'touch up; sleep 60'",
	                 "/bin/sh -c 'echo x >>tries; test $(wc -l <tries) -ge 2 && rm -f up'");
	stage_command(&app->status, "/bin/sh -c 'test -e up'");
	stage_open(stage);
	runner_start(stage->runner, 0, 1);
	stage_for(stage, 100);
	stage_release(stage, 0, 1, true);
	ck_assert_str_eq(stage_file(stage, "tries", text, sizeof text), "x\nx\n");
	stage_close(stage);
}
END_TEST

START_TEST(a_status_that_gives_no_answer_proves_nothing)
{
	struct stage *stage = stage_new();
	char text[64];
	struct config_resource *app =
	    stage_script(stage, 0, "app", "/bin/true",
	                 "/bin/sh -c 'echo x >>tries; test $(wc -l <tries) -ge 2'");
	stage_command(&app->status, "/bin/sh -c 'test ! -e tries || exec /nowhere/status'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_release(stage, 0, 1, false);
	ck_assert_str_eq(stage_file(stage, "tries", text, sizeof text), "x\nx\n");
	ck_assert(stage_logged(stage, "status gave no answer"));
	stage_close(stage);
}
END_TEST

START_TEST(how_long_a_stop_took_is_known_until_it_is_another_command)
{
	struct stage *stage = stage_new();
	struct config_resource *app = stage_script(stage, 0, "app", "/bin/true", "/bin/sleep 0.3");
	stage_open(stage);
	ck_assert(!stage_view(stage, "app").stop_time.is_known);
	stage_start(stage, 0, 1);
	stage_release(stage, 0, 1, false);
	struct stop_time time = stage_view(stage, "app").stop_time;
	ck_assert(time.is_known);
	ck_assert_int_ge(time.longest.ns, span_ms(300).ns);
	ck_assert(stop_time_is_long(&time, (struct timing){.release = span_ms(599)}));
	ck_assert(!stop_time_is_long(&time, (struct timing){.release = span_ms(600000)}));
	stage_forget(stage);
	stage_again(stage);
	ck_assert_int_eq(stage_view(stage, "app").stop_time.longest.ns, time.longest.ns);
	stage_forget(stage);
	stage_command(&app->stop, "/bin/true");
	stage_again(stage);
	ck_assert(!stage_view(stage, "app").stop_time.is_known);
	stage_close(stage);
}
END_TEST

/* It would have taken longer still. */
START_TEST(a_stop_that_was_killed_took_as_long_as_it_ran)
{
	struct stage *stage = stage_new();
	struct config_resource *app =
	    stage_script(stage, 0, "app", "/bin/sh -c 'sleep 60 &'", "/bin/sleep 60");
	app->stop_timeout = span_ms(200);
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_release(stage, 0, 1, false);
	ck_assert_int_ge(stage_view(stage, "app").stop_time.longest.ns, span_ms(150).ns);
	stage_close(stage);
}
END_TEST

START_TEST(only_an_answer_is_an_answer)
{
	ck_assert_int_eq(verdict_of_status(true, 0, ""), STATUS_SAYS_UP);
	ck_assert_int_eq(verdict_of_status(true, 1, ""), STATUS_SAYS_NOT_UP);
	ck_assert_int_eq(verdict_of_status(true, 3, "inactive"), STATUS_SAYS_NOT_UP);
	ck_assert_int_eq(verdict_of_status(true, 3, "failed"), STATUS_SAYS_NOT_UP);
	ck_assert_int_eq(verdict_of_status(true, 3, "deactivating"), STATUS_SAYS_UP);
	ck_assert_int_eq(verdict_of_status(true, 3, "activating"), STATUS_SAYS_UP);
	ck_assert_int_eq(verdict_of_status(true, 127, ""), STATUS_PROVES_NOTHING);
	ck_assert_int_eq(verdict_of_status(true, 126, ""), STATUS_PROVES_NOTHING);
	ck_assert_int_eq(verdict_of_status(false, 9, ""), STATUS_PROVES_NOTHING);
	ck_assert_int_eq(verdict_of_status(true, 4, ""), STATUS_PROVES_NOTHING);
	ck_assert_int_eq(verdict_of_status(true, 1, "Failed to connect to bus: No such file"),
	                 STATUS_PROVES_NOTHING);
}
END_TEST

START_TEST(a_forced_release_ends_a_start_and_lets_a_stop_under_way_go_on)
{
	struct stage *stage = stage_new();
	char text[64];
	stage_script(stage, 0, "app", "/bin/sleep 60",
	             "/bin/sh -c 'echo x >>stops; sleep 0.2; echo y >>stops'");
	stage_open(stage);
	runner_start(stage->runner, 0, 1);
	stage_for(stage, 50);
	runner_release(stage->runner, 0, 1, false, span_ms(0));
	stage_for(stage, 100); /* stop runs by now */
	stage_release(stage, 0, 1, true);
	ck_assert_str_eq(stage_file(stage, "stops", text, sizeof text), "x\ny\n");
	stage_close(stage);
}
END_TEST

/* Fault 47: a check prints without end. */
START_TEST(output_beyond_the_rate_is_left_out_and_does_not_block_the_child)
{
	struct stage *stage = stage_new();
	stage_script(stage, 0, "app", "/bin/sh -c 'seq 1 200000; echo done >&2'", "/bin/true")
	    ->start_timeout = span_ms(5000);
	stage_open(stage);
	stage_start(stage, 0, 1);
	ck_assert(stage_logged(stage, "resource app: 1\n"));
	ck_assert(!stage_logged(stage, "resource app: 100000\n"));
	ck_assert(stage_logged(stage, "lines of output left out here"));
	ck_assert(stage_logged(stage, "resource app: done\n"));
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

START_TEST(the_last_line_of_a_command_that_fails_is_in_the_detail)
{
	struct stage *stage = stage_new();
	stage_script(stage, 0, "app",
	             "/bin/sh -c 'seq 1 20000; echo cannot bind to port 80; exit 1'", "/bin/true");
	stage_open(stage);
	stage->now = &stage->roles[0];
	runner_start(stage->runner, 0, 1);
	stage_until(stage, is_failed, "the role fails");
	ck_assert_str_eq(stage->now->why,
	                 "resource app: start exited with status 1: cannot bind to port 80");
	ck_assert(stage_logged(stage, "resource app: cannot bind to port 80\n"));
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("script");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all, a_start_that_fails_fails_the_role_and_is_followed_by_stop);
	tcase_add_test(all, a_start_that_takes_too_long_is_killed_with_all_it_started);
	tcase_add_test(all, what_start_leaves_running_lives_until_stop);
	tcase_add_test(all, a_status_that_fails_restarts_in_place_by_stop_and_start);
	tcase_add_test(all, a_status_that_hangs_is_a_failure);
	tcase_add_test(all, a_stop_that_fails_is_tried_again_while_status_says_it_runs);
	tcase_add_test(all, a_stop_that_fails_without_status_is_tried_until_it_succeeds);
	tcase_add_test(all, the_end_of_the_processes_of_start_proves_a_script_without_status_down);
	tcase_add_test(all, what_could_not_be_started_at_all_needs_no_stop);
	tcase_add_test(all, a_stop_that_hangs_is_killed_after_its_time);
	tcase_add_test(all, after_a_stop_that_was_killed_status_is_believed_only_twice);
	tcase_add_test(all, a_forced_release_lasts_until_the_resource_is_proven_down);
	tcase_add_test(all, a_stop_is_not_killed_at_the_end_of_a_forced_release);
	tcase_add_test(all, a_start_that_is_cut_short_is_stopped_until_that_is_proven);
	tcase_add_test(all, a_status_that_gives_no_answer_proves_nothing);
	tcase_add_test(all, only_an_answer_is_an_answer);
	tcase_add_test(all, how_long_a_stop_took_is_known_until_it_is_another_command);
	tcase_add_test(all, a_stop_that_was_killed_took_as_long_as_it_ran);
	tcase_add_test(all, a_forced_release_ends_a_start_and_lets_a_stop_under_way_go_on);
	tcase_add_test(all, output_beyond_the_rate_is_left_out_and_does_not_block_the_child);
	tcase_add_test(all, the_last_line_of_a_command_that_fails_is_in_the_detail);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
