/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every section and key there is, once: what it is made of, where it is kept, its default, its
 * bounds and what it is for. Loading, printing, error texts and the test of the manual all read
 * these rows. Knows nothing of how a value is written; that is field.h.
 */
#pragma once

#include <stddef.h>

#include "config/config.h"

enum section_kind {
	SECTION_CLUSTER,
	SECTION_NODE,
	SECTION_WITNESS,
	SECTION_ROLE,
	SECTION_RESOURCE,
	SECTION_FENCE
};
enum { SECTIONS = SECTION_FENCE + 1 };

enum value_kind {
	VALUE_NAME,
	VALUE_ACCOUNT,
	VALUE_INTERFACE,
	VALUE_PATH,
	VALUE_SPAN,
	VALUE_PORT,
	VALUE_VOTES,
	VALUE_BOOL,
	VALUE_COMMAND,
	VALUE_ADDRESSES,
	VALUE_KEYS,
	VALUE_NETWORK,
	VALUE_RESTART,
	VALUE_FAILBACK,
	VALUE_NODES,
	VALUE_RESOURCES,
	VALUE_TIMING,
	VALUE_TYPE,
	VALUE_USE,
	VALUE_SECONDS,
	VALUE_ESCALATE,
	VALUE_FENCES,
	VALUE_AGENT,
	VALUE_ENVIRONMENT,
	VALUE_SIGNAL,
	VALUE_DSCP,
};
enum { VALUES = VALUE_DSCP + 1 };

/* Presets of `timing`. A preset is to [cluster] what the type is to a resource: its variant, which
 * decides defaults. */
enum timing_preset { TIMING_LAN, TIMING_FAST, TIMING_WAN };
enum { VARIANTS_MAX = 3 };

struct row {
	const char *key;
	unsigned sections; /* set of section_kind */
	unsigned types; /* set of resource_type that have it; 0: all, and sections without type */
	enum value_kind value;
	bool required;
	size_t offset; /* in struct config, of the field of the first section of its kind */
	size_t stride; /* from there to the field of the next */
	/* By variant; NULL is the same as the first. The first NULL: no default. */
	const char *defaults[VARIANTS_MAX];
	const char *otherwise;  /* what its absence means, where no default says it */
	const char *low, *high; /* bounds of a span, as it is written */
	const char *help;
};

/* Row `index` of all, in the order in which they are printed. */
enum { ROWS = 41 };
const struct row *schema_row(size_t index);
size_t row_index(const struct row *row);

/* The word of a section, a type, a preset, and of other choices. */
const char *section_word(enum section_kind kind);
const char *type_word(enum resource_type type);
const char *preset_word(enum timing_preset preset);
const char *use_word(enum config_use use);
const char *escalate_word(enum config_escalate escalate);

bool row_is_in(const struct row *row, enum section_kind kind);
bool row_has_type(const struct row *row, enum resource_type type);
/* NULL: none. */
const char *row_default(const struct row *row, unsigned variant);
/* NULL: `kind` has no such key. */
const struct row *row_find(enum section_kind kind, const char *key);
/* What its value is, in the words of the manual: "duration", "yes or no". */
const char *row_value_word(const struct row *row);

/* What the manual says of a row behind its key: "duration from 100ms to 24h; default 30s, vip 5s".
 */
enum { ROW_FACTS_BYTES = 160 };
void row_facts(const struct row *row, char out[ROW_FACTS_BYTES]);
