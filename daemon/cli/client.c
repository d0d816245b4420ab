/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small loop of its own around one connection; each call runs it until there is something to
 * return.
 */
#include "daemon/cli/client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "daemon/file.h"

enum {
	/* A status of the largest cluster, with room. */
	LINE_BYTES_MAX = 4 * 1024 * 1024,
	LINE_BYTES_FIRST = 16 * 1024,
	/* The daemon gives up waiting by itself; its answer to that is waited for a little longer.
	 */
	MARGIN_MS = 2000,
};

struct client {
	char path[FILE_PATH_BYTES];
	uv_loop_t loop;
	uv_pipe_t pipe;
	uv_timer_t limit;
	bool connected, expired;
	int failed;  /* of libuv; 0: none */
	char *bytes; /* owned */
	size_t size, have;
};

static void on_limit(uv_timer_t *timer)
{
	struct client *client = timer->data;

	client->expired = true;
	uv_stop(&client->loop);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct client *client = connect->handle->data;

	client->connected = status == 0;
	client->failed = status;
	uv_stop(&client->loop);
}

static void lend(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct client *client = handle->data;

	(void)suggested;
	if (client->have == client->size && client->size < LINE_BYTES_MAX) {
		size_t size = client->size == 0 ? LINE_BYTES_FIRST : client->size * 2;
		char *bytes = realloc(client->bytes, size);

		if (bytes != NULL) {
			client->bytes = bytes;
			client->size = size;
		}
	}
	*buffer =
	    uv_buf_init(client->bytes + client->have, (unsigned)(client->size - client->have));
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct client *client = stream->data;

	(void)buffer;
	if (length < 0)
		client->failed = (int)length;
	else
		client->have += (size_t)length;
	uv_stop(&client->loop);
}

static void close_all(struct client *client)
{
	uv_close((uv_handle_t *)&client->pipe, NULL);
	uv_close((uv_handle_t *)&client->limit, NULL);
	(void)uv_run(&client->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&client->loop);
}

static enum code explain(const struct client *client, struct error *error)
{
	if (client->expired)
		return error_set(error, CODE_TIMEOUT, "no answer in time at %s", client->path);
	if (client->failed == UV_EACCES || client->failed == UV_EPERM)
		return error_set(error, CODE_DENIED,
		                 "%s: only root and the group of the configuration may ask",
		                 client->path);
	if (client->failed == UV_ENOENT || client->failed == UV_ECONNREFUSED)
		return error_set(error, CODE_NOT_FOUND,
		                 "the daemon is not running: no answer at %s", client->path);
	if (client->failed == UV_EOF || client->failed == UV_ECONNRESET ||
	    client->failed == UV_EPIPE)
		return error_set(error, CODE_NOT_FOUND,
		                 "the daemon closed the connection: it is ending, or too busy");
	if (client->failed == UV_ENOBUFS)
		return error_set(error, CODE_TOO_LARGE, "the answer is too long");
	return error_set(error, CODE_SYSTEM, "%s: %s", client->path, uv_strerror(client->failed));
}

enum code client_open(struct client **client, const char *run_dir, struct span limit,
                      struct error *error)
{
	struct client *made = calloc(1, sizeof *made);
	uv_connect_t connect;
	enum code code;

	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	code = file_path(made->path, run_dir, "control.sock", error);
	if (code != CODE_OK || uv_loop_init(&made->loop) != 0) {
		free(made);
		return code != CODE_OK ? code : error_set(error, CODE_SYSTEM, "no event loop");
	}
	(void)uv_pipe_init(&made->loop, &made->pipe, 0);
	(void)uv_timer_init(&made->loop, &made->limit);
	made->pipe.data = made;
	made->limit.data = made;
	uv_update_time(&made->loop);
	(void)uv_timer_start(&made->limit, on_limit, (uint64_t)(limit.ns / 1000000) + MARGIN_MS, 0);
	uv_pipe_connect(&connect, &made->pipe, made->path, on_connected);
	(void)uv_run(&made->loop, UV_RUN_DEFAULT);
	if (made->connected)
		made->failed = uv_read_start((uv_stream_t *)&made->pipe, lend, on_read);
	if (made->connected && made->failed == 0) {
		*client = made;
		return CODE_OK;
	}
	code = explain(made, error);
	client_close(made);
	return code;
}

void client_close(struct client *client)
{
	if (client == NULL)
		return;
	close_all(client);
	free(client->bytes);
	free(client);
}

enum code client_ask(struct client *client, const struct client_question *question,
                     struct error *error)
{
	cJSON *json = cJSON_CreateObject();
	char *text;
	uv_buf_t parts[2];
	void (*on_closed)(int);
	int written;

	(void)cJSON_AddStringToObject(json, "verb", question->verb);
	if (question->role != NULL)
		(void)cJSON_AddStringToObject(json, "role", question->role);
	if (question->node != NULL)
		(void)cJSON_AddStringToObject(json, "node", question->node);
	if (question->limit.ns > 0)
		(void)cJSON_AddNumberToObject(json, "timeout_ms",
		                              (double)(question->limit.ns / 1000000));
	text = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	if (text == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	parts[0] = uv_buf_init(text, (unsigned)strlen(text));
	parts[1] = uv_buf_init((char *)(uintptr_t) "\n", 1);
	/* A question fits any socket buffer. A daemon that has just closed the connection is a
	 * failure like others, and no reason to be killed; a reader of our output who left is. */
	on_closed = signal(SIGPIPE, SIG_IGN);
	written = uv_try_write((uv_stream_t *)&client->pipe, parts, 2);
	(void)signal(SIGPIPE, on_closed);
	cJSON_free(text);
	if (written >= 0)
		return CODE_OK;
	client->failed = written;
	return explain(client, error);
}

/* Takes the first whole line out of what has arrived; false: there is none. */
static bool take_line(struct client *client, cJSON **answer)
{
	char *end = client->have == 0 ? NULL : memchr(client->bytes, '\n', client->have);
	size_t length;

	if (end == NULL)
		return false;
	length = (size_t)(end - client->bytes);
	*answer = cJSON_ParseWithLength(client->bytes, length);
	client->have -= length + 1;
	memmove(client->bytes, end + 1, client->have);
	return true;
}

enum code client_next(struct client *client, cJSON **answer, struct error *error)
{
	cJSON *found = NULL;

	while (!take_line(client, &found)) {
		if (client->failed != 0 || client->expired)
			return explain(client, error);
		(void)uv_run(&client->loop, UV_RUN_DEFAULT);
	}
	if (found == NULL)
		return error_set(error, CODE_INVALID, "the answer at %s is not JSON", client->path);
	*answer = found;
	return CODE_OK;
}

enum exit_code client_failed(const char *verb, const struct error *error)
{
	(void)fprintf(stderr, "failoverd: %s: %s\n", verb, error->text);
	return error->code == CODE_NOT_FOUND || error->code == CODE_TIMEOUT ? EXIT_NOT_RUNNING
	                                                                    : EXIT_REFUSED;
}

enum exit_code client_print(const char *verb, const cJSON *answer)
{
	const bool done = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "ok"));
	const char *text =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, done ? "text" : "error"));

	if (text == NULL)
		text = "the daemon answered something else than expected";
	if (done)
		(void)printf("%s\n", text);
	else
		(void)fprintf(stderr, "failoverd: %s: %s\n", verb, text);
	return done ? EXIT_DONE : EXIT_REFUSED;
}

enum exit_code client_fetch(const struct options *options, const struct client_question *question,
                            cJSON **answer)
{
	struct client *client = NULL;
	struct error error;
	enum code code = client_open(&client, options->run_dir, options->timeout, &error);

	*answer = NULL;
	if (code == CODE_OK)
		code = client_ask(client, question, &error);
	if (code == CODE_OK)
		code = client_next(client, answer, &error);
	client_close(client);
	return code == CODE_OK ? EXIT_DONE : client_failed(question->verb, &error);
}

enum exit_code client_command(const struct options *options, const char *verb, const char *role,
                              const char *node)
{
	const struct client_question question = {
	    .verb = verb, .role = role, .node = node, .limit = options->timeout};
	cJSON *answer = NULL;
	enum exit_code result = client_fetch(options, &question, &answer);

	if (result == EXIT_DONE)
		result = client_print(verb, answer);
	cJSON_Delete(answer);
	return result;
}
