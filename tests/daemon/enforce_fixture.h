/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guard's memory and a network of the test's own. Times are handed to the guard, so nothing waits
 * for a lease to end.
 */
#pragma once

#include "daemon/guard/enforce.h"
#include "tests/daemon/shared_memory_fixture.h"

enum { ROLE = 7, OTHER_ROLE = 8, LEASE_MS = 100, RELEASE_MS = 80, STRIKE_MS = 160 };

struct lab {
	struct bench bench;
	struct network *network;
};

struct instant at(int64_t ms);

/* The lease of ROLE ends at LEASE_MS, its processes at STRIKE_MS; the other's never. */
struct lab lab_open(void);
void lab_close(struct lab *lab);
/* One round; when the next is due, in ms; -1: never. */
int64_t lab_enforce(const struct lab *lab, int64_t ms);
enum ledger_state lab_state(const struct lab *lab, size_t place);

struct ledger_entry lab_address(const char *resource, const char *text);
/* In the ledger and on the interface. */
void lab_put_up(const struct lab *lab, const struct ledger_entry *entry);
bool lab_has(const struct lab *lab, const struct ledger_entry *entry);
