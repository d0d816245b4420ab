/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes wrong with hosts, processes and links, and the dice that choose.
 */
#include "tests/sim/chaos.h"

uint8_t chaos_host(struct run *run)
{
	return (uint8_t)rng_below(&run->rng, run->world->plan.member_count);
}

uint8_t chaos_owner(struct run *run)
{
	struct world *world = run->world;
	uint8_t role = (uint8_t)rng_below(&run->rng, world->plan.role_count);
	for (uint8_t i = 0; i < world->plan.role_count; i++) {
		uint8_t owner = world_owner(world, (uint8_t)((role + i) % world->plan.role_count));
		if (owner != NO_MEMBER)
			return owner;
	}
	return chaos_host(run);
}

static void boot_after(struct run *run, uint8_t h, int64_t after)
{
	world_plan(run->world, after, &(struct happening){.kind = HAPPEN_BOOT, .host = h});
}

void chaos_power(struct run *run, uint8_t h)
{
	struct world *world = run->world;
	struct host *host = &world->hosts[h];
	if (run->profile->lies)
		host->disk.lies = check_may_lose(world, h) || rng_chance(&run->rng, 500);
	bool damage = check_may_lose(world, h) && rng_chance(&run->rng, 200);
	if (host->powered) {
		story_tell(world, h, "(power off)");
		host_crash(world, h, true, damage);
	}
	/* At once, or after some leases. */
	bool soon = rng_chance(&run->rng, 500);
	boot_after(run, h, rng_between(&run->rng, 0, soon ? run->lease / 2 : 4 * run->lease));
}

void chaos_kill(struct run *run, uint8_t h)
{
	struct world *world = run->world;
	struct host *host = &world->hosts[h];
	if (host_is_up(host)) {
		story_tell(world, h, "(daemon killed)");
		host_crash(world, h, false, false);
	}
	bool soon = rng_chance(&run->rng, 700);
	int64_t most = soon ? run->lease / 5 : 2 * run->lease;
	/* Without a guard the supervisor's restart has to be in time. */
	if (run->profile->is_bare)
		most = host->setup.timing.release.ns / 5;
	boot_after(run, h, rng_between(&run->rng, 0, most));
}

static int64_t pause_time(struct run *run, uint8_t h)
{
	static const int64_t tenths[] = {1, 5, 10, 15, 30};
	if (run->profile->is_bare)
		return rng_between(&run->rng, 0, run->world->hosts[h].setup.timing.release.ns / 5);
	int64_t most = run->lease / 10 * tenths[rng_below(&run->rng, 5)];
	return rng_between(&run->rng, most / 2, most);
}

void chaos_freeze(struct run *run, uint8_t h)
{
	host_freeze(run->world, h, pause_time(run, h));
}

void chaos_isolate(struct run *run, uint8_t h)
{
	struct world *world = run->world;
	unsigned how = (unsigned)rng_below(&run->rng, 4);
	story_tell(world, h, "(%s)",
	           how == 0   ? "is not heard"
	           : how == 1 ? "does not hear"
	                      : "isolated");
	for (uint8_t i = 0; i < world->plan.member_count; i++) {
		if (i == h)
			continue;
		if (how != 1)
			net_cut(&world->net, h, i, true);
		if (how != 0)
			net_cut(&world->net, i, h, true);
	}
}

static void hit(struct run *run, uint8_t h)
{
	switch (rng_below(&run->rng, 8)) {
	case 0:
	case 1:
		chaos_power(run, h);
		break;
	case 2:
		chaos_kill(run, h);
		break;
	case 3:
		chaos_freeze(run, h);
		break;
	case 4:
		chaos_doom(run, h, DOOM_DIES_UNKEPT, DOOM_DIES_HALFWAY);
		break;
	default:
		chaos_isolate(run, h);
	}
}

/* An owner loses its majority while those who promised it something lose their memory or time. */
static void squeeze(struct run *run)
{
	struct world *world = run->world;
	uint8_t owner = chaos_owner(run);
	net_heal(&world->net);
	hit(run, owner);
	for (uint8_t i = 0; i < world->plan.member_count; i++) {
		if (i == owner || rng_chance(&run->rng, 500))
			continue;
		uint64_t how = rng_below(&run->rng, 4);
		if (how == 0)
			chaos_freeze(run, i);
		if (how >= 1)
			chaos_power(run, i);
		if (how >= 2) /* and again, as soon as it is back */
			boot_after(run, i, 0);
		if (how == 3)
			chaos_doom(run, i, DOOM_DIES_UNKEPT, DOOM_DIES_HALFWAY);
	}
}

static void partition(struct run *run)
{
	struct world *world = run->world;
	uint64_t side = rng_next(&run->rng);
	story_tell(world, NO_MEMBER, "(partition)");
	for (uint8_t a = 0; a < world->plan.member_count; a++)
		for (uint8_t b = 0; b < world->plan.member_count; b++)
			net_cut(&world->net, a, b, ((side >> a ^ side >> b) & 1) != 0);
}

static void cuts(struct run *run)
{
	struct world *world = run->world;
	story_tell(world, NO_MEMBER, "(random cuts)");
	for (uint8_t a = 0; a < world->plan.member_count; a++)
		for (uint8_t b = 0; b < world->plan.member_count; b++)
			net_cut(&world->net, a, b, rng_chance(&run->rng, 300));
}

static void ring(struct run *run)
{
	struct world *world = run->world;
	uint8_t n = world->plan.member_count;
	story_tell(world, NO_MEMBER, "(ring)");
	for (uint8_t a = 0; a < n; a++)
		for (uint8_t b = 0; b < n; b++)
			net_cut(&world->net, a, b, b != (a + 1) % n && a != (b + 1) % n);
}

static void loss(struct run *run)
{
	struct world *world = run->world;
	uint8_t a = chaos_host(run), b = chaos_host(run);
	unsigned permille = (unsigned)rng_below(&run->rng, 900);
	for (unsigned path = 0; path < WORLD_PATHS_MAX; path++)
		world->net.links[a][b][path].loss_permille = permille;
}

static void power_somebody(struct run *run)
{
	chaos_power(run, chaos_host(run));
}

static void kill_somebody(struct run *run)
{
	chaos_kill(run, chaos_host(run));
}

static void die_in_step(struct run *run)
{
	chaos_doom(run, chaos_host(run), DOOM_DIES_UNKEPT, DOOM_DIES_HALFWAY);
}

static void freeze_somebody(struct run *run)
{
	chaos_freeze(run, chaos_host(run));
}

static void freeze_in_step(struct run *run)
{
	chaos_doom(run, chaos_host(run), DOOM_FREEZES_UNKEPT, DOOM_FREEZES);
}

/* Half of the time an owner: of the others nobody misses the guard. */
static uint8_t chaos_either(struct run *run)
{
	return rng_chance(&run->rng, 500) ? chaos_owner(run) : chaos_host(run);
}

static void kill_guard(struct run *run)
{
	chaos_guard_kill(run, chaos_either(run));
}

static void freeze_guard(struct run *run)
{
	chaos_guard_freeze(run, chaos_either(run));
}

static void freeze_both(struct run *run)
{
	chaos_freeze_both(run, chaos_either(run));
}

static void kill_both(struct run *run)
{
	chaos_kill_both(run, chaos_either(run));
}

static void hit_owner(struct run *run)
{
	hit(run, chaos_owner(run));
}

static void isolate_somebody(struct run *run)
{
	chaos_isolate(run, chaos_host(run));
}

static void heal(struct run *run)
{
	story_tell(run->world, NO_MEMBER, "(links heal)");
	net_heal(&run->world->net);
}

static void overflow(struct run *run)
{
	struct world *world = run->world;
	uint8_t h = chaos_host(run);
	struct host *host = &world->hosts[h];
	unsigned most = 2u * world->plan.member_count;
	host->socket_max = host->socket_max > 0 ? 0 : (unsigned)rng_between(&run->rng, 1, most);
	story_tell(world, h, "(its socket takes %u pages a heartbeat; 0: all)", host->socket_max);
}

static void replay(struct run *run)
{
	for (unsigned i = 0; i < 5; i++)
		net_replay(run->world, chaos_host(run));
}

static void move(struct run *run)
{
	chaos_request(run, REQUEST_MOVE);
}

static void stop(struct run *run)
{
	chaos_request(run, REQUEST_STOP);
}

static void start(struct run *run)
{
	chaos_request(run, REQUEST_START);
}

static void pause_node(struct run *run)
{
	chaos_request(run, REQUEST_PAUSE);
}

static void resume_node(struct run *run)
{
	chaos_request(run, REQUEST_RESUME);
}

static void (*const faults[FAULTS])(struct run *run) = {
    [FAULT_POWER] = power_somebody,
    [FAULT_KILL] = kill_somebody,
    [FAULT_DIES_IN_STEP] = die_in_step,
    [FAULT_FREEZE] = freeze_somebody,
    [FAULT_FREEZES_IN_STEP] = freeze_in_step,
    [FAULT_KILL_GUARD] = kill_guard,
    [FAULT_FREEZE_GUARD] = freeze_guard,
    [FAULT_KILL_BOTH] = kill_both,
    [FAULT_FREEZE_BOTH] = freeze_both,
    [FAULT_HIT_OWNER] = hit_owner,
    [FAULT_SQUEEZE] = squeeze,
    [FAULT_PLOT] = plot_begin,
    [FAULT_PARTITION] = partition,
    [FAULT_CUTS] = cuts,
    [FAULT_ONE_WAY] = isolate_somebody,
    [FAULT_RING] = ring,
    [FAULT_HEAL] = heal,
    [FAULT_LOSS] = loss,
    [FAULT_MOVE] = move,
    [FAULT_STOP] = stop,
    [FAULT_START] = start,
    [FAULT_PAUSE] = pause_node,
    [FAULT_RESUME] = resume_node,
    [FAULT_LEAVE] = chaos_leave,
    [FAULT_BREAK] = chaos_break,
    [FAULT_FITNESS] = chaos_fitness,
    [FAULT_DISK_LOST] = chaos_disk_lost,
    [FAULT_DISK_DAMAGED] = chaos_disk_damaged,
    [FAULT_DISK_FULL] = chaos_disk_full,
    [FAULT_TIMING] = chaos_timing,
    [FAULT_DISK_COPY] = chaos_disk_copy,
    [FAULT_DISK_PUT_BACK] = chaos_disk_put_back,
    [FAULT_OVERFLOW] = overflow,
    [FAULT_REPLAY] = replay,
    [FAULT_DRIFT] = chaos_drift,
    [FAULT_HALT] = chaos_halt,
    [FAULT_AGENT] = chaos_agent,
};

static enum fault_kind draw_fault(struct run *run)
{
	unsigned total = 0, kind = 0;
	for (unsigned i = 0; i < FAULTS; i++)
		total += run->profile->faults[i];
	uint64_t pick = rng_below(&run->rng, total);
	while (pick >= run->profile->faults[kind])
		pick -= run->profile->faults[kind++];
	return (enum fault_kind)kind;
}

void run_fault(struct world *world, void *context)
{
	struct run *run = context;
	if (run->is_over)
		return;
	int64_t next = rng_tail(&run->rng, run->gap) + 1;
	if (!run->plot.is_on)
		faults[draw_fault(run)](run);
	if (run->plot.is_on)
		next = plot_go_on(run);
	check_overdue(world);
	world_plan(world, next, &(struct happening){.kind = HAPPEN_FAULT});
}
