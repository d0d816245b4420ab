/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd check`: the configuration, this host, and the time a failover takes at worst. A table
 * of questions; each prints what it finds. Changes nothing.
 */
#include "daemon/cli/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "config/print.h"
#include "daemon/cli/host.h"
#include "daemon/cli/probes.h"
#include "daemon/file.h"
#include "daemon/platform/platform.h"
#include "daemon/platform/sandbox.h"
#include "daemon/platform/self.h"
#include "daemon/platform/standin.h"
#include "daemon/state/store.h"

/* Bits of access(2), which libuv takes everywhere. */
enum { MAY_EXECUTE = 1, MAY_WRITE = 2 };

void check_lack(struct check *check, const char *what, const struct error *error)
{
	check->lacks++;
	(void)printf("MISSING  %s: %s\n", what, error->text);
}

void check_warn(struct check *check, const char *what, const char *text)
{
	check->warnings++;
	(void)printf("warning  %s: %s\n", what, text);
}

void check_fine(const char *what, const char *text)
{
	(void)printf("ok       %s: %s\n", what, text);
}

static const struct setup_member *self_of(const struct check *check)
{
	return &check->config->setup.members[check->config->setup.self];
}

static bool owns_role(const struct check *check, uint8_t role)
{
	const struct setup *setup = &check->config->setup;

	for (uint8_t i = 0; i < setup->roles[role].node_count; i++) {
		if (setup->roles[role].nodes[i] == setup->self)
			return true;
	}
	return false;
}

void check_each_resource(struct check *check,
                         void (*look)(struct check *check, const struct config_resource *resource,
                                      void *context),
                         void *context)
{
	const struct config *config = check->config;

	for (uint8_t r = 0; r < config->setup.role_count; r++) {
		if (!owns_role(check, r))
			continue;
		for (uint8_t i = 0; i < config->roles[r].resource_count; i++)
			look(check, &config->resources[config->roles[r].resources[i]], context);
	}
}

/* --- the questions */

/* The daemon that runs now, if any; `error` says it. */
static void find_guard(struct check *check, struct error *error)
{
	char path[FILE_PATH_BYTES];

	if (file_path(path, check->options->run_dir, "lock", error) == CODE_OK &&
	    platform_check_lock(path, error) == CODE_EXISTS)
		check->guard = platform_lock_holder(path);
}

static void check_running(struct check *check)
{
	struct error error = {0};
	find_guard(check, &error);
	check_fine("daemon", check->guard != 0 ? error.text : "does not run now");
}

/* 0 when files can be made in it, else an error of libuv. */
static int look_at_directory(const char *path)
{
	uv_fs_t request = {0};
	int failed = uv_fs_stat(NULL, &request, path, NULL);
	const bool is_directory = failed == 0 && S_ISDIR(request.statbuf.st_mode);

	uv_fs_req_cleanup(&request);
	if (failed != 0)
		return failed;
	if (!is_directory)
		return UV_ENOTDIR;
	failed = uv_fs_access(NULL, &request, path, MAY_WRITE | MAY_EXECUTE, NULL);
	uv_fs_req_cleanup(&request);
	return failed;
}

/* StateDirectory= and RuntimeDirectory= of the unit. */
static bool is_of_unit(const char *path)
{
	return strcmp(path, "/var/lib/failoverd") == 0 || strcmp(path, "/run/failoverd") == 0;
}

static void check_directory(struct check *check, const char *option, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct error error;
	int failed = look_at_directory(path);

	if (failed == UV_ENOENT && (check->stands_in || sandbox_is_here()) && is_of_unit(path)) {
		check_fine(option, "is made when the unit starts");
		return;
	}
	if (failed == UV_ENOENT && strlen(path) < FILE_PATH_BYTES) {
		char parent[FILE_PATH_BYTES];

		(void)snprintf(parent, sizeof parent, "%.*s",
		               slash == NULL || slash == path ? 1 : (int)(slash - path),
		               slash == NULL ? "." : path);
		failed = look_at_directory(parent);
		path = failed == 0 ? "is made at the first start" : path;
	}
	if (failed == 0) {
		check_fine(option, path);
		return;
	}
	(void)error_set(&error, CODE_DENIED, "%s cannot be written: %s", path, uv_strerror(failed));
	check_lack(check, option, &error);
}

static void check_directories(struct check *check)
{
	check_directory(check, "--state-dir", check->options->state_dir);
	check_directory(check, "--run-dir", check->options->run_dir);
}

static void check_state(struct check *check)
{
	const struct setup *setup = &check->config->setup;
	const struct state_owner owner = {setup->cluster_id, setup->members[setup->self].id};
	struct durable durable = {0};
	enum store_origin origin = STORE_NONE;
	struct error text, error;
	struct voters file = setup_voters(setup);

	if (store_load(check->options->state_dir, &owner, &durable, &origin, &text, &error) !=
	    CODE_OK) {
		check_lack(check, "state", &error);
		return;
	}
	if (origin == STORE_NONE)
		check_fine("state", "none yet: this member starts as new");
	else if (origin != STORE_FOUND)
		check_warn(check, "state", text.text);
	else
		check_fine("state", "readable");
	if (origin == STORE_FOUND && voters_digest(&file) != voters_digest(&durable.voters))
		check_warn(check, "voters-differ",
		           "the configuration names other voters than this member remembers; the "
		           "remembered set counts");
}

/* A loopback address is heard by nobody else, unless all members are on this host: for a test. */
static void check_reach(struct check *check, const struct address *own, uint8_t path)
{
	const struct config *config = check->config;
	char text[ADDRESS_TEXT_BYTES];
	struct error error;

	for (uint8_t i = 0; i < config->setup.member_count && address_is_loopback(own); i++) {
		const struct config_member *other = &config->members[i];

		if (path >= other->address_count || address_is_loopback(&other->addresses[path]))
			continue;
		address_format(own, text);
		(void)error_set(&error, CODE_INVALID,
		                "%s is a loopback address: %s cannot reach it from another host",
		                text, config->setup.members[i].name);
		check_lack(check, "address", &error);
		return;
	}
}

static void check_port(struct check *check)
{
	const struct config_member *self = &check->config->members[check->config->setup.self];
	struct error error;
	char text[ADDRESS_TEXT_BYTES];

	for (uint8_t i = 0; i < self->address_count; i++) {
		enum code code = platform_check_port(&self->addresses[i], self->port, &error);

		address_format(&self->addresses[i], text);
		if (code == CODE_OK || (code == CODE_EXISTS && check->guard != 0))
			check_fine("address", text);
		else
			check_lack(check, "address", &error);
		check_reach(check, &self->addresses[i], i);
	}
}

/* The layers that reach further than the daemon itself: what is required must be there. */
static void check_layers(struct check *check)
{
	const struct {
		const char *name;
		enum config_use use;
		enum code (*look)(const struct config *, bool, struct error *);
	} layers[] = {
	    {"gate", check->config->gate, probe_gate},
	    {"lifetime", USE_AUTO, probe_lifetime},
	    {"watchdog", check->config->watchdog, probe_watchdog},
	};

	for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
		struct error text;

		if (layers[i].look(check->config, check->guard != 0, &text) == CODE_OK)
			check_fine(layers[i].name, text.text);
		else if (layers[i].use == USE_REQUIRED)
			check_lack(check, layers[i].name, &text);
		else
			check_warn(check, layers[i].name, text.text);
	}
}

static void tell_fence(void *context, const char *name, enum code code, const struct error *text)
{
	if (code == CODE_OK)
		check_fine(name, text->text);
	else
		check_lack(context, name, text);
}

static void check_fences(struct check *check)
{
	probe_fences(check->config, tell_fence, check);
}

static void check_groups(struct check *check)
{
	struct error error;

	if (platform_check_groups(&error) != CODE_OK)
		check_warn(check, "processes", error.text);
}

static void check_script(struct check *check, const struct config_resource *resource)
{
	check_program(check, resource);
	check_twice(check, resource);
	check_stop(check, resource);
}

static void check_process(struct check *check, const struct config_resource *resource)
{
	check_program(check, resource);
	check_twice(check, resource);
}

static void check_resource(struct check *check, const struct config_resource *resource,
                           void *context)
{
	static void (*const looks[RESOURCE_TYPES])(struct check *,
	                                           const struct config_resource *) = {
	    [RESOURCE_VIP] = check_vip,
	    [RESOURCE_PROCESS] = check_process,
	    [RESOURCE_SCRIPT] = check_script,
	};

	(void)context;
	looks[resource->type](check, resource);
}

static void check_resources(struct check *check)
{
	check_each_resource(check, check_resource, NULL);
}

/* lease + release, stretched by what clocks may differ, plus the way to a new owner. */
static void print_failover_time(struct check *check)
{
	const struct timing *timing = &check->config->setup.timing;
	const struct span promise = timing_promise(*timing);
	const struct span round_trips = timing->heartbeat;

	(void)printf("\nA failed owner is replaced within %.3f s, plus the time the resources need "
	             "to start:\n"
	             "  promise %.3f s = (lease %.3f s + release %.3f s) x 1.01 / 0.99 for clocks "
	             "that differ by up to 1 %%\n"
	             "  + %.3f s for turns and two round trips (one heartbeat)\n",
	             (double)span_plus(promise, round_trips).ns / 1e9, (double)promise.ns / 1e9,
	             (double)timing->lease.ns / 1e9, (double)timing->release.ns / 1e9,
	             (double)round_trips.ns / 1e9);
}

/* A time daemon may slew the clock by which leases are measured. */
static void check_clock(struct check *check)
{
	struct error error;

	if (platform_check_clock(&error) == CODE_OK)
		check_fine("clock", "no time daemon is known to change its rate by much");
	else
		check_warn(check, "clock", error.text);
}

/* Root may do what the daemon may not, so what follows is asked as the daemon would. */
static void become_daemon(struct check *check)
{
	struct error text;

	if (check->unit.code == CODE_SYSTEM)
		check_lack(check, "unit", &check->unit);
	if (sandbox_is_here())
		check_fine("user", "all of this is asked as the unit would run the daemon");
	if (platform_stand_in(check->guard > 0 ? check->guard : 0, &text) != CODE_OK)
		check_warn(check, "user", text.text);
	else if (text.text[0] != '\0')
		check_fine("user", text.text);
	check->stands_in = text.code == CODE_OK && text.text[0] != '\0';
}

/* Of a daemon that runs, its own mounts tell what layers it has; where none does, root knows more
 * than the daemon's user could see from outside of the unit. */
static void check_early(struct check *check)
{
	check_running(check);
	check_clock(check);
	check_rights(check);
	if (check->guard == 0)
		check_layers(check);
	become_daemon(check);
	if (check->guard != 0)
		check_layers(check);
	/* The unit is given a control group of its own. */
	if (!check->stands_in)
		check_groups(check);
}

static void print_sum(const struct check *check)
{
	(void)printf("\n%u missing, %u warning%s\n", check->lacks, check->warnings,
	             check->warnings == 1 ? "" : "s");
}

enum exit_code command_check(const struct options *options)
{
	static void (*const questions[])(struct check *) = {
	    check_early, check_operators, check_directories, check_state,
	    check_port,  check_resources, check_strays,      check_fences,
	};
	struct host *host = NULL;
	struct check check = {.options = options};
	struct error error = {0};
	enum exit_code result = EXIT_DONE;

	find_guard(&check, &error);
	if (check_in_unit(&check, &result))
		return result;
	result = host_open(&host, options);
	if (result == EXIT_DONE) {
		check.config = &host->config;
		(void)printf(
		    "%s is %s of cluster %s (%u member%s, %u role%s)\n\n", options->config,
		    self_of(&check)->name, host->config.cluster, host->config.setup.member_count,
		    host->config.setup.member_count == 1 ? "" : "s", host->config.setup.role_count,
		    host->config.setup.role_count == 1 ? "" : "s");
		for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
			questions[i](&check);
		print_failover_time(&check);
		check.warnings += host->findings.warnings;
		print_sum(&check);
		if (check.lacks > 0)
			result = EXIT_REFUSED;
	} else {
		(void)fputs("failoverd: check: this configuration or key cannot be used\n", stderr);
	}
	host_close(host);
	return result;
}
