/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that worker and guard share, at every instruction of whoever writes or reads it: a
 * worker may die there, and a guard may look there.
 */
#include "daemon/guard/shared_memory.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/daemon/shared_memory_fixture.h"
#include "tests/daemon/stepper.h"

/* `act` begins no earlier than so many instructions after its process goes on. */
enum { BEGINS = 20 };

enum { ROLE = 1, NEXT_ROLE = 77, EPOCH = 7, OLD_END_MS = 300, NEW_END_MS = 500, RELEASE_MS = 80 };

struct stage {
	struct bench bench;
	struct kept kept;
	/* What each of the two found; shared. */
	struct found {
		struct ledger_entry entry;
		struct instant end;
		bool is_true;
	} * found;
};

static struct stage stage;

static void open_stage(void)
{
	stage.bench = bench_open();
	stage.found = mmap(NULL, sizeof *stage.found, PROT_READ | PROT_WRITE,
	                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(stage.found, MAP_FAILED);
}

static void close_stage(void)
{
	(void)munmap(stage.found, sizeof *stage.found);
	bench_close(&stage.bench);
}

static struct instant at(int64_t ms)
{
	return (struct instant){ms * 1000000};
}

/* Everything in it tells its number, so that halves of two are known. */
static struct ledger_entry numbered(const char *resource, uint64_t number)
{
	struct ledger_entry entry = {.kind = LEDGER_CHILD, .role = number};
	(void)snprintf(entry.resource, sizeof entry.resource, "%s", resource);
	entry.child.pid = (int64_t)number;
	entry.child.started = number;
	(void)snprintf(entry.child.group, sizeof entry.child.group, "%0200d", (int)number);
	return entry;
}

static void expect_whole(const struct ledger_entry *entry)
{
	ck_assert_uint_eq(entry->role, (uint64_t)entry->child.pid);
	ck_assert_uint_eq(entry->role, entry->child.started);
	ck_assert_uint_eq(entry->role, strtoull(entry->child.group, NULL, 10));
}

static void add(const char *resource, uint64_t number)
{
	struct ledger_entry entry = numbered(resource, number);
	ck_assert(ledger_add(stage.bench.memory, &entry));
}

/* --- the worker writes, the guard looks */

static void add_again(void *context)
{
	(void)context;
	struct ledger_entry entry = numbered("db", 2);
	(void)ledger_add(stage.bench.memory, &entry);
}

static unsigned count_whole(void)
{
	struct ledger_entry entry;
	unsigned count = 0;
	for (size_t i = 0; i < LEDGER_ENTRIES; i++) {
		if (!ledger_read(stage.bench.memory, i, &entry))
			continue;
		expect_whole(&entry);
		count += strcmp(entry.resource, "db") == 0;
	}
	return count;
}

static void look_for_one(void *context)
{
	(void)context;
	ck_assert_uint_ge(count_whole(), 1);
}

/* All places are taken, so it is written where it stands: the first. */
static void look_for_halves(void *context)
{
	struct ledger_entry entry;
	(void)context;
	if (ledger_read(stage.bench.memory, 0, &entry))
		expect_whole(&entry);
}

START_TEST(a_resource_that_is_written_anew_is_known_at_every_moment)
{
	add("db", 1);
	ck_assert_uint_gt(stepper_run(add_again, look_for_one, NULL), 0);
	ck_assert_uint_eq(count_whole(), 1);
	ck_assert_int_eq(ledger_find(stage.bench.memory, LEDGER_CHILD, "db")->child.pid, 2);
}
END_TEST

START_TEST(in_a_full_ledger_it_is_never_known_by_halves)
{
	char name[16];
	add("db", 1);
	for (unsigned i = 1; i < LEDGER_ENTRIES; i++) {
		(void)snprintf(name, sizeof name, "r%u", i);
		add(name, i);
	}
	(void)stepper_run(add_again, look_for_halves, NULL);
	ck_assert_int_eq(ledger_find(stage.bench.memory, LEDGER_CHILD, "db")->child.pid, 2);
}
END_TEST

static void set_lease_of_next_role(void *context)
{
	(void)context;
	stage.found->is_true = shared_memory_set_lease(stage.bench.memory, NEXT_ROLE,
	                                               at(NEW_END_MS), span_ms(RELEASE_MS));
}

static void look_at_both_ends(void *context)
{
	(void)context;
	int64_t old = shared_memory_end(stage.bench.memory, ROLE, LEDGER_ADDRESS).ns;
	int64_t new = shared_memory_end(stage.bench.memory, NEXT_ROLE, LEDGER_ADDRESS).ns;
	ck_assert(old == INSTANT_PAST.ns || old == at(OLD_END_MS).ns);
	ck_assert(new == INSTANT_PAST.ns || new == at(NEW_END_MS).ns);
}

/* ROLE has the place that the next new role will take. */
static void fill_roles(void)
{
	shared_memory_set_lease(stage.bench.memory, ROLE, at(OLD_END_MS), span_ms(RELEASE_MS));
	for (uint64_t i = 1; i < ROLES_MAX; i++)
		shared_memory_set_lease(stage.bench.memory, 100 + i, at(9000), span_ms(RELEASE_MS));
}

START_TEST(a_lease_never_belongs_to_the_role_that_had_its_place_before)
{
	fill_roles();
	(void)stepper_run(set_lease_of_next_role, look_at_both_ends, NULL);
	ck_assert_int_eq(shared_memory_end(stage.bench.memory, NEXT_ROLE, LEDGER_ADDRESS).ns,
	                 at(NEW_END_MS).ns);
}
END_TEST

/* --- the worker keeps a step */

static void fill_kept(struct kept *kept, enum claim_state claim)
{
	memset(kept, 0, sizeof *kept);
	kept->incarnation = 3;
	kept->role_count = 1;
	kept->roles[0] = (struct kept_role){
	    .role = ROLE, .claim = claim, .claim_epoch = EPOCH, .lease_end = at(NEW_END_MS)};
}

static void follow_step(void *context)
{
	const struct memory_lease lease = {ROLE, at(NEW_END_MS), span_ms(RELEASE_MS)};
	(void)context;
	(void)shared_memory_follow(stage.bench.memory, &stage.kept, &lease, 1);
}

static void look_for_its_claim(void *context)
{
	struct kept kept;
	(void)context;
	if (shared_memory_end(stage.bench.memory, ROLE, LEDGER_ADDRESS).ns != at(NEW_END_MS).ns)
		return;
	ck_assert(shared_memory_kept(stage.bench.memory, &kept));
	ck_assert_int_eq(kept.roles[0].claim, CLAIM_HOLDING);
}

/* Else the next worker knows of no claim while the guard lets its resources be. */
START_TEST(of_a_lease_that_the_guard_knows_the_next_worker_knows_the_claim)
{
	fill_kept(&stage.kept, CLAIM_NONE);
	shared_memory_keep(stage.bench.memory, &stage.kept);
	fill_kept(&stage.kept, CLAIM_HOLDING);
	(void)stepper_run(follow_step, look_for_its_claim, NULL);
	ck_assert_int_eq(shared_memory_end(stage.bench.memory, ROLE, LEDGER_ADDRESS).ns,
	                 at(NEW_END_MS).ns);
}
END_TEST

/* --- the guard reads, the worker writes meanwhile */

static void read_first(void *context)
{
	(void)context;
	stage.found->is_true = ledger_read(stage.bench.memory, 0, &stage.found->entry);
}

static void put_another_in_its_place(void *context)
{
	(void)context;
	ledger_drop(stage.bench.memory, LEDGER_CHILD, "db");
	add("app", 6);
}

START_TEST(what_is_written_anew_while_the_guard_reads_it_is_not_believed)
{
	bool is_on = true;
	for (unsigned i = BEGINS; is_on; i++) {
		add("db", 1);
		is_on = stepper_interrupt(read_first, i, put_another_in_its_place, NULL);
		if (stage.found->is_true)
			expect_whole(&stage.found->entry);
		ledger_drop(stage.bench.memory, LEDGER_CHILD, "db");
		ledger_drop(stage.bench.memory, LEDGER_CHILD, "app");
	}
}
END_TEST

static void release_first(void *context)
{
	(void)context;
	stage.found->is_true = ledger_release(stage.bench.memory, 0, &stage.found->entry);
}

START_TEST(what_took_its_place_while_the_guard_releases_it_stays)
{
	bool is_on = true;
	for (unsigned i = BEGINS; is_on; i++) {
		struct ledger_entry entry;
		add("db", 1);
		ck_assert(ledger_read(stage.bench.memory, 0, &stage.found->entry));
		is_on = stepper_interrupt(release_first, i, put_another_in_its_place, NULL);
		if (is_on) {
			ck_assert(ledger_read(stage.bench.memory, 0, &entry));
			ck_assert_str_eq(entry.resource, "app");
		}
		ledger_drop(stage.bench.memory, LEDGER_CHILD, "db");
		ledger_drop(stage.bench.memory, LEDGER_CHILD, "app");
	}
}
END_TEST

static void read_end(void *context)
{
	(void)context;
	stage.found->end = shared_memory_end(stage.bench.memory, ROLE, LEDGER_ADDRESS);
}

START_TEST(an_end_that_is_read_while_its_place_is_taken_is_its_own)
{
	bool is_on = true;
	for (unsigned i = BEGINS; is_on; i++) {
		for (size_t r = 0; r < ROLES_MAX; r++)
			atomic_store(&stage.bench.memory->roles[r].id, 0);
		fill_roles();
		is_on = stepper_interrupt(read_end, i, set_lease_of_next_role, NULL);
		ck_assert(stage.found->end.ns == INSTANT_PAST.ns ||
		          stage.found->end.ns == at(OLD_END_MS).ns);
	}
}
END_TEST

static void guard_goes_to_sleep(void *context)
{
	(void)context;
	stage.found->end = shared_memory_guard_sleeps(stage.bench.memory, at(0), at(8000));
}

/* Either whoever stores it wakes the guard, or the guard has seen it. */
static void expect_wakeful_guard(void (*act)(void *context), void (*meanwhile)(void *context))
{
	bool is_on = true;
	for (unsigned i = BEGINS; is_on; i++) {
		atomic_store(&stage.bench.memory->guard_looks_at, 0);
		for (size_t r = 0; r < ROLES_MAX; r++)
			atomic_store(&stage.bench.memory->roles[r].id, 0);
		is_on = stepper_interrupt(act, i, meanwhile, NULL);
		if (is_on)
			ck_assert(stage.found->is_true || stage.found->end.ns <= at(NEW_END_MS).ns);
	}
}

START_TEST(the_guard_never_sleeps_beyond_a_lease_that_is_stored_meanwhile)
{
	expect_wakeful_guard(set_lease_of_next_role, guard_goes_to_sleep);
	expect_wakeful_guard(guard_goes_to_sleep, set_lease_of_next_role);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger_race");
	TCase *tests = tcase_create("every instruction");
	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, open_stage, close_stage);
	tcase_add_test(tests, a_resource_that_is_written_anew_is_known_at_every_moment);
	tcase_add_test(tests, in_a_full_ledger_it_is_never_known_by_halves);
	tcase_add_test(tests, a_lease_never_belongs_to_the_role_that_had_its_place_before);
	tcase_add_test(tests, of_a_lease_that_the_guard_knows_the_next_worker_knows_the_claim);
	tcase_add_test(tests, what_is_written_anew_while_the_guard_reads_it_is_not_believed);
	tcase_add_test(tests, what_took_its_place_while_the_guard_releases_it_stays);
	tcase_add_test(tests, an_end_that_is_read_while_its_place_is_taken_is_its_own);
	tcase_add_test(tests, the_guard_never_sleeps_beyond_a_lease_that_is_stored_meanwhile);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
