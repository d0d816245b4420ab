/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry for each resource of the configuration, both ways.
 */
#include "daemon/worker/resource_news.h"

#include <string.h>

#include "proto/setup.h"
#include "proto/wire.h"

enum {
	LOOKS = 16, /* at resources for one page: to look costs time as well */
};
/* A page that was lost is made up for by the next. */
static const struct span REPEAT = {1000000000LL};
static const struct span STALE = {10 * 1000000000LL};

void resource_news_open(struct resource_news *news, const struct config *config)
{
	memset(news, 0, sizeof *news);
	news->config = config;
	memset(news->role_of, ROLES_MAX, sizeof news->role_of);
	for (uint8_t i = 0; i < config->resource_count; i++)
		news->ids[i] = name_id(config->resources[i].name);
	for (uint8_t r = 0; r < config->setup.role_count; r++)
		for (uint8_t i = 0; i < config->roles[r].resource_count; i++)
			news->role_of[config->roles[r].resources[i]] = r;
}

uint32_t resource_news_seconds(const struct resource_view *view, struct instant now)
{
	if (!view->since_known)
		return UINT32_MAX;
	int64_t seconds = instant_since(now, view->since).ns / 1000000000;
	return seconds < 0 ? 0 : seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX - 1;
}

static bool is_due(const struct resource_said *said, const struct resource_report *report,
                   struct instant now)
{
	return !said->is_known || said->state != report->state ||
	       strcmp(said->detail, report->detail) != 0 ||
	       instant_since(now, said->at).ns >= REPEAT.ns;
}

/* False: it is due and does not fit. */
static bool say_one(struct resource_news *news, uint8_t resource, struct resource_eyes eyes,
                    struct heartbeat *page, struct instant now)
{
	struct resource_said *said = &news->said[resource];
	struct resource_report *report = &page->resources[page->resource_count];
	struct resource_view view;
	eyes.look(eyes.context, resource, &view);
	memset(report, 0, sizeof *report);
	report->role = news->config->setup.roles[news->role_of[resource]].id;
	report->resource = news->ids[resource];
	report->state = view.state;
	report->seconds = resource_news_seconds(&view, now);
	memcpy(report->detail, view.detail, strnlen(view.detail, sizeof report->detail - 1));
	if (!is_due(said, report, now))
		return true;
	page->resource_count++;
	if (wire_bytes(page) > WIRE_BODY_BYTES) {
		page->resource_count--;
		return false;
	}
	*said = (struct resource_said){.is_known = true, .at = now, .state = report->state};
	memcpy(said->detail, report->detail, sizeof said->detail);
	return true;
}

void resource_news_say(struct resource_news *news, struct resource_eyes eyes,
                       const struct leases *leases, struct heartbeat *page, struct instant now)
{
	const uint8_t count = news->config->resource_count;
	/* Who was switched off has a page of its own, and no word beside it. */
	for (uint8_t i = 0; i < count && i < LOOKS && page->fenced_count == 0; i++) {
		const uint8_t resource = news->next < count ? news->next : 0;
		const uint8_t role = news->role_of[resource];
		bool is_ours = role < leases->count && leases->end[role].ns != INSTANT_PAST.ns;
		if (is_ours && (page->resource_count == RESOURCES_SAID_MAX ||
		                !say_one(news, resource, eyes, page, now)))
			return;
		if (!is_ours)
			news->said[resource].is_known = false;
		news->next = (uint8_t)(resource + 1);
	}
}

static bool is_about(const struct resource_news *news, uint8_t resource,
                     const struct resource_report *report)
{
	const uint8_t role = news->role_of[resource];
	return role < ROLES_MAX && news->ids[resource] == report->resource &&
	       news->config->setup.roles[role].id == report->role;
}

void resource_news_hear(struct resource_news *news, const struct heartbeat *page, uint8_t member,
                        struct instant now)
{
	for (uint8_t i = 0; i < page->resource_count; i++) {
		const struct resource_report *report = &page->resources[i];
		for (uint8_t r = 0; r < news->config->resource_count; r++)
			if (is_about(news, r, report))
				news->heard[r] = (struct resource_heard){.is_known = true,
				                                         .member = member,
				                                         .at = now,
				                                         .report = *report};
	}
}

const struct resource_heard *resource_news_find(const struct resource_news *news, uint8_t resource,
                                                uint8_t member, struct instant now)
{
	const struct resource_heard *heard = &news->heard[resource];
	if (!heard->is_known || heard->member != member ||
	    instant_since(now, heard->at).ns >= STALE.ns)
		return NULL;
	return heard;
}
