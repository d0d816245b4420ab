/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an address of a role stands on this host without a claim to the role. Only the daemon
 * knows whether there is one, so it is asked.
 */
#include <stdio.h>

#include "daemon/cli/check.h"
#include "daemon/cli/client.h"

static cJSON *ask_status(const struct check *check)
{
	const struct client_question question = {.verb = "status"};
	struct client *client = NULL;
	cJSON *status = NULL;
	struct error error;
	enum code code =
	    client_open(&client, check->options->run_dir, check->options->timeout, &error);

	if (code == CODE_OK)
		code = client_ask(client, &question, &error);
	if (code == CODE_OK)
		(void)client_next(client, &status, &error);
	client_close(client);
	return status;
}

void check_strays(struct check *check)
{
	cJSON *status = check->guard != 0 ? ask_status(check) : NULL;
	const cJSON *resource;

	/* Without an answer nothing is known; another row reports that no daemon runs. */
	cJSON_ArrayForEach(resource, cJSON_GetObjectItemCaseSensitive(status, "resources"))
	{
		const cJSON *name = cJSON_GetObjectItemCaseSensitive(resource, "name");
		const cJSON *stray = cJSON_GetObjectItemCaseSensitive(resource, "stray");
		struct error text;

		if (!cJSON_IsString(name) || !cJSON_IsString(stray))
			continue;
		(void)error_set(&text, CODE_EXISTS,
		                "its address is on interface %s of this host, which does not own "
		                "its role: somebody else configured it; remove it there",
		                stray->valuestring);
		check_warn(check, name->valuestring, text.text);
	}
	cJSON_Delete(status);
}
