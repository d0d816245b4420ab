/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why this daemon rebooted its host: written before it does, told by the next life. Knows the file
 * last-escalation in the state directory, and not what is a reason.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/file.h"
#include "proto/error.h"

enum { LASTWORDS_TEXT_BYTES = 512 };

/* Where to write; made in advance, for whoever must not stumble then. */
enum code reboot_reason_path(char path[FILE_PATH_BYTES], const char *state_dir,
                             struct error *error);

/*
 * Writes `why`, one line, and reboots this host at once. Returns only when it cannot be rebooted.
 * Waits a fifth of a second for the disk and no longer: what is written helps people, the reboot
 * protects data. Allocates nothing; for the worker and the guard alike.
 */
enum code reboot_reason_and_reboot(const char *path, const char *why, struct error *error);

/* What an earlier life left. */
struct reboot_reason {
	bool known;
	bool fresh;         /* not told by any life so far: to be logged */
	int64_t written_at; /* seconds since 1970, for people */
	char date[32];      /* the same, "2026-11-21T12:00:00Z" */
	char text[LASTWORDS_TEXT_BYTES];
};

/* Reads it. What is told as fresh is renamed to last-escalation.told and is fresh no more. Blocks;
 * for the start. No file, or one that cannot be read: not known. */
void reboot_reason_recall(struct reboot_reason *words, const char *state_dir);
