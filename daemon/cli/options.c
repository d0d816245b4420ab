/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option table and its parser. A value may follow its option as the next word or after '='.
 * What the options mean is up to the subcommands.
 */
#include "daemon/cli/options.h"

#include <stdio.h>
#include <string.h>

#include "config/value.h"
#include "daemon/platform/secret.h"

struct option {
	const char *name;
	const char *value; /* as help shows it; NULL: the option takes none */
	enum code (*set)(struct options *options, const char *value, struct error *error);
	const char *help;
};

static enum code set_config(struct options *options, const char *value, struct error *error)
{
	(void)error;
	options->config = value;
	return CODE_OK;
}

static enum code set_key(struct options *options, const char *value, struct error *error)
{
	(void)error;
	options->key = value;
	return CODE_OK;
}

static enum code set_state_dir(struct options *options, const char *value, struct error *error)
{
	(void)error;
	options->state_dir = value;
	return CODE_OK;
}

static enum code set_run_dir(struct options *options, const char *value, struct error *error)
{
	(void)error;
	options->run_dir = value;
	return CODE_OK;
}

static enum code set_log_level(struct options *options, const char *value, struct error *error)
{
	static const char *const words[] = {
	    [LEVEL_ERROR] = "error",
	    [LEVEL_WARNING] = "warning",
	    [LEVEL_INFO] = "info",
	    [LEVEL_DEBUG] = "debug",
	};

	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(words[i], value) == 0) {
			options->log_level = (enum note_level)i;
			options->log_word = words[i];
			return CODE_OK;
		}
	}
	return error_set(error, CODE_INVALID,
	                 "\"%s\" is no log level; expected error, warning, "
	                 "info or debug",
	                 value);
}

static enum code set_out(struct options *options, const char *value, struct error *error)
{
	(void)error;
	options->out = value;
	return CODE_OK;
}

static enum code set_json(struct options *options, const char *value, struct error *error)
{
	(void)value, (void)error;
	options->json = true;
	return CODE_OK;
}

static enum code set_watch(struct options *options, const char *value, struct error *error)
{
	(void)value, (void)error;
	options->watch = true;
	return CODE_OK;
}

static enum code set_wait(struct options *options, const char *value, struct error *error)
{
	(void)value, (void)error;
	options->wait = true;
	return CODE_OK;
}

static enum code set_binary(struct options *options, const char *value, struct error *error)
{
	(void)value, (void)error;
	options->binary = true;
	return CODE_OK;
}

static enum code set_expired(struct options *options, const char *value, struct error *error)
{
	(void)value, (void)error;
	options->expired = true;
	return CODE_OK;
}

static enum code set_timeout(struct options *options, const char *value, struct error *error)
{
	struct span timeout;
	enum code code = value_span(value, &timeout, error);

	if (code != CODE_OK)
		return code;
	if (timeout.ns < span_ms(1).ns || timeout.ns > span_ms(24 * 3600 * 1000).ns)
		return error_set(error, CODE_INVALID, "%s is out of range; expected 1ms to 24h",
		                 value);
	options->timeout = timeout;
	return CODE_OK;
}

static enum code set_help(struct options *options, const char *value, struct error *error)
{
	(void)value, (void)error;
	options->help = true;
	return CODE_OK;
}

static const struct option table[OPTIONS] = {
    [OPTION_CONFIG] = {"--config", "FILE", set_config,
                       "configuration (/etc/failoverd/failoverd.ini)"},
    [OPTION_KEY] = {"--key", "FILE", set_key, "secret key of this host (/etc/failoverd/node.key)"},
    [OPTION_STATE_DIR] = {"--state-dir", "DIR", set_state_dir,
                          "what survives a reboot (/var/lib/failoverd)"},
    [OPTION_RUN_DIR] = {"--run-dir", "DIR", set_run_dir,
                        "control socket and lock (/run/failoverd)"},
    [OPTION_LOG_LEVEL] = {"--log-level", "LEVEL", set_log_level,
                          "error, warning, info or debug (info)"},
    [OPTION_OUT] = {"--out", "FILE", set_out,
                    "where the new secret key goes (/etc/failoverd/node.key)"},
    [OPTION_JSON] = {"--json", NULL, set_json, "print JSON, as failoverd(8) describes"},
    [OPTION_WATCH] = {"--watch", NULL, set_watch, "print again every second until interrupted"},
    [OPTION_WAIT] = {"--wait", NULL, set_wait, "wait until the role is up on the target"},
    [OPTION_TIMEOUT] = {"--timeout", "TIME", set_timeout, "give up waiting after this (30s)"},
    [OPTION_BINARY] = {"--binary", NULL, set_binary,
                       "take over the program that is in its file now"},
    [OPTION_EXPIRED] = {"--expired", NULL, set_expired,
                        "only what belongs to roles whose lease is over"},
    [OPTION_HELP] = {"--help", NULL, set_help, "print this"},
};

/* Index of the option that `word` names up to its '=' or end; OPTIONS when there is none. */
static unsigned find_option(const char *word)
{
	size_t length = strcspn(word, "=");

	for (unsigned i = 0; i < OPTIONS; i++) {
		if (strlen(table[i].name) == length && strncmp(table[i].name, word, length) == 0)
			return i;
	}
	return OPTIONS;
}

/* Applies the option at argv[*at]; *at moves on to a value that stands in the next word. */
static enum code apply(int argc, char **argv, int *at, unsigned accepts, struct options *options,
                       struct error *error)
{
	const char *word = argv[*at];
	unsigned found = find_option(word);
	const char *value = strchr(word, '=');

	if (found == OPTIONS)
		return error_set(error, CODE_INVALID, "unknown option %s", word);
	if ((accepts & (1U << found)) == 0)
		return error_set(error, CODE_INVALID, "%s is not valid for this command",
		                 table[found].name);
	if (value != NULL)
		value++;
	if (table[found].value == NULL && value != NULL)
		return error_set(error, CODE_INVALID, "%s takes no value", table[found].name);
	if (table[found].value != NULL && value == NULL) {
		if (*at + 1 == argc)
			return error_set(error, CODE_INVALID, "%s needs a %s", table[found].name,
			                 table[found].value);
		value = argv[++*at];
	}
	if (value != NULL && value[0] == '\0')
		return error_set(error, CODE_INVALID, "%s needs a %s, not an empty word",
		                 table[found].name, table[found].value);
	if (table[found].set(options, value, error) != CODE_OK)
		return error_wrap(error, "%s", table[found].name);
	return CODE_OK;
}

/* A key that the service manager hands over is the daemon's alone, and so comes first. */
static const char *default_key(struct options *options)
{
	return platform_secret_handed("node.key", options->handed_key, sizeof options->handed_key)
	           ? options->handed_key
	           : "/etc/failoverd/node.key";
}

enum code options_parse(int argc, char **argv, unsigned accepts, struct options *options,
                        struct error *error)
{
	bool only_operands = false;

	*options = (struct options){
	    .config = "/etc/failoverd/failoverd.ini",
	    .state_dir = "/var/lib/failoverd",
	    .run_dir = "/run/failoverd",
	    .out = "/etc/failoverd/node.key",
	    .log_level = LEVEL_INFO,
	    .log_word = "info",
	    .timeout = span_ms(30000),
	};
	for (int i = 0; i < argc; i++) {
		if (!only_operands && strcmp(argv[i], "--") == 0) {
			only_operands = true;
		} else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0') {
			enum code code =
			    apply(argc, argv, &i, accepts | (1U << OPTION_HELP), options, error);
			if (code != CODE_OK)
				return code;
		} else if (options->operand_count == OPERANDS_MAX) {
			return error_set(error, CODE_INVALID, "unexpected argument: %s", argv[i]);
		} else {
			options->operands[options->operand_count++] = argv[i];
		}
	}
	if (options->key == NULL)
		options->key = default_key(options);
	return CODE_OK;
}

void options_print(unsigned accepts)
{
	for (unsigned i = 0; i < OPTIONS; i++) {
		char left[32];

		if ((accepts & (1U << i)) == 0)
			continue;
		(void)snprintf(left, sizeof left, "%s %s", table[i].name,
		               table[i].value != NULL ? table[i].value : "");
		(void)printf("  %-18s  %s\n", left, table[i].help);
	}
}
