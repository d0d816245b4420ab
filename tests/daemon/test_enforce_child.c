/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which processes the guard kills, and when: real ones.
 */
#include "daemon/guard/enforce.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/daemon/enforce_fixture.h"
#include "tests/daemon/net_fixture.h"
#include "tests/daemon/process_fixture.h"

enum { PATIENCE_MS = 5000, DYING_MS = 50 };

/* A session of three: the leader, one that stays with it, and one that leaves for a session of its
 * own, which only a control group still holds. */
struct family {
	struct child_id id;
	pid_t companion, deserter;
};

static pid_t beget(bool leaves)
{
	pid_t made = fork();
	if (made != 0)
		return made;
	if (leaves)
		(void)setsid();
	for (;;)
		(void)pause();
}

_Noreturn static void lead(int out, const char *group)
{
	pid_t others[2];
	(void)setsid();
	(void)process_fixture_group_join(group);
	others[0] = beget(false);
	others[1] = beget(group[0] != '\0');
	if (write(out, others, sizeof others) != sizeof others)
		_exit(1);
	for (;;)
		(void)pause();
}

static struct family make_family(void)
{
	struct family family;
	pid_t others[2];
	int ends[2];
	memset(&family, 0, sizeof family);
	ck_assert_int_eq(pipe(ends), 0);
	process_fixture_group_make(family.id.group, sizeof family.id.group);
	pid_t leader = fork();
	if (leader == 0)
		lead(ends[1], family.id.group);
	ck_assert_int_eq(read(ends[0], others, sizeof others), sizeof others);
	close(ends[0]);
	close(ends[1]);
	family.id.pid = leader;
	family.id.started = process_fixture_started(leader);
	family.companion = others[0];
	family.deserter = others[1];
	return family;
}

/* Also after the moment that what was killed takes to die. */
static bool all_live(const struct family *family)
{
	(void)poll(NULL, 0, DYING_MS);
	return process_fixture_lives(family->id.pid) && process_fixture_lives(family->companion) &&
	       process_fixture_lives(family->deserter);
}

static bool any_lives(const struct family *family)
{
	return process_fixture_lives(family->id.pid) || process_fixture_lives(family->companion) ||
	       process_fixture_lives(family->deserter);
}

static struct ledger_entry child_entry(const struct child_id *id)
{
	struct ledger_entry entry = {.kind = LEDGER_CHILD, .role = ROLE, .resource = "db"};
	entry.child = *id;
	return entry;
}

/* As the guard does: again and again, until it is down. */
static void enforce_until_released(const struct lab *lab, int64_t ms)
{
	for (int i = 0; i < PATIENCE_MS && lab_state(lab, 0) == LEDGER_UP; i++) {
		if (lab_enforce(lab, ms) < 0)
			break;
		(void)poll(NULL, 0, 1);
	}
	ck_assert_int_eq(lab_state(lab, 0), LEDGER_RELEASED);
}

static void bury(struct family *family)
{
	(void)kill(-(pid_t)family->id.pid, SIGKILL);
	(void)waitpid((pid_t)family->id.pid, NULL, 0);
	process_fixture_group_end(family->id.group);
}

START_TEST(processes_are_killed_with_all_they_started_at_their_time_and_not_before)
{
	struct lab lab = lab_open();
	struct family family = make_family();
	struct ledger_entry db = child_entry(&family.id);
	ck_assert(ledger_add(lab.bench.memory, &db));
	ck_assert_int_eq(lab_enforce(&lab, 0), LEASE_MS);
	ck_assert_int_eq(lab_enforce(&lab, LEASE_MS), STRIKE_MS);
	ck_assert_int_eq(lab_enforce(&lab, STRIKE_MS - 1), STRIKE_MS);
	ck_assert(all_live(&family));
	ck_assert_int_eq(lab_state(&lab, 0), LEDGER_UP);
	enforce_until_released(&lab, STRIKE_MS);
	ck_assert(!any_lives(&family));
	ck_assert_uint_eq(shared_memory_enforced(lab.bench.memory, ROLE), 1);
	bury(&family);
	lab_close(&lab);
}
END_TEST

START_TEST(without_a_control_group_the_session_is_killed)
{
	struct lab lab = lab_open();
	struct family family = make_family();
	struct ledger_entry db = child_entry(&family.id);
	db.child.group[0] = '\0';
	ck_assert(ledger_add(lab.bench.memory, &db));
	enforce_until_released(&lab, STRIKE_MS);
	ck_assert(!process_fixture_lives(family.id.pid) &&
	          !process_fixture_lives(family.companion));
	bury(&family);
	lab_close(&lab);
}
END_TEST

START_TEST(what_a_dead_leader_left_in_its_session_is_killed)
{
	struct lab lab = lab_open();
	struct family family = make_family();
	struct ledger_entry db = child_entry(&family.id);
	db.child.group[0] = '\0';
	ck_assert(ledger_add(lab.bench.memory, &db));
	(void)kill((pid_t)family.id.pid, SIGKILL);
	ck_assert_int_eq(waitpid((pid_t)family.id.pid, NULL, 0), (pid_t)family.id.pid);
	enforce_until_released(&lab, STRIKE_MS);
	ck_assert(!process_fixture_lives(family.companion));
	bury(&family);
	lab_close(&lab);
}
END_TEST

START_TEST(a_process_that_got_the_number_of_a_dead_one_is_not_touched)
{
	struct lab lab = lab_open();
	struct family stranger = make_family();
	struct ledger_entry db = child_entry(&stranger.id);
	db.child.started -= 1;
	db.child.group[0] = '\0';
	ck_assert(ledger_add(lab.bench.memory, &db));
	lab_enforce(&lab, STRIKE_MS);
	ck_assert_int_eq(lab_state(&lab, 0), LEDGER_RELEASED);
	ck_assert(all_live(&stranger));
	bury(&stranger);
	lab_close(&lab);
}
END_TEST

START_TEST(a_stopped_process_is_killed_all_the_same)
{
	struct lab lab = lab_open();
	struct family family = make_family();
	struct ledger_entry db = child_entry(&family.id);
	ck_assert(ledger_add(lab.bench.memory, &db));
	(void)kill(-(pid_t)family.id.pid, SIGSTOP);
	enforce_until_released(&lab, STRIKE_MS);
	ck_assert(!any_lives(&family));
	bury(&family);
	lab_close(&lab);
}
END_TEST

START_TEST(addresses_go_before_processes_wherever_they_stand)
{
	struct lab lab = lab_open();
	struct family family = make_family();
	struct ledger_entry db = child_entry(&family.id), ip = lab_address("ip", "10.9.0.1");
	ck_assert(ledger_add(lab.bench.memory, &db));
	lab_put_up(&lab, &ip);
	ck_assert_int_eq(lab_enforce(&lab, LEASE_MS), STRIKE_MS);
	ck_assert(!lab_has(&lab, &ip));
	ck_assert(all_live(&family));
	enforce_until_released(&lab, STRIKE_MS);
	ck_assert(!any_lives(&family));
	bury(&family);
	lab_close(&lab);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_enforce_child");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("enforce_child");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all,
	               processes_are_killed_with_all_they_started_at_their_time_and_not_before);
	tcase_add_test(all, without_a_control_group_the_session_is_killed);
	tcase_add_test(all, what_a_dead_leader_left_in_its_session_is_killed);
	tcase_add_test(all, a_process_that_got_the_number_of_a_dead_one_is_not_touched);
	tcase_add_test(all, a_stopped_process_is_killed_all_the_same);
	tcase_add_test(all, addresses_go_before_processes_wherever_they_stand);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
