/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet gate of a build without clang or libbpf: there is none, and it says so.
 */
#include "daemon/platform/gate.h"

#include <stddef.h>

static enum code absent(struct error *error)
{
	return error_set(error, CODE_UNSUPPORTED,
	                 "this program was built without the packet gate: building it needs clang "
	                 "and libbpf (option gate)");
}

enum code gate_probe(struct error *error)
{
	return absent(error);
}

void gate_name(const char *cluster, const char *run_dir, char name[GATE_NAME_BYTES])
{
	(void)cluster;
	(void)run_dir;
	name[0] = '\0';
}

enum code gate_open(struct gate **gate, const char *name, struct error *error)
{
	(void)gate;
	(void)name;
	return absent(error);
}

enum code gate_guard(struct gate *gate, const struct network_address *address, unsigned slot,
                     struct error *error)
{
	(void)gate;
	(void)address;
	(void)slot;
	return absent(error);
}

enum code gate_cover(struct gate *gate, unsigned index, struct error *error)
{
	(void)gate;
	(void)index;
	return absent(error);
}

enum code gate_unguard(struct gate *gate, const struct address *address, struct error *error)
{
	(void)gate;
	(void)address;
	return absent(error);
}

enum code gate_forget_rest(struct gate *gate, struct error *error)
{
	(void)gate;
	return absent(error);
}

void gate_lease_end(struct gate *gate, unsigned slot, struct instant end)
{
	(void)gate;
	(void)slot;
	(void)end;
}

void gate_disclaim(struct gate *gate, unsigned slot)
{
	(void)gate;
	(void)slot;
}

void gate_pass(struct gate *gate, unsigned slot)
{
	(void)gate;
	(void)slot;
}

uint64_t gate_dropped(const struct gate *gate, unsigned slot)
{
	(void)gate;
	(void)slot;
	return 0;
}

uint64_t gate_dropped_for(const struct gate *gate, const struct address *address)
{
	(void)gate;
	(void)address;
	return 0;
}

void gate_close(struct gate *gate)
{
	(void)gate;
}

bool gate_slot_of(const struct gate *gate, const struct address *address, unsigned *slot)
{
	(void)gate;
	(void)address;
	(void)slot;
	return false;
}

enum code gate_remove_others(const char *run_dir, const char *keep, unsigned *removed,
                             struct error *error)
{
	(void)run_dir;
	(void)keep;
	*removed = 0;
	return absent(error);
}

enum code gate_remove(const char *name, struct error *error)
{
	(void)name;
	return absent(error);
}
