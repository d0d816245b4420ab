/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the document, never changes it.
 */
#include "daemon/cli/view_values.h"

#include <stdio.h>
#include <string.h>

enum { SECOND_MS = 1000, TEN_MINUTES_MS = 600 * 1000, MINUTE_MS = 60 * 1000, DAY_MIN = 24 * 60 };

const cJSON *view_get(const cJSON *from, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(from, name);
}

const char *view_text(const cJSON *from, const char *name, const char *otherwise)
{
	const char *text = cJSON_GetStringValue(view_get(from, name));

	return text == NULL ? otherwise : text;
}

double view_number(const cJSON *from, const char *name)
{
	const cJSON *item = view_get(from, name);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

bool view_is(const cJSON *from, const char *name)
{
	return cJSON_IsTrue(view_get(from, name));
}

void view_ms(const cJSON *item, char out[VIEW_CELL_BYTES])
{
	const double ms = cJSON_IsNumber(item) ? item->valuedouble : 0;

	if (!cJSON_IsNumber(item))
		(void)snprintf(out, VIEW_CELL_BYTES, "-");
	else if (ms < SECOND_MS)
		(void)snprintf(out, VIEW_CELL_BYTES, "%.0f ms", ms);
	else if (ms < TEN_MINUTES_MS)
		(void)snprintf(out, VIEW_CELL_BYTES, "%.1f s", ms / SECOND_MS);
	else if (ms < 2.0 * DAY_MIN * MINUTE_MS)
		(void)snprintf(out, VIEW_CELL_BYTES, "%.0f min", ms / MINUTE_MS);
	else
		(void)snprintf(out, VIEW_CELL_BYTES, "%.0f days", ms / MINUTE_MS / DAY_MIN);
}

void view_flags(const cJSON *member, char *out, unsigned size)
{
	static const char *const flags[] = {"paused",  "relearning",    "abstaining",
	                                    "leaving", "voters_differ", "config_differs"};
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if (view_is(member, flags[i]) && used < size)
			used += (size_t)snprintf(out + used, size - used, "%s%s",
			                         used > 0 ? " " : "", flags[i]);
	}
}

const cJSON *view_named(const cJSON *list, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		if (strcmp(view_text(item, "name", ""), name) == 0)
			return item;
	}
	return NULL;
}
