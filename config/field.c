/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of value kinds: how a value, or one item of a list, gets in, and how it gets out. Values
 * of one word are here, choices among words in field_choice.c, lists in field_list.c.
 */
#include "config/field.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "config/field_choice.h"
#include "config/field_list.h"
#include "config/print.h"
#include "config/value.h"

static enum code take_name(const struct field *field, void *at, const char *text,
                           struct error *error)
{
	(void)field;
	return value_name(text, at, error);
}

static enum code take_account(const struct field *field, void *at, const char *text,
                              struct error *error)
{
	(void)field;
	return value_account(text, at, error);
}

static enum code take_interface(const struct field *field, void *at, const char *text,
                                struct error *error)
{
	(void)field;
	return value_interface(text, at, error);
}

static enum code take_path(const struct field *field, void *at, const char *text,
                           struct error *error)
{
	(void)field;
	return value_path(text, at, error);
}

static enum code take_agent(const struct field *field, void *at, const char *text,
                            struct error *error)
{
	(void)field;
	return value_agent(text, at, error);
}

/* The five above: the empty text is "not set". */
static bool format_word(const void *at, const struct config *config, struct text *out)
{
	(void)config;
	text_add(out, at);
	return *(const char *)at != '\0';
}

static struct span bound(const char *text)
{
	struct span span = {0};
	enum code code = value_span(text, &span, NULL);
	assert(code == CODE_OK);
	(void)code;
	return span;
}

static enum code take_span(const struct field *field, void *at, const char *text,
                           struct error *error)
{
	struct span span;
	enum code code = value_span(text, &span, error);
	if (code != CODE_OK)
		return code;
	if (span.ns < bound(field->row->low).ns)
		return error_set(error, CODE_INVALID, "'%s' is too short; at least %s is needed",
		                 excerpt_of(text).text, field->row->low);
	if (span.ns > bound(field->row->high).ns)
		return error_set(error, CODE_INVALID, "'%s' is too long; at most %s is allowed",
		                 excerpt_of(text).text, field->row->high);
	memcpy(at, &span, sizeof span);
	return CODE_OK;
}

static bool format_span(const void *at, const struct config *config, struct text *out)
{
	char text[SPAN_TEXT_BYTES];
	const struct span *span = at;
	(void)config;
	span_text(*span, text);
	text_add(out, text);
	return true;
}

static enum code take_seconds(const struct field *field, void *at, const char *text,
                              struct error *error)
{
	struct span span = {0};
	enum code code = take_span(field, &span, text, error);
	if (code != CODE_OK)
		return code;
	if (span.ns % span_ms(1000).ns != 0)
		return error_set(error, CODE_INVALID, "'%s' is not a whole number of seconds",
		                 excerpt_of(text).text);
	memcpy(at, &span, sizeof span);
	return CODE_OK;
}

/* 0 is "not set". */
static bool format_seconds(const void *at, const struct config *config, struct text *out)
{
	const struct span *span = at;
	return span->ns != 0 && format_span(at, config, out);
}

static enum code take_port(const struct field *field, void *at, const char *text,
                           struct error *error)
{
	uint32_t port;
	(void)field;
	enum code code = value_number(text, 1, UINT16_MAX, &port, error);
	if (code == CODE_OK)
		*(uint16_t *)at = (uint16_t)port;
	return code;
}

static bool format_port(const void *at, const struct config *config, struct text *out)
{
	char text[8];
	(void)config;
	snprintf(text, sizeof text, "%u", *(const uint16_t *)at);
	text_add(out, text);
	return true;
}

static enum code take_votes(const struct field *field, void *at, const char *text,
                            struct error *error)
{
	uint32_t votes;
	(void)field;
	enum code code = value_number(text, 0, 1, &votes, error);
	if (code == CODE_OK)
		*(bool *)at = votes == 1;
	return code;
}

static bool format_votes(const void *at, const struct config *config, struct text *out)
{
	(void)config;
	text_add(out, *(const bool *)at ? "1" : "0");
	return true;
}

static enum code take_bool(const struct field *field, void *at, const char *text,
                           struct error *error)
{
	(void)field;
	return value_bool(text, at, error);
}

static bool format_bool(const void *at, const struct config *config, struct text *out)
{
	(void)config;
	text_add(out, *(const bool *)at ? "yes" : "no");
	return true;
}

static enum code take_command(const struct field *field, void *at, const char *text,
                              struct error *error)
{
	struct error doubt;
	enum code code = value_command_doubted(text, at, &doubt, error);
	if (code == CODE_OK && doubt.code != CODE_OK)
		findings_warning(field->findings, field->line, "%s: %s", field->row->key,
		                 doubt.text);
	return code;
}

static enum code take_environment(const struct field *field, void *at, const char *text,
                                  struct error *error)
{
	struct error doubt;
	enum code code = value_environment(text, at, &doubt, error);
	if (code == CODE_OK && doubt.code != CODE_OK)
		findings_warning(field->findings, field->line, "%s: %s", field->row->key,
		                 doubt.text);
	return code;
}

static enum code take_dscp(const struct field *field, void *at, const char *text,
                           struct error *error)
{
	(void)field;
	return value_dscp(text, at, error);
}

/* The default is left out: members of before there was a choice write the same. */
static bool format_dscp(const void *at, const struct config *config, struct text *out)
{
	const uint8_t *dscp = at;
	char word[DSCP_WORD_BYTES];
	(void)config;
	if (*dscp == DSCP_DEFAULT)
		return false;
	dscp_text(*dscp, word);
	text_add(out, word);
	return true;
}

static enum code take_signal(const struct field *field, void *at, const char *text,
                             struct error *error)
{
	(void)field;
	return value_signal(text, at, error);
}

static bool format_command(const void *at, const struct config *config, struct text *out)
{
	(void)config;
	return command_format(at, out);
}

static enum code take_network(const struct field *field, void *at, const char *text,
                              struct error *error)
{
	struct config_resource *resource = at;
	(void)field;
	return value_network(text, &resource->address, &resource->prefix, error);
}

static bool format_network(const void *at, const struct config *config, struct text *out)
{
	const struct config_resource *resource = at;
	char text[ADDRESS_TEXT_BYTES], prefix[8];
	(void)config;
	address_format(&resource->address, text);
	snprintf(prefix, sizeof prefix, "/%u", resource->prefix);
	text_add(out, text);
	text_add(out, prefix);
	return true;
}

static enum code take_restart(const struct field *field, void *at, const char *text,
                              struct error *error)
{
	struct config_resource *resource = at;
	(void)field;
	return value_restart(text, &resource->restarts, &resource->restart_window, error);
}

static bool format_restart(const void *at, const struct config *config, struct text *out)
{
	const struct config_resource *resource = at;
	char window[SPAN_TEXT_BYTES], text[SPAN_TEXT_BYTES + 8];
	(void)config;
	span_text(resource->restart_window, window);
	snprintf(text, sizeof text, "%u/%s", resource->restarts, window);
	text_add(out, resource->restarts == 0 ? "none" : text);
	return true;
}

static enum code take_failback(const struct field *field, void *at, const char *text,
                               struct error *error)
{
	struct setup_role *role = at;
	role->fails_back = strcmp(text, "never") != 0;
	if (!role->fails_back)
		return CODE_OK;
	if (strchr("0123456789", *text) == NULL)
		return error_set(error, CODE_INVALID,
		                 "'%s' is neither never nor a duration, such as 10m",
		                 excerpt_of(text).text);
	return take_span(field, &role->failback, text, error);
}

static bool format_failback(const void *at, const struct config *config, struct text *out)
{
	const struct setup_role *role = at;
	if (role->fails_back)
		return format_span(&role->failback, config, out);
	text_add(out, "never");
	return true;
}

/* `at` is the place of the row in struct config, of the type that the kind of value implies. */
static const struct form {
	bool is_list; /* `take` is called once for each item */
	enum code (*take)(const struct field *field, void *at, const char *text,
	                  struct error *error);
	bool (*format)(const void *at, const struct config *config, struct text *out);
} forms[VALUES] = {
    [VALUE_NAME] = {false, take_name, format_word},
    [VALUE_ACCOUNT] = {false, take_account, format_word},
    [VALUE_INTERFACE] = {false, take_interface, format_word},
    [VALUE_PATH] = {false, take_path, format_word},
    [VALUE_SPAN] = {false, take_span, format_span},
    [VALUE_PORT] = {false, take_port, format_port},
    [VALUE_VOTES] = {false, take_votes, format_votes},
    [VALUE_BOOL] = {false, take_bool, format_bool},
    [VALUE_COMMAND] = {false, take_command, format_command},
    [VALUE_ADDRESSES] = {true, take_member_address, format_member_addresses},
    [VALUE_KEYS] = {true, take_member_key, format_member_keys},
    [VALUE_NETWORK] = {false, take_network, format_network},
    [VALUE_RESTART] = {false, take_restart, format_restart},
    [VALUE_FAILBACK] = {false, take_failback, format_failback},
    [VALUE_NODES] = {true, take_role_node, format_role_nodes},
    [VALUE_RESOURCES] = {true, take_role_resource, format_role_resources},
    [VALUE_TIMING] = {false, take_timing, format_timing},
    [VALUE_TYPE] = {false, take_type, format_type},
    [VALUE_USE] = {false, take_use, format_use},
    [VALUE_SECONDS] = {false, take_seconds, format_seconds},
    [VALUE_ESCALATE] = {false, take_escalate, format_escalate},
    [VALUE_FENCES] = {false, take_fences, format_fences},
    [VALUE_AGENT] = {false, take_agent, format_word},
    [VALUE_ENVIRONMENT] = {false, take_environment, format_command},
    [VALUE_SIGNAL] = {false, take_signal, format_word},
    [VALUE_DSCP] = {false, take_dscp, format_dscp},
};

static bool take(const struct field *field, const char *text)
{
	struct error error;
	const struct row *row = field->row;
	char *at = (char *)field->config + row->offset + field->index * row->stride;
	if (forms[row->value].take(field, at, text, &error) == CODE_OK)
		return true;
	findings_error(field->findings, field->line, "%s: %s", row->key, error.text);
	return false;
}

/* Each item between commas, without the blanks around it. */
static bool take_items(const struct field *field, const char *text)
{
	bool good = true;
	char item[CONFIG_LINE_BYTES];
	for (bool more = true; more;) {
		text += strspn(text, " \t");
		size_t length = strcspn(text, ",");
		more = text[length] == ',';
		const char *next = text + length + 1;
		while (length > 0 && strchr(" \t", text[length - 1]) != NULL)
			length--;
		assert(length < sizeof item);
		memcpy(item, text, length);
		item[length] = '\0';
		if (length == 0) {
			findings_error(field->findings, field->line,
			               "%s: there is nothing before or behind a comma",
			               field->row->key);
			good = false;
		} else if (!take(field, item)) {
			good = false;
		}
		text = next;
	}
	return good;
}

bool field_parse(const struct field *field, const char *text)
{
	if (forms[field->row->value].is_list)
		return take_items(field, text);
	return take(field, text);
}

bool field_format(const struct row *row, const struct config *config, uint8_t index,
                  struct text *out)
{
	const char *at = (const char *)config + row->offset + index * row->stride;
	return forms[row->value].format(at, config, out);
}
