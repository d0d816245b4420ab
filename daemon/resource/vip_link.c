/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface under a virtual address: looked at, followed, and judged by footing.h. Never
 * touches the address.
 */
#include "daemon/resource/vip.h"

#include <stdio.h>

void vip_tell_fitness(struct vip *vip)
{
	char problem[DETAIL_BYTES / 2], why[DETAIL_BYTES];
	struct instant now = platform_now();
	struct instant due = footing_deadline(&vip->footing, now);
	bool is_fit = footing_is_fit(&vip->footing, vip->state == VIP_HERE, vip->stands, now,
	                             problem, sizeof problem);
	snprintf(why, sizeof why, "interface %s %s", vip->address.interface, problem);
	if (instant_before(due, INSTANT_NEVER))
		timer_set(vip->waiter, instant_since(due, now));
	resource_set_fit(vip->resource, is_fit, why);
}

bool vip_has_own(const struct vip *vip)
{
	bool has = false;
	return vip->address.index != 0 &&
	       (network_has_own(vip->resource->site->network, vip->address.index,
	                        vip->address.address.family, &has, NULL) != CODE_OK ||
	        has);
}

unsigned vip_follow_link(struct vip *vip, const struct network_link *link)
{
	unsigned change = footing_follow(&vip->footing, link, platform_now());
	vip->address.index = link->index;
	(void)footing_own(&vip->footing, vip_has_own(vip), platform_now());
	return change;
}

unsigned vip_look_at_link(struct vip *vip)
{
	struct network_link link;
	(void)network_link(vip->resource->site->network, vip->address.interface, &link);
	return vip_follow_link(vip, &link);
}

/* True: not yet, because whoever configures the host is to come first. */
bool vip_waits(struct vip *vip)
{
	const struct resource_site *site = vip->resource->site;
	if (!footing_waits(&vip->footing, platform_now())) {
		if (vip->is_waiting && !vip->footing.has_own)
			log_write(site->log, LEVEL_WARNING,
			          "resource %s: interface %s has had no address of its own for %d "
			          "s; %s waits no longer",
			          vip->resource->config->name, vip->address.interface,
			          FOOTING_WAIT_S, vip->text);
		vip->is_waiting = false;
		return false;
	}
	if (!vip->is_waiting)
		log_write(site->log, LEVEL_INFO,
		          "resource %s: %s waits, at most %d s, until interface %s has an address "
		          "of its own again",
		          vip->resource->config->name, vip->text, FOOTING_WAIT_S,
		          vip->address.interface);
	vip->is_waiting = true;
	return true;
}
