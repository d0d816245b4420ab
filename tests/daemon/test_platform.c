/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of platform.h, on whatever system this was built for.
 */
#include "daemon/platform/platform.h"

#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/value.h"
#include "daemon/platform/self.h"

static struct address address_of(const char *text)
{
	struct address address;
	ck_assert_int_eq(value_address(text, &address, NULL), CODE_OK);
	return address;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in at;
	socklen_t length = sizeof at;
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &length), 0);
	return ntohs(at.sin_port);
}

START_TEST(the_clock_never_goes_back)
{
	struct instant before = platform_now();
	for (int i = 0; i < 10000; i++) {
		struct instant now = platform_now();
		ck_assert(!instant_before(now, before));
		before = now;
	}
	ck_assert(instant_before(INSTANT_PAST, before));
	ck_assert(instant_before(before, INSTANT_NEVER));
}
END_TEST

/* A time daemon may slew it meanwhile, but by no more than a tenth. */
START_TEST(the_clock_keeps_beside_the_oscillator_of_the_host)
{
	const struct instant begin = platform_now();
	const struct span before = platform_behind();
	while (instant_since(platform_now(), begin).ns < span_ms(50).ns)
		;
	const struct span lost = {platform_behind().ns - before.ns};
	const struct span limit = span_divided(instant_since(platform_now(), begin), 5);
	ck_assert_int_lt(lost.ns, limit.ns);
	ck_assert_int_gt(lost.ns, -limit.ns);
}
END_TEST

START_TEST(a_boot_has_one_identity)
{
	struct boot a = {{0}}, b = {{0}};
	const struct boot none = {{0}};
	ck_assert_int_eq(platform_boot(&a, NULL), CODE_OK);
	ck_assert_int_eq(platform_boot(&b, NULL), CODE_OK);
	ck_assert_mem_eq(&a, &b, sizeof a);
	ck_assert_mem_ne(&a, &none, sizeof a);
}
END_TEST

START_TEST(a_socket_does_not_block_and_is_not_inherited)
{
	struct address loopback = address_of("127.0.0.1");
	int fd = -1;
	ck_assert_int_eq(platform_udp_open(&loopback, 0, DSCP_DEFAULT, &fd, NULL), CODE_OK);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	close(fd);
}
END_TEST

START_TEST(a_taken_port_is_an_error_that_names_it)
{
	struct address loopback = address_of("127.0.0.1");
	struct error error;
	char port[16];
	int first = -1, second = -1;
	ck_assert_int_eq(platform_udp_open(&loopback, 0, DSCP_DEFAULT, &first, NULL), CODE_OK);
	snprintf(port, sizeof port, "%u", port_of(first));
	ck_assert_int_eq(
	    platform_udp_open(&loopback, port_of(first), DSCP_DEFAULT, &second, &error),
	    CODE_EXISTS);
	ck_assert_ptr_nonnull(strstr(error.text, port));
	ck_assert_int_eq(second, -1);
	ck_assert_int_eq(platform_check_port(&loopback, port_of(first), &error), CODE_EXISTS);
	uint16_t free_port = port_of(first);
	close(first);
	ck_assert_int_eq(platform_check_port(&loopback, free_port, &error), CODE_OK);
}
END_TEST

START_TEST(a_socket_may_wait_for_an_address_that_is_not_there_yet)
{
	struct address v4 = address_of("192.0.2.77"), v6 = address_of("2001:db8::77");
	int fd = -1;
	ck_assert_int_eq(platform_udp_open(&v4, 0, DSCP_DEFAULT, &fd, NULL), CODE_OK);
	close(fd);
	ck_assert_int_eq(platform_udp_open(&v6, 0, DSCP_DEFAULT, &fd, NULL), CODE_OK);
	close(fd);
	ck_assert_int_eq(platform_check_port(&v4, 7360, NULL), CODE_NOT_FOUND);
}
END_TEST

/* What a datagram asks the networks for, as the other end reads it. */
static int class_of(int from, int family)
{
	struct sockaddr_storage to;
	socklen_t length = sizeof to;
	const int yes = 1;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec into = {&byte, 1};
	struct msghdr message = {.msg_iov = &into,
	                         .msg_iovlen = 1,
	                         .msg_control = &control,
	                         .msg_controllen = sizeof control};
	ck_assert_int_eq(getsockname(from, (struct sockaddr *)&to, &length), 0);
	if (family == AF_INET)
		ck_assert_int_eq(setsockopt(from, IPPROTO_IP, IP_RECVTOS, &yes, sizeof yes), 0);
	else
		ck_assert_int_eq(setsockopt(from, IPPROTO_IPV6, IPV6_RECVTCLASS, &yes, sizeof yes),
		                 0);
	ck_assert_int_eq(sendto(from, "x", 1, 0, (const struct sockaddr *)&to, length), 1);
	ck_assert_int_eq(recvmsg(from, &message, MSG_DONTWAIT), 1);
	ck_assert_ptr_nonnull(CMSG_FIRSTHDR(&message));
	return *(const unsigned char *)CMSG_DATA(CMSG_FIRSTHDR(&message));
}

START_TEST(a_datagram_asks_networks_for_its_class)
{
	static const char *const loopbacks[] = {"127.0.0.1", "::1"};
	static const uint8_t classes[] = {DSCP_DEFAULT, 0, 46, DSCP_MAX};
	struct address loopback = address_of(loopbacks[_i]);
	for (size_t i = 0; i < sizeof classes; i++) {
		int fd = -1;
		ck_assert_int_eq(platform_udp_open(&loopback, 0, classes[i], &fd, NULL), CODE_OK);
		ck_assert_int_eq(class_of(fd, loopback.family), classes[i] << 2);
		close(fd);
	}
}
END_TEST

static bool arrives(int fd, const void *bytes, size_t length)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port_of(fd))};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int from = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char got[2048];
	ck_assert_int_eq(sendto(from, bytes, length, 0, (const struct sockaddr *)&to, sizeof to),
	                 (ssize_t)length);
	close(from);
	/* Loopback delivers before sendto returns. */
	return recv(fd, got, sizeof got, MSG_DONTWAIT) == (ssize_t)length;
}

START_TEST(a_filter_passes_only_what_has_the_bytes_in_their_place)
{
	struct address loopback = address_of("127.0.0.1");
	const struct datagram_match matches[] = {
	    {.offset = 0, .length = 4, .bytes = "FOVD"},
	    {.offset = 6, .length = 7, .bytes = {1, 2, 3, 4, 5, 6, 7}},
	};
	int fd = -1;
	ck_assert_int_eq(platform_udp_open(&loopback, 0, DSCP_DEFAULT, &fd, NULL), CODE_OK);
	ck_assert(arrives(fd, "junk", 4));
	ck_assert_int_eq(platform_udp_filter(fd, matches, 2, 100, NULL), CODE_OK);
	char datagram[101] = "FOVDxx\1\2\3\4\5\6\7";
	ck_assert(arrives(fd, datagram, 100));
	ck_assert(arrives(fd, datagram, 13));
	ck_assert(!arrives(fd, datagram, 101)); /* too long */
	ck_assert(!arrives(fd, datagram, 12));  /* ends within the bytes */
	ck_assert(!arrives(fd, datagram, 0));
	for (int i = 0; i < 13; i++) {
		if (i == 4 || i == 5)
			continue;
		datagram[i] ^= 1;
		ck_assert_msg(!arrives(fd, datagram, 100), "byte %d", i);
		datagram[i] ^= 1;
	}
	ck_assert_int_eq(platform_udp_filter(fd, matches, DATAGRAM_MATCHES_MAX + 1, 100, NULL),
	                 CODE_TOO_LARGE);
	close(fd);
}
END_TEST

START_TEST(a_peer_is_who_the_system_says)
{
	int ends[2];
	struct peer_credentials peer;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(platform_peer(ends[0], &peer, NULL), CODE_OK);
	ck_assert_int_eq(peer.pid, getpid());
	ck_assert_uint_eq(peer.user, geteuid());
	ck_assert_uint_eq(peer.group, getegid());
	ck_assert_uint_le(peer.group_count, PEER_GROUPS_MAX);
	close(ends[0]);
	close(ends[1]);
	ck_assert_int_ne(platform_peer(-1, &peer, NULL), CODE_OK);
}
END_TEST

START_TEST(users_and_groups_are_found_by_name)
{
	struct user user;
	struct error error;
	uint32_t group = 99;
	ck_assert_int_eq(platform_user("root", &user, &error), CODE_OK);
	ck_assert_uint_eq(user.id, 0);
	ck_assert_uint_ge(user.group_count, 1);
	ck_assert_int_eq(platform_group("root", &group, &error), CODE_OK);
	ck_assert_uint_eq(group, 0);
	ck_assert_int_eq(platform_user("no-such-user", &user, &error), CODE_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(error.text, "no-such-user"));
	ck_assert_int_eq(platform_group("no-such-group", &group, &error), CODE_NOT_FOUND);
}
END_TEST

START_TEST(a_secret_others_can_read_is_refused_with_advice)
{
	char path[] = "/tmp/failoverd-secret-XXXXXX";
	struct error error;
	int fd = mkstemp(path);
	ck_assert_int_eq(platform_check_secret(path, &error), CODE_OK);
	ck_assert_int_eq(fchmod(fd, 0640), 0);
	ck_assert_int_eq(platform_check_secret(path, &error), CODE_DENIED);
	ck_assert_ptr_nonnull(strstr(error.text, "chmod 600"));
	ck_assert_int_eq(fchmod(fd, 0400), 0);
	ck_assert_int_eq(platform_check_secret(path, &error), CODE_OK);
	close(fd);
	unlink(path);
	ck_assert_int_eq(platform_check_secret(path, &error), CODE_NOT_FOUND);
	ck_assert_int_eq(platform_check_secret("/tmp", &error), CODE_INVALID);
}
END_TEST

START_TEST(what_is_kept_from_children_is_zero_in_them_and_stays_here)
{
	enum { SECRET_BYTES = 100 };
	ck_assert_int_ge(sodium_init(), 0);
	uint8_t *secret = sodium_malloc(SECRET_BYTES);
	int status = 0;
	platform_keep_from_children(secret, SECRET_BYTES);
	memset(secret, 7, SECRET_BYTES);
	int pid = fork();
	if (pid == 0)
		_exit(sodium_is_zero(secret, SECRET_BYTES) == 1 ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(secret[SECRET_BYTES - 1], 7);
	sodium_free(secret);
}
END_TEST

START_TEST(questions_about_this_host_have_an_answer)
{
	struct error error = {.text = ""};
	enum code code = platform_check_groups(&error);
	ck_assert(code == CODE_OK || (code == CODE_UNSUPPORTED && error.text[0] != '\0'));
}
END_TEST

START_TEST(a_right_is_had_or_named_also_of_another_process)
{
	struct error error;
	int pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	for (enum right right = 0; right < RIGHTS; right++) {
		enum code code = platform_check_right(0, right, &error);
		ck_assert(code == CODE_OK || code == CODE_DENIED);
		ck_assert(code == CODE_OK || strstr(error.text, "CAP_") != NULL);
		ck_assert_int_eq(platform_check_right(pid, right, &error), code);
	}
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(platform_check_right(pid, RIGHT_GATE, &error), CODE_SYSTEM);
	if (geteuid() != 0)
		return;
	/* As an ordinary user, of this process of its own only. */
	ck_assert_int_eq(setuid(65534), 0);
	ck_assert_int_eq(platform_check_right(0, RIGHT_ADDRESSES, &error), CODE_DENIED);
	ck_assert_ptr_nonnull(strstr(error.text, "CAP_NET_ADMIN, CAP_NET_RAW missing"));
}
END_TEST

/* As the unit of systemd has it: root's, and readable for the group of the daemon. */
START_TEST(a_secret_of_root_may_be_readable_for_the_group_of_the_daemon)
{
	enum { GROUP = 12345, STRANGER = 12346, NOBODY = 65534 };
	char path[] = "/tmp/failoverd-secret-XXXXXX";
	struct error error;
	if (geteuid() != 0)
		return;
	int fd = mkstemp(path);
	ck_assert_int_eq(fchown(fd, 0, GROUP), 0);
	ck_assert_int_eq(fchmod(fd, 0640), 0);
	ck_assert_int_eq(platform_check_secret(path, &error), CODE_DENIED);
	ck_assert_int_eq(setegid(GROUP), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_int_eq(platform_check_secret(path, &error), CODE_OK);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(fchmod(fd, 0660), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_int_eq(platform_check_secret(path, &error), CODE_DENIED);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(fchmod(fd, 0640), 0);
	ck_assert_int_eq(setegid(STRANGER), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_int_eq(platform_check_secret(path, &error), CODE_DENIED);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(fchown(fd, NOBODY, GROUP), 0);
	ck_assert_int_eq(setegid(GROUP), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	ck_assert_int_eq(platform_check_secret(path, &error), CODE_DENIED);
	ck_assert_int_eq(seteuid(0), 0);
	close(fd);
	unlink(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("platform");
	TCase *all = tcase_create("all");
	tcase_add_test(all, the_clock_never_goes_back);
	tcase_add_test(all, the_clock_keeps_beside_the_oscillator_of_the_host);
	tcase_add_test(all, a_boot_has_one_identity);
	tcase_add_test(all, a_socket_does_not_block_and_is_not_inherited);
	tcase_add_test(all, a_taken_port_is_an_error_that_names_it);
	tcase_add_test(all, a_socket_may_wait_for_an_address_that_is_not_there_yet);
	tcase_add_loop_test(all, a_datagram_asks_networks_for_its_class, 0, 2);
	tcase_add_test(all, a_filter_passes_only_what_has_the_bytes_in_their_place);
	tcase_add_test(all, a_peer_is_who_the_system_says);
	tcase_add_test(all, users_and_groups_are_found_by_name);
	tcase_add_test(all, a_secret_others_can_read_is_refused_with_advice);
	tcase_add_test(all, a_secret_of_root_may_be_readable_for_the_group_of_the_daemon);
	tcase_add_test(all, what_is_kept_from_children_is_zero_in_them_and_stays_here);
	tcase_add_test(all, questions_about_this_host_have_an_answer);
	tcase_add_test(all, a_right_is_had_or_named_also_of_another_process);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
