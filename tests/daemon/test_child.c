/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of child.h with real processes.
 */
#include "daemon/platform/child.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/value.h"
#include "tests/daemon/stage.h"

enum { PATIENCE_MS = 5000 };

static const char *const MARK = "FAILOVERD_RESOURCE=test";
static const char *const environment[] = {"FAILOVERD_RESOURCE=test", "PATH=/usr/bin:/bin", NULL};

struct act {
	uv_loop_t loop;
	uv_timer_t clock;
	struct child *child;
	struct command command;
	bool has_begun, has_ended;
	char problem[256];
	char output[8192];
	size_t output_length;
	struct child_end end;
};

static void on_began(void *context, const char *problem)
{
	struct act *act = context;
	ck_assert(!act->has_ended && !act->has_begun);
	act->has_begun = true;
	snprintf(act->problem, sizeof act->problem, "%s", problem == NULL ? "" : problem);
}

static void on_output(void *context, const char *bytes, size_t length)
{
	struct act *act = context;
	ck_assert(!act->has_ended || act->has_begun);
	if (length > sizeof act->output - 1 - act->output_length)
		length = sizeof act->output - 1 - act->output_length;
	memcpy(act->output + act->output_length, bytes, length);
	act->output_length += length;
}

static void on_ended(void *context, struct child_end end)
{
	struct act *act = context;
	act->has_ended = true;
	act->end = end;
}

static struct act *make(const char *words, const char *directory, const struct user *user)
{
	struct act *act = calloc(1, sizeof *act);
	struct error error;
	ck_assert_int_eq(value_command(words, &act->command, NULL), CODE_OK);
	ck_assert_int_eq(uv_loop_init(&act->loop), 0);
	uv_timer_init(&act->loop, &act->clock);
	const struct child_options options = {
	    .command = &act->command,
	    .environment = environment,
	    .directory = directory,
	    .user = user,
	    .name = "test",
	};
	const struct child_events events = {
	    .context = act, .began = on_began, .output = on_output, .ended = on_ended};
	enum code code = platform_child_start(&act->child, &act->loop, &options, &events, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
	return act;
}

static struct act *start(const char *words)
{
	struct act *act = make(words, "", NULL);
	platform_child_go(act->child);
	return act;
}

static void on_clock(uv_timer_t *clock)
{
	(void)clock;
}

static void turn(struct act *act)
{
	uv_timer_start(&act->clock, on_clock, 2, 2); /* again: the first may ring too early */
	uv_run(&act->loop, UV_RUN_ONCE);
	uv_timer_stop(&act->clock);
}

static void until(struct act *act, const bool *flag)
{
	uint64_t end = uv_hrtime() + PATIENCE_MS * UINT64_C(1000000);
	while (!*flag) {
		ck_assert_msg(uv_hrtime() < end, "waited in vain");
		turn(act);
	}
}

static void until_gone(struct act *act, bool kills)
{
	uint64_t end = uv_hrtime() + PATIENCE_MS * UINT64_C(1000000);
	while (!(kills ? platform_child_kill(act->child) : platform_child_is_gone(act->child))) {
		ck_assert_msg(uv_hrtime() < end, "it does not go");
		turn(act);
	}
}

static void finish(struct act *act)
{
	until_gone(act, true);
	platform_child_close(act->child);
	uv_close((uv_handle_t *)&act->clock, NULL);
	uv_run(&act->loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&act->loop), 0);
	free(act);
}

START_TEST(a_child_is_held_until_it_may_go)
{
	struct act *act = make("/bin/echo hello", "", NULL);
	for (int i = 0; i < 20; i++)
		turn(act);
	ck_assert(!act->has_begun && !act->has_ended);
	ck_assert(stage_is_alive(platform_child_id(act->child)->pid));
	platform_child_go(act->child);
	until(act, &act->has_ended);
	ck_assert_str_eq(act->output, "hello\n");
	ck_assert_str_eq(act->problem, "");
	ck_assert(act->end.known && !act->end.by_signal && act->end.number == 0);
	finish(act);
}
END_TEST

START_TEST(both_outputs_and_the_status_are_told)
{
	struct act *act = start("/bin/sh -c 'echo out; echo err >&2; read x || echo none; exit 7'");
	until(act, &act->has_ended);
	ck_assert_str_eq(act->output, "out\nerr\nnone\n");
	ck_assert(act->end.known && !act->end.by_signal);
	ck_assert_int_eq(act->end.number, 7);
	finish(act);
	act = start("/bin/sh -c 'kill -9 $$'");
	until(act, &act->has_ended);
	ck_assert(act->end.known && act->end.by_signal);
	ck_assert_int_eq(act->end.number, SIGKILL);
	finish(act);
}
END_TEST

START_TEST(a_child_that_cannot_begin_says_why)
{
	struct act *act = start("/no/such/program");
	until(act, &act->has_ended);
	ck_assert_str_eq(act->problem, "cannot run /no/such/program: No such file or directory");
	finish(act);
	act = make("/bin/true", "/no/such/directory", NULL);
	platform_child_go(act->child);
	until(act, &act->has_ended);
	ck_assert_str_eq(act->problem,
	                 "cannot change to the directory of /bin/true: No such file or directory");
	finish(act);
}
END_TEST

START_TEST(a_child_has_its_own_user_directory_signals_and_nothing_of_ours)
{
	struct user user;
	const struct user *other = NULL;
	if (geteuid() == 0 && platform_user("nobody", &user, NULL) == CODE_OK)
		other = &user;
	int leaked = open("/dev/null", O_RDONLY); /* not close-on-exec */
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_ge(leaked, 0);
	struct act *act = make("/bin/sh -c 'id -un; id -gn; id -G | wc -w; pwd; umask; ls "
	                       "/proc/self/fd | tr \"\\n\" \" \"; "
	                       "grep SigIgn /proc/self/status; env | sort'",
	                       "/usr", other);
	platform_child_go(act->child);
	until(act, &act->has_ended);
	static const char expected[] = "nobody\nnogroup\n1\n/usr\n0022\n"
				       "0 1 2 3 SigIgn:\t0000000000000000\n"
				       "FAILOVERD_RESOURCE=test\nPATH=/usr/bin:/bin\nPWD=/usr\n";
	if (other != NULL)
		ck_assert_str_eq(act->output, expected);
	else
		ck_assert_ptr_nonnull(strstr(act->output, "0 1 2 3 SigIgn:\t0000000000000000\n"));
	finish(act);
}
END_TEST

START_TEST(asking_ends_the_whole_session)
{
	struct act *act = start("/bin/sh -c 'sleep 60 & echo ready; wait'");
	while (act->output_length == 0)
		turn(act);
	ck_assert(!platform_child_is_gone(act->child));
	platform_child_ask(act->child, "");
	until(act, &act->has_ended);
	until_gone(act, false);
	finish(act);
}
END_TEST

START_TEST(what_a_dead_child_left_is_not_gone_until_killed)
{
	struct act *act = start("/bin/sh -c 'sleep 60 & echo $!'");
	until(act, &act->has_ended);
	long left = strtol(act->output, NULL, 10);
	ck_assert(!platform_child_is_gone(act->child));
	ck_assert(stage_is_alive(left));
	until_gone(act, true);
	ck_assert(!stage_is_alive(left));
	finish(act);
}
END_TEST

START_TEST(a_stopped_child_can_be_asked_and_killed)
{
	struct act *act = start("/bin/sh -c 'echo ready; kill -STOP $$; exec sleep 60'");
	while (act->output_length == 0)
		turn(act);
	platform_child_ask(act->child, "");
	until(act, &act->has_ended);
	ck_assert(act->end.by_signal);
	finish(act);
}
END_TEST

START_TEST(many_children_leave_no_descriptor_behind)
{
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(before);
	for (int i = 0; i < 20; i++) {
		struct act *act = start(i % 2 == 0 ? "/bin/true" : "/no/such/program");
		until(act, &act->has_ended);
		finish(act);
	}
	int after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(after, before);
	close(after);
}
END_TEST

/* Runs in a process of its own, as the daemon would, until that is killed. */
static void be_daemon(int channel, const char *words, bool may_go)
{
	struct act *act = make(words, "", NULL);
	if (may_go) {
		platform_child_go(act->child);
		while (act->output_length == 0)
			turn(act);
	}
	const struct child_id *id = platform_child_id(act->child);
	if (write(channel, id, sizeof *id) != sizeof *id || write(channel, act->output, 64) != 64)
		_exit(1);
	for (;;)
		turn(act);
}

/* A child of a daemon that is dead by now, and what the child had written. */
static struct child_id orphan(const char *words, bool may_go, char output[64])
{
	int channel[2];
	struct child_id id;
	ck_assert_int_eq(pipe2(channel, O_CLOEXEC), 0);
	pid_t daemon = fork();
	if (daemon == 0)
		be_daemon(channel[1], words, may_go);
	close(channel[1]);
	ck_assert_int_eq(read(channel[0], &id, sizeof id), sizeof id);
	ck_assert_int_eq(read(channel[0], output, 64), 64);
	close(channel[0]);
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
	return id;
}

START_TEST(a_held_child_ends_with_its_daemon)
{
	bool was_there;
	char output[64];
	struct child_id id = orphan("/bin/sleep 60", false, output);
	for (int i = 0; i < 500 && stage_is_alive(id.pid); i++)
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	ck_assert(!stage_is_alive(id.pid));
	ck_assert_int_eq(platform_child_end(&id, MARK, span_ms(1000), &was_there, NULL), CODE_OK);
}
END_TEST

START_TEST(a_later_life_ends_what_an_earlier_one_left)
{
	static const char *const words[] = {
	    "/bin/sh -c 'sleep 60 & echo $!; wait'",
	    "/bin/sh -c 'sleep 60 & echo $!'", /* the child itself is gone */
	    "/bin/sh -c 'trap \"\" TERM HUP INT; sleep 60 & echo $!; wait'",
	};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		char output[64];
		struct error error;
		struct child_id id = orphan(words[i], true, output);
		long left = strtol(output, NULL, 10);
		ck_assert(stage_is_alive(left));
		struct child_id found = id;
		bool was_there = false;
		if (i % 2 == 1)
			found.group[0] = '\0'; /* by its session alone */
		enum code code =
		    platform_child_end(&found, MARK, span_ms(3000), &was_there, &error);
		ck_assert_msg(code == CODE_OK, "%s", error.text);
		ck_assert(was_there);
		ck_assert(!stage_is_alive(left));
		ck_assert(!stage_is_alive(id.pid));
		ck_assert_int_eq(platform_child_end(&id, MARK, span_ms(3000), &was_there, &error),
		                 CODE_OK);
	}
}
END_TEST

START_TEST(a_process_that_got_the_pid_later_is_not_touched)
{
	bool was_there;
	char output[64];
	struct child_id id = orphan("/bin/sh -c 'echo; exec sleep 60'", true, output);
	struct child_id other = id;
	other.started--;
	other.group[0] = '\0';
	ck_assert_int_eq(platform_child_end(&other, MARK, span_ms(100), &was_there, NULL), CODE_OK);
	ck_assert(stage_is_alive(id.pid));
	ck_assert_int_eq(platform_child_end(&id, MARK, span_ms(3000), &was_there, NULL), CODE_OK);
	ck_assert(!stage_is_alive(id.pid));
}
END_TEST

START_TEST(a_process_without_the_mark_is_not_killed_but_named)
{
	bool was_there;
	char output[64], pid[32];
	struct error error = {.text = ""};
	struct child_id id = orphan("/bin/sh -c 'sleep 60 & echo $!'", true, output);
	struct child_id session = id;
	session.group[0] = '\0';
	long left = strtol(output, NULL, 10);
	/* The shell ends by itself; as long as nobody has collected it, its session is known to be
	 * its own. */
	while (kill((pid_t)id.pid, 0) == 0)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	ck_assert_int_eq(platform_child_end(&session, "FAILOVERD_RESOURCE=other", span_ms(50),
	                                    &was_there, &error),
	                 CODE_DENIED);
	ck_assert(stage_is_alive(left));
	snprintf(pid, sizeof pid, "process %ld ", left);
	ck_assert_msg(strstr(error.text, pid) != NULL, "%s", error.text);
	ck_assert_int_eq(platform_child_end(&id, MARK, span_ms(3000), &was_there, NULL), CODE_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("child");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all, a_child_is_held_until_it_may_go);
	tcase_add_test(all, both_outputs_and_the_status_are_told);
	tcase_add_test(all, a_child_that_cannot_begin_says_why);
	tcase_add_test(all, a_child_has_its_own_user_directory_signals_and_nothing_of_ours);
	tcase_add_test(all, asking_ends_the_whole_session);
	tcase_add_test(all, what_a_dead_child_left_is_not_gone_until_killed);
	tcase_add_test(all, a_stopped_child_can_be_asked_and_killed);
	tcase_add_test(all, many_children_leave_no_descriptor_behind);
	tcase_add_test(all, a_held_child_ends_with_its_daemon);
	tcase_add_test(all, a_later_life_ends_what_an_earlier_one_left);
	tcase_add_test(all, a_process_that_got_the_pid_later_is_not_touched);
	tcase_add_test(all, a_process_without_the_mark_is_not_killed_but_named);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
