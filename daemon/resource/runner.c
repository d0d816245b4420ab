/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All roles of this node that need resources: opens them, hands them news of the network, and has
 * their hooks called from the loop.
 */
#include "daemon/resource/runner.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/resource/address_lifetime.h"
#include "daemon/resource/role.h"

struct runner {
	struct role_site site; /* first: tell_soon finds the runner by it */
	struct user self;
	uv_poll_t news;
	uv_idle_t teller;
	unsigned open_handles;
	void (*closed)(void *context);
	void *closed_context;
	uint8_t role_count;
	struct role roles[]; /* those of config, in its order */
};

static void on_tell(uv_idle_t *teller)
{
	struct runner *runner = teller->data;
	uv_idle_stop(teller); /* a hook may start it again */
	for (uint8_t i = 0; i < runner->role_count; i++)
		role_tell(&runner->roles[i]);
}

static void tell_soon(struct role_site *site)
{
	struct runner *runner = (struct runner *)site;
	/* An idle handle runs before the loop sleeps again: no delay anybody could measure. */
	uv_idle_start(&runner->teller, on_tell);
}

static void hear(void *context, const struct network_change *change)
{
	struct runner *runner = context;
	const struct runner_hooks *hooks = &runner->site.hooks;
	if (hooks->network != NULL)
		hooks->network(hooks->context, change);
	for (uint8_t i = 0; i < runner->role_count; i++)
		role_hear(&runner->roles[i], change);
}

static void on_news(uv_poll_t *news, int status, int events)
{
	struct runner *runner = news->data;
	(void)status;
	(void)events;
	network_news_read(runner->site.resources.network, hear, runner);
}

void runner_start(struct runner *runner, uint8_t role, uint64_t epoch)
{
	assert(role < runner->role_count);
	role_start(&runner->roles[role], epoch);
}

enum code runner_adopt(struct runner *runner, uint8_t role, uint64_t epoch, struct error *error)
{
	assert(role < runner->role_count);
	return role_adopt(&runner->roles[role], epoch, error);
}

void runner_release(struct runner *runner, uint8_t role, uint64_t epoch, bool forced,
                    struct span limit)
{
	assert(role < runner->role_count);
	role_release(&runner->roles[role], epoch, forced, limit);
}

void runner_lease(struct runner *runner, uint8_t role, struct lifetime_lease lease)
{
	const struct resource_site *site = &runner->site.resources;
	struct error error;
	address_lifetime_follow(site->lifetime, role, lease);
	if (address_lifetime_trouble(site->lifetime, &error))
		log_write(site->log, LEVEL_WARNING, "lifetime of addresses: %s", error.text);
}

unsigned runner_announce(struct runner *runner, uint8_t role)
{
	assert(role < runner->role_count);
	return role_announce(&runner->roles[role]);
}

static const struct resource *find_resource(const struct runner *runner, uint8_t index,
                                            const struct group_slot **slot)
{
	const struct config_resource *wanted = &runner->site.config->resources[index];
	for (uint8_t i = 0; i < runner->role_count; i++) {
		const struct role *role = &runner->roles[i];
		for (uint8_t j = 0; j < role->group.count; j++)
			if (role->resources[j].config == wanted) {
				*slot = &role->group.slots[j];
				return &role->resources[j];
			}
	}
	return NULL;
}

void runner_view(const struct runner *runner, uint8_t resource, struct resource_view *view)
{
	static const enum resource_state states[SLOT_STATES] = {
	    [SLOT_DOWN] = RESOURCE_DOWN,         [SLOT_WAITING] = RESOURCE_STARTING,
	    [SLOT_STARTING] = RESOURCE_STARTING, [SLOT_UP] = RESOURCE_UP,
	    [SLOT_MENDING] = RESOURCE_STARTING,  [SLOT_CLEARING] = RESOURCE_STARTING,
	    [SLOT_BROKEN] = RESOURCE_FAILED,     [SLOT_STOPPING] = RESOURCE_STOPPING,
	    [SLOT_KILLING] = RESOURCE_STOPPING,
	};
	const struct group_slot *slot = NULL;
	const struct resource *found = find_resource(runner, resource, &slot);
	memset(view, 0, sizeof *view);
	view->state = RESOURCE_DOWN;
	if (found == NULL)
		return;
	view->state = slot->given_up ? RESOURCE_FAILED : states[slot->state];
	view->since_known = slot->since.ns != 0;
	view->since = slot->since;
	view->restarts = slot->restarts;
	view->has_pid = found->pid != 0;
	view->pid = found->pid;
	view->conflict = found->conflict;
	view->stop_time = found->stop_time;
	view->repairs = found->repairs;
	memcpy(view->detail, found->detail, sizeof view->detail);
	if (view->state == RESOURCE_UP && view->detail[0] == '\0')
		repairs_text(&found->repairs, platform_now(), view->detail);
}

void runner_list_up(const struct runner *runner, uint8_t role, char *out, size_t size)
{
	const struct config *config = runner->site.config;
	const struct config_role *members = &config->roles[role];
	size_t length = 0;
	out[0] = '\0';
	for (uint8_t i = 0; i < members->resource_count && length < size; i++) {
		const uint8_t resource = members->resources[i];
		struct resource_view view;
		runner_view(runner, resource, &view);
		if (view.state == RESOURCE_DOWN)
			continue;
		int written = snprintf(out + length, size - length, "%s%s%s%s",
		                       length > 0 ? ", " : "", config->resources[resource].name,
		                       view.detail[0] != '\0' ? ": " : "", view.detail);
		length += written < 0 ? size : (size_t)written;
	}
}

static enum code open_handles(struct runner *runner, struct error *error)
{
	uv_loop_t *loop = runner->site.resources.loop;
	int fd = network_news_fd(runner->site.resources.network);
	uv_idle_init(loop, &runner->teller); /* cannot fail */
	runner->teller.data = runner;
	runner->open_handles = 1;
	int failed = uv_poll_init(loop, &runner->news, fd);
	if (failed == 0) {
		runner->open_handles = 2;
		runner->news.data = runner;
		failed = uv_poll_start(&runner->news, UV_READABLE, on_news);
	}
	if (failed != 0)
		return error_set(error, CODE_SYSTEM, "cannot watch the network: %s",
		                 uv_strerror(failed));
	return CODE_OK;
}

static enum code open_all(struct runner *runner, struct error *error)
{
	struct resource_site *site = &runner->site.resources;
	enum code code = platform_boot(&site->boot, error);
	site->self = platform_self(&runner->self, NULL) == CODE_OK ? &runner->self : NULL;
	if (code == CODE_OK)
		code = network_open(&site->network, error);
	if (code == CODE_OK)
		code = address_lifetime_open(
		    &site->lifetime,
		    address_lifetime_is_possible(runner->site.config->setup.timing), error);
	if (code == CODE_OK)
		code = open_handles(runner, error);
	uint8_t count = runner->site.config->setup.role_count;
	for (uint8_t i = 0; code == CODE_OK && i < count; i++) {
		code = role_open(&runner->roles[i], &runner->site, i, error);
		runner->role_count = (uint8_t)(code == CODE_OK ? i + 1 : i);
	}
	if (code == CODE_OK)
		tell_soon(&runner->site);
	return code;
}

enum code runner_open(struct runner **runner, uv_loop_t *loop,
                      const struct runner_settings *settings, const struct runner_hooks *hooks,
                      struct error *error)
{
	const struct setup *setup = &settings->config->setup;
	struct runner *made = calloc(1, sizeof *made + setup->role_count * sizeof(struct role));
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	made->site.config = settings->config;
	made->site.hooks = *hooks;
	made->site.tell_soon = tell_soon;
	made->site.resources.loop = loop;
	made->site.resources.log = settings->log;
	made->site.resources.run_dir = settings->run_dir;
	made->site.resources.memory = settings->memory;
	made->site.resources.node = setup->members[setup->self].name;
	enum code code = open_all(made, error);
	if (code != CODE_OK)
		runner_close(made, NULL, NULL);
	else
		*runner = made;
	return code;
}

static void finish_close(struct runner *runner)
{
	void (*closed)(void *context) = runner->closed;
	void *context = runner->closed_context;
	address_lifetime_close(runner->site.resources.lifetime);
	network_close(runner->site.resources.network);
	free(runner);
	if (closed != NULL)
		closed(context);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct runner *runner = handle->data;
	if (--runner->open_handles == 0)
		finish_close(runner);
}

void runner_close(struct runner *runner, void (*closed)(void *context), void *context)
{
	runner->closed = closed;
	runner->closed_context = context;
	for (uint8_t i = 0; i < runner->role_count; i++)
		role_close(&runner->roles[i]);
	runner->role_count = 0;
	if (runner->open_handles == 0) {
		finish_close(runner); /* it was never open */
		return;
	}
	uv_close((uv_handle_t *)&runner->teller, on_handle_closed);
	if (runner->open_handles == 2)
		uv_close((uv_handle_t *)&runner->news, on_handle_closed);
}
