/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places at an interface where the gate's programs stand: before all other classifiers, in both
 * directions. On kernels from 6.6 on as links, which belong to their file in the gate's directory;
 * before as classic filters with a mark there. Knows nothing of addresses.
 */
#pragma once

#include <stddef.h>

#include "proto/error.h"

/* All borrowed from the gate. */
struct gate_hooks {
	const char *directory;
	int programs[2]; /* for what arrives, for what leaves */
	int mark;        /* any BPF object of the gate, to have something that files can name */
};

/* Puts the programs at the interface, unless they stand there. */
enum code hook_attach(const struct gate_hooks *hooks, unsigned index, struct error *error);

/* Puts these programs in the place of those that stand at the interfaces of the directory, one for
 * one, each at once. Forgets interfaces that are gone. */
enum code hook_renew(const struct gate_hooks *hooks, struct error *error);

/* Takes them from every interface of the directory that is not among those to keep. Goes on after a
 * failure, and tells of the last. */
enum code hook_detach(const char *directory, const unsigned *keep, size_t keep_count,
                      struct error *error);
