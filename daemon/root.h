/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one root object of a running daemon: the member, and the world around it.
 *
 *   struct daemon
 *   ├─ config, secret          what was read at start
 *   ├─ log                     its own thread
 *   ├─ member, admission, effects   proto/: plain values, nothing to free
 *   ├─ reannounce                  pauses of this process, members that return
 *   ├─ layers                  what ends an ownership when the loop cannot
 *   ├─ loop                    every handle below belongs to it
 *   │  ├─ wakeup, prepare      follow member_deadline
 *   │  ├─ tie                  to the guard, this process's parent
 *   │  ├─ signals, leave       how it ends
 *   │  ├─ audit                what admission refused, for the log
 *   │  ├─ priority             its place among the processes of this host
 *   │  ├─ strays               addresses of roles that stand here without a claim
 *   │  ├─ net                  a socket on each path
 *   │  ├─ store                the state file, written by a worker thread
 *   │  ├─ runner               the resources
 *   │  ├─ fencer               switches other nodes off
 *   │  └─ control              the socket for commands; verbs answers what comes in
 *
 * Opened from top to bottom, closed from bottom to top. Only the loop's thread touches any of it;
 * the worker and the log thread see nothing but their own bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "daemon/control/control.h"
#include "daemon/control/verbs.h"
#include "daemon/fence/fencer.h"
#include "daemon/host_role.h"
#include "daemon/leases.h"
#include "daemon/log.h"
#include "daemon/net.h"
#include "daemon/resource/runner.h"
#include "daemon/resource/strays.h"
#include "daemon/self_fencing/self_fencing.h"
#include "daemon/state/store.h"
#include "daemon/worker/guard_link.h"
#include "daemon/worker/realtime.h"
#include "daemon/worker/reannounce.h"
#include "daemon/worker/refused_log.h"
#include "daemon/worker/resource_news.h"
#include "daemon/worker/retire.h"
#include "daemon/worker/shutdown.h"
#include "proto/admission.h"
#include "proto/effect.h"
#include "proto/member.h"

struct daemon {
	struct config config;
	struct secret_key *secret; /* owned, in locked memory */
	const char *state_dir;     /* borrowed from the command line */
	const char *run_dir;       /* likewise */
	struct log *log;           /* owned */

	struct member member;
	struct admission admission;
	struct effects effects; /* of the step under way */
	bool stepping;
	struct heartbeat page;  /* scratch: the page that comes in or goes out */
	struct durable durable; /* scratch: the snapshot on its way to the store */
	struct host_role roles[ROLES_MAX];
	struct leases leases; /* of the member, as of its last step */
	struct self_fencing self_fencing;
	struct instant started;

	uv_loop_t loop;
	bool loop_open;
	uv_timer_t wakeup;
	uv_prepare_t prepare;
	struct instant due; /* what wakeup is set for */
	struct reannounce reannounce;
	struct guard_link guard_link;
	struct shutdown shutdown;
	struct refused_log refused_log;
	struct realtime realtime;
	struct strays strays;
	struct resource_news resource_news;
	struct net *net;       /* owned */
	struct store *store;   /* owned */
	struct runner *runner; /* owned */
	struct fencer fencer;
	struct control *control; /* owned */
	struct verbs verbs;
	struct retire retire;
};
