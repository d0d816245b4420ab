/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration is kept in its printed form, without fence agents: a retired role switches
 * nobody off, and their options may hold a secret.
 */
#include "daemon/worker/retire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "config/print.h"
#include "config/retire.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "daemon/platform/platform.h"
#include "proto/member.h"

static const char NAME[] = "running.ini";
enum { LINE_BYTES = 256 };

/* What is read and what is written, too large for a stack. */
struct work {
	struct config config;
	struct findings findings;
	char text[CONFIG_FILE_BYTES];
	size_t length;
};

static bool has_claim(const struct kept_role *role)
{
	return role->claim == CLAIM_HOLDING || role->claim == CLAIM_RELEASING;
}

static bool is_listed(const struct setup *setup, uint64_t id)
{
	uint8_t r = setup_role_of(setup, id);
	return r < setup->role_count &&
	       memchr(setup->roles[r].nodes, setup->self, setup->roles[r].node_count) != NULL;
}

static enum code load_before(struct work *work, const char *run_dir, struct error *error)
{
	char path[FILE_PATH_BYTES];
	enum code code = file_path(path, run_dir, NAME, error);
	if (code == CODE_OK)
		code =
		    file_read(path, (uint8_t *)work->text, sizeof work->text, &work->length, error);
	if (code == CODE_OK &&
	    config_load(work->text, work->length, NULL, &work->config, &work->findings) != CODE_OK)
		code = error_set(error, CODE_DAMAGED, "%s: %s", path, work->findings.items[0].text);
	return code;
}

/* With the sentence for the log on what becomes of the role. */
static bool add_retired(struct config *config, const struct work *work, const struct error *error,
                        uint64_t id, char line[LINE_BYTES])
{
	const struct setup *before = &work->config.setup;
	bool is_retired = false;
	uint8_t r = error->code == CODE_OK ? setup_role_of(before, id) : 0;
	if (error->code != CODE_OK)
		snprintf(line, LINE_BYTES,
		         "a role that is up here is not in the configuration any more, and what it "
		         "was is not known (%.120s): what it has running is ended",
		         error->text);
	else if (r == before->role_count)
		snprintf(line, LINE_BYTES,
		         "a role that is up here was in no configuration: what it has running is "
		         "ended");
	else if (config_retire(config, &work->config, r))
		is_retired = true;
	else
		snprintf(line, LINE_BYTES,
		         "%s: up here, and the configuration does not let this node own it any "
		         "more; there is no room for what it was: what it has running is ended",
		         before->roles[r].name);
	if (is_retired)
		snprintf(line, LINE_BYTES,
		         "%s: up here, and the configuration does not let this node own it any "
		         "more: stopped in order, as in a move",
		         before->roles[r].name);
	return is_retired;
}

static bool retire_load(struct config *config, const char *run_dir, const struct kept *kept,
                        void (*report)(void *context, const char *line), void *context)
{
	struct work *work = NULL;
	struct error error = {.code = CODE_OK};
	bool is_any = false;
	for (uint8_t i = 0; kept != NULL && i < kept->role_count; i++) {
		char line[LINE_BYTES];
		if (!has_claim(&kept->roles[i]) || is_listed(&config->setup, kept->roles[i].role))
			continue;
		if (work == NULL) {
			work = calloc(1, sizeof *work);
			if (work == NULL)
				return false;
			(void)load_before(work, run_dir, &error);
		}
		is_any |= add_retired(config, work, &error, kept->roles[i].role, line);
		report(context, line);
	}
	free(work);
	return is_any;
}

static enum code retire_save(const struct config *config, const char *run_dir, struct error *error)
{
	struct work *work = calloc(1, sizeof *work);
	char path[FILE_PATH_BYTES];
	enum code code;
	if (work == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	work->config = *config;
	work->config.fence_count = 0;
	for (uint8_t r = 0; r < config->setup.role_count; r++)
		work->config.setup.roles[r].fences = false;
	code = config_print(&work->config, work->text, sizeof work->text, &work->length, error);
	if (code == CODE_OK)
		code = file_path(path, run_dir, NAME, error);
	if (code == CODE_OK)
		code = file_replace(path, (const uint8_t *)work->text, work->length, error);
	free(work);
	return code == CODE_OK ? code : error_wrap(error, "the configuration of this life");
}

static void log_line(void *context, const char *line)
{
	log_write(context, LEVEL_WARNING, "%s", line);
}

static bool is_here(const struct retire *retire, uint8_t role)
{
	struct role_view view;
	if (!retire->settings.config->setup.roles[role].retired)
		return false;
	member_view_role(retire->settings.member, role, platform_now(), &view);
	return view.claim != CLAIM_NONE;
}

void retire_open(struct retire *retire, const struct retire_settings *settings,
                 const struct config *file, const struct kept *kept)
{
	struct error error;
	retire->settings = *settings;
	retire->file =
	    retire_load(settings->config, settings->run_dir, kept, log_line, settings->log)
		? malloc(sizeof *retire->file)
		: NULL;
	if (retire->file != NULL)
		*retire->file = *file;
	else if (settings->is_kept && retire_save(file, settings->run_dir, &error) != CODE_OK)
		log_write(settings->log, LEVEL_WARNING, "%s", error.text);
}

void retire_follow(struct retire *retire)
{
	bool is_any_here = false;
	struct error error;
	if (retire->file == NULL)
		return;
	for (uint8_t r = 0; r < retire->settings.config->setup.role_count; r++)
		is_any_here |= is_here(retire, r);
	if (is_any_here)
		return;
	if (retire_save(retire->file, retire->settings.run_dir, &error) != CODE_OK)
		log_write(retire->settings.log, LEVEL_WARNING, "%s", error.text);
	retire_close(retire);
}

void retire_close(struct retire *retire)
{
	free(retire->file);
	retire->file = NULL;
}

static bool share_something(const struct config *config, uint8_t a, uint8_t b)
{
	if (identities_meet(&config->setup.roles[a].identities, &config->setup.roles[b].identities))
		return true;
	for (uint8_t i = 0; i < config->roles[a].resource_count; i++)
		for (uint8_t j = 0; j < config->roles[b].resource_count; j++)
			if (strcmp(config->resources[config->roles[a].resources[i]].name,
			           config->resources[config->roles[b].resources[j]].name) == 0)
				return true;
	return false;
}

bool retire_allows(const struct retire *retire, uint8_t role)
{
	const struct config *config = retire->settings.config;
	for (uint8_t r = 0; retire->file != NULL && r < config->setup.role_count; r++)
		if (r != role && is_here(retire, r) && share_something(config, r, role))
			return false;
	return true;
}
