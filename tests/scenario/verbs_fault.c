/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs that make something go wrong, or right again.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/verbs.h"

/* --- links */

struct sides {
	uint16_t left, right; /* bit per member */
	bool one_way;
};

static bool sides_of(struct stage *stage, const struct words *words, struct sides *sides)
{
	uint16_t *side = &sides->left;
	*sides = (struct sides){0};
	for (unsigned i = 1; i < words->count; i++) {
		uint8_t host;
		bool one_way = strcmp(words->word[i], ">") == 0;
		if (one_way || strcmp(words->word[i], "|") == 0) {
			sides->one_way = one_way;
			side = &sides->right;
		} else if (stage_host(stage, words->word[i], &host)) {
			*side = (uint16_t)(*side | 1u << host);
		} else {
			return false;
		}
	}
	if (side == &sides->left)
		sides->right = (uint16_t)~sides->left;
	return sides->left != 0 && sides->right != 0;
}

static bool set_links(struct stage *stage, const struct words *words, bool value,
                      void (*set)(struct net *net, uint8_t from, uint8_t to, bool value))
{
	struct sides sides;
	if (!sides_of(stage, words, &sides))
		return false;
	for (uint8_t a = 0; a < MEMBERS_MAX; a++)
		for (uint8_t b = 0; b < MEMBERS_MAX; b++) {
			if (a == b || (sides.left >> a & 1) == 0 || (sides.right >> b & 1) == 0)
				continue;
			set(&stage->world->net, a, b, value);
			if (!sides.one_way)
				set(&stage->world->net, b, a, value);
		}
	return true;
}

bool verb_cut(struct stage *stage, const struct words *words)
{
	return set_links(stage, words, true, net_cut);
}

bool verb_unplug(struct stage *stage, const struct words *words)
{
	return set_links(stage, words, true, net_cut_second);
}

bool verb_clog(struct stage *stage, const struct words *words)
{
	return set_links(stage, words, true, net_clog);
}

bool verb_heal(struct stage *stage, const struct words *words)
{
	if (words->count > 1)
		return set_links(stage, words, false, net_cut);
	net_heal(&stage->world->net);
	return true;
}

static bool percent_of(const char *word, unsigned *permille)
{
	char *end = NULL;
	unsigned long percent = strtoul(word, &end, 10);
	*permille = (unsigned)percent * 10;
	return end != word && strcmp(end, "%") == 0 && percent <= 100;
}

bool verb_loss(struct stage *stage, const struct words *words)
{
	struct net *net = &stage->world->net;
	unsigned permille;
	uint8_t from;
	if (words->count < 2 || words->count > 3 ||
	    !percent_of(words->word[words->count - 1], &permille))
		return false;
	if (words->count == 2) {
		net->plan.loss_permille = permille;
		return true;
	}
	if (!stage_host(stage, words->word[1], &from))
		return false;
	for (uint8_t to = 0; to < MEMBERS_MAX; to++)
		for (uint8_t path = 0; path < WORLD_PATHS_MAX; path++)
			net->links[from][to][path].loss_permille = permille;
	return true;
}

bool verb_replay(struct stage *stage, const struct words *words)
{
	for (unsigned i = 1; i < words->count; i++) {
		uint8_t host;
		unsigned with_commands;
		if (!stage_host(stage, words->word[i], &host))
			return false;
		unsigned count = net_replay_all(stage->world, host, &with_commands);
		if (count == 0)
			return stage_fail(stage, "nothing was recorded");
		story_tell(stage->world, host,
		           "(%u recorded pages come again, %u of them with commands)", count,
		           with_commands);
	}
	return words->count > 1 && stage_now(stage);
}

/* --- hosts and daemons */

static bool crash_one(struct stage *stage, uint8_t h, bool power)
{
	const struct host *host = &stage->world->hosts[h];
	if (power ? !host->powered : !host_is_up(host))
		return stage_fail(stage, "%s is down already", story_host(stage->world, h));
	story_tell(stage->world, h, power ? "(power off)" : "(daemon killed)");
	host_crash(stage->world, h, power, false);
	return stage_now(stage);
}

static bool boot_one(struct stage *stage, uint8_t h, bool forget)
{
	struct host *host = &stage->world->hosts[h];
	if (host->state != HOST_OFF && host->layers.guard == GUARD_NONE) {
		guard_boot(stage->world, h);
		return stage_now(stage);
	}
	if (host->state != HOST_OFF)
		return stage_fail(stage, "%s runs already", story_host(stage->world, h));
	if (forget)
		host->layers.has_kept = false;
	host_boot(stage->world, h);
	return stage_now(stage);
}

/* `act` on each member that is named; the last word may be `flag`. */
static bool for_each(struct stage *stage, const struct words *words, const char *flag,
                     bool (*act)(struct stage *stage, uint8_t host, bool flagged))
{
	bool flagged = words->count > 1 && strcmp(words->word[words->count - 1], flag) == 0;
	unsigned end = words->count - flagged;
	for (unsigned i = 1; i < end; i++) {
		uint8_t host;
		if (!stage_host(stage, words->word[i], &host) || !act(stage, host, flagged))
			return false;
	}
	return end > 1;
}

static bool crash_guard(struct stage *stage, uint8_t h, bool flagged)
{
	(void)flagged;
	if (stage->world->hosts[h].layers.guard == GUARD_NONE)
		return stage_fail(stage, "%s has no guard", story_host(stage->world, h));
	guard_kill(stage->world, h, INT64_MAX);
	return stage_now(stage);
}

static bool crash_both(struct stage *stage, uint8_t h, bool flagged)
{
	return crash_guard(stage, h, flagged) && crash_one(stage, h, false);
}

bool verb_crash(struct stage *stage, const struct words *words)
{
	const char *last = words->word[words->count - 1];
	if (strcmp(last, "guard") == 0)
		return for_each(stage, words, last, crash_guard);
	if (strcmp(last, "both") == 0)
		return for_each(stage, words, last, crash_both);
	return for_each(stage, words, "power", crash_one);
}

bool verb_boot(struct stage *stage, const struct words *words)
{
	return for_each(stage, words, "forget", boot_one);
}

static bool freeze(struct stage *stage, uint8_t h, int64_t span, const char *what)
{
	struct world *world = stage->world;
	world->hosts[h].doom_pause = span;
	bool guard = strcmp(what, "guard") == 0, both = strcmp(what, "both") == 0;
	if (strcmp(what, "machine") == 0)
		machine_suspend(world, h, span);
	else if (strcmp(what, "step") == 0)
		world->hosts[h].doom = DOOM_FREEZES;
	else if (guard || both)
		guard_freeze(world, h, span);
	if (both || what[0] == '\0')
		host_freeze(world, h, span);
	return stage_now(stage);
}

bool verb_freeze(struct stage *stage, const struct words *words)
{
	uint8_t h;
	int64_t span;
	if (words->count < 3 || words->count > 4 || !stage_host(stage, words->word[1], &h) ||
	    !word_duration(words->word[2], &span))
		return false;
	if (stage->world->hosts[h].state != HOST_RUNNING)
		return stage_fail(stage, "%s does not run", words->word[1]);
	return freeze(stage, h, span, words->count == 4 ? words->word[3] : "");
}

bool verb_thaw(struct stage *stage, const struct words *words)
{
	uint8_t h;
	if (words->count != 2 || !stage_host(stage, words->word[1], &h))
		return false;
	if (stage->world->hosts[h].state != HOST_FROZEN)
		return stage_fail(stage, "%s is not frozen", words->word[1]);
	host_thaw(stage->world, h);
	return stage_now(stage);
}

static bool take_rate(struct stage *stage, const struct words *words, uint8_t *h, long *ppm)
{
	char *end = NULL;
	if (words->count != 3 || !stage_host(stage, words->word[1], h))
		return false;
	*ppm = strtol(words->word[2], &end, 10);
	return *end == '\0' && labs(*ppm) <= 100000;
}

bool verb_slew(struct stage *stage, const struct words *words)
{
	uint8_t h;
	long ppm;
	if (!take_rate(stage, words, &h, &ppm))
		return false;
	host_slew(stage->world, h, ppm);
	story_tell(stage->world, h, "(a time daemon lets its clock run %ld ppm %s)", labs(ppm),
	           ppm < 0 ? "slow" : "fast");
	return true;
}

bool verb_drift(struct stage *stage, const struct words *words)
{
	uint8_t h;
	long ppm;
	if (!take_rate(stage, words, &h, &ppm))
		return false;
	host_drift(stage->world, h, ppm);
	story_tell(stage->world, h, "(its clock is %ld ppm %s)", labs(ppm),
	           ppm < 0 ? "slow" : "fast");
	return true;
}

bool verb_disk(struct stage *stage, const struct words *words)
{
	uint8_t h;
	if (words->count != 3 || !stage_host(stage, words->word[1], &h))
		return false;
	const char *how = words->word[2];
	bool damaged = strcmp(how, "damaged") == 0;
	if (strcmp(how, "copy") == 0)
		disk_copy(stage->world, h);
	else if (strcmp(how, "old") == 0)
		return disk_put_back(stage->world, h) && stage_now(stage);
	else if (damaged || strcmp(how, "lost") == 0)
		disk_lose(stage->world, h, damaged);
	else if (strcmp(how, "full") == 0 || strcmp(how, "ok") == 0)
		disk_fill(stage->world, h, strcmp(how, "full") == 0);
	else
		return false;
	return stage_now(stage);
}

/* --- resources */

struct target {
	struct stage *stage;
	uint8_t host, role;
};

static void break_now(const struct target *target)
{
	world_plan(
	    target->stage->world, 0,
	    &(struct happening){.kind = HAPPEN_BREAKS, .host = target->host, .role = target->role});
}

static void set_broken(const struct target *target, bool broken)
{
	struct world *world = target->stage->world;
	world->hosts[target->host].stubs[target->role].broken = broken;
	story_tell(world, target->host, broken ? "(%s cannot start from now on)" : "(%s can start)",
	           story_role(world, target->role));
}

static void set_fit(const struct target *target, bool fit)
{
	struct world *world = target->stage->world;
	world->hosts[target->host].unfit[target->role] = !fit;
	story_tell(world, target->host, fit ? "(what %s needs is back)" : "(lacks what %s needs)",
	           story_role(world, target->role));
	world_plan(
	    world, 0,
	    &(struct happening){
		.kind = HAPPEN_FITNESS, .host = target->host, .role = target->role, .as.fit = fit});
}

static void breaks(const struct target *target)
{
	set_broken(target, true);
}

static void works(const struct target *target)
{
	set_broken(target, false);
}

static void lacks(const struct target *target)
{
	set_fit(target, false);
}

static void regains(const struct target *target)
{
	set_fit(target, true);
}

static const struct change {
	const char *word;
	void (*make)(const struct target *target);
} changes[] = {
    {"fails", break_now}, {"broken", breaks}, {"works", works}, {"unfit", lacks}, {"fit", regains},
};

static bool change_time(struct stub *stub, const char *word)
{
	const struct {
		const char *key;
		int64_t *time;
	} times[] = {
	    {"start", &stub->start_time},
	    {"stop", &stub->stop_time},
	    {"kill", &stub->forced_time},
	    {"script", &stub->script_time},
	};
	for (unsigned i = 0; i < sizeof times / sizeof times[0]; i++) {
		const char *value = word_value(word, times[i].key);
		if (value != NULL)
			return word_duration(value, times[i].time);
	}
	return false;
}

static bool change(const struct target *target, const char *word)
{
	struct world *world = target->stage->world;
	for (unsigned i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		if (strcmp(changes[i].word, word) != 0)
			continue;
		changes[i].make(target);
		return true;
	}
	return change_time(&world->hosts[target->host].stubs[target->role], word);
}

bool verb_resource(struct stage *stage, const struct words *words)
{
	struct target target = {.stage = stage};
	if (words->count < 4 || !stage_host(stage, words->word[1], &target.host) ||
	    !stage_role(stage, words->word[2], &target.role))
		return false;
	for (unsigned i = 3; i < words->count; i++)
		if (!change(&target, words->word[i]))
			return false;
	return stage_now(stage);
}
