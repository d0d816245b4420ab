/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is going to happen in a world, ordered by true time and then by who asked first: a binary
 * heap. Knows nothing of what the entries mean.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/event.h"

enum happening_kind {
	HAPPEN_WAKE,       /* the timer of a process */
	HAPPEN_PAGE,       /* a page arrives at a host */
	HAPPEN_WRITTEN,    /* a write of the state file is through */
	HAPPEN_UP,         /* the resources of a role are through with starting */
	HAPPEN_DOWN,       /* the resources of a role are released */
	HAPPEN_GUARD,      /* the guard looks at the lease of a role */
	HAPPEN_WATCHDOG,   /* nobody may have fed it for the lease of a role */
	HAPPEN_GUARD_BOOT, /* the guard is started again */
	HAPPEN_GUARD_THAW, /* a stopped guard goes on */
	HAPPEN_RESUME,     /* a stopped machine goes on */
	HAPPEN_BREAKS,     /* the resources of a role fail */
	HAPPEN_FITNESS,    /* the host gains or loses what a role needs */
	HAPPEN_REQUEST,    /* an operator types a command */
	HAPPEN_LEAVE,      /* an operator shuts the daemon down */
	HAPPEN_BOOT,       /* the process starts */
	HAPPEN_THAW,       /* a stopped process goes on */
	HAPPEN_FAULT,      /* the driver of the world decides what goes wrong next */
	HAPPEN_OFF,        /* a fence agent that `host` runs switches host `role` off */
	HAPPEN_FENCED,     /* that run is over; as.fit: it succeeded */
};

struct happening {
	int64_t at;
	uint64_t order;
	enum happening_kind kind;
	uint8_t host;
	uint8_t role;    /* OFF, FENCED: the host that is meant */
	uint8_t path;    /* PAGE */
	uint32_t life;   /* of the process it is for; what is for an earlier life is dropped */
	uint32_t serial; /* UP, DOWN, WRITTEN: of the act it ends; an older act was called off */
	uint32_t page;   /* PAGE: index in the pool; one reference is owned by the happening */
	union {
		bool fit;        /* FITNESS, OFF, FENCED */
		uint64_t number; /* WRITTEN: the generation; DOWN: the epoch that is answered */
		struct {
			enum request_kind kind;
			uint8_t target; /* index of a host, NO_MEMBER: none */
			uint64_t handle;
			struct span limit;
		} request;
	} as;
};

struct agenda {
	struct happening *items; /* owned */
	size_t count;
	size_t size;
	uint64_t next_order;
};

void agenda_open(struct agenda *agenda);
void agenda_close(struct agenda *agenda);

/* `item->order` is set here. */
void agenda_add(struct agenda *agenda, const struct happening *item);

/* The earliest; false: nothing is planned. */
bool agenda_take(struct agenda *agenda, struct happening *item);

/* True time of the earliest; INT64_MAX: nothing is planned. */
int64_t agenda_next(const struct agenda *agenda);
