/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the packet gate lets through and what it does not, frame by frame. Where a test has two
 * forms, the second is that of kernels before 6.6.
 */
#include <check.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/platform/gate.h"
#include "daemon/platform/platform.h"
#include "tests/daemon/gate_fixture.h"
#include "tests/daemon/net_fixture.h"

static const char four[] = "10.9.0.100", six[] = "fd00:9::100";

START_TEST(an_address_passes_until_its_lease_end_and_never_after)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	ck_assert(gate_fixture_answers_all(&lab, four) && gate_fixture_answers_all(&lab, six));
	gate_lease_end(gate, GATELAB_SLOT, instant_plus(platform_now(), span_ms(60000)));
	ck_assert(gate_fixture_answers_all(&lab, four) && gate_fixture_answers_all(&lab, six));
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), 0);
	gate_fixture_close_now(gate);
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	gate_lease_end(gate, GATELAB_SLOT, INSTANT_PAST);
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	gate_lease_end(gate, GATELAB_SLOT, INSTANT_NEVER);
	ck_assert(gate_fixture_answers_all(&lab, four) && gate_fixture_answers_all(&lab, six));
	gate_fixture_close_now(gate);
	gate_pass(gate, GATELAB_SLOT);
	ck_assert(gate_fixture_answers_all(&lab, four) && gate_fixture_answers_all(&lab, six));
	gate_fixture_end(&lab, gate);
}
END_TEST

START_TEST(other_addresses_and_slots_are_not_concerned)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	const struct network_address other = gate_fixture_address("10.9.0.101");
	net_fixture_ip("addr add 10.9.0.101/32 dev left0");
	ck_assert_int_eq(gate_guard(gate, &other, GATELAB_SLOT + 1, NULL), CODE_OK);
	for (unsigned slot = 0; slot < GATE_SLOTS; slot++)
		if (slot != GATELAB_SLOT + 1)
			gate_lease_end(gate, slot, platform_now());
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	ck_assert(gate_fixture_answers_all(&lab, "10.9.0.1") &&
	          gate_fixture_answers_all(&lab, "fd00:9::1"));
	ck_assert(gate_fixture_answers_all(&lab, "10.9.0.101"));
	gate_fixture_end(&lab, gate);
}
END_TEST

START_TEST(drops_are_counted_for_role_and_address)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	const struct network_address first = gate_fixture_address(four),
				     second = gate_fixture_address(six);
	gate_fixture_close_now(gate);
	ck_assert(gate_fixture_answers_none(&lab, four));
	ck_assert(!gate_fixture_answers(&lab, ASK_PING, six));
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), QUESTIONS + 1);
	ck_assert_uint_eq(gate_dropped_for(gate, &first.address), QUESTIONS);
	ck_assert_uint_eq(gate_dropped_for(gate, &second.address), 1);
	/* To be guarded again changes nothing. */
	gate_fixture_guard(gate);
	ck_assert_uint_eq(gate_dropped_for(gate, &first.address), QUESTIONS);
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT + 1), 0);
	gate_fixture_end(&lab, gate);
}
END_TEST

/* As when somebody puts a role's address on a node without a claim. */
START_TEST(a_host_without_a_claim_does_not_answer_for_the_address)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	gate_disclaim(gate, GATELAB_SLOT);
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	ck_assert(gate_fixture_answers_all(&lab, "10.9.0.1") &&
	          gate_fixture_answers_all(&lab, "fd00:9::1"));
	net_fixture_ip("addr del 10.9.0.100/32 dev left0");
	net_fixture_ip("addr add 10.9.0.100/32 dev lo");
	ck_assert(gate_fixture_answers_none(&lab, four));
	ck_assert_uint_gt(gate_dropped(gate, GATELAB_SLOT), 0);
	gate_fixture_end(&lab, gate);
}
END_TEST

/* It is a router between the neighbours at left0 and at far0, who owns the address. */
START_TEST(a_host_without_a_claim_forwards_what_is_for_the_owner_and_comes_from_it)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	const struct network_address address = gate_fixture_address(four);
	const uint8_t owner[6] = {2, 0, 0, 0, 0, 9};
	uint8_t frame[FRAME_BYTES], router[6];
	net_fixture_ip("addr del 10.9.0.100/32 dev left0");
	net_fixture_ip("link add near0 type veth peer name far0");
	net_fixture_ip("link set near0 up");
	net_fixture_ip("link set far0 arp off up");
	net_fixture_ip("route add 10.9.0.100/32 dev near0");
	net_fixture_ip("neigh add 10.9.0.100 lladdr 02:00:00:00:00:09 dev near0");
	net_fixture_write("/proc/sys/net/ipv4/ip_forward", "1");
	net_fixture_write("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	ck_assert_int_eq(gate_cover(gate, if_nametoindex("near0"), NULL), CODE_OK);
	gate_disclaim(gate, GATELAB_SLOT);
	int far = net_fixture_listen("far0");
	const struct frame there = frame_question(ASK_PING, lab.left, &address.address);
	gate_fixture_send(&lab, &there);
	size_t length;
	do
		length = net_fixture_receive(far, frame, sizeof frame);
	while (length > 0 && memcmp(frame, owner, sizeof owner) != 0);
	ck_assert_uint_gt(length, 0);
	net_fixture_station("near0", router);
	const struct frame back = frame_datagram(router, four, "10.9.0.2");
	net_fixture_send("far0", back.bytes, back.length);
	struct instant when;
	const struct instant until = instant_plus(platform_now(), span_ms(5000));
	do {
		ck_assert(instant_before(platform_now(), until));
		length = gate_fixture_next(&lab, frame, sizeof frame, &when);
	} while (length < 30 || memcmp(frame + 26, address.address.bytes, 4) != 0);
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), 0);
	close(far);
	gate_fixture_end(&lab, gate);
}
END_TEST

START_TEST(a_closed_host_neither_announces_nor_probes_nor_sends_from_the_address)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	const uint8_t station[6] = {2, 0, 0, 0, 0, 3};
	const struct frame claims[] = {
	    frame_arp(1, four, four),
	    frame_arp(2, four, four),
	    frame_arp(1, four, "10.9.0.3"),
	    frame_arp(1, "0.0.0.0", four),
	    frame_datagram(station, four, "10.9.0.3"),
	    frame_advertisement(six, six),
	    frame_advertisement("fd00:9::1", six),
	    frame_solicitation(six, "fd00:9::3"),
	    frame_solicitation("::", six),
	    frame_datagram(station, six, "fd00:9::3"),
	};
	for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
		gate_pass(gate, GATELAB_SLOT);
		ck_assert_msg(gate_fixture_leaves(&lab, &claims[i]), "claim %zu, open", i);
		gate_fixture_close_now(gate);
		ck_assert_msg(!gate_fixture_leaves(&lab, &claims[i]), "claim %zu, closed", i);
		for (int tags = 1; tags <= 2; tags++) {
			struct frame tagged = claims[i];
			for (int t = 0; t < tags; t++)
				frame_tag(&tagged, t == 0 ? 0x8100 : 0x88a8, 7);
			ck_assert_msg(!gate_fixture_leaves(&lab, &tagged), "claim %zu, %d tags", i,
			              tags);
			gate_pass(gate, GATELAB_SLOT);
			ck_assert_msg(gate_fixture_leaves(&lab, &tagged), "claim %zu, %d tags", i,
			              tags);
			gate_fixture_close_now(gate);
		}
	}
	gate_fixture_end(&lab, gate);
}
END_TEST

static void reach_owner(int way, bool has_claim)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, way);
	const uint8_t station[6] = {2, 0, 0, 0, 0, 3};
	const struct network_address own = gate_fixture_address("10.9.0.1"),
				     own_six = gate_fixture_address("fd00:9::1");
	const struct frame questions[] = {
	    frame_arp(1, "10.9.0.1", four),
	    frame_datagram(station, "10.9.0.1", four),
	    frame_solicitation("fd00:9::1", six),
	    frame_datagram(station, "fd00:9::1", six),
	};
	const struct frame from_there = frame_arp(1, four, "10.9.0.1"),
			   from_there_six = frame_solicitation(six, "fd00:9::1");
	net_fixture_ip("addr del 10.9.0.100/32 dev left0");
	net_fixture_ip("addr del fd00:9::100/128 dev left0");
	if (has_claim)
		gate_fixture_close_now(gate);
	else
		gate_disclaim(gate, GATELAB_SLOT);
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
		ck_assert_msg(gate_fixture_leaves(&lab, &questions[i]), "question %zu", i);
	ck_assert(gate_fixture_answers_to(&lab, &from_there, ASK_NEIGHBOUR, &own.address));
	net_fixture_ip("route add fd00:9::100/128 dev left0");
	net_fixture_ip("neigh add fd00:9::100 lladdr 02:00:00:00:00:02 dev left0");
	ck_assert(gate_fixture_answers_to(&lab, &from_there_six, ASK_NEIGHBOUR, &own_six.address));
	gate_fixture_end(&lab, gate);
}

START_TEST(a_closed_host_reaches_the_new_owner_of_the_address)
{
	reach_owner(_i, true);
}
END_TEST

START_TEST(a_host_without_a_claim_reaches_the_owner_of_the_address)
{
	reach_owner(_i, false);
}
END_TEST

START_TEST(tags_hide_nothing)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	const struct network_address address = gate_fixture_address(four);
	struct frame frame = frame_question(ASK_NEIGHBOUR, lab.left, &address.address);
	/* Priority only: it belongs to the interface itself. */
	frame_tag(&frame, 0x8100, 0x2000);
	ck_assert(gate_fixture_answers_to(&lab, &frame, ASK_NEIGHBOUR, &address.address));
	gate_fixture_close_now(gate);
	ck_assert(!gate_fixture_answers_to(&lab, &frame, ASK_NEIGHBOUR, &address.address));
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), 1);
	/* For a network inside a network of this interface, which may be this host's too. */
	frame = frame_question(ASK_NEIGHBOUR, lab.left, &address.address);
	frame_tag(&frame, 0x8100, 7);
	frame_tag(&frame, 0x88a8, 8);
	gate_fixture_send(&lab, &frame);
	ck_assert(gate_fixture_answers_all(&lab, "10.9.0.1"));
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), 2);
	gate_fixture_end(&lab, gate);
}
END_TEST

START_TEST(extension_headers_hide_nothing)
{
	/* More than the gate reads are answered, and the answer does not leave. */
	static const uint8_t kinds[] = {60, 60, 60, 60, 60, 60, 60, 60, 0};
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	const struct network_address address = gate_fixture_address(six);
	struct frame frame = frame_question(ASK_NEIGHBOUR, lab.left, &address.address);
	for (size_t i = 0; i < sizeof kinds; i++) {
		frame_extend(&frame, kinds[i]);
		gate_pass(gate, GATELAB_SLOT);
		ck_assert_msg(
		    gate_fixture_answers_to(&lab, &frame, ASK_NEIGHBOUR, &address.address),
		    "%zu extension headers, open", i + 1);
		gate_fixture_close_now(gate);
		ck_assert(!gate_fixture_answers_to(&lab, &frame, ASK_NEIGHBOUR, &address.address));
	}
	gate_fixture_end(&lab, gate);
}
END_TEST

static bool knows_stranger(const char *address)
{
	char words[64], output[512];
	(void)snprintf(words, sizeof words, "ip neigh show to %s", address);
	ck_assert_int_eq(gate_fixture_run(words, output, sizeof output), 0);
	return strstr(output, "lladdr") != NULL;
}

/* A host that hears a question remembers who asked. */
START_TEST(a_closed_host_does_not_even_hear_the_question)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	for (int closed = 1; closed >= 0; closed--) {
		struct frame frame = frame_arp(1, "10.9.0.7", four);
		if (closed == 1)
			gate_fixture_close_now(gate);
		else
			gate_pass(gate, GATELAB_SLOT);
		gate_fixture_send(&lab, &frame);
		frame = frame_solicitation("fd00:9::7", six);
		gate_fixture_send(&lab, &frame);
		frame = frame_solicitation("fd00:9::8", six);
		frame_extend(&frame, 60);
		frame_extend(&frame, 0);
		gate_fixture_send(&lab, &frame);
		ck_assert(gate_fixture_answers(&lab, ASK_PING, "10.9.0.1"));
		ck_assert_int_ne(knows_stranger("10.9.0.7"), closed);
		ck_assert_int_ne(knows_stranger("fd00:9::7"), closed);
		ck_assert_int_ne(knows_stranger("fd00:9::8"), closed);
	}
	gate_fixture_end(&lab, gate);
}
END_TEST

int main(void)
{
	if (gate_fixture_skip("test_gate_frames") != 0)
		return 77;
	TCase *cases = tcase_create("frames");
	tcase_set_timeout(cases, 30);
	tcase_add_loop_test(cases, an_address_passes_until_its_lease_end_and_never_after, 0,
	                    GATELAB_WAYS);
	tcase_add_loop_test(cases, other_addresses_and_slots_are_not_concerned, 0, GATELAB_WAYS);
	tcase_add_loop_test(cases, drops_are_counted_for_role_and_address, 0, GATELAB_WAYS);
	tcase_add_loop_test(cases,
	                    a_closed_host_neither_announces_nor_probes_nor_sends_from_the_address,
	                    0, GATELAB_WAYS);
	tcase_add_loop_test(cases, a_closed_host_reaches_the_new_owner_of_the_address, 0,
	                    GATELAB_WAYS);
	tcase_add_loop_test(cases, a_host_without_a_claim_does_not_answer_for_the_address, 0,
	                    GATELAB_WAYS);
	tcase_add_loop_test(cases,
	                    a_host_without_a_claim_forwards_what_is_for_the_owner_and_comes_from_it,
	                    0, GATELAB_WAYS);
	tcase_add_loop_test(cases, a_host_without_a_claim_reaches_the_owner_of_the_address, 0,
	                    GATELAB_WAYS);
	tcase_add_loop_test(cases, tags_hide_nothing, 0, GATELAB_WAYS);
	tcase_add_loop_test(cases, extension_headers_hide_nothing, 0, GATELAB_WAYS);
	tcase_add_loop_test(cases, a_closed_host_does_not_even_hear_the_question, 0, GATELAB_WAYS);
	Suite *suite = suite_create("gate_frames");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	gate_fixture_sweep();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
