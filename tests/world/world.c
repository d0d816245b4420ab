/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of the world, and its beginning.
 */
#include "tests/world/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A command waits this many of the asking member's leases for its answer. */
enum { REQUEST_LEASES = 4 };

/* More than this at one moment is a member that wakes itself for ever. */
enum { AT_ONCE_MAX = 20000 };

struct world *world_open(void)
{
	struct world *world = calloc(1, sizeof *world);
	assert(world != NULL);
	agenda_open(&world->agenda);
	net_open(&world->net);
	for (unsigned h = 0; h < MEMBERS_MAX; h++) {
		struct host *host = &world->hosts[h];
		host->member = malloc(sizeof *host->member);
		host->parked = malloc(sizeof *host->parked);
		host->inbox = malloc(HOST_INBOX_SIZE * sizeof *host->inbox);
		assert(host->member != NULL && host->parked != NULL && host->inbox != NULL);
	}
	return world;
}

void world_close(struct world *world)
{
	if (world == NULL)
		return;
	for (unsigned h = 0; h < MEMBERS_MAX; h++) {
		free(world->hosts[h].member);
		free(world->hosts[h].parked);
		free(world->hosts[h].inbox);
	}
	net_close(&world->net);
	agenda_close(&world->agenda);
	free(world);
}

static void setup_members(const struct plan *plan, struct setup *setup, bool other_file)
{
	unsigned nodes = 0, witnesses = 0;
	setup->member_count = plan->member_count;
	for (uint8_t i = 0; i < plan->member_count; i++) {
		const struct plan_member *member = &plan->members[i];
		struct setup_member *out = &setup->members[i];
		unsigned number = member->is_node ? ++nodes : ++witnesses;
		snprintf(out->name, sizeof out->name, "%s%u", member->is_node ? "n" : "w", number);
		out->id = name_id(out->name);
		out->is_node = member->is_node;
		out->votes = other_file ? member->other_votes : member->votes;
		out->path_count = plan->path_count;
		if (member->is_node)
			out->fence_limit = (struct span){plan->fence_max};
	}
}

static void setup_roles(const struct plan *plan, struct setup *setup, uint8_t count,
                        bool other_definition)
{
	setup->role_count = count;
	for (uint8_t r = 0; r < count; r++) {
		const struct plan_role *role = &plan->roles[r];
		struct setup_role *out = &setup->roles[r];
		snprintf(out->name, sizeof out->name, "r%u", r + 1u);
		out->id = name_id(out->name);
		out->definition = 1000u + r + (other_definition && r == 0 ? 500u : 0u);
		out->node_count = role->node_count;
		memcpy(out->nodes, role->nodes, sizeof out->nodes);
		out->fails_back = role->fails_back;
		out->failback = role->failback;
		out->fences = role->fences;
	}
}

static void setup_fill(const struct plan *plan, struct setup *setup, uint8_t self)
{
	const struct plan_member *member = &plan->members[self];
	memset(setup, 0, sizeof *setup);
	setup->cluster_id = name_id("world");
	setup->config_digest = 1u + member->has_other_file + 2u * member->other_definition;
	setup->timing = member->timing;
	setup->self = self;
	setup_members(plan, setup, member->has_other_file);
	setup_roles(plan, setup, member->role_count, member->other_definition);
}

static void host_reset(struct world *world, uint8_t h)
{
	struct host *host = &world->hosts[h];
	struct member *member = host->member;
	struct effects *parked = host->parked;
	struct happening *inbox = host->inbox;
	memset(host, 0, sizeof *host);
	host->member = member;
	host->parked = parked;
	host->inbox = inbox;
	host->wake_at = INT64_MAX;
	layers_reset(&host->layers);
	setup_fill(&world->plan, &host->setup, h);
	host->clock.ppm = world->plan.members[h].ppm;
	host->disk.write_min = world->plan.write_min;
	host->disk.write_max = world->plan.write_max;
	for (uint8_t r = 0; r < WORLD_ROLES_MAX; r++) {
		struct stub *stub = &host->stubs[r];
		stub->start_time = stub->stop_time = stub->forced_time = -1;
		stub->script_time = -1;
	}
	if (world->plan.formed) {
		host->disk.has = true;
		host->disk.now.longest_promise = timing_promise(host->setup.timing);
		host->disk.now.voters = setup_voters(&host->setup);
	}
}

void world_reset(struct world *world, const struct plan *plan)
{
	assert(plan->member_count <= MEMBERS_MAX && plan->role_count <= WORLD_ROLES_MAX);
	world->plan = *plan;
	world->now = 0;
	world->rng = (struct rng){plan->seed};
	world->agenda.count = 0;
	world->agenda.next_order = 0;
	world->steps = 0;
	net_reset(&world->net, &plan->network);
	world->story.count = 0;
	memset(world->up, 0, sizeof world->up);
	memset(&world->setup, 0, sizeof world->setup);
	setup_members(plan, &world->setup, false);
	setup_roles(plan, &world->setup, plan->role_count, false);
	for (uint8_t h = 0; h < MEMBERS_MAX; h++)
		world->agents[h] = (struct agent){.time = -1};
	check_reset(world);
	for (uint8_t h = 0; h < plan->member_count; h++) {
		host_reset(world, h);
		int64_t spread = plan->members[h].timing.heartbeat.ns * 2;
		if (!plan->members[h].off)
			world_plan(world, rng_between(&world->rng, 0, spread),
			           &(struct happening){.kind = HAPPEN_BOOT, .host = h});
	}
}

void world_plan(struct world *world, int64_t after, const struct happening *item)
{
	assert(after >= 0);
	struct happening planned = *item;
	planned.at = world->now + after;
	agenda_add(&world->agenda, &planned);
}

static bool is_of_this_life(const struct world *world, const struct happening *item)
{
	return item->life == world->hosts[item->host].life;
}

static void happen(struct world *world, struct happening *item)
{
	uint8_t h = item->host;
	struct host *host = &world->hosts[h];
	switch (item->kind) {
	case HAPPEN_PAGE:
	case HAPPEN_BREAKS:
	case HAPPEN_FITNESS:
	case HAPPEN_REQUEST:
	case HAPPEN_LEAVE:
		host_tell(world, h, item);
		break;
	case HAPPEN_WAKE:
	case HAPPEN_UP:
	case HAPPEN_FENCED:
		if (is_of_this_life(world, item))
			host_tell(world, h, item);
		break;
	case HAPPEN_WRITTEN:
		if (!disk_written(&host->disk, item->serial))
			break;
		check_written(world, h);
		if (is_of_this_life(world, item))
			host_tell(world, h, item);
		break;
	case HAPPEN_DOWN:
		if (stub_down(world, h, item))
			host_tell(world, h, item);
		host_notices_ends(world, h);
		host_cleaned(world, h);
		break;
	case HAPPEN_GUARD:
		layers_guard_looks(world, h, item->role);
		break;
	case HAPPEN_WATCHDOG:
		layers_watchdog_looks(world, h, item->role);
		break;
	case HAPPEN_GUARD_BOOT:
	case HAPPEN_GUARD_THAW:
		if (item->life == host->layers.guard_life)
			(item->kind == HAPPEN_GUARD_BOOT ? guard_boot : guard_thaw)(world, h);
		break;
	case HAPPEN_RESUME:
		machine_resume(world, h);
		break;
	case HAPPEN_BOOT:
		host_boot(world, h);
		break;
	case HAPPEN_OFF:
		agent_deed(world, item);
		break;
	case HAPPEN_THAW:
		if (is_of_this_life(world, item))
			host_thaw(world, h);
		break;
	case HAPPEN_FAULT:
		if (world->fault != NULL)
			world->fault(world, world->fault_context);
		break;
	}
}

bool world_run(struct world *world, int64_t until)
{
	struct happening item;
	unsigned at_once = 0;
	while (!world->check.violated && agenda_next(&world->agenda) <= until) {
		agenda_take(&world->agenda, &item);
		at_once = item.at == world->now ? at_once + 1 : 0;
		world->now = item.at;
		if (!halt_defers(world, &item))
			happen(world, &item);
		check_turn(world);
		if (at_once > AT_ONCE_MAX)
			check_violation(world,
			                "time stands still: something of %s happens over and over",
			                story_host(world, item.host));
	}
	if (!world->check.violated)
		world->now = until;
	return !world->check.violated;
}

uint64_t world_request(struct world *world, uint8_t h, enum request_kind kind, uint8_t role,
                       uint8_t target)
{
	uint64_t handle = ++world->check.next_handle;
	struct span limit = span_times(world->hosts[h].setup.timing.lease, REQUEST_LEASES);
	world_plan(
	    world, 0,
	    &(struct happening){
		.kind = HAPPEN_REQUEST,
		.host = h,
		.role = role,
		.as.request = {.kind = kind, .target = target, .handle = handle, .limit = limit}});
	return handle;
}

uint8_t world_owner(const struct world *world, uint8_t role)
{
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		if (world->hosts[h].stubs[role].state != STUB_DOWN)
			return h;
	return NO_MEMBER;
}

struct span world_longest_promise(const struct world *world)
{
	struct span longest = {0};
	for (uint8_t h = 0; h < world->plan.member_count; h++) {
		const struct host *host = &world->hosts[h];
		struct span promise = timing_promise(host->setup.timing);
		if (host_is_up(host) && host->member->longest_promise.ns > promise.ns)
			promise = host->member->longest_promise;
		if (promise.ns > longest.ns)
			longest = promise;
	}
	return longest;
}
