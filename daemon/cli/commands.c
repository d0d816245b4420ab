/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of subcommands, and the step from argv to one of them. What they do stands in a file
 * for each.
 */
#include "daemon/cli/commands.h"

#include <stdio.h>
#include <string.h>

enum {
	TAKES_CLIENT = 1U << OPTION_RUN_DIR | 1U << OPTION_TIMEOUT,
	TAKES_HOST =
	    1U << OPTION_CONFIG | 1U << OPTION_KEY | 1U << OPTION_STATE_DIR | 1U << OPTION_RUN_DIR,
};

static enum exit_code command_help(const struct options *options);

static const struct subcommand table[] = {
    {"run", "", TAKES_HOST | 1U << OPTION_LOG_LEVEL, 0, 0, command_run,
     "run the daemon in the foreground",
     "Logs to standard error. SIGTERM or SIGINT hands every role over, or releases it, and ends\n"
     "the daemon; a second signal releases by force."},
    {"keygen", "", 1U << OPTION_OUT, 0, 0, command_keygen, "make the key pair of this host",
     "Writes the secret key to a new file that only its owner can read and prints the public\n"
     "key, which goes into the configuration. Never writes over a file that exists."},
    {"check", "", TAKES_HOST, 0, 0, command_check, "check the configuration and this host",
     "Tells every mistake of the configuration, what this host lacks to run it, and how long a\n"
     "failover takes at worst. Changes nothing. Exit code 5: the configuration or the key\n"
     "cannot be used; 1: this host lacks something; 0: ready, perhaps with warnings."},
    {"status", "[ROLE|MEMBER]", TAKES_CLIENT | 1U << OPTION_JSON | 1U << OPTION_WATCH, 0, 1,
     command_status, "show what is wrong, members and roles; or all of one role or member",
     "As this member sees it. Exit code 0: a quorum is seen and every wanted role is up; 6: so it\n"
     "is, and one more failure would be an outage; 3: not so; 4: the daemon does not run."},
    {"move", "ROLE [NODE]", TAKES_CLIENT | 1U << OPTION_WAIT, 1, 2, command_move,
     "move a role to another node, the best other one without NODE",
     "Refused before anything stops when the target cannot take the role. With --wait, prints\n"
     "each phase with milliseconds and succeeds only when the role is up on the target; without,\n"
     "succeeds as soon as the owner has begun. A move leaves nothing behind."},
    {"stop", "ROLE", TAKES_CLIENT, 1, 1, command_stop, "stop a role everywhere until it is started",
     "Succeeds when a majority of the voters has stored the decision; it survives restarts."},
    {"start", "ROLE", TAKES_CLIENT, 1, 1, command_start, "start a role that was stopped",
     "Succeeds when a majority of the voters has stored the decision."},
    {"pause", "NODE", TAKES_CLIENT, 1, 1, command_pause,
     "let a node take no further role until it is resumed",
     "What the node owns stays there until it is moved or fails. The node goes on voting; the\n"
     "pause survives restarts."},
    {"resume", "NODE", TAKES_CLIENT, 1, 1, command_resume, "let a paused node take roles again",
     "Nothing moves back by this alone, unless a role fails back."},
    {"clear", "ROLE [NODE]", TAKES_CLIENT, 1, 2, command_clear,
     "forget the failures of a role, so that it is tried again at once",
     "On NODE, or on every node where it has failed. For when the cause is mended: without it, a\n"
     "node waits after each failure, longer each time."},
    {"reload", "", TAKES_HOST | 1U << OPTION_BINARY | 1U << OPTION_TIMEOUT, 0, 0, command_reload,
     "let the daemon go on with the program and configuration in their files",
     "For upgrades. With --binary (there is no other way yet): the configuration is checked by "
     "this\n"
     "program first; then the daemon ends without releasing anything, the program in its file "
     "goes\n"
     "on with the same roles, and what runs keeps running."},
    {"adopt-voters", "", TAKES_HOST, 0, 0, command_adopt_voters,
     "let this stopped member count with the voters of the file",
     "The set of voters is remembered, not reread. To change it: stop every member, bring the new\n"
     "file to each, run this on each, start them. Two members that count with different sets at "
     "the\n"
     "same time could both find a majority, so never do it while any member runs. Also lets a "
     "member\n"
     "that lost its state vote again although those it should learn from are gone for good: a "
     "command\n"
     "that only they had stored is then forgotten."},
    {"cleanup", "", TAKES_HOST | 1U << OPTION_EXPIRED, 0, 0, command_cleanup,
     "end what a daemon that is gone has left on this host",
     "Refused while a daemon runs. Removes addresses, ends processes, runs the stop commands of\n"
     "scripts, takes the packet gate down, and tells what it did. Works without a usable\n"
     "configuration. With --expired, at any time: only what belongs to roles whose lease is over\n"
     "on this host; the rest is left for the next start to go on with. Exit code 1: something is\n"
     "still up, or a daemon runs."},
    {"version", "", 0, 0, 0, command_version, "print the version", ""},
    {"help", "[COMMAND]", 0, 0, 1, command_help, "print this, or more about one command", ""},
};
enum { COMMANDS = sizeof table / sizeof table[0] };

static void print_usage(FILE *out)
{
	(void)fputs("usage: failoverd COMMAND [OPTIONS]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++) {
		char left[32];

		(void)snprintf(left, sizeof left, "%s %s", table[i].name, table[i].operands);
		(void)fprintf(out, "  %-21s  %s\n", left, table[i].summary);
	}
	(void)fputs("\n`failoverd help COMMAND` tells more; the manual is failoverd(8).\n", out);
}

static void print_command(const struct subcommand *command)
{
	(void)printf("usage: failoverd %s %s%s[OPTIONS]\n\n%s\n", command->name, command->operands,
	             command->operands[0] != '\0' ? " " : "", command->summary);
	if (command->details[0] != '\0')
		(void)printf("\n%s\n", command->details);
	if (command->accepts != 0)
		(void)printf("\n");
	options_print(command->accepts);
}

static const struct subcommand *command_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

static enum exit_code command_help(const struct options *options)
{
	const struct subcommand *command;

	if (options->operand_count == 0) {
		print_usage(stdout);
		return EXIT_DONE;
	}
	command = command_find(options->operands[0]);
	if (command == NULL) {
		(void)fprintf(stderr, "failoverd: unknown command %s\n", options->operands[0]);
		return EXIT_USAGE;
	}
	print_command(command);
	return EXIT_DONE;
}

int commands_main(int argc, char **argv)
{
	/* What people type from habit. */
	static const char *const aliases[][2] = {
	    {"--help", "help"}, {"-h", "help"}, {"--version", "version"}, {"-V", "version"}};
	const struct subcommand *command;
	struct options options;
	struct error error;
	const char *name;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	name = argv[1];
	for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
		if (strcmp(name, aliases[i][0]) == 0)
			name = aliases[i][1];
	}
	command = command_find(name);
	if (command == NULL) {
		(void)fprintf(stderr, "failoverd: unknown command %s; see `failoverd help`\n",
		              argv[1]);
		return EXIT_USAGE;
	}
	if (options_parse(argc - 2, argv + 2, command->accepts, &options, &error) == CODE_OK) {
		if (options.help) {
			print_command(command);
			return EXIT_DONE;
		}
		if (options.operand_count >= command->least &&
		    options.operand_count <= command->most)
			return (int)command->run(&options);
		(void)error_set(&error, CODE_INVALID, "%s %s",
		                command->operands[0] != '\0' ? "expected" : "it takes no",
		                command->operands[0] != '\0' ? command->operands : "operands");
	}
	(void)fprintf(stderr, "failoverd: %s: %s; see `failoverd help %s`\n", command->name,
	              error.text, command->name);
	return EXIT_USAGE;
}
