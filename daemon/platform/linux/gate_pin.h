/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a gate is kept while no process has it open: a directory of the BPF file system, and the
 * names in it. Knows file names, not what lies behind them.
 */
#pragma once

#include <stddef.h>

#include "proto/error.h"

enum { PIN_PATH_BYTES = 192, PIN_LIST_MAX = 512 };

/* CODE_OK: there is a file system for BPF objects that outlives this process, or pin_prepare can
 * mount one. Changes nothing. */
enum code pin_probe(struct error *error);

/* The directory of the gate of this name, as a path. CODE_INVALID: not a name for it. */
enum code pin_directory(const char *name, char path[PIN_PATH_BYTES], struct error *error);
/* Calls `each` with the name of every gate whose name ends so, until it fails. CODE_OK also when
 * there is none; CODE_DENIED: that cannot be seen. */
enum code pin_each_gate(const char *ending,
                        enum code (*each)(void *context, const char *name, struct error *error),
                        void *context, struct error *error);
/* Mounts the file system if need be and makes the directory, for root alone. */
enum code pin_prepare(const char *directory, struct error *error);
/* Removes the directory with all files in it, and the one above it when it was the last. CODE_OK
 * also when there is none. */
enum code pin_remove(const char *directory, struct error *error);

/* Where a program of this print is kept; `way` tells the two directions apart. */
void pin_program_path(const char *directory, const char *way, const char *print,
                      char path[PIN_PATH_BYTES]);
/* Forgets the programs of all versions. What is attached somewhere stays there. */
enum code pin_unlink_programs(const char *directory, struct error *error);

/* What belongs to an interface. The numbers stand in the names' places: see pin_path. */
enum pin_kind {
	PIN_LINK_IN, /* an attached program, owned by this file */
	PIN_LINK_OUT,
	PIN_FILTER_IN, /* a mark: a program is attached by the means of older kernels */
	PIN_FILTER_OUT,
	PIN_QDISC, /* a mark: this gate made the queueing discipline that these need */
};
enum { PIN_KINDS = PIN_QDISC + 1 };

struct pin {
	enum pin_kind kind;
	unsigned index; /* of the interface */
};

void pin_path(const char *directory, struct pin pin, char path[PIN_PATH_BYTES]);
/* CODE_OK also when it does not exist. */
enum code pin_unlink(const char *directory, struct pin pin, struct error *error);

struct pin_list {
	size_t count;
	struct pin pins[PIN_LIST_MAX];
};

/* All of a directory; none when it does not exist. */
enum code pin_list(const char *directory, struct pin_list *list, struct error *error);
