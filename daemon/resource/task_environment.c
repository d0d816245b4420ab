/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that the configuration gives come first: what they set is not set again.
 */
#include "daemon/resource/task_environment.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void task_mark(char mark[TASK_MARK_BYTES], const char *resource)
{
	snprintf(mark, TASK_MARK_BYTES, "FAILOVERD_RESOURCE=%s", resource);
}

static bool is_set(const struct task_environment *environment, const char *word)
{
	size_t length = strcspn(word, "=") + 1;
	for (unsigned i = 0; i < environment->count; i++)
		if (strncmp(environment->words[i], word, length) == 0)
			return true;
	return false;
}

static void add(struct task_environment *environment, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct task_environment *environment, const char *format, ...)
{
	char *text = environment->texts[environment->text_count];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, TASK_VARIABLE_BYTES, format, args);
	va_end(args);
	if (is_set(environment, text))
		return;
	environment->text_count++;
	environment->words[environment->count++] = text;
}

static void add_configured(struct task_environment *environment, const struct command *list)
{
	const char *word = list->words;
	for (uint8_t i = 0; i < list->word_count; i++, word += strlen(word) + 1)
		environment->words[environment->count++] = word;
}

/* As a login would, so that programs find what is theirs. */
static void add_user(struct task_environment *environment, const struct user *user)
{
	add(environment, "USER=%s", user->name);
	add(environment, "LOGNAME=%s", user->name);
	add(environment, "HOME=%s", user->home);
	add(environment, "SHELL=%s", user->shell);
}

void task_environment_fill(struct task_environment *environment, const struct resource *resource,
                           const struct user *user)
{
	char mark[TASK_MARK_BYTES];
	memset(environment, 0, sizeof *environment);
	add_configured(environment, &resource->config->environment);
	task_mark(mark, resource->config->name);
	add(environment, "FAILOVERD_ROLE=%s", resource->role);
	add(environment, "FAILOVERD_EPOCH=%" PRIu64, resource->epoch);
	add(environment, "FAILOVERD_NODE=%s", resource->site->node);
	add(environment, "%s", mark);
	add(environment, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	if (user != NULL && user->name[0] != '\0')
		add_user(environment, user);
}
