/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stub resources and the guard that ends them. Times are drawn on the host's own clock, because
 * that is the clock their limits are kept on.
 */
#include "tests/world/stub.h"

#include <inttypes.h>

#include "tests/world/world.h"

/* While it may not act, a start asks again this often. */
enum { ASK_AGAIN_NS = 5000000 };

static int64_t drawn(struct world *world, uint8_t h, int64_t fixed, int64_t most)
{
	int64_t local = fixed;
	if (fixed < 0)
		local = world->plan.edgy ? rng_edgy(&world->rng, most)
		                         : rng_between(&world->rng, 0, most);
	return clock_true_span(&world->hosts[h].clock, (struct span){local});
}

static void plan_act(struct world *world, uint8_t h, uint8_t role, enum happening_kind kind,
                     int64_t after)
{
	struct stub *stub = &world->hosts[h].stubs[role];
	world_plan(world, after,
	           &(struct happening){.kind = kind,
	                               .host = h,
	                               .role = role,
	                               .life = world->hosts[h].life,
	                               .serial = stub->serial});
}

static void set_state(struct world *world, uint8_t h, uint8_t role, enum stub_state state)
{
	uint16_t bit = (uint16_t)(1u << h);
	world->hosts[h].stubs[role].state = state;
	world->hosts[h].stubs[role].is_changing = false;
	if (state == STUB_DOWN) {
		world->up[role] &= (uint16_t)~bit;
		world->hosts[h].stubs[role].what.count = 0;
	} else {
		world->up[role] |= bit;
	}
}

static void begin_start(struct world *world, uint8_t h, uint8_t role)
{
	struct stub *stub = &world->hosts[h].stubs[role];
	set_state(world, h, role, STUB_STARTING);
	stub->serial++;
	plan_act(world, h, role, HAPPEN_UP,
	         drawn(world, h, stub->start_time, world->plan.start_max));
}

bool stub_is_script(const struct world *world, uint8_t h, uint8_t role)
{
	return world->plan.script_max > 0 || world->hosts[h].stubs[role].script_time >= 0;
}

void stub_start(struct world *world, uint8_t h, uint8_t role, uint64_t epoch)
{
	struct stub *stub = &world->hosts[h].stubs[role];
	check_start(world, h, role, epoch);
	story_tell(world, h, "(%s starts, epoch %" PRIu64 ")", story_role(world, role), epoch);
	stub->epoch = epoch;
	stub->what = world->hosts[h].setup.roles[role].identities;
	begin_start(world, h, role);
	layers_watch(world, h, role);
}

void stub_start_on(struct world *world, uint8_t h, uint8_t role)
{
	story_tell(world, h, "(%s goes on starting)", story_role(world, role));
	begin_start(world, h, role);
}

bool stub_differs(const struct world *world, uint8_t h, uint8_t role)
{
	const struct identities *what = &world->hosts[h].stubs[role].what;
	const struct identities *file = &world->hosts[h].setup.roles[role].identities;
	return !identities_cover(what, file) || !identities_cover(file, what);
}

void stub_adapt(struct world *world, uint8_t h, uint8_t role)
{
	struct stub *stub = &world->hosts[h].stubs[role];
	stub->serial++;
	stub->is_changing = true;
	plan_act(world, h, role, HAPPEN_UP, drawn(world, h, stub->stop_time, world->plan.stop_max));
}

/* Another role of this host has something of it up still, and is to stop it. */
static bool waits_for_other(const struct world *world, uint8_t h, uint8_t role)
{
	const struct host *host = &world->hosts[h];
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		if (r != role && host->stubs[r].state != STUB_DOWN &&
		    identities_meet(&host->stubs[r].what, &host->setup.roles[role].identities))
			return true;
	return false;
}

/* The next act of a change: what the file drops is down, then what it adds is started. */
static void change_goes_on(struct world *world, uint8_t h, uint8_t role)
{
	struct host *host = &world->hosts[h];
	struct stub *stub = &host->stubs[role];
	const struct identities *file = &host->setup.roles[role].identities;
	struct identities left = {0};
	for (uint8_t i = 0; i < stub->what.count; i++)
		if (identities_have(file, stub->what.ids[i]))
			left.ids[left.count++] = stub->what.ids[i];
	stub->what = left;
	if (!stub_differs(world, h, role)) {
		stub->is_changing = false;
		story_tell(world, h, "(%s is as its file says)", story_role(world, role));
		host_step(world, h,
		          &(struct event){.kind = EVENT_STARTED,
		                          .as.resources = {.role = role, .epoch = stub->epoch}});
		return;
	}
	if (waits_for_other(world, h, role) ||
	    !member_may_act(host->member, role, clock_show(&host->clock, world->now))) {
		plan_act(world, h, role, HAPPEN_UP, ASK_AGAIN_NS);
		return;
	}
	stub->what = *file;
	story_tell(world, h, "(%s starts what its file adds)", story_role(world, role));
	plan_act(world, h, role, HAPPEN_UP,
	         drawn(world, h, stub->start_time, world->plan.start_max));
}

void stub_up(struct world *world, uint8_t h, const struct happening *item)
{
	struct host *host = &world->hosts[h];
	struct stub *stub = &host->stubs[item->role];
	if (stub->serial == item->serial && stub->state == STUB_UP && stub->is_changing) {
		change_goes_on(world, h, item->role);
		return;
	}
	if (stub->serial != item->serial || stub->state != STUB_STARTING)
		return;
	struct event event = {.as.resources = {.role = item->role, .epoch = stub->epoch}};
	if (stub->broken) {
		story_tell(world, h, "(%s does not start)", story_role(world, item->role));
		event.kind = EVENT_FAILED;
		host_step(world, h, &event);
		return;
	}
	if (waits_for_other(world, h, item->role) ||
	    !member_may_act(host->member, item->role, clock_show(&host->clock, world->now))) {
		plan_act(world, h, item->role, HAPPEN_UP, ASK_AGAIN_NS);
		return;
	}
	set_state(world, h, item->role, STUB_UP);
	if (stub_differs(world, h, item->role)) {
		stub_adapt(world, h, item->role);
		return;
	}
	story_tell(world, h, "(%s is up)", story_role(world, item->role));
	event.kind = EVENT_STARTED;
	host_step(world, h, &event);
}

/* Begins or hastens a release that is through after `after`. */
static void go_down(struct world *world, uint8_t h, uint8_t role, int64_t after)
{
	struct stub *stub = &world->hosts[h].stubs[role];
	int64_t ends_at = world->now + after;
	if (stub->state == STUB_STOPPING && stub->ends_at <= ends_at)
		return;
	set_state(world, h, role, STUB_STOPPING);
	stub->ends_at = ends_at;
	stub->serial++;
	plan_act(world, h, role, HAPPEN_DOWN, after);
}

static int64_t forced_time(struct world *world, uint8_t h, uint8_t role, struct span limit)
{
	if (stub_is_script(world, h, role))
		return drawn(world, h, world->hosts[h].stubs[role].script_time,
		             world->plan.script_max);
	/* Without a guard half of the limit is for noticing: timers, pauses and restarts. */
	bool guarded = world->hosts[h].layers.guard == GUARD_RUNNING;
	int64_t most = guarded ? limit.ns : limit.ns / 2;
	return drawn(world, h, world->hosts[h].stubs[role].forced_time, most);
}

static int64_t graceful_time(struct world *world, uint8_t h, uint8_t role)
{
	const struct stub *stub = &world->hosts[h].stubs[role];
	if (stub_is_script(world, h, role))
		return drawn(world, h, stub->script_time, world->plan.script_max);
	return drawn(world, h, stub->stop_time, world->plan.stop_max);
}

void stub_release(struct world *world, uint8_t h, const struct effect *effect)
{
	uint8_t role = effect->as.resources.role;
	struct stub *stub = &world->hosts[h].stubs[role];
	stub->answer_due = true;
	stub->answer = effect->as.resources.epoch;
	if (stub->state == STUB_DOWN) {
		stub->serial++;
		plan_act(world, h, role, HAPPEN_DOWN, 0);
		return;
	}
	bool is_killed = effect->as.resources.forced && !stub_is_script(world, h, role);
	story_tell(world, h, is_killed ? "(%s is killed)" : "(%s stops)", story_role(world, role));
	if (effect->as.resources.forced)
		go_down(world, h, role, forced_time(world, h, role, effect->as.resources.limit));
	else
		go_down(world, h, role, graceful_time(world, h, role));
}

bool stub_down(struct world *world, uint8_t h, struct happening *item)
{
	struct stub *stub = &world->hosts[h].stubs[item->role];
	if (stub->serial != item->serial)
		return false;
	if (stub->state == STUB_STOPPING) {
		set_state(world, h, item->role, STUB_DOWN);
		stub->is_ended = stub->by_guard;
		world->hosts[h].has_ended |= stub->by_guard;
		stub->by_guard = false;
		story_tell(world, h, "(%s is down)", story_role(world, item->role));
	}
	if (!stub->answer_due)
		return false;
	stub->answer_due = false;
	item->as.number = stub->answer;
	item->life = world->hosts[h].life;
	return true;
}

void stub_strike(struct world *world, uint8_t h, uint8_t role)
{
	struct host *host = &world->hosts[h];
	struct stub *stub = &host->stubs[role];
	if (stub->by_guard || stub_is_script(world, h, role))
		return;
	stub->by_guard = true;
	stub->is_struck_early = host->is_unkept && host->state == HOST_FROZEN;
	story_tell(world, h, "(the guard kills %s)", story_role(world, role));
	go_down(world, h, role, forced_time(world, h, role, host->layers.roles[role].limit));
}

static void stop_half_way(struct stub *stub)
{
	stub->serial++;
	stub->ends_at = INT64_MAX;
}

void stub_lose_guard(struct world *world, uint8_t h, uint8_t role)
{
	struct host *host = &world->hosts[h];
	struct stub *stub = &host->stubs[role];
	if (stub->state != STUB_STOPPING)
		return;
	bool by_worker = host->state == HOST_CLEANING ||
	                 (host->state == HOST_RUNNING && (stub->answer_due || !stub->by_guard));
	stub->by_guard = false;
	if (!by_worker)
		stop_half_way(stub);
}

void stub_go_on(struct world *world, uint8_t h, uint8_t role)
{
	struct host *host = &world->hosts[h];
	struct stub *stub = &host->stubs[role];
	if (stub->state != STUB_STOPPING || stub->ends_at != INT64_MAX || !stub->answer_due)
		return;
	const struct layer_role *layer = &host->layers.roles[role];
	bool over = !instant_before(clock_show(&host->clock, world->now), layer->lease_end);
	go_down(world, h, role,
	        over ? forced_time(world, h, role, layer->limit) : graceful_time(world, h, role));
}

bool stub_clean(struct world *world, uint8_t h, uint8_t role)
{
	struct host *host = &world->hosts[h];
	if (host->stubs[role].state == STUB_DOWN)
		return false;
	go_down(world, h, role, forced_time(world, h, role, host->setup.timing.release));
	return true;
}

void stub_crash(struct world *world, uint8_t h, uint8_t role, bool power)
{
	struct stub *stub = &world->hosts[h].stubs[role];
	stub->answer_due = false;
	if (power) {
		set_state(world, h, role, STUB_DOWN);
		stub->by_guard = false;
		stub->serial++;
	} else if (stub->state == STUB_STARTING ||
	           (stub->state == STUB_STOPPING && !stub->by_guard)) {
		/* Whoever was at it is gone. */
		stop_half_way(stub);
	}
}
