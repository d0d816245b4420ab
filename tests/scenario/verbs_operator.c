/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs of people: they build a cluster, edit files and type commands.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/scenario/verbs.h"

enum { MS = 1000000, NODES_DEFAULT = 3, BOOT_STEP_MS = 10, FENCE_MS = 3000, AGENT_MS = 1000 };

/* --- the cluster */

struct draft {
	struct plan plan;
	uint64_t nodes, witnesses, roles, seed;
	struct timing timing;
	int64_t failback;
	const char *off, *mismatch;
	bool together;
};

/* "n1,n3" to a bit for each member; 0: a name is wrong. Counts before members have names. */
static uint16_t members_named(const struct draft *draft, const char *list)
{
	uint16_t found = 0;
	while (*list != '\0') {
		size_t length = strcspn(list, ",");
		uint16_t before = found;
		for (unsigned i = 0; i < draft->nodes + draft->witnesses; i++) {
			bool is_node = i < draft->nodes;
			char name[8];
			snprintf(name, sizeof name, "%c%u", is_node ? 'n' : 'w',
			         is_node ? i + 1 : i + 1 - (unsigned)draft->nodes);
			if (strlen(name) == length && strncmp(list, name, length) == 0)
				found = (uint16_t)(found | 1u << i);
		}
		if (found == before)
			return 0;
		list += length + (list[length] == ',');
	}
	return found;
}

static bool role_fill(struct draft *draft, uint8_t r, const char *list)
{
	struct plan_role *role = &draft->plan.roles[r];
	*role = (struct plan_role){.fails_back = draft->failback > 0,
	                           .failback = {draft->failback},
	                           .fences = draft->plan.fence_max > 0};
	if (list == NULL) {
		for (uint8_t i = 0; i < draft->nodes; i++)
			role->nodes[role->node_count++] = i;
		return true;
	}
	while (*list != '\0') { /* the order is the one that is written */
		size_t length = strcspn(list, ",");
		char name[8];
		snprintf(name, sizeof name, "%.*s", (int)length, list);
		uint16_t member = members_named(draft, name);
		for (uint8_t i = 0; i < draft->nodes; i++)
			if (member == 1u << i)
				role->nodes[role->node_count++] = i;
		list += length + (list[length] == ',');
	}
	return role->node_count > 0;
}

static bool take_layer(struct plan *plan, const char *word)
{
	const struct {
		const char *word;
		bool *has;
	} layers[] = {
	    {"restarts", &plan->restarts},
	    {"gate", &plan->gate},
	    {"lifetime", &plan->lifetime},
	    {"watchdog", &plan->watchdog},
	};
	for (unsigned i = 0; i < sizeof layers / sizeof layers[0]; i++)
		if (strcmp(layers[i].word, word) == 0)
			return *layers[i].has = true;
	return false;
}

static bool take_flag(struct draft *draft, const char *word)
{
	if (strcmp(word, "new") == 0)
		draft->plan.formed = false;
	else if (strcmp(word, "together") == 0)
		draft->together = true;
	else if (strcmp(word, "late") == 0)
		draft->plan.network = (struct plan_network){.twin_permille = 100,
		                                            .late_permille = 100,
		                                            .delay = MS / 5,
		                                            .late = INT64_C(5000) * MS,
		                                            .reorders = true};
	else if (strcmp(word, "two-networks") == 0)
		draft->plan.path_count = 2;
	else if (strcmp(word, "fence") == 0)
		draft->plan.fence_max = (int64_t)FENCE_MS * MS;
	else if (strcmp(word, "bare") == 0)
		draft->plan.guard = draft->plan.keeps = false;
	else
		return take_layer(&draft->plan, word);
	return true;
}

static bool take_number(struct draft *draft, const char *word)
{
	const struct {
		const char *key;
		uint64_t *number;
		uint64_t least, most;
	} numbers[] = {
	    {"nodes", &draft->nodes, 1, MEMBERS_MAX},
	    {"witnesses", &draft->witnesses, 0, MEMBERS_MAX},
	    {"roles", &draft->roles, 1, WORLD_ROLES_MAX},
	    {"seed", &draft->seed, 0, UINT64_MAX},
	};
	for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		const char *value = word_value(word, numbers[i].key);
		if (value != NULL)
			return word_number(value, numbers[i].number) &&
			       *numbers[i].number >= numbers[i].least &&
			       *numbers[i].number <= numbers[i].most;
	}
	return false;
}

static bool take_word(struct draft *draft, const char *word)
{
	const char *value;
	if (take_flag(draft, word) || take_number(draft, word))
		return true;
	if ((value = word_value(word, "timing")) != NULL)
		return word_timing(value, &draft->timing);
	if ((value = word_value(word, "failback")) != NULL)
		return word_duration(value, &draft->failback);
	if ((value = word_value(word, "delay")) != NULL)
		return word_duration(value, &draft->plan.network.delay);
	if ((value = word_value(word, "off")) != NULL)
		draft->off = value;
	else if ((value = word_value(word, "mismatch")) != NULL)
		draft->mismatch = value;
	else
		return word[0] == 'r' &&
		       strchr(word, '=') != NULL; /* a role; the members come first */
	return true;
}

static bool take_roles(struct draft *draft, const struct words *words)
{
	for (unsigned i = 1; i < words->count; i++) {
		unsigned number;
		if (sscanf(words->word[i], "r%u=", &number) == 1 && number > draft->roles)
			draft->roles = number;
	}
	if (draft->roles > WORLD_ROLES_MAX)
		return false;
	draft->plan.role_count = (uint8_t)draft->roles;
	for (uint8_t r = 0; r < draft->plan.role_count; r++) {
		const char *list = NULL;
		char key[8];
		snprintf(key, sizeof key, "r%u", r + 1u);
		for (unsigned i = 1; i < words->count; i++)
			if (word_value(words->word[i], key) != NULL)
				list = word_value(words->word[i], key);
		if (!role_fill(draft, r, list))
			return false;
	}
	return true;
}

static bool take_members(struct draft *draft)
{
	struct plan *plan = &draft->plan;
	uint16_t mismatch = draft->mismatch != NULL ? members_named(draft, draft->mismatch) : 0;
	if (draft->nodes + draft->witnesses > MEMBERS_MAX ||
	    (draft->mismatch != NULL && mismatch == 0) ||
	    (draft->off != NULL && members_named(draft, draft->off) == 0))
		return false;
	plan->member_count = (uint8_t)(draft->nodes + draft->witnesses);
	for (uint8_t i = 0; i < plan->member_count; i++)
		plan->members[i] = (struct plan_member){
		    .is_node = i < draft->nodes,
		    .votes = true,
		    .other_votes = true,
		    .role_count = plan->role_count,
		    .other_definition = (mismatch >> i & 1) != 0,
		    .timing = draft->timing,
		    .off = true, /* booted below, each at its moment */
		};
	return true;
}

static void begin(struct stage *stage, const struct draft *draft)
{
	struct world *world = stage->world;
	uint16_t off = draft->off != NULL ? members_named(draft, draft->off) : 0;
	world_reset(world, &draft->plan);
	stage->has_cluster = true;
	stage->told_at = 0;
	for (uint8_t h = 0; h < draft->plan.member_count; h++) {
		world->agents[h].time = (int64_t)AGENT_MS * MS;
		for (uint8_t r = 0; r < draft->plan.role_count; r++) {
			struct stub *stub = &world->hosts[h].stubs[r];
			stub->start_time = 20 * MS;
			stub->stop_time = 30 * MS;
			stub->forced_time = 5 * MS;
		}
		int64_t after = draft->together ? 0 : (int64_t)h * BOOT_STEP_MS * MS;
		if ((off >> h & 1) == 0)
			world_plan(world, after,
			           &(struct happening){.kind = HAPPEN_BOOT, .host = h});
	}
}

bool verb_cluster(struct stage *stage, const struct words *words)
{
	struct draft draft = {
	    .nodes = NODES_DEFAULT,
	    .roles = 1,
	    .seed = 1,
	    .plan = {.path_count = 1,
	             .formed = true,
	             .wire = true,
	             .guard = true,
	             .keeps = true,
	             .write_min = MS,
	             .write_max = MS,
	             .network = {.delay = MS / 5}},
	};
	(void)word_timing("lan", &draft.timing);
	for (unsigned i = 1; i < words->count; i++)
		if (!take_word(&draft, words->word[i]))
			return stage_fail(stage, "\"%s\" is no word of `cluster`", words->word[i]);
	if (!take_roles(&draft, words) || !take_members(&draft))
		return stage_fail(stage, "a name or a number is wrong");
	draft.plan.seed = draft.seed;
	begin(stage, &draft);
	return true;
}

/* --- commands */

static bool kind_of(const char *word, enum request_kind *kind)
{
	for (unsigned k = 0; word != NULL && k < REQUEST_KINDS; k++)
		if (strcmp(word, request_word((enum request_kind)k)) == 0) {
			*kind = (enum request_kind)k;
			return true;
		}
	return false;
}

bool verb_request(struct stage *stage, const struct words *words)
{
	uint8_t host, role = 0, target = NO_MEMBER;
	enum request_kind kind;
	if (words->count < 4 || !stage_host(stage, words->word[1], &host) ||
	    !kind_of(words->word[2], &kind))
		return false;
	bool of_node = kind == REQUEST_PAUSE || kind == REQUEST_RESUME;
	if (of_node ? !stage_host(stage, words->word[3], &target)
	            : !stage_role(stage, words->word[3], &role))
		return false;
	if (words->count > (kind == REQUEST_MOVE || kind == REQUEST_CLEAR ? 5 : 4))
		return false;
	if (words->count == 5 && !stage_host(stage, words->word[4], &target))
		return false;
	if (kind == REQUEST_CLEAR && target == NO_MEMBER)
		return stage_fail(stage, "clear ROLE NODE");
	if (stage->world->hosts[host].state != HOST_RUNNING)
		return stage_fail(stage, "%s does not run", words->word[1]);
	stage->asked = world_request(stage->world, host, kind, role, target);
	return stage_now(stage);
}

bool verb_leave(struct stage *stage, const struct words *words)
{
	uint8_t host;
	if (words->count != 2 || !stage_host(stage, words->word[1], &host))
		return false;
	if (stage->world->hosts[host].state != HOST_RUNNING)
		return stage_fail(stage, "%s does not run", words->word[1]);
	world_plan(stage->world, 0, &(struct happening){.kind = HAPPEN_LEAVE, .host = host});
	return stage_now(stage);
}

/* --- files */

bool verb_timing(struct stage *stage, const struct words *words)
{
	uint8_t host;
	struct timing timing;
	if (words->count != 3 || !stage_host(stage, words->word[1], &host) ||
	    !word_timing(words->word[2], &timing))
		return false;
	story_tell(stage->world, host, "(reload: lease %" PRId64 " ms, release %" PRId64 " ms)",
	           timing.lease.ns / MS, timing.release.ns / MS);
	host_set_timing(stage->world, host, timing);
	return stage_now(stage);
}

bool verb_voters(struct stage *stage, const struct words *words)
{
	uint8_t h;
	if (words->count != 3 || !stage_host(stage, words->word[1], &h))
		return false;
	struct world *world = stage->world;
	struct host *host = &world->hosts[h];
	if (host_is_up(host))
		return stage_fail(stage, "%s runs: its daemon reads the voters at its start only",
		                  words->word[1]);
	struct draft names = {0};
	for (uint8_t i = 0; i < world->plan.member_count; i++)
		*(world->plan.members[i].is_node ? &names.nodes : &names.witnesses) += 1;
	uint16_t votes = members_named(&names, words->word[2]);
	for (uint8_t i = 0; i < world->plan.member_count; i++)
		host->setup.members[i].votes = (votes >> i & 1) != 0;
	host->setup.config_digest ^= (uint64_t)votes << 8;
	story_tell(world, h, "(its file gives the vote to %s)", words->word[2]);
	return votes != 0 && stage_now(stage);
}
