/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The listening socket, its clients, and lines in and out of them. A client is freed in the close
 * callback of its pipe and nowhere else.
 */
#include "daemon/control/control.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/platform/platform.h"
#include "daemon/platform/self.h"

enum {
	SOCKET_PATH_BYTES = 107, /* what every Unix has room for, without the zero */
	BACKLOG = 128,           /* a full one would refuse those that come in a burst */
	TICK_MS = 1000,
};

struct control_client {
	struct control *control; /* the owner */
	uv_pipe_t pipe;
	uv_shutdown_t shutdown;
	bool ending; /* no more lines are read; closes when what waits is sent */
	bool admin;
	unsigned kept;
	uint64_t heard; /* loop time */
	size_t have;    /* bytes of `line` */
	char line[CONTROL_LINE_BYTES];
};

struct control {
	uv_loop_t *loop;            /* borrowed */
	struct control_hooks hooks; /* context borrowed */
	int64_t group;
	uint32_t own_user;
	uv_pipe_t listener;
	uv_timer_t tick;
	unsigned handles; /* open ones: listener, tick, clients */
	unsigned client_count;
	struct control_client *clients[CONTROL_CLIENTS_MAX];
	void (*closed)(void *context); /* not NULL: closing */
	void *closed_context;          /* borrowed */
};

static void handle_closed(struct control *control)
{
	if (--control->handles > 0 || control->closed == NULL)
		return;
	control->closed(control->closed_context);
	free(control);
}

static void own_handle_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

static void client_closed(uv_handle_t *handle)
{
	struct control_client *client = handle->data;
	struct control *control = client->control;

	free(client);
	handle_closed(control);
}

/* Forgets the client at once; its memory goes with the close callback. */
static void drop(struct control_client *client)
{
	struct control *control = client->control;

	if (uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	control->hooks.gone(control->hooks.context, client);
	for (unsigned i = 0; i < control->client_count; i++) {
		if (control->clients[i] == client) {
			control->clients[i] = control->clients[--control->client_count];
			break;
		}
	}
	if (control->client_count == 0)
		(void)uv_timer_stop(&control->tick);
	uv_close((uv_handle_t *)&client->pipe, client_closed);
}

static void shut_down(uv_shutdown_t *shutdown, int status)
{
	(void)status;
	drop(shutdown->data);
}

/* Reads no more, and closes when what waits is sent. The idle limit ends it if nobody reads. */
static void end(struct control_client *client)
{
	if (client->ending || uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	client->ending = true;
	client->kept = 0;
	(void)uv_read_stop((uv_stream_t *)&client->pipe);
	client->shutdown.data = client;
	if (uv_shutdown(&client->shutdown, (uv_stream_t *)&client->pipe, shut_down) != 0)
		drop(client);
}

/* --- out */

struct reply {
	uv_write_t write;
	char text[];
};

static void reply_sent(uv_write_t *write, int status)
{
	struct control_client *client = write->handle->data;

	free(write->data);
	if (status != 0)
		drop(client);
}

void control_reply(struct control_client *client, const char *text)
{
	const size_t length = strlen(text);
	struct reply *reply;
	uv_buf_t buffer;

	if (client->ending || uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	if (client->pipe.write_queue_size + length > CONTROL_WAITING_BYTES) {
		drop(client);
		return;
	}
	reply = malloc(sizeof *reply + length + 1);
	if (reply == NULL) {
		drop(client);
		return;
	}
	memcpy(reply->text, text, length);
	reply->text[length] = '\n';
	reply->write.data = reply;
	buffer = uv_buf_init(reply->text, (unsigned)length + 1);
	if (uv_write(&reply->write, (uv_stream_t *)&client->pipe, &buffer, 1, reply_sent) != 0) {
		free(reply);
		drop(client);
	}
}

void control_refuse(struct control_client *client, const char *sentence)
{
	cJSON *reply = cJSON_CreateObject();
	char *text;

	(void)cJSON_AddBoolToObject(reply, "ok", false);
	(void)cJSON_AddStringToObject(reply, "error", sentence);
	text = cJSON_PrintUnformatted(reply);
	cJSON_Delete(reply);
	if (text != NULL)
		control_reply(client, text);
	cJSON_free(text);
	end(client);
}

void control_keep(struct control_client *client, bool keep)
{
	if (keep)
		client->kept++;
	else if (client->kept > 0)
		client->kept--;
	client->heard = uv_now(client->control->loop);
}

bool control_is_admin(const struct control_client *client)
{
	return client->admin;
}

/* --- in */

static void lend_line(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct control_client *client = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(client->line + client->have,
	                      (unsigned)(sizeof client->line - client->have));
}

/* Hands over every whole line that is there. */
static void take_lines(struct control_client *client)
{
	struct control *control = client->control;
	size_t from = 0;

	while (!client->ending && !uv_is_closing((uv_handle_t *)&client->pipe)) {
		char *line = client->line + from;
		char *stop = memchr(line, '\n', client->have - from);

		if (stop == NULL)
			break;
		*stop = '\0';
		from = (size_t)(stop + 1 - client->line);
		control->hooks.line(control->hooks.context, client, line, (size_t)(stop - line));
	}
	memmove(client->line, client->line + from, client->have - from);
	client->have -= from;
	if (client->have == sizeof client->line)
		control_refuse(client, "a line is longer than 65536 bytes");
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
	struct control_client *client = stream->data;

	(void)buffer;
	if (length == UV_EOF) {
		end(client);
	} else if (length < 0) {
		drop(client);
	} else if (length > 0) {
		client->heard = uv_now(client->control->loop);
		client->have += (size_t)length;
		take_lines(client);
	}
}

/* --- clients */

static bool is_trusted(const struct control *control, uv_pipe_t *pipe)
{
	struct peer_credentials peer;
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)pipe, &fd) != 0 || platform_peer(fd, &peer, NULL) != CODE_OK)
		return false;
	if (peer.user == 0 || peer.user == control->own_user)
		return true;
	if (control->group == CONTROL_NO_GROUP)
		return false;
	for (uint32_t i = 0; i < peer.group_count; i++) {
		if (peer.groups[i] == control->group)
			return true;
	}
	return peer.group == control->group;
}

static void drop_idle(uv_timer_t *tick)
{
	struct control *control = tick->data;
	const uint64_t now = uv_now(control->loop);

	for (unsigned i = control->client_count; i > 0; i--) {
		struct control_client *client = control->clients[i - 1];

		if (client->kept == 0 && now - client->heard > CONTROL_IDLE_MS)
			drop(client);
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	static const char full[] = "{\"ok\":false,\"error\":\"too many clients at once\"}\n";
	struct control *control = listener->data;
	struct control_client *client;

	/* The lines need no clearing. Without memory the connection waits in the backlog. */
	if (status != 0 || (client = malloc(sizeof *client)) == NULL)
		return;
	memset(client, 0, offsetof(struct control_client, line));
	client->control = control;
	client->heard = uv_now(control->loop);
	(void)uv_pipe_init(control->loop, &client->pipe, 0);
	client->pipe.data = client;
	control->handles++;
	if (uv_accept(listener, (uv_stream_t *)&client->pipe) != 0) {
		uv_close((uv_handle_t *)&client->pipe, client_closed);
		return;
	}
	if (control->client_count == CONTROL_CLIENTS_MAX) {
		uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)full, sizeof full - 1);

		(void)uv_try_write((uv_stream_t *)&client->pipe, &buffer, 1);
		uv_close((uv_handle_t *)&client->pipe, client_closed);
		return;
	}
	control->clients[control->client_count++] = client;
	client->admin = is_trusted(control, &client->pipe);
	(void)uv_timer_start(&control->tick, drop_idle, TICK_MS, TICK_MS);
	if (uv_read_start((uv_stream_t *)&client->pipe, lend_line, on_read) != 0)
		drop(client);
}

/* --- opening and closing */

/* Before anybody can connect: bound, but not yet listening. */
static int set_access(const char *path, int64_t group)
{
	uv_fs_t request;
	int failed = 0;

	if (group != CONTROL_NO_GROUP) {
		failed = uv_fs_chown(NULL, &request, path, (uv_uid_t)-1, (uv_gid_t)group, NULL);
		uv_fs_req_cleanup(&request);
	}
	if (failed == 0) {
		failed = uv_fs_chmod(NULL, &request, path, 0660, NULL);
		uv_fs_req_cleanup(&request);
	}
	return failed;
}

static int listen_at(struct control *control, const char *path)
{
	uv_fs_t request;
	int failed;

	(void)uv_fs_unlink(NULL, &request, path, NULL);
	uv_fs_req_cleanup(&request);
	failed = uv_pipe_bind(&control->listener, path);
	if (failed == 0)
		failed = set_access(path, control->group);
	if (failed == 0)
		failed = uv_listen((uv_stream_t *)&control->listener, BACKLOG, on_connection);
	return failed;
}

static void do_nothing(void *context)
{
	(void)context;
}

enum code control_open(struct control **control, uv_loop_t *loop, const char *path, int64_t group,
                       const struct control_hooks *hooks, struct error *error)
{
	struct control *made;
	int failed;

	if (strlen(path) > SOCKET_PATH_BYTES)
		return error_set(error, CODE_TOO_LARGE,
		                 "%s: too long for a socket; at most %d characters are possible: "
		                 "choose a shorter --run-dir",
		                 path, SOCKET_PATH_BYTES);
	made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "control socket: out of memory");
	made->loop = loop;
	made->hooks = *hooks;
	made->group = group;
	made->own_user = platform_own_user();
	(void)uv_pipe_init(loop, &made->listener, 0);
	(void)uv_timer_init(loop, &made->tick);
	made->listener.data = made;
	made->tick.data = made;
	made->handles = 2;
	failed = listen_at(made, path);
	if (failed != 0) {
		control_close(made, do_nothing, NULL);
		return error_set(error, failed == UV_EPERM ? CODE_DENIED : CODE_SYSTEM,
		                 "%s: listen: %s%s", path, uv_strerror(failed),
		                 failed == UV_EPERM && group != CONTROL_NO_GROUP
		                     ? ": the user of the daemon must be in the `group` of the "
		                       "configuration (SupplementaryGroups= of the unit)"
		                     : "");
	}
	*control = made;
	return CODE_OK;
}

void control_close(struct control *control, void (*closed)(void *context), void *context)
{
	control->closed = closed;
	control->closed_context = context;
	while (control->client_count > 0)
		drop(control->clients[0]);
	uv_close((uv_handle_t *)&control->listener, own_handle_closed);
	uv_close((uv_handle_t *)&control->tick, own_handle_closed);
}
