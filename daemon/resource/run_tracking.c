/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records and ledger, in one order: nothing is in the ledger that has no record.
 */
#include "daemon/resource/run_tracking.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/digest.h"

static const char OUTPUT[] = "output";

/* A `stop` is not in the ledger: the guard would end it, at the very moment when it is all that
 * brings down what a script set up. */
static const struct part {
	const char *what;
	bool is_in_ledger;
	enum ledger_kind kind;
	bool has_output;
} parts[] = {
    /* clang-format off */
    {"address", true,  LEDGER_ADDRESS, false},
    {"process", true,  LEDGER_CHILD,   true},
    {"script",  true,  LEDGER_SCRIPT,  false},
    {"start",   true,  LEDGER_CHILD,   true},
    {"status",  true,  LEDGER_COMMAND, true},
    {"stop",    false, LEDGER_COMMAND, true},
    /* clang-format on */
};
enum { PARTS = sizeof parts / sizeof parts[0] };

/* NULL: the ledger has nothing of the kind. */
static const struct part *part_of(const char *what)
{
	for (size_t i = 0; i < PARTS; i++)
		if (strcmp(what, parts[i].what) == 0)
			return &parts[i];
	return NULL;
}

void run_tracking_begin(const struct resource *resource, enum leftover_kind kind,
                        struct leftover *leftover)
{
	memset(leftover, 0, sizeof *leftover);
	leftover->kind = kind;
	snprintf(leftover->resource, sizeof leftover->resource, "%s", resource->config->name);
	snprintf(leftover->role, sizeof leftover->role, "%s", resource->role);
	leftover->epoch = resource->epoch;
	leftover->boot = resource->site->boot;
	leftover->digest = digest_program(resource->config);
}

static enum code enter(const struct resource *resource, const char *what,
                       const struct leftover *leftover, struct error *error)
{
	struct ledger_entry entry;
	struct shared_memory *memory = resource->site->memory;
	const struct part *part = part_of(what);
	if (memory == NULL || part == NULL || !part->is_in_ledger)
		return CODE_OK;
	memset(&entry, 0, sizeof entry);
	entry.kind = part->kind;
	entry.role = resource->role_id;
	memcpy(entry.resource, leftover->resource, sizeof entry.resource);
	entry.address = leftover->address;
	entry.child = leftover->child;
	if (ledger_add(memory, &entry))
		return CODE_OK;
	return error_set(error, CODE_TOO_LARGE,
	                 "resource %s: the guard has no room for more than %d addresses and "
	                 "processes; take resources out of the configuration",
	                 resource->config->name, LEDGER_ENTRIES);
}

enum code run_tracking_leave(const struct resource *resource, const char *what,
                             const struct leftover *leftover, struct error *error)
{
	const char *run_dir = resource->site->run_dir;
	enum code code = leftover_write(run_dir, what, leftover, error);
	if (code != CODE_OK)
		return code;
	code = enter(resource, what, leftover, error);
	if (code != CODE_OK)
		leftover_forget(run_dir, what, resource->config->name);
	return code;
}

static enum code output_path(const char *run_dir, const char *what, const char *resource,
                             char path[FILE_PATH_BYTES], struct error *error)
{
	char name[LEFTOVER_NAME_BYTES];
	snprintf(name, sizeof name, "%s/%s.%s", OUTPUT, what, resource);
	return file_path(path, run_dir, name, error);
}

enum code run_tracking_output(const struct resource *resource, const char *what,
                              char path[FILE_PATH_BYTES], struct error *error)
{
	const char *run_dir = resource->site->run_dir;
	enum code code = file_path(path, run_dir, OUTPUT, error);
	if (code == CODE_OK)
		code = file_make_directory(path, 0700, error);
	if (code == CODE_OK)
		code = output_path(run_dir, what, resource->config->name, path, error);
	return code == CODE_OK ? CODE_OK : error_wrap(error, "cannot record what runs");
}

/* What the guard knows goes first, the record last: nothing is in the ledger without a record. */
static void forget_part(const struct resource_site *site, const struct part *part,
                        const char *resource)
{
	char path[FILE_PATH_BYTES];
	if (site->memory != NULL && part->is_in_ledger)
		ledger_drop(site->memory, part->kind, resource);
	if (part->has_output &&
	    output_path(site->run_dir, part->what, resource, path, NULL) == CODE_OK)
		(void)unlink(path);
}

void run_tracking_forget(const struct resource *resource, const char *what)
{
	const struct part *part = part_of(what);
	if (part != NULL)
		forget_part(resource->site, part, resource->config->name);
	leftover_forget(resource->site->run_dir, what, resource->config->name);
}

void run_tracking_forget_record(const struct resource_site *site, const char *name,
                                const struct leftover *leftover)
{
	for (size_t i = 0; i < PARTS; i++)
		if (leftover_is(name, parts[i].what, leftover->resource))
			forget_part(site, &parts[i], leftover->resource);
	leftover_forget_file(site->run_dir, name);
}

enum code run_tracking_find(const struct resource *resource, const char *what,
                            struct leftover *leftover, struct error *error)
{
	const struct resource_site *site = resource->site;
	enum code code =
	    leftover_find(site->run_dir, what, resource->config->name, leftover, error);
	if (code != CODE_OK)
		return code;
	bool is_same = leftover->epoch == resource->epoch &&
	               strcmp(leftover->role, resource->role) == 0 &&
	               memcmp(&leftover->boot, &site->boot, sizeof site->boot) == 0;
	return is_same
	           ? CODE_OK
	           : error_set(error, CODE_NOT_FOUND, "resource %s: nothing is left of epoch %llu",
	                       resource->config->name, (unsigned long long)resource->epoch);
}

bool run_tracking_was_struck(const struct resource *resource)
{
	const struct shared_memory *memory = resource->site->memory;
	return memory != NULL && ledger_was_released(memory, resource->role_id);
}
