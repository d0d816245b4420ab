/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and closing of the root object, in the order its header draws. What must be true before
 * the first heartbeat (a lock, state on disk, nothing left over from an earlier life) is made true
 * here.
 */
#include "daemon/daemon.h"

#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/print.h"
#include "daemon/events.h"
#include "daemon/file.h"
#include "daemon/parts.h"
#include "daemon/platform/platform.h"
#include "daemon/platform/self.h"
#include "daemon/root.h"
#include "proto/member_check.h"

enum { STDERR = 2 };

static enum code copy_settings(struct daemon *daemon, const struct daemon_settings *settings,
                               struct error *error)
{
	daemon->state_dir = settings->state_dir;
	daemon->run_dir = settings->run_dir;
	daemon->self_fencing.memory = settings->memory;
	daemon->started = platform_now();
	memcpy(&daemon->config, settings->config, sizeof daemon->config);
	/* Locked, kept out of dumps, and wiped when it is freed. */
	daemon->secret = sodium_malloc(sizeof *daemon->secret);
	if (daemon->secret == NULL)
		return error_set(error, CODE_SYSTEM, "no memory for the secret key");
	platform_keep_from_children(daemon->secret, sizeof *daemon->secret);
	*daemon->secret = *settings->secret;
	for (uint8_t r = 0; r < ROLES_MAX; r++) {
		daemon->roles[r].fit = true;
		daemon->roles[r].why = "";
	}
	return CODE_OK;
}

static enum code open_host(struct daemon *daemon, enum note_level level, struct error *error)
{
	enum code code = file_make_directory(daemon->state_dir, 0700, error);

	if (code == CODE_OK)
		code = log_open(&daemon->log, STDERR, level, error);
	return code;
}

static void open_door(struct daemon *daemon)
{
	const struct config *config = &daemon->config;
	const struct config_member *self = &config->members[config->setup.self];
	struct admission *admission = &daemon->admission;

	admission->cluster = config->setup.cluster_id;
	admission->self = config->setup.self;
	admission->member_count = config->setup.member_count;
	for (uint8_t i = 0; i < config->setup.member_count; i++) {
		admission->ids[i] = config->setup.members[i].id;
		admission->key_count[i] = config->members[i].key_count;
		memcpy(admission->keys[i], config->members[i].keys, sizeof admission->keys[i]);
	}
	admission->tag_key_count = self->key_count;
	for (uint8_t i = 0; i < self->key_count; i++)
		admission->tag_keys[i] = auth_tag_key(config->cluster, &self->keys[i]);
}

/* Reads what is remembered and says in the log what became of it. */
static enum code load_state(struct daemon *daemon, const struct state_owner *owner,
                            bool *remembered, struct error *error)
{
	enum store_origin origin = STORE_NONE;
	struct error why;
	enum code code =
	    store_load(daemon->state_dir, owner, &daemon->durable, &origin, &why, error);

	if (code != CODE_OK)
		return code;
	*remembered = origin == STORE_FOUND || origin == STORE_SALVAGED;
	if (why.code == CODE_DAMAGED)
		store_set_aside(daemon->state_dir);
	switch (origin) {
	case STORE_FOUND:
		log_write(daemon->log, LEVEL_DEBUG, "state: read, incarnation %" PRIu32,
		          daemon->durable.incarnation);
		break;
	case STORE_SALVAGED:
		log_write(daemon->log, LEVEL_ERROR,
		          "state: %s; the generation before it is used as a lower bound only: this "
		          "member votes again when it has learned from the others",
		          why.text);
		break;
	case STORE_LOST:
		log_write(daemon->log, LEVEL_ERROR,
		          "state: %s; nothing of it can be used: this member starts as new and "
		          "votes when it has learned from the others",
		          why.text);
		break;
	case STORE_NONE:
		log_write(daemon->log, LEVEL_INFO, "state: none in %s: this member starts as new",
		          daemon->state_dir);
		break;
	}
	return CODE_OK;
}

static void log_line(void *context, const char *line)
{
	struct daemon *daemon = context;

	log_write(daemon->log, LEVEL_WARNING, "%s", line);
}

/* What the worker before this one kept; NULL: there was none on this boot. */
static const struct kept *find_kept(struct daemon *daemon)
{
	const struct setup *setup = &daemon->config.setup;
	struct self_fencing *layers = &daemon->self_fencing;
	const char *broken;

	if (layers->memory == NULL)
		return NULL;
	shared_memory_claim(layers->memory, (struct memory_owner){setup->cluster_id,
	                                                          setup->members[setup->self].id});
	if (!shared_memory_kept(layers->memory, &layers->kept))
		return NULL;
	broken = kept_check(&layers->kept, platform_now());
	if (broken == NULL)
		return &layers->kept;
	log_write(daemon->log, LEVEL_ERROR,
	          "memory: not \"%s\": what the worker before this one kept is not believed; this "
	          "member releases all that runs here and abstains from votes for a while",
	          broken);
	return NULL;
}

/* The epoch under which something of the role may be up here; 0: nothing is. An owner that has not
 * begun to start, because the role is stopped, has nothing to take over. */
static uint64_t kept_epoch(const struct kept *kept, uint64_t role)
{
	for (uint8_t i = 0; kept != NULL && i < kept->role_count; i++) {
		const struct kept_role *known = &kept->roles[i];

		if (known->role == role &&
		    (known->claim == CLAIM_RELEASING ||
		     (known->claim == CLAIM_HOLDING && known->phase != PHASE_DOWN)))
			return known->claim_epoch;
	}
	return 0;
}

/* Nothing else may be up here when the first heartbeat says `none`. */
static enum code clean_up(struct daemon *daemon, const struct kept *kept, struct error *error)
{
	const struct setup *setup = &daemon->config.setup;
	uint64_t adopted[ROLES_MAX] = {0};
	const struct runner_cleaning cleaning = {
	    .config = &daemon->config,
	    .run_dir = daemon->run_dir,
	    .memory = daemon->self_fencing.memory,
	    .adopted = adopted,
	    .report = log_line,
	    .context = daemon,
	};

	for (uint8_t r = 0; r < setup->role_count; r++)
		adopted[r] = kept_epoch(kept, setup->roles[r].id);
	if (runner_clean(&cleaning, error) != CODE_OK)
		return error_wrap(error, "releasing what an earlier run left behind");
	return CODE_OK;
}

/* Resources of a role that the member goes on with are taken over as they are. */
static enum code open_runner(struct daemon *daemon, const struct kept *kept, struct error *error)
{
	const struct setup *setup = &daemon->config.setup;
	const struct runner_hooks hooks = events_runner_hooks(daemon);
	const struct runner_settings settings = {
	    .config = &daemon->config,
	    .run_dir = daemon->run_dir,
	    .log = daemon->log,
	    .memory = daemon->self_fencing.memory,
	};
	enum code code = runner_open(&daemon->runner, &daemon->loop, &settings, &hooks, error);

	for (uint8_t r = 0; code == CODE_OK && r < setup->role_count; r++) {
		uint64_t epoch = kept_epoch(kept, setup->roles[r].id);

		if (epoch == 0)
			continue;
		daemon->roles[r].active = true;
		daemon->roles[r].epoch = epoch;
		code = runner_adopt(daemon->runner, r, epoch, error);
	}
	return code;
}

/* The member as it is after its new incarnation has reached the disk. */
static enum code open_member(struct daemon *daemon, const struct kept *kept, struct error *error)
{
	const struct setup *setup = &daemon->config.setup;
	const struct state_owner owner = {setup->cluster_id, setup->members[setup->self].id};
	const struct store_hooks hooks = events_store_hooks(daemon);
	bool remembered = false;
	uint64_t seed;
	enum code code = load_state(daemon, &owner, &remembered, error);

	if (code == CODE_OK)
		code = store_open(&daemon->store, &daemon->loop, daemon->state_dir, &owner, &hooks,
		                  error);
	if (code != CODE_OK)
		return code;
	code = clean_up(daemon, kept, error);
	if (code != CODE_OK)
		return code;
	randombytes_buf(&seed, sizeof seed);
	member_init(&daemon->member, setup, remembered ? &daemon->durable : NULL, kept, seed,
	            platform_now());
	leases_read(&daemon->leases, &daemon->member, setup->role_count);
	(void)member_durable(&daemon->member, &daemon->durable);
	if (store_write_now(daemon->store, &daemon->durable, error) != CODE_OK)
		return error_wrap(error, "this member cannot remember what it promises");
	return CODE_OK;
}

static enum code open_loop(struct daemon *daemon, const struct daemon_settings *settings,
                           struct error *error)
{
	const struct net_hooks net_hooks = events_net_hooks(daemon);
	const struct kept *kept = find_kept(daemon);
	enum code code;
	int failed = uv_loop_init(&daemon->loop);

	if (failed != 0)
		return error_set(error, CODE_SYSTEM, "event loop: %s", uv_strerror(failed));
	daemon->loop_open = true;
	parts_open_retire(daemon, settings, kept);
	resource_news_open(&daemon->resource_news, &daemon->config);
	events_open(daemon);
	parts_open_shutdown(daemon);
	refused_log_open(&daemon->refused_log, &daemon->loop, daemon->log, &daemon->config.setup,
	                 &daemon->admission);
	realtime_open(&daemon->realtime, &daemon->loop, daemon->log);
	code = parts_open_guard_link(daemon, settings, error);
	if (code == CODE_OK)
		code = open_member(daemon, kept, error);
	if (code == CODE_OK)
		code = parts_open_self_fencing(daemon, error);
	if (code == CODE_OK)
		code = parts_open_strays(daemon, error);
	if (code == CODE_OK)
		code = net_open(&daemon->net, &daemon->loop, &daemon->config, &net_hooks, error);
	if (code == CODE_OK)
		code = open_runner(daemon, kept, error);
	if (code == CODE_OK)
		code = parts_open_fencer(daemon, error);
	if (code == CODE_OK)
		code = parts_open_control(daemon, error);
	return code;
}

enum code daemon_open(struct daemon **daemon, const struct daemon_settings *settings,
                      struct error *error)
{
	struct daemon *made = calloc(1, sizeof *made);
	enum code code;

	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	(void)signal(SIGPIPE, SIG_IGN);
	realtime_begin(&made->realtime);
	code = copy_settings(made, settings, error);
	if (code == CODE_OK)
		code = open_host(made, settings->log_level, error);
	if (code == CODE_OK) {
		open_door(made);
		code = open_loop(made, settings, error);
	}
	if (code != CODE_OK) {
		daemon_close(made);
		return code;
	}
	*daemon = made;
	return CODE_OK;
}

bool daemon_run(struct daemon *daemon)
{
	const struct setup *setup = &daemon->config.setup;
	struct event event = {.kind = EVENT_PERSISTED};
	char lease[SPAN_TEXT_BYTES], heartbeat[SPAN_TEXT_BYTES];

	span_text(setup->timing.lease, lease);
	span_text(setup->timing.heartbeat, heartbeat);
	log_write(daemon->log, LEVEL_INFO,
	          "failoverd %s: %s of cluster %s, %u members, %u roles, heartbeat %s, lease %s",
	          FAILOVERD_VERSION, setup->members[setup->self].name, daemon->config.cluster,
	          setup->member_count, setup->role_count, heartbeat, lease);
	event.as.generation = member_durable(&daemon->member, &daemon->durable);
	events_step(daemon, event);
	guard_link_ready(&daemon->guard_link);
	(void)uv_run(&daemon->loop, UV_RUN_DEFAULT);
	return daemon->shutdown.stage == LEAVE_DONE || daemon->guard_link.is_replacing;
}

static void one_closed(void *context)
{
	(void)context;
}

/* Whatever is still open gets closed; the loop ends when all of it is. */
static void close_loop(struct daemon *daemon)
{
	if (daemon->control != NULL)
		control_close(daemon->control, one_closed, NULL);
	fencer_close(&daemon->fencer);
	if (daemon->runner != NULL)
		runner_close(daemon->runner, one_closed, NULL);
	if (daemon->net != NULL)
		net_close(daemon->net, one_closed, NULL);
	if (daemon->store != NULL)
		store_close(daemon->store, one_closed, NULL);
	strays_close(&daemon->strays);
	refused_log_close(&daemon->refused_log);
	realtime_close(&daemon->realtime);
	self_fencing_close(&daemon->self_fencing);
	guard_link_close(&daemon->guard_link);
	shutdown_close(&daemon->shutdown);
	events_close(daemon);
	/* Again when a late signal stopped it before everything was closed. */
	while (uv_run(&daemon->loop, UV_RUN_DEFAULT) != 0)
		;
	(void)uv_loop_close(&daemon->loop);
}

void daemon_close(struct daemon *daemon)
{
	if (daemon->loop_open)
		close_loop(daemon);
	retire_close(&daemon->retire);
	log_close(daemon->log);
	sodium_free(daemon->secret);
	free(daemon);
}
