/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a role's resources, as its owner reports it to the other members, so that each can
 * answer for it. For people only: no rule reads it. What an owner says fills what is left of
 * its pages, a changed resource first and each once a second at least, in turn: where pages are
 * full it is late, and nothing else is. Knows the configuration and pages, and no sockets.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/leases.h"
#include "daemon/resource/runner.h"
#include "proto/heartbeat.h"

/* What this member last said of one. */
struct resource_said {
	bool is_known;
	struct instant at;
	enum resource_state state;
	char detail[RESOURCE_DETAIL_BYTES];
};

/* What was last heard of one, from whom. */
struct resource_heard {
	bool is_known;
	uint8_t member;
	struct instant at;
	struct resource_report report;
};

struct resource_news {
	const struct config *config; /* borrowed */
	uint64_t ids[CONFIG_RESOURCES_MAX];
	uint8_t role_of[CONFIG_RESOURCES_MAX]; /* ROLES_MAX: of none */
	uint8_t next;                          /* whose turn it is to be said */
	struct resource_said said[CONFIG_RESOURCES_MAX];
	struct resource_heard heard[CONFIG_RESOURCES_MAX];
};

/* `config` is borrowed from then on. */
void resource_news_open(struct resource_news *news, const struct config *config);
/* How the resources of this host are: runner_view. */
struct resource_eyes {
	void (*look)(const void *context, uint8_t resource, struct resource_view *view);
	const void *context;
};

/* Adds to a page what is due of roles to which this host has a claim, as far as there is room. */
void resource_news_say(struct resource_news *news, struct resource_eyes eyes,
                       const struct leases *leases, struct heartbeat *page, struct instant now);
/* Of a page that was let in, from that member. */
void resource_news_hear(struct resource_news *news, const struct heartbeat *page, uint8_t member,
                        struct instant now);
/* What that member said of the resource, an index of the configuration; NULL: nothing, or not
 * within the last moments. Borrowed until the next call. */
const struct resource_heard *resource_news_find(const struct resource_news *news, uint8_t resource,
                                                uint8_t member, struct instant now);
/* As a view of a resource is said: seconds since its state, UINT32_MAX: not known. */
uint32_t resource_news_seconds(const struct resource_view *view, struct instant now);
