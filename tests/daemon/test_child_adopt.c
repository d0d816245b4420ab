/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of platform_child_adopt with real processes, which one process starts and another
 * takes over.
 */
#include <check.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/value.h"
#include "daemon/platform/child.h"
#include "daemon/platform/self.h"
#include "tests/daemon/stage.h"

enum { PATIENCE_MS = 5000, NOBODY = 65534 };

static const char *const MARK = "FAILOVERD_RESOURCE=test";
static const char *const environment[] = {"FAILOVERD_RESOURCE=test", "PATH=/usr/bin:/bin", NULL};

/* One life of a daemon. */
struct life {
	uv_loop_t loop;
	uv_timer_t clock;
	struct child *child;
	bool has_begun, has_ended;
	char output[256 * 1024];
	size_t length;
	struct child_end end;
};

static void on_began(void *context, const char *problem)
{
	struct life *life = context;
	ck_assert_msg(problem == NULL, "%s", problem);
	life->has_begun = true;
}

static void on_output(void *context, const char *bytes, size_t length)
{
	struct life *life = context;
	ck_assert_uint_lt(life->length + length, sizeof life->output);
	memcpy(life->output + life->length, bytes, length);
	life->length += length;
}

static void on_ended(void *context, struct child_end end)
{
	struct life *life = context;
	life->has_ended = true;
	life->end = end;
}

static struct child_events events_of(struct life *life)
{
	return (struct child_events){
	    .context = life, .began = on_began, .output = on_output, .ended = on_ended};
}

static struct life *life_new(void)
{
	struct life *life = calloc(1, sizeof *life);
	ck_assert_ptr_nonnull(life);
	ck_assert_int_eq(uv_loop_init(&life->loop), 0);
	uv_timer_init(&life->loop, &life->clock);
	return life;
}

static void on_clock(uv_timer_t *clock)
{
	(void)clock;
}

static void turn(struct life *life)
{
	uv_timer_start(&life->clock, on_clock, 2, 2);
	uv_run(&life->loop, UV_RUN_ONCE);
	uv_timer_stop(&life->clock);
}

/* Until there is this much output, or the child has ended. */
static void until_said(struct life *life, size_t length)
{
	uint64_t end = uv_hrtime() + PATIENCE_MS * UINT64_C(1000000);
	while (life->length < length && !life->has_ended) {
		ck_assert_msg(uv_hrtime() < end, "it said only %zu bytes", life->length);
		turn(life);
	}
}

static void finish(struct life *life)
{
	uint64_t end = uv_hrtime() + PATIENCE_MS * UINT64_C(1000000);
	while (!platform_child_kill(life->child)) {
		ck_assert_msg(uv_hrtime() < end, "it does not go");
		turn(life);
	}
	platform_child_close(life->child);
	uv_close((uv_handle_t *)&life->clock, NULL);
	uv_run(&life->loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&life->loop), 0);
	free(life);
}

static void start(struct life *life, const char *words, const char *output_path,
                  const struct user *user)
{
	struct command command;
	struct error error;
	ck_assert_int_eq(value_command(words, &command, NULL), CODE_OK);
	const struct child_options options = {.command = &command,
	                                      .environment = environment,
	                                      .directory = "",
	                                      .user = user,
	                                      .name = "test",
	                                      .output_path = output_path};
	const struct child_events events = events_of(life);
	enum code code = platform_child_start(&life->child, &life->loop, &options, &events, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
	platform_child_go(life->child);
}

struct lab {
	char directory[64], path[96];
	struct child_id id;
};

/* An earlier life starts it, waits until it has said something, and is killed. */
static void leave_behind(struct lab *lab, const char *words)
{
	int channel[2];
	snprintf(lab->directory, sizeof lab->directory, "/tmp/failoverd-adopt-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(lab->directory));
	snprintf(lab->path, sizeof lab->path, "%s/pipe", lab->directory);
	ck_assert_int_eq(pipe2(channel, O_CLOEXEC), 0);
	pid_t daemon = fork();
	if (daemon == 0) {
		struct life *life = life_new();
		start(life, words, lab->path, NULL);
		until_said(life, 1);
		const struct child_id *id = platform_child_id(life->child);
		if (write(channel[1], id, sizeof *id) == sizeof *id)
			pause();
		_exit(1);
	}
	close(channel[1]);
	ck_assert_int_eq(read(channel[0], &lab->id, sizeof lab->id), sizeof lab->id);
	close(channel[0]);
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
}

static struct life *adopt(const struct lab *lab)
{
	struct life *life = life_new();
	struct error error;
	const struct child_before before = {.id = &lab->id, .mark = MARK, .output_path = lab->path};
	const struct child_events events = events_of(life);
	enum code code = platform_child_adopt(&life->child, &life->loop, &before, &events, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
	ck_assert(!life->has_ended); /* said from the loop only */
	return life;
}

static void tidy_up(const struct lab *lab)
{
	unlink(lab->path);
	rmdir(lab->directory);
}

START_TEST(an_orphan_is_adopted_and_its_end_noticed)
{
	struct lab lab;
	leave_behind(&lab, "/bin/sh -c 'trap \"echo heard\" USR1; echo ready; while :; do sleep "
	                   "0.02; done'");
	struct life *life = adopt(&lab);
	ck_assert_int_eq(platform_child_id(life->child)->pid, lab.id.pid);
	for (int i = 0; i < 20; i++)
		turn(life);
	ck_assert(!life->has_begun && !life->has_ended);
	ck_assert(!platform_child_is_gone(life->child));
	kill((pid_t)lab.id.pid, SIGUSR1);
	until_said(life, 6);
	ck_assert_mem_eq(life->output, "heard\n", 6);
	kill((pid_t)lab.id.pid, SIGTERM);
	until_said(life, SIZE_MAX);
	ck_assert(life->has_ended && !life->end.known);
	finish(life);
	tidy_up(&lab);
}
END_TEST

/* Writes 60,000 bytes when told, says so by a file, and writes the rest of 200,000. */
START_TEST(writing_goes_on_while_nobody_reads)
{
	struct lab lab;
	char words[512], wrote[96];
	char directory[] = "/tmp/failoverd-adopt-XXXXXX";
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(wrote, sizeof wrote, "%s/wrote", directory);
	snprintf(words, sizeof words,
	         "/bin/sh -c 'go() { head -c 60000 /dev/zero; : >%s; head -c 140000 /dev/zero; "
	         "exec sleep 60; }; trap go USR1; echo; while :; do sleep 0.02; done'",
	         wrote);
	leave_behind(&lab, words);
	kill((pid_t)lab.id.pid, SIGUSR1);
	for (int i = 0; i < 500 && access(wrote, F_OK) != 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	ck_assert_int_eq(access(wrote, F_OK), 0);
	ck_assert(stage_is_alive(lab.id.pid));
	struct life *life = adopt(&lab);
	until_said(life, 200000);
	ck_assert(!life->has_ended);
	ck_assert_uint_eq(life->length, 200000);
	finish(life);
	unlink(wrote);
	rmdir(directory);
	tidy_up(&lab);
}
END_TEST

START_TEST(what_a_child_left_that_died_while_nobody_watched_is_killed)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0); /* as the guard is */
	for (int with_group = 0; with_group < 2; with_group++) {
		struct lab lab;
		leave_behind(&lab, "/bin/sh -c 'sleep 60 & echo $!; while :; do sleep 0.02; done'");
		kill((pid_t)lab.id.pid, SIGKILL);
		ck_assert_int_eq(waitpid((pid_t)lab.id.pid, NULL, 0), (pid_t)lab.id.pid);
		struct child_id whole = lab.id;
		if (!with_group)
			lab.id.group[0] = '\0'; /* by its session and its mark alone */
		struct life *life = adopt(&lab);
		until_said(life, SIZE_MAX);
		ck_assert(life->has_ended && !life->end.known);
		ck_assert(!platform_child_is_gone(life->child));
		finish(life);
		bool was_there;
		ck_assert_int_eq(platform_child_end(&whole, MARK, span_ms(3000), &was_there, NULL),
		                 CODE_OK);
		ck_assert(!was_there);
		tidy_up(&lab);
	}
}
END_TEST

START_TEST(what_a_dead_child_may_have_left_is_neither_killed_nor_taken_for_gone)
{
	struct lab lab;
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	leave_behind(&lab, "/bin/sh -c 'env -i /bin/sleep 60 & echo $!; sleep 60'");
	struct child_id whole = lab.id;
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL); /* for env to be sleep */
	kill((pid_t)lab.id.pid, SIGKILL);
	ck_assert_int_eq(waitpid((pid_t)lab.id.pid, NULL, 0), (pid_t)lab.id.pid);
	lab.id.group[0] = '\0';
	struct life *life = adopt(&lab);
	until_said(life, SIZE_MAX);
	for (int i = 0; i < 20; i++) {
		ck_assert(!platform_child_kill(life->child));
		turn(life);
	}
	bool was_there;
	ck_assert_int_eq(platform_child_end(&whole, MARK, span_ms(3000), &was_there, NULL),
	                 whole.group[0] == '\0' ? CODE_DENIED : CODE_OK);
	if (whole.group[0] == '\0')
		kill(-(pid_t)whole.pid, SIGKILL);
	finish(life);
	tidy_up(&lab);
}
END_TEST

START_TEST(a_process_that_has_the_pid_now_is_not_touched)
{
	struct lab lab;
	leave_behind(&lab, "/bin/sh -c 'echo ready; exec sleep 60'");
	struct child_id right = lab.id;
	lab.id.started--;
	lab.id.group[0] = '\0';
	struct life *life = adopt(&lab);
	until_said(life, SIZE_MAX);
	ck_assert(life->has_ended && !life->end.known);
	platform_child_ask(life->child, "");
	ck_assert(platform_child_kill(life->child));
	finish(life);
	ck_assert(stage_is_alive(right.pid));
	bool was_there;
	ck_assert_int_eq(platform_child_end(&right, MARK, span_ms(3000), &was_there, NULL),
	                 CODE_OK);
	tidy_up(&lab);
}
END_TEST

/* --- a daemon that is not root */

static void set_rights(uint32_t rights, uint32_t inheritable)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {
	    {.effective = rights, .permitted = rights, .inheritable = inheritable}};
	ck_assert_int_eq(syscall(SYS_capset, &header, sets), 0);
}

/* Of user 1, with the rights to become another user, all of them ambient. */
static void become_daemon(void)
{
	static const int rights[] = {CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_ADMIN};
	uint32_t all = 0;
	for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++)
		all |= UINT32_C(1) << rights[i];
	ck_assert_int_eq(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(setgid(1), 0);
	ck_assert_int_eq(setuid(1), 0);
	set_rights(all, all);
	for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++)
		ck_assert_int_eq(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, rights[i], 0, 0), 0);
	ck_assert_uint_eq(geteuid(), 1);
}

/* What the child says of itself, started by a daemon that is not root. */
static void report_rights(const struct user *user, const char *expected)
{
	pid_t daemon = fork();
	if (daemon == 0) {
		become_daemon();
		struct life *life = life_new();
		start(life,
		      "/bin/sh -c 'id -u; id -g; grep -E \"Cap(Inh|Prm|Eff|Amb)\" "
		      "/proc/self/status'",
		      NULL, user);
		until_said(life, SIZE_MAX);
		ck_assert_str_eq(life->output, expected);
		finish(life);
		_exit(0);
	}
	int status = 1;
	waitpid(daemon, &status, 0);
	ck_assert_int_eq(status, 0);
}

START_TEST(no_right_of_a_daemon_that_is_not_root_is_inherited)
{
	static const char none[] = "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
				   "CapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n";
	char expected[256];
	const struct user nobody = {.id = NOBODY, .group = NOBODY};
	if (geteuid() != 0)
		return;
	snprintf(expected, sizeof expected, "1\n1\n%s", none);
	report_rights(NULL, expected);
	snprintf(expected, sizeof expected, "%d\n%d\n%s", NOBODY, NOBODY, none);
	report_rights(&nobody, expected);
}
END_TEST

START_TEST(a_child_does_not_run_before_everybody_else)
{
	const struct sched_param lowest = {.sched_priority = 1};
	if (sched_setscheduler(0, SCHED_RR, &lowest) != 0)
		return;
	struct life *life = life_new();
	start(life, "/bin/sh -c 'ulimit -l >/dev/null; cut -d\" \" -f41 /proc/self/stat'", NULL,
	      NULL);
	until_said(life, SIZE_MAX);
	ck_assert_str_eq(life->output, "0\n");
	finish(life);
}
END_TEST

static bool has_score(const char *expected)
{
	char score[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(read(fd, score, sizeof score - 1), 0);
	(void)close(fd);
	return strcmp(score, expected) == 0;
}

/* Of a daemon that is not root and may not be looked at, as one with secrets is. */
START_TEST(a_child_is_not_spared_where_memory_runs_out)
{
	platform_hold_life();
	if (geteuid() != 0 || !has_score("-900\n"))
		return;
	pid_t daemon = fork();
	if (daemon == 0) {
		become_daemon();
		platform_no_core_dumps();
		struct life *life = life_new();
		start(life, "/bin/cat /proc/self/oom_score_adj", NULL, NULL);
		until_said(life, SIZE_MAX);
		ck_assert_str_eq(life->output, "0\n");
		finish(life);
		_exit(0);
	}
	int status = 1;
	waitpid(daemon, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("child_adopt");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all, an_orphan_is_adopted_and_its_end_noticed);
	tcase_add_test(all, writing_goes_on_while_nobody_reads);
	tcase_add_test(all, what_a_child_left_that_died_while_nobody_watched_is_killed);
	tcase_add_test(all, what_a_dead_child_may_have_left_is_neither_killed_nor_taken_for_gone);
	tcase_add_test(all, a_process_that_has_the_pid_now_is_not_touched);
	tcase_add_test(all, no_right_of_a_daemon_that_is_not_root_is_inherited);
	tcase_add_test(all, a_child_does_not_run_before_everybody_else);
	tcase_add_test(all, a_child_is_not_spared_where_memory_runs_out);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
