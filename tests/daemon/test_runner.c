/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner with real addresses and real processes, in a network of its own.
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

#include "config/value.h"
#include "daemon/platform/network.h"
#include "daemon/platform/platform.h"
#include "tests/daemon/net_fixture.h"
#include "tests/daemon/stage.h"

static struct stage *open_lab(void)
{
	net_fixture_enter();
	return stage_new();
}

static bool fitness_is_told(struct stage *stage)
{
	return stage->roles[0].fitness_told > 0 && stage->roles[1].fitness_told > 0;
}

START_TEST(fitness_is_told_once_for_each_role_of_this_node)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	snprintf(stage_vip(stage, 1, "other", "10.9.0.101/24")->interface, CONFIG_INTERFACE_BYTES,
	         "nosuch0");
	stage_open(stage);
	ck_assert_uint_eq(stage->roles[0].fitness_told, 0);
	stage_until(stage, fitness_is_told, "fitness is told");
	stage_for(stage, 50);
	ck_assert_uint_eq(stage->roles[0].fitness_told, 1);
	ck_assert_uint_eq(stage->roles[1].fitness_told, 1);
	ck_assert_uint_eq(stage->roles[2].fitness_told, 0);
	ck_assert(stage->roles[0].is_fit);
	ck_assert(!stage->roles[1].is_fit);
	ck_assert_str_eq(stage->roles[1].unfit_why, "interface nosuch0 does not exist");
	stage_close(stage);
}
END_TEST

START_TEST(an_address_is_there_and_announced_before_start_returns)
{
	struct stage *stage = open_lab();
	uint8_t frame[256];
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	stage_for(stage, 20);
	int ear = net_fixture_listen("right0");
	runner_start(stage->runner, 0, 7);
	ck_assert(stage_has_address("10.9.0.100"));
	ck_assert_uint_eq(stage->roles[0].started, 0); /* hooks come from the loop */
	ck_assert_uint_eq(net_fixture_receive(ear, frame, sizeof frame), 42);
	ck_assert_mem_eq(frame + 12, "\x08\x06", 2);
	stage_for(stage, 10);
	ck_assert_uint_eq(stage->roles[0].started, 1);
	ck_assert_uint_eq(stage->roles[0].epoch, 7);
	stage_release(stage, 0, 7, false);
	ck_assert(!stage_has_address("10.9.0.100"));
	close(ear);
	stage_close(stage);
}
END_TEST

START_TEST(resources_start_in_order_and_stop_in_reverse)
{
	struct stage *stage = open_lab();
	char text[256];
	stage_script(stage, 0, "one", "/bin/sh -c 'echo +1 >>order'",
	             "/bin/sh -c 'echo -1 >>order'");
	stage_script(stage, 0, "two", "/bin/sh -c 'sleep 0.1; echo +2 >>order'",
	             "/bin/sh -c 'sleep 0.1; echo -2 >>order'");
	stage_script(stage, 0, "three", "/bin/sh -c 'echo +3 >>order'",
	             "/bin/sh -c 'echo -3 >>order'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	ck_assert_int_eq(stage_view(stage, "two").state, RESOURCE_UP);
	stage_release(stage, 0, 1, false);
	ck_assert_int_eq(stage_view(stage, "two").state, RESOURCE_DOWN);
	ck_assert_str_eq(stage_file(stage, "order", text, sizeof text), "+1\n+2\n+3\n-3\n-2\n-1\n");
	stage_close(stage);
}
END_TEST

START_TEST(a_process_learns_its_role_epoch_node_and_resource)
{
	struct stage *stage = open_lab();
	stage_process(stage, 0, "db",
	              "/bin/sh -c 'echo $FAILOVERD_ROLE $FAILOVERD_EPOCH $FAILOVERD_NODE "
	              "$FAILOVERD_RESOURCE; pwd; ls /proc/self/fd; exec sleep 60'");
	stage_open(stage);
	stage_start(stage, 0, 42);
	struct resource_view view = stage_view(stage, "db");
	ck_assert(view.has_pid);
	ck_assert(stage_is_alive(view.pid));
	ck_assert_int_eq(getsid((pid_t)view.pid), (pid_t)view.pid);
	stage_for(stage, 200);
	ck_assert(stage_logged(stage, "resource db: role0 42 alpha db"));
	ck_assert(stage_logged(stage, stage->directory));
	ck_assert(stage_logged(stage, "resource db: 3\n"));  /* ls has the directory open ... */
	ck_assert(!stage_logged(stage, "resource db: 4\n")); /* ... and nothing of ours */
	stage_release(stage, 0, 42, false);
	ck_assert(!stage_is_alive(view.pid));
	ck_assert(!stage_view(stage, "db").has_pid);
	stage_close(stage);
}
END_TEST

START_TEST(a_process_finds_its_home_and_what_the_file_gives_it)
{
	struct stage *stage = open_lab();
	struct config_resource *db =
	    stage_process(stage, 0, "db",
	                  "/bin/sh -c 'echo "
	                  "\"<$HOME|$USER|$LOGNAME|$SHELL|$PATH|$GREETING|$EMPTY>\"; env | sort | "
	                  "uniq -d; exec sleep 60'");
	struct user self;
	struct error doubt;
	char expected[1024];
	ck_assert_int_eq(
	    value_environment("'GREETING=hello world' EMPTY= PATH=/opt/bin:/bin:/usr/bin",
	                      &db->environment, &doubt, NULL),
	    CODE_OK);
	ck_assert_int_eq(platform_self(&self, NULL), CODE_OK);
	snprintf(expected, sizeof expected, "db: <%s|%s|%s|%s|/opt/bin:/bin:/usr/bin|hello world|>",
	         self.home, self.name, self.name, self.shell);
	stage_open(stage);
	stage_start(stage, 0, 42);
	stage_for(stage, 200);
	ck_assert_msg(stage_logged(stage, expected), "%s", expected);
	stage_release(stage, 0, 42, false);
	stage_close(stage);
}
END_TEST

/* It ends at one signal and ignores the other, as PostgreSQL and nginx tell them apart. */
START_TEST(a_process_is_asked_to_end_by_the_signal_the_file_names)
{
	struct stage *stage = open_lab();
	char text[64];
	struct config_resource *db = stage_process(
	    stage, 0, "db",
	    "/bin/sh -c 'trap \"echo int >>said; exit 0\" INT; trap \"echo term >>said\" TERM; "
	    "while :; do echo ready >ready; sleep 0.05; done'");
	ck_assert_int_eq(value_signal("SIGINT", db->stop_signal, NULL), CODE_OK);
	stage_open(stage);
	stage_start(stage, 0, 1);
	while (stage_file(stage, "ready", text, sizeof text)[0] == '\0')
		stage_for(stage, 10);
	stage_release(stage, 0, 1, false);
	ck_assert_str_eq(stage_file(stage, "said", text, sizeof text), "int\n");
	stage_close(stage);
}
END_TEST

static bool is_failed(struct stage *stage)
{
	return stage->now->failed > 0;
}

START_TEST(a_program_that_does_not_exist_fails_the_role_at_once)
{
	struct stage *stage = open_lab();
	stage_process(stage, 0, "db", "/no/such/program");
	stage_open(stage);
	stage->now = &stage->roles[0];
	runner_start(stage->runner, 0, 3);
	stage_until(stage, is_failed, "the role fails");
	ck_assert_str_eq(stage->now->why,
	                 "resource db: cannot run /no/such/program: No such file or directory");
	ck_assert_uint_eq(stage->now->started, 0);
	ck_assert_int_eq(stage_view(stage, "db").state, RESOURCE_FAILED);
	stage_release(stage, 0, 3, false);
	stage_close(stage);
}
END_TEST

START_TEST(what_cannot_be_recorded_does_not_run)
{
	struct stage *stage = open_lab();
	stage_process(stage, 0, "db", "/bin/sleep 60")->directory[0] = '\0';
	stage_vip(stage, 1, "ip", "10.9.0.100/24");
	stage_open(stage);
	ck_assert_int_eq(rmdir(stage->directory), 0);
	for (uint8_t role = 0; role < 2; role++) {
		stage->now = &stage->roles[role];
		runner_start(stage->runner, role, 1);
		stage_until(stage, is_failed, "the role fails");
		ck_assert_ptr_nonnull(strstr(stage->now->why, "cannot record what runs"));
		stage_release(stage, role, 1, false);
	}
	ck_assert(!stage_has_address("10.9.0.100"));
	stage_close(stage);
}
END_TEST

/* Fault 44: a stop hangs. */
START_TEST(a_process_that_ignores_sigterm_is_killed_after_its_time)
{
	struct stage *stage = open_lab();
	stage_process(stage, 0, "db", "/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'")
	    ->stop_timeout = span_ms(300);
	stage_open(stage);
	stage_start(stage, 0, 1);
	pid_t pid = (pid_t)stage_view(stage, "db").pid;
	stage_for(stage, 100); /* for the trap to be set */
	uint64_t begin = uv_hrtime();
	stage_release(stage, 0, 1, false);
	uint64_t took_ms = (uv_hrtime() - begin) / 1000000;
	ck_assert_uint_ge(took_ms, 300);
	ck_assert_uint_le(took_ms, 1000);
	ck_assert(!stage_is_alive(pid));
	ck_assert(stage_logged(stage, "did not stop within 300ms: killing it"));
	stage_close(stage);
}
END_TEST

START_TEST(a_forced_release_takes_the_address_first_and_waits_for_nobody)
{
	struct stage *stage = open_lab();
	stage_process(stage, 0, "db", "/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'");
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	stage_start(stage, 0, 1);
	stage_for(stage, 100);
	uint64_t begin = uv_hrtime();
	runner_release(stage->runner, 0, 1, true, span_ms(50));
	ck_assert(!stage_has_address("10.9.0.100"));
	stage_release(stage, 0, 1, true);
	ck_assert_uint_le((uv_hrtime() - begin) / 1000000, 200);
	stage_close(stage);
}
END_TEST

START_TEST(processes_that_leave_the_session_are_killed_with_the_group)
{
	struct stage *stage = open_lab();
	struct error error;
	char text[64];
	if (platform_check_groups(&error) != CODE_OK) {
		printf("skipped: processes_that_leave_the_session: %s\n", error.text);
		stage_open(stage);
		stage_close(stage);
		return;
	}
	stage_process(
	    stage, 0, "db",
	    "/bin/sh -c 'setsid sh -c \"echo \\$\\$ >escaped; exec sleep 60\" & exec sleep 60'");
	stage_open(stage);
	stage_start(stage, 0, 1);
	while (stage_file(stage, "escaped", text, sizeof text)[0] == '\0')
		stage_for(stage, 10);
	pid_t escaped = (pid_t)strtol(text, NULL, 10);
	ck_assert(stage_is_alive(escaped));
	stage_release(stage, 0, 1, true);
	ck_assert(!stage_is_alive(escaped));
	stage_close(stage);
}
END_TEST

static bool has_address(struct stage *stage)
{
	(void)stage;
	return stage_has_address("10.9.0.100");
}

/* Fault 35: a network manager takes the address away. */
START_TEST(an_address_somebody_removes_is_put_back_however_often)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24")->restarts = 2;
	stage_open(stage);
	stage_start(stage, 0, 1);
	for (unsigned i = 0; i < 12; i++) {
		net_fixture_ip("address del 10.9.0.100/32 dev left0");
		ck_assert(!stage_has_address("10.9.0.100"));
		stage_until(stage, has_address, "the address is back");
	}
	ck_assert(
	    stage_logged(stage, "somebody else removed 10.9.0.100; put back; it was process"));
	ck_assert_uint_eq(stage_view(stage, "ip").restarts, 0);
	ck_assert_uint_eq(stage_view(stage, "ip").repairs.total, 12);
	ck_assert_uint_eq(stage->roles[0].failed, 0);
	stage_release(stage, 0, 1, false);
	ck_assert(!stage_has_address("10.9.0.100"));
	stage_close(stage);
}
END_TEST

/* Another process that removes the address wherever it sees it, until it is killed. */
static pid_t begin_removing(const struct network_address *address)
{
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child > 0)
		return child;
	struct network *network;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (network_open_deaf(&network, NULL) != CODE_OK)
		_exit(EXIT_FAILURE);
	for (;;)
		(void)network_remove(network, address, NULL);
}

/* Fault 35: it is gone again before anybody could use it. */
START_TEST(an_address_that_cannot_stay_is_a_failure)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24")->restarts = 1;
	stage_open(stage);
	stage_start(stage, 0, 1);
	struct network_address address = {.address = stage->config.resources[0].address,
	                                  .interface = "left0"};
	pid_t remover = begin_removing(&address);
	stage_until(stage, is_failed, "the role fails");
	kill(remover, SIGKILL);
	waitpid(remover, NULL, 0);
	/* It may have gone in the middle of being put back. */
	ck_assert_ptr_nonnull(strstr(stage->now->why, "10.9.0.100"));
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

static bool is_unfit(struct stage *stage)
{
	return !stage->roles[0].is_fit;
}

static bool is_fit(struct stage *stage)
{
	return stage->roles[0].is_fit;
}

START_TEST(without_carrier_the_role_is_unfit_until_it_comes_back)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_vip(stage, 0, "ip6", "fd00:9::100/64");
	stage_open(stage);
	stage_until(stage, is_fit, "the role is fit");
	stage_start(stage, 0, 1);
	net_fixture_ip("link set right0 down");
	stage_until(stage, is_unfit, "the role is unfit");
	ck_assert_str_eq(stage->roles[0].unfit_why, "interface left0 is down or has no carrier");
	net_fixture_ip("link set right0 up");
	stage_until(stage, is_fit, "the role is fit again");
	net_fixture_ip("link set left0 down"); /* takes the IPv6 address with it */
	stage_until(stage, is_unfit, "the role is unfit again");
	ck_assert(!stage_has_address("fd00:9::100"));
	net_fixture_ip("link set left0 up");
	stage_until(stage, is_fit, "the role is fit again");
	ck_assert(stage_has_address("fd00:9::100"));
	ck_assert_uint_eq(stage_view(stage, "ip6").restarts, 0);
	net_fixture_ip("link del left0");
	stage_until(stage, is_unfit, "the role is unfit without interface");
	ck_assert_str_eq(stage->roles[0].unfit_why, "interface left0 does not exist");
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

/* Fault 46: a service fails all the time. */
START_TEST(a_crash_loop_is_restarted_slower_and_slower_and_then_fails_the_role)
{
	struct stage *stage = open_lab();
	char text[256];
	stage_process(stage, 0, "db", "/bin/sh -c 'echo x >>runs; sleep 0.02; exit 3'");
	stage_open(stage);
	uint64_t begin = uv_hrtime();
	stage_start(stage, 0, 1);
	stage_until(stage, is_failed, "the role fails");
	uint64_t took_ms = (uv_hrtime() - begin) / 1000000;
	ck_assert_uint_ge(took_ms, 200 + 400 + 800);
	ck_assert_str_eq(stage->now->why, "resource db: exited with status 3");
	ck_assert_str_eq(stage_file(stage, "runs", text, sizeof text), "x\nx\nx\nx\n");
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

static bool is_given_up(struct stage *stage)
{
	return stage_view(stage, "app").state == RESOURCE_FAILED;
}

START_TEST(a_resource_that_is_not_critical_never_fails_the_role)
{
	struct stage *stage = open_lab();
	struct config_resource *app = stage_process(stage, 0, "app", "/bin/false");
	app->critical = false;
	app->restarts = 1;
	app->restart_window = span_ms(1500);
	stage_process(stage, 0, "db", "/bin/sleep 60");
	stage_open(stage);
	stage_start(stage, 0, 1);
	ck_assert_int_eq(stage_view(stage, "db").state, RESOURCE_UP);
	stage_until(stage, is_given_up, "app is given up");
	ck_assert_uint_eq(stage->roles[0].failed, 0);
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

static void count_comings(void *context, const struct network_change *change)
{
	unsigned *comings = context;
	*comings += change->news == NEWS_ADDRESS_HERE && change->address.family == AF_INET;
}

/* Fault 5: the lease is over between decision and deed. */
START_TEST(nothing_starts_without_the_right_to_act)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	stage->roles[0].may_act = false;
	unsigned comings = 0;
	struct network *network;
	ck_assert_int_eq(network_open(&network, NULL), CODE_OK);
	runner_start(stage->runner, 0, 1);
	stage_for(stage, 100);
	network_news_read(network, count_comings, &comings);
	network_close(network);
	ck_assert_uint_eq(comings, 0); /* not even for a moment */
	ck_assert_uint_eq(stage->roles[0].started + stage->roles[0].failed, 0);
	stage->roles[0].may_act = true;
	stage_until(stage, has_address, "the address is there");
	stage->roles[0].may_act = false;
	net_fixture_ip("address del 10.9.0.100/32 dev left0");
	stage_for(stage, 100);
	ck_assert(!stage_has_address("10.9.0.100"));
	stage_release(stage, 0, 1, true);
	stage_close(stage);
}
END_TEST

START_TEST(a_release_takes_back_a_start_that_was_not_told_yet)
{
	struct stage *stage = open_lab();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	runner_start(stage->runner, 0, 1);
	stage_release(stage, 0, 1, false);
	ck_assert_uint_eq(stage->roles[0].started, 0);
	runner_release(stage->runner, 2, 9, true, span_ms(10)); /* never was here */
	stage_for(stage, 10);
	ck_assert_uint_eq(stage->roles[2].released, 1);
	ck_assert_uint_eq(stage->roles[2].epoch, 9);
	stage_close(stage);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_runner");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("runner");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all, fitness_is_told_once_for_each_role_of_this_node);
	tcase_add_test(all, an_address_is_there_and_announced_before_start_returns);
	tcase_add_test(all, resources_start_in_order_and_stop_in_reverse);
	tcase_add_test(all, a_process_learns_its_role_epoch_node_and_resource);
	tcase_add_test(all, a_process_finds_its_home_and_what_the_file_gives_it);
	tcase_add_test(all, a_process_is_asked_to_end_by_the_signal_the_file_names);
	tcase_add_test(all, a_program_that_does_not_exist_fails_the_role_at_once);
	tcase_add_test(all, what_cannot_be_recorded_does_not_run);
	tcase_add_test(all, a_process_that_ignores_sigterm_is_killed_after_its_time);
	tcase_add_test(all, a_forced_release_takes_the_address_first_and_waits_for_nobody);
	tcase_add_test(all, processes_that_leave_the_session_are_killed_with_the_group);
	tcase_add_test(all, an_address_somebody_removes_is_put_back_however_often);
	tcase_add_test(all, an_address_that_cannot_stay_is_a_failure);
	tcase_add_test(all, without_carrier_the_role_is_unfit_until_it_comes_back);
	tcase_add_test(all, a_crash_loop_is_restarted_slower_and_slower_and_then_fails_the_role);
	tcase_add_test(all, a_resource_that_is_not_critical_never_fails_the_role);
	tcase_add_test(all, nothing_starts_without_the_right_to_act);
	tcase_add_test(all, a_release_takes_back_a_start_that_was_not_told_yet);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
