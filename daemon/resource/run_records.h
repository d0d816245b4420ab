/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records, in the run directory, of what the resources of this host have running, so that a later
 * life of the daemon can end it before it says anything. One small text file each, replaced as a
 * whole. Knows neither how to end a process nor what a resource is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/platform/child.h"
#include "daemon/platform/network.h"
#include "daemon/platform/platform.h"
#include "proto/error.h"

enum leftover_kind {
	LEFTOVER_CHILD,   /* a process: child */
	LEFTOVER_SCRIPT,  /* something `stop` must be run for */
	LEFTOVER_ADDRESS, /* address */
};
enum { LEFTOVER_KINDS = LEFTOVER_ADDRESS + 1 };

enum { LEFTOVER_NAME_BYTES = NAME_BYTES + 16 };

struct leftover {
	uint64_t kind; /* enum leftover_kind */
	char resource[NAME_BYTES];
	char role[NAME_BYTES];
	uint64_t epoch;
	struct boot boot; /* of another boot: nothing is left of it */
	struct child_id child;
	struct network_address address;
	struct command stop;
	struct span stop_timeout;
	char user[NAME_BYTES];
	char directory[CONFIG_PATH_BYTES];
	uint64_t digest;            /* of the program: config/digest.h */
	struct command environment; /* of `stop`: "NAME=value" each */
	uint64_t is_up;             /* script: `start` ended well, and no `stop` was begun */
};

/* Replaces a small file of the run directory as a whole. Does not wait for a disk: run directories
 * do not outlive the boot. */
enum code run_file_replace(const char *run_dir, const char *name, const char *bytes, size_t length,
                           struct error *error);
/* The record of `what` ("process", "start", ...) of a resource; replaces the one before. */
enum code leftover_write(const char *run_dir, const char *what, const struct leftover *leftover,
                         struct error *error);
void leftover_forget(const char *run_dir, const char *what, const char *resource);
/* CODE_NOT_FOUND: there is none. */
enum code leftover_find(const char *run_dir, const char *what, const char *resource,
                        struct leftover *leftover, struct error *error);

/* Calls `each` for every record until it fails; `name` is the file's, for leftover_forget_file.
 * CODE_OK also when the directory does not exist. CODE_DAMAGED: a record cannot be understood; the
 * sentence names the file. */
enum code run_records_read(const char *run_dir,
                           enum code (*each)(void *context, const char *name,
                                             const struct leftover *leftover, struct error *error),
                           void *context, struct error *error);
void leftover_forget_file(const char *run_dir, const char *name);
/* Whether this is the name of the record of that task. */
bool leftover_is(const char *name, const char *what, const char *resource);
