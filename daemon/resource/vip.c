/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kind `vip`: an address on an interface, announced to the neighbours for as long as it is here.
 * Every act is done and answered at once. Knows no other resource of the role.
 */
#include "daemon/resource/kinds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/print.h"
#include "daemon/resource/alarm.h"
#include "daemon/resource/lifetime.h"
#include "daemon/resource/trail.h"

/* Pauses between the announcements of a burst: at 0, 100 ms, 500 ms, 1 s and 3 s. A switch may be
 * learning, a neighbour asleep, a frame lost. */
static const struct span BURST[] = {
    {100 * 1000000LL}, {400 * 1000000LL}, {500 * 1000000LL}, {2000 * 1000000LL}};
enum { BURST_PAUSES = sizeof BURST / sizeof BURST[0] };
/* After the burst: some routers forget, some switches restart. */
static const struct span REFRESH = {60 * 1000000000LL};
static const struct span RETRY = {20 * 1000000LL};

enum vip_state { VIP_AWAY, VIP_HERE, VIP_LEAVING };

struct vip {
	struct resource *resource;
	struct network_address address;
	char text[ADDRESS_TEXT_BYTES];
	enum vip_state state;
	unsigned index; /* of the interface; 0: it does not exist */
	enum link_state link;
	struct alarm *announcer; /* owned */
	unsigned pause;          /* the next one in BURST */
	bool is_losing;          /* the last announcement was lost */
	struct watch *ear;       /* owned; for rivals; NULL: never needed so far */
	struct alarm *retry;     /* owned */
};

static void hear_rival(void *context);

/* Closing such a socket holds the loop up for milliseconds (the kernel waits for every processor to
 * have seen it go), which would stand between a release and the word that the role is free. So it
 * stays open; while the address is not here, what it hears is read and forgotten. */
static void open_ear(struct vip *vip)
{
	int fd;
	const struct resource_site *site = vip->resource->site;
	if (vip->ear == NULL &&
	    network_rival_open(site->network, &vip->address, &fd, NULL) == CODE_OK)
		vip->ear = watch_open(site->loop, fd, hear_rival, vip);
}

static void close_ear(struct vip *vip)
{
	watch_close(vip->ear);
	vip->ear = NULL;
}

static void announce(void *context)
{
	struct vip *vip = context;
	struct error error;
	const struct resource_site *site = vip->resource->site;
	/* After a pause of this process the lease may be over, and this runs before anybody
	 * noticed. */
	if (!resource_may_act(vip->resource)) {
		alarm_set(vip->announcer, RETRY);
		return;
	}
	bool is_lost = network_announce(site->network, &vip->address, &error) != CODE_OK;
	if (is_lost && !vip->is_losing)
		log_write(site->log, LEVEL_WARNING, "resource %s: %s", vip->resource->config->name,
		          error.text);
	vip->is_losing = is_lost;
	open_ear(vip); /* where that was not possible so far */
	alarm_set(vip->announcer, vip->pause < BURST_PAUSES ? BURST[vip->pause] : REFRESH);
	vip->pause++;
}

static void begin_burst(struct vip *vip)
{
	vip->pause = 0;
	announce(vip);
}

static void hear_rival(void *context)
{
	struct vip *vip = context;
	uint8_t who[STATION_BYTES];
	char station[STATION_TEXT_BYTES];
	struct resource *resource = vip->resource;
	const struct resource_site *site = resource->site;
	if (!network_rival_read(site->network, &vip->address, watch_fd(vip->ear), who) ||
	    vip->state != VIP_HERE || !rivalry_hear(&resource->rivalry, who, platform_now()))
		return;
	rivalry_station(&resource->rivalry, station);
	log_write(site->log, LEVEL_WARNING,
	          "resource %s: station %s says that %s is its own (%u signs of that so far); "
	          "announcing again",
	          resource->config->name, station, vip->text, (unsigned)resource->rivalry.signs);
	begin_burst(vip);
}

static void set_link(struct vip *vip, enum link_state link)
{
	static const char *const problems[] = {
	    [LINK_ABSENT] = "does not exist",
	    [LINK_DOWN] = "is down or has no carrier",
	    [LINK_UP] = "is up",
	};
	char why[DETAIL_BYTES];
	vip->link = link;
	snprintf(why, sizeof why, "interface %s %s", vip->address.interface, problems[link]);
	resource_set_fit(vip->resource, link == LINK_UP, why);
}

static enum code leave_trail(const struct vip *vip, struct error *error)
{
	struct leftover leftover;
	trail_begin(vip->resource, LEFTOVER_ADDRESS, &leftover);
	leftover.address = vip->address;
	return trail_leave(vip->resource, "address", &leftover, error);
}

static void fall_silent(struct vip *vip, enum vip_state state)
{
	vip->state = state;
	alarm_stop(vip->announcer);
	alarm_stop(vip->retry);
}

/* Also asks again for the right to act after the act: between asking and adding, the process may
 * have been stopped for any length of time. */
static enum code add(struct vip *vip, bool *had_right, struct error *error)
{
	const struct resource_site *site = vip->resource->site;
	*had_right = resource_may_act(vip->resource);
	if (!*had_right)
		return CODE_OK;
	/* Each time: what the guard removed is in its ledger as such. */
	enum code code = leave_trail(vip, error);
	if (code != CODE_OK)
		return code;
	code = lifetime_add(site->lifetime, site->network, resource_role(vip->resource),
	                    &vip->address, error);
	*had_right = resource_may_act(vip->resource);
	if (code == CODE_OK && *had_right)
		begin_burst(vip);
	else if (lifetime_remove(site->lifetime, site->network, &vip->address, NULL) != CODE_OK)
		code = error_set(error, CODE_SYSTEM, "%s may be half added", vip->text);
	return code;
}

static void vip_start(struct resource *resource)
{
	struct vip *vip = resource->kind;
	struct error error;
	bool had_right = false;
	vip->link = network_link(resource->site->network, vip->address.interface, &vip->index);
	enum code code = add(vip, &had_right, &error);
	if (code != CODE_OK) {
		resource_report_problem(resource, REPORT_FAILED, "%s", error.text);
	} else if (!had_right) {
		trail_forget(resource, "address");
		resource_report(resource, REPORT_REFUSED);
	} else {
		vip->state = VIP_HERE;
		open_ear(vip);
		resource_report(resource, REPORT_UP);
	}
}

/* What is recorded as another address was removed by runner_clean; one that is not there although
 * it was recorded was removed by the guard, or never added: it comes back by a start. */
static enum code vip_adopt(struct resource *resource, enum group_found *found, struct error *error)
{
	struct vip *vip = resource->kind;
	const struct resource_site *site = resource->site;
	struct leftover record;
	bool is_here = false;
	*found = FOUND_NOTHING;
	enum code code = trail_find(resource, "address", &record, error);
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	if (code == CODE_OK)
		code = network_present(site->network, &vip->address, &is_here, error);
	/* It has the end that the life before gave it, which nobody puts off any more. */
	if (code == CODE_OK && is_here)
		code = lifetime_adopt(site->lifetime, site->network, resource_role(resource),
		                      &vip->address, error);
	if (code != CODE_OK || !is_here)
		return code;
	vip->link = network_link(site->network, vip->address.interface, &vip->index);
	vip->state = VIP_HERE;
	log_write(site->log, LEVEL_INFO, "resource %s: %s on interface %s goes on",
	          resource->config->name, vip->text, vip->address.interface);
	/* Once: whoever asked in the meantime got no worse answer than before. */
	vip->pause = BURST_PAUSES;
	announce(vip);
	open_ear(vip);
	*found = FOUND_UP;
	return CODE_OK;
}

/* Removed and seen to be gone, or tried again for as long as it takes: while the address is here
 * the role is not down. */
static void leave(struct vip *vip)
{
	struct resource *resource = vip->resource;
	struct error error;
	bool is_here = true;
	const struct resource_site *site = resource->site;
	enum code code = lifetime_remove(site->lifetime, site->network, &vip->address, &error);
	if (code == CODE_OK)
		code = network_present(site->network, &vip->address, &is_here, &error);
	if (code == CODE_OK && is_here)
		code = error_set(&error, CODE_SYSTEM, "%s is still on interface %s", vip->text,
		                 vip->address.interface);
	if (code != CODE_OK) {
		snprintf(resource->detail, sizeof resource->detail, "%.*s", DETAIL_BYTES - 1,
		         error.text);
		alarm_set(vip->retry, RETRY);
		return;
	}
	vip->state = VIP_AWAY;
	trail_forget(resource, "address");
	resource_report(resource, REPORT_DOWN);
}

static void vip_stop(struct resource *resource)
{
	struct vip *vip = resource->kind;
	fall_silent(vip, VIP_LEAVING);
	leave(vip);
}

static void vip_kill(struct resource *resource, struct span limit)
{
	(void)limit;
	vip_stop(resource);
}

/* `expected`: the address went with the link, nobody took it away. */
static void put_back(struct vip *vip, bool expected)
{
	const struct resource_site *site = vip->resource->site;
	struct error error;
	bool is_here = true, had_right = false;
	bool ran_out = lifetime_ran_out(site->lifetime, &vip->address);
	enum code code = network_present(site->network, &vip->address, &is_here, &error);
	if (code == CODE_OK && is_here)
		return;
	if (code == CODE_OK)
		code = add(vip, &had_right, &error);
	if (code == CODE_OK && !had_right) {
		alarm_set(vip->retry, RETRY);
	} else if (code != CODE_OK) {
		resource_report_problem(vip->resource, REPORT_FAILED, "%s", error.text);
	} else if (ran_out) {
		log_write(site->log, LEVEL_WARNING,
		          "resource %s: %s expired before its lease was confirmed again; put back",
		          vip->resource->config->name, vip->text);
	} else if (!expected) {
		resource_report_problem(vip->resource, REPORT_MENDED,
		                        "somebody else removed %s; put back", vip->text);
	}
}

static void on_retry(void *context)
{
	struct vip *vip = context;
	switch (vip->state) {
	case VIP_AWAY:
		break;
	case VIP_HERE:
		put_back(vip, true);
		break;
	case VIP_LEAVING:
		leave(vip);
		break;
	}
}

static void link_changed(struct vip *vip, enum link_state link)
{
	bool came_up = link == LINK_UP && vip->link != LINK_UP;
	set_link(vip, link);
	if (vip->state != VIP_HERE || !came_up)
		return;
	/* The interface may be another one by now, and the address may have gone with the carrier,
	 * as IPv6 addresses do. */
	close_ear(vip);
	open_ear(vip);
	put_back(vip, true);
	if (vip->state == VIP_HERE)
		begin_burst(vip);
}

static void hear_link(struct vip *vip, const struct network_change *change)
{
	bool is_name = strcmp(change->interface, vip->address.interface) == 0;
	if (!is_name && (vip->index == 0 || change->index != vip->index))
		return;
	/* A name that went may stand for another interface already; one that came counts as it was
	 * told, so that a carrier that was lost for a moment is noticed. */
	unsigned index = 0;
	enum link_state now =
	    network_link(vip->resource->site->network, vip->address.interface, &index);
	bool is_as_told = is_name && change->index == index;
	vip->index = index;
	link_changed(vip, is_as_told ? change->state : now);
}

static bool is_same(const struct address *a, const struct address *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, a->family == AF_INET ? 4 : 16) == 0;
}

static bool vip_announce(struct resource *resource)
{
	struct vip *vip = resource->kind;
	if (vip->state != VIP_HERE)
		return false;
	begin_burst(vip);
	return true;
}

static void vip_network(struct resource *resource, const struct network_change *change)
{
	struct vip *vip = resource->kind;
	switch (change->news) {
	case NEWS_LINK:
		hear_link(vip, change);
		break;
	case NEWS_ADDRESS_GONE:
		/* Its own removal, heard late, is recognised by looking. Without a link it comes
		 * back with the carrier. */
		if (vip->state == VIP_HERE && vip->link == LINK_UP && change->index == vip->index &&
		    is_same(&change->address, &vip->address.address))
			put_back(vip, false);
		break;
	case NEWS_ADDRESS_HERE:
		break;
	case NEWS_MISSED:
		link_changed(vip, network_link(resource->site->network, vip->address.interface,
		                               &vip->index));
		if (vip->state == VIP_HERE && vip->link == LINK_UP)
			put_back(vip, false);
		break;
	}
}

static void vip_close(struct resource *resource)
{
	struct vip *vip = resource->kind;
	alarm_close(vip->announcer);
	alarm_close(vip->retry);
	watch_close(vip->ear);
	free(vip);
}

static enum code vip_open(struct resource *resource, struct error *error)
{
	struct vip *vip = calloc(1, sizeof *vip);
	if (vip == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	vip->resource = resource;
	vip->address.address = resource->config->address;
	vip->address.prefix = resource->config->prefix;
	memcpy(vip->address.interface, resource->config->interface, sizeof vip->address.interface);
	address_format(&vip->address.address, vip->text);
	resource->kind = vip;
	vip->announcer = alarm_open(resource->site->loop, announce, vip);
	vip->retry = alarm_open(resource->site->loop, on_retry, vip);
	if (vip->announcer == NULL || vip->retry == NULL) {
		vip_close(resource);
		return error_set(error, CODE_SYSTEM, "out of memory");
	}
	set_link(vip, network_link(resource->site->network, vip->address.interface, &vip->index));
	return CODE_OK;
}

const struct resource_ops vip_ops = {
    .open = vip_open,
    .close = vip_close,
    .adopt = vip_adopt,
    .start = vip_start,
    .stop = vip_stop,
    .kill = vip_kill,
    .announce = vip_announce,
    .network = vip_network,
};
