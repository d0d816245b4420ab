/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fence agents in a loop.
 */
#include "tests/daemon/fence_fixture.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/option.h"

enum { PATIENCE_MS = 10000, STEP_MS = 5, PATH_BYTES = 256 };

static void on_said(void *context, const char *node, const char *agent, const char *line,
                    uint64_t left_out)
{
	struct fence_fixture *lab = context;
	size_t used = strlen(lab->said);
	(void)node;
	snprintf(lab->said + used, sizeof lab->said - used, "%s: %s\n", agent, line);
	lab->said_count++;
	lab->left_out += left_out;
}

static void on_ended(void *context, const struct fence_result *result)
{
	struct fence_fixture *lab = context;
	lab->ended++;
	lab->result = *result;
	snprintf(lab->node, sizeof lab->node, "%s", result->node);
	snprintf(lab->text, sizeof lab->text, "%s", result->text);
}

static void add_node(struct fence_fixture *lab, const char *name)
{
	struct setup *setup = &lab->config.setup;
	struct setup_member *member = &setup->members[setup->member_count++];
	snprintf(member->name, sizeof member->name, "%s", name);
	member->id = name_id(name);
	member->is_node = true;
}

struct fence_fixture *fence_fixture_open(void)
{
	struct fence_fixture *lab = calloc(1, sizeof *lab);
	const struct fence_events events = {.context = lab, .said = on_said, .ended = on_ended};
	ck_assert_ptr_nonnull(lab);
	ck_assert_int_eq(uv_loop_init(&lab->loop), 0);
	uv_timer_init(&lab->loop, &lab->clock);
	snprintf(lab->directory, sizeof lab->directory, "/tmp/failoverd-fence.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(lab->directory));
	add_node(lab, "alpha");
	add_node(lab, "beta");
	lab->fence = fence_open(&lab->loop, &events);
	ck_assert_ptr_nonnull(lab->fence);
	return lab;
}

static void remove_files(const struct fence_fixture *lab)
{
	static const char *const names[] = {"journal", "off",      "secret", "other",
	                                    "power",   "lan.conf", "emu",    "chassis"};
	char path[PATH_BYTES];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", lab->directory, names[i]);
		unlink(path);
	}
	ck_assert_msg(rmdir(lab->directory) == 0, "%s is not empty", lab->directory);
}

void fence_fixture_close(struct fence_fixture *lab)
{
	fence_close(lab->fence);
	uv_close((uv_handle_t *)&lab->clock, NULL);
	uv_run(&lab->loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&lab->loop), 0);
	remove_files(lab);
	free(lab);
}

struct config_fence *fence_fixture_agent(struct fence_fixture *lab, uint8_t member,
                                         const char *agent, unsigned timeout_ms)
{
	struct config_fence *fence = &lab->config.fences[lab->config.fence_count++];
	memset(fence, 0, sizeof *fence);
	fence->member = member;
	fence->turn = 1;
	for (const struct config_fence *other = lab->config.fences; other < fence; other++)
		fence->turn = (uint8_t)(fence->turn + (other->member == member ? 1 : 0));
	snprintf(fence->agent, sizeof fence->agent, "%s", agent);
	fence->timeout = span_ms(timeout_ms);
	fence->verify = true;
	return fence;
}

void fence_fixture_option(struct config_fence *fence, const char *name, const char *value)
{
	struct error error;
	ck_assert_msg(option_add(fence, name, value, &error) == CODE_OK, "%s", error.text);
}

struct config_fence *fence_fixture_fake(struct fence_fixture *lab, uint8_t member,
                                        const char *behave, unsigned timeout_ms)
{
	const char *path = getenv("FENCE_FAKE");
	ck_assert_msg(path != NULL, "FENCE_FAKE names the agent of tests");
	struct config_fence *fence = fence_fixture_agent(lab, member, path, timeout_ms);
	fence_fixture_option(fence, "place", lab->directory);
	fence_fixture_option(fence, "behave", behave);
	return fence;
}

const char *fence_fixture_file(struct fence_fixture *lab, const char *name, const char *text,
                               int mode)
{
	static char path[PATH_BYTES];
	snprintf(path, sizeof path, "%s/%s", lab->directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, (mode_t)mode), 0);
	close(fd);
	return path;
}

const char *fence_fixture_read(struct fence_fixture *lab, const char *name)
{
	static char text[LAB_TEXT_BYTES];
	char path[PATH_BYTES];
	snprintf(path, sizeof path, "%s/%s", lab->directory, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return text;
}

void fence_fixture_start(struct fence_fixture *lab, uint8_t member)
{
	struct error error;
	enum code code = fence_start(lab->fence, &lab->config, member, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
}

static void on_clock(uv_timer_t *clock)
{
	(void)clock;
}

static void turn(struct fence_fixture *lab)
{
	uv_timer_start(&lab->clock, on_clock, STEP_MS, STEP_MS);
	uv_run(&lab->loop, UV_RUN_ONCE);
	uv_timer_stop(&lab->clock);
}

void fence_fixture_until_ended(struct fence_fixture *lab, unsigned count, unsigned patience_ms)
{
	uint64_t end = uv_hrtime() + patience_ms * UINT64_C(1000000);
	while (lab->ended < count) {
		ck_assert_msg(uv_hrtime() < end, "it does not end; so far it said: %s", lab->said);
		turn(lab);
	}
}

void fence_fixture_until_text(struct fence_fixture *lab, const char *name, const char *text)
{
	uint64_t end = uv_hrtime() + PATIENCE_MS * UINT64_C(1000000);
	while (strstr(fence_fixture_read(lab, name), text) == NULL) {
		ck_assert_msg(uv_hrtime() < end, "%s has no '%s'", name, text);
		turn(lab);
	}
}
