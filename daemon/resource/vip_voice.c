/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a virtual address says to its neighbours, and what it hears of others who claim it. Knows
 * not when it comes and goes.
 */
#include "daemon/resource/vip.h"

#include <stdio.h>

/* Pauses between the announcements of a burst: at 0, 100 ms, 500 ms, 1 s and 3 s. A switch may be
 * learning, a neighbour asleep, a frame lost. */
static const struct span BURST[] = {
    {100 * 1000000LL}, {400 * 1000000LL}, {500 * 1000000LL}, {2000 * 1000000LL}};
enum { BURST_PAUSES = sizeof BURST / sizeof BURST[0] };
/* After the burst: some routers forget, some switches restart. */
static const struct span REFRESH = {60 * 1000000000LL};
static const struct span RETRY = {20 * 1000000LL};

static void hear_rival(void *context);

/* Closing such a socket holds the loop up for milliseconds (the kernel waits for every processor to
 * have seen it go), which would stand between a release and the word that the role is free. So it
 * stays open; while the address is not here, what it hears is read and forgotten. */
void vip_open_ear(struct vip *vip)
{
	int fd;
	const struct resource_site *site = vip->resource->site;
	if (vip->ear == NULL &&
	    network_rival_open(site->network, &vip->address, &fd, NULL) == CODE_OK)
		vip->ear = watch_open(site->loop, fd, hear_rival, vip);
}

void vip_close_ear(struct vip *vip)
{
	watch_close(vip->ear);
	vip->ear = NULL;
}

void vip_say(void *context)
{
	struct vip *vip = context;
	struct error error;
	const struct resource_site *site = vip->resource->site;
	/* After a pause of this process the lease may be over, and this runs before anybody
	 * noticed. */
	if (!resource_may_act(vip->resource)) {
		timer_set(vip->announcer, RETRY);
		return;
	}
	bool is_lost = network_announce(site->network, &vip->address, &error) != CODE_OK;
	if (is_lost && !vip->is_losing)
		log_write(site->log, LEVEL_WARNING, "resource %s: %s", vip->resource->config->name,
		          error.text);
	vip->is_losing = is_lost;
	vip_open_ear(vip); /* where that was not possible so far */
	timer_set(vip->announcer, vip->pause < BURST_PAUSES ? BURST[vip->pause] : REFRESH);
	vip->pause++;
	vip->said_at = platform_now();
}

void vip_say_once(struct vip *vip)
{
	vip->pause = BURST_PAUSES;
	vip_say(vip);
}

void vip_begin_burst(struct vip *vip)
{
	vip->pause = 0;
	vip_say(vip);
}

/* One who removes the address a hundred times a second is no reason to flood the link. */
void vip_rouse(struct vip *vip)
{
	struct instant due = instant_plus(vip->said_at, BURST[0]), now = platform_now();
	if (instant_reached(now, due)) {
		vip_begin_burst(vip);
		return;
	}
	vip->pause = 0;
	timer_set(vip->announcer, instant_since(due, now));
}

static void hear_rival(void *context)
{
	struct vip *vip = context;
	uint8_t who[STATION_BYTES];
	char station[STATION_TEXT_BYTES];
	struct resource *resource = vip->resource;
	const struct resource_site *site = resource->site;
	if (!network_rival_read(site->network, &vip->address, watch_fd(vip->ear), who) ||
	    vip->state != VIP_HERE ||
	    !address_conflict_hear(&resource->conflict, who, platform_now()))
		return;
	address_conflict_station(&resource->conflict, station);
	log_write(site->log, LEVEL_WARNING,
	          "resource %s: station %s says that %s is its own (%u signs of that so far); "
	          "announcing again",
	          resource->config->name, station, vip->text, (unsigned)resource->conflict.signs);
	vip_begin_burst(vip);
}
