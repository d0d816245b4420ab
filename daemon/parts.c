/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings and hooks of each part, filled from the root.
 */
#include "daemon/parts.h"

#include "daemon/control/status_sources.h"
#include "daemon/events.h"
#include "daemon/file.h"
#include "daemon/platform/platform.h"
#include "daemon/root.h"
#include "daemon/settings.h"

static void step(void *context, const struct event *event)
{
	events_step(context, *event);
}

static bool replace(void *context)
{
	struct daemon *daemon = context;

	return guard_link_replace(&daemon->guard_link);
}

static struct status_sources sources(void *context)
{
	const struct daemon *daemon = context;

	return (struct status_sources){
	    .config = &daemon->config,
	    .member = &daemon->member,
	    .admission = &daemon->admission,
	    .roles = daemon->roles,
	    .log = daemon->log,
	    .net = daemon->net,
	    .store = daemon->store,
	    .runner = daemon->runner,
	    .strays = &daemon->strays,
	    .resource_news = &daemon->resource_news,
	    .fencer = &daemon->fencer,
	    .reannounce = &daemon->reannounce,
	    .self_fencing = &daemon->self_fencing,
	    .guard_link = &daemon->guard_link,
	    .started = daemon->started,
	};
}

enum code parts_open_control(struct daemon *daemon, struct error *error)
{
	const struct verbs_settings verbs = {
	    .config = &daemon->config,
	    .member = &daemon->member,
	    .hooks = {.context = daemon, .step = step, .sources = sources, .replace = replace},
	};
	const struct control_hooks hooks = verbs_open(&daemon->verbs, &verbs);
	char path[FILE_PATH_BYTES];
	uint32_t group = 0;
	int64_t owner = CONTROL_NO_GROUP;
	enum code code = file_path(path, daemon->run_dir, "control.sock", error);

	if (code != CODE_OK)
		return code;
	if (daemon->config.group[0] != '\0') {
		code = platform_group(daemon->config.group, &group, error);
		if (code != CODE_OK)
			return error_wrap(error, "[cluster] group");
		owner = group;
	}
	return control_open(&daemon->control, &daemon->loop, path, owner, &hooks, error);
}

enum code parts_open_self_fencing(struct daemon *daemon, struct error *error)
{
	const struct self_fencing_settings settings = {
	    .config = &daemon->config,
	    .leases = &daemon->leases,
	    .log = daemon->log,
	    .loop = &daemon->loop,
	    .state_dir = daemon->state_dir,
	    .run_dir = daemon->run_dir,
	    .hooks = events_self_fencing_hooks(daemon),
	};

	return self_fencing_open(&daemon->self_fencing, &settings, error);
}

enum code parts_open_strays(struct daemon *daemon, struct error *error)
{
	const struct strays_settings settings = {
	    .config = &daemon->config,
	    .leases = &daemon->leases,
	    .log = daemon->log,
	    .loop = &daemon->loop,
	    .hooks = events_strays_hooks(daemon),
	};

	return strays_open(&daemon->strays, &settings, error);
}

static void force(void *context, uint8_t role, struct span limit)
{
	struct daemon *daemon = context;

	runner_release(daemon->runner, role, daemon->roles[role].epoch, true, limit);
}

static bool is_guarded(void *context)
{
	const struct daemon *daemon = context;

	return guard_link_holds(&daemon->guard_link);
}

void parts_open_shutdown(struct daemon *daemon)
{
	const struct shutdown_settings settings = {
	    .config = &daemon->config,
	    .roles = daemon->roles,
	    .log = daemon->log,
	    .loop = &daemon->loop,
	    .hooks = {.context = daemon, .step = step, .force = force, .is_guarded = is_guarded},
	};

	shutdown_open(&daemon->shutdown, &settings);
}

static void no_guard_came(void *context)
{
	struct daemon *daemon = context;

	shutdown_now(&daemon->shutdown);
}

static void end_for_next_program(void *context)
{
	struct daemon *daemon = context;

	uv_stop(&daemon->loop);
}

enum code parts_open_guard_link(struct daemon *daemon, const struct daemon_settings *settings,
                                struct error *error)
{
	const struct guard_link_settings link = {
	    .loop = &daemon->loop,
	    .log = daemon->log,
	    .fd = settings->guard,
	    .is_managed = settings->is_managed,
	    .argv = settings->argv,
	    .hooks = {.context = daemon,
	              .forsaken = no_guard_came,
	              .replaced = end_for_next_program},
	};

	return guard_link_open(&daemon->guard_link, &link, error);
}

enum code parts_open_fencer(struct daemon *daemon, struct error *error)
{
	const struct fencer_settings settings = {
	    .config = &daemon->config,
	    .log = daemon->log,
	    .loop = &daemon->loop,
	    .context = daemon,
	    .ended = events_fenced,
	};

	return fencer_open(&daemon->fencer, &settings, error);
}

void parts_open_retire(struct daemon *daemon, const struct daemon_settings *settings,
                       const struct kept *kept)
{
	const struct retire_settings retire = {
	    .config = &daemon->config,
	    .run_dir = daemon->run_dir,
	    .member = &daemon->member,
	    .log = daemon->log,
	    .is_kept = daemon->self_fencing.memory != NULL,
	};

	retire_open(&daemon->retire, &retire, settings->config, kept);
}
