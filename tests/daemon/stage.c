/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runner with real resources in a loop, and what it said through its hooks.
 */
#include "tests/daemon/stage.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "config/value.h"
#include "daemon/guard/shared_memory.h"
#include "daemon/platform/network.h"

enum { PATIENCE_MS = 5000, STEP_MS = 5, LOG_PATIENCE_MS = 300, LOG_BYTES = 1 << 16 };

static void on_started(void *context, uint8_t role, uint64_t epoch)
{
	struct stage *stage = context;
	stage->roles[role].started++;
	stage->roles[role].epoch = epoch;
}

static void on_released(void *context, uint8_t role, uint64_t epoch)
{
	struct stage *stage = context;
	stage->roles[role].released++;
	stage->roles[role].epoch = epoch;
}

static void on_failed(void *context, uint8_t role, uint64_t epoch, const char *why)
{
	struct stage *stage = context;
	stage->roles[role].failed++;
	stage->roles[role].epoch = epoch;
	snprintf(stage->roles[role].why, sizeof stage->roles[role].why, "%s", why);
}

static void on_fitness(void *context, uint8_t role, bool fit, const char *why)
{
	struct stage *stage = context;
	stage->roles[role].fitness_told++;
	stage->roles[role].is_fit = fit;
	snprintf(stage->roles[role].unfit_why, sizeof stage->roles[role].unfit_why, "%s", why);
}

static bool may_act(void *context, uint8_t role)
{
	const struct stage *stage = context;
	return stage->roles[role].may_act;
}

struct stage *stage_new(void)
{
	struct stage *stage = calloc(1, sizeof *stage);
	ck_assert_ptr_nonnull(stage);
	struct setup *setup = &stage->config.setup;
	setup->member_count = 2;
	snprintf(setup->members[0].name, NAME_BYTES, "alpha");
	snprintf(setup->members[1].name, NAME_BYTES, "beta");
	setup->role_count = STAGE_ROLES;
	for (uint8_t i = 0; i < STAGE_ROLES; i++) {
		snprintf(setup->roles[i].name, NAME_BYTES, "role%u", i);
		setup->roles[i].node_count = 1;
		setup->roles[i].nodes[0] = i == 2 ? 1 : 0;
		stage->roles[i].may_act = true;
	}
	snprintf(stage->directory, sizeof stage->directory, "/tmp/failoverd-stage-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(stage->directory));
	ck_assert_int_eq(uv_loop_init(&stage->loop), 0);
	uv_timer_init(&stage->loop, &stage->clock);
	return stage;
}

static struct config_resource *add(struct stage *stage, uint8_t role, const char *name,
                                   enum resource_type type)
{
	struct config *config = &stage->config;
	struct config_resource *resource = &config->resources[config->resource_count];
	snprintf(resource->name, sizeof resource->name, "%s", name);
	resource->type = type;
	resource->critical = true;
	resource->start_timeout = span_ms(2000);
	resource->stop_timeout = span_ms(1000);
	resource->restarts = 3;
	resource->restart_window = span_ms(900000);
	config->roles[role].resources[config->roles[role].resource_count++] =
	    config->resource_count++;
	return resource;
}

struct config_resource *stage_vip(struct stage *stage, uint8_t role, const char *name,
                                  const char *network)
{
	struct config_resource *resource = add(stage, role, name, RESOURCE_VIP);
	struct error error;
	ck_assert_int_eq(value_network(network, &resource->address, &resource->prefix, &error),
	                 CODE_OK);
	snprintf(resource->interface, sizeof resource->interface, "left0");
	return resource;
}

void stage_command(struct command *command, const char *words)
{
	struct error error;
	enum code code = value_command(words, command, &error);
	ck_assert_msg(code == CODE_OK, "%s: %s", words, error.text);
}

struct config_resource *stage_process(struct stage *stage, uint8_t role, const char *name,
                                      const char *command)
{
	struct config_resource *resource = add(stage, role, name, RESOURCE_PROCESS);
	stage_command(&resource->start, command);
	snprintf(resource->directory, sizeof resource->directory, "%s", stage->directory);
	return resource;
}

struct config_resource *stage_script(struct stage *stage, uint8_t role, const char *name,
                                     const char *start, const char *stop)
{
	struct config_resource *resource = add(stage, role, name, RESOURCE_SCRIPT);
	stage_command(&resource->start, start);
	stage_command(&resource->stop, stop);
	snprintf(resource->directory, sizeof resource->directory, "%s", stage->directory);
	resource->status_interval = span_ms(50);
	resource->status_timeout = span_ms(500);
	return resource;
}

void stage_again(struct stage *stage)
{
	struct error error;
	const struct runner_hooks hooks = {
	    .context = stage,
	    .started = on_started,
	    .released = on_released,
	    .failed = on_failed,
	    .fitness = on_fitness,
	    .may_act = may_act,
	};
	const struct runner_settings settings = {
	    .config = &stage->config,
	    .run_dir = stage->directory,
	    .log = stage->log,
	    .memory = stage->memory,
	};
	enum code code = runner_open(&stage->runner, &stage->loop, &settings, &hooks, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
}

void stage_open(struct stage *stage)
{
	struct error error;
	stage->log_fd = memfd_create("log", MFD_CLOEXEC);
	ck_assert_int_ge(stage->log_fd, 0);
	ck_assert_int_eq(log_open(&stage->log, stage->log_fd, LEVEL_DEBUG, &error), CODE_OK);
	stage_again(stage);
}

static void on_closed(void *context)
{
	struct stage *stage = context;
	stage->runner = NULL;
}

void stage_forget(struct stage *stage)
{
	runner_close(stage->runner, on_closed, stage);
	uv_run(&stage->loop, UV_RUN_DEFAULT);
	ck_assert_ptr_null(stage->runner);
}

static void remove_files(const char *directory)
{
	uv_fs_t list, unlinked;
	uv_dirent_t entry;
	int count = uv_fs_scandir(NULL, &list, directory, 0, NULL);
	while (count > 0 && uv_fs_scandir_next(&list, &entry) != UV_EOF) {
		char path[256];
		snprintf(path, sizeof path, "%s/%s", directory, entry.name);
		uv_fs_unlink(NULL, &unlinked, path, NULL);
		uv_fs_req_cleanup(&unlinked);
	}
	uv_fs_req_cleanup(&list);
	rmdir(directory);
}

void stage_close(struct stage *stage)
{
	char output[80];
	runner_close(stage->runner, on_closed, stage);
	uv_close((uv_handle_t *)&stage->clock, NULL);
	uv_run(&stage->loop, UV_RUN_DEFAULT);
	ck_assert_ptr_null(stage->runner);
	ck_assert_int_eq(uv_loop_close(&stage->loop), 0);
	log_close(stage->log);
	close(stage->log_fd);
	shared_memory_close(stage->memory);
	snprintf(output, sizeof output, "%s/output", stage->directory);
	remove_files(output);
	remove_files(stage->directory);
	free(stage);
}

static void on_clock(uv_timer_t *clock)
{
	(void)clock; /* only wakes the loop */
}

void stage_until(struct stage *stage, bool (*done)(struct stage *stage), const char *what)
{
	uint64_t end = uv_hrtime() + PATIENCE_MS * UINT64_C(1000000);
	uv_timer_start(&stage->clock, on_clock, STEP_MS, STEP_MS);
	while (!done(stage)) {
		if (uv_hrtime() > end) {
			char text[4096];
			ssize_t length = pread(stage->log_fd, text, sizeof text - 1, 0);
			text[length < 0 ? 0 : length] = '\0';
			ck_abort_msg("waited in vain until %s; log:\n%s", what, text);
		}
		uv_run(&stage->loop, UV_RUN_ONCE);
	}
	uv_timer_stop(&stage->clock);
}

void stage_for(struct stage *stage, unsigned ms)
{
	uint64_t end = uv_hrtime() + ms * UINT64_C(1000000);
	uv_timer_start(&stage->clock, on_clock, STEP_MS, STEP_MS);
	while (uv_hrtime() < end)
		uv_run(&stage->loop, UV_RUN_ONCE);
	uv_timer_stop(&stage->clock);
}

static bool is_started(struct stage *stage)
{
	ck_assert_msg(stage->now->failed == 0, "failed: %s", stage->now->why);
	return stage->now->started > 0;
}

static void wait_for_start(struct stage *stage, uint64_t epoch)
{
	stage_until(stage, is_started, "the role is started");
	ck_assert_uint_eq(stage->now->epoch, epoch);
}

void stage_start(struct stage *stage, uint8_t role, uint64_t epoch)
{
	stage->now = &stage->roles[role];
	stage->now->started = stage->now->failed = 0;
	runner_start(stage->runner, role, epoch);
	wait_for_start(stage, epoch);
}

void stage_adopt(struct stage *stage, uint8_t role, uint64_t epoch)
{
	struct error error;
	stage->now = &stage->roles[role];
	stage->now->started = stage->now->failed = 0;
	enum code code = runner_adopt(stage->runner, role, epoch, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
	wait_for_start(stage, epoch);
}

static bool is_released(struct stage *stage)
{
	return stage->now->released > 0;
}

void stage_release(struct stage *stage, uint8_t role, uint64_t epoch, bool forced)
{
	stage->now = &stage->roles[role];
	stage->now->released = 0;
	runner_release(stage->runner, role, epoch, forced, span_ms(500));
	stage_until(stage, is_released, "the role is released");
	ck_assert_uint_eq(stage->now->epoch, epoch);
}

struct resource_view stage_view(const struct stage *stage, const char *resource)
{
	struct resource_view view;
	for (uint8_t i = 0; i < stage->config.resource_count; i++)
		if (strcmp(stage->config.resources[i].name, resource) == 0) {
			runner_view(stage->runner, i, &view);
			return view;
		}
	ck_abort_msg("no resource %s", resource);
	return view;
}

bool stage_logged(struct stage *stage, const char *text)
{
	char all[LOG_BYTES];
	/* A thread of its own writes the log. */
	for (int i = 0; i < LOG_PATIENCE_MS; i++) {
		ssize_t length = pread(stage->log_fd, all, sizeof all - 1, 0);
		ck_assert_int_ge(length, 0);
		all[length] = '\0';
		if (strstr(all, text) != NULL)
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return false;
}

bool stage_has_address(const char *address)
{
	struct network *network;
	struct network_address wanted = {.prefix = 24, .interface = "left0"};
	bool present = false;
	ck_assert_int_eq(value_address(address, &wanted.address, NULL), CODE_OK);
	ck_assert_int_eq(network_open(&network, NULL), CODE_OK);
	ck_assert_int_eq(network_present(network, &wanted, &present, NULL), CODE_OK);
	network_close(network);
	return present;
}

bool stage_is_alive(int64_t pid)
{
	char path[64], text[512];
	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = '\0';
	const char *state = strrchr(text, ')');
	return state != NULL && state[2] != 'Z';
}

const char *stage_file(struct stage *stage, const char *name, char *text, size_t size)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", stage->directory, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return text;
}
