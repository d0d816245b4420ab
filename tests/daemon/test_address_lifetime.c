/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that the kernel ends by itself, with a real kernel in a network of its own.
 */
#include "daemon/resource/address_lifetime.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/value.h"
#include "daemon/platform/platform.h"
#include "tests/daemon/net_fixture.h"

enum { ROLE = 3, LATE_MS = 500 /* of this host, beyond what is promised */ };

static const struct timing lan = {{200 * 1000000LL}, {2000 * 1000000LL}, {500 * 1000000LL}};

struct lab {
	struct network *network;
	struct address_lifetime *lifetime;
	struct instant lease_end;
	bool has_gate;
	struct network_address address;
	unsigned here, gone; /* news of it */
	struct instant gone_at;
};

static struct network_address on_left(const char *text)
{
	struct network_address address = {.prefix = 0, .interface = "left0"};
	ck_assert_int_eq(value_network(text, &address.address, &address.prefix, NULL), CODE_OK);
	return address;
}

static struct lab enter(const char *address)
{
	struct lab lab;
	memset(&lab, 0, sizeof lab);
	net_fixture_enter();
	ck_assert_int_eq(network_open(&lab.network, NULL), CODE_OK);
	ck_assert_int_eq(address_lifetime_open(&lab.lifetime, true, NULL), CODE_OK);
	lab.address = on_left(address);
	return lab;
}

static void leave(struct lab *lab)
{
	address_lifetime_close(lab->lifetime);
	network_close(lab->network);
}

/* A majority confirms the lease now, so long after it was asked to. */
static void confirm(struct lab *lab, unsigned ago_ms)
{
	lab->lease_end = instant_plus(platform_now(), lan.lease);
	lab->lease_end = instant_minus(lab->lease_end, span_ms(ago_ms));
	const struct lifetime_lease lease = {
	    .end = lab->lease_end,
	    .gone_by = instant_plus(lab->lease_end, lan.release),
	    .is_silent_after = lab->has_gate,
	};
	address_lifetime_follow(lab->lifetime, ROLE, lease);
}

static void must_add(struct lab *lab)
{
	struct error error;
	enum code code =
	    address_lifetime_add(lab->lifetime, lab->network, ROLE, &lab->address, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
}

static void hear(void *context, const struct network_change *change)
{
	struct lab *lab = context;
	if (memcmp(&change->address, &lab->address.address, sizeof change->address) != 0)
		return;
	lab->here += change->news == NEWS_ADDRESS_HERE;
	lab->gone += change->news == NEWS_ADDRESS_GONE;
	if (change->news == NEWS_ADDRESS_GONE)
		lab->gone_at = platform_now();
}

/* Takes note of the news until then, or until the address is gone. */
static void hear_until(struct lab *lab, struct instant until)
{
	struct pollfd news = {.fd = network_news_fd(lab->network), .events = POLLIN};
	for (;;) {
		int64_t left = instant_since(until, platform_now()).ns;
		if (left <= 0 || lab->gone > 0)
			return;
		if (poll(&news, 1, (int)(left / 1000000) + 1) > 0)
			network_news_read(lab->network, hear, lab);
	}
}

static bool is_present(struct lab *lab)
{
	bool present = false;
	ck_assert_int_eq(network_present(lab->network, &lab->address, &present, NULL), CODE_OK);
	return present;
}

/* It stays for all of its lease, and is gone when everything of the role must be down. */
static void must_go_in_time(struct lab *lab)
{
	struct instant gone_by = instant_plus(lab->lease_end, lan.release);
	hear_until(lab, instant_plus(gone_by, span_ms(LATE_MS)));
	ck_assert_uint_eq(lab->gone, 1);
	ck_assert(!is_present(lab));
	ck_assert_msg(!instant_before(lab->gone_at, instant_minus(lab->lease_end, span_ms(50))),
	              "gone %lld ms before the lease",
	              (long long)instant_since(lab->lease_end, lab->gone_at).ns / 1000000);
}

START_TEST(whole_seconds_end_before_the_time_left_does)
{
	static const struct {
		int64_t left_ms;
		uint32_t seconds;
	} rows[] = {{-1000, 0}, {0, 0},    {1399, 0}, {1400, 1},   {2399, 1},  {2400, 2},
	            {2500, 2},  {3524, 2}, {3525, 3}, {12000, 10}, {62000, 54}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert_uint_eq(address_lifetime_before(span_ms(rows[i].left_ms)),
		                  rows[i].seconds);
}
END_TEST

START_TEST(behind_a_gate_whole_seconds_reach_the_lease_end)
{
	static const struct {
		int64_t left_ms;
		uint32_t seconds;
	} rows[] = {{-1000, 0}, {50, 0},   {51, 1},   {1050, 1},
	            {1051, 2},  {2000, 2}, {2051, 3}, {10000, 10}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert_uint_eq(address_lifetime_reaching(span_ms(rows[i].left_ms)),
		                  rows[i].seconds);
}
END_TEST

START_TEST(it_takes_two_seconds_of_lease_and_release)
{
	struct timing timing = lan;
	ck_assert(address_lifetime_is_possible(timing));
	timing.lease = span_ms(1500);
	ck_assert(address_lifetime_is_possible(timing));
	timing.release = span_ms(499);
	ck_assert(!address_lifetime_is_possible(timing));
}
END_TEST

static const char *const texts[] = {"10.9.0.100/24", "10.9.0.100/32", "fd00:9::100/64",
                                    "fd00:9::100/128"};
enum { TEXTS = sizeof texts / sizeof texts[0], EACH_FAMILY = TEXTS / 2 };

/* Fault 2: guard and daemon are killed. */
START_TEST(an_address_goes_by_itself_when_nobody_is_left)
{
	struct lab lab = enter(texts[_i]);
	confirm(&lab, 0);
	must_add(&lab);
	ck_assert(is_present(&lab));
	address_lifetime_close(lab.lifetime);
	lab.lifetime = NULL;
	must_go_in_time(&lab);
	leave(&lab);
}
END_TEST

/* The confirmation took so long that only one whole second is left of two and a half. */
START_TEST(an_address_stays_for_all_of_a_lease_that_is_not_confirmed_again)
{
	static const unsigned agos[] = {0, 110, 300, 600};
	struct lab lab = enter(texts[_i % 2 * 2]);
	confirm(&lab, agos[_i]);
	must_add(&lab);
	must_go_in_time(&lab);
	leave(&lab);
}
END_TEST

/* Nothing of the daemon runs, and for all of the lease it may come back and go on. */
START_TEST(behind_a_gate_an_address_outlasts_its_lease_without_anybody)
{
	static const unsigned agos[] = {0, 110, 190, 600};
	struct lab lab = enter(texts[_i % 2 * 2]);
	lab.has_gate = true;
	confirm(&lab, agos[_i]);
	must_add(&lab);
	address_lifetime_close(lab.lifetime);
	lab.lifetime = NULL;
	hear_until(&lab, instant_plus(lab.lease_end, span_ms(1000 + LATE_MS)));
	ck_assert_uint_eq(lab.gone, 1);
	ck_assert(!instant_before(lab.gone_at, instant_minus(lab.lease_end, span_ms(75))));
	leave(&lab);
}
END_TEST

START_TEST(an_address_stays_while_its_lease_is_confirmed)
{
	struct lab lab = enter(texts[_i * 2]);
	confirm(&lab, 0);
	must_add(&lab);
	for (int i = 0; i < 12; i++) {
		hear_until(&lab, instant_plus(platform_now(), span_ms(200)));
		confirm(&lab, (unsigned)i * 20 % 300);
	}
	ck_assert_uint_eq(lab.gone, 0);
	/* Every second confirmation, and once more for its coming. */
	ck_assert_uint_le(lab.here, 9);
	ck_assert_uint_ge(lab.here, 3);
	ck_assert(!address_lifetime_ran_out(lab.lifetime, &lab.address));
	leave(&lab);
}
END_TEST

START_TEST(an_address_that_was_removed_does_not_come_back)
{
	struct lab lab = enter(texts[0]);
	confirm(&lab, 0);
	must_add(&lab);
	for (int i = 0; i < 30; i++) {
		hear_until(&lab, instant_plus(platform_now(), span_ms(20)));
		confirm(&lab, 0);
	}
	ck_assert_int_eq(address_lifetime_remove(lab.lifetime, lab.network, &lab.address, NULL),
	                 CODE_OK);
	hear_until(&lab, instant_plus(platform_now(), span_ms(1000)));
	ck_assert_uint_eq(lab.gone, 1);
	lab.here = lab.gone = 0;
	for (int i = 0; i < 5; i++) {
		hear_until(&lab, instant_plus(platform_now(), span_ms(200)));
		confirm(&lab, 0);
	}
	ck_assert_uint_eq(lab.here, 0);
	ck_assert(!is_present(&lab));
	leave(&lab);
}
END_TEST

/* As the guard does. */
START_TEST(an_address_that_another_process_removed_does_not_come_back)
{
	struct lab lab = enter(texts[_i * 2]);
	confirm(&lab, 0);
	must_add(&lab);
	ck_assert_int_eq(network_remove(lab.network, &lab.address, NULL), CODE_OK);
	for (int i = 0; i < 5; i++) {
		struct instant until = instant_plus(platform_now(), span_ms(200));
		confirm(&lab, 0);
		lab.gone = 0;
		hear_until(&lab, until);
	}
	ck_assert(!is_present(&lab));
	leave(&lab);
}
END_TEST

START_TEST(what_an_earlier_life_added_is_extended)
{
	struct lab lab = enter(texts[_i * 2]);
	confirm(&lab, 0);
	must_add(&lab);
	address_lifetime_close(lab.lifetime);
	hear_until(&lab, instant_plus(platform_now(), span_ms(1200)));
	ck_assert_uint_eq(lab.gone, 0);
	ck_assert_int_eq(address_lifetime_open(&lab.lifetime, true, NULL), CODE_OK);
	confirm(&lab, 0);
	ck_assert_int_eq(
	    address_lifetime_adopt(lab.lifetime, lab.network, ROLE, &lab.address, NULL), CODE_OK);
	must_go_in_time(&lab);
	leave(&lab);
}
END_TEST

START_TEST(with_another_timing_what_an_earlier_life_added_gets_no_end)
{
	struct lab lab = enter(texts[_i * 2]);
	confirm(&lab, 0);
	must_add(&lab);
	address_lifetime_close(lab.lifetime);
	ck_assert_int_eq(address_lifetime_open(&lab.lifetime, false, NULL), CODE_OK);
	ck_assert_int_eq(
	    address_lifetime_adopt(lab.lifetime, lab.network, ROLE, &lab.address, NULL), CODE_OK);
	hear_until(&lab, instant_plus(lab.lease_end, span_ms(1500)));
	ck_assert_uint_eq(lab.gone, 0);
	ck_assert(is_present(&lab));
	leave(&lab);
}
END_TEST

START_TEST(the_route_of_the_hosts_own_address_stays_for_ever)
{
	struct lab lab = enter("fd00:9::100/64");
	net_fixture_ip("address add fd00:9::1/64 dev left0 nodad");
	if (_i == 1) /* from a life that gave addresses no end */
		ck_assert_int_eq(network_add(lab.network, &lab.address, NETWORK_FOR_EVER, NULL),
		                 CODE_OK);
	confirm(&lab, 0);
	if (_i == 0)
		must_add(&lab);
	else
		ck_assert_int_eq(
		    address_lifetime_adopt(lab.lifetime, lab.network, ROLE, &lab.address, NULL),
		    CODE_OK);
	for (int i = 0; i < 5; i++) {
		hear_until(&lab, instant_plus(platform_now(), span_ms(200)));
		confirm(&lab, 0);
	}
	ck_assert(net_fixture_ip_says("-6 route show dev left0", "fd00:9::/64"));
	ck_assert(!net_fixture_ip_says("-6 route show dev left0", "expires"));
	ck_assert_int_eq(address_lifetime_remove(lab.lifetime, lab.network, &lab.address, NULL),
	                 CODE_OK);
	ck_assert(net_fixture_ip_says("-6 route show dev left0", "fd00:9::/64"));
	ck_assert(!net_fixture_ip_says("-6 route show dev left0", "expires"));
	leave(&lab);
}
END_TEST

START_TEST(a_route_that_a_router_announced_keeps_its_own_end)
{
	struct lab lab = enter("fd00:9::100/64");
	net_fixture_ip("-6 route add fd00:9::/64 dev left0 proto kernel metric 256 expires 1000");
	confirm(&lab, 0);
	must_add(&lab);
	hear_until(&lab, instant_plus(platform_now(), span_ms(200)));
	confirm(&lab, 0);
	hear_until(&lab, instant_plus(platform_now(), span_ms(200)));
	ck_assert(net_fixture_ip_says("-6 route show dev left0", "expires 99"));
	ck_assert_int_eq(address_lifetime_remove(lab.lifetime, lab.network, &lab.address, NULL),
	                 CODE_OK);
	ck_assert(net_fixture_ip_says("-6 route show dev left0", "expires 99"));
	leave(&lab);
}
END_TEST

START_TEST(of_two_addresses_of_one_network_the_second_keeps_its_neighbours)
{
	struct lab lab = enter("fd00:9::100/64");
	const struct network_address second = on_left("fd00:9::101/64");
	confirm(&lab, 0);
	must_add(&lab);
	ck_assert_int_eq(address_lifetime_add(lab.lifetime, lab.network, ROLE, &second, NULL),
	                 CODE_OK);
	ck_assert_int_eq(address_lifetime_remove(lab.lifetime, lab.network, &lab.address, NULL),
	                 CODE_OK);
	ck_assert(net_fixture_ip_says("-6 route show dev left0", "fd00:9::/64"));
	leave(&lab);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lifetime");
	TCase *cases = tcase_create("all");
	tcase_set_timeout(cases, 30);
	tcase_add_test(cases, whole_seconds_end_before_the_time_left_does);
	tcase_add_test(cases, behind_a_gate_whole_seconds_reach_the_lease_end);
	tcase_add_loop_test(cases, behind_a_gate_an_address_outlasts_its_lease_without_anybody, 0,
	                    4);
	tcase_add_test(cases, it_takes_two_seconds_of_lease_and_release);
	tcase_add_loop_test(cases, an_address_goes_by_itself_when_nobody_is_left, 0, TEXTS);
	tcase_add_loop_test(cases, an_address_stays_for_all_of_a_lease_that_is_not_confirmed_again,
	                    0, 4);
	tcase_add_loop_test(cases, an_address_stays_while_its_lease_is_confirmed, 0, EACH_FAMILY);
	tcase_add_test(cases, an_address_that_was_removed_does_not_come_back);
	tcase_add_loop_test(cases, an_address_that_another_process_removed_does_not_come_back, 0,
	                    EACH_FAMILY);
	tcase_add_loop_test(cases, what_an_earlier_life_added_is_extended, 0, EACH_FAMILY);
	tcase_add_loop_test(cases, with_another_timing_what_an_earlier_life_added_gets_no_end, 0,
	                    EACH_FAMILY);
	tcase_add_loop_test(cases, the_route_of_the_hosts_own_address_stays_for_ever, 0, 2);
	tcase_add_test(cases, a_route_that_a_router_announced_keeps_its_own_end);
	tcase_add_test(cases, of_two_addresses_of_one_network_the_second_keeps_its_neighbours);
	suite_add_tcase(suite, cases);
	return suite;
}

int main(void)
{
	int skip = net_fixture_skip("test_lifetime");
	if (skip != 0)
		return skip;
	SRunner *runner = srunner_create(make_suite());
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
