/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the rows of the schema over the sections of a config. One line is built at a time and goes
 * to a sink: a buffer here, a hash in digest.c. What a value looks like is field.c's business.
 */
#include "config/print.h"

#include <string.h>

#include "config/field.h"
#include "config/option.h"
#include "config/schema.h"
#include "config/text.h"

static void write_text(const struct sink *sink, const char *text)
{
	sink->write(sink->context, text, strlen(text));
}

static void write_header(const struct sink *sink, enum section_kind kind, const char *name)
{
	write_text(sink, "[");
	write_text(sink, section_word(kind));
	if (*name != '\0') {
		write_text(sink, " ");
		write_text(sink, name);
	}
	write_text(sink, "]\n");
}

static void write_keys(const struct sink *sink, const struct config *config, enum section_kind kind,
                       uint8_t index)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = schema_row(i);
		struct text value;
		if (!row_is_in(row, kind))
			continue;
		if (kind == SECTION_RESOURCE && !row_has_type(row, config->resources[index].type))
			continue;
		text_clear(&value);
		if (!field_format(row, config, index, &value))
			continue;
		write_text(sink, row->key);
		write_text(sink, " = ");
		write_text(sink, value.bytes);
		write_text(sink, "\n");
	}
}

static void write_options(const struct sink *sink, const struct config_fence *fence)
{
	const char *name = NULL, *value;
	while (option_next(fence, &name, &value)) {
		write_text(sink, name);
		write_text(sink, " = ");
		write_text(sink, value);
		write_text(sink, "\n");
	}
}

static void write_section(const struct sink *sink, const struct config *config,
                          enum section_kind kind, uint8_t index, const char *name)
{
	if (kind != SECTION_CLUSTER)
		write_text(sink, "\n");
	write_header(sink, kind, name);
	write_keys(sink, config, kind, index);
	if (kind == SECTION_FENCE)
		write_options(sink, &config->fences[index]);
}

void config_write(const struct config *config, const struct sink *sink)
{
	const struct setup *setup = &config->setup;
	write_section(sink, config, SECTION_CLUSTER, 0, "");
	for (uint8_t i = 0; i < setup->member_count; i++)
		write_section(sink, config,
		              setup->members[i].is_node ? SECTION_NODE : SECTION_WITNESS, i,
		              setup->members[i].name);
	for (uint8_t i = 0; i < setup->role_count; i++)
		write_section(sink, config, SECTION_ROLE, i, setup->roles[i].name);
	for (uint8_t i = 0; i < config->resource_count; i++)
		write_section(sink, config, SECTION_RESOURCE, i, config->resources[i].name);
	for (uint8_t i = 0; i < config->fence_count; i++)
		write_section(sink, config, SECTION_FENCE, i, config->fences[i].name);
}

void config_write_role(const struct config *config, uint8_t role, const struct sink *sink)
{
	const struct config_role *parts = &config->roles[role];
	write_section(sink, config, SECTION_ROLE, role, config->setup.roles[role].name);
	for (uint8_t i = 0; i < parts->resource_count; i++) {
		uint8_t resource = parts->resources[i];
		write_section(sink, config, SECTION_RESOURCE, resource,
		              config->resources[resource].name);
	}
}

struct buffer {
	char *out;
	size_t size, length; /* length counts what did not fit, too */
};

static void buffer_write(void *context, const char *text, size_t length)
{
	struct buffer *buffer = context;
	if (buffer->length + length < buffer->size)
		memcpy(buffer->out + buffer->length, text, length);
	buffer->length += length;
}

enum code config_print(const struct config *config, char *out, size_t size, size_t *length,
                       struct error *error)
{
	struct buffer buffer = {.out = out, .size = size};
	config_write(config, &(struct sink){.write = buffer_write, .context = &buffer});
	if (buffer.length >= size)
		return error_set(error, CODE_TOO_LARGE,
		                 "the printed configuration has %zu bytes, %zu are at hand",
		                 buffer.length, size);
	out[buffer.length] = '\0';
	*length = buffer.length;
	return CODE_OK;
}
