/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gates by their names: cluster, and what tells one run directory in one network from others. Takes
 * down gates that no process has open.
 */
#include <ctype.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/platform/gate.h"
#include "daemon/platform/linux/gate_hook.h"
#include "daemon/platform/linux/gate_pin.h"

enum { HASH_BYTES = 16, HASH_SHOWN = 4, ENDING_BYTES = HASH_SHOWN * 2 + 2 };

/* "-" and a few digits; the same for every spelling of a directory that is there. */
static void ending_of(const char *run_dir, char ending[ENDING_BYTES])
{
	struct stat network = {.st_ino = 0};
	char whole[PATH_MAX], key[PATH_MAX + 32];
	uint8_t hash[HASH_BYTES];
	if (realpath(run_dir, whole) != NULL)
		run_dir = whole;
	(void)stat("/proc/self/ns/net", &network);
	int length = snprintf(key, sizeof key, "%s %ju", run_dir, (uintmax_t)network.st_ino);
	(void)crypto_generichash(
	    hash, sizeof hash, (const uint8_t *)key,
	    (unsigned long long)length < sizeof key ? (unsigned long long)length : sizeof key, NULL,
	    0);
	ending[0] = '-';
	(void)sodium_bin2hex(ending + 1, ENDING_BYTES - 1, hash, HASH_SHOWN);
}

void gate_name(const char *cluster, const char *run_dir, char name[GATE_NAME_BYTES])
{
	char ending[ENDING_BYTES];
	ending_of(run_dir, ending);
	int length = snprintf(name, GATE_NAME_BYTES, "%.*s%s", NAME_BYTES, cluster, ending);
	/* The file system takes no dots; the cluster's name has no others that it refuses. */
	for (int i = 0; i < length && i < GATE_NAME_BYTES - 1; i++)
		if (strchr("-_", name[i]) == NULL && !isalnum((unsigned char)name[i]))
			name[i] = '_';
}

enum code gate_remove(const char *name, struct error *error)
{
	char directory[PIN_PATH_BYTES];
	enum code code = pin_directory(name, directory, error);
	if (code == CODE_OK)
		code = hook_detach(directory, NULL, 0, error);
	/* What still stands is found by its file when this is tried again. */
	return code == CODE_OK ? pin_remove(directory, error) : code;
}

struct sweep {
	const char *keep;
	unsigned *removed;
	enum code code; /* of the last failure */
};

static enum code remove_one(void *context, const char *name, struct error *error)
{
	struct sweep *sweep = context;
	if (sweep->keep != NULL && strcmp(name, sweep->keep) == 0)
		return CODE_OK;
	enum code code = gate_remove(name, error);
	if (code == CODE_OK)
		(*sweep->removed)++;
	else
		sweep->code = code;
	return CODE_OK;
}

enum code gate_remove_others(const char *run_dir, const char *keep, unsigned *removed,
                             struct error *error)
{
	char ending[ENDING_BYTES];
	struct sweep sweep = {.keep = keep, .removed = removed, .code = CODE_OK};
	ending_of(run_dir, ending);
	*removed = 0;
	enum code code = pin_each_gate(ending, remove_one, &sweep, error);
	return code == CODE_OK ? sweep.code : code;
}
