/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of a resource kind. A kind knows one resource: how to start, stop and kill it and
 * how to notice that it broke. It knows neither roles' order nor time-outs nor restarts (group.h),
 * and never decides on its own to start anything.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/guard/shared_memory.h"
#include "daemon/log.h"
#include "daemon/platform/network.h"
#include "daemon/platform/platform.h"
#include "daemon/resource/address_conflict.h"
#include "daemon/resource/group.h"
#include "daemon/resource/repairs.h"
#include "daemon/resource/stop_time.h"
#include "proto/error.h"

enum { DETAIL_BYTES = 160 };

/* What all resources of one runner share. Borrowed by each of them. */
struct resource_site {
	uv_loop_t *loop;
	struct log *log;
	struct network *network;
	const char *run_dir;
	const char *node;        /* this member's name */
	const struct user *self; /* whose rights the daemon has; NULL: not known */
	struct boot boot;
	struct shared_memory *memory;      /* its ledger; NULL: nobody watches over this process */
	struct address_lifetime *lifetime; /* of addresses */
};

struct resource {
	const struct config_resource *config; /* borrowed */
	const struct resource_site *site;     /* borrowed */
	const struct resource_ops *ops;
	const char *role; /* its name, borrowed */
	uint64_t role_id;
	uint64_t epoch;                   /* of the start; set before ops->start and ops->adopt */
	void *kind;                       /* owned: made by ops->open, freed by ops->close */
	int64_t pid;                      /* 0: no process */
	char detail[DETAIL_BYTES];        /* last error, "" for none */
	struct address_conflict conflict; /* signs that it is up on another station, too */
	struct stop_time stop_time;       /* of a script */
	struct repairs repairs;           /* of what others removed */

	/* The runner's side. */
	void *owner;
	uint8_t slot;
	bool is_fit;
	char unfit_why[DETAIL_BYTES];
};

/*
 * All are called from the loop and do not block. None is called before open or after close.
 */
struct resource_ops {
	/* Allocates what the resource needs and watches what it depends on; starts nothing. */
	enum code (*open)(struct resource *resource, struct error *error);
	/* Forgets the resource as it is: what runs goes on. */
	void (*close)(struct resource *resource);
	/*
	 * Instead of a first start: takes over what an earlier life of the daemon left up under
	 * resource->epoch, without a change that anybody outside notices, and without asking for
	 * the right to act. What is up is reported like anything that is; that it ended or went
	 * while nobody watched is reported from the loop, as what broke. Answers by *found, not by
	 * a report. On failure it is not known what is up, and nothing may be started.
	 */
	enum code (*adopt)(struct resource *resource, enum group_found *found, struct error *error);
	/* Answers up, failed or refused. Only called when nothing of the resource is left from
	 * before. */
	void (*start)(struct resource *resource);
	/* An orderly end, also of a start under way and of what is broken. Answers down. */
	void (*stop)(struct resource *resource);
	/* An end at once, also during stop. `limit` is what an orderly end may still take; 0: none.
	 * Tries until nothing is left and answers down only then. May be called again. */
	void (*kill)(struct resource *resource, struct span limit);
	/* Tells the neighbours again where it is; false: it is not up. NULL: nobody has to know. */
	bool (*announce)(struct resource *resource);
	/* News about the network; NULL: does not care. */
	void (*network)(struct resource *resource, const struct network_change *change);
};

/* NULL is never returned: every type has its kind. */
const struct resource_ops *resource_kind(enum resource_type type);

/*
 * What a kind calls, from inside its ops or from the loop. The answer counts for the act that was
 * asked for last; one that comes too late is ignored.
 */
void resource_report(struct resource *resource, enum group_report report);
/* Sets `detail` as well: a sentence part such as "exited with status 1". */
void resource_report_problem(struct resource *resource, enum group_report report,
                             const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Whether this host has what the resource needs. Told at open and on each change. */
void resource_set_fit(struct resource *resource, bool is_fit, const char *why);
/* Index of its role in the configuration. */
uint8_t resource_role(const struct resource *resource);
/* The lease of its role, right now. Asked before each act of a start. */
bool resource_may_act(const struct resource *resource);
