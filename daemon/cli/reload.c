/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd reload --binary`: checks the configuration as the new program reads it, asks the
 * daemon to let that program take over, and waits until it answers.
 */
#include <stdio.h>
#include <uv.h>

#include "daemon/cli/client.h"
#include "daemon/cli/host.h"
#include "daemon/platform/platform.h"

enum { LOOK_EVERY_MS = 20 };

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
	result = host_open(&host, options);
	host_close(host);
	if (result == EXIT_DONE)
		return replace(options);
	(void)fputs("failoverd: reload: refused; the daemon runs on as it is\n", stderr);
	return result;
}
