/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual address that somebody else removes: when it may be put back, and what is reported.
 * The limits are in repairs.h.
 */
#include "daemon/resource/vip.h"

bool vip_pauses(struct vip *vip)
{
	const struct repairs *repairs = &vip->resource->repairs;
	const struct instant due = repairs_due(repairs), now = platform_now();
	if (!repairs->is_open || instant_reached(now, due))
		return false;
	timer_set(vip->retry, instant_since(due, now));
	return true;
}

void vip_tell_repairs(void *context)
{
	struct vip *vip = context;
	struct repairs *repairs = &vip->resource->repairs;
	const char *name = vip->resource->config->name;
	const struct instant now = platform_now();
	char text[REPAIRS_TEXT_BYTES];
	repairs_text(repairs, now, text);
	if (!instant_reached(now, repairs_tell_at(repairs)))
		return;
	if (repairs_tell(repairs, now))
		log_write(vip->resource->site->log, LEVEL_WARNING,
		          "resource %s: somebody else removed %s; put back%s%s", name, vip->text,
		          repairs->by[0] != '\0' ? "; it was " : "", repairs->by);
	else
		log_write(vip->resource->site->log, LEVEL_WARNING,
		          "resource %s: somebody else removes %s again and again; put back each "
		          "time: %s",
		          name, vip->text, text);
}

void vip_put_back(struct vip *vip, bool ran_out)
{
	struct repairs *repairs = &vip->resource->repairs;
	const struct resource *resource = vip->resource;
	const struct instant now = platform_now();
	if (ran_out) {
		repairs_give_up(repairs);
		log_write(resource->site->log, LEVEL_WARNING,
		          "resource %s: %s expired before its lease was confirmed again; put back",
		          resource->config->name, vip->text);
		return;
	}
	if (repairs_end(repairs, now))
		vip_tell_repairs(vip);
	else if (instant_before(now, repairs_tell_at(repairs)) &&
	         instant_before(repairs_tell_at(repairs), INSTANT_NEVER))
		timer_set(vip->counter, instant_since(repairs_tell_at(repairs), now));
}
