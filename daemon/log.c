/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue between the loop and whoever reads the log, and the thread that empties it. The loop
 * only copies a line into the queue; every write that may block happens in the thread.
 */
#include "daemon/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

enum {
	/* A decision with its evidence fits; an error text with its prefix, too. */
	LINE_BYTES = 640,
	/* The burst of one step in which every role explains itself, twice. */
	LINES = 128,
	/* printf and write need little; the default would be the stack limit of the process. */
	STACK_BYTES = 64 * 1024,
	CLOSE_SECONDS = 1,
	RETRY_MS = 10,
};

struct log {
	int fd; /* borrowed */
	bool journal;
	enum note_level threshold;
	uv_thread_t thread;

	uv_mutex_t mutex; /* of all below */
	uv_cond_t changed;
	bool closing;
	bool ended;
	unsigned first, count;
	uint64_t dropped;
	uint64_t told; /* of `dropped`, already written */
	char lines[LINES][LINE_BYTES];
};

/* Syslog priorities, which the journal takes from the start of a line, and words for everyone else.
 */
static const char *const journal_prefix[] = {
    [LEVEL_ERROR] = "<3>",
    [LEVEL_WARNING] = "<4>",
    [LEVEL_INFO] = "<6>",
    [LEVEL_DEBUG] = "<7>",
};
static const char *const level_word[] = {
    [LEVEL_ERROR] = "error  ",
    [LEVEL_WARNING] = "warning",
    [LEVEL_INFO] = "info   ",
    [LEVEL_DEBUG] = "debug  ",
};

/* True when `fd` is the stream the service manager gave us: systemd.exec(5), JOURNAL_STREAM. */
static bool is_journal(int fd)
{
	char value[64];
	size_t size = sizeof value;
	uint64_t device, inode;
	uv_fs_t request;
	bool same;

	if (uv_os_getenv("JOURNAL_STREAM", value, &size) != 0 ||
	    sscanf(value, "%" SCNu64 ":%" SCNu64, &device, &inode) != 2)
		return false;
	same = uv_fs_fstat(NULL, &request, fd, NULL) == 0 && request.statbuf.st_dev == device &&
	       request.statbuf.st_ino == inode;
	uv_fs_req_cleanup(&request);
	return same;
}

/* Writes the head of a line; returns its length. */
static size_t write_head(bool journal, enum note_level level, char *out, size_t size)
{
	struct timespec wall;
	const struct tm *utc;
	char date[32];
	int written;

	if (journal)
		return (size_t)snprintf(out, size, "%s", journal_prefix[level]);
	(void)clock_gettime(CLOCK_REALTIME, &wall);
	utc = gmtime(&wall.tv_sec);
	if (utc == NULL || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", utc) == 0)
		date[0] = '\0';
	written =
	    snprintf(out, size, "%s.%03ldZ %s ", date, wall.tv_nsec / 1000000, level_word[level]);
	return (size_t)written;
}

size_t log_head(int fd, enum note_level level, char *out, size_t size)
{
	return write_head(is_journal(fd), level, out, size);
}

/* Writes all of it, or as much as the reader takes before it goes away. May block. */
static void write_out(int fd, const char *text, size_t length)
{
	while (length > 0) {
		uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)text, (unsigned)length);
		uv_fs_t request;
		int written = uv_fs_write(NULL, &request, fd, &buffer, 1, -1, NULL);

		uv_fs_req_cleanup(&request);
		if (written == UV_EINTR)
			continue;
		if (written == UV_EAGAIN) { /* somebody else made the terminal non-blocking */
			uv_sleep(RETRY_MS);
			continue;
		}
		if (written <= 0)
			return;
		text += written;
		length -= (size_t)written;
	}
}

static void write_lines(void *context)
{
	struct log *log = context;
	char line[LINE_BYTES + 1];

	uv_mutex_lock(&log->mutex);
	while (log->count > 0 || log->told < log->dropped || !log->closing) {
		size_t length;

		if (log->count > 0) {
			length = strlen(log->lines[log->first]);
			memcpy(line, log->lines[log->first], length);
			log->first = (log->first + 1) % LINES;
			log->count--;
		} else if (log->told < log->dropped) {
			length = write_head(log->journal, LEVEL_WARNING, line, LINE_BYTES);
			length += (size_t)snprintf(line + length, LINE_BYTES - length,
			                           "log: %" PRIu64
			                           " lines lost: the reader of the log is too slow",
			                           log->dropped - log->told);
			log->told = log->dropped;
		} else {
			uv_cond_wait(&log->changed, &log->mutex);
			continue;
		}
		line[length++] = '\n';
		uv_mutex_unlock(&log->mutex);
		write_out(log->fd, line, length);
		uv_mutex_lock(&log->mutex);
	}
	log->ended = true;
	uv_cond_broadcast(&log->changed);
	uv_mutex_unlock(&log->mutex);
}

enum code log_open(struct log **log, int fd, enum note_level threshold, struct error *error)
{
	const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
	                                     .stack_size = STACK_BYTES};
	struct log *made = malloc(sizeof *made);
	int failed;

	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "log: out of memory");
	memset(made, 0, offsetof(struct log, lines));
	made->fd = fd;
	made->threshold = threshold;
	made->journal = is_journal(fd);
	(void)uv_mutex_init(&made->mutex);
	(void)uv_cond_init(&made->changed);
	failed = uv_thread_create_ex(&made->thread, &options, write_lines, made);
	if (failed != 0) {
		uv_cond_destroy(&made->changed);
		uv_mutex_destroy(&made->mutex);
		free(made);
		return error_set(error, CODE_SYSTEM, "log: start the writer: %s",
		                 uv_strerror(failed));
	}
	*log = made;
	return CODE_OK;
}

void log_close(struct log *log)
{
	const uint64_t until = uv_hrtime() + CLOSE_SECONDS * UINT64_C(1000000000);
	uint64_t now;
	bool ended;

	if (log == NULL)
		return;
	uv_mutex_lock(&log->mutex);
	log->closing = true;
	uv_cond_broadcast(&log->changed);
	while (!log->ended && (now = uv_hrtime()) < until)
		(void)uv_cond_timedwait(&log->changed, &log->mutex, until - now);
	ended = log->ended;
	uv_mutex_unlock(&log->mutex);
	/* A thread that still hangs in a write needs the queue: both then end with the process. */
	if (!ended)
		return;
	(void)uv_thread_join(&log->thread);
	uv_cond_destroy(&log->changed);
	uv_mutex_destroy(&log->mutex);
	free(log);
}

void log_write(struct log *log, enum note_level level, const char *format, ...)
{
	char line[LINE_BYTES];
	size_t head;
	int body;
	va_list arguments;

	if (level > log->threshold)
		return;
	head = write_head(log->journal, level, line, sizeof line);
	va_start(arguments, format);
	body = vsnprintf(line + head, sizeof line - head, format, arguments);
	va_end(arguments);
	if (body < 0)
		return;
	if (head + (size_t)body >= sizeof line)
		memcpy(line + sizeof line - 4, "...", 4);
	/* Foreign text (of a script, say) must not make two lines out of one. */
	for (char *c = line + head; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	uv_mutex_lock(&log->mutex);
	if (log->count == LINES) {
		log->dropped++;
	} else {
		memcpy(log->lines[(log->first + log->count) % LINES], line, strlen(line) + 1);
		log->count++;
	}
	uv_cond_signal(&log->changed);
	uv_mutex_unlock(&log->mutex);
}

uint64_t log_dropped(const struct log *log)
{
	/* Written by the loop thread only, which is the one that asks. */
	return log->dropped;
}
