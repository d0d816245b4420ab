/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of kind `vip`: what its files share. Nobody else includes it.
 */
#pragma once

#include "config/print.h"
#include "daemon/resource/footing.h"
#include "daemon/resource/resource.h"
#include "daemon/resource/timers.h"

enum vip_state {
	VIP_AWAY,
	VIP_COMING, /* to be added when its interface is ready */
	VIP_HERE,
	VIP_LEAVING,
};

struct vip {
	struct resource *resource;
	struct network_address address;
	char text[ADDRESS_TEXT_BYTES];
	enum vip_state state;
	struct footing footing;
	bool stands;             /* here, and seen on its interface */
	bool is_waiting;         /* and it was said */
	struct timer *waiter;    /* owned; for the end of a wait */
	struct timer *announcer; /* owned */
	unsigned pause;          /* the next one in BURST */
	bool is_losing;          /* the last announcement was lost */
	struct watch *ear;       /* owned; for rivals; NULL: never needed so far */
	struct timer *retry;     /* owned */
	struct timer *counter;   /* owned; for lines about repairs that are not due yet */
	struct instant said_at;  /* the last announcement */
};

/* Announces the address, and goes on with the burst or what follows it. */
void vip_say(void *vip);
void vip_say_once(struct vip *vip); /* and then as behind a burst */
void vip_begin_burst(struct vip *vip);
/* Likewise, unless it has announced within the last moment: then a little later. */
void vip_rouse(struct vip *vip);
/* For rivals, where the link has such signs. */
void vip_open_ear(struct vip *vip);
void vip_close_ear(struct vip *vip);

/* The interface of its name, as it is now or as news tell; returns enum footing_change. */
unsigned vip_look_at_link(struct vip *vip);
unsigned vip_follow_link(struct vip *vip, const struct network_link *link);
/* Whether the interface has an address of its own. What cannot be looked up is taken to be there: a
 * wait is a favour to others. */
bool vip_has_own(const struct vip *vip);
/* Whether the address, which is not there, has to wait for one; says so once. */
bool vip_waits(struct vip *vip);
/* Whether its repairs are to be further apart; comes back by itself. */
bool vip_pauses(struct vip *vip);
/* It is here again after it was gone; `ran_out`: by itself. */
void vip_put_back(struct vip *vip, bool ran_out);
void vip_tell_repairs(void *vip);
/* To whoever decides where the role runs. */
void vip_tell_fitness(struct vip *vip);
