/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Releases what an earlier life of this daemon left on this host, before the loop runs. Addresses
 * first, as in every release.
 */
#include "daemon/resource/runner.h"

#include <stdio.h>
#include <string.h>

#include "config/digest.h"
#include "config/print.h"
#include "daemon/platform/network.h"
#include "daemon/resource/role.h"
#include "daemon/resource/run_tracking.h"
#include "daemon/resource/task.h"
#include "daemon/resource/timers.h"

enum { LINE_BYTES = 256 };

static const struct span KILL_LIMIT = {5 * 1000000000LL};

struct cleaning {
	const struct runner_cleaning *asked;
	struct resource_site site;
	enum leftover_kind kind; /* of this pass */
};

static bool is_of_this_boot(const struct cleaning *cleaning, const struct leftover *leftover)
{
	return memcmp(&leftover->boot, &cleaning->site.boot, sizeof leftover->boot) == 0;
}

static struct network_address address_of(const struct config_resource *resource)
{
	struct network_address address = {.address = resource->address, .prefix = resource->prefix};
	memcpy(address.interface, resource->interface, sizeof address.interface);
	return address;
}

/* On the same interface, if not by its name then by what the name stands for now. */
static bool is_same(const struct cleaning *cleaning, const struct network_address *asked,
                    const struct network_address *found)
{
	return asked->address.family == found->address.family && asked->prefix == found->prefix &&
	       memcmp(asked->address.bytes, found->address.bytes, sizeof asked->address.bytes) ==
	           0 &&
	       (strcmp(asked->interface, found->interface) == 0 ||
	        (found->index != 0 &&
	         network_index(cleaning->site.network, asked->interface) == found->index));
}

static void report(const struct cleaning *cleaning, const char *resource, const char *what)
{
	char line[LINE_BYTES + NAME_BYTES + 64];
	snprintf(line, sizeof line, "resource %s: an earlier life of the daemon left %s", resource,
	         what);
	cleaning->asked->report(cleaning->asked->context, line);
}

/* Wherever it is: its interface may have another name by now, or be another one. */
static enum code remove_address(const struct cleaning *cleaning, const char *resource,
                                const struct network_address *address, struct error *error)
{
	bool is_here = false;
	char text[ADDRESS_TEXT_BYTES], detail[LINE_BYTES];
	char interface[CONFIG_INTERFACE_BYTES] = "that is gone";
	enum code code = network_present(cleaning->site.network, address, &is_here, error);
	if (code != CODE_OK || !is_here)
		return code;
	(void)network_find(cleaning->site.network, &address->address, interface, NULL);
	address_format(&address->address, text);
	snprintf(detail, sizeof detail, "%s on interface %s: removed", text, interface);
	code = network_remove(cleaning->site.network, address, error);
	if (code == CODE_OK)
		code = network_present(cleaning->site.network, address, &is_here, error);
	if (code == CODE_OK && is_here)
		return error_set(error, CODE_SYSTEM, "%s on interface %s cannot be removed", text,
		                 interface);
	if (code == CODE_OK)
		report(cleaning, resource, detail);
	return code;
}

static enum code end_address(const struct cleaning *cleaning, const struct leftover *leftover,
                             struct error *error)
{
	return remove_address(cleaning, leftover->resource, &leftover->address, error);
}

static enum code end_child(const struct cleaning *cleaning, const struct leftover *leftover,
                           struct error *error)
{
	char mark[TASK_MARK_BYTES], detail[LINE_BYTES];
	task_mark(mark, leftover->resource);
	bool was_there = false;
	enum code code = platform_child_end(&leftover->child, mark, KILL_LIMIT, &was_there, error);
	if (code != CODE_OK)
		return error_wrap(error, "resource %s", leftover->resource);
	if (!was_there)
		return CODE_OK;
	snprintf(detail, sizeof detail, "process %lld: ended", (long long)leftover->child.pid);
	report(cleaning, leftover->resource, detail);
	return CODE_OK;
}

/* One stop command, in a loop of its own. */
struct stopping {
	uv_loop_t loop;
	struct resource_site site;
	struct user self;
	struct config_resource config;
	struct resource resource;
	struct task *task; /* owned */
	struct timer *limit;
	char problem[LINE_BYTES];
};

static void on_stop_ended(void *context, const char *problem)
{
	struct stopping *stopping = context;
	if (stopping->problem[0] == '\0' && problem != NULL)
		snprintf(stopping->problem, sizeof stopping->problem, "%s", problem);
	task_kill(stopping->task); /* and what it left */
}

static void on_stop_gone(void *context)
{
	struct stopping *stopping = context;
	task_close(stopping->task);
	stopping->task = NULL;
	timer_close(stopping->limit);
	stopping->limit = NULL;
}

static void on_stop_late(void *context)
{
	struct stopping *stopping = context;
	char limit[SPAN_TEXT_BYTES];
	span_text(stopping->config.stop_timeout, limit);
	snprintf(stopping->problem, sizeof stopping->problem, "took longer than %s", limit);
	task_kill(stopping->task);
}

static void fill_stopping(struct stopping *stopping, const struct cleaning *cleaning,
                          const struct leftover *leftover)
{
	memset(stopping, 0, sizeof *stopping);
	stopping->site = cleaning->site;
	stopping->site.loop = &stopping->loop;
	/* Its lease is over, but the guard is not to strike a stop command. */
	stopping->site.memory = NULL;
	if (platform_self(&stopping->self, NULL) == CODE_OK)
		stopping->site.self = &stopping->self;
	memcpy(stopping->config.name, leftover->resource, sizeof stopping->config.name);
	memcpy(stopping->config.directory, leftover->directory, sizeof stopping->config.directory);
	stopping->config.stop_timeout = leftover->stop_timeout;
	stopping->config.environment = leftover->environment;
	stopping->resource.config = &stopping->config;
	stopping->resource.site = &stopping->site;
	stopping->resource.role = leftover->role;
	stopping->resource.epoch = leftover->epoch;
}

static enum code run_stop(struct stopping *stopping, const struct leftover *leftover,
                          struct error *error)
{
	struct user user;
	bool has_user = leftover->user[0] != '\0';
	enum code code = has_user ? platform_user(leftover->user, &user, error) : CODE_OK;
	if (code != CODE_OK)
		return code;
	const struct task_options options = {
	    .resource = &stopping->resource,
	    .what = "stop",
	    .command = &leftover->stop,
	    .user = has_user ? &user : NULL,
	};
	const struct task_events events = {
	    .context = stopping, .ended = on_stop_ended, .gone = on_stop_gone};
	stopping->limit = timer_open(&stopping->loop, on_stop_late, stopping);
	if (stopping->limit == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	code = task_start(&stopping->task, &options, &events, error);
	if (code == CODE_OK)
		timer_set(stopping->limit, leftover->stop_timeout);
	else
		timer_close(stopping->limit);
	return code;
}

static enum code stop_script(const struct cleaning *cleaning, const struct leftover *leftover,
                             struct error *error)
{
	struct stopping stopping;
	fill_stopping(&stopping, cleaning, leftover);
	int failed = uv_loop_init(&stopping.loop);
	if (failed != 0)
		return error_set(error, CODE_SYSTEM, "cannot make a loop: %s", uv_strerror(failed));
	enum code code = run_stop(&stopping, leftover, error);
	uv_run(&stopping.loop, UV_RUN_DEFAULT);
	uv_loop_close(&stopping.loop);
	if (code == CODE_OK && stopping.problem[0] != '\0')
		return error_set(error, CODE_SYSTEM,
		                 "resource %s: its stop command %s; stop it by hand, then delete "
		                 "%s/left.script.%s",
		                 leftover->resource, stopping.problem, cleaning->site.run_dir,
		                 leftover->resource);
	if (code != CODE_OK)
		return error_wrap(error, "resource %s", leftover->resource);
	report(cleaning, leftover->resource, "a script started: stopped");
	return CODE_OK;
}

/* The role of the record, if it is to be adopted; NULL: it is not. */
static const struct config_role *adopted_role(const struct cleaning *cleaning,
                                              const struct leftover *leftover)
{
	const struct config *config = cleaning->asked->config;
	const uint64_t *adopted = cleaning->asked->adopted;
	if (adopted == NULL || !is_of_this_boot(cleaning, leftover))
		return NULL;
	for (uint8_t r = 0; r < config->setup.role_count; r++)
		if (strcmp(config->setup.roles[r].name, leftover->role) == 0)
			return adopted[r] != 0 && adopted[r] == leftover->epoch &&
			               role_is_listed(&config->setup, r)
			           ? &config->roles[r]
			           : NULL;
	return NULL;
}

static const struct config_resource *adopted_resource(const struct cleaning *cleaning,
                                                      const struct leftover *leftover)
{
	const struct config_role *role = adopted_role(cleaning, leftover);
	for (uint8_t i = 0; role != NULL && i < role->resource_count; i++) {
		const struct config_resource *resource =
		    &cleaning->asked->config->resources[role->resources[i]];
		if (strcmp(resource->name, leftover->resource) == 0)
			return resource;
	}
	return NULL;
}

/* Whether the kind's adopt takes over what is recorded under `name`. */
static bool is_to_adopt(const struct cleaning *cleaning, const char *name,
                        const struct leftover *leftover)
{
	const struct config_resource *resource = adopted_resource(cleaning, leftover);
	struct network_address address;
	if (resource == NULL)
		return false;
	switch (resource->type) {
	case RESOURCE_VIP:
		address = address_of(resource);
		return leftover->kind == LEFTOVER_ADDRESS &&
		       is_same(cleaning, &address, &leftover->address);
	case RESOURCE_PROCESS:
		return leftover_is(name, "process", resource->name);
	case RESOURCE_SCRIPT:
		/* Not a status or stop under way: it is asked again. */
		return (leftover_is(name, "script", resource->name) ||
		        leftover_is(name, "start", resource->name)) &&
		       leftover->digest == digest_program(resource);
	}
	return false;
}

static enum code clean_record(void *context, const char *name, const struct leftover *leftover,
                              struct error *error)
{
	static enum code (*const ends[])(const struct cleaning *, const struct leftover *,
	                                 struct error *) = {
	    [LEFTOVER_CHILD] = end_child,
	    [LEFTOVER_SCRIPT] = stop_script,
	    [LEFTOVER_ADDRESS] = end_address,
	};
	const struct cleaning *cleaning = context;
	enum code code = CODE_OK;
	if ((enum leftover_kind)leftover->kind != cleaning->kind ||
	    is_to_adopt(cleaning, name, leftover))
		return CODE_OK;
	/* Nothing outlives a boot. */
	if (is_of_this_boot(cleaning, leftover))
		code = ends[cleaning->kind](cleaning, leftover, error);
	if (code == CODE_OK)
		run_tracking_forget_record(&cleaning->site, name, leftover);
	return code;
}

/* A record that says that it is not to be touched: its own, or that of a resource of a retired role
 * which is the same address. */
static bool is_kept(const struct cleaning *cleaning, const struct config_resource *resource)
{
	const struct config *config = cleaning->asked->config;
	struct leftover leftover;
	for (uint8_t i = 0; i < config->resource_count; i++) {
		const struct config_resource *same = &config->resources[i];
		if (same->type == RESOURCE_VIP &&
		    memcmp(&same->address, &resource->address, sizeof same->address) == 0 &&
		    leftover_find(cleaning->site.run_dir, "address", same->name, &leftover, NULL) ==
		        CODE_OK &&
		    is_to_adopt(cleaning, "", &leftover))
			return true;
	}
	return false;
}

/* Also those without a record. */
static enum code clean_addresses(const struct cleaning *cleaning, struct error *error)
{
	const struct config *config = cleaning->asked->config;
	for (uint8_t i = 0; i < config->resource_count; i++) {
		const struct config_resource *resource = &config->resources[i];
		if (resource->type != RESOURCE_VIP || is_kept(cleaning, resource))
			continue;
		struct network_address address = address_of(resource);
		enum code code = remove_address(cleaning, resource->name, &address, error);
		if (code != CODE_OK)
			return error_wrap(error, "resource %s", resource->name);
	}
	return CODE_OK;
}

enum code runner_clean(const struct runner_cleaning *asked, struct error *error)
{
	const struct setup *setup = &asked->config->setup;
	struct cleaning cleaning = {
	    .asked = asked,
	    .site = {.run_dir = asked->run_dir,
	             .memory = asked->memory,
	             .node = setup->members[setup->self].name},
	};
	/* Processes of a script before its stop command: as in a release, commands under way are
	 * ended for `stop` to run alone. */
	static const enum leftover_kind order[] = {LEFTOVER_ADDRESS, LEFTOVER_CHILD,
	                                           LEFTOVER_SCRIPT};
	enum code code = platform_boot(&cleaning.site.boot, error);
	if (code == CODE_OK)
		code = network_open(&cleaning.site.network, error);
	if (code == CODE_OK)
		code = clean_addresses(&cleaning, error);
	for (size_t i = 0; code == CODE_OK && i < sizeof order / sizeof order[0]; i++) {
		cleaning.kind = order[i];
		code = run_records_read(asked->run_dir, clean_record, &cleaning, error);
	}
	network_close(cleaning.site.network);
	return code;
}
