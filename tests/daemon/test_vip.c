/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Announcements and rivals of a virtual address, in a network of its own.
 */
#include "daemon/resource/runner.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/platform/network.h"
#include "tests/daemon/net_fixture.h"
#include "tests/daemon/stage.h"

static struct stage *open_lab(void)
{
	net_fixture_enter();
	struct stage *stage = stage_new();
	stage_vip(stage, 0, "ip", "10.9.0.100/24");
	stage_open(stage);
	return stage;
}

/* Requests of gratuitous ARP from left0 that wait to be read; an announcement is one request, one
 * reply. */
static unsigned count_announcements(int ear)
{
	uint8_t frame[256], station[6];
	unsigned count = 0;
	net_fixture_station("left0", station);
	for (;;) {
		ssize_t length = recv(ear, frame, sizeof frame, MSG_DONTWAIT);
		if (length < 0)
			return count;
		count += length >= 42 && frame[12] == 8 && frame[13] == 6 && frame[21] == 1 &&
		         memcmp(frame + 28, frame + 38, 4) == 0 &&
		         memcmp(frame + 6, station, 6) == 0;
	}
}

START_TEST(an_address_is_announced_in_a_burst_of_five)
{
	struct stage *stage = open_lab();
	int ear = net_fixture_listen("right0");
	runner_start(stage->runner, 0, 1);
	unsigned count = count_announcements(ear);
	ck_assert_uint_ge(count, 1); /* at once */
	/* At 100 ms, 500 ms, 1 s and 3 s; a busy machine is late, and then so is the next. */
	while (count < 5) {
		stage_for(stage, 50);
		count += count_announcements(ear);
	}
	stage_for(stage, 500);
	ck_assert_uint_eq(count + count_announcements(ear), 5);
	stage_release(stage, 0, 1, false);
	stage_for(stage, 200);
	ck_assert_uint_eq(count_announcements(ear), 0);
	close(ear);
	stage_close(stage);
}
END_TEST

START_TEST(nothing_is_announced_without_the_right_to_act)
{
	struct stage *stage = open_lab();
	stage_start(stage, 0, 1);
	int ear = net_fixture_listen("right0");
	stage->roles[0].may_act = false; /* as after a pause in which the lease ran out */
	stage_for(stage, 300);
	ck_assert_uint_eq(count_announcements(ear), 0);
	stage_release(stage, 0, 1, true);
	close(ear);
	stage_close(stage);
}
END_TEST

static bool is_fit(struct stage *stage)
{
	return stage->roles[0].is_fit;
}

static bool is_unfit(struct stage *stage)
{
	return !stage->roles[0].is_fit;
}

/* Fault 38: an announcement could not leave. */
START_TEST(carrier_that_comes_back_begins_a_new_burst)
{
	struct stage *stage = open_lab();
	stage_start(stage, 0, 1);
	stage_for(stage, 700);
	net_fixture_ip("link set right0 down");
	stage_until(stage, is_unfit, "carrier is lost");
	net_fixture_ip("link set right0 up");
	int ear = net_fixture_listen("right0");
	stage_until(stage, is_fit, "carrier is back");
	stage_for(stage, 200);
	ck_assert_uint_ge(count_announcements(ear), 2);
	stage_release(stage, 0, 1, false);
	close(ear);
	stage_close(stage);
}
END_TEST

/* Fault 36: another station has the address. */
START_TEST(a_rival_is_answered_by_a_burst_and_never_by_a_storm)
{
	struct stage *stage = open_lab();
	stage_start(stage, 0, 1);
	stage_for(stage, 700);
	int ear = net_fixture_listen("right0");
	uint8_t frame[42] = {
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  2, 3, 4,   5, 6, 8, 6, /* Ethernet */
	    0,    1,    8,    0,    6,    4,    0,  1,                     /* request */
	    2,    2,    3,    4,    5,    6,    10, 9, 0, 100,             /* sender */
	    0,    0,    0,    0,    0,    0,    10, 9, 0, 100,             /* target */
	};
	uint64_t begin = uv_hrtime();
	for (int i = 0; i < 50; i++) {
		net_fixture_send("right0", frame, sizeof frame);
		stage_for(stage, 5);
	}
	ck_assert(stage_logged(stage, "station 02:02:03:04:05:06 says that 10.9.0.100 is its own"));
	unsigned count = count_announcements(ear);
	ck_assert_uint_ge(count, 2);
	/* At most a burst a second, of which three fall into its first second. */
	ck_assert_uint_le(count, 3 * (1 + (uv_hrtime() - begin) / 900000000));
	struct address_conflict conflict = stage_view(stage, "ip").conflict;
	char station[STATION_TEXT_BYTES];
	address_conflict_station(&conflict, station);
	ck_assert_str_eq(station, "02:02:03:04:05:06");
	ck_assert_uint_ge(conflict.signs, 10);
	ck_assert_uint_le(conflict.signs, 50);
	stage_release(stage, 0, 1, false);
	close(ear);
	stage_close(stage);
}
END_TEST

START_TEST(a_rival_of_an_ipv6_address_is_counted_while_it_is_here)
{
	net_fixture_enter();
	struct stage *stage = stage_new();
	stage_vip(stage, 0, "ip", "fd00:9::100/64");
	stage_open(stage);
	/* An advertisement; nobody but the kernel, which drops it, looks at its checksum. */
	uint8_t frame[86] = {0x33, 0x33, 0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 0x86, 0xdd, 0x60};
	frame[19] = 32;
	frame[20] = 58;
	frame[54] = 136;
	memcpy(frame + 62, stage->config.resources[0].address.bytes, 16);
	stage_start(stage, 0, 1);
	stage_for(stage, 50);
	ck_assert_uint_eq(stage_view(stage, "ip").conflict.signs, 0);
	net_fixture_send("right0", frame, sizeof frame);
	stage_for(stage, 50);
	ck_assert(stage_logged(stage, "says that fd00:9::100 is its own (1 signs of that so far)"));
	ck_assert_uint_eq(stage_view(stage, "ip").conflict.signs, 1);
	stage_release(stage, 0, 1, false);
	net_fixture_send("right0", frame, sizeof frame);
	stage_for(stage, 50);
	ck_assert_uint_eq(stage_view(stage, "ip").conflict.signs, 1);
	stage_close(stage);
}
END_TEST

START_TEST(an_address_is_announced_again_when_asked_for)
{
	struct stage *stage = open_lab();
	ck_assert_uint_eq(runner_announce(stage->runner, 0), 0);
	stage_start(stage, 0, 1);
	stage_for(stage, 700);
	int ear = net_fixture_listen("right0");
	ck_assert_uint_eq(runner_announce(stage->runner, 0), 1);
	ck_assert_uint_eq(count_announcements(ear), 1);
	stage_for(stage, 150);
	ck_assert_uint_eq(count_announcements(ear), 1); /* a burst */
	stage_release(stage, 0, 1, false);
	ck_assert_uint_eq(runner_announce(stage->runner, 0), 0);
	close(ear);
	stage_close(stage);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_vip");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("vip");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 20);
	tcase_add_test(all, an_address_is_announced_in_a_burst_of_five);
	tcase_add_test(all, nothing_is_announced_without_the_right_to_act);
	tcase_add_test(all, carrier_that_comes_back_begins_a_new_burst);
	tcase_add_test(all, a_rival_is_answered_by_a_burst_and_never_by_a_storm);
	tcase_add_test(all, a_rival_of_an_ipv6_address_is_counted_while_it_is_here);
	tcase_add_test(all, an_address_is_announced_again_when_asked_for);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
