/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transient unit of systemd with those properties of failoverd.service that decide what its
 * processes may see and do. Its directories and its processes' ends are not among them: nothing is
 * made, and nothing is removed.
 */
#include "daemon/platform/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/platform/linux/ask.h"

enum { WORDS_MAX = 192, WORD_BYTES = 512, UNIT_BYTES = 64, PATIENCE_S = 5 };

/* How a key of the unit begins that counts here. */
static const char *const keys[] = {
    "User=",
    "Group=",
    "SupplementaryGroups=",
    "UMask=",
    "Ambient",
    "Capability",
    "NoNewPrivileges=",
    "Protect",
    "Private",
    "ReadWritePaths",
    "ReadOnlyPaths",
    "InaccessiblePaths",
    "ExecPaths",
    "NoExecPaths",
    "Bind",
    "TemporaryFileSystem=",
    "Device",
    "Restrict",
    "LockPersonality=",
    "MemoryDenyWriteExecute=",
    "SystemCall",
    "Limit",
    "LoadCredential",
    "SetCredential",
    "Environment=",
    "RootDirectory=",
    "NetworkNamespacePath=",
    "EnvironmentFile=",
};

/* Restart=, RestartSec=, RestartPreventExitStatus= begin like one of them. */
static bool counts(const char *line)
{
	if (strncmp(line, "Restart", 7) == 0 && strncmp(line, "Restrict", 8) != 0)
		return false;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strncmp(line, keys[i], strlen(keys[i])) == 0)
			return strchr(line, '=') != NULL;
	return false;
}

/* Sets of rights, to which each line of the unit adds, and which a property replaces. */
static const char *const sets[] = {"AmbientCapabilities=", "CapabilityBoundingSet="};
enum { SETS = sizeof sets / sizeof *sets };

struct question {
	char unit[UNIT_BYTES];
	char rights[SETS][WORD_BYTES - 64];
	bool has_rights[SETS];
	const char *words[WORDS_MAX + 1];
	char texts[WORDS_MAX][WORD_BYTES];
	unsigned count;
};

static void add(struct question *question, const char *option, const char *value)
{
	if (question->count == WORDS_MAX)
		return;
	char *text = question->texts[question->count];
	(void)snprintf(text, WORD_BYTES, "%s%s", option, value);
	question->words[question->count++] = text;
	question->words[question->count] = NULL;
}

/* An empty line starts the set anew. */
static bool add_right(struct question *question, const char *line)
{
	for (size_t i = 0; i < SETS; i++) {
		const size_t length = strlen(sets[i]);
		char *rights = question->rights[i];
		if (strncmp(line, sets[i], length) != 0)
			continue;
		question->has_rights[i] = true;
		if (line[length] == '\0')
			rights[0] = '\0';
		else
			(void)snprintf(rights + strlen(rights),
			               sizeof question->rights[i] - strlen(rights), " %s",
			               line + length);
		return true;
	}
	return false;
}

static void add_rights(struct question *question)
{
	char text[WORD_BYTES];
	for (size_t i = 0; i < SETS; i++) {
		(void)snprintf(text, sizeof text, "--property=%s", sets[i]);
		if (question->has_rights[i])
			add(question, text, question->rights[i]);
	}
}

/* %n is the name of the unit: its control group has that. */
static void add_property(struct question *question, const char *line)
{
	char text[WORD_BYTES - 16];
	const char *name = strstr(line, "%n");
	if (name == NULL)
		(void)snprintf(text, sizeof text, "%s", line);
	else
		(void)snprintf(text, sizeof text, "%.*s%s%s", (int)(name - line), line,
		               question->unit, name + 2);
	add(question, "--property=", text);
}

/* The unit and its drop-ins, in the order in which they count. False: there is no such unit. */
static bool add_unit(struct question *question)
{
	static const char *const show[] = {"systemctl", "cat", "--no-pager", "failoverd.service",
	                                   NULL};
	bool is_service = false;
	char *text = ask(show, PATIENCE_S, NULL), *next = text;
	while (next != NULL) {
		char *line = next;
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (line[0] == '[')
			is_service = strcmp(line, "[Service]") == 0;
		else if (is_service && counts(line) && !add_right(question, line))
			add_property(question, line);
	}
	add_rights(question);
	free(text);
	return text != NULL;
}

static const char *failure_of(int code)
{
	switch (code) {
	case 217:
		return "its user does not exist (217/USER)";
	case 218:
		return "this host does not give its rights (218/CAPABILITIES)";
	case 226:
		return "its mounts cannot be made here (226/NAMESPACE)";
	case 228:
		return "its filter of system calls cannot be made here (228/SECCOMP)";
	case 243:
		return "its credentials cannot be read (243/CREDENTIALS)";
	default:
		return NULL;
	}
}

static enum code judge(int code, struct error *text)
{
	const char *why = failure_of(code);
	if (why != NULL)
		return error_set(text, CODE_SYSTEM, "the unit cannot be started: %s", why);
	return error_set(text, CODE_UNSUPPORTED, "systemd does not run this check as the unit");
}

bool sandbox_is_here(void)
{
	return getenv("FAILOVERD_SANDBOX") != NULL;
}

static bool can_ask(void)
{
	return geteuid() == 0 && !sandbox_is_here() && access("/run/systemd/system", F_OK) == 0;
}

/* False: there is no unit, or it has too many lines. */
static bool make_question(struct question *question, const char *const *words, const char *state,
                          const char *run)
{
	static const char *const begin[] = {"systemd-run",
	                                    "--quiet",
	                                    "--pipe",
	                                    "--wait",
	                                    "--collect",
	                                    "--property=Delegate=yes",
	                                    "--no-ask-password",
	                                    "--setenv=FAILOVERD_SANDBOX=1"};
	char self[WORD_BYTES] = "", unit[UNIT_BYTES];
	if (readlink("/proc/self/exe", self, sizeof self - 1) <= 0)
		return false;
	/* Of two checks at the same time each has its own. */
	(void)snprintf(unit, sizeof unit, "failoverd-check-%d.service", (int)getpid());
	memcpy(question->unit, unit, sizeof unit);
	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
		add(question, begin[i], "");
	add(question, "--unit=", unit);
	if (!add_unit(question))
		return false;
	add(question, "--property=ReadWritePaths=-", state);
	add(question, "--property=ReadWritePaths=-", run);
	add(question, "--", "");
	add(question, self, "");
	for (; *words != NULL; words++)
		add(question, *words, "");
	return question->count < WORDS_MAX;
}

enum code sandbox_run(const char *const *words, const char *state, const char *run, int *exit_code,
                      struct error *text)
{
	struct question *question = can_ask() ? calloc(1, sizeof *question) : NULL;
	enum code code = CODE_UNSUPPORTED;
	*exit_code = -1;
	if (question != NULL && make_question(question, words, state, run)) {
		char *said = ask(question->words, SANDBOX_WAIT_S, exit_code);
		code = said != NULL ? CODE_OK : judge(*exit_code, text);
		if (said != NULL)
			(void)fputs(said, stdout);
		free(said);
	}
	free(question);
	return code == CODE_UNSUPPORTED ? judge(-1, text) : code;
}
