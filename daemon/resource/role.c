/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resources of one role on this node. When something is started or stopped is decided in
 * group.c, how in the kinds; this carries messages between them, and tells people.
 */
#include "daemon/resource/role.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/print.h"

static const char *role_name(const struct role *role)
{
	return role->site->config->setup.roles[role->index].name;
}

static struct log *role_log(const struct role *role)
{
	return role->site->resources.log;
}

static void act_start(struct role *role, const struct group_act *act)
{
	struct resource *resource = &role->resources[act->slot];
	resource->epoch = act->epoch;
	resource->ops->start(resource);
}

static void act_stop(struct role *role, const struct group_act *act)
{
	struct resource *resource = &role->resources[act->slot];
	resource->ops->stop(resource);
}

static void act_kill(struct role *role, const struct group_act *act)
{
	struct resource *resource = &role->resources[act->slot];
	if (role->group.phase != GROUP_FORCING) {
		char limit[SPAN_TEXT_BYTES];
		span_text(resource->config->stop_timeout, limit);
		log_write(role_log(role), LEVEL_WARNING,
		          "resource %s: did not stop within %s: killing it", resource->config->name,
		          limit);
	}
	resource->ops->kill(resource, act->limit);
}

static void act_stuck(struct role *role, const struct group_act *act)
{
	const struct resource *resource = &role->resources[act->slot];
	log_write(role_log(role), LEVEL_ERROR,
	          "resource %s: does not go away, so role %s is not released%s%s",
	          resource->config->name, role_name(role), resource->detail[0] == '\0' ? "" : ": ",
	          resource->detail);
}

static void act_started(struct role *role, const struct group_act *act)
{
	(void)act;
	role->untold.started = true;
	role->site->tell_soon(role->site);
}

static void act_failed(struct role *role, const struct group_act *act)
{
	const struct resource *resource = &role->resources[act->slot];
	snprintf(role->untold.why, sizeof role->untold.why, "resource %s: %s",
	         resource->config->name, resource->detail);
	role->untold.failed = true;
	role->site->tell_soon(role->site);
}

static void act_released(struct role *role, const struct group_act *act)
{
	role->untold.released = true;
	role->untold.epoch = act->epoch;
	role->site->tell_soon(role->site);
}

static void set_alarm(struct role *role)
{
	struct instant deadline = group_deadline(&role->group);
	if (instant_before(deadline, INSTANT_NEVER))
		timer_set(role->alarm, instant_since(deadline, platform_now()));
	else
		timer_stop(role->alarm);
}

/* Carries out what the group asks for. Resources may answer from inside, which adds to the list. */
static void carry_out(struct role *role)
{
	static void (*const acts[])(struct role *, const struct group_act *) = {
	    [ACT_START] = act_start,       [ACT_STOP] = act_stop,       [ACT_KILL] = act_kill,
	    [ACT_STUCK] = act_stuck,       [ACT_STARTED] = act_started, [ACT_FAILED] = act_failed,
	    [ACT_RELEASED] = act_released,
	};
	struct group_act act;
	if (role->is_busy)
		return;
	role->is_busy = true;
	while (group_next(&role->group, &act))
		acts[act.kind](role, &act);
	role->is_busy = false;
	set_alarm(role);
}

/* What resources say. */

static void narrate(const struct role *role, const struct resource *resource,
                    enum slot_state before)
{
	const struct group_slot *slot = &role->group.slots[resource->slot];
	const char *name = resource->config->name, *why = resource->detail;
	struct log *log = role_log(role);
	unsigned allowed = slot->options.restarts;
	if (slot->state == SLOT_UP && before == SLOT_STARTING)
		log_write(log, LEVEL_INFO, "resource %s: up", name);
	else if (slot->state == SLOT_BROKEN)
		log_write(log, LEVEL_ERROR, "resource %s: %s; role %s fails here", name, why,
		          role_name(role));
	else if (slot->state == SLOT_MENDING && slot->given_up)
		log_write(log, LEVEL_ERROR,
		          "resource %s: %s; restarts are used up, role %s continues without it",
		          name, why, role_name(role));
	else if (slot->state == SLOT_MENDING)
		log_write(log, LEVEL_WARNING, "resource %s: %s; restart %u, %u allowed", name, why,
		          (unsigned)slot->restarts, allowed);
}

void resource_report(struct resource *resource, enum group_report report)
{
	struct role *role = resource->owner;
	enum slot_state before = role->group.slots[resource->slot].state;
	if (report == REPORT_UP)
		resource->detail[0] = '\0';
	group_report(&role->group, resource->slot, report, platform_now());
	if (role->group.slots[resource->slot].state != before)
		narrate(role, resource, before);
	carry_out(role);
}

void resource_report_problem(struct resource *resource, enum group_report report,
                             const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(resource->detail, sizeof resource->detail, format, args);
	va_end(args);
	resource_report(resource, report);
}

void resource_set_fit(struct resource *resource, bool is_fit, const char *why)
{
	struct role *role = resource->owner;
	if (resource->is_fit == is_fit && (is_fit || strcmp(resource->unfit_why, why) == 0))
		return;
	resource->is_fit = is_fit;
	snprintf(resource->unfit_why, sizeof resource->unfit_why, "%s", is_fit ? "" : why);
	role->untold.fitness = true;
	role->site->tell_soon(role->site);
}

uint8_t resource_role(const struct resource *resource)
{
	const struct role *role = resource->owner;
	return role->index;
}

bool resource_may_act(const struct resource *resource)
{
	const struct role *role = resource->owner;
	const struct runner_hooks *hooks = &role->site->hooks;
	return hooks->may_act(hooks->context, role->index);
}

static void on_alarm(void *context)
{
	struct role *role = context;
	struct instant now = platform_now();
	enum slot_state before[GROUP_SLOTS_MAX];
	for (uint8_t i = 0; i < role->group.count; i++) {
		const struct group_slot *slot = &role->group.slots[i];
		before[i] = slot->state;
		if (slot->state == SLOT_STARTING && instant_reached(now, slot->until)) {
			char limit[SPAN_TEXT_BYTES];
			span_text(slot->options.start_timeout, limit);
			snprintf(role->resources[i].detail, DETAIL_BYTES, "did not start within %s",
			         limit);
		}
	}
	group_tick(&role->group, now);
	for (uint8_t i = 0; i < role->group.count; i++)
		if (before[i] == SLOT_STARTING && role->group.slots[i].state != SLOT_STARTING)
			narrate(role, &role->resources[i], before[i]);
	carry_out(role);
}

unsigned role_announce(struct role *role)
{
	unsigned count = 0;
	for (uint8_t i = 0; i < role->group.count; i++)
		if (role->resources[i].ops->announce != NULL)
			count += role->resources[i].ops->announce(&role->resources[i]);
	return count;
}

void role_hear(struct role *role, const struct network_change *change)
{
	for (uint8_t i = 0; i < role->group.count; i++)
		if (role->resources[i].ops->network != NULL)
			role->resources[i].ops->network(&role->resources[i], change);
}

/* Forgotten before it is told: a hook may call back into the role, and what it takes back then is
 * not told any more. */
static bool take(bool *flag)
{
	bool was_set = *flag;
	*flag = false;
	return was_set;
}

static void tell_fitness(struct role *role)
{
	const struct runner_hooks *hooks = &role->site->hooks;
	const struct resource *unfit = NULL;
	for (uint8_t i = 0; i < role->group.count && unfit == NULL; i++)
		unfit = role->resources[i].is_fit ? NULL : &role->resources[i];
	hooks->fitness(hooks->context, role->index, unfit == NULL,
	               unfit == NULL ? "" : unfit->unfit_why);
}

void role_tell(struct role *role)
{
	const struct runner_hooks *hooks = &role->site->hooks;
	if (take(&role->untold.fitness))
		tell_fitness(role);
	if (take(&role->untold.started))
		hooks->started(hooks->context, role->index, role->group.epoch);
	if (take(&role->untold.failed))
		hooks->failed(hooks->context, role->index, role->group.epoch, role->untold.why);
	if (take(&role->untold.released))
		hooks->released(hooks->context, role->index, role->untold.epoch);
}

void role_start(struct role *role, uint64_t epoch)
{
	assert(role->is_listed);
	role->untold.released = false;
	group_start(&role->group, epoch, platform_now());
	carry_out(role);
}

/* A role that is not this node's any more has nothing to adopt, and is up for whoever releases it.
 */
enum code role_adopt(struct role *role, uint64_t epoch, struct error *error)
{
	enum group_found found[GROUP_SLOTS_MAX] = {FOUND_NOTHING};
	for (uint8_t i = 0; i < role->group.count; i++) {
		struct resource *resource = &role->resources[i];
		resource->epoch = epoch;
		enum code code = resource->ops->adopt(resource, &found[i], error);
		if (code != CODE_OK)
			return error_wrap(error, "going on with resource %s",
			                  resource->config->name);
	}
	group_adopt(&role->group, epoch, found, platform_now());
	carry_out(role);
	return CODE_OK;
}

void role_release(struct role *role, uint64_t epoch, bool forced, struct span limit)
{
	role->untold.started = role->untold.failed = false;
	group_release(&role->group, epoch, forced, limit, platform_now());
	carry_out(role);
}

static void fill_options(const struct config_resource *config, struct group_slot_options *options)
{
	options->critical = config->critical;
	options->is_address = config->type == RESOURCE_VIP;
	options->start_timeout = config->start_timeout;
	options->stop_timeout = config->stop_timeout;
	options->restarts = config->restarts;
	options->window = config->restart_window;
}

bool role_is_listed(const struct setup *setup, uint8_t role)
{
	const struct setup_role *listed = &setup->roles[role];
	for (uint8_t i = 0; i < listed->node_count; i++)
		if (listed->nodes[i] == setup->self)
			return true;
	return false;
}

static enum code open_resource(struct role *role, uint8_t slot, struct error *error)
{
	struct resource *resource = &role->resources[slot];
	const struct config *config = role->site->config;
	resource->config = &config->resources[config->roles[role->index].resources[slot]];
	resource->site = &role->site->resources;
	resource->ops = resource_kind(resource->config->type);
	resource->role = role_name(role);
	resource->role_id = config->setup.roles[role->index].id;
	resource->owner = role;
	resource->slot = slot;
	resource->is_fit = true;
	enum code code = resource->ops->open(resource, error);
	return code == CODE_OK ? CODE_OK : error_wrap(error, "resource %s", resource->config->name);
}

enum code role_open(struct role *role, struct role_site *site, uint8_t index, struct error *error)
{
	const struct config_role *config = &site->config->roles[index];
	struct group_slot_options options[CONFIG_ROLE_RESOURCES_MAX];
	memset(role, 0, sizeof *role);
	role->site = site;
	role->index = index;
	role->is_listed = role_is_listed(&site->config->setup, index);
	role->alarm = timer_open(site->resources.loop, on_alarm, role);
	if (role->alarm == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	if (!role->is_listed)
		return CODE_OK;
	role->untold.fitness = true;
	for (uint8_t i = 0; i < config->resource_count; i++)
		fill_options(&site->config->resources[config->resources[i]], &options[i]);
	group_init(&role->group, options, config->resource_count);
	for (uint8_t i = 0; i < config->resource_count; i++) {
		enum code code = open_resource(role, i, error);
		if (code != CODE_OK) {
			role->group.count = i; /* the rest is not open */
			role_close(role);
			return code;
		}
	}
	return CODE_OK;
}

void role_close(struct role *role)
{
	for (uint8_t i = 0; i < role->group.count; i++)
		role->resources[i].ops->close(&role->resources[i]);
	timer_close(role->alarm);
}
