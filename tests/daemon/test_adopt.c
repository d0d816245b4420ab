/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs goes on when the worker is started again: a first runner starts real addresses and
 * processes and forgets them, a second one takes them over.
 */
#include "daemon/resource/runner.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/platform/network.h"
#include "daemon/resource/run_records.h"
#include "tests/daemon/net_fixture.h"
#include "tests/daemon/stage.h"

/* Says each time that it was signalled; what it writes itself is "ready". */
static const char TALKER[] = "/bin/sh -c 'trap \"echo heard\" USR1; trap \"echo again\" USR2; echo "
			     "ready; while :; do sleep 0.02; done'";

static struct stage *open_lab(void)
{
	net_fixture_enter();
	return stage_new();
}

static void note_line(void *context, const char *line)
{
	char *report = context;
	size_t length = strlen(report);
	snprintf(report + length, 1024 - length, "%s\n", line);
}

/* As the worker does at its start: role 0 is to be adopted under epoch 1. */
static void clean(struct stage *stage, char report[1024])
{
	const uint64_t adopted[STAGE_ROLES] = {1};
	struct error error;
	const struct runner_cleaning cleaning = {
	    .config = &stage->config,
	    .run_dir = stage->directory,
	    .memory = stage->memory,
	    .adopted = adopted,
	    .report = note_line,
	    .context = report,
	};
	report[0] = '\0';
	ck_assert_msg(runner_clean(&cleaning, &error) == CODE_OK, "%s", error.text);
}

/* The next life. */
static void take_over(struct stage *stage)
{
	char report[1024];
	clean(stage, report);
	ck_assert_str_eq(report, "");
	stage_again(stage);
	stage_adopt(stage, 0, 1);
}

static int64_t pid_of(const struct stage *stage, const char *resource)
{
	return stage_view(stage, resource).pid;
}

static bool db_runs_again(struct stage *stage)
{
	struct resource_view view = stage_view(stage, "db");
	return view.restarts == 1 && view.state == RESOURCE_UP && view.has_pid;
}

static bool db_said_ready(struct stage *stage)
{
	return stage_logged(stage, "resource db: ready");
}

static bool db_said_heard(struct stage *stage)
{
	return stage_logged(stage, "resource db: heard");
}

static bool db_said_again(struct stage *stage)
{
	return stage_logged(stage, "resource db: again");
}

START_TEST(a_process_goes_on_and_so_does_what_it_says)
{
	struct stage *stage = open_lab();
	stage_process(stage, 0, "db", TALKER);
	stage_open(stage);
	stage_start(stage, 0, 1);
	int64_t pid = pid_of(stage, "db");
	stage_until(stage, db_said_ready, "db has begun");
	stage_forget(stage);
	/* It says something while nobody listens: the log is watched for all of its patience. */
	kill((pid_t)pid, SIGUSR1);
	ck_assert(!stage_logged(stage, "resource db: heard"));
	take_over(stage);
	ck_assert_int_eq(pid_of(stage, "db"), pid);
	ck_assert_uint_eq(stage_view(stage, "db").restarts, 0);
	kill((pid_t)pid, SIGUSR2);
	stage_until(stage, db_said_heard, "what was said meanwhile is told");
	stage_until(stage, db_said_again, "and what is said from now on");
	ck_assert_uint_eq(stage->roles[0].started, 1);
	stage_release(stage, 0, 1, false);
	ck_assert(!stage_is_alive(pid));
	stage_close(stage);
}
END_TEST

START_TEST(the_death_of_an_adopted_process_is_noticed_and_mended)
{
	struct stage *stage = open_lab();
	stage_process(stage, 0, "db", TALKER);
	stage_open(stage);
	stage_start(stage, 0, 1);
	int64_t pid = pid_of(stage, "db");
	stage_forget(stage);
	take_over(stage);
	kill((pid_t)pid, SIGKILL);
	stage_until(stage, db_runs_again, "db runs again");
	ck_assert_int_ne(pid_of(stage, "db"), pid);
	ck_assert_uint_eq(stage->roles[0].failed, 0);
	stage_release(stage, 0, 1, true);
	stage_close(stage);
}
END_TEST

START_TEST(a_process_that_died_while_nobody_watched_is_started_again_in_place)
{
	struct stage *stage = open_lab();
	stage_process(stage, 0, "db", TALKER);
	stage_open(stage);
	stage_start(stage, 0, 1);
	int64_t pid = pid_of(stage, "db");
	stage_forget(stage);
	kill((pid_t)pid, SIGKILL);
	waitpid((pid_t)pid, NULL, 0);
	take_over(stage);
	stage_until(stage, db_runs_again, "db runs again");
	ck_assert_uint_eq(stage->roles[0].failed, 0);
	ck_assert(stage_logged(stage, "how is not known"));
	stage_release(stage, 0, 1, true);
	stage_close(stage);
}
END_TEST

/* News of the network that wait to be read. */
struct counted {
	unsigned gone, here;
};

static void count_news(void *context, const struct network_change *change)
{
	struct counted *counted = context;
	counted->gone += change->news == NEWS_ADDRESS_GONE;
	counted->here += change->news == NEWS_ADDRESS_HERE;
}

static unsigned count_frames(int ear)
{
	uint8_t frame[256];
	unsigned count = 0;
	for (;;) {
		ssize_t length = recv(ear, frame, sizeof frame, MSG_DONTWAIT);
		if (length < 0)
			return count;
		/* An ARP request that names an address of its sender; a probe names none. */
		count += length >= 42 && frame[12] == 8 && frame[13] == 6 && frame[21] == 1 &&
		         frame[28] != 0;
	}
}

START_TEST(an_address_goes_on_untouched_and_is_announced_once)
{
	struct stage *stage = open_lab();
	struct network *network;
	struct counted counted = {0, 0};
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_forget(stage);
	ck_assert_int_eq(network_open(&network, NULL), CODE_OK);
	int ear = net_fixture_listen("right0");
	take_over(stage);
	ck_assert_int_eq(stage_view(stage, "ip").state, RESOURCE_UP);
	stage_for(stage, 700);
	ck_assert_uint_eq(count_frames(ear), 1);
	network_news_read(network, count_news, &counted);
	ck_assert_uint_eq(counted.gone, 0); /* that its end was put off is heard as "here" */
	/* And it is looked after as before. */
	net_fixture_ip("address del 10.9.0.100/32 dev left0");
	stage_for(stage, 100);
	ck_assert(stage_has_address("10.9.0.100"));
	stage_release(stage, 0, 1, false);
	ck_assert(!stage_has_address("10.9.0.100"));
	network_close(network);
	close(ear);
	stage_close(stage);
}
END_TEST

START_TEST(an_address_that_went_while_nobody_watched_comes_back)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_forget(stage);
	net_fixture_ip("address del 10.9.0.100/32 dev left0");
	take_over(stage);
	ck_assert(stage_has_address("10.9.0.100"));
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

static bool fs_failed_once(struct stage *stage)
{
	return stage_view(stage, "fs").restarts == 1 &&
	       stage_view(stage, "fs").state == RESOURCE_UP;
}

START_TEST(a_script_goes_on_and_its_status_is_asked)
{
	struct stage *stage = open_lab();
	char text[256];
	struct config_resource *fs =
	    stage_script(stage, 0, "fs", "/bin/sh -c 'echo + >>order; sleep 60 & echo $! >left'",
	                 "/bin/sh -c 'echo - >>order'");
	stage_command(&fs->status, "/bin/sh -c 'test ! -e broken'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	long left = strtol(stage_file(stage, "left", text, sizeof text), NULL, 10);
	stage_forget(stage);
	take_over(stage);
	stage_for(stage, 150);
	ck_assert_str_eq(stage_file(stage, "order", text, sizeof text), "+\n");
	ck_assert(stage_is_alive(left));
	snprintf(text, sizeof text, "%s/broken", stage->directory);
	fclose(fopen(text, "we"));
	stage_for(stage, 150);
	unlink(text);
	stage_until(stage, fs_failed_once, "status has failed once");
	ck_assert(!stage_is_alive(left)); /* what the adopted start had left */
	ck_assert_str_eq(stage_file(stage, "order", text, sizeof text), "+\n-\n+\n");
	stage_release(stage, 0, 1, false);
	ck_assert_str_eq(stage_file(stage, "order", text, sizeof text), "+\n-\n+\n-\n");
	stage_close(stage);
}
END_TEST

START_TEST(a_script_whose_start_was_under_way_is_stopped_and_started)
{
	struct stage *stage = open_lab();
	char text[256];
	stage_script(stage, 0, "fs",
	             "/bin/sh -c 'echo + >>order; test -e quick || sleep 1; echo up >>order'",
	             "/bin/sh -c 'echo - >>order'");
	stage_open(stage);
	runner_start(stage->runner, 0, 1);
	stage_for(stage, 100);
	stage_forget(stage);
	snprintf(text, sizeof text, "%s/quick", stage->directory);
	fclose(fopen(text, "we"));
	take_over(stage);
	ck_assert_str_eq(stage_file(stage, "order", text, sizeof text), "+\n-\n+\nup\n");
	ck_assert_uint_eq(stage_view(stage, "fs").restarts, 0);
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

START_TEST(a_process_with_another_command_is_asked_to_end_and_started_anew)
{
	struct stage *stage = open_lab();
	char text[256];
	struct config_resource *db =
	    stage_process(stage, 0, "db",
	                  "/bin/sh -c 'trap \"echo asked >old; exit\" TERM; echo ready; while "
	                  ":; do sleep 0.02; done'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	int64_t pid = pid_of(stage, "db");
	stage_until(stage, db_said_ready, "db has begun");
	stage_forget(stage);
	stage_command(&db->start, TALKER);
	take_over(stage);
	ck_assert_str_eq(stage_file(stage, "old", text, sizeof text), "asked\n");
	ck_assert(!stage_is_alive(pid));
	ck_assert_int_ne(pid_of(stage, "db"), pid);
	ck_assert_uint_eq(stage_view(stage, "db").restarts, 0);
	stage_release(stage, 0, 1, true);
	stage_close(stage);
}
END_TEST

/* As if it had been started under another epoch, and never been released. */
static enum code age(void *context, const char *name, const struct leftover *leftover,
                     struct error *error)
{
	struct leftover older = *leftover;
	if (!leftover_is(name, "process", "old"))
		return CODE_OK;
	older.epoch += 5;
	return leftover_write(context, "process", &older, error);
}

START_TEST(what_is_another_now_or_of_another_epoch_is_ended_before)
{
	struct stage *stage = open_lab();
	char text[1024];
	struct config_resource *ip = stage_vip(stage, 0, "ip", "10.9.0.100/24");
	struct config_resource *fs =
	    stage_script(stage, 0, "fs", "/bin/true", "/bin/sh -c 'echo old >>stopped'");
	stage_process(stage, 0, "old", TALKER);
	stage_process(stage, 1, "other", TALKER);
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_start(stage, 1, 1);
	int64_t old = pid_of(stage, "old"), other = pid_of(stage, "other");
	stage_forget(stage);
	ck_assert_int_eq(run_records_read(stage->directory, age, stage->directory, NULL), CODE_OK);
	ip->address.bytes[3] = 7;
	stage_command(&fs->start, "/bin/sh -c true");
	stage_command(&fs->stop, "/bin/sh -c 'echo new >>stopped'");
	clean(stage, text);
	ck_assert(!stage_has_address("10.9.0.100"));
	ck_assert(!stage_is_alive(other) && !stage_is_alive(old));
	ck_assert_str_eq(stage_file(stage, "stopped", text, sizeof text), "old\n");
	stage_again(stage);
	stage_adopt(stage, 0, 1);
	ck_assert(stage_has_address("10.9.0.7"));
	stage_release(stage, 0, 1, false);
	ck_assert_str_eq(stage_file(stage, "stopped", text, sizeof text), "old\nnew\n");
	stage_close(stage);
}
END_TEST

START_TEST(what_may_change_under_a_resource_does_not_end_it)
{
	struct stage *stage = open_lab();
	char text[256];
	struct config_resource *fs = stage_script(stage, 0, "fs", "/bin/sh -c 'echo + >>order'",
	                                          "/bin/sh -c 'echo old >>order'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_forget(stage);
	stage_command(&fs->stop, "/bin/sh -c 'echo new >>order'");
	fs->stop_timeout = span_ms(1500);
	take_over(stage);
	stage_forget(stage);
	stage_command(&fs->stop, "/bin/true"); /* what counts now is what the record says */
	struct error error;
	char report[1024] = "";
	const struct runner_cleaning cleaning = {.config = &stage->config,
	                                         .run_dir = stage->directory,
	                                         .report = note_line,
	                                         .context = report};
	ck_assert_int_eq(runner_clean(&cleaning, &error), CODE_OK);
	ck_assert_str_eq(stage_file(stage, "order", text, sizeof text), "+\nnew\n");
	stage_again(stage);
	stage_close(stage);
}
END_TEST

START_TEST(a_role_that_is_to_be_released_is_released_after_all)
{
	struct stage *stage = open_lab();
	struct error error;
	char report[1024];
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_process(stage, 0, "db", TALKER);
	stage_process(stage, 0, "late", TALKER);
	stage_open(stage);
	stage_start(stage, 0, 1);
	int64_t pid = pid_of(stage, "db"), late = pid_of(stage, "late");
	stage_forget(stage);
	kill((pid_t)late, SIGKILL);
	stage->roles[0].may_act = false; /* its lease is over */
	clean(stage, report);
	stage_again(stage);
	ck_assert_int_eq(runner_adopt(stage->runner, 0, 1, &error), CODE_OK);
	stage->roles[0].started = 0;
	stage_release(stage, 0, 1, true);
	ck_assert_uint_eq(stage->roles[0].started, 0);
	ck_assert(!stage_has_address("10.9.0.100"));
	ck_assert(!stage_is_alive(pid));
	stage_close(stage);
}
END_TEST

/* Starts role 0 in a process that is killed once the role is up. */
static void leave_behind(struct stage *stage, int64_t *pid)
{
	int channel[2];
	ck_assert_int_eq(pipe(channel), 0);
	pid_t worker = fork();
	if (worker == 0) {
		ck_assert_int_eq(uv_loop_fork(&stage->loop), 0);
		stage_open(stage);
		stage_start(stage, 0, 1);
		*pid = pid_of(stage, "db");
		/* Signals before it has set its traps would end it. */
		stage_until(stage, db_said_ready, "db has begun");
		if (write(channel[1], pid, sizeof *pid) == sizeof *pid)
			pause();
		_exit(1);
	}
	close(channel[1]);
	ck_assert_int_eq(read(channel[0], pid, sizeof *pid), sizeof *pid);
	close(channel[0]);
	kill(worker, SIGKILL);
	waitpid(worker, NULL, 0);
}

static bool db_is_down(struct stage *stage)
{
	return stage_view(stage, "db").restarts == 1;
}

/* Fault 65: the daemon is restarted. */
START_TEST(a_killed_worker_leaves_everything_for_the_next)
{
	struct stage *stage = open_lab();
	int64_t pid;
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_process(stage, 0, "db", TALKER);
	leave_behind(stage, &pid);
	stage_open(stage);
	stage_forget(stage);
	take_over(stage);
	ck_assert_int_eq(pid_of(stage, "db"), pid);
	ck_assert(stage_has_address("10.9.0.100"));
	kill((pid_t)pid, SIGUSR1); /* nothing has killed it for writing */
	stage_until(stage, db_said_heard, "what it says is told");
	kill((pid_t)pid, SIGKILL);
	stage_until(stage, db_is_down, "the death is noticed");
	stage_release(stage, 0, 1, true);
	stage_close(stage);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_adopt");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("adopt");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all, a_process_goes_on_and_so_does_what_it_says);
	tcase_add_test(all, the_death_of_an_adopted_process_is_noticed_and_mended);
	tcase_add_test(all, a_process_that_died_while_nobody_watched_is_started_again_in_place);
	tcase_add_test(all, an_address_goes_on_untouched_and_is_announced_once);
	tcase_add_test(all, an_address_that_went_while_nobody_watched_comes_back);
	tcase_add_test(all, a_script_goes_on_and_its_status_is_asked);
	tcase_add_test(all, a_script_whose_start_was_under_way_is_stopped_and_started);
	tcase_add_test(all, a_process_with_another_command_is_asked_to_end_and_started_anew);
	tcase_add_test(all, what_is_another_now_or_of_another_epoch_is_ended_before);
	tcase_add_test(all, what_may_change_under_a_resource_does_not_end_it);
	tcase_add_test(all, a_role_that_is_to_be_released_is_released_after_all);
	tcase_add_test(all, a_killed_worker_leaves_everything_for_the_next);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
