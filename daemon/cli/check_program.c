/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands of a resource need: a user, a directory, programs that this user may run, and
 * what reads them where they are scripts. One row for each.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "daemon/cli/check.h"
#include "daemon/file.h"
#include "daemon/platform/sandbox.h"
#include "daemon/platform/standin.h"

static const char HIDDEN[] = "hidden by the unit (ProtectHome=); a drop-in can say ProtectHome=no";

enum { HEADER_BYTES = 128, ROW_BYTES = 64 };

struct subject {
	struct check *check;
	const char *resource;
	const struct user *user; /* NULL: that of the daemon */
};

static void miss(const struct subject *on, const char *what, const char *path, const char *why)
{
	struct error error;
	char row[ROW_BYTES + NAME_BYTES];

	(void)snprintf(row, sizeof row, "%s %s", on->resource, what);
	(void)error_set(&error, CODE_NOT_FOUND, "%s: %s", path, why);
	check_lack(on->check, row, &error);
}

static void find(const struct subject *on, const char *what, const char *path)
{
	char row[ROW_BYTES + NAME_BYTES];

	(void)snprintf(row, sizeof row, "%s %s", on->resource, what);
	check_fine(row, path);
}

static bool is_of_kind(const char *path, unsigned kind)
{
	uv_fs_t request;
	const int failed = uv_fs_stat(NULL, &request, path, NULL);
	const bool is = failed == 0 && (request.statbuf.st_mode & S_IFMT) == kind;

	uv_fs_req_cleanup(&request);
	return is;
}

/* The first line without its end; false: the file cannot be read, which a program need not be. */
static bool read_header(const char *path, char header[HEADER_BYTES])
{
	FILE *file = fopen(path, "re");
	const bool got = file != NULL && fgets(header, HEADER_BYTES, file) != NULL;

	if (file != NULL)
		(void)fclose(file);
	if (got)
		header[strcspn(header, "\n")] = '\0';
	return got;
}

/* `#!/usr/bin/env NAME` looks NAME up where commands of the daemon do. */
static bool is_looked_up(const char *name, const struct user *user)
{
	static const char *const places[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
	                                     "/usr/bin",        "/sbin",          "/bin"};
	char path[FILE_PATH_BYTES];

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", places[i], name);
		if (platform_may_use(user, path, USE_EXECUTE, NULL) == CODE_OK)
			return true;
	}
	return false;
}

/* The kernel takes everything behind #! up to a blank for a path, a carriage return, too. */
static void check_interpreter(const struct subject *on, const char *path, char *header)
{
	char *program = header + 2 + strspn(header + 2, " \t");
	char *rest = program + strcspn(program, " \t");
	struct error error;

	if (strchr(header, '\r') != NULL) {
		miss(on, "script", path, "its lines end as those of Windows: dos2unix mends it");
		return;
	}
	if (*rest != '\0')
		*rest++ = '\0';
	rest += strspn(rest, " \t");
	rest[strcspn(rest, " \t")] = '\0';
	if (platform_may_use(on->user, program, USE_EXECUTE, &error) != CODE_OK)
		miss(on, "interpreter", program, error.text);
	else if (strcmp(program, "/usr/bin/env") == 0 && *rest != '-' &&
	         !is_looked_up(rest, on->user))
		miss(on, "interpreter", rest, "not found by /usr/bin/env");
	else
		find(on, "interpreter", program);
	if (platform_may_use(on->user, path, USE_READ, &error) != CODE_OK)
		miss(on, "script", path, "its interpreter may not read it");
}

static bool is_hidden(const struct check *check, const char *path)
{
	static const char *const homes[] = {"/home/", "/root/", "/run/user/"};

	for (size_t i = 0; i < sizeof homes / sizeof *homes; i++)
		if ((check->stands_in || sandbox_is_here()) &&
		    strncmp(path, homes[i], strlen(homes[i])) == 0)
			return true;
	return false;
}

/* What it finds is what the daemon would. */
static bool sees_sandbox(const struct check *check)
{
	return check->guard != 0 || sandbox_is_here();
}

static void check_place(const struct subject *on, const char *what, const char *path)
{
	if (is_hidden(on->check, path) && !sees_sandbox(on->check))
		miss(on, what, path, HIDDEN);
	else
		find(on, what, path);
}

/* The system's reason, or a better one. */
static const char *reason_of(const struct subject *on, const char *path, const struct error *error)
{
	return is_hidden(on->check, path) ? HIDDEN : error->text;
}

static void check_command(const struct subject *on, const char *what, const struct command *command)
{
	const char *path = command->words;
	char header[HEADER_BYTES] = "";
	struct error error;

	if (command->word_count == 0)
		return;
	if (platform_may_use(on->user, path, USE_EXECUTE, &error) != CODE_OK) {
		miss(on, what, path, reason_of(on, path, &error));
		return;
	}
	if (!is_of_kind(path, S_IFREG)) {
		miss(on, what, path, "not a file");
		return;
	}
	check_place(on, what, path);
	if (!read_header(path, header))
		return;
	if (strncmp(header, "#!", 2) == 0)
		check_interpreter(on, path, header);
	else if (strncmp(header,
	                 "\x7f"
	                 "ELF",
	                 4) != 0)
		miss(on, "script", path, "no #! line says what reads it, so it cannot be run");
}

static void check_directory(const struct subject *on, const char *path)
{
	struct error error;

	if (path[0] == '\0')
		return;
	if (platform_may_use(on->user, path, USE_EXECUTE, &error) != CODE_OK)
		miss(on, "directory", path, reason_of(on, path, &error));
	else if (!is_of_kind(path, S_IFDIR))
		miss(on, "directory", path, "not a directory");
	else
		check_place(on, "directory", path);
}

void check_program(struct check *check, const struct config_resource *resource)
{
	struct subject on = {.check = check, .resource = resource->name};
	struct user user;
	struct error error;

	if (resource->user[0] != '\0') {
		if (platform_user(resource->user, &user, &error) == CODE_OK) {
			on.user = &user;
			find(&on, "user", resource->user);
		} else {
			miss(&on, "user", resource->user, error.text);
		}
	}
	check_directory(&on, resource->directory);
	check_command(&on, resource->type == RESOURCE_PROCESS ? "command" : "start",
	              &resource->start);
	check_command(&on, "stop", &resource->stop);
	check_command(&on, "status", &resource->status);
}
