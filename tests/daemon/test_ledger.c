/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger and the lease ends as their two readers see them: the worker, who writes them, and the
 * guard, at any moment of a write.
 */
#include "daemon/guard/shared_memory.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/daemon/shared_memory_fixture.h"

static struct ledger_entry child(const char *resource, uint64_t role, int64_t pid)
{
	struct ledger_entry entry = {.kind = LEDGER_CHILD, .role = role};
	snprintf(entry.resource, sizeof entry.resource, "%s", resource);
	entry.child.pid = pid;
	return entry;
}

static size_t count_up(const struct shared_memory *memory)
{
	struct ledger_entry entry;
	size_t count = 0;
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		count += ledger_read(memory, i, &entry);
	return count;
}

static size_t place_of(const struct shared_memory *memory, const char *resource)
{
	return (size_t)(ledger_find(memory, LEDGER_CHILD, resource) - memory->entries);
}

START_TEST(what_was_added_is_found_by_kind_and_name_until_it_is_dropped)
{
	struct bench bench = bench_open();
	struct ledger_entry db = child("db", 1, 10), ip = child("db", 1, 0);
	ip.kind = LEDGER_ADDRESS;
	ck_assert(ledger_add(bench.memory, &db) && ledger_add(bench.memory, &ip));
	ck_assert(!bench_reopen(&bench));
	ck_assert_int_eq(ledger_find(bench.memory, LEDGER_CHILD, "db")->child.pid, 10);
	ck_assert_ptr_null(ledger_find(bench.memory, LEDGER_CHILD, "d"));
	ledger_drop(bench.memory, LEDGER_CHILD, "nothing");
	ledger_drop(bench.memory, LEDGER_CHILD, "db");
	ck_assert_ptr_null(ledger_find(bench.memory, LEDGER_CHILD, "db"));
	ck_assert_ptr_nonnull(ledger_find(bench.memory, LEDGER_ADDRESS, "db"));
	ledger_drop(bench.memory, LEDGER_ADDRESS, "db");
	ck_assert(!ledger_is_used(bench.memory));
	bench_close(&bench);
}
END_TEST

START_TEST(adding_again_takes_the_place_of_what_was_there)
{
	struct bench bench = bench_open();
	struct ledger_entry first = child("db", 1, 10), second = child("db", 2, 20);
	ck_assert(ledger_add(bench.memory, &first) && ledger_add(bench.memory, &second));
	ck_assert_uint_eq(count_up(bench.memory), 1);
	ck_assert_int_eq(ledger_find(bench.memory, LEDGER_CHILD, "db")->child.pid, 20);
	bench_close(&bench);
}
END_TEST

START_TEST(a_full_ledger_refuses_what_is_new_and_takes_what_it_has)
{
	struct bench bench = bench_open();
	char name[16];
	for (int i = 0; i < LEDGER_ENTRIES; i++) {
		snprintf(name, sizeof name, "r%d", i);
		struct ledger_entry entry = child(name, 1, i);
		ck_assert(ledger_add(bench.memory, &entry));
	}
	struct ledger_entry more = child("more", 1, 1), again = child("r7", 1, 700);
	ck_assert(!ledger_add(bench.memory, &more));
	ck_assert(ledger_add(bench.memory, &again));
	ck_assert_int_eq(ledger_find(bench.memory, LEDGER_CHILD, "r7")->child.pid, 700);
	ck_assert_uint_eq(count_up(bench.memory), LEDGER_ENTRIES);
	ledger_drop(bench.memory, LEDGER_CHILD, "r7");
	ck_assert(ledger_add(bench.memory, &more));
	bench_close(&bench);
}
END_TEST

START_TEST(what_a_dead_worker_half_wrote_is_nothing_and_its_place_is_used_again)
{
	struct bench bench = bench_open();
	struct ledger_entry entry = child("db", 1, 10);
	ck_assert(ledger_add(bench.memory, &entry));
	atomic_store(&bench.memory->entries[place_of(bench.memory, "db")].state, LEDGER_WRITING);
	ck_assert_ptr_null(ledger_find(bench.memory, LEDGER_CHILD, "db"));
	ck_assert_uint_eq(count_up(bench.memory), 0);
	shared_memory_claim(bench.memory, (struct memory_owner){1, 2});
	for (size_t i = 0; i < LEDGER_ENTRIES; i++)
		ck_assert_uint_eq(atomic_load(&bench.memory->entries[i].state), LEDGER_FREE);
	bench_close(&bench);
}
END_TEST

START_TEST(what_the_guard_released_is_told_and_not_up)
{
	struct bench bench = bench_open();
	struct ledger_entry entry = child("db", 5, 10), read;
	ck_assert(ledger_add(bench.memory, &entry));
	size_t place = place_of(bench.memory, "db");
	ck_assert(ledger_read(bench.memory, place, &read));
	ck_assert(!ledger_was_released(bench.memory, 5));
	ck_assert(ledger_release(bench.memory, place, &read));
	ck_assert(ledger_was_released(bench.memory, 5));
	ck_assert(!ledger_was_released(bench.memory, 6));
	ck_assert(!ledger_is_used(bench.memory));
	ck_assert_ptr_nonnull(ledger_find(bench.memory, LEDGER_CHILD, "db"));
	ledger_drop(bench.memory, LEDGER_CHILD, "db");
	ck_assert(!ledger_was_released(bench.memory, 5));
	bench_close(&bench);
}
END_TEST

/* The worker drops what the guard is bringing down, and has the place hold something else. */
START_TEST(what_came_into_the_place_meanwhile_is_not_released)
{
	struct bench bench = bench_open();
	struct ledger_entry old = child("db", 5, 10), young = child("app", 6, 11), read;
	ck_assert(ledger_add(bench.memory, &old));
	size_t place = place_of(bench.memory, "db");
	ck_assert(ledger_read(bench.memory, place, &read));
	ledger_drop(bench.memory, LEDGER_CHILD, "db");
	ck_assert(!ledger_release(bench.memory, place, &read));
	ck_assert(ledger_add(bench.memory, &young));
	ck_assert_uint_eq(place_of(bench.memory, "app"), place);
	ck_assert(!ledger_release(bench.memory, place, &read));
	ck_assert(ledger_read(bench.memory, place, &read));
	ck_assert_int_eq(read.child.pid, 11);
	bench_close(&bench);
}
END_TEST

/* The steps of ledger_add, without the search for a place between two of them. */
_Noreturn static void rewrite_without_end(struct ledger_entry *place)
{
	for (uint64_t i = 1;; i++) {
		struct ledger_entry entry = child("db", i, (int64_t)i);
		entry.child.started = i;
		snprintf(entry.child.group, sizeof entry.child.group, "%0200llu",
		         (unsigned long long)i);
		atomic_store(&place->state, LEDGER_WRITING);
		atomic_fetch_add(&place->uses, 1);
		atomic_thread_fence(memory_order_seq_cst);
		place->role = entry.role;
		place->child = entry.child;
		atomic_store(&place->state, LEDGER_UP);
	}
}

START_TEST(the_guard_never_reads_an_entry_half_rewritten)
{
	enum { READ = 20000, TRIES = 50000000 };
	struct bench bench = bench_open();
	struct ledger_entry entry;
	unsigned seen = 0;
	pid_t writer = fork();
	if (writer == 0)
		rewrite_without_end(&bench.memory->entries[0]);
	for (unsigned i = 0; i < TRIES && seen < READ; i++) {
		if (!ledger_read(bench.memory, 0, &entry))
			continue;
		seen++;
		ck_assert_uint_eq(entry.role, (uint64_t)entry.child.pid);
		ck_assert_uint_eq(entry.role, entry.child.started);
		ck_assert_uint_eq(entry.role, strtoull(entry.child.group, NULL, 10));
	}
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	ck_assert_uint_gt(seen, 0);
	bench_close(&bench);
}
END_TEST

/* --- leases */

static struct instant at(int64_t ms)
{
	return (struct instant){ms * 1000000};
}

static bool ends_at(const struct shared_memory *memory, uint64_t role, int64_t end, int64_t strike)
{
	return shared_memory_end(memory, role, LEDGER_ADDRESS).ns == at(end).ns &&
	       shared_memory_end(memory, role, LEDGER_CHILD).ns == at(strike).ns;
}

START_TEST(a_lease_has_an_end_for_addresses_and_one_for_processes)
{
	struct bench bench = bench_open();
	shared_memory_set_lease(bench.memory, 1, at(100), span_ms(80));
	shared_memory_set_lease(bench.memory, 2, at(200), span_ms(80));
	shared_memory_set_lease(bench.memory, 1, at(300), span_ms(80));
	ck_assert(!bench_reopen(&bench));
	ck_assert(ends_at(bench.memory, 1, 300, 360));
	ck_assert(ends_at(bench.memory, 2, 200, 260));
	bench_close(&bench);
}
END_TEST

START_TEST(a_role_nobody_stored_a_lease_for_has_none)
{
	struct bench bench = bench_open();
	ck_assert(shared_memory_end(bench.memory, 1, LEDGER_ADDRESS).ns == INSTANT_PAST.ns);
	ck_assert(shared_memory_end(bench.memory, 1, LEDGER_CHILD).ns == INSTANT_PAST.ns);
	ck_assert_uint_eq(shared_memory_enforced(bench.memory, 1), 0);
	bench_close(&bench);
}
END_TEST

/* After a configuration with other roles: the oldest leases make room, valid ones stay. */
START_TEST(of_more_roles_than_places_those_with_the_latest_lease_stay)
{
	struct bench bench = bench_open();
	for (int i = 1; i <= ROLES_MAX; i++)
		shared_memory_set_lease(bench.memory, (uint64_t)i, at(i), span_ms(0));
	for (int i = 1; i <= ROLES_MAX; i++)
		shared_memory_set_lease(bench.memory, (uint64_t)(1000 + i), at(1000 + i),
		                        span_ms(400));
	for (int i = 1; i <= ROLES_MAX; i++) {
		ck_assert(ends_at(bench.memory, (uint64_t)(1000 + i), 1000 + i, 1300 + i));
		ck_assert(shared_memory_end(bench.memory, (uint64_t)i, LEDGER_ADDRESS).ns ==
		          INSTANT_PAST.ns);
	}
	bench_close(&bench);
}
END_TEST

START_TEST(the_next_end_is_the_first_after_now_of_any_role)
{
	struct bench bench = bench_open();
	ck_assert(shared_memory_next_end(bench.memory, at(0)).ns == INSTANT_NEVER.ns);
	shared_memory_set_lease(bench.memory, 1, at(100), span_ms(80));
	shared_memory_set_lease(bench.memory, 2, at(120), span_ms(20));
	shared_memory_set_lease(bench.memory, 3, INSTANT_PAST, span_ms(0));
	ck_assert(shared_memory_next_end(bench.memory, at(0)).ns == at(100).ns);
	ck_assert(shared_memory_next_end(bench.memory, at(100)).ns == at(120).ns);
	ck_assert(shared_memory_next_end(bench.memory, at(120)).ns == at(135).ns);
	ck_assert(shared_memory_next_end(bench.memory, at(135)).ns == at(160).ns);
	ck_assert(shared_memory_next_end(bench.memory, at(160)).ns == INSTANT_NEVER.ns);
	bench_close(&bench);
}
END_TEST

START_TEST(a_lease_that_ends_before_the_guard_looks_again_wakes_it)
{
	struct bench bench = bench_open();
	ck_assert(shared_memory_guard_sleeps(bench.memory, at(0), at(500)).ns == at(500).ns);
	ck_assert(shared_memory_set_lease(bench.memory, 1, at(400), span_ms(80)));
	ck_assert(!shared_memory_set_lease(bench.memory, 1, at(600), span_ms(80)));
	ck_assert(!shared_memory_set_lease(bench.memory, 2, INSTANT_PAST, span_ms(0)));
	/* Stored between its look and its sleep. */
	ck_assert(shared_memory_guard_sleeps(bench.memory, at(0), at(1000)).ns == at(600).ns);
	bench_close(&bench);
}
END_TEST

static TCase *ledger_case(void)
{
	TCase *ledger = tcase_create("ledger");
	tcase_add_test(ledger, what_was_added_is_found_by_kind_and_name_until_it_is_dropped);
	tcase_add_test(ledger, adding_again_takes_the_place_of_what_was_there);
	tcase_add_test(ledger, a_full_ledger_refuses_what_is_new_and_takes_what_it_has);
	tcase_add_test(ledger,
	               what_a_dead_worker_half_wrote_is_nothing_and_its_place_is_used_again);
	tcase_add_test(ledger, what_the_guard_released_is_told_and_not_up);
	tcase_add_test(ledger, what_came_into_the_place_meanwhile_is_not_released);
	tcase_add_test(ledger, the_guard_never_reads_an_entry_half_rewritten);
	return ledger;
}

static TCase *lease_case(void)
{
	TCase *leases = tcase_create("leases");
	tcase_add_test(leases, a_lease_has_an_end_for_addresses_and_one_for_processes);
	tcase_add_test(leases, a_role_nobody_stored_a_lease_for_has_none);
	tcase_add_test(leases, of_more_roles_than_places_those_with_the_latest_lease_stay);
	tcase_add_test(leases, the_next_end_is_the_first_after_now_of_any_role);
	tcase_add_test(leases, a_lease_that_ends_before_the_guard_looks_again_wakes_it);
	return leases;
}

int main(void)
{
	Suite *suite = suite_create("ledger");
	suite_add_tcase(suite, ledger_case());
	suite_add_tcase(suite, lease_case());
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
