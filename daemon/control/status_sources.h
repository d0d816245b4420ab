/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the status document is made of: read, never changed, and borrowed for one document.
 */
#pragma once

#include "config/config.h"
#include "daemon/fence/fencer.h"
#include "daemon/host_role.h"
#include "daemon/log.h"
#include "daemon/net.h"
#include "daemon/resource/runner.h"
#include "daemon/resource/strays.h"
#include "daemon/self_fencing/self_fencing.h"
#include "daemon/state/store.h"
#include "daemon/worker/guard_link.h"
#include "daemon/worker/reannounce.h"
#include "daemon/worker/resource_news.h"
#include "proto/admission.h"
#include "proto/member.h"

struct status_sources {
	const struct config *config;
	const struct member *member;
	const struct admission *admission;
	const struct host_role *roles; /* by index of the configuration */
	const struct log *log;
	const struct net *net;
	const struct store *store;
	const struct runner *runner;
	const struct strays *strays;
	const struct resource_news *resource_news;
	const struct fencer *fencer;
	const struct reannounce *reannounce;
	const struct self_fencing *self_fencing;
	const struct guard_link *guard_link;
	struct instant started;
};
