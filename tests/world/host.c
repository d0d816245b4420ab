/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shell of a simulated member: life and death of its process, its timer, its inbox.
 */
#include "tests/world/host.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "tests/world/world.h"

bool host_is_up(const struct host *host)
{
	return host->state == HOST_RUNNING || host->state == HOST_FROZEN;
}

static void arm_timer(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	int64_t at = clock_true(&host->clock, member_deadline(host->member), world->now);
	if (at == INT64_MAX || at >= host->wake_at)
		return;
	host->wake_at = at;
	int64_t late = rng_between(&world->rng, 0, world->plan.timer_late_max);
	world_plan(world, at - world->now + late,
	           &(struct happening){.kind = HAPPEN_WAKE, .host = h, .life = host->life});
}

static void send_pages(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	struct instant now = clock_show(&host->clock, world->now);
	while (member_next_page(host->member, now, &world->page))
		net_send(world, h, &world->page);
}

static void shutdown_done(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	check_left(world, h);
	story_tell(world, h, "(left)");
	layers_reset(&host->layers); /* the guard ends with it */
	host_crash(world, h, false, false);
	check_forgets(world, h);
	host->layers.has_kept = false;
	host->leaving = false;
}

/* What of a step is done, and when. */
enum manner {
	AT_ONCE,
	LATE, /* time has passed since the step, so a start asks again whether it may */
	SOME, /* the process dies in the middle; in which order it goes about it is free */
};

static void apply_one(struct world *world, uint8_t h, const struct effect *effect,
                      enum manner manner)
{
	struct host *host = &world->hosts[h];
	uint8_t role = effect->as.resources.role;
	switch (effect->kind) {
	case EFFECT_START:
		if (manner == LATE &&
		    !member_may_act(host->member, role, clock_show(&host->clock, world->now)))
			return;
		stub_start(world, h, role, effect->as.resources.epoch);
		break;
	case EFFECT_RELEASE:
		stub_release(world, h, effect);
		break;
	case EFFECT_ANSWER:
		check_answer(world, h, effect->as.answer.handle, &effect->as.answer.answer);
		break;
	case EFFECT_FENCE:
		agent_start(world, h, effect);
		break;
	case EFFECT_FENCE_CANCEL:
		agent_cancel(world, h, effect->as.fence.member);
		break;
	case EFFECT_NOTE:
	case EFFECT_LEFT:
		break;
	}
}

static bool is_done(struct world *world, enum manner manner)
{
	return manner != SOME || rng_chance(&world->rng, 500);
}

static void apply(struct world *world, uint8_t h, const struct effects *effects, enum manner manner)
{
	bool left = false;
	for (uint16_t i = 0; i < effects->count; i++) {
		if (is_done(world, manner))
			apply_one(world, h, &effects->items[i], manner);
		left |= effects->items[i].kind == EFFECT_LEFT;
	}
	if (effects->send && is_done(world, manner))
		send_pages(world, h);
	if (effects->persist && is_done(world, manner))
		disk_write(world, h);
	if (left && manner != SOME)
		shutdown_done(world, h);
}

/* Notes are told at once, also by a process that dies right after: the reader wants to know. */
static void tell_notes(struct world *world, uint8_t h, const struct effects *effects)
{
	for (uint16_t i = 0; i < effects->count; i++) {
		if (effects->items[i].kind != EFFECT_NOTE)
			continue;
		story_note(world, h, &effects->items[i].as.note);
		check_note(world, h, &effects->items[i].as.note);
	}
}

static void freeze_in_step(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	*host->parked = world->effects;
	host->has_parked = true;
	host_freeze(world, h, host->doom_pause);
}

/* The rest of a step whose decision has been made. */
static void carry_out(struct world *world, uint8_t h, enum doom doom)
{
	struct host *host = &world->hosts[h];
	uint8_t roles = host->setup.role_count;
	host->is_unkept = doom == DOOM_DIES_UNKEPT || doom == DOOM_FREEZES_UNKEPT;
	if (doom == DOOM_DIES_KEPT)
		roles = (uint8_t)rng_below(&world->rng, roles + 1u);
	if (!host->is_unkept)
		layers_follow(world, h, roles);
	switch (doom) {
	case DOOM_NONE:
		apply(world, h, &world->effects, AT_ONCE);
		break;
	case DOOM_DIES_HALFWAY:
		apply(world, h, &world->effects, SOME);
		host_crash(world, h, false, false);
		break;
	case DOOM_DIES_UNKEPT:
		if (world->plan.keeps_late)
			apply(world, h, &world->effects, AT_ONCE);
		host_crash(world, h, false, false);
		break;
	case DOOM_DIES_KEPT:
	case DOOM_DIES:
		host_crash(world, h, false, false);
		break;
	case DOOM_FREEZES_UNKEPT:
	case DOOM_FREEZES:
		freeze_in_step(world, h);
		break;
	}
}

void host_step(struct world *world, uint8_t h, struct event *event)
{
	struct host *host = &world->hosts[h];
	assert(host->state == HOST_RUNNING);
	if (host->doom != DOOM_NONE)
		layers_keep(world, h);
	event->now = clock_show(&host->clock, world->now);
	event->behind = clock_behind(&host->clock, world->now);
	world->steps++;
	member_step(host->member, event, &world->effects);
	if (world->effects.broken != NULL)
		check_violation(world, "%s is in a state in which not \"%s\"", story_host(world, h),
		                world->effects.broken);
	tell_notes(world, h, &world->effects);
	bool acts = world->effects.count > 0 || world->effects.send || world->effects.persist;
	enum doom doom = acts ? host->doom : DOOM_NONE;
	if (acts)
		host->doom = DOOM_NONE;
	carry_out(world, h, doom);
	if (host_is_up(host))
		arm_timer(world, h);
	if (host->has_ended && host->state == HOST_RUNNING && !host->is_adopting)
		check_belief(world, h);
}

static void report(struct world *world, uint8_t h, uint8_t role, enum event_kind kind)
{
	struct host *host = &world->hosts[h];
	uint64_t epoch = host->member->roles[role].claim.epoch;
	host_step(world, h,
	          &(struct event){.kind = kind, .as.resources = {.role = role, .epoch = epoch}});
}

void host_notices_ends(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	host->is_adopting = true;
	for (uint8_t r = 0; r < host->setup.role_count && host->state == HOST_RUNNING; r++) {
		const struct role *role = &host->member->roles[r];
		struct stub *stub = &host->stubs[r];
		if (!stub->is_struck_early || stub->state != STUB_DOWN)
			continue;
		stub->is_struck_early = false;
		if (role->claim.state == CLAIM_HOLDING && role->phase == PHASE_UP)
			report(world, h, r, EVENT_FAILED);
	}
	host->is_adopting = false;
}

/* What a member believes that goes on with a claim, and what is really up, may differ by the step
 * in which its earlier life died. A start that stopped half way goes on or has failed. */
static void adopt_one(struct world *world, uint8_t h, uint8_t r)
{
	struct host *host = &world->hosts[h];
	const struct role *role = &host->member->roles[r];
	enum stub_state state = host->stubs[r].state;
	if (role->claim.state != CLAIM_HOLDING || role->phase == PHASE_DOWN)
		return;
	bool starts = role->phase == PHASE_STARTING;
	if (state == STUB_UP && stub_differs(world, h, r))
		stub_adapt(world, h, r);
	else if (state == STUB_UP && starts)
		report(world, h, r, EVENT_STARTED);
	else if (starts && state == STUB_STARTING && rng_chance(&world->rng, 500))
		stub_start_on(world, h, r);
	else if (starts && state == STUB_DOWN && rng_chance(&world->rng, 500))
		stub_start(world, h, r, role->claim.epoch);
	else if (state != STUB_UP)
		report(world, h, r, EVENT_FAILED);
}

static void begin(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	host->state = HOST_RUNNING;
	host->life++;
	host->wake_at = INT64_MAX;
	host->inbox_count = 0;
	host->has_parked = false;
	host->doom = DOOM_NONE;
	memset(host->seen, 0, sizeof host->seen);
	for (uint8_t i = 0; i < MEMBERS_MAX; i++)
		host->runs[i].is_on = false;
	for (uint8_t r = 0; r < WORLD_ROLES_MAX; r++)
		host->stubs[r].is_struck_early = false;
	host->disk.before = host->disk.now;
	host->disk.had_before = host->disk.has;
	layers_attend(world, h);
	file_follow(world, h);
	bool had_kept = host->layers.has_kept;
	host->layers.has_kept = false;
	member_init(host->member, &host->setup, host->disk.has ? &host->disk.now : NULL,
	            had_kept ? &host->layers.kept : NULL, rng_next(&world->rng),
	            clock_show(&host->clock, world->now));
	if (had_kept)
		check_adoption(world, h);
	host->is_adopting = true;
	host_step(world, h, &(struct event){.kind = EVENT_DEADLINE});
	for (uint8_t r = 0; had_kept && r < host->setup.role_count && host->state == HOST_RUNNING;
	     r++)
		adopt_one(world, h, r);
	host->is_adopting = false;
	for (uint8_t r = 0; r < host->setup.role_count && host->state == HOST_RUNNING; r++)
		host_step(world, h,
		          &(struct event){.kind = EVENT_FITNESS,
		                          .as.fitness = {.role = r, .fit = !host->unfit[r]}});
}

void host_cleaned(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	if (host->state != HOST_CLEANING)
		return;
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		if (host->stubs[r].state != STUB_DOWN)
			return;
	begin(world, h);
}

void host_boot(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	/* A stopped guard starts nothing, and for its supervisor it runs. */
	if (host->state != HOST_OFF || host->layers.guard == GUARD_FROZEN)
		return;
	story_tell(world, h, host->layers.has_kept ? "(boot, with memory)" : "(boot)");
	if (!host->powered) {
		/* A clock that counts from the boot. */
		host->clock.behind = 0;
		host->clock.true_base = world->now;
		host->clock.local_base = rng_between(&world->rng, 0, INT64_C(1000000000));
		host->powered = true;
	}
	guard_start(world, h);
	if (host->layers.has_kept) {
		begin(world, h);
		return;
	}
	host->state = HOST_CLEANING;
	layers_attend(world, h);
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		stub_clean(world, h, r);
	host_cleaned(world, h);
}

void host_crash(struct world *world, uint8_t h, bool power, bool damage)
{
	struct host *host = &world->hosts[h];
	if (power && !host->powered)
		return;
	if (!power && (!host_is_up(host) || host->halt.is_on))
		return;
	bool knew = host_is_up(host) || host->layers.has_kept;
	if (host_is_up(host) && !host->is_unkept)
		layers_keep(world, h);
	host->is_unkept = false;
	if (power) {
		layers_reset(&host->layers);
		host->powered = host->is_suspended = false;
	}
	if (knew && !host->layers.has_kept)
		check_forgets(world, h);
	halt_end(world, h);
	host->state = HOST_OFF;
	host->leaving = false;
	for (size_t i = 0; i < host->inbox_count; i++)
		if (host->inbox[i].kind == HAPPEN_PAGE)
			net_drop(&world->net, host->inbox[i].page);
	host->inbox_count = 0;
	check_crash(world, h);
	disk_crash(world, h, power, damage);
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		stub_crash(world, h, r, power);
	layers_attend(world, h);
	guard_restarts_worker(world, h);
}

void host_freeze(struct world *world, uint8_t h, int64_t duration)
{
	struct host *host = &world->hosts[h];
	if (host->state != HOST_RUNNING)
		return;
	story_tell(world, h, "(frozen for %" PRId64 " ms)", duration / 1000000);
	host->state = HOST_FROZEN;
	layers_attend(world, h);
	world_plan(world, duration,
	           &(struct happening){.kind = HAPPEN_THAW, .host = h, .life = host->life});
}

/* What waited is handled in its order, the timer before it or after it. */
void host_thaw(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	if (host->state != HOST_FROZEN)
		return;
	story_tell(world, h, "(goes on)");
	halt_end(world, h);
	uint32_t life = host->life;
	host->state = HOST_RUNNING;
	layers_attend(world, h);
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		stub_go_on(world, h, r);
	if (host->is_unkept)
		layers_follow(world, h, host->setup.role_count);
	host->is_unkept = false;
	host_notices_ends(world, h);
	if (host->has_parked) {
		host->has_parked = false;
		apply(world, h, host->parked, LATE);
	}
	bool timer_first = rng_chance(&world->rng, 500);
	if (timer_first && host->state == HOST_RUNNING)
		host_step(world, h, &(struct event){.kind = EVENT_DEADLINE});
	size_t i = 0;
	for (; i < host->inbox_count && host->state == HOST_RUNNING && host->life == life; i++) {
		struct happening item = host->inbox[i];
		if (item.kind == HAPPEN_PAGE)
			host->inbox[i].kind = HAPPEN_THAW; /* its reference is the handler's now */
		process_handle(world, h, &item);
	}
	if (host->life != life || !host_is_up(host))
		return;
	/* Frozen again half way: the rest waits. */
	memmove(host->inbox, host->inbox + i, (host->inbox_count - i) * sizeof *host->inbox);
	host->inbox_count -= i;
	if (host->state == HOST_RUNNING)
		host_step(world, h, &(struct event){.kind = EVENT_DEADLINE});
}

void host_set_timing(struct world *world, uint8_t h, struct timing timing)
{
	struct host *host = &world->hosts[h];
	host->setup.timing = timing;
	if (!host_is_up(host))
		return;
	member_set_timing(host->member, timing);
	if (host->state == HOST_RUNNING)
		host_step(world, h, &(struct event){.kind = EVENT_DEADLINE});
}

/* What waits by this clock waits anew. */
static void follow_rate(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		if (host->stubs[r].state != STUB_DOWN)
			layers_watch(world, h, r);
	if (host->state == HOST_RUNNING)
		arm_timer(world, h);
}

void host_drift(struct world *world, uint8_t h, int64_t ppm)
{
	clock_drift(&world->hosts[h].clock, world->now, ppm);
	follow_rate(world, h);
}

void host_slew(struct world *world, uint8_t h, int64_t ppm)
{
	clock_slew(&world->hosts[h].clock, world->now, ppm);
	follow_rate(world, h);
}
