/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole guard with a worker of the test's own: this very program, which behaves as its words
 * tell. So the guard meets what a daemon does not do on purpose.
 */
#include "daemon/guard/guard.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/daemon/process_fixture.h"
#include "tests/daemon/shared_memory_fixture.h"

enum { ROLE = 7, PATIENCE_MS = 10000, LATE_MS = 100, EXIT_LOST = 9 };

/* --- the worker */

static int64_t start_sleeper(uint64_t *started)
{
	pid_t made = fork();
	if (made == 0) {
		(void)setsid();
		(void)alarm(PATIENCE_MS / 1000); /* whatever becomes of the test */
		for (;;)
			(void)pause();
	}
	while (getsid(made) != made)
		;
	*started = process_fixture_started(made);
	return made;
}

static struct shared_memory *map(const char *directory)
{
	struct shared_memory *memory = NULL;
	struct error error;
	bool fresh;
	if (shared_memory_open(&memory, directory, &fresh, &error) != CODE_OK || fresh)
		_exit(EXIT_LOST);
	return memory;
}

static void add_sleeper(struct shared_memory *memory)
{
	struct ledger_entry entry = {.kind = LEDGER_CHILD, .role = ROLE, .resource = "db"};
	entry.child.pid = start_sleeper(&entry.child.started);
	(void)ledger_add(memory, &entry);
}

/* Waits until the guard sleeps for long, adds something under a short lease and does no more.
 * Stopping would wake its parent. */
static void hang_with_something_new(const char *directory, int channel)
{
	struct shared_memory *memory = map(directory);
	while (atomic_load(&memory->guard_looks_at) <
	       instant_plus(platform_now(), span_ms(5 * LATE_MS)).ns)
		(void)poll(NULL, 0, 1);
	struct instant end = instant_plus(platform_now(), span_ms(LATE_MS));
	if (shared_memory_set_lease(memory, ROLE, end, span_ms(0)))
		guard_channel_wake(channel);
	add_sleeper(memory);
	(void)alarm(PATIENCE_MS / 1000);
	for (;;)
		(void)pause();
}

/* All it says waits to be read when its end is noticed: the guard stands still meanwhile. */
static void ask_to_be_replaced(int channel)
{
	(void)kill(getppid(), SIGSTOP);
	for (int i = 0; i < 3; i++)
		guard_channel_wake(channel);
	guard_channel_ready(channel);
	guard_channel_replace(channel);
}

static void leave_something_up(const char *directory, int channel)
{
	struct shared_memory *memory = map(directory);
	(void)shared_memory_set_lease(memory, ROLE, INSTANT_NEVER, span_ms(0));
	if (!ledger_is_used(memory))
		add_sleeper(memory);
	guard_channel_ready(channel);
	(void)raise(SIGKILL);
}

static void close_and_wait(int channel)
{
	guard_channel_ready(channel);
	(void)close(channel);
	(void)alarm(PATIENCE_MS / 1000);
	for (;;)
		(void)pause();
}

static int work(const char *how, const char *directory, int channel)
{
	if (strcmp(how, "hang") == 0)
		hang_with_something_new(directory, channel);
	else if (strcmp(how, "replace") == 0)
		ask_to_be_replaced(channel);
	else if (strcmp(how, "die") == 0)
		leave_something_up(directory, channel);
	else if (strcmp(how, "close") == 0)
		close_and_wait(channel);
	return 3;
}

/* --- the guard */

struct post {
	struct bench bench;
	pid_t guard;
};

static void stand_guard(const char *directory, const char *how)
{
	char *argv[] = {"test_guard", (char *)(uintptr_t)how, (char *)(uintptr_t)directory, NULL};
	const struct guard_settings settings = {
	    .run_dir = directory, .state_dir = directory, .argv = argv};
	struct error error;
	int status = 0;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(guard_run(&settings, &status, &error) == CODE_OK ? status : EXIT_LOST);
}

static struct post post_guard(const char *how)
{
	struct post post = {.bench = bench_open()};
	post.guard = fork();
	if (post.guard == 0)
		stand_guard(post.bench.directory, how);
	return post;
}

static int wait_for_end(const struct post *post)
{
	int status = 0;
	ck_assert_int_eq(waitpid(post->guard, &status, 0), post->guard);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void relieve(struct post *post)
{
	int64_t worker = atomic_load(&post->bench.memory->worker_pid);
	(void)kill(post->guard, SIGKILL);
	(void)waitpid(post->guard, NULL, 0);
	if (worker > 0)
		(void)kill((pid_t)worker, SIGKILL);
	bench_close(&post->bench);
}

static void until_state(const struct post *post, enum ledger_state state)
{
	for (int i = 0; i < PATIENCE_MS; i++) {
		if (atomic_load(&post->bench.memory->entries[0].state) == (uint32_t)state)
			return;
		(void)poll(NULL, 0, 1);
	}
	ck_abort_msg("waited in vain for state %d", state);
}

START_TEST(what_came_up_while_the_guard_slept_ends_with_its_lease)
{
	struct post post = post_guard("hang");
	until_state(&post, LEDGER_RELEASED);
	struct instant end = shared_memory_end(post.bench.memory, ROLE, LEDGER_CHILD);
	int64_t late = instant_since(platform_now(), end).ns / 1000000;
	ck_assert(!process_fixture_lives(post.bench.memory->entries[0].child.pid));
	ck_assert_msg(late < LATE_MS, "%lld ms late", (long long)late);
	ck_assert_uint_eq(shared_memory_enforced(post.bench.memory, ROLE), 1);
	relieve(&post);
}
END_TEST

START_TEST(the_last_word_of_a_worker_is_heard_before_its_end)
{
	struct post post = post_guard("replace");
	int status = 0;
	ck_assert_int_eq(waitpid(post.guard, &status, WUNTRACED), post.guard);
	ck_assert(WIFSTOPPED(status));
	while (process_fixture_lives(atomic_load(&post.bench.memory->worker_pid)))
		(void)poll(NULL, 0, 1);
	(void)kill(post.guard, SIGCONT);
	/* The program that takes over is this one again, as a worker without a guard. */
	ck_assert_int_eq(wait_for_end(&post), EXIT_LOST - 1);
	relieve(&post);
}
END_TEST

START_TEST(a_worker_that_never_worked_ends_the_guard_with_its_status)
{
	struct post post = post_guard("refuse");
	ck_assert_int_eq(wait_for_end(&post), 3);
	relieve(&post);
}
END_TEST

START_TEST(what_workers_that_die_too_often_left_up_is_released)
{
	struct post post = post_guard("die");
	until_state(&post, LEDGER_RELEASED);
	ck_assert_uint_eq(atomic_load(&post.bench.memory->worker_starts), 5);
	ck_assert(!process_fixture_lives(post.bench.memory->entries[0].child.pid));
	(void)kill(post.guard, SIGTERM);
	ck_assert_int_eq(wait_for_end(&post), 0);
	ck_assert(!ledger_is_used(post.bench.memory));
	relieve(&post);
}
END_TEST

START_TEST(a_channel_that_ends_before_the_worker_costs_nothing)
{
	struct post post = post_guard("close");
	while (atomic_load(&post.bench.memory->worker_starts) == 0)
		(void)poll(NULL, 0, 1);
	(void)poll(NULL, 0, 500);
	uint64_t before = process_fixture_used_ms(post.guard);
	(void)poll(NULL, 0, 1000);
	ck_assert_uint_le(process_fixture_used_ms(post.guard) - before, 50);
	ck_assert_uint_eq(atomic_load(&post.bench.memory->worker_starts), 1);
	relieve(&post);
}
END_TEST

START_TEST(a_worker_whose_guard_dies_before_it_may_begin_never_does)
{
	char *argv[] = {"test_guard", "close", "", NULL};
	struct guard_host *host = NULL;
	struct worker_id worker = {0};
	struct error error;
	char lacking[400];
	int status = 0;
	ck_assert_int_eq(guard_host_open(&host, lacking, sizeof lacking, &error), CODE_OK);
	ck_assert_int_eq(guard_host_spawn(host, argv, &worker, &error), CODE_OK);
	ck_assert(guard_host_worker_lives(&worker));
	guard_host_close(host);
	ck_assert_int_eq(waitpid((pid_t)worker.pid, &status, 0), (pid_t)worker.pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 127);
	ck_assert(!guard_host_worker_lives(&worker));
}
END_TEST

/* --- a program that refuses to run */

static void add_something_up(struct shared_memory *memory)
{
	(void)shared_memory_set_lease(memory, ROLE, INSTANT_NEVER, span_ms(0));
	add_sleeper(memory);
}

START_TEST(a_program_that_refuses_releases_what_nobody_watches)
{
	struct bench bench = bench_open();
	char lock[sizeof bench.path];
	add_something_up(bench.memory);
	guard_release(bench.directory);
	ck_assert(!ledger_is_used(bench.memory));
	ck_assert(!process_fixture_lives(bench.memory->entries[0].child.pid));
	snprintf(lock, sizeof lock, "%s/lock", bench.directory);
	unlink(lock);
	bench_close(&bench);
}
END_TEST

START_TEST(a_program_that_refuses_leaves_alone_what_a_worker_has)
{
	struct bench bench = bench_open();
	char lock[sizeof bench.path];
	add_something_up(bench.memory);
	atomic_store(&bench.memory->worker_started, process_fixture_started(getpid()));
	atomic_store(&bench.memory->worker_pid, getpid());
	guard_release(bench.directory);
	ck_assert(ledger_is_used(bench.memory));
	ck_assert(process_fixture_lives(bench.memory->entries[0].child.pid));
	(void)kill((pid_t)bench.memory->entries[0].child.pid, SIGKILL);
	snprintf(lock, sizeof lock, "%s/lock", bench.directory);
	unlink(lock);
	bench_close(&bench);
}
END_TEST

START_TEST(a_program_that_refuses_makes_nothing_where_nothing_was)
{
	struct bench bench = bench_make();
	guard_release(bench.directory);
	ck_assert_int_eq(rmdir(bench.directory), 0);
	guard_release(bench.directory);
}
END_TEST

int main(int argc, char *argv[])
{
	int channel;
	bool is_managed;
	if (guard_channel_open(&channel, &is_managed))
		return work(argv[1], argv[2], channel);
	if (argc == 3)
		return EXIT_LOST - 1;
	Suite *suite = suite_create("guard");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 30);
	tcase_add_test(all, what_came_up_while_the_guard_slept_ends_with_its_lease);
	tcase_add_test(all, the_last_word_of_a_worker_is_heard_before_its_end);
	tcase_add_test(all, a_worker_that_never_worked_ends_the_guard_with_its_status);
	tcase_add_test(all, what_workers_that_die_too_often_left_up_is_released);
	tcase_add_test(all, a_channel_that_ends_before_the_worker_costs_nothing);
	tcase_add_test(all, a_worker_whose_guard_dies_before_it_may_begin_never_does);
	tcase_add_test(all, a_program_that_refuses_releases_what_nobody_watches);
	tcase_add_test(all, a_program_that_refuses_leaves_alone_what_a_worker_has);
	tcase_add_test(all, a_program_that_refuses_makes_nothing_where_nothing_was);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
