/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual address whose interface is renamed, swapped, made anew, given another link address or
 * to a bridge, or loses the host's own address. In a network of its own.
 */
#include "daemon/resource/runner.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/platform/network.h"
#include "daemon/resource/footing.h"
#include "tests/daemon/net_fixture.h"
#include "tests/daemon/stage.h"

static struct stage *open_lab(void)
{
	net_fixture_enter();
	net_fixture_ip("link add spare0 type veth peer name spare1");
	net_fixture_ip("link set spare0 up");
	net_fixture_ip("link set spare1 up");
	struct stage *stage = stage_new();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	return stage;
}

static bool is_fit(struct stage *stage)
{
	return stage->roles[0].is_fit;
}

static bool is_unfit(struct stage *stage)
{
	return !stage->roles[0].is_fit;
}

static void renamed(void)
{
	net_fixture_ip("link set left0 name other0");
}

static void rename_back(void)
{
	net_fixture_ip("link set other0 name left0");
}

static void swapped(void)
{
	net_fixture_ip("link set left0 name other0");
	net_fixture_ip("link set spare0 name left0");
}

static void swap_back(void)
{
	net_fixture_ip("link set left0 name spare0");
	rename_back();
}

static void made_anew(void)
{
	net_fixture_ip("link del left0");
	net_fixture_ip("link add left0 type veth peer name right0");
	net_fixture_ip("link set right0 up");
	net_fixture_ip("link set left0 up");
}

static void nothing(void)
{
}

static const struct {
	void (*happen)(void), (*undo)(void);
} events[] = {{renamed, rename_back}, {swapped, swap_back}, {made_anew, nothing}};
enum { EVENTS = sizeof events / sizeof events[0], ROUNDS = 50 };

/* Fault 35: the interface gets another name while it is up. */
START_TEST(what_is_released_is_on_no_interface_whatever_became_of_the_names)
{
	struct stage *stage = open_lab();
	for (unsigned i = 0; i < ROUNDS; i++) {
		stage_until(stage, is_fit, "the interface is there");
		stage_start(stage, 0, i + 1);
		ck_assert(stage_has_address("10.9.0.100"));
		events[i % EVENTS].happen();
		/* Before, while and after the news is heard. */
		stage_for(stage, i % 4);
		stage_release(stage, 0, i + 1, i % 2 == 0);
		ck_assert_msg(!stage_has_address("10.9.0.100"), "round %u", i);
		events[i % EVENTS].undo();
		stage_for(stage, 5);
	}
	stage_close(stage);
}
END_TEST

static bool is_on_left(struct stage *stage)
{
	(void)stage;
	return net_fixture_ip_says("address show dev left0", "10.9.0.100");
}

START_TEST(an_address_follows_its_name_to_another_interface)
{
	struct stage *stage = open_lab();
	stage_start(stage, 0, 1);
	swapped();
	ck_assert(net_fixture_ip_says("address show dev other0", "10.9.0.100"));
	stage_until(stage, is_on_left, "it is where the name is");
	ck_assert(!net_fixture_ip_says("address show dev other0", "10.9.0.100"));
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

START_TEST(a_role_whose_interface_lost_its_name_is_not_possible_here)
{
	struct stage *stage = open_lab();
	stage_start(stage, 0, 1);
	renamed();
	stage_until(stage, is_unfit, "the role cannot be here");
	ck_assert_ptr_nonnull(strstr(stage->roles[0].unfit_why, "interface left0 does not exist"));
	net_fixture_ip("link property add dev other0 altname left0");
	stage_until(stage, is_fit, "the name is there as an alternative one");
	stage_release(stage, 0, 1, false);
	ck_assert(!stage_has_address("10.9.0.100"));
	stage_close(stage);
}
END_TEST

START_TEST(a_role_whose_interface_becomes_a_part_of_a_bridge_is_not_possible_here)
{
	struct stage *stage = open_lab();
	stage_start(stage, 0, 1);
	net_fixture_ip("link add br0 type bridge");
	net_fixture_ip("link set left0 master br0");
	stage_until(stage, is_unfit, "the role cannot be here");
	ck_assert_ptr_nonnull(strstr(stage->roles[0].unfit_why, "is a part of another one"));
	net_fixture_ip("link set left0 nomaster");
	stage_until(stage, is_fit, "it is an interface of its own again");
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

/* Requests of gratuitous ARP from this link address, within a second. */
static bool is_announced_from(struct stage *stage, int ear, const uint8_t station[6])
{
	uint8_t frame[256];
	for (int i = 0; i < 100; i++) {
		ssize_t length;
		stage_for(stage, 10);
		while ((length = recv(ear, frame, sizeof frame, MSG_DONTWAIT)) >= 0)
			if (length >= 42 && frame[12] == 8 && frame[13] == 6 &&
			    memcmp(frame + 28, frame + 38, 4) == 0 &&
			    memcmp(frame + 22, station, 6) == 0)
				return true;
	}
	return false;
}

START_TEST(another_link_address_is_announced)
{
	static const uint8_t station[6] = {2, 0, 0, 0, 0, 0x99};
	struct stage *stage = open_lab();
	stage_start(stage, 0, 1);
	stage_for(stage, 100);
	int ear = net_fixture_listen("right0");
	net_fixture_ip("link set left0 address 02:00:00:00:00:99");
	ck_assert(is_announced_from(stage, ear, station));
	ck_assert(stage_logged(stage, "interface left0 has changed; announcing 10.9.0.100 again"));
	ck_assert_uint_eq(stage_view(stage, "ip").restarts, 0);
	stage_release(stage, 0, 1, false);
	close(ear);
	stage_close(stage);
}
END_TEST

static bool is_waiting(struct stage *stage)
{
	return !is_fit(stage) &&
	       strstr(stage->roles[0].unfit_why, "has no address of its own yet") != NULL;
}

static bool is_here(struct stage *stage)
{
	return is_fit(stage) && stage_has_address("10.9.0.100");
}

static bool has_route(struct stage *stage)
{
	(void)stage;
	return net_fixture_ip_says("route show", "src 10.9.0.100");
}

static bool has_no_route(struct stage *stage)
{
	return !has_route(stage);
}

START_TEST(clients_are_reached_with_the_hosts_own_address_and_without)
{
	struct stage *stage = open_lab();
	stage_start(stage, 0, 1);
	ck_assert(has_route(stage));
	net_fixture_ip("address add 10.9.0.1/24 dev left0");
	stage_until(stage, has_no_route, "the host's own address does");
	net_fixture_ip("address del 10.9.0.1/24 dev left0");
	stage_until(stage, has_route, "the route is back");
	net_fixture_ip("link set left0 down");
	net_fixture_ip("link set left0 up");
	stage_until(stage, has_route, "the route is back with the link");
	stage_release(stage, 0, 1, false);
	ck_assert(has_no_route(stage));
	stage_close(stage);
}
END_TEST

/* What NetworkManager does when there was no carrier for seven seconds. */
static void lose_everything(struct stage *stage)
{
	net_fixture_ip("link set right0 down");
	stage_until(stage, is_unfit, "carrier is lost");
	net_fixture_ip("address flush dev left0");
	net_fixture_ip("link set right0 up");
}

static struct stage *open_lab_with_own(void)
{
	net_fixture_enter();
	net_fixture_ip("address add 10.9.0.1/24 dev left0");
	struct stage *stage = stage_new();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	return stage;
}

/* Fault 35: a network manager removes all addresses. */
START_TEST(an_address_comes_back_after_the_hosts_own_and_not_before)
{
	struct stage *stage = open_lab_with_own();
	stage_start(stage, 0, 1);
	lose_everything(stage);
	stage_until(stage, is_waiting, "it waits");
	stage_for(stage, 100);
	ck_assert(!stage_has_address("10.9.0.100"));
	ck_assert(stage_logged(stage, "10.9.0.100 waits, at most 30 s, until interface left0 has"));
	net_fixture_ip("address add 10.9.0.1/24 dev left0");
	stage_until(stage, is_here, "it is back");
	ck_assert_uint_eq(stage->roles[0].failed, 0);
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

START_TEST(a_role_is_not_taken_before_the_host_has_its_own_address_again)
{
	struct stage *stage = open_lab_with_own();
	lose_everything(stage);
	stage_until(stage, is_waiting, "the role is not possible here");
	net_fixture_ip("address add 10.9.0.1/24 dev left0");
	stage_until(stage, is_fit, "it is");
	stage_close(stage);
}
END_TEST

START_TEST(an_address_that_is_released_while_it_waits_does_not_come_back)
{
	struct stage *stage = open_lab_with_own();
	stage_start(stage, 0, 1);
	lose_everything(stage);
	stage_until(stage, is_waiting, "it waits");
	stage_release(stage, 0, 1, false);
	net_fixture_ip("address add 10.9.0.1/24 dev left0");
	stage_until(stage, is_fit, "the interface is ready");
	stage_for(stage, 50);
	ck_assert(!stage_has_address("10.9.0.100"));
	stage_close(stage);
}
END_TEST

START_TEST(where_the_host_never_had_an_address_nothing_waits)
{
	struct stage *stage = open_lab();
	stage_start(stage, 0, 1);
	lose_everything(stage);
	stage_until(stage, is_here, "it is back");
	ck_assert(!stage_logged(stage, "waits, at most"));
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

START_TEST(a_wait_ends_after_half_a_minute)
{
	char why[80];
	struct footing footing;
	const struct network_link down = {.index = 7, .state = LINK_DOWN, .interface = "eth0"};
	struct network_link up = down;
	struct instant now = {.ns = 1000000000000};
	const struct instant end = instant_plus(now, span_ms(FOOTING_WAIT_S * 1000));
	up.state = LINK_UP;
	footing_begin(&footing, &up, true);
	ck_assert_uint_eq(footing_follow(&footing, &down, now), 0);
	ck_assert(footing_own(&footing, false, now) && !footing_waits(&footing, now));
	ck_assert_uint_eq(footing_follow(&footing, &up, now), FOOTING_ANNOUNCE | FOOTING_RESTORE);
	ck_assert(footing_waits(&footing, now));
	ck_assert(!footing_is_fit(&footing, true, false, now, why, sizeof why));
	ck_assert(footing_is_fit(&footing, true, true, now, why, sizeof why));
	/* More news do not make it longer. */
	(void)footing_follow(&footing, &up, instant_minus(end, span_ms(1)));
	ck_assert(footing_waits(&footing, instant_minus(end, span_ms(1))));
	ck_assert(!footing_waits(&footing, end));
	ck_assert(footing_is_fit(&footing, true, false, end, why, sizeof why));
	/* Another loss begins another wait. */
	(void)footing_own(&footing, true, end);
	(void)footing_own(&footing, false, end);
	ck_assert(footing_waits(&footing, end));
	/* With carrier all the time the owner stays the owner for a moment. */
	const struct instant after = instant_plus(end, span_ms(FOOTING_GRACE_MS));
	ck_assert(footing_is_fit(&footing, true, false, end, why, sizeof why));
	ck_assert(!footing_is_fit(&footing, false, false, end, why, sizeof why));
	ck_assert_int_eq(footing_deadline(&footing, end).ns, after.ns);
	ck_assert(!footing_is_fit(&footing, true, false, after, why, sizeof why));
}
END_TEST

/* Fault 35: a network manager configures the interface anew. */
START_TEST(an_owner_whose_interface_is_configured_anew_stays_the_owner)
{
	struct stage *stage = open_lab_with_own();
	stage_start(stage, 0, 1);
	const unsigned told = stage->roles[0].fitness_told;
	net_fixture_ip("address flush dev left0");
	net_fixture_ip("address add 10.9.0.1/24 dev left0");
	stage_until(stage, is_here, "it is back");
	ck_assert_uint_eq(stage->roles[0].fitness_told, told);
	ck_assert_uint_eq(stage->roles[0].failed, 0);
	stage_release(stage, 0, 1, false);
	stage_close(stage);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_vip_link");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("vip_link");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 40);
	tcase_add_test(all, what_is_released_is_on_no_interface_whatever_became_of_the_names);
	tcase_add_test(all, an_address_follows_its_name_to_another_interface);
	tcase_add_test(all, a_role_whose_interface_lost_its_name_is_not_possible_here);
	tcase_add_test(all, a_role_whose_interface_becomes_a_part_of_a_bridge_is_not_possible_here);
	tcase_add_test(all, another_link_address_is_announced);
	tcase_add_test(all, clients_are_reached_with_the_hosts_own_address_and_without);
	tcase_add_test(all, an_address_comes_back_after_the_hosts_own_and_not_before);
	tcase_add_test(all, a_role_is_not_taken_before_the_host_has_its_own_address_again);
	tcase_add_test(all, an_address_that_is_released_while_it_waits_does_not_come_back);
	tcase_add_test(all, where_the_host_never_had_an_address_nothing_waits);
	tcase_add_test(all, an_owner_whose_interface_is_configured_anew_stays_the_owner);
	tcase_add_test(all, a_wait_ends_after_half_a_minute);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
