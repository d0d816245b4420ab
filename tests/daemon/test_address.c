/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the address of a role is to its host: never the host's own, removed under any name of its
 * interface, and nothing that takes others along. Real interfaces in a network of the test's own.
 */
#include "daemon/platform/network.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/value.h"
#include "tests/daemon/net_fixture.h"

static const char PROMOTE[] = "/proc/sys/net/ipv4/conf/left0/promote_secondaries";

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
	FILE *promote = fopen(PROMOTE, "we");
	ck_assert(promote != NULL && fputs("0", promote) >= 0 && fclose(promote) == 0);
	ck_assert_msg(network_open(&network, &error) == CODE_OK, "%s", error.text);
	return network;
}

static void must_add(struct network *network, const struct network_address *address)
{
	struct error error;
	enum code code = network_add(network, address, NETWORK_FOR_EVER, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
}

static void must_remove(struct network *network, const struct network_address *address)
{
	struct error error;
	bool present = true;
	enum code code = network_remove(network, address, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
	ck_assert_int_eq(network_present(network, address, &present, NULL), CODE_OK);
	ck_assert(!present);
}

/* From which address the host would talk to `to`. */
static const char *source_for(const char *to)
{
	static char text[INET6_ADDRSTRLEN];
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(9)};
	bool is_four = inet_pton(AF_INET, to, &four.sin_addr) == 1;
	int fd = socket(is_four ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (!is_four)
		ck_assert_int_eq(inet_pton(AF_INET6, to, &six.sin6_addr), 1);
	struct sockaddr *end = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t length = is_four ? sizeof four : sizeof six;
	ck_assert_msg(connect(fd, end, length) == 0, "no way to %s", to);
	ck_assert_int_eq(getsockname(fd, end, &length), 0);
	close(fd);
	const void *at = is_four ? (const void *)&four.sin_addr : (const void *)&six.sin6_addr;
	return inet_ntop(is_four ? AF_INET : AF_INET6, at, text, sizeof text);
}

/* Fault 35: the host's own address is taken away and put back behind that of the role. */
START_TEST(the_host_never_talks_from_the_address_of_a_role)
{
	static const struct {
		const char *role, *add, *to;
	} rows[] = {
	    {"10.9.0.100/24", "10.9.0.1/24", "10.9.0.2"},
	    {"10.9.0.100/32", "10.9.0.1/24", "10.9.0.2"},
	    {"10.9.0.100/16", "10.9.0.1/24", "10.9.0.2"},
	    {"10.9.0.100/25", "10.9.0.1/24", "10.9.0.2"},
	    {"10.9.0.100/24", "10.9.0.1/24", "10.8.0.2"}, /* a route without a source */
	    {"fd00:9::100/64", "fd00:9::1/64", "fd00:9::2"},
	    {"fd00:9::100/48", "fd00:9::1/64", "fd00:9::2"},
	    {"fd00:9::100/128", "fd00:9::1/64", "fd00:9::2"},
	    {"fd00:9::100/64", "fd00:9::1/64",
	     "fd00:9::101"}, /* more bits in common with the role */
	};
	struct network *network = open_lab();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct network_address address = on_left(rows[i].role);
		char words[128], own[64];
		must_add(network, &address);
		bool is_six = address.address.family == AF_INET6;
		snprintf(words, sizeof words, "address add %s dev left0%s", rows[i].add,
		         is_six ? " nodad" : "");
		net_fixture_ip(words);
		net_fixture_ip("route replace 10.8.0.0/16 dev left0");
		must_add(network, &address); /* as is done whenever the host's own change */
		snprintf(own, sizeof own, "%.*s", (int)strcspn(rows[i].add, "/"), rows[i].add);
		ck_assert_msg(strcmp(source_for(rows[i].to), own) == 0, "%s to %s from %s",
		              rows[i].role, rows[i].to, source_for(rows[i].to));
		must_remove(network, &address);
		ck_assert_str_eq(source_for(rows[i].to), own); /* and it stays */
		snprintf(words, sizeof words, "address del %s dev left0", rows[i].add);
		net_fixture_ip(words);
	}
	network_close(network);
}
END_TEST

START_TEST(the_network_of_an_address_is_reached_where_the_host_has_no_other)
{
	struct network *network = open_lab();
	struct network_address first = on_left("10.9.0.100/24"), second = on_left("10.9.0.101/24");
	must_add(network, &first);
	must_add(network, &second);
	ck_assert(net_fixture_ip_says("route get 10.9.0.2 from 10.9.0.100", "dev left0"));
	net_fixture_ip("address add 10.9.0.1/24 dev left0");
	must_add(network, &first);
	ck_assert(!net_fixture_ip_says("route show", "src 10.9.0.100"));
	net_fixture_ip("address del 10.9.0.1/24 dev left0");
	must_add(network, &first);
	ck_assert(net_fixture_ip_says("route get 10.9.0.2 from 10.9.0.100", "dev left0"));
	must_remove(network, &first);
	ck_assert(net_fixture_ip_says("route get 10.9.0.2 from 10.9.0.101", "dev left0"));
	/* The kernel forgets the route with the link. */
	net_fixture_ip("link set left0 down");
	must_add(network, &second);
	net_fixture_ip("link set left0 up");
	must_add(network, &second);
	ck_assert(net_fixture_ip_says("route get 10.9.0.2 from 10.9.0.101", "dev left0"));
	must_remove(network, &second);
	ck_assert(!net_fixture_ip_says("route show", "10.9.0.0/24"));
	network_close(network);
}
END_TEST

static void make_sysctls_read_only(void)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL) != 0 ||
	    mount(NULL, "/proc/sys", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
		return;
	ck_assert_ptr_null(fopen(PROMOTE, "we"));
}

/* Fault 22: somebody configured the role's address as the first of the interface. */
START_TEST(removing_an_address_somebody_else_added_first_leaves_the_hosts_own)
{
	struct network *network = open_lab();
	struct network_address address = on_left("10.9.0.100/24");
	net_fixture_ip("address add 10.9.0.100/24 dev left0");
	net_fixture_ip("address add 10.9.0.1/24 dev left0");
	make_sysctls_read_only();
	must_remove(network, &address);
	ck_assert(net_fixture_ip_says("address show dev left0", "10.9.0.1/24"));
	ck_assert(net_fixture_ip_says("route show", "10.9.0.0/24"));
	network_close(network);
}
END_TEST

START_TEST(an_address_is_removed_under_whatever_name_its_interface_has)
{
	static const char *const texts[] = {"10.9.0.100/24", "fd00:9::100/64"};
	struct network *network = open_lab();
	net_fixture_ip("link add spare0 type veth peer name spare1");
	for (int i = 0; i < 2; i++) {
		struct network_address address = on_left(texts[i]);
		address.index = network_index(network, "left0");
		must_add(network, &address);
		net_fixture_ip("link set left0 name other0");
		must_remove(network, &address);
		net_fixture_ip("link set other0 name left0");
		must_add(network, &address);
		net_fixture_ip("link set left0 name other0"); /* swapped */
		net_fixture_ip("link set spare0 name left0");
		must_remove(network, &address);
		net_fixture_ip("link set left0 name spare0");
		net_fixture_ip("link set other0 name left0");
		char words[64];
		snprintf(words, sizeof words, "address add %s dev lo", texts[i]);
		net_fixture_ip(words);
		must_remove(network, &address);
	}
	network_close(network);
}
END_TEST

START_TEST(an_interface_has_the_same_index_under_its_alternative_name)
{
	struct network *network = open_lab();
	struct network_link link;
	unsigned index = network_index(network, "left0");
	net_fixture_ip("link property add dev left0 altname uplink");
	ck_assert_uint_eq(network_index(network, "uplink"), index);
	ck_assert_int_eq(network_link(network, "uplink", &link), LINK_UP);
	ck_assert_uint_eq(link.index, index);
	ck_assert_str_eq(link.interface, "left0");
	struct network_address address = on_left("10.9.0.100/24");
	snprintf(address.interface, sizeof address.interface, "uplink");
	must_add(network, &address);
	ck_assert(net_fixture_ip_says("address show dev left0", "10.9.0.100"));
	ck_assert_int_eq(network_announce(network, &address, NULL), CODE_OK);
	network_close(network);
}
END_TEST

START_TEST(a_part_of_a_bridge_is_known_as_such)
{
	struct network *network = open_lab();
	struct network_link link;
	net_fixture_ip("link add br0 type bridge");
	net_fixture_ip("link set left0 master br0");
	(void)network_link(network, "left0", &link);
	ck_assert(link.is_part);
	ck_assert_uint_eq(link.master, network_index(network, "br0"));
	net_fixture_ip("link set left0 nomaster");
	(void)network_link(network, "left0", &link);
	ck_assert(!link.is_part && link.master == 0);
	network_close(network);
}
END_TEST

static bool has_own(struct network *network, uint8_t family)
{
	bool has = false;
	ck_assert_int_eq(
	    network_has_own(network, network_index(network, "left0"), family, &has, NULL), CODE_OK);
	return has;
}

START_TEST(an_address_of_a_role_is_none_of_the_hosts_own)
{
	struct network *network = open_lab();
	struct network_address four = on_left("10.9.0.100/24"), six = on_left("fd00:9::100/64");
	must_add(network, &four);
	must_add(network, &six);
	ck_assert(!has_own(network, AF_INET) && !has_own(network, AF_INET6));
	net_fixture_ip("address add 10.9.0.1/24 dev left0");
	ck_assert(has_own(network, AF_INET) && !has_own(network, AF_INET6));
	net_fixture_ip("address add fd00:9::1/64 dev left0");
	ck_assert(has_own(network, AF_INET6));
	net_fixture_ip("address del 10.9.0.1/24 dev left0");
	ck_assert(!has_own(network, AF_INET));
	network_close(network);
}
END_TEST

int main(void)
{
	int skipped = net_fixture_skip("test_address");
	if (skipped != 0)
		return skipped;
	Suite *suite = suite_create("address");
	TCase *all = tcase_create("all");
	tcase_set_timeout(all, 30);
	tcase_add_test(all, the_host_never_talks_from_the_address_of_a_role);
	tcase_add_test(all, the_network_of_an_address_is_reached_where_the_host_has_no_other);
	tcase_add_test(all, removing_an_address_somebody_else_added_first_leaves_the_hosts_own);
	tcase_add_test(all, an_address_is_removed_under_whatever_name_its_interface_has);
	tcase_add_test(all, an_interface_has_the_same_index_under_its_alternative_name);
	tcase_add_test(all, a_part_of_a_bridge_is_known_as_such);
	tcase_add_test(all, an_address_of_a_role_is_none_of_the_hosts_own);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
