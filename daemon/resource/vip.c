/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kind `vip`: an address on an interface, announced to the neighbours for as long as it is here.
 * Every act is done and answered at once. Knows no other resource of the role.
 */
#include "daemon/resource/vip.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/print.h"
#include "daemon/resource/address_lifetime.h"
#include "daemon/resource/kinds.h"
#include "daemon/resource/run_tracking.h"

static const struct span RETRY = {20 * 1000000LL};

/* --- coming, staying, leaving */

static enum code leave_trail(const struct vip *vip, struct error *error)
{
	struct leftover leftover;
	run_tracking_begin(vip->resource, LEFTOVER_ADDRESS, &leftover);
	leftover.address = vip->address;
	return run_tracking_leave(vip->resource, "address", &leftover, error);
}

static void fall_silent(struct vip *vip, enum vip_state state)
{
	vip->state = state;
	repairs_give_up(&vip->resource->repairs);
	timer_stop(vip->counter);
	vip->stands = vip->is_waiting = false;
	timer_stop(vip->announcer);
	timer_stop(vip->retry);
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
	code = address_lifetime_add(site->lifetime, site->network, resource_role(vip->resource),
	                            &vip->address, error);
	*had_right = resource_may_act(vip->resource);
	vip->stands = code == CODE_OK && *had_right;
	if (vip->stands)
		vip_rouse(vip);
	else if (address_lifetime_remove(site->lifetime, site->network, &vip->address, NULL) !=
	         CODE_OK)
		code = error_set(error, CODE_SYSTEM, "%s may be half added", vip->text);
	return code;
}

static void come(struct vip *vip)
{
	struct resource *resource = vip->resource;
	struct error error;
	bool had_right = false;
	if (vip_waits(vip)) {
		vip->state = VIP_COMING;
		return;
	}
	enum code code = add(vip, &had_right, &error);
	vip->state = VIP_AWAY;
	if (code != CODE_OK) {
		resource_report_problem(resource, REPORT_FAILED, "%s", error.text);
	} else if (!had_right) {
		run_tracking_forget(resource, "address");
		resource_report(resource, REPORT_REFUSED);
	} else {
		vip->state = VIP_HERE;
		vip_open_ear(vip);
		resource_report(resource, REPORT_UP);
	}
}

static void vip_start(struct resource *resource)
{
	struct vip *vip = resource->kind;
	(void)vip_look_at_link(vip);
	come(vip);
	vip_tell_fitness(vip);
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
	enum code code = run_tracking_find(resource, "address", &record, error);
	if (code == CODE_NOT_FOUND)
		return CODE_OK;
	if (code == CODE_OK)
		code = network_present(site->network, &vip->address, &is_here, error);
	/* It has the end that the life before gave it, which nobody puts off any more. */
	if (code == CODE_OK && is_here)
		code = address_lifetime_adopt(site->lifetime, site->network,
		                              resource_role(resource), &vip->address, error);
	if (code != CODE_OK || !is_here)
		return code;
	(void)vip_look_at_link(vip);
	(void)network_stands(site->network, &vip->address, &vip->stands, NULL);
	vip->state = VIP_HERE;
	/* The name may stand for another interface by now. */
	if (!vip->stands)
		timer_set(vip->retry, RETRY);
	log_write(site->log, LEVEL_INFO, "resource %s: %s on interface %s continues",
	          resource->config->name, vip->text, vip->address.interface);
	/* Once: whoever asked in the meantime got no worse answer than before. */
	vip_say_once(vip);
	vip_open_ear(vip);
	*found = FOUND_UP;
	return CODE_OK;
}

/* Removed and seen to be on no interface of this host, or tried again for as long as it takes:
 * while the address is here the role is not down. */
static void leave(struct vip *vip)
{
	struct resource *resource = vip->resource;
	struct error error;
	bool is_here = true;
	const struct resource_site *site = resource->site;
	enum code code =
	    address_lifetime_remove(site->lifetime, site->network, &vip->address, &error);
	if (code == CODE_OK)
		code = network_present(site->network, &vip->address, &is_here, &error);
	if (code == CODE_OK && is_here)
		code = error_set(&error, CODE_SYSTEM, "%s is still on this host", vip->text);
	if (code != CODE_OK) {
		snprintf(resource->detail, sizeof resource->detail, "%.*s", DETAIL_BYTES - 1,
		         error.text);
		timer_set(vip->retry, RETRY);
		return;
	}
	vip->state = VIP_AWAY;
	run_tracking_forget(resource, "address");
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

/* To its interface, and to no other: the name may have become another one's. */
static void put_back(struct vip *vip)
{
	const struct resource_site *site = vip->resource->site;
	struct error error;
	bool had_right = false, ran_out = address_lifetime_ran_out(site->lifetime, &vip->address);
	enum code code = CODE_OK;
	vip->stands = false;
	if (vip_waits(vip) || vip_pauses(vip))
		return;
	if (resource_may_act(vip->resource))
		code =
		    address_lifetime_remove(site->lifetime, site->network, &vip->address, &error);
	if (code == CODE_OK)
		code = add(vip, &had_right, &error);
	if ((code == CODE_OK && !had_right) ||
	    (code != CODE_OK && repairs_miss(&vip->resource->repairs)))
		timer_set(vip->retry, RETRY);
	else if (code != CODE_OK)
		resource_report_problem(vip->resource, REPORT_FAILED, "%s", error.text);
	else
		vip_put_back(vip, ran_out);
}

static bool looks_fine(struct vip *vip)
{
	bool stands = false;
	enum code code = network_stands(vip->resource->site->network, &vip->address, &stands, NULL);
	vip->stands = code == CODE_OK && stands;
	return vip->stands;
}

/* It may have gone with the link: nobody took it away. */
static void look_for_address(struct vip *vip)
{
	if (!looks_fine(vip))
		put_back(vip);
}

/* Somebody may have taken it away. */
static void look_for_removal(struct vip *vip, const char *by)
{
	if (looks_fine(vip))
		return;
	if (repairs_begin(&vip->resource->repairs, by, platform_now()))
		resource_report_problem(vip->resource, REPORT_FAILED,
		                        "somebody else removes %s as often as it is put back",
		                        vip->text);
	else
		put_back(vip);
}

static bool is_on_link(const struct vip *vip)
{
	return vip->state == VIP_HERE && vip->footing.link.state == LINK_UP;
}

/* Whatever the state waits for may be there now. */
static void resume(void *context)
{
	struct vip *vip = context;
	switch (vip->state) {
	case VIP_AWAY:
		break;
	case VIP_COMING:
		if (vip->footing.link.state == LINK_UP)
			come(vip);
		break;
	case VIP_HERE:
		if (is_on_link(vip))
			look_for_address(vip);
		break;
	case VIP_LEAVING:
		leave(vip);
		break;
	}
	vip_tell_fitness(vip);
}

/* --- news */

/* Added once more, for what belongs to it and went with the carrier or has to follow the host's own
 * addresses: the way to its network. */
static void complete(struct vip *vip)
{
	const struct resource_site *site = vip->resource->site;
	if (vip->stands && resource_may_act(vip->resource))
		(void)address_lifetime_add(site->lifetime, site->network,
		                           resource_role(vip->resource), &vip->address, NULL);
}

/* The interface may be another one by now. */
static void restore(struct vip *vip)
{
	vip_close_ear(vip);
	vip_open_ear(vip);
	look_for_address(vip);
	complete(vip);
}

static void link_changed(struct vip *vip, unsigned change)
{
	if (vip->state == VIP_COMING && vip->footing.link.state == LINK_UP)
		come(vip);
	if (is_on_link(vip) && (change & FOOTING_RESTORE) != 0)
		restore(vip);
	vip_tell_fitness(vip);
	if (!is_on_link(vip) || (change & FOOTING_ANNOUNCE) == 0 || !vip->stands)
		return;
	log_write(vip->resource->site->log, LEVEL_INFO,
	          "resource %s: interface %s has changed; announcing %s again",
	          vip->resource->config->name, vip->address.interface, vip->text);
	vip_begin_burst(vip);
}

static void hear_link(struct vip *vip, const struct network_change *change)
{
	unsigned index = network_index(vip->resource->site->network, vip->address.interface);
	/* The name stands for another interface than before, or for none. */
	if (index != vip->address.index)
		link_changed(vip, vip_look_at_link(vip));
	/* As it was told, so that a carrier that was lost for a moment is noticed. */
	else if (index != 0 && change->index == index)
		link_changed(vip, vip_follow_link(vip, &change->link) |
		                      (change->is_failover ? FOOTING_ANNOUNCE : 0));
}

static bool is_same(const struct address *a, const struct address *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, a->family == ADDRESS_IPV4 ? 4 : 16) == 0;
}

static bool vip_announce(struct resource *resource)
{
	struct vip *vip = resource->kind;
	if (vip->state != VIP_HERE)
		return false;
	vip_begin_burst(vip);
	return true;
}

static void hear_own(struct vip *vip)
{
	(void)footing_own(&vip->footing, vip_has_own(vip), platform_now());
	resume(vip);
	if (is_on_link(vip))
		complete(vip);
}

static void hear_address(struct vip *vip, const struct network_change *change)
{
	if (change->index != vip->address.index)
		return;
	if (!is_same(&change->address, &vip->address.address)) {
		if (change->is_own && change->address.family == vip->address.address.family)
			hear_own(vip);
	} else if (change->news == NEWS_ADDRESS_GONE && is_on_link(vip)) {
		/* Its own removal, heard late, is recognised by looking. Without a link it comes
		 * back with the carrier. */
		look_for_removal(vip, change->by);
		vip_tell_fitness(vip);
	}
}

static void vip_network(struct resource *resource, const struct network_change *change)
{
	struct vip *vip = resource->kind;
	switch (change->news) {
	case NEWS_LINK:
		hear_link(vip, change);
		break;
	case NEWS_ADDRESS_GONE:
	case NEWS_ADDRESS_HERE:
		hear_address(vip, change);
		break;
	case NEWS_MISSED:
		link_changed(vip, vip_look_at_link(vip));
		if (is_on_link(vip))
			look_for_removal(vip, "");
		break;
	}
}

static void vip_close(struct resource *resource)
{
	struct vip *vip = resource->kind;
	timer_close(vip->announcer);
	timer_close(vip->waiter);
	timer_close(vip->counter);
	timer_close(vip->retry);
	watch_close(vip->ear);
	free(vip);
}

static enum code vip_open(struct resource *resource, struct error *error)
{
	struct network_link link;
	struct vip *vip = calloc(1, sizeof *vip);
	if (vip == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	vip->resource = resource;
	vip->address.address = resource->config->address;
	vip->address.prefix = resource->config->prefix;
	memcpy(vip->address.interface, resource->config->interface, sizeof vip->address.interface);
	address_format(&vip->address.address, vip->text);
	resource->kind = vip;
	vip->announcer = timer_open(resource->site->loop, vip_say, vip);
	vip->waiter = timer_open(resource->site->loop, resume, vip);
	vip->retry = timer_open(resource->site->loop, resume, vip);
	vip->counter = timer_open(resource->site->loop, vip_tell_repairs, vip);
	if (vip->announcer == NULL || vip->waiter == NULL || vip->retry == NULL ||
	    vip->counter == NULL) {
		vip_close(resource);
		return error_set(error, CODE_SYSTEM, "out of memory");
	}
	(void)network_link(resource->site->network, vip->address.interface, &link);
	vip->address.index = link.index;
	footing_begin(&vip->footing, &link, vip_has_own(vip));
	vip_tell_fitness(vip);
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
