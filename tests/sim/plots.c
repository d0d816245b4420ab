/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plots: short sequences of faults against one owner and the voters it needs. Left to chance alone,
 * the schedules in which a rule of the protocol matters come up once in a million takeovers; here
 * every act is on the stage where it can do harm, and only its moment is random.
 *
 * The owner and its voters together are a bare majority; the rivals and the voters are one too. So
 * whatever the voters forget, hear too late or say too early decides between two owners.
 */
#include "tests/sim/chaos.h"

enum act {
	ACT_END,
	ACT_ONLY_VOTERS, /* the owner reaches its voters only */
	ACT_ISOLATE,     /* the owner reaches nobody; all others reach each other */
	ACT_DEAF_VOTERS, /* they do not hear the owner any more */
	ACT_MUTE_VOTERS, /* the owner does not hear them any more */
	ACT_FREEZE_VOTERS,
	ACT_FREEZE_OWNER,
	ACT_POWER_VOTERS, /* and back at once */
	ACT_KILL_VOTERS,
	ACT_KILL_OWNER,
	ACT_POWER_OWNER, /* off for some leases */
	ACT_RAISE,       /* the owner's timing */
	ACT_LOWER,
	ACT_FILL_DISKS, /* of the voters */
	ACT_FREE_DISKS,
	ACT_LOSE_DISK,  /* of one voter that may, and back at once */
	ACT_STOP,       /* typed at the owner */
	ACT_START,      /* typed at a rival */
	ACT_PAUSE,      /* of a rival, typed at the owner */
	ACT_RESUME,     /* of that rival, typed there */
	ACT_CUT_RIVALS, /* they reach nobody */
	ACT_SKEW,       /* the owner's clock as slow as promised, all others as fast */
	ACT_REPLAY,     /* of old commands, to all that just booted */
	ACT_HEAL,
};
enum { ACTS = ACT_HEAL + 1 };

static const struct cue plots[][PLOT_ACTS_MAX] = {
    /* A voter that did not run hears the owner, but no longer freshly. */
    {{ACT_ONLY_VOTERS, 0, 50}, {ACT_FREEZE_VOTERS, 0, 50}, {ACT_DEAF_VOTERS, 90, 150}},
    {{ACT_FREEZE_VOTERS, 0, 50}, {ACT_ONLY_VOTERS, 50, 100}, {ACT_DEAF_VOTERS, 0, 50}},
    /* A reload between a promise and the loss of the majority. */
    {{ACT_ONLY_VOTERS, 0, 50}, {ACT_RAISE, 100, 150}, {ACT_ISOLATE, 0, 20}},
    {{ACT_ONLY_VOTERS, 0, 50}, {ACT_LOWER, 100, 150}, {ACT_ISOLATE, 0, 60}},
    {{ACT_LOWER, 0, 10},
     {ACT_POWER_VOTERS, 0, 10},
     {ACT_FILL_DISKS, 150, 200},
     {ACT_RAISE, 0, 50},
     {ACT_ISOLATE, 50, 150},
     {ACT_POWER_VOTERS, 0, 5},
     {ACT_FREE_DISKS, 5, 10}},
    {{ACT_FILL_DISKS, 0, 10},
     {ACT_RAISE, 0, 50},
     {ACT_ISOLATE, 50, 150},
     {ACT_POWER_VOTERS, 0, 5},
     {ACT_FREE_DISKS, 5, 10}},
    /* The clocks at their worst. */
    {{ACT_HEAL, 0, 10}, {ACT_SKEW, 0, 50}, {ACT_ISOLATE, 100, 200}},
    /* Voters without memory. */
    {{ACT_ISOLATE, 0, 50}, {ACT_POWER_VOTERS, 0, 10}},
    {{ACT_ISOLATE, 0, 50},
     {ACT_POWER_VOTERS, 0, 5},
     {ACT_KILL_VOTERS, 10, 30},
     {ACT_KILL_VOTERS, 10, 30}},
    /* The lease ends while the owner does not run, and votes wait in its inbox. */
    {{ACT_ONLY_VOTERS, 0, 50},
     {ACT_MUTE_VOTERS, 0, 50},
     {ACT_ONLY_VOTERS, 40, 90},
     {ACT_FREEZE_OWNER, 0, 20}},
    {{ACT_ONLY_VOTERS, 0, 50}, {ACT_FREEZE_OWNER, 0, 50}},
    /* An owner that comes back without its lease. */
    {{ACT_ONLY_VOTERS, 0, 50}, {ACT_KILL_OWNER, 0, 50}, {ACT_ISOLATE, 0, 100}},
    /* Commands that a majority has, in a majority of which nobody has them. */
    {{ACT_CUT_RIVALS, 0, 50},
     {ACT_STOP, 50, 100},
     {ACT_POWER_OWNER, 10, 80},
     {ACT_LOSE_DISK, 0, 10},
     {ACT_HEAL, 0, 50}},
    {{ACT_HEAL, 0, 10},
     {ACT_ISOLATE, 50, 99},
     {ACT_STOP, 0, 10},
     {ACT_POWER_OWNER, 10, 50},
     {ACT_START, 200, 250},
     {ACT_HEAL, 50, 100},
     {ACT_START, 100, 200}},
    /* Old commands played to those who have forgotten that they were answered. */
    {{ACT_HEAL, 0, 10},
     {ACT_START, 0, 50},
     {ACT_STOP, 50, 100},
     {ACT_POWER_VOTERS, 100, 250},
     {ACT_REPLAY, 0, 5},
     {ACT_REPLAY, 0, 5},
     {ACT_REPLAY, 0, 5},
     {ACT_START, 100, 200}},
    {{ACT_HEAL, 0, 10},
     {ACT_PAUSE, 0, 50},
     {ACT_RESUME, 50, 100},
     {ACT_PAUSE, 50, 100},
     {ACT_POWER_VOTERS, 100, 200},
     {ACT_REPLAY, 0, 5},
     {ACT_REPLAY, 0, 5},
     {ACT_ISOLATE, 200, 250}},
};
enum { PLOTS = sizeof plots / sizeof plots[0] };

static struct cue random_cue(struct run *run)
{
	return (struct cue){
	    .act = (uint8_t)rng_between(&run->rng, ACT_END + 1, ACTS - 1),
	    .to = (uint8_t)rng_between(&run->rng, 10, 100),
	};
}

static void choose_actors(struct run *run)
{
	struct world *world = run->world;
	struct plot *plot = &run->plot;
	uint8_t order[MEMBERS_MAX], n = world->plan.member_count;
	unsigned voters = 0, chosen = 1;
	plot->role = (uint8_t)rng_below(&run->rng, world->plan.role_count);
	plot->owner = world_owner(world, plot->role);
	if (plot->owner == NO_MEMBER)
		plot->owner = world->plan.roles[plot->role].nodes[0];
	plot->voters = plot->rivals = 0;
	for (uint8_t i = 0; i < n; i++) {
		order[i] = i;
		voters += world->plan.members[i].votes;
	}
	for (uint8_t i = 0; i < n; i++) {
		uint8_t pick = (uint8_t)rng_between(&run->rng, i, n - 1);
		uint8_t host = order[pick];
		order[pick] = order[i];
		if (host == plot->owner)
			continue;
		bool needed = chosen <= voters / 2 && world->plan.members[host].votes;
		chosen += needed;
		*(needed ? &plot->voters : &plot->rivals) |= (uint16_t)(1u << host);
	}
}

/* Which of the others a cut or a loss of memory is about. */
static bool is_in(uint16_t set, uint8_t host)
{
	return (set >> host & 1) != 0;
}

static uint8_t one_of(struct run *run, uint16_t set)
{
	uint8_t n = run->world->plan.member_count;
	uint8_t from = chaos_host(run);
	for (uint8_t i = 0; i < n; i++)
		if (is_in(set, (uint8_t)((from + i) % n)))
			return (uint8_t)((from + i) % n);
	return run->plot.owner;
}

static void between(struct run *run, bool cut, uint16_t from, uint16_t to)
{
	struct world *world = run->world;
	for (uint8_t a = 0; a < world->plan.member_count; a++)
		for (uint8_t b = 0; b < world->plan.member_count; b++)
			if (a != b && is_in(from, a) && is_in(to, b))
				net_cut(&world->net, a, b, cut);
}

static void only_to(struct run *run, uint16_t reached)
{
	uint16_t owner = (uint16_t)(1u << run->plot.owner);
	uint16_t others = run->plot.voters | run->plot.rivals;
	net_heal(&run->world->net);
	between(run, true, owner, others & (uint16_t)~reached);
	between(run, true, others & (uint16_t)~reached, owner);
}

static void boot_soon(struct run *run, uint8_t h)
{
	world_plan(run->world, rng_edgy(&run->rng, run->lease / 20),
	           &(struct happening){.kind = HAPPEN_BOOT, .host = h});
}

static void crash(struct run *run, uint8_t h, bool power)
{
	struct world *world = run->world;
	if (power ? world->hosts[h].powered : host_is_up(&world->hosts[h])) {
		story_tell(world, h, power ? "(power off)" : "(daemon killed)");
		host_crash(world, h, power, false);
	}
	boot_soon(run, h);
}

static void reload(struct run *run, bool longer)
{
	struct world *world = run->world;
	struct timing timing = world->hosts[run->plot.owner].setup.timing;
	timing.lease.ns = longer ? 2 * run->lease : run->lease / 2;
	timing.release.ns = longer ? run->lease : run->lease / 10;
	if (timing.lease.ns > world->check.grace)
		world->check.grace = timing.lease.ns;
	story_tell(world, run->plot.owner, "(reload with %s timing)",
	           longer ? "longer" : "shorter");
	host_set_timing(world, run->plot.owner, timing);
}

static void skew(struct run *run)
{
	enum { PPM_BOUND = DRIFT_PER_MILLE * 1000 };
	struct world *world = run->world;
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		host_drift(world, h, h == run->plot.owner ? -PPM_BOUND : PPM_BOUND);
}

static void lose_one(struct run *run)
{
	struct world *world = run->world;
	uint8_t h = one_of(run, run->plot.voters);
	if (!check_may_lose(world, h))
		return;
	host_crash(world, h, true, false);
	disk_lose(world, h, false);
	boot_soon(run, h);
}

static void act_on(struct run *run, enum act act, uint8_t h)
{
	struct world *world = run->world;
	if (act == ACT_FREEZE_VOTERS)
		host_freeze(world, h, rng_between(&run->rng, run->lease / 2, 2 * run->lease));
	else if (act == ACT_POWER_VOTERS || act == ACT_KILL_VOTERS)
		crash(run, h, act == ACT_POWER_VOTERS);
	else if (act == ACT_FILL_DISKS || act == ACT_FREE_DISKS)
		disk_fill(world, h, act == ACT_FILL_DISKS);
	else if (act == ACT_REPLAY)
		for (unsigned i = 0; i < 16; i++)
			net_replay(world, h);
}

static void act_on_voters(struct run *run, enum act act)
{
	for (uint8_t h = 0; h < run->world->plan.member_count; h++)
		if (is_in(run->plot.voters, h))
			act_on(run, act, h);
}

static void order(struct run *run, enum act act)
{
	struct plot *plot = &run->plot;
	uint8_t rival = one_of(run, plot->voters);
	if (act == ACT_STOP)
		world_request(run->world, plot->owner, REQUEST_STOP, plot->role, NO_MEMBER);
	else if (act == ACT_START)
		world_request(run->world, one_of(run, plot->rivals), REQUEST_START, plot->role,
		              NO_MEMBER);
	else if (act == ACT_PAUSE)
		world_request(run->world, plot->owner, REQUEST_PAUSE, plot->role, rival);
	else
		world_request(run->world, one_of(run, plot->rivals), REQUEST_RESUME, plot->role,
		              rival);
}

static void do_act(struct run *run, enum act act)
{
	struct plot *plot = &run->plot;
	struct world *world = run->world;
	uint16_t owner = (uint16_t)(1u << plot->owner), others = plot->voters | plot->rivals;
	switch (act) {
	case ACT_END:
		break;
	case ACT_ONLY_VOTERS:
		only_to(run, plot->voters);
		break;
	case ACT_ISOLATE:
		only_to(run, 0);
		break;
	case ACT_DEAF_VOTERS:
		between(run, true, owner, plot->voters);
		break;
	case ACT_MUTE_VOTERS:
		between(run, true, plot->voters, owner);
		break;
	case ACT_CUT_RIVALS:
		between(run, true, plot->rivals, owner | others);
		between(run, true, owner | others, plot->rivals);
		break;
	case ACT_HEAL:
		net_heal(&world->net);
		break;
	case ACT_FREEZE_VOTERS:
	case ACT_POWER_VOTERS:
	case ACT_KILL_VOTERS:
	case ACT_FILL_DISKS:
	case ACT_FREE_DISKS:
	case ACT_REPLAY:
		act_on_voters(run, act);
		break;
	case ACT_FREEZE_OWNER:
		host_freeze(world, plot->owner,
		            rng_between(&run->rng, run->lease / 2, run->lease * 5 / 4));
		break;
	case ACT_KILL_OWNER:
		crash(run, plot->owner, false);
		break;
	case ACT_POWER_OWNER:
		chaos_power(run, plot->owner);
		break;
	case ACT_SKEW:
		skew(run);
		break;
	case ACT_RAISE:
	case ACT_LOWER:
		reload(run, act == ACT_RAISE);
		break;
	case ACT_LOSE_DISK:
		lose_one(run);
		break;
	case ACT_STOP:
	case ACT_START:
	case ACT_PAUSE:
	case ACT_RESUME:
		order(run, act);
		break;
	}
}

void plot_begin(struct run *run)
{
	struct plot *plot = &run->plot;
	choose_actors(run);
	plot->next = 0;
	uint64_t which = rng_below(&run->rng, PLOTS + 4);
	for (unsigned i = 0; i < PLOT_ACTS_MAX; i++)
		plot->cues[i] = which < PLOTS ? plots[which][i]
		                : i < 5       ? random_cue(run)
		                              : (struct cue){.act = ACT_END};
	plot->is_on = true;
}

int64_t plot_go_on(struct run *run)
{
	struct plot *plot = &run->plot;
	if (plot->next > 0)
		do_act(run, (enum act)plot->cues[plot->next - 1].act);
	const struct cue *cue = &plot->cues[plot->next++];
	if (cue->act == ACT_END) {
		plot->is_on = false;
		/* What was begun takes its time to show. */
		return rng_between(&run->rng, run->lease, 3 * run->lease);
	}
	return run->lease / 100 * rng_between(&run->rng, cue->from, cue->to);
}
