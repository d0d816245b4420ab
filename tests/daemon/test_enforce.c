/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses the guard removes, and when: real ones, in a network of the test's own.
 */
#include "daemon/guard/enforce.h"

#include <check.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/daemon/enforce_fixture.h"
#include "tests/daemon/net_fixture.h"

START_TEST(an_address_goes_at_the_end_of_its_lease_and_not_before)
{
	struct lab lab = lab_open();
	struct ledger_entry ip = lab_address("ip", "10.9.0.1");
	lab_put_up(&lab, &ip);
	ck_assert_int_eq(lab_enforce(&lab, 0), LEASE_MS);
	ck_assert_int_eq(lab_enforce(&lab, LEASE_MS - 1), LEASE_MS);
	ck_assert(lab_has(&lab, &ip));
	lab_enforce(&lab, LEASE_MS);
	ck_assert(!lab_has(&lab, &ip));
	ck_assert_int_eq(lab_state(&lab, 0), LEDGER_RELEASED);
	ck_assert_uint_eq(shared_memory_enforced(lab.bench.memory, ROLE), 1);
	ck_assert_uint_eq(shared_memory_enforced(lab.bench.memory, OTHER_ROLE), 0);
	lab_close(&lab);
}
END_TEST

/* Fault 35: the interface is renamed while it is up. */
START_TEST(an_address_goes_although_its_interface_has_another_name_by_now)
{
	struct lab lab = lab_open();
	struct ledger_entry ip = lab_address("ip", "10.9.0.1");
	lab_put_up(&lab, &ip);
	net_fixture_ip("link set left0 name other0");
	lab_enforce(&lab, LEASE_MS);
	ck_assert(!net_fixture_ip_says("address show", " 10.9.0.1/"));
	ck_assert_int_eq(lab_state(&lab, 0), LEDGER_RELEASED);
	lab_close(&lab);
}
END_TEST

START_TEST(a_renewed_lease_keeps_the_address_until_its_new_end)
{
	struct lab lab = lab_open();
	struct ledger_entry ip = lab_address("ip", "10.9.0.1");
	lab_put_up(&lab, &ip);
	shared_memory_set_lease(lab.bench.memory, ROLE, at(300), span_ms(80));
	ck_assert_int_eq(lab_enforce(&lab, 299), 300);
	ck_assert(lab_has(&lab, &ip));
	ck_assert_int_eq(lab_enforce(&lab, 300), 360);
	ck_assert(!lab_has(&lab, &ip));
	lab_close(&lab);
}
END_TEST

START_TEST(other_addresses_and_other_roles_stay)
{
	struct lab lab = lab_open();
	struct ledger_entry ip = lab_address("ip", "10.9.0.1");
	struct ledger_entry other = lab_address("other", "10.9.0.2");
	struct ledger_entry stranger = lab_address("stranger", "10.9.0.3");
	other.role = OTHER_ROLE;
	lab_put_up(&lab, &ip);
	lab_put_up(&lab, &other);
	ck_assert_int_eq(network_add(lab.network, &stranger.address, NETWORK_FOR_EVER, NULL),
	                 CODE_OK);
	lab_enforce(&lab, LEASE_MS);
	ck_assert(!lab_has(&lab, &ip));
	ck_assert(lab_has(&lab, &other) && lab_has(&lab, &stranger));
	ck_assert_int_eq(lab_state(&lab, 1), LEDGER_UP);
	lab_close(&lab);
}
END_TEST

START_TEST(what_has_no_lease_at_all_goes_at_once)
{
	struct lab lab = lab_open();
	struct ledger_entry ip = lab_address("ip", "10.9.0.1");
	ip.role = 99;
	lab_put_up(&lab, &ip);
	lab_enforce(&lab, 0);
	ck_assert(!lab_has(&lab, &ip));
	ck_assert_int_eq(lab_state(&lab, 0), LEDGER_RELEASED);
	lab_close(&lab);
}
END_TEST

START_TEST(what_the_worker_dropped_is_left_alone)
{
	struct lab lab = lab_open();
	struct ledger_entry ip = lab_address("ip", "10.9.0.1");
	lab_put_up(&lab, &ip);
	ledger_drop(lab.bench.memory, LEDGER_ADDRESS, "ip");
	lab_enforce(&lab, LEASE_MS);
	ck_assert(lab_has(&lab, &ip)); /* by now somebody else's */
	ck_assert_int_eq(lab_state(&lab, 0), LEDGER_FREE);
	ck_assert_uint_eq(shared_memory_enforced(lab.bench.memory, ROLE), 0);
	lab_close(&lab);
}
END_TEST

START_TEST(everything_means_every_role_whatever_its_lease)
{
	struct lab lab = lab_open();
	struct ledger_entry ip = lab_address("ip", "10.9.0.1");
	struct ledger_entry other = lab_address("other", "10.9.0.2");
	other.role = OTHER_ROLE;
	lab_put_up(&lab, &ip);
	lab_put_up(&lab, &other);
	struct instant next = guard_enforce(lab.bench.memory, lab.network, at(0), true);
	ck_assert(!instant_before(next, INSTANT_NEVER));
	ck_assert(!lab_has(&lab, &ip) && !lab_has(&lab, &other));
	lab_close(&lab);
}
END_TEST

/* Only its `stop` ends it: no kill makes the guard believe that it is down, and as long as it may
 * be up the last resort is a reboot, where that is wanted. */
START_TEST(a_script_is_not_released_by_the_guard_and_is_a_reason_for_a_reboot)
{
	struct lab lab = lab_open();
	struct ledger_entry script = {.kind = LEDGER_SCRIPT, .role = ROLE, .resource = "unit"};
	struct last_resort resort = {.path = "/nowhere"};
	ck_assert(!instant_before(last_resort_follow(&resort, lab.bench.memory, at(LEASE_MS)),
	                          INSTANT_NEVER));
	ck_assert(ledger_add(lab.bench.memory, &script));
	lab_enforce(&lab, LEASE_MS);
	lab_enforce(&lab, STRIKE_MS);
	(void)guard_enforce(lab.bench.memory, lab.network, at(STRIKE_MS), true);
	ck_assert_int_eq(lab_state(&lab, 0), LEDGER_UP);
	ck_assert_int_eq(last_resort_follow(&resort, lab.bench.memory, at(LEASE_MS)).ns,
	                 at(LEASE_MS + RELEASE_MS).ns);
	ledger_drop(lab.bench.memory, LEDGER_SCRIPT, "unit");
	ck_assert(!instant_before(last_resort_follow(&resort, lab.bench.memory, at(LEASE_MS)),
	                          INSTANT_NEVER));
	lab_close(&lab);
}
END_TEST

START_TEST(an_address_that_is_gone_already_counts_as_released)
{
	struct lab lab = lab_open();
	struct ledger_entry ip = lab_address("ip", "10.9.0.1");
	lab_put_up(&lab, &ip);
	net_fixture_ip("link del left0");
	lab_enforce(&lab, LEASE_MS);
	ck_assert_int_eq(lab_state(&lab, 0), LEDGER_RELEASED);
	lab_close(&lab);
}
END_TEST

static void give_up_rights(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
	memset(none, 0, sizeof none);
	if (syscall(SYS_capset, &header, none) != 0)
		_exit(1);
}

START_TEST(an_address_that_cannot_be_removed_is_tried_again)
{
	struct lab lab = lab_open();
	struct ledger_entry ip = lab_address("ip", "10.9.0.1");
	int status;
	lab_put_up(&lab, &ip);
	/* The memory is shared with a guard that may not change addresses. */
	pid_t helpless = fork();
	if (helpless == 0) {
		give_up_rights();
		struct instant before = platform_now();
		struct instant next =
		    guard_enforce(lab.bench.memory, lab.network, at(LEASE_MS), true);
		_exit(instant_before(before, next) &&
		              instant_since(next, platform_now()).ns <= span_ms(10).ns
		          ? 0
		          : 2);
	}
	ck_assert_int_eq(waitpid(helpless, &status, 0), helpless);
	ck_assert_int_eq(status, 0);
	ck_assert(lab_has(&lab, &ip));
	ck_assert_int_eq(lab_state(&lab, 0), LEDGER_UP);
	ck_assert_uint_eq(shared_memory_enforced(lab.bench.memory, ROLE), 0);
	lab_enforce(&lab, LEASE_MS);
	ck_assert(!lab_has(&lab, &ip));
	lab_close(&lab);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_enforce");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("enforce");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all, an_address_goes_at_the_end_of_its_lease_and_not_before);
	tcase_add_test(all, an_address_goes_although_its_interface_has_another_name_by_now);
	tcase_add_test(all, a_renewed_lease_keeps_the_address_until_its_new_end);
	tcase_add_test(all, other_addresses_and_other_roles_stay);
	tcase_add_test(all, what_has_no_lease_at_all_goes_at_once);
	tcase_add_test(all, what_the_worker_dropped_is_left_alone);
	tcase_add_test(all, everything_means_every_role_whatever_its_lease);
	tcase_add_test(all, a_script_is_not_released_by_the_guard_and_is_a_reason_for_a_reboot);
	tcase_add_test(all, an_address_that_is_gone_already_counts_as_released);
	tcase_add_test(all, an_address_that_cannot_be_removed_is_tried_again);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
