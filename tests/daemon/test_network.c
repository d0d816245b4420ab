/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of network.h, with real interfaces in a network of its own.
 */
#include "daemon/platform/network.h"

#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/value.h"
#include "tests/daemon/net_fixture.h"

static struct network_address on_left(const char *text)
{
	struct network_address address = {.prefix = 0, .interface = "left0"};
	ck_assert_int_eq(value_network(text, &address.address, &address.prefix, NULL), CODE_OK);
	return address;
}

static struct network *open_lab(void)
{
	struct network *network = NULL;
	struct error error;
	net_fixture_enter();
	enum code code = network_open(&network, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
	return network;
}

static bool is_present(struct network *network, const struct network_address *address)
{
	bool present = false;
	ck_assert_int_eq(network_present(network, address, &present, NULL), CODE_OK);
	return present;
}

static void must_add(struct network *network, const struct network_address *address)
{
	struct error error;
	enum code code = network_add(network, address, NETWORK_FOR_EVER, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
}

/* Usable at once: a socket may be bound to it, which a tentative address refuses. */
static bool is_usable(const struct network_address *address)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	memcpy(&six.sin6_addr, address->address.bytes, 16);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool usable = bind(fd, (const struct sockaddr *)&six, sizeof six) == 0;
	close(fd);
	return usable;
}

START_TEST(adding_and_removing_twice_is_as_good_as_once)
{
	static const char *const texts[] = {"10.9.0.100/24", "10.9.0.100/32", "fd00:9::100/64",
	                                    "fd00:9::101/128"};
	struct network *network = open_lab();
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct network_address address = on_left(texts[i]);
		ck_assert(!is_present(network, &address));
		must_add(network, &address);
		must_add(network, &address);
		ck_assert(is_present(network, &address));
		ck_assert(address.address.family == AF_INET || is_usable(&address));
		ck_assert_int_eq(network_remove(network, &address, NULL), CODE_OK);
		ck_assert(!is_present(network, &address));
		ck_assert_int_eq(network_remove(network, &address, NULL), CODE_OK);
	}
	network_close(network);
}
END_TEST

START_TEST(an_address_is_removed_whatever_its_prefix)
{
	struct network *network = open_lab();
	struct network_address address = on_left("10.9.0.100/24");
	net_fixture_ip("address add 10.9.0.100/16 dev left0");
	net_fixture_ip("address add 10.9.0.100/32 dev left0");
	ck_assert(is_present(network, &address));
	ck_assert_int_eq(network_remove(network, &address, NULL), CODE_OK);
	ck_assert(!is_present(network, &address));
	network_close(network);
}
END_TEST

START_TEST(removing_one_address_leaves_its_neighbours)
{
	struct network *network = open_lab();
	struct network_address first = on_left("10.9.0.100/24"), second = on_left("10.9.0.101/24");
	must_add(network, &first);
	must_add(network, &second);
	ck_assert_int_eq(network_remove(network, &first, NULL), CODE_OK);
	ck_assert(is_present(network, &second));
	network_close(network);
}
END_TEST

START_TEST(an_interface_that_does_not_exist_is_named)
{
	struct network *network = open_lab();
	struct network_address address = on_left("10.9.0.100/24");
	struct error error;
	struct network_link link;
	snprintf(address.interface, sizeof address.interface, "nosuch0");
	ck_assert_int_eq(network_add(network, &address, NETWORK_FOR_EVER, &error), CODE_NOT_FOUND);
	ck_assert_str_eq(error.text, "interface nosuch0 does not exist");
	ck_assert_int_eq(network_remove(network, &address, &error), CODE_OK);
	ck_assert(!is_present(network, &address));
	ck_assert_int_eq(network_link(network, "nosuch0", &link), LINK_ABSENT);
	ck_assert_uint_eq(link.index, 0);
	ck_assert_int_eq(network_announce(network, &address, &error), CODE_NOT_FOUND);
	network_close(network);
}
END_TEST

START_TEST(an_address_of_this_host_is_found_by_itself)
{
	struct network *network = open_lab();
	struct network_address address = on_left("fd00:9::100/64");
	char interface[CONFIG_INTERFACE_BYTES] = "";
	ck_assert_int_eq(network_find(network, &address.address, interface, NULL), CODE_NOT_FOUND);
	must_add(network, &address);
	ck_assert_int_eq(network_find(network, &address.address, interface, NULL), CODE_OK);
	ck_assert_str_eq(interface, "left0");
	network_close(network);
}
END_TEST

/* Reads news until one is as wanted; false when a second brings none. */
struct awaited {
	enum network_news news;
	enum link_state state;
	bool seen;
	struct network_change change;
};

static void compare(void *context, const struct network_change *change)
{
	struct awaited *wanted = context;
	if (wanted->seen || change->news != wanted->news)
		return;
	if (change->news == NEWS_LINK &&
	    (strcmp(change->link.interface, "left0") != 0 || change->link.state != wanted->state))
		return;
	wanted->seen = true;
	wanted->change = *change;
}

static struct network_change await(struct network *network, enum network_news news,
                                   enum link_state state)
{
	struct awaited wanted = {.news = news, .state = state};
	struct pollfd readable = {.fd = network_news_fd(network), .events = POLLIN};
	while (!wanted.seen) {
		ck_assert_msg(poll(&readable, 1, 1000) == 1, "no news %d", (int)news);
		network_news_read(network, compare, &wanted);
	}
	return wanted.change;
}

START_TEST(addresses_that_come_and_go_are_news)
{
	static const char *const texts[] = {"10.9.0.100/24", "fd00:9::100/64"};
	for (int i = 0; i < 2; i++) {
		struct network *network = open_lab();
		struct network_address address = on_left(texts[i]);
		unsigned index = network_index(network, "left0");
		char words[128];
		snprintf(words, sizeof words, "address add %s dev left0 nodad", texts[i]);
		if (i == 0)
			words[strlen(words) - strlen(" nodad")] = '\0';
		net_fixture_ip(words);
		struct network_change change = await(network, NEWS_ADDRESS_HERE, LINK_UP);
		while (memcmp(&change.address, &address.address, sizeof change.address) != 0)
			change = await(network, NEWS_ADDRESS_HERE, LINK_UP); /* link-local ones */
		ck_assert_uint_eq(change.index, index);
		snprintf(words, sizeof words, "address del %s dev left0", texts[i]);
		net_fixture_ip(words);
		change = await(network, NEWS_ADDRESS_GONE, LINK_UP);
		ck_assert_mem_eq(&change.address, &address.address, sizeof change.address);
		network_close(network);
	}
}
END_TEST

START_TEST(carrier_and_interfaces_that_come_and_go_are_news)
{
	struct network *network = open_lab();
	struct network_link link;
	ck_assert_int_eq(network_link(network, "left0", &link), LINK_UP);
	unsigned index = link.index;
	net_fixture_ip("link set right0 down");
	ck_assert_uint_eq(await(network, NEWS_LINK, LINK_DOWN).index, index);
	ck_assert_int_eq(network_link(network, "left0", &link), LINK_DOWN);
	net_fixture_ip("link set right0 up");
	await(network, NEWS_LINK, LINK_UP);
	net_fixture_ip("link del left0");
	await(network, NEWS_LINK, LINK_ABSENT);
	ck_assert_int_eq(network_link(network, "left0", &link), LINK_ABSENT);
	net_fixture_ip("link add left0 type veth peer name right0");
	await(network, NEWS_LINK, LINK_DOWN);
	network_close(network);
}
END_TEST

START_TEST(lost_news_are_told_as_lost)
{
	struct network *network = open_lab();
	struct network_address address = on_left("10.9.0.100/24");
	for (int i = 0; i < 5000; i++) {
		must_add(network, &address);
		ck_assert_int_eq(network_remove(network, &address, NULL), CODE_OK);
	}
	await(network, NEWS_MISSED, LINK_UP);
	/* And later ones are heard again. */
	struct awaited rest = {.news = NEWS_MISSED};
	struct pollfd readable = {.fd = network_news_fd(network), .events = POLLIN};
	while (poll(&readable, 1, 0) == 1)
		network_news_read(network, compare, &rest);
	must_add(network, &address);
	await(network, NEWS_ADDRESS_HERE, LINK_UP);
	network_close(network);
}
END_TEST

START_TEST(an_ipv4_address_is_announced_as_request_and_as_reply)
{
	struct network *network = open_lab();
	struct network_address address = on_left("10.9.0.100/24");
	uint8_t frame[256], station[6];
	net_fixture_station("left0", station);
	must_add(network, &address);
	int ear = net_fixture_listen("right0");
	ck_assert_int_eq(network_announce(network, &address, NULL), CODE_OK);
	for (uint8_t operation = 1; operation <= 2; operation++) {
		do
			ck_assert_uint_ge(net_fixture_receive(ear, frame, sizeof frame), 42);
		while (frame[12] != 0x08 || frame[13] != 0x06);
		ck_assert_mem_eq(frame, "\xff\xff\xff\xff\xff\xff", 6);
		ck_assert_mem_eq(frame + 6, station, 6);
		ck_assert_uint_eq(frame[21], operation);
		ck_assert_mem_eq(frame + 22, station, 6);
		ck_assert_mem_eq(frame + 28, address.address.bytes, 4);
		ck_assert_mem_eq(frame + 38, address.address.bytes, 4);
	}
	close(ear);
	network_close(network);
}
END_TEST

static bool hears_rival(struct network *network, const struct network_address *address, int fd,
                        uint8_t station[6])
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	return poll(&readable, 1, 100) == 1 && network_rival_read(network, address, fd, station);
}

/* As an administrator's `ip address add`, which announces nothing. */
static void have_silently(void)
{
	net_fixture_ip("address add 10.9.0.100/24 dev right0");
	net_fixture_ip("address add fd00:9::100/64 dev right0 nodad");
}

static bool hears_in_time(struct network *network, const struct network_address *address, int fd,
                          uint8_t station[6])
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	while (poll(&readable, 1, 2000) == 1)
		if (network_rival_read(network, address, fd, station))
			return true;
	return false;
}

/* Fault 36: another station has the address. */
START_TEST(another_station_that_only_answers_is_found_with_the_announcement)
{
	static const char *const texts[] = {"10.9.0.100/24", "fd00:9::100/64"};
	struct network *network = open_lab();
	struct network_address address = on_left(texts[_i]);
	uint8_t station[6] = {0}, expected[6];
	int fd = -1;
	net_fixture_station("right0", expected);
	int host = net_fixture_part(have_silently);
	must_add(network, &address);
	ck_assert_int_eq(network_rival_open(network, &address, &fd, NULL), CODE_OK);
	/* A burst, as of a virtual address: the other kernel may not answer the first one yet. */
	bool heard = false;
	for (int i = 0; i < 5 && !heard; i++) {
		ck_assert_int_eq(network_announce(network, &address, NULL), CODE_OK);
		heard = hears_in_time(network, &address, fd, station);
	}
	ck_assert(heard);
	ck_assert_mem_eq(station, expected, 6);
	net_fixture_switch_off(host);
	close(fd);
	network_close(network);
}
END_TEST

/* Of two interfaces at one switch each answers for the addresses of the other. */
START_TEST(another_interface_of_this_host_is_no_other_station)
{
	static const char *const texts[] = {"10.9.0.100/24", "fd00:9::100/64"};
	struct network *network = open_lab();
	struct network_address address = on_left(texts[_i]);
	uint8_t station[6] = {0};
	int fd = -1;
	must_add(network, &address);
	net_fixture_ip("address add fd00:9::100/64 dev right0 nodad");
	ck_assert_int_eq(network_rival_open(network, &address, &fd, NULL), CODE_OK);
	ck_assert_int_eq(network_announce(network, &address, NULL), CODE_OK);
	for (int i = 0; i < 5; i++)
		ck_assert(!hears_rival(network, &address, fd, station));
	close(fd);
	network_close(network);
}
END_TEST

/* The sum over pseudo-header and message, its checksum included, of a correct packet. */
static unsigned sum_of(const uint8_t *packet)
{
	uint32_t sum = 32 + 58;
	for (size_t i = 8; i < 40 + 32; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

START_TEST(an_ipv6_address_is_announced_to_all_nodes_and_all_routers)
{
	static const uint8_t groups[] = {1, 2}, flags[] = {0x20, 0x00};
	struct network *network = open_lab();
	struct network_address address = on_left("fd00:9::100/64");
	uint8_t frame[256], station[6];
	net_fixture_station("left0", station);
	must_add(network, &address);
	int ear = net_fixture_listen("right0");
	ck_assert_int_eq(network_announce(network, &address, NULL), CODE_OK);
	for (int i = 0; i < 2; i++) {
		size_t length;
		do /* the kernel has things to say about IPv6, too */
			length = net_fixture_receive(ear, frame, sizeof frame);
		while (length != 86 || frame[12] != 0x86 || frame[54] != 136 ||
		       frame[53] != groups[i]);
		ck_assert_mem_eq(frame, ((const uint8_t[]){0x33, 0x33, 0, 0, 0, groups[i]}), 6);
		ck_assert_uint_eq(frame[21], 255);
		ck_assert_mem_eq(frame + 22, address.address.bytes, 16);
		ck_assert_uint_eq(sum_of(frame + 14), 0xffff);
		ck_assert_uint_eq(frame[58],
		                  flags[i]); /* never Solicited, and a host is no router */
		ck_assert_mem_eq(frame + 62, address.address.bytes, 16);
		ck_assert_mem_eq(frame + 78, "\2\1", 2);
		ck_assert_mem_eq(frame + 80, station, 6);
	}
	close(ear);
	network_close(network);
}
END_TEST

/* Fault 38: an announcement cannot leave. */
START_TEST(an_announcement_without_link_is_a_loss_and_nothing_more)
{
	struct network *network = open_lab();
	struct network_address address = on_left("10.9.0.100/24");
	struct error error = {.text = ""};
	must_add(network, &address);
	net_fixture_ip("link set left0 down");
	ck_assert_int_ne(network_announce(network, &address, &error), CODE_OK);
	ck_assert_ptr_nonnull(strstr(error.text, "10.9.0.100"));
	net_fixture_ip("link set left0 up");
	ck_assert_int_eq(network_announce(network, &address, &error), CODE_OK);
	snprintf(address.interface, sizeof address.interface, "lo"); /* there is nobody to tell */
	ck_assert_int_eq(network_announce(network, &address, &error), CODE_OK);
	network_close(network);
}
END_TEST

/* Fault 36: another station has the address. */
START_TEST(another_station_that_claims_the_address_is_heard)
{
	struct network *network = open_lab();
	struct network_address address = on_left("10.9.0.100/24");
	uint8_t station[6] = {0};
	int fd = -1;
	ck_assert_int_eq(network_rival_open(network, &address, &fd, NULL), CODE_OK);
	uint8_t frame[42] = {
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  2, 3, 4,   5, 6, 8, 6, /* Ethernet */
	    0,    1,    8,    0,    6,    4,    0,  1,                     /* request */
	    2,    2,    3,    4,    5,    6,    10, 9, 0, 100,             /* sender */
	    0,    0,    0,    0,    0,    0,    10, 9, 0, 100,             /* target */
	};
	net_fixture_send("right0", frame, sizeof frame);
	ck_assert(hears_rival(network, &address, fd, station));
	ck_assert_mem_eq(station, frame + 6, 6);
	frame[31] = 101; /* another address */
	net_fixture_send("right0", frame, sizeof frame);
	ck_assert(!hears_rival(network, &address, fd, station));
	frame[31] = 100;
	net_fixture_station("left0", frame + 22); /* an echo of its own */
	net_fixture_send("right0", frame, sizeof frame);
	ck_assert(!hears_rival(network, &address, fd, station));
	ck_assert_int_eq(network_announce(network, &address, NULL), CODE_OK);
	ck_assert(!hears_rival(network, &address, fd, station));
	close(fd);
	network_close(network);
}
END_TEST

static void advertise_neighbour(void)
{
	struct network *network = NULL;
	struct network_address other = on_left("fd00:9::101/64");
	(void)snprintf(other.interface, sizeof other.interface, "right0");
	ck_assert_int_eq(network_open_deaf(&network, NULL), CODE_OK);
	ck_assert_int_eq(network_announce(network, &other, NULL), CODE_OK);
	other.address.bytes[15] = 0;
	other.address.bytes[14] = 1; /* fd00:9::100 */
	ck_assert_int_eq(network_announce(network, &other, NULL), CODE_OK);
}

START_TEST(another_station_that_advertises_the_ipv6_address_is_heard)
{
	struct network *network = open_lab();
	struct network_address address = on_left("fd00:9::100/64"),
			       other = on_left("fd00:9::101/64");
	uint8_t station[6] = {0}, expected[6];
	int fd = -1, other_fd = -1;
	ck_assert_int_eq(network_rival_open(network, &address, &fd, NULL), CODE_OK);
	other.address.bytes[15] = 2; /* nobody advertises that one */
	ck_assert_int_eq(network_rival_open(network, &other, &other_fd, NULL), CODE_OK);
	net_fixture_station("right0", expected);
	int host = net_fixture_part(advertise_neighbour);
	ck_assert(hears_in_time(network, &address, fd, station));
	ck_assert_mem_eq(station, expected, 6);
	ck_assert(!hears_rival(network, &other, other_fd, station));
	net_fixture_switch_off(host);
	close(fd);
	close(other_fd);
	network_close(network);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_network");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("network");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 30);
	tcase_add_test(all, adding_and_removing_twice_is_as_good_as_once);
	tcase_add_test(all, an_address_is_removed_whatever_its_prefix);
	tcase_add_test(all, removing_one_address_leaves_its_neighbours);
	tcase_add_test(all, an_interface_that_does_not_exist_is_named);
	tcase_add_test(all, an_address_of_this_host_is_found_by_itself);
	tcase_add_test(all, addresses_that_come_and_go_are_news);
	tcase_add_test(all, carrier_and_interfaces_that_come_and_go_are_news);
	tcase_add_test(all, lost_news_are_told_as_lost);
	tcase_add_test(all, an_ipv4_address_is_announced_as_request_and_as_reply);
	tcase_add_test(all, an_ipv6_address_is_announced_to_all_nodes_and_all_routers);
	tcase_add_loop_test(all, another_station_that_only_answers_is_found_with_the_announcement,
	                    0, 2);
	tcase_add_loop_test(all, another_interface_of_this_host_is_no_other_station, 0, 2);
	tcase_add_test(all, an_announcement_without_link_is_a_loss_and_nothing_more);
	tcase_add_test(all, another_station_that_claims_the_address_is_heard);
	tcase_add_test(all, another_station_that_advertises_the_ipv6_address_is_heard);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
