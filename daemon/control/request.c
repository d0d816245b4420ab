/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing of a control line: JSON by cJSON, then one table of the members a request may have.
 */
#include "daemon/control/request.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
	TIMEOUT_DEFAULT_MS = 30000,
	TIMEOUT_MAX_MS = 24 * 3600 * 1000,
};

/* A string that fits; *out is untouched otherwise. */
static bool take_string(const cJSON *item, char *out, size_t size)
{
	const char *text = cJSON_GetStringValue(item);

	if (text == NULL || text[0] == '\0' || strlen(text) >= size)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static bool take_verb(const cJSON *item, struct control_request *request)
{
	return take_string(item, request->verb, sizeof request->verb);
}

static bool take_role(const cJSON *item, struct control_request *request)
{
	return take_string(item, request->role, sizeof request->role);
}

static bool take_node(const cJSON *item, struct control_request *request)
{
	return take_string(item, request->node, sizeof request->node);
}

static bool take_timeout(const cJSON *item, struct control_request *request)
{
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 1) ||
	    !(item->valuedouble <= TIMEOUT_MAX_MS))
		return false;
	request->limit = span_ms((int64_t)item->valuedouble);
	return true;
}

static const struct member {
	const char *name;
	bool (*take)(const cJSON *item, struct control_request *request);
	const char *expected;
} members[] = {
    {"verb", take_verb, "a word of at most 15 characters"},
    {"role", take_role, "a name of at most 31 characters"},
    {"node", take_node, "a name of at most 31 characters"},
    {"timeout_ms", take_timeout, "milliseconds, 1 to 86400000"},
};
enum { MEMBERS = sizeof members / sizeof members[0] };

static enum code take_member(const cJSON *item, struct control_request *request,
                             struct error *error)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		if (strcmp(members[i].name, item->string) != 0)
			continue;
		if (!members[i].take(item, request))
			return error_set(error, CODE_INVALID, "\"%s\": expected %s",
			                 members[i].name, members[i].expected);
		return CODE_OK;
	}
	return error_set(error, CODE_INVALID,
	                 "\"%.32s\" is unknown; expected verb, role, node, timeout_ms",
	                 item->string);
}

static bool is_blank(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t' || *from == '\r'))
		from++;
	return from == to;
}

enum code request_parse(const char *line, size_t length, struct control_request *request,
                        struct error *error)
{
	struct control_request found = {.limit = span_ms(TIMEOUT_DEFAULT_MS)};
	const char *end = NULL;
	enum code code = CODE_OK;
	cJSON *json;

	if (memchr(line, '\0', length) != NULL)
		return error_set(error, CODE_INVALID, "not a line of JSON: it has a zero byte");
	json = cJSON_ParseWithLengthOpts(line, length, &end, false);
	if (!cJSON_IsObject(json))
		code = error_set(error, CODE_INVALID, "not a line of JSON; expected an object");
	else if (!is_blank(end, line + length))
		code =
		    error_set(error, CODE_INVALID, "the JSON object is followed by something else");
	if (code == CODE_OK) {
		const cJSON *item;

		cJSON_ArrayForEach(item, json)
		{
			code = take_member(item, &found, error);
			if (code != CODE_OK)
				break;
		}
	}
	if (code == CODE_OK && found.verb[0] == '\0')
		code = error_set(error, CODE_INVALID, "there is no \"verb\"");
	cJSON_Delete(json);
	if (code == CODE_OK)
		*request = found;
	return code;
}
