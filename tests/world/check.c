/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invariants. Resources come up only at a start and leases begin only there or when a lease is
 * noted as taken, so looking at those moments is as good as looking after every event.
 */
#include "tests/world/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/world/world.h"

void check_violation(struct world *world, const char *format, ...)
{
	struct check *check = &world->check;
	if (check->violated)
		return;
	check->violated = true;
	va_list args;
	va_start(args, format);
	vsnprintf(check->violation, sizeof check->violation, format, args);
	va_end(args);
	story_tell(world, NO_MEMBER, "VIOLATION: %.90s", check->violation);
}

void check_reset(struct world *world)
{
	memset(&world->check, 0, sizeof world->check);
	memset(world->check.last_owner, NO_MEMBER, sizeof world->check.last_owner);
	memset(world->check.taken_by, NO_MEMBER, sizeof world->check.taken_by);
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		int64_t lease = world->plan.members[h].timing.lease.ns;
		if (lease > world->check.grace)
			world->check.grace = lease;
	}
}

static bool is_listed(const struct world *world, uint8_t h, uint8_t role)
{
	const struct setup_role *file = &world->hosts[h].setup.roles[role];
	for (uint8_t i = 0; i < file->node_count; i++)
		if (file->nodes[i] == h)
			return !file->retired;
	return false;
}

static bool claims(const struct host *host, uint64_t role)
{
	for (uint8_t i = 0; host_is_up(host) && i < member_role_count(host->member); i++)
		if (host->member->roles[i].id == role)
			return host->member->roles[i].claim.state != CLAIM_NONE;
	return false;
}

/* The one case in which fencing promises nothing: a machine that is paused cannot keep to its
 * lease, and a voter that was to wait for it has forgotten that. It is over when `h` begins anew
 * while all are awake and nobody else claims the role. */
static void remember(struct world *world, uint8_t h, uint8_t role)
{
	for (uint8_t i = 0; i < world->plan.member_count; i++) {
		const struct host *host = &world->hosts[i];
		if (host->halt.is_on || host->stubs[role].state != STUB_DOWN ||
		    (i != h && claims(host, world->setup.roles[role].id)))
			return;
	}
	world->check.forgotten[role] = false;
}

void check_forgets(struct world *world, uint8_t h)
{
	const struct host *host = &world->hosts[h];
	/* Also of roles that its own file does not name. */
	for (uint8_t i = 0; i < member_role_count(host->member); i++) {
		const struct voter *voter = &host->member->roles[i].voter;
		uint8_t r = setup_role_of(&world->setup, host->member->roles[i].id);
		uint8_t holder = setup_member_of(&world->setup, voter->holder);
		if (voter->holder == 0 || !voter->endless || holder == h || r >= WORLD_ROLES_MAX)
			continue;
		if (world->hosts[holder].halt.is_on ||
		    world->hosts[holder].stubs[r].state != STUB_DOWN ||
		    claims(&world->hosts[holder], world->setup.roles[r].id))
			world->check.forgotten[r] = true;
	}
}

/* A script whose `stop` takes longer than the others wait for it: excused as long as its host goes
 * on stopping it, and says so. */
static bool is_overdue(const struct world *world, uint8_t h, uint8_t role)
{
	const struct host *host = &world->hosts[h];
	const struct layer_role *layer = &host->layers.roles[role];
	struct instant end = instant_plus(layer->lease_end, layer->limit);
	if (!stub_is_script(world, h, role) ||
	    instant_before(clock_show(&host->clock, world->now), end))
		return false;
	return host->state != HOST_RUNNING || (host->stubs[role].state == STUB_STOPPING &&
	                                       claims(host, world->setup.roles[role].id));
}

/* Of an owner that has to be off first nothing is excused. */
static bool is_excused(const struct world *world, uint8_t h, uint8_t role)
{
	return !world->plan.roles[role].fences &&
	       (layers_excuse(world, h, role) || is_overdue(world, h, role));
}

/* Nobody else's resources are up, nobody else's lease is valid. */
static void check_alone(struct world *world, uint8_t h, uint8_t role)
{
	const char *name = story_role(world, role);
	if (world->check.forgotten[role])
		return;
	for (uint8_t other = 0; other < world->plan.member_count; other++) {
		const struct host *host = &world->hosts[other];
		if (other == h)
			continue;
		if (host->stubs[role].state != STUB_DOWN && !is_excused(world, other, role))
			check_violation(world, "two owners: %s starts on %s while it is up on %s",
			                name, story_host(world, h), story_host(world, other));
		/* What a frozen daemon still believes is the guard's business. */
		if (host->state == HOST_RUNNING && role < host->setup.role_count &&
		    member_may_act(host->member, role, clock_show(&host->clock, world->now)))
			check_violation(world, "two leases: %s of %s and of %s", name,
			                story_host(world, h), story_host(world, other));
	}
}

static void check_epoch(struct world *world, uint8_t h, uint8_t role, uint64_t epoch)
{
	struct check *check = &world->check;
	bool goes_on = epoch == check->last_epoch[role] && h == check->last_owner[role];
	if (epoch <= check->last_epoch[role] && !goes_on && !check->forgotten[role])
		check_violation(world,
		                "epoch of %s does not grow: %s starts at %" PRIu64 ", %s was at "
		                "%" PRIu64,
		                story_role(world, role), story_host(world, h), epoch,
		                story_host(world, check->last_owner[role]),
		                check->last_epoch[role]);
	check->last_epoch[role] = epoch;
	check->last_owner[role] = h;
}

void check_start(struct world *world, uint8_t h, uint8_t role, uint64_t epoch)
{
	struct check *check = &world->check;
	struct host *host = &world->hosts[h];
	const char *name = story_role(world, role);
	const char *where = story_host(world, h);
	check->starts++;
	if (!is_listed(world, h, role))
		check_violation(world, "%s starts on %s, which is not among its nodes", name,
		                where);
	if (!member_may_act(host->member, role, clock_show(&host->clock, world->now)))
		check_violation(world, "%s starts on %s without a valid lease", name, where);
	if (host->stubs[role].state != STUB_DOWN)
		check_violation(world, "%s starts on %s before it was released there", name, where);
	check_alone(world, h, role);
	check_epoch(world, h, role, epoch);
	if (check->known[role] == KNOWN_STOPPED)
		check_violation(world, "%s starts on %s after an acknowledged stop", name, where);
	if (check->known_paused[h])
		check_violation(world, "%s starts on %s after an acknowledged pause of it", name,
		                where);
}

void check_note(struct world *world, uint8_t h, const struct note *note)
{
	struct check *check = &world->check;
	uint8_t role = setup_role_of(&world->setup, note->role);
	if (role >= world->plan.role_count)
		return;
	if (note->kind == NOTE_RELEASING && note->detail == RELEASE_STOP &&
	    check->known[role] == KNOWN_STARTED)
		check_violation(world, "%s is stopped on %s after an acknowledged start",
		                story_role(world, role), story_host(world, h));
	if (note->kind == NOTE_SEEKING)
		remember(world, h, role);
	if (note->kind != NOTE_TAKEN)
		return;
	if (note->epoch <= check->taken_epoch[role] && !check->forgotten[role])
		check_violation(world,
		                "epoch of %s does not grow: %s takes %" PRIu64 ", %s took %" PRIu64,
		                story_role(world, role), story_host(world, h), note->epoch,
		                story_host(world, check->taken_by[role]), check->taken_epoch[role]);
	check->taken_epoch[role] = note->epoch;
	check->taken_by[role] = h;
	check_alone(world, h, role);
}

void check_belief(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	host->has_ended = false;
	for (uint8_t r = 0; r < host->setup.role_count; r++) {
		if (!host->stubs[r].is_ended)
			continue;
		host->has_ended = true;
		if (host->stubs[r].state != STUB_DOWN ||
		    host->member->roles[r].claim.state != CLAIM_HOLDING)
			host->stubs[r].is_ended = false;
		else if (host->member->roles[r].phase == PHASE_UP)
			check_violation(world, "%s takes %s for up, which its guard has ended",
			                story_host(world, h), story_role(world, r));
	}
}

static bool is_known_late(const struct world *world, uint8_t h)
{
	return world->now < world->hosts[h].resumed_until;
}

static void check_role(struct world *world, uint8_t role)
{
	uint8_t up = NO_MEMBER, answers = NO_MEMBER;
	if (world->check.forgotten[role])
		return;
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		if ((world->up[role] >> h & 1) == 0 || is_known_late(world, h))
			continue;
		if (layers_answer(world, h, role)) {
			if (answers != NO_MEMBER)
				check_violation(world, "two hosts answer for %s: %s and %s",
				                story_role(world, role), story_host(world, answers),
				                story_host(world, h));
			answers = h;
		}
		if (!is_excused(world, h, role)) {
			if (up != NO_MEMBER)
				check_violation(world, "two owners: %s is up on %s and on %s",
				                story_role(world, role), story_host(world, up),
				                story_host(world, h));
			up = h;
		}
	}
}

/* The same address or process is up for one role here and for another one there. */
static void check_pair(struct world *world, uint8_t a, uint8_t role_a, uint8_t b, uint8_t role_b)
{
	const struct stub *one = &world->hosts[a].stubs[role_a];
	const struct stub *other = &world->hosts[b].stubs[role_b];
	if (other->state == STUB_DOWN || role_a == role_b ||
	    !identities_meet(&one->what, &other->what) || is_excused(world, a, role_a) ||
	    is_excused(world, b, role_b))
		return;
	/* On one host a start waits, without an act, until the other has stopped. */
	if (a == b && (one->state != STUB_UP || other->state != STUB_UP))
		return;
	check_violation(world, "two owners: something of %s on %s is up for %s on %s, too",
	                story_role(world, role_a), story_host(world, a), story_role(world, role_b),
	                story_host(world, b));
}

static void check_identities(struct world *world)
{
	for (uint8_t a = 0; a < world->plan.member_count; a++)
		for (uint8_t r = 0; r < world->plan.role_count; r++)
			for (uint8_t b = a; b < world->plan.member_count &&
			                    world->hosts[a].stubs[r].state != STUB_DOWN;
			     b++)
				for (uint8_t s = 0; s < world->plan.role_count; s++)
					check_pair(world, a, r, b, s);
}

void check_turn(struct world *world)
{
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		if ((world->up[r] & (world->up[r] - 1)) != 0)
			check_role(world, r);
	if (world->plan.edits)
		check_identities(world);
}

/* What was up under a valid lease goes on under it; what is up belongs to a claim. */
void check_adoption(struct world *world, uint8_t h)
{
	const struct host *host = &world->hosts[h];
	struct instant now = clock_show(&host->clock, world->now);
	for (uint8_t r = 0; r < host->setup.role_count; r++) {
		const struct stub *stub = &host->stubs[r];
		const struct claim *claim = &host->member->roles[r].claim;
		bool valid = instant_before(now, host->layers.roles[r].lease_end);
		if (stub->state != STUB_DOWN && claim->state == CLAIM_NONE)
			check_violation(world,
			                "%s is up on %s, whose new daemon knows nothing of it",
			                story_role(world, r), story_host(world, h));
		/* One whose clock stood still may have found out, and died before the layers knew.
		 */
		if (stub->state != STUB_UP || !valid || host->halt.stops_clock)
			continue;
		if (claim->epoch != stub->epoch || claim->lease_end.ns < now.ns)
			check_violation(world,
			                "%s is up on %s at epoch %" PRIu64
			                ", whose new daemon goes on with %" PRIu64,
			                story_role(world, r), story_host(world, h), stub->epoch,
			                claim->epoch);
	}
}

void check_left(struct world *world, uint8_t h)
{
	for (uint8_t r = 0; r < world->plan.role_count; r++)
		if (world->hosts[h].stubs[r].state != STUB_DOWN)
			check_violation(world, "%s left with %s up", story_host(world, h),
			                story_role(world, r));
}

void check_disk_lost(struct world *world, uint8_t h)
{
	world->check.lost[h] = true;
	world->check.known_paused[h] = false; /* a pause stands on its own node's disk alone */
}

void check_written(struct world *world, uint8_t h)
{
	struct check *check = &world->check;
	bool learns = world->hosts[h].disk.now.relearning;
	check->put_back[h] = check->put_back[h] && !learns;
	if (!learns && !check->put_back[h])
		check->lost[h] = false;
}

bool check_may_lose(const struct world *world, uint8_t h)
{
	if (!world->plan.members[h].votes)
		return true;
	unsigned voters = 0, lost = 0;
	for (uint8_t i = 0; i < world->plan.member_count; i++) {
		if (!world->plan.members[i].votes)
			continue;
		voters++;
		lost += i == h || world->check.lost[i];
	}
	return lost <= (voters - 1) / 2;
}
