/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd reload --binary`: checks the configuration as the new program reads it, asks the
 * daemon to let that program take over, and waits until it answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "daemon/cli/client.h"
#include "daemon/cli/host.h"
#include "daemon/cli/reload_order.h"
#include "daemon/file.h"
#include "daemon/platform/platform.h"

enum { LOOK_EVERY_MS = 20, WHY_BYTES = 400 };

/* What the daemon runs by, as it left it; too large for a stack. */
struct running {
	struct config config;
	struct findings findings;
	char text[CONFIG_FILE_BYTES];
};

static enum code ask(const struct options *options, const char *verb, cJSON **answer,
                     struct error *error)
{
	const struct client_question question = {.verb = verb};
	struct client *client = NULL;
	enum code code = client_open(&client, options->run_dir, options->timeout, error);

	if (code == CODE_OK)
		code = client_ask(client, &question, error);
	if (code == CODE_OK)
		code = client_next(client, answer, error);
	client_close(client);
	return code;
}

/* The process that answers; 0: none does. */
static double ask_pid(const struct options *options, struct error *error)
{
	cJSON *answer = NULL;
	double pid = 0;

	if (ask(options, "version", &answer, error) == CODE_OK) {
		const cJSON *number = cJSON_GetObjectItemCaseSensitive(answer, "pid");

		pid = cJSON_IsNumber(number) ? cJSON_GetNumberValue(number) : -1;
	}
	cJSON_Delete(answer);
	return pid;
}

static enum exit_code wait_for_another(const struct options *options, double before)
{
	const struct instant until = instant_plus(platform_now(), options->timeout);
	struct error error;

	while (instant_before(platform_now(), until)) {
		double now = ask_pid(options, &error);

		if (now > 0 && now != before) {
			(void)printf("taken over by process %.0f, which was %.0f\n", now, before);
			return EXIT_DONE;
		}
		uv_sleep(LOOK_EVERY_MS);
	}
	(void)fputs("failoverd: reload: the daemon ended to be replaced and none answers yet; see "
	            "its log\n",
	            stderr);
	return EXIT_NOT_RUNNING;
}

static bool read_running(const struct options *options, struct running *running)
{
	char path[FILE_PATH_BYTES];
	size_t length = 0;

	return file_path(path, options->run_dir, "running.ini", NULL) == CODE_OK &&
	       file_read(path, (uint8_t *)running->text, sizeof running->text, &length, NULL) ==
	           CODE_OK &&
	       config_load(running->text, length, NULL, &running->config, &running->findings) ==
	           CODE_OK;
}

/* Asks the cluster as this host's daemon sees it. What is not known hinders nothing: the daemons
 * see to it that nothing runs twice, in any order. */
static bool is_too_early(const struct options *options, const struct config *after)
{
	struct running *running = malloc(sizeof *running);
	cJSON *status = NULL;
	char why[WHY_BYTES];
	bool early = after->setup.self != NO_MEMBER && running != NULL &&
	             read_running(options, running) &&
	             ask(options, "status", &status, NULL) == CODE_OK &&
	             reload_is_too_early(&running->config, after, status, why, sizeof why);

	if (early)
		(void)fprintf(stderr, "failoverd: reload: %s\n", why);
	cJSON_Delete(status);
	free(running);
	return early;
}

static enum exit_code replace(const struct options *options)
{
	struct error error;
	cJSON *answer = NULL;
	enum exit_code result;
	double before = ask_pid(options, &error);
	enum code code = before == 0 ? error.code : ask(options, "reload-binary", &answer, &error);

	if (code != CODE_OK)
		return client_failed("reload", &error);
	result = client_print("reload", answer);
	cJSON_Delete(answer);
	return result == EXIT_DONE ? wait_for_another(options, before) : result;
}

enum exit_code command_reload(const struct options *options)
{
	struct host *host = NULL;
	enum exit_code result;

	if (!options->binary) {
		(void)fputs(
		    "failoverd: reload: only `reload --binary` is there, which takes over the "
		    "program and the configuration\n",
		    stderr);
		return EXIT_USAGE;
	}
	/* This is the program that will run: what it cannot read, the daemon must not meet. */
	struct options lenient = *options;
	lenient.may_lack_key = true; /* systemd shows a credential to the daemon alone */
	result = host_open(&host, &lenient);
	if (result == EXIT_DONE && is_too_early(options, &host->config))
		result = EXIT_REFUSED;
	host_close(host);
	if (result == EXIT_DONE)
		return replace(options);
	(void)fputs("failoverd: reload: refused; the daemon runs on as it is\n", stderr);
	return result;
}
