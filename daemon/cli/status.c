/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd status`: asks this host's daemon for its status document and prints it, whole or about
 * one role or member, once or every second.
 */
#include <stdio.h>
#include <uv.h>

#include "daemon/cli/client.h"
#include "daemon/cli/view.h"

enum { EVERY_MS = 1000 };

static enum exit_code print_json(const cJSON *status, bool watch)
{
	/* One document in each line can be read by a program that watches. */
	char *text = watch ? cJSON_PrintUnformatted(status) : cJSON_Print(status);

	if (text == NULL || printf("%s\n", text) < 0) {
		cJSON_free(text);
		return EXIT_REFUSED;
	}
	cJSON_free(text);
	return EXIT_DONE;
}

static enum exit_code exit_code_of(const cJSON *status)
{
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(status, "healthy")))
		return EXIT_UNHEALTHY;
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(status, "degraded")) ? EXIT_DEGRADED
	                                                                          : EXIT_DONE;
}

static enum exit_code show(const struct options *options, const cJSON *status)
{
	const struct paint paint = paint_stdout();
	const char *name = options->operand_count > 0 ? options->operands[0] : NULL;

	if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(status, "ok")))
		return client_print("status", status);
	if (options->json) {
		if (print_json(status, options->watch) != EXIT_DONE)
			return EXIT_REFUSED;
	} else if (name == NULL) {
		view_overview(status, &paint);
	} else if (!view_detail(status, name, &paint)) {
		(void)fprintf(stderr,
		              "failoverd: status: no role and no member is called %s; `failoverd "
		              "status` lists them\n",
		              name);
		return EXIT_REFUSED;
	}
	return exit_code_of(status);
}

static enum exit_code ask_once(const struct options *options)
{
	const struct client_question question = {.verb = "status"};
	cJSON *status = NULL;
	enum exit_code result = client_fetch(options, &question, &status);

	if (result == EXIT_DONE)
		result = show(options, status);
	cJSON_Delete(status);
	return result;
}

enum exit_code command_status(const struct options *options)
{
	/* On a terminal each picture replaces the one before. */
	const bool repaint = options->watch && !options->json && uv_guess_handle(1) == UV_TTY;
	enum exit_code result = EXIT_DONE;

	do {
		if (repaint)
			(void)fputs("\033[H\033[J", stdout);
		result = ask_once(options);
		if (fflush(stdout) != 0)
			return EXIT_REFUSED; /* nobody reads any more */
		if (!options->watch)
			return result;
		if (!repaint && !options->json)
			(void)printf("\n");
		uv_sleep(EVERY_MS);
	} while (true);
}
