/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guard's memory and a network of the test's own.
 */
#include "tests/daemon/enforce_fixture.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>

#include "tests/daemon/net_fixture.h"

struct lab lab_open(void)
{
	struct lab lab = {.network = NULL};
	struct error error;
	net_fixture_enter();
	lab.bench = bench_open();
	ck_assert_msg(network_open(&lab.network, &error) == CODE_OK, "%s", error.text);
	shared_memory_set_lease(lab.bench.memory, ROLE, at(LEASE_MS), span_ms(RELEASE_MS));
	shared_memory_set_lease(lab.bench.memory, OTHER_ROLE, INSTANT_NEVER, span_ms(0));
	return lab;
}

void lab_close(struct lab *lab)
{
	network_close(lab->network);
	bench_close(&lab->bench);
}

struct instant at(int64_t ms)
{
	return (struct instant){ms * 1000000};
}

int64_t lab_enforce(const struct lab *lab, int64_t ms)
{
	struct instant next = guard_enforce(lab->bench.memory, lab->network, at(ms), false);
	return instant_before(next, INSTANT_NEVER) ? next.ns / 1000000 : -1;
}

enum ledger_state lab_state(const struct lab *lab, size_t place)
{
	return (enum ledger_state)atomic_load(&lab->bench.memory->entries[place].state);
}

struct ledger_entry lab_address(const char *resource, const char *text)
{
	struct ledger_entry entry = {.kind = LEDGER_ADDRESS, .role = ROLE};
	snprintf(entry.resource, sizeof entry.resource, "%s", resource);
	entry.address.prefix = 24;
	entry.address.address.family = AF_INET;
	ck_assert_int_eq(inet_pton(AF_INET, text, entry.address.address.bytes), 1);
	snprintf(entry.address.interface, sizeof entry.address.interface, "left0");
	return entry;
}

void lab_put_up(const struct lab *lab, const struct ledger_entry *entry)
{
	struct error error;
	ck_assert(ledger_add(lab->bench.memory, entry));
	ck_assert_msg(network_add(lab->network, &entry->address, NETWORK_FOR_EVER, &error) ==
	                  CODE_OK,
	              "%s", error.text);
}

bool lab_has(const struct lab *lab, const struct ledger_entry *entry)
{
	bool present = false;
	ck_assert_int_eq(network_present(lab->network, &entry->address, &present, NULL), CODE_OK);
	return present;
}
