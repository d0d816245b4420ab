/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers below the daemon; see layers.h.
 */
#include "tests/world/layers.h"

#include <inttypes.h>
#include <string.h>

#include "tests/world/world.h"

/* A watchdog has fired by the middle of what a promise leaves after the lease. */
enum { WATCHDOG_SHARE = 2 };

void layers_reset(struct layers *layers)
{
	uint32_t life = layers->guard_life;
	memset(layers, 0, sizeof *layers);
	layers->guard_life = life + 1;
	for (uint8_t r = 0; r < WORLD_ROLES_MAX; r++)
		layers->roles[r] = (struct layer_role){.lease_end = INSTANT_PAST,
		                                       .gate_end = INSTANT_PAST,
		                                       .guard_at = INT64_MAX,
		                                       .watchdog_at = INT64_MAX};
}

void layers_keep(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	host->layers.has_kept = world->plan.keeps;
	if (host->layers.has_kept)
		member_keep(host->member, &host->layers.kept);
}

void layers_follow(struct world *world, uint8_t h, uint8_t roles)
{
	struct host *host = &world->hosts[h];
	for (uint8_t r = 0; r < roles; r++) {
		struct layer_role *role = &host->layers.roles[r];
		role->lease_end = role->gate_end = member_lease_end(host->member, r);
		role->limit = host->member->roles[r].claim.release_limit;
	}
}

bool layers_answer(const struct world *world, uint8_t h, uint8_t role)
{
	const struct host *host = &world->hosts[h];
	const struct layer_role *layer = &host->layers.roles[role];
	if (host->stubs[role].state == STUB_DOWN || host->is_suspended)
		return false;
	struct instant now = clock_show(&host->clock, world->now);
	if (world->plan.gate && !instant_before(now, layer->gate_end))
		return false;
	return !world->plan.lifetime ||
	       instant_before(now, instant_plus(layer->lease_end, layer->limit));
}

bool layers_excuse(const struct world *world, uint8_t h, uint8_t role)
{
	const struct host *host = &world->hosts[h];
	const struct layer_role *layer = &host->layers.roles[role];
	if (host->is_suspended)
		return true;
	if (world->plan.services_too || world->plan.watchdog)
		return false;
	if (!host->layers.unattended)
		return world->now <= layer->excused_until;
	return !instant_before(clock_show(&host->clock, world->now), layer->lease_end);
}

/* --- when somebody looks */

static void plan_look(struct world *world, uint8_t h, uint8_t role, enum happening_kind kind,
                      struct instant when, int64_t *planned)
{
	struct host *host = &world->hosts[h];
	int64_t at = clock_true(&host->clock, when, world->now);
	*planned = at;
	if (at != INT64_MAX)
		world_plan(world, at - world->now,
		           &(struct happening){.kind = kind, .host = h, .role = role});
}

static struct instant reset_by(const struct layer_role *layer)
{
	return instant_plus(layer->lease_end, span_divided(layer->limit, WATCHDOG_SHARE));
}

void layers_watch(struct world *world, uint8_t h, uint8_t role)
{
	struct layers *layers = &world->hosts[h].layers;
	struct layer_role *layer = &layers->roles[role];
	if (layers->guard == GUARD_RUNNING)
		plan_look(world, h, role, HAPPEN_GUARD, layer->lease_end, &layer->guard_at);
	if (world->plan.watchdog)
		plan_look(world, h, role, HAPPEN_WATCHDOG, reset_by(layer), &layer->watchdog_at);
}

void layers_guard_looks(struct world *world, uint8_t h, uint8_t role)
{
	struct host *host = &world->hosts[h];
	struct layer_role *layer = &host->layers.roles[role];
	if (world->now != layer->guard_at)
		return; /* of an earlier guard, or of an earlier start */
	layer->guard_at = INT64_MAX;
	if (host->layers.guard != GUARD_RUNNING || host->stubs[role].state == STUB_DOWN)
		return;
	if (instant_before(clock_show(&host->clock, world->now), layer->lease_end))
		plan_look(world, h, role, HAPPEN_GUARD, layer->lease_end, &layer->guard_at);
	else
		stub_strike(world, h, role);
}

void layers_watchdog_looks(struct world *world, uint8_t h, uint8_t role)
{
	struct host *host = &world->hosts[h];
	struct layer_role *layer = &host->layers.roles[role];
	if (world->now != layer->watchdog_at)
		return;
	layer->watchdog_at = INT64_MAX;
	if (host->stubs[role].state == STUB_DOWN || !host->powered)
		return;
	if (instant_before(clock_show(&host->clock, world->now), reset_by(layer))) {
		plan_look(world, h, role, HAPPEN_WATCHDOG, reset_by(layer), &layer->watchdog_at);
		return;
	}
	story_tell(world, h, "(the watchdog resets the host)");
	host_crash(world, h, true, false);
	world_plan(world, rng_between(&world->rng, 0, layer->limit.ns + 1),
	           &(struct happening){.kind = HAPPEN_BOOT, .host = h});
}

/* --- who is there */

static bool is_attended(const struct host *host)
{
	return host->layers.guard == GUARD_RUNNING || host->state == HOST_RUNNING ||
	       host->state == HOST_CLEANING;
}

static void come_back(struct world *world, uint8_t h, uint8_t role)
{
	struct host *host = &world->hosts[h];
	struct layer_role *layer = &host->layers.roles[role];
	if (instant_before(clock_show(&host->clock, world->now), layer->lease_end))
		return;
	layer->excused_until = world->now + clock_true_span(&host->clock, layer->limit) + 1;
}

void layers_attend(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	bool unattended = host->powered && !is_attended(host);
	bool was = host->layers.unattended;
	host->layers.unattended = unattended;
	for (uint8_t r = 0; r < world->plan.role_count; r++) {
		if (host->stubs[r].state == STUB_DOWN)
			continue;
		if (host->layers.guard != GUARD_RUNNING)
			stub_lose_guard(world, h, r);
		if (was && !unattended)
			come_back(world, h, r);
	}
}

/* --- the guard's own life */

static void guard_look_at_all(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		if (host->stubs[r].state != STUB_DOWN)
			layers_watch(world, h, r);
}

void guard_start(struct world *world, uint8_t h)
{
	struct layers *layers = &world->hosts[h].layers;
	if (!world->plan.guard || layers->guard != GUARD_NONE)
		return;
	layers->guard = GUARD_RUNNING;
	layers->guard_life++;
	layers_attend(world, h);
	guard_look_at_all(world, h);
}

static void plan_guard(struct world *world, uint8_t h, enum happening_kind kind, int64_t after)
{
	world_plan(world, after,
	           &(struct happening){
		       .kind = kind, .host = h, .life = world->hosts[h].layers.guard_life});
}

void guard_kill(struct world *world, uint8_t h, int64_t back_after)
{
	struct layers *layers = &world->hosts[h].layers;
	if (layers->guard == GUARD_NONE)
		return;
	story_tell(world, h, "(guard killed)");
	layers->guard = GUARD_NONE;
	layers->guard_life++;
	layers_attend(world, h);
	if (back_after != INT64_MAX)
		plan_guard(world, h, HAPPEN_GUARD_BOOT, back_after);
}

void guard_freeze(struct world *world, uint8_t h, int64_t duration)
{
	struct layers *layers = &world->hosts[h].layers;
	if (layers->guard != GUARD_RUNNING)
		return;
	story_tell(world, h, "(guard frozen for %" PRId64 " ms)", duration / 1000000);
	layers->guard = GUARD_FROZEN;
	layers_attend(world, h);
	plan_guard(world, h, HAPPEN_GUARD_THAW, duration);
}

void guard_thaw(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	if (host->layers.guard != GUARD_FROZEN)
		return;
	story_tell(world, h, "(guard goes on)");
	host->layers.guard = GUARD_RUNNING;
	layers_attend(world, h);
	guard_look_at_all(world, h);
	if (host->state == HOST_OFF)
		guard_restarts_worker(world, h);
}

/* Either its supervisor starts it, and then it kills the worker that no longer is its child; or
 * that worker itself has started it. */
void guard_boot(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	if (!world->plan.guard || !host->powered || host->layers.guard != GUARD_NONE)
		return;
	story_tell(world, h, "(a new guard)");
	guard_start(world, h);
	bool by_worker = host->state == HOST_RUNNING && rng_chance(&world->rng, 500);
	if (host->state == HOST_OFF)
		guard_restarts_worker(world, h);
	else if (host_is_up(host) && !host->leaving && !by_worker)
		host_crash(world, h, false, false);
}

void guard_restarts_worker(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	if (!world->plan.restarts || host->layers.guard != GUARD_RUNNING)
		return;
	int64_t after = rng_edgy(&world->rng, world->plan.restart_max);
	if (rng_chance(&world->rng, world->plan.too_often_permille)) {
		story_tell(world, h, "(it dies too often: the guard releases all and waits)");
		for (uint8_t r = 0; r < world->plan.role_count; r++)
			if (host->stubs[r].state != STUB_DOWN)
				stub_strike(world, h, r);
		after *= 100;
	}
	world_plan(world, after, &(struct happening){.kind = HAPPEN_BOOT, .host = h});
}
