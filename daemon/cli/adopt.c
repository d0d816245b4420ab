/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd adopt-voters`: writes the set of voters of the configuration file into the stored
 * state of this stopped member. The one way to change who votes, and the one way for a member that
 * lost its state to vote again when those it should learn from are gone for good.
 */
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "daemon/cli/host.h"
#include "daemon/file.h"
#include "daemon/platform/self.h"
#include "daemon/state/store.h"

static void ignore_closed(void *context)
{
	(void)context;
}

static void ignore_written(void *context, uint64_t generation)
{
	(void)context;
	(void)generation;
}

static void ignore_trouble(void *context, const struct error *error)
{
	(void)context;
	(void)error;
}

/* Opens the store only for one synchronous write. */
static enum code write_state(const struct options *options, const struct state_owner *owner,
                             const struct durable *durable, struct error *error)
{
	const struct store_hooks hooks = {.written = ignore_written, .trouble = ignore_trouble};
	struct store *store = NULL;
	uv_loop_t loop;
	int failed = uv_loop_init(&loop);
	if (failed != 0)
		return error_set(error, CODE_SYSTEM, "event loop: %s", uv_strerror(failed));
	enum code code = store_open(&store, &loop, options->state_dir, owner, &hooks, error);
	if (code == CODE_OK) {
		code = store_write_now(store, durable, error);
		store_close(store, ignore_closed, NULL);
	}
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
	return code;
}

static void print_set(const char *title, const struct voters *voters, const struct setup *setup)
{
	(void)printf("%s:", title);
	for (uint8_t i = 0; i < voters->count; i++) {
		uint8_t member = setup_member_of(setup, voters->ids[i]);
		(void)printf(" %s", member == NO_MEMBER ? "(one not in the file)"
		                                        : setup->members[member].name);
	}
	(void)printf("%s\n", voters->count == 0 ? " none" : "");
}

static enum code adopt(const struct options *options, const struct config *config,
                       struct error *error)
{
	const struct setup *setup = &config->setup;
	const struct state_owner owner = {setup->cluster_id, setup->members[setup->self].id};
	struct durable durable;
	enum store_origin origin = STORE_NONE;
	struct error why;
	char lock[FILE_PATH_BYTES];
	enum code code = file_path(lock, options->run_dir, "lock", error);
	if (code == CODE_OK)
		code = platform_check_lock(lock, error);
	if (code != CODE_OK)
		return error_wrap(error, "stop the daemon of every member first");
	memset(&durable, 0, sizeof durable);
	code = store_load(options->state_dir, &owner, &durable, &origin, &why, error);
	if (code != CODE_OK)
		return code;
	if (origin == STORE_NONE || origin == STORE_LOST)
		return error_set(error, CODE_NOT_FOUND,
		                 "nothing is stored in %s: a member without state takes the voters "
		                 "of the file by itself",
		                 options->state_dir);
	print_set("voters so far", &durable.voters, setup);
	durable.voters = setup_voters(setup);
	/* All members are stopped, and have released what they ran: no promise protects anything.
	 */
	durable.longest_promise = timing_promise(setup->timing);
	durable.relearning = false;
	code = write_state(options, &owner, &durable, error);
	if (code == CODE_OK)
		print_set("voters from now on", &durable.voters, setup);
	return code;
}

enum exit_code command_adopt_voters(const struct options *options)
{
	struct host *host = NULL;
	struct error error;
	enum exit_code result = host_open(&host, options);
	if (result == EXIT_DONE && adopt(options, &host->config, &error) != CODE_OK) {
		(void)fprintf(stderr, "failoverd: adopt-voters: %s\n", error.text);
		result = EXIT_REFUSED;
	}
	host_close(host);
	return result;
}
