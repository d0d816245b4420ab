/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of what runs, as lines of "key value". The kind of each value stands in one table that
 * writes and reads it. Bytes that would break a line or a word are written as %xx.
 */
#include "daemon/resource/run_records.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "daemon/file.h"

enum { RECORD_BYTES = 8192 };
static const char PREFIX[] = "left.";
static const char BESIDE[] = "new-left"; /* a record that is being written */
static const char FIRST_LINE[] = "failoverd-leftover 1";
static const char LAST_LINE[] = "end";
enum form { FORM_TEXT, FORM_BYTES, FORM_U8, FORM_U16, FORM_U32, FORM_U64 };

static const struct field {
	const char *key;
	enum form form;
	size_t offset, size;
} fields[] = {
    /* clang-format off */
    {"kind",      FORM_U64,   offsetof(struct leftover, kind), 8},
    {"resource",  FORM_TEXT,  offsetof(struct leftover, resource), NAME_BYTES},
    {"role",      FORM_TEXT,  offsetof(struct leftover, role), NAME_BYTES},
    {"epoch",     FORM_U64,   offsetof(struct leftover, epoch), 8},
    {"boot",      FORM_BYTES, offsetof(struct leftover, boot.bytes), sizeof(struct boot)},
    {"pid",       FORM_U64,   offsetof(struct leftover, child.pid), 8},
    {"started",   FORM_U64,   offsetof(struct leftover, child.started), 8},
    {"group",     FORM_TEXT,  offsetof(struct leftover, child.group), CHILD_GROUP_BYTES},
    {"family",    FORM_U8,    offsetof(struct leftover, address.address.family), 1},
    {"address",   FORM_BYTES, offsetof(struct leftover, address.address.bytes), 16},
    {"prefix",    FORM_U8,    offsetof(struct leftover, address.prefix), 1},
    {"interface", FORM_TEXT,  offsetof(struct leftover, address.interface), CONFIG_INTERFACE_BYTES},
    {"words",     FORM_U8,    offsetof(struct leftover, stop.word_count), 1},
    {"length",    FORM_U16,   offsetof(struct leftover, stop.length), 2},
    {"stop",      FORM_BYTES, offsetof(struct leftover, stop.words), CONFIG_COMMAND_BYTES},
    {"timeout",   FORM_U64,   offsetof(struct leftover, stop_timeout.ns), 8},
    {"user",      FORM_TEXT,  offsetof(struct leftover, user), NAME_BYTES},
    {"directory", FORM_TEXT,  offsetof(struct leftover, directory), CONFIG_PATH_BYTES},
    {"digest",    FORM_U64,   offsetof(struct leftover, digest), 8},
    {"up",        FORM_U64,   offsetof(struct leftover, is_up), 8},
    {"index",     FORM_U32,   offsetof(struct leftover, address.index), 4},
    {"variables", FORM_U8,    offsetof(struct leftover, environment.word_count), 1},
    {"bytes",     FORM_U16,   offsetof(struct leftover, environment.length), 2},
    {"variable",  FORM_BYTES, offsetof(struct leftover, environment.words), CONFIG_COMMAND_BYTES},
    /* clang-format on */
};

enum {
	FIELDS = sizeof fields / sizeof fields[0],
	FIELDS_FIRST = 18, /* of the first version of this format */
};

struct text {
	char bytes[RECORD_BYTES];
	size_t length;
};

static void put(struct text *text, const char *bytes, size_t length)
{
	if (text->length + length < sizeof text->bytes)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length; /* beyond the end: seen by the caller */
}

static void put_escaped(struct text *text, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char escaped[4];
		bool is_plain = bytes[i] > ' ' && bytes[i] < 0x7f && bytes[i] != '%';
		snprintf(escaped, sizeof escaped, is_plain ? "%c" : "%%%02x", bytes[i]);
		put(text, escaped, strlen(escaped));
	}
}

static uint64_t get_number(const struct field *field, const void *place)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64 = 0;
	switch (field->form) {
	case FORM_U8:
		memcpy(&u8, place, sizeof u8);
		return u8;
	case FORM_U16:
		memcpy(&u16, place, sizeof u16);
		return u16;
	case FORM_U32:
		memcpy(&u32, place, sizeof u32);
		return u32;
	case FORM_U64:
		memcpy(&u64, place, sizeof u64);
		return u64;
	case FORM_TEXT:
	case FORM_BYTES:
		break;
	}
	return u64;
}

/* Zeroes at the end of bytes are not written. */
static size_t used_bytes(const uint8_t *bytes, size_t size)
{
	while (size > 0 && bytes[size - 1] == 0)
		size--;
	return size;
}

static void put_field(struct text *text, const struct field *field, const struct leftover *leftover)
{
	const uint8_t *place = (const uint8_t *)leftover + field->offset;
	put(text, field->key, strlen(field->key));
	put(text, " ", 1);
	if (field->form == FORM_TEXT) {
		put_escaped(text, place, strnlen((const char *)place, field->size));
	} else if (field->form == FORM_BYTES) {
		put_escaped(text, place, used_bytes(place, field->size));
	} else {
		char number[32];
		snprintf(number, sizeof number, "%" PRIu64, get_number(field, place));
		put(text, number, strlen(number));
	}
	put(text, "\n", 1);
}

static void record_name(char name[LEFTOVER_NAME_BYTES], const char *what, const char *resource)
{
	snprintf(name, LEFTOVER_NAME_BYTES, "%s%s.%s", PREFIX, what, resource);
}

static enum code write_whole(const char *beside, const char *path, const char *bytes, size_t length,
                             struct error *error)
{
	/* Synchronous calls of a file system in memory. */
	uv_fs_t request;
	int fd = uv_fs_open(NULL, &request, beside, UV_FS_O_WRONLY | UV_FS_O_CREAT | UV_FS_O_TRUNC,
	                    0600, NULL);
	uv_fs_req_cleanup(&request);
	int result = fd;
	if (fd >= 0) {
		file_keep_owner(fd, beside);
		uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)length);
		result = uv_fs_write(NULL, &request, fd, &buffer, 1, 0, NULL);
		uv_fs_req_cleanup(&request);
		uv_fs_close(NULL, &request, fd, NULL);
		uv_fs_req_cleanup(&request);
		if (result >= 0 && (size_t)result != length)
			result = UV_ENOSPC;
	}
	if (result >= 0) {
		result = uv_fs_rename(NULL, &request, beside, path, NULL);
		uv_fs_req_cleanup(&request);
	}
	if (result < 0)
		return error_set(error, CODE_SYSTEM,
		                 "cannot record what runs in %s: %s; make room, or set --run-dir",
		                 path, uv_strerror(result));
	return CODE_OK;
}

enum code run_file_replace(const char *run_dir, const char *name, const char *bytes, size_t length,
                           struct error *error)
{
	char path[FILE_PATH_BYTES], beside[FILE_PATH_BYTES];
	enum code code = file_path(path, run_dir, name, error);
	if (code == CODE_OK)
		code = file_path(beside, run_dir, BESIDE, error);
	return code == CODE_OK ? write_whole(beside, path, bytes, length, error) : code;
}

enum code leftover_write(const char *run_dir, const char *what, const struct leftover *leftover,
                         struct error *error)
{
	char name[LEFTOVER_NAME_BYTES];
	struct text text = {.length = 0};
	record_name(name, what, leftover->resource);
	put(&text, FIRST_LINE, strlen(FIRST_LINE));
	put(&text, "\n", 1);
	for (size_t i = 0; i < FIELDS; i++)
		put_field(&text, &fields[i], leftover);
	put(&text, LAST_LINE, strlen(LAST_LINE));
	put(&text, "\n", 1);
	if (text.length >= sizeof text.bytes)
		return error_set(error, CODE_TOO_LARGE, "the record of resource %s needs %zu bytes",
		                 leftover->resource, text.length);
	return run_file_replace(run_dir, name, text.bytes, text.length, error);
}

void leftover_forget_file(const char *run_dir, const char *name)
{
	char path[FILE_PATH_BYTES];
	uv_fs_t request;
	if (file_path(path, run_dir, name, NULL) != CODE_OK)
		return;
	uv_fs_unlink(NULL, &request, path, NULL);
	uv_fs_req_cleanup(&request);
}

bool leftover_is(const char *name, const char *what, const char *resource)
{
	char expected[LEFTOVER_NAME_BYTES];
	record_name(expected, what, resource);
	return strcmp(name, expected) == 0;
}

void leftover_forget(const char *run_dir, const char *what, const char *resource)
{
	char name[LEFTOVER_NAME_BYTES];
	record_name(name, what, resource);
	leftover_forget_file(run_dir, name);
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c == '\0' ? NULL : strchr(digits, c);
	return found == NULL ? -1 : (int)(found - digits);
}

/* Writes at most `size` bytes, zeroes behind. */
static bool read_escaped(const char *text, uint8_t *out, size_t size)
{
	size_t length = 0;
	memset(out, 0, size);
	for (; *text != '\0'; text++) {
		int value = (unsigned char)*text;
		if (*text == '%') {
			int high = hex_value(text[1]);
			int low = high < 0 ? -1 : hex_value(text[2]);
			if (low < 0)
				return false;
			value = high * 16 + low;
			text += 2;
		}
		if (length == size)
			return false;
		out[length++] = (uint8_t)value;
	}
	return true;
}

static bool read_number(const char *text, uint64_t most, uint64_t *number)
{
	char *end = NULL;
	if (*text < '0' || *text > '9')
		return false;
	*number = strtoull(text, &end, 10);
	return *end == '\0' && *number <= most;
}

static bool read_field(const struct field *field, const char *value, struct leftover *leftover)
{
	uint8_t *place = (uint8_t *)leftover + field->offset;
	uint64_t number = 0;
	switch (field->form) {
	case FORM_TEXT:
		return read_escaped(value, place, field->size - 1);
	case FORM_BYTES:
		return read_escaped(value, place, field->size);
	case FORM_U8:
		if (!read_number(value, UINT8_MAX, &number))
			return false;
		memcpy(place, &(uint8_t){(uint8_t)number}, sizeof(uint8_t));
		return true;
	case FORM_U16:
		if (!read_number(value, UINT16_MAX, &number))
			return false;
		memcpy(place, &(uint16_t){(uint16_t)number}, sizeof(uint16_t));
		return true;
	case FORM_U32:
		if (!read_number(value, UINT32_MAX, &number))
			return false;
		memcpy(place, &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
		return true;
	case FORM_U64:
		if (!read_number(value, INT64_MAX, &number))
			return false;
		memcpy(place, &number, sizeof number);
		return true;
	}
	return false;
}

/* What must hold before anything of a record is believed. */
static bool is_sound(const struct leftover *leftover)
{
	const struct command *stop = &leftover->stop;
	unsigned words = 0;
	if (leftover->kind >= LEFTOVER_KINDS || leftover->resource[0] == '\0' ||
	    stop->length > sizeof stop->words || stop->word_count > CONFIG_WORDS_MAX)
		return false;
	for (size_t i = 0; i < stop->length; i++)
		words += stop->words[i] == '\0';
	if (words != stop->word_count)
		return false;
	if (leftover->kind == LEFTOVER_CHILD)
		return leftover->child.pid > 1;
	if (leftover->kind == LEFTOVER_SCRIPT)
		return stop->word_count > 0;
	return leftover->address.interface[0] != '\0' && leftover->address.address.family != 0;
}

/* The lines stand in the order of the table, each once. Another version of this program may know
 * fewer of them or more behind: an upgrade must not have anybody look for processes by hand. */
static bool parse(char *text, struct leftover *leftover)
{
	char *rest = text;
	char *line = strsep(&rest, "\n");
	if (strcmp(line, FIRST_LINE) != 0)
		return false;
	line = strsep(&rest, "\n");
	for (size_t i = 0; i < FIELDS; i++) {
		size_t length = strlen(fields[i].key);
		if (i >= FIELDS_FIRST && line != NULL && strcmp(line, LAST_LINE) == 0)
			break;
		if (line == NULL || strncmp(line, fields[i].key, length) != 0 ||
		    line[length] != ' ' || !read_field(&fields[i], line + length + 1, leftover))
			return false;
		line = strsep(&rest, "\n");
	}
	while (line != NULL && strcmp(line, LAST_LINE) != 0)
		line = strsep(&rest, "\n");
	return line != NULL && is_sound(leftover);
}

/* "left.process.db" is of resource db. */
static const char *resource_of(const char *name)
{
	const char *dot = strchr(name + strlen(PREFIX), '.');
	return dot == NULL ? "?" : dot + 1;
}

static enum code read_record(const char *run_dir, const char *name, struct leftover *leftover,
                             struct error *error)
{
	char path[FILE_PATH_BYTES], text[RECORD_BYTES];
	size_t length = 0;
	enum code code = file_path(path, run_dir, name, error);
	if (code == CODE_OK)
		code = file_read(path, (uint8_t *)text, sizeof text - 1, &length, error);
	if (code != CODE_OK)
		return code;
	text[length] = '\0';
	memset(leftover, 0, sizeof *leftover);
	if (strlen(text) != length || !parse(text, leftover))
		return error_set(
		    error, CODE_DAMAGED,
		    "%s cannot be understood: end by hand what resource %s has running on "
		    "this host, then delete the file",
		    path, resource_of(name));
	return CODE_OK;
}

enum code leftover_find(const char *run_dir, const char *what, const char *resource,
                        struct leftover *leftover, struct error *error)
{
	char name[LEFTOVER_NAME_BYTES];
	record_name(name, what, resource);
	return read_record(run_dir, name, leftover, error);
}

static bool is_record(const char *name)
{
	size_t length = strlen(name);
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && length < LEFTOVER_NAME_BYTES;
}

enum code run_records_read(const char *run_dir,
                           enum code (*each)(void *context, const char *name,
                                             const struct leftover *leftover, struct error *error),
                           void *context, struct error *error)
{
	uv_fs_t request;
	uv_dirent_t entry;
	int count = uv_fs_scandir(NULL, &request, run_dir, 0, NULL);
	enum code code = CODE_OK;
	if (count < 0 && count != UV_ENOENT)
		code = error_set(error, CODE_SYSTEM, "%s: %s", run_dir, uv_strerror(count));
	/* Always to the end: libuv keeps the last entry it gave until it is asked for the next. */
	while (count > 0 && uv_fs_scandir_next(&request, &entry) != UV_EOF) {
		struct leftover leftover;
		if (code != CODE_OK || !is_record(entry.name))
			continue;
		code = read_record(run_dir, entry.name, &leftover, error);
		if (code == CODE_OK)
			code = each(context, entry.name, &leftover, error);
	}
	uv_fs_req_cleanup(&request);
	return code;
}
