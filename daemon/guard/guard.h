/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard: the parent of the worker. It starts the worker again when it dies or hangs, and brings
 * down what a role has up here when the role's lease is over, whatever the worker does. It knows
 * lease ends and what is up (memory.h), and no votes, sockets, configuration or loop. After
 * guard_run has begun it allocates nothing.
 */
#pragma once

#include "daemon/guard/shared_memory.h"
#include "daemon/platform/guard_host.h"
#include "proto/error.h"

struct guard_settings {
	const char *run_dir;
	const char *state_dir; /* where a reboot is explained */
	char *const *argv; /* of the worker, and of the program that takes over; NULL at the end */
};

/* Runs until the worker ended because it was asked to, or never worked; the result is its exit
 * status. CODE_OK unless the guard itself could not begin. */
enum code guard_run(const struct guard_settings *settings, int *status, struct error *error);

/* For a program that refuses to run: brings down what a worker that is gone left up in `run_dir`,
 * for it would outlive its lease. Nothing happens while the worker or another guard lives, or where
 * nothing is up. */
void guard_release(const char *run_dir);
