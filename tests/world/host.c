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

struct instant host_lease_end(const struct host *host, uint8_t role)
{
	return host_is_up(host) ? member_lease_end(host->member, role) : host->kept_lease_end[role];
}

struct span host_release_limit(const struct host *host, uint8_t role)
{
	return host_is_up(host) ? host->member->roles[role].claim.release_limit
	                        : host->kept_limit[role];
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

static void leave_done(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	check_left(world, h);
	story_tell(world, h, "(left)");
	host_crash(world, h, false, false);
	host->has_kept = false;
	host->leaving = false;
}

/* `late`: time has passed since the step, so a start asks again whether it may. */
static void apply_one(struct world *world, uint8_t h, const struct effect *effect, bool late)
{
	struct host *host = &world->hosts[h];
	uint8_t role = effect->as.resources.role;
	switch (effect->kind) {
	case EFFECT_START:
		if (late &&
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
	case EFFECT_NOTE:
	case EFFECT_LEFT:
		break;
	}
}

static void apply(struct world *world, uint8_t h, const struct effects *effects, bool late)
{
	bool left = false;
	for (uint16_t i = 0; i < effects->count; i++) {
		apply_one(world, h, &effects->items[i], late);
		left |= effects->items[i].kind == EFFECT_LEFT;
	}
	if (effects->send)
		send_pages(world, h);
	if (effects->persist)
		disk_write(world, h);
	if (left)
		leave_done(world, h);
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

void host_step(struct world *world, uint8_t h, struct event *event)
{
	struct host *host = &world->hosts[h];
	assert(host->state == HOST_RUNNING);
	event->now = clock_show(&host->clock, world->now);
	world->steps++;
	member_step(host->member, event, &world->effects);
	tell_notes(world, h, &world->effects);
	enum doom doom = host->doom;
	bool acts = world->effects.count > 0 || world->effects.send || world->effects.persist;
	if (doom == DOOM_NONE || !acts) {
		apply(world, h, &world->effects, false);
	} else if (doom == DOOM_DIES) {
		host_crash(world, h, false, false);
	} else {
		*host->parked = world->effects;
		host->has_parked = true;
		host_freeze(world, h, host->doom_pause);
	}
	if (doom != DOOM_NONE && acts)
		host->doom = DOOM_NONE;
	if (host_is_up(host))
		arm_timer(world, h);
	if (host->has_ended && host->state == HOST_RUNNING)
		check_belief(world, h);
}

/* A daemon of this boot whose memory says it holds a role, but whose resources are not up, has to
 * say so to the member. */
static void report_missing(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	for (uint8_t r = 0; r < host->setup.role_count && host->state == HOST_RUNNING; r++) {
		const struct kept_role *kept = &host->kept.roles[r];
		if (host->stubs[r].state == STUB_UP || kept->claim != CLAIM_HOLDING)
			continue;
		host_step(world, h,
		          &(struct event){.kind = EVENT_FAILED,
		                          .as.resources = {.role = r, .epoch = kept->claim_epoch}});
	}
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
	host->disk.before = host->disk.now;
	host->disk.had_before = host->disk.has;
	bool had_kept = host->has_kept;
	member_init(host->member, &host->setup, host->disk.has ? &host->disk.now : NULL,
	            had_kept ? &host->kept : NULL, rng_next(&world->rng),
	            clock_show(&host->clock, world->now));
	host_step(world, h, &(struct event){.kind = EVENT_DEADLINE});
	if (had_kept)
		report_missing(world, h);
	for (uint8_t r = 0; r < host->setup.role_count && host->state == HOST_RUNNING; r++)
		host_step(world, h,
		          &(struct event){.kind = EVENT_FITNESS,
		                          .as.fitness = {.role = r, .fit = !host->unfit[r]}});
	host->has_kept = false;
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
	if (host->state != HOST_OFF)
		return;
	story_tell(world, h, host->has_kept ? "(boot, with memory)" : "(boot)");
	if (!host->powered) {
		/* A clock that counts from the boot. */
		host->clock.true_base = world->now;
		host->clock.local_base = rng_between(&world->rng, 0, INT64_C(1000000000));
		host->powered = true;
	}
	if (host->has_kept) {
		begin(world, h);
		return;
	}
	host->state = HOST_CLEANING;
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		stub_clean(world, h, r);
	host_cleaned(world, h);
}

static void keep_memory(struct world *world, struct host *host)
{
	for (uint8_t r = 0; r < host->setup.role_count; r++) {
		host->kept_lease_end[r] = member_lease_end(host->member, r);
		host->kept_limit[r] = host->member->roles[r].claim.release_limit;
	}
	host->has_kept = world->plan.keeps;
	if (host->has_kept)
		member_keep(host->member, &host->kept);
}

void host_crash(struct world *world, uint8_t h, bool power, bool damage)
{
	struct host *host = &world->hosts[h];
	if (power && !host->powered)
		return;
	if (!power && !host_is_up(host))
		return;
	if (host_is_up(host))
		keep_memory(world, host);
	if (power) {
		host->has_kept = false;
		host->powered = false;
		memset(host->kept_lease_end, 0, sizeof host->kept_lease_end);
	}
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
}

void host_freeze(struct world *world, uint8_t h, int64_t duration)
{
	struct host *host = &world->hosts[h];
	if (host->state != HOST_RUNNING)
		return;
	story_tell(world, h, "(frozen for %" PRId64 " ms)", duration / 1000000);
	host->state = HOST_FROZEN;
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
	uint32_t life = host->life;
	host->state = HOST_RUNNING;
	if (host->has_parked) {
		host->has_parked = false;
		apply(world, h, host->parked, true);
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
