/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What systemctl says of units, and /proc of processes. Who asks may be anybody: both can be read
 * by every user.
 */
#include "daemon/platform/services.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/platform/linux/ask.h"

enum {
	WORDS_MAX = 24, /* of a question */
	PATH_BYTES = 64,
};

static const char OWN_UNIT[] = "failoverd.service";

/* --- what a command names */

static const char *word_of(const struct command *command, unsigned number)
{
	const char *word = command->words;
	while (number-- > 0)
		word += strlen(word) + 1;
	return word;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}

/* The units that follow `start`; false: the command is none of that kind. */
static bool names_units(const struct command *command, const char **words, unsigned *count)
{
	static const char *const verbs[] = {"start", "restart", "reload-or-restart"};
	bool has_verb = false;
	if (strcmp(base_of(command->words), "systemctl") != 0)
		return false;
	for (unsigned i = 1; i < command->word_count && *count + 1 < WORDS_MAX; i++) {
		const char *word = word_of(command, i);
		if (has_verb && word[0] != '-')
			words[(*count)++] = word;
		for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++)
			has_verb |= strcmp(word, verbs[v]) == 0;
	}
	return true;
}

/* A program of which there may be many on a host, for as many purposes. */
static bool runs_others(const char *path)
{
	static const char *const names[] = {"bash", "dash", "env",    "java", "node",
	                                    "perl", "php",  "python", "ruby", "sh"};
	const char *base = base_of(path);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const size_t length = strlen(names[i]);
		if (strncmp(base, names[i], length) == 0 && !isalpha((unsigned char)base[length]))
			return true;
	}
	return false;
}

/* As `systemctl show` writes it: path=PROGRAM ; argv[]=WORD WORD ; */
static bool runs_command(const char *line, const struct command *command)
{
	char expected[CONFIG_COMMAND_BYTES + 32];
	if (runs_others(command->words)) {
		int length = snprintf(expected, sizeof expected, " argv[]=");
		for (unsigned i = 0; i < command->word_count; i++)
			length += snprintf(expected + length, sizeof expected - (size_t)length,
			                   "%s ", word_of(command, i));
		(void)snprintf(expected + length, sizeof expected - (size_t)length, ";");
	} else {
		(void)snprintf(expected, sizeof expected, " path=%s ;", command->words);
	}
	return strstr(line, expected) != NULL;
}

/* --- the answer: blocks of KEY=VALUE with a blank line between them */

static void take_line(const char *line, struct service *service, bool *is_meant,
                      const struct command *command)
{
	if (strncmp(line, "Id=", 3) == 0)
		(void)snprintf(service->name, sizeof service->name, "%s", line + 3);
	else if (strncmp(line, "ExecStart=", 10) == 0)
		*is_meant |= command != NULL && runs_command(line, command);
	else if (strncmp(line, "ActiveState=", 12) == 0)
		service->is_active = strcmp(line + 12, "active") == 0;
	else if (strncmp(line, "WantedBy=", 9) == 0 || strncmp(line, "RequiredBy=", 11) == 0) {
		const char *value = strchr(line, '=') + 1;
		if (*value != '\0')
			(void)snprintf(service->wanted_by, sizeof service->wanted_by, "%.*s",
			               (int)strcspn(value, " "), value);
	}
}

/* `command`: only units that run it; NULL: all. */
static void tell(char *text, const struct command *command,
                 void (*found)(void *context, const struct service *service), void *context)
{
	struct service service = {0};
	bool is_meant = command == NULL;
	for (char *line = text, *end; line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		if (*line != '\0') {
			take_line(line, &service, &is_meant, command);
			continue;
		}
		if (is_meant && service.name[0] != '\0' && strcmp(service.name, OWN_UNIT) != 0)
			found(context, &service);
		service = (struct service){0};
		is_meant = command == NULL;
	}
}

void services_of(const struct command *command,
                 void (*found)(void *context, const struct service *service), void *context)
{
	const char *words[WORDS_MAX] = {
	    "systemctl",  "show",       "--all",
	    "--no-pager", "--property", "Id,ExecStart,WantedBy,RequiredBy,ActiveState",
	    "--"};
	unsigned count = 7;
	const bool has_names = names_units(command, words, &count);
	if (!has_names)
		words[count++] = "*.service";
	if (count == 7)
		return;
	char *text = ask(words, SERVICES_WAIT_S, NULL);
	if (text != NULL)
		tell(text, has_names ? NULL : command, found, context);
	free(text);
}

/* --- processes */

static bool runs_now(const char *pid, const struct command *command)
{
	char path[PATH_BYTES], text[CONFIG_COMMAND_BYTES + 1];
	(void)snprintf(path, sizeof path, "/proc/%.20s/cmdline", pid);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	const ssize_t length = read(fd, text, sizeof text);
	(void)close(fd);
	const char *last = word_of(command, command->word_count - 1U);
	const size_t expected = (size_t)(last - command->words) + strlen(last) + 1;
	return length > 0 && (size_t)length == expected &&
	       memcmp(text, command->words, expected) == 0;
}

int64_t services_process(const struct command *command)
{
	DIR *stream = opendir("/proc");
	int64_t found = 0;
	if (stream == NULL || command->word_count == 0) {
		if (stream != NULL)
			(void)closedir(stream);
		return 0;
	}
	for (const struct dirent *entry; found == 0 && (entry = readdir(stream)) != NULL;)
		if (isdigit((unsigned char)entry->d_name[0]) && runs_now(entry->d_name, command))
			found = strtoll(entry->d_name, NULL, 10);
	(void)closedir(stream);
	return found;
}
