/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon/control/control.c over a real socket in a directory of its own: lines in, lines out, and
 * what happens to clients that send too much, read too little or are too many.
 */
#include "daemon/control/control.h"

#include <check.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* The server answers each line with "echo LINE", and special lines in special ways. */
struct bench {
	char directory[32];
	char path[64];
	uv_loop_t loop;
	struct control *control;
	unsigned lines, gone;
	struct control_client *last;
};

static void on_line(void *context, struct control_client *client, const char *line, size_t length)
{
	struct bench *bench = context;
	char text[CONTROL_LINE_BYTES + 8];

	ck_assert_uint_eq(strlen(line), length);
	bench->lines++;
	bench->last = client;
	if (strcmp(line, "refuse") == 0) {
		control_refuse(client, "said \"no\"");
	} else if (strcmp(line, "much") == 0) {
		memset(text, 'x', sizeof text);
		text[sizeof text - 1] = '\0';
		for (unsigned i = 0; i < 20; i++)
			control_reply(client, text);
	} else {
		(void)snprintf(text, sizeof text, "echo %s", line);
		control_reply(client, text);
	}
}

static void on_gone(void *context, struct control_client *client)
{
	struct bench *bench = context;

	if (bench->last == client)
		bench->last = NULL;
	bench->gone++;
}

static void open_bench(struct bench *bench)
{
	const struct control_hooks hooks = {bench, on_line, on_gone};

	memset(bench, 0, sizeof *bench);
	(void)snprintf(bench->directory, sizeof bench->directory, "/tmp/test-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(bench->directory));
	(void)snprintf(bench->path, sizeof bench->path, "%s/control.sock", bench->directory);
	ck_assert_int_eq(uv_loop_init(&bench->loop), 0);
	ck_assert_int_eq(control_open(&bench->control, &bench->loop, bench->path, CONTROL_NO_GROUP,
	                              &hooks, NULL),
	                 CODE_OK);
}

static void do_nothing(void *context)
{
	(void)context;
}

static void close_bench(struct bench *bench)
{
	control_close(bench->control, do_nothing, NULL);
	ck_assert_int_eq(uv_run(&bench->loop, UV_RUN_DEFAULT), 0);
	ck_assert_int_eq(uv_loop_close(&bench->loop), 0);
	/* The socket's name goes with it. */
	ck_assert_int_eq(rmdir(bench->directory), 0);
}

static int connect_to(struct bench *bench)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", bench->path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Turns the loop until the client has read `text` or the end ("" for that). */
static void expect(struct bench *bench, int fd, const char *text)
{
	char got[512] = "";
	size_t have = 0;
	ssize_t more = -1;

	while (have < strlen(text) || text[0] == '\0') {
		(void)uv_run(&bench->loop, UV_RUN_NOWAIT);
		more = recv(fd, got + have, sizeof got - 1 - have, 0);
		if (more == 0)
			break;
		have += more > 0 ? (size_t)more : 0;
	}
	got[have] = '\0';
	ck_assert_str_eq(got, text);
}

START_TEST(a_line_is_answered_with_a_line)
{
	struct bench bench;
	int fd;

	open_bench(&bench);
	fd = connect_to(&bench);
	say(fd, "one\n");
	expect(&bench, fd, "echo one\n");
	say(fd, "two\nthree\n");
	expect(&bench, fd, "echo two\necho three\n");
	(void)close(fd);
	close_bench(&bench);
}
END_TEST

START_TEST(a_line_may_come_in_pieces)
{
	struct bench bench;
	int fd;

	open_bench(&bench);
	fd = connect_to(&bench);
	for (const char *c = "piece"; *c != '\0'; c++) {
		ck_assert_int_eq(send(fd, c, 1, 0), 1);
		(void)uv_run(&bench.loop, UV_RUN_NOWAIT);
	}
	ck_assert_uint_eq(bench.lines, 0);
	say(fd, "\ntwo\nthr");
	expect(&bench, fd, "echo piece\necho two\n");
	say(fd, "ee\n");
	expect(&bench, fd, "echo three\n");
	(void)close(fd);
	close_bench(&bench);
}
END_TEST

START_TEST(the_socket_is_for_its_owner_and_its_group)
{
	struct bench bench;
	struct stat stat_;

	open_bench(&bench);
	ck_assert_int_eq(stat(bench.path, &stat_), 0);
	ck_assert_uint_eq(stat_.st_mode & 0777U, 0660);
	close_bench(&bench);
}
END_TEST

START_TEST(whoever_started_the_daemon_is_an_admin)
{
	struct bench bench;
	int fd;

	open_bench(&bench);
	fd = connect_to(&bench);
	say(fd, "who\n");
	expect(&bench, fd, "echo who\n");
	ck_assert(control_is_admin(bench.last));
	(void)close(fd);
	close_bench(&bench);
}
END_TEST

/* Connects as nobody, says one line, and reads the answer. */
static void be_nobody(struct bench *bench)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char got[64];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", bench->path);
	if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
	    send(fd, "me\n", 3, 0) != 3 || recv(fd, got, sizeof got, 0) <= 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

START_TEST(another_user_is_no_admin)
{
	struct bench bench;
	pid_t child;
	int status;

	if (geteuid() != 0)
		return; /* nobody else can be played */
	open_bench(&bench);
	ck_assert_int_eq(chmod(bench.directory, 0755), 0);
	ck_assert_int_eq(chmod(bench.path, 0666), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		be_nobody(&bench);
	while (bench.lines == 0)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	ck_assert(!control_is_admin(bench.last));
	while (bench.gone == 0)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	close_bench(&bench);
}
END_TEST

START_TEST(a_refusal_is_quoted_json_and_the_end)
{
	struct bench bench;
	int fd;

	open_bench(&bench);
	fd = connect_to(&bench);
	say(fd, "refuse\nnever looked at\n");
	expect(&bench, fd, "{\"ok\":false,\"error\":\"said \\\"no\\\"\"}\n");
	expect(&bench, fd, "");
	ck_assert_uint_eq(bench.lines, 1);
	ck_assert_uint_eq(bench.gone, 1);
	(void)close(fd);
	close_bench(&bench);
}
END_TEST

START_TEST(a_line_without_end_is_refused_at_the_limit)
{
	struct bench bench;
	char junk[4096];
	size_t sent = 0;
	int fd;

	open_bench(&bench);
	fd = connect_to(&bench);
	memset(junk, 'j', sizeof junk);
	while (sent < CONTROL_LINE_BYTES) {
		ssize_t more = send(fd, junk, sizeof junk, MSG_NOSIGNAL);

		sent += more > 0 ? (size_t)more : 0;
		(void)uv_run(&bench.loop, UV_RUN_NOWAIT);
	}
	expect(&bench, fd, "{\"ok\":false,\"error\":\"a line is longer than 65536 bytes\"}\n");
	ck_assert_uint_eq(bench.lines, 0);
	(void)close(fd);
	close_bench(&bench);
}
END_TEST

START_TEST(a_client_that_does_not_read_is_dropped)
{
	struct bench bench;
	int fd;

	open_bench(&bench);
	fd = connect_to(&bench);
	say(fd, "much\nmuch\n");
	/* At once, not when it has been idle for long. */
	for (unsigned turn = 0; turn < 10; turn++)
		(void)uv_run(&bench.loop, UV_RUN_NOWAIT);
	ck_assert_uint_eq(bench.gone, 1);
	(void)close(fd);
	close_bench(&bench);
}
END_TEST

START_TEST(one_client_too_many_is_told_so_and_the_others_stay)
{
	struct bench bench;
	int fds[CONTROL_CLIENTS_MAX], extra;

	open_bench(&bench);
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = connect_to(&bench);
		say(fds[i], "hi\n");
		expect(&bench, fds[i], "echo hi\n");
	}
	extra = connect_to(&bench);
	expect(&bench, extra, "{\"ok\":false,\"error\":\"too many clients at once\"}\n");
	expect(&bench, extra, "");
	(void)close(extra);
	for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		say(fds[i], "still\n");
		expect(&bench, fds[i], "echo still\n");
		(void)close(fds[i]);
	}
	while (bench.gone < CONTROL_CLIENTS_MAX)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	fds[0] = connect_to(&bench);
	say(fds[0], "again\n");
	expect(&bench, fds[0], "echo again\n");
	(void)close(fds[0]);
	close_bench(&bench);
}
END_TEST

START_TEST(a_client_that_says_nothing_is_dropped_unless_it_is_kept)
{
	struct bench bench;
	int idle, kept;

	open_bench(&bench);
	kept = connect_to(&bench);
	say(kept, "keep\n");
	expect(&bench, kept, "echo keep\n");
	control_keep(bench.last, true);
	idle = connect_to(&bench);
	say(idle, "id");
	while (bench.gone == 0)
		(void)uv_run(&bench.loop, UV_RUN_ONCE);
	expect(&bench, idle, "");
	say(kept, "here\n");
	expect(&bench, kept, "echo here\n");
	(void)close(idle);
	(void)close(kept);
	close_bench(&bench);
}
END_TEST

START_TEST(a_client_that_has_asked_and_shut_its_side_still_gets_the_answer)
{
	struct bench bench;
	int fd;

	open_bench(&bench);
	fd = connect_to(&bench);
	say(fd, "last words\n");
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	expect(&bench, fd, "echo last words\n");
	expect(&bench, fd, "");
	(void)close(fd);
	close_bench(&bench);
}
END_TEST

START_TEST(a_path_that_no_socket_can_have_is_refused)
{
	struct control *control = NULL;
	struct control_hooks hooks = {NULL, on_line, on_gone};
	char path[200];
	uv_loop_t loop;
	struct error error;

	memset(path, 'p', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	ck_assert_int_eq(uv_loop_init(&loop), 0);
	ck_assert_int_eq(control_open(&control, &loop, path, CONTROL_NO_GROUP, &hooks, &error),
	                 CODE_TOO_LARGE);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control");
	TCase *tests = tcase_create("control");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, CONTROL_IDLE_MS / 1000 + 20);
	tcase_add_test(tests, a_line_is_answered_with_a_line);
	tcase_add_test(tests, a_line_may_come_in_pieces);
	tcase_add_test(tests, the_socket_is_for_its_owner_and_its_group);
	tcase_add_test(tests, whoever_started_the_daemon_is_an_admin);
	tcase_add_test(tests, another_user_is_no_admin);
	tcase_add_test(tests, a_refusal_is_quoted_json_and_the_end);
	tcase_add_test(tests, a_line_without_end_is_refused_at_the_limit);
	tcase_add_test(tests, a_client_that_does_not_read_is_dropped);
	tcase_add_test(tests, one_client_too_many_is_told_so_and_the_others_stay);
	tcase_add_test(tests, a_client_that_says_nothing_is_dropped_unless_it_is_kept);
	tcase_add_test(tests, a_client_that_has_asked_and_shut_its_side_still_gets_the_answer);
	tcase_add_test(tests, a_path_that_no_socket_can_have_is_refused);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
