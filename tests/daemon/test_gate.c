/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of gate.h, with real interfaces and frames. Where a test has two forms, the second
 * is that of kernels before 6.6.
 */
#include "daemon/platform/gate.h"

#include <check.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/platform/platform.h"
#include "tests/daemon/gatelab.h"
#include "tests/daemon/netlab.h"

enum { WAYS = 2, NOBODY = 65534 };

static const char four[] = "10.9.0.100", six[] = "fd00:9::100";

static struct gate *stand(struct gatelab *lab, int way)
{
	gatelab_enter(lab, way == 1);
	struct gate *gate = gatelab_open(lab);
	gatelab_guard(gate);
	return gate;
}

static void end(const struct gatelab *lab, struct gate *gate)
{
	gate_close(gate);
	gatelab_remove(lab);
}

static void close_now(struct gate *gate)
{
	gate_lease_end(gate, GATELAB_SLOT, platform_now());
}

START_TEST(an_address_passes_until_its_lease_end_and_never_after)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	ck_assert(gatelab_answers_all(&lab, four) && gatelab_answers_all(&lab, six));
	gate_lease_end(gate, GATELAB_SLOT, instant_plus(platform_now(), span_ms(60000)));
	ck_assert(gatelab_answers_all(&lab, four) && gatelab_answers_all(&lab, six));
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), 0);
	close_now(gate);
	ck_assert(gatelab_answers_none(&lab, four) && gatelab_answers_none(&lab, six));
	gate_lease_end(gate, GATELAB_SLOT, INSTANT_PAST);
	ck_assert(gatelab_answers_none(&lab, four) && gatelab_answers_none(&lab, six));
	gate_lease_end(gate, GATELAB_SLOT, INSTANT_NEVER);
	ck_assert(gatelab_answers_all(&lab, four) && gatelab_answers_all(&lab, six));
	close_now(gate);
	gate_pass(gate, GATELAB_SLOT);
	ck_assert(gatelab_answers_all(&lab, four) && gatelab_answers_all(&lab, six));
	end(&lab, gate);
}
END_TEST

START_TEST(other_addresses_and_slots_are_not_concerned)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	const struct network_address other = gatelab_address("10.9.0.101");
	netlab_ip("addr add 10.9.0.101/32 dev left0");
	ck_assert_int_eq(gate_guard(gate, &other, GATELAB_SLOT + 1, NULL), CODE_OK);
	for (unsigned slot = 0; slot < GATE_SLOTS; slot++)
		if (slot != GATELAB_SLOT + 1)
			gate_lease_end(gate, slot, platform_now());
	ck_assert(gatelab_answers_none(&lab, four) && gatelab_answers_none(&lab, six));
	ck_assert(gatelab_answers_all(&lab, "10.9.0.1") && gatelab_answers_all(&lab, "fd00:9::1"));
	ck_assert(gatelab_answers_all(&lab, "10.9.0.101"));
	end(&lab, gate);
}
END_TEST

START_TEST(drops_are_counted_for_role_and_address)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	const struct network_address first = gatelab_address(four), second = gatelab_address(six);
	close_now(gate);
	ck_assert(gatelab_answers_none(&lab, four));
	ck_assert(!gatelab_answers(&lab, ASK_PING, six));
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), QUESTIONS + 1);
	ck_assert_uint_eq(gate_dropped_for(gate, &first.address), QUESTIONS);
	ck_assert_uint_eq(gate_dropped_for(gate, &second.address), 1);
	/* To be guarded again changes nothing. */
	gatelab_guard(gate);
	ck_assert_uint_eq(gate_dropped_for(gate, &first.address), QUESTIONS);
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT + 1), 0);
	end(&lab, gate);
}
END_TEST

START_TEST(a_closed_host_neither_announces_nor_probes_nor_sends_from_the_address)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
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
		ck_assert_msg(gatelab_leaves(&lab, &claims[i]), "claim %zu, open", i);
		close_now(gate);
		ck_assert_msg(!gatelab_leaves(&lab, &claims[i]), "claim %zu, closed", i);
	}
	end(&lab, gate);
}
END_TEST

START_TEST(a_closed_host_reaches_the_new_owner_of_the_address)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	const uint8_t station[6] = {2, 0, 0, 0, 0, 3};
	const struct network_address own = gatelab_address("10.9.0.1"),
				     own_six = gatelab_address("fd00:9::1");
	const struct frame questions[] = {
	    frame_arp(1, "10.9.0.1", four),
	    frame_datagram(station, "10.9.0.1", four),
	    frame_solicitation("fd00:9::1", six),
	    frame_datagram(station, "fd00:9::1", six),
	};
	const struct frame from_there = frame_arp(1, four, "10.9.0.1"),
			   from_there_six = frame_solicitation(six, "fd00:9::1");
	netlab_ip("addr del 10.9.0.100/32 dev left0");
	netlab_ip("addr del fd00:9::100/128 dev left0");
	close_now(gate);
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
		ck_assert_msg(gatelab_leaves(&lab, &questions[i]), "question %zu", i);
	ck_assert(gatelab_answers_to(&lab, &from_there, ASK_NEIGHBOUR, &own.address));
	netlab_ip("route add fd00:9::100/128 dev left0");
	netlab_ip("neigh add fd00:9::100 lladdr 02:00:00:00:00:02 dev left0");
	ck_assert(gatelab_answers_to(&lab, &from_there_six, ASK_NEIGHBOUR, &own_six.address));
	end(&lab, gate);
}
END_TEST

START_TEST(tags_and_extension_headers_hide_nothing)
{
	static const uint16_t types[] = {0x8100, 0x88a8};
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	const struct network_address address = gatelab_address(six), at_four = gatelab_address(four);
	for (size_t i = 0; i < 2; i++) {
		struct frame frame = frame_question(ASK_NEIGHBOUR, lab.left, &at_four.address);
		/* Priority only; and a host strips two of them. */
		frame_tag(&frame, 0x8100, 0x2000);
		if (i == 1)
			frame_tag(&frame, types[i], 0x4000);
		gate_pass(gate, GATELAB_SLOT);
		ck_assert_msg(
		    gatelab_answers_to(&lab, &frame, ASK_NEIGHBOUR, &at_four.address) || i == 1,
		    "tagged by 0x%x, open", types[i]);
		close_now(gate);
		uint64_t dropped = gate_dropped(gate, GATELAB_SLOT);
		ck_assert(!gatelab_answers_to(&lab, &frame, ASK_NEIGHBOUR, &at_four.address));
		ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), dropped + 1);
	}
	static const uint8_t kinds[] = {60, 60, 0};
	struct frame frame = frame_question(ASK_NEIGHBOUR, lab.left, &address.address);
	for (size_t i = 0; i < sizeof kinds; i++) {
		frame_extend(&frame, kinds[i]);
		gate_pass(gate, GATELAB_SLOT);
		ck_assert_msg(gatelab_answers_to(&lab, &frame, ASK_NEIGHBOUR, &address.address),
			      "%zu extension headers, open", i + 1);
		close_now(gate);
		ck_assert(!gatelab_answers_to(&lab, &frame, ASK_NEIGHBOUR, &address.address));
	}
	end(&lab, gate);
}
END_TEST

START_TEST(what_nobody_can_read_through_passes_only_while_nothing_is_closed)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	const struct network_address own = gatelab_address("fd00:9::1");
	struct frame frame = frame_question(ASK_PING, lab.left, &own.address);
	for (int i = 0; i < 9; i++)
		frame_extend(&frame, 60);
	ck_assert(gatelab_answers_to(&lab, &frame, ASK_PING, &own.address));
	gate_lease_end(gate, 0, platform_now());
	ck_assert(!gatelab_answers_to(&lab, &frame, ASK_PING, &own.address));
	end(&lab, gate);
}
END_TEST

START_TEST(a_gate_outlives_its_process_and_is_found_again)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	close_now(gate);
	ck_assert(gatelab_answers_none(&lab, four));
	gate_close(gate);
	ck_assert(gatelab_answers_none(&lab, four) && gatelab_answers_none(&lab, six));
	gate = gatelab_open(&lab);
	ck_assert(gatelab_answers_none(&lab, four) && gatelab_answers_none(&lab, six));
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), QUESTIONS * 5);
	gatelab_guard(gate);
	ck_assert(gatelab_answers_none(&lab, four) && gatelab_answers_none(&lab, six));
	gate_pass(gate, GATELAB_SLOT);
	ck_assert(gatelab_answers_all(&lab, four) && gatelab_answers_all(&lab, six));
	end(&lab, gate);
}
END_TEST

START_TEST(what_the_present_configuration_lacks_is_let_go)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	const struct network_address address = gatelab_address(six);
	netlab_ip("addr add 10.9.0.101/32 dev right0");
	ck_assert_int_eq(gate_cover(gate, "right0", NULL), CODE_OK);
	close_now(gate);
	gate_close(gate);
	gate = gatelab_open(&lab);
	ck_assert_int_eq(gate_guard(gate, &address, GATELAB_SLOT, NULL), CODE_OK);
	ck_assert_int_eq(gate_forget_rest(gate, NULL), CODE_OK);
	ck_assert(gatelab_answers_all(&lab, four) && gatelab_answers_none(&lab, six));
	ck_assert_int_eq(gate_unguard(gate, &address.address, NULL), CODE_OK);
	ck_assert_int_eq(gate_unguard(gate, &address.address, NULL), CODE_OK);
	ck_assert(gatelab_answers_all(&lab, six));
	end(&lab, gate);
}
END_TEST

/* Whether ip and tc have something to say about programs at left0. */
static bool is_trace(void)
{
	static const char *const questions[] = {
	    "tc qdisc show dev left0",
	    "tc filter show dev left0 ingress",
	    "tc filter show dev left0 egress",
	    "ip -details link show dev left0",
	};
	char output[4096];
	bool found = false;
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
		ck_assert_int_eq(gatelab_run(questions[i], output, sizeof output), 0);
		found = found || strstr(output, "failoverd") != NULL ||
			strstr(output, "clsact") != NULL || strstr(output, "bpf") != NULL;
	}
	return found;
}

static bool is_file(const struct gatelab *lab)
{
	char path[128];
	(void)snprintf(path, sizeof path, "/sys/fs/bpf/failoverd/%s", lab->name);
	return access(path, F_OK) == 0;
}

START_TEST(removing_leaves_nothing)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	close_now(gate);
	ck_assert(is_file(&lab) && (_i == 0 || is_trace()));
	end(&lab, gate);
	ck_assert(!is_file(&lab));
	ck_assert(!is_trace());
	ck_assert(gatelab_answers_all(&lab, four) && gatelab_answers_all(&lab, six));
	gatelab_remove(&lab);
}
END_TEST

START_TEST(removing_leaves_what_others_put_beside)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, 1);
	char output[4096];
	ck_assert_int_eq(gatelab_run("tc filter add dev left0 ingress protocol ip prio 7 u32 match "
				     "u32 0 0 classid 1:1",
				     output, sizeof output),
			 0);
	end(&lab, gate);
	ck_assert_int_eq(
	    gatelab_run("tc filter show dev left0 ingress", output, sizeof output), 0);
	ck_assert_ptr_nonnull(strstr(output, "pref 7"));
	ck_assert_ptr_null(strstr(output, "failoverd"));
}
END_TEST

/* A new cable carries nothing for a moment. */
static bool drops_at_late(const struct gate *gate)
{
	uint8_t bytes[FRAME_BYTES];
	const struct frame frame = frame_arp(1, "10.9.0.2", four);
	uint64_t dropped = gate_dropped(gate, GATELAB_SLOT);
	int wire = netlab_listen("late0");
	for (int i = 0; i < 10 && gate_dropped(gate, GATELAB_SLOT) == dropped; i++) {
		netlab_send("far0", frame.bytes, frame.length);
		(void)netlab_receive(wire, bytes, sizeof bytes);
	}
	close(wire);
	return gate_dropped(gate, GATELAB_SLOT) > dropped;
}

START_TEST(an_interface_that_comes_back_is_guarded_again)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	const struct network_address late = {.address = gatelab_address(four).address,
					     .interface = "late0"};
	ck_assert_int_eq(gate_guard(gate, &late, GATELAB_SLOT, NULL), CODE_NOT_FOUND);
	for (int life = 0; life < 2; life++) {
		netlab_ip("link add late0 index 77 type veth peer name far0");
		ck_assert_int_eq(gate_guard(gate, &late, GATELAB_SLOT, NULL), CODE_OK);
		ck_assert_int_eq(gate_guard(gate, &late, GATELAB_SLOT, NULL), CODE_OK);
		netlab_ip("link set far0 up");
		netlab_ip("link set late0 up");
		close_now(gate);
		ck_assert(drops_at_late(gate));
		netlab_ip("link del late0");
	}
	/* The gate of a vanished interface does not hinder the next life. */
	gate_close(gate);
	gate = gatelab_open(&lab);
	ck_assert_int_eq(gate_forget_rest(gate, NULL), CODE_OK);
	end(&lab, gate);
}
END_TEST

START_TEST(a_process_without_privileges_sets_lease_ends)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i), *joined = NULL;
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		const struct network_address address = gatelab_address(four);
		if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0 ||
		    gate_join(&joined, gate_fd(gate), NULL) != CODE_OK ||
		    gate_guard(joined, &address, GATELAB_SLOT, NULL) != CODE_DENIED ||
		    gate_forget_rest(joined, NULL) != CODE_DENIED)
			_exit(1);
		close_now(joined);
		gate_close(joined);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(gatelab_answers_none(&lab, four));
	ck_assert_int_eq(gate_join(&joined, gate_fd(gate), NULL), CODE_OK);
	ck_assert_uint_eq(gate_dropped(joined, GATELAB_SLOT), QUESTIONS);
	gate_pass(joined, GATELAB_SLOT);
	gate_close(joined);
	ck_assert(gatelab_answers_all(&lab, four));
	end(&lab, gate);
}
END_TEST

static bool keep_capabilities(uint32_t low, uint32_t high)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
	    {.effective = low, .permitted = low},
	    {.effective = high, .permitted = high},
	};
	return syscall(SYS_capset, &header, data) == 0;
}

START_TEST(two_capabilities_are_enough_and_none_is_refused)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	int status = 0;
	gate_close(gate);
	pid_t pid = fork();
	if (pid == 0) {
		struct error error = {.text = "capset"};
		if (!keep_capabilities(1U << CAP_NET_ADMIN, 1U << (CAP_BPF - 32)) ||
		    gate_probe(&error) != CODE_OK)
			_exit(puts(error.text) < 0 || fflush(stdout) == 0);
		gatelab_remove(&lab);
		gate = gatelab_open(&lab);
		gatelab_guard(gate);
		close_now(gate);
		_exit(!keep_capabilities(0, 0) || gate_probe(&error) != CODE_DENIED);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(gatelab_answers_none(&lab, four) && gatelab_answers_none(&lab, six));
	gatelab_remove(&lab);
}
END_TEST

START_TEST(a_gate_of_another_shape_is_made_anew)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, _i);
	gate_close(gate);
	gatelab_spoil(&lab);
	gate = gatelab_open(&lab);
	gatelab_guard(gate);
	ck_assert(gatelab_answers_all(&lab, four));
	close_now(gate);
	ck_assert(gatelab_answers_none(&lab, four) && gatelab_answers_none(&lab, six));
	end(&lab, gate);
	ck_assert(!is_trace());
}
END_TEST

START_TEST(refusals_say_why)
{
	struct gatelab lab;
	struct gate *gate = NULL;
	struct error error;
	struct network_address address = {.address = gatelab_address(four).address};
	gatelab_enter(&lab, false);
	static const char *const bad[] = {"", "a.b", "../x", "a/b"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(gate_open(&gate, bad[i], &error), CODE_INVALID);
	gate = gatelab_open(&lab);
	(void)snprintf(address.interface, sizeof address.interface, "nil0");
	ck_assert_int_eq(gate_guard(gate, &address, 0, &error), CODE_NOT_FOUND);
	ck_assert_str_eq(error.text, "there is no interface nil0");
	netlab_ip("tuntap add dev tun0 mode tun");
	ck_assert_int_eq(gate_cover(gate, "tun0", &error), CODE_UNSUPPORTED);
	ck_assert_str_eq(error.text,
			 "interface tun0 is no Ethernet: the packet gate cannot stand there");
	for (unsigned i = 0; i < GATE_ADDRESSES_MAX; i++) {
		address.address.bytes[3] = (uint8_t)i;
		(void)snprintf(address.interface, sizeof address.interface, "left0");
		ck_assert_int_eq(gate_guard(gate, &address, 0, &error), CODE_OK);
	}
	address.address.bytes[2] = 1;
	ck_assert_int_eq(gate_guard(gate, &address, 0, &error), CODE_TOO_LARGE);
	ck_assert_str_eq(error.text, "the packet gate cannot guard 10.9.1.255: it guards 256 "
				     "addresses at most");
	end(&lab, gate);
}
END_TEST

START_TEST(names_differ_by_run_directory_and_network)
{
	char first[GATE_NAME_BYTES], again[GATE_NAME_BYTES], other[GATE_NAME_BYTES];
	gate_name("a.b@c", "/run/failoverd", first);
	gate_name("a.b@c", "/run/failoverd", again);
	gate_name("a.b@c", "/run/other", other);
	ck_assert_str_eq(first, again);
	ck_assert_str_ne(first, other);
	ck_assert_int_eq(strncmp(first, "a_b_c-", 6), 0);
	netlab_enter();
	gate_name("a.b@c", "/run/failoverd", other);
	ck_assert_str_ne(first, other);
}
END_TEST

START_TEST(a_shifted_clock_of_this_process_is_allowed_for)
{
	struct gatelab lab;
	struct gate *gate = stand(&lab, 0);
	int status = 0;
	gate_close(gate);
	ck_assert_int_eq(unshare(CLONE_NEWTIME), 0);
	FILE *offsets = fopen("/proc/self/timens_offsets", "w");
	ck_assert_int_gt(fprintf(offsets, "boottime 200000 0\n"), 0);
	ck_assert_int_eq(fclose(offsets), 0);
	struct instant before = platform_now();
	pid_t pid = fork();
	if (pid == 0) {
		if (instant_since(platform_now(), before).ns < span_ms(199999000).ns)
			_exit(77);
		gate = gatelab_open(&lab);
		gate_lease_end(gate, GATELAB_SLOT, instant_plus(platform_now(), span_ms(1)));
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	int64_t ahead = gatelab_lease_end(&lab).ns - platform_now().ns;
	ck_assert_int_lt(ahead, span_ms(1000).ns);
	ck_assert_int_gt(ahead, -span_ms(10000).ns);
	gatelab_remove(&lab);
}
END_TEST

int main(void)
{
	if (gatelab_skip("test_gate") != 0)
		return 77;
	TCase *cases = tcase_create("gate");
	tcase_set_timeout(cases, 30);
	tcase_add_loop_test(cases, an_address_passes_until_its_lease_end_and_never_after, 0, WAYS);
	tcase_add_loop_test(cases, other_addresses_and_slots_are_not_concerned, 0, WAYS);
	tcase_add_loop_test(cases, drops_are_counted_for_role_and_address, 0, WAYS);
	tcase_add_loop_test(
	    cases, a_closed_host_neither_announces_nor_probes_nor_sends_from_the_address, 0, WAYS);
	tcase_add_loop_test(cases, a_closed_host_reaches_the_new_owner_of_the_address, 0, WAYS);
	tcase_add_loop_test(cases, tags_and_extension_headers_hide_nothing, 0, WAYS);
	tcase_add_loop_test(
	    cases, what_nobody_can_read_through_passes_only_while_nothing_is_closed, 0, WAYS);
	tcase_add_loop_test(cases, a_gate_outlives_its_process_and_is_found_again, 0, WAYS);
	tcase_add_loop_test(cases, what_the_present_configuration_lacks_is_let_go, 0, WAYS);
	tcase_add_loop_test(cases, removing_leaves_nothing, 0, WAYS);
	tcase_add_test(cases, removing_leaves_what_others_put_beside);
	tcase_add_loop_test(cases, an_interface_that_comes_back_is_guarded_again, 0, WAYS);
	tcase_add_loop_test(cases, a_process_without_privileges_sets_lease_ends, 0, WAYS);
	tcase_add_loop_test(cases, two_capabilities_are_enough_and_none_is_refused, 0, WAYS);
	tcase_add_loop_test(cases, a_gate_of_another_shape_is_made_anew, 0, WAYS);
	tcase_add_test(cases, refusals_say_why);
	tcase_add_test(cases, names_differ_by_run_directory_and_network);
	tcase_add_test(cases, a_shifted_clock_of_this_process_is_allowed_for);
	Suite *suite = suite_create("gate");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	gatelab_sweep();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
