/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd clear`: lets a role be tried again at once where it has failed: on one node, or on
 * each that the status document counts failures for.
 */
#include <stdio.h>

#include "daemon/cli/client.h"
#include "daemon/cli/view_values.h"

static enum exit_code clear_everywhere(const struct options *options, const cJSON *status)
{
	const char *name = options->operands[0];
	const cJSON *role = view_named(view_get(status, "roles"), name), *node;
	enum exit_code result = EXIT_DONE;
	int count = 0;

	if (role == NULL) {
		(void)fprintf(stderr,
		              "failoverd: clear: no role is called %s; `failoverd status` "
		              "lists them\n",
		              name);
		return EXIT_REFUSED;
	}
	cJSON_ArrayForEach(node, view_get(role, "nodes"))
	{
		enum exit_code code;

		if (view_number(node, "failures") <= 0)
			continue;
		count++;
		code = client_command(options, "clear", name, view_text(node, "member", ""));
		if (code != EXIT_DONE)
			result = code;
	}
	if (count == 0)
		(void)printf("%s has no failures on any node\n", name);
	return result;
}

enum exit_code command_clear(const struct options *options)
{
	const struct client_question question = {.verb = "status"};
	cJSON *status = NULL;
	enum exit_code result;

	if (options->operand_count > 1)
		return client_command(options, "clear", options->operands[0], options->operands[1]);
	result = client_fetch(options, &question, &status);
	if (result == EXIT_DONE)
		result = clear_everywhere(options, status);
	cJSON_Delete(status);
	return result;
}
