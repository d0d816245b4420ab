/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real fence_ipmilan against a simulated BMC, over loopback. Skipped where fence-agents,
 * ipmitool or openipmi's ipmi_sim are not installed.
 */
#include "daemon/fence/levels.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/daemon/fence_fixture.h"

enum { SKIPPED = 77, TIMEOUT_MS = 30000, PATIENCE_MS = 60000, PINGS_MAX = 100 };

static const char SIMULATOR[] = "/usr/bin/ipmi_sim";

static const char lan_conf[] =
    "name \"bmc\"\n"
    "set_working_mc 0x20\n"
    "  startlan 1\n"
    "    addr 127.0.0.1 %u\n"
    "    priv_limit admin\n"
    "    allowed_auths_callback none md2 md5 straight\n"
    "    allowed_auths_user none md2 md5 straight\n"
    "    allowed_auths_operator none md2 md5 straight\n"
    "    allowed_auths_admin none md2 md5 straight\n"
    "    guid a123456789abcdefa123456789abcdef\n"
    "  endlan\n"
    "  chassis_control \"%s 0x20\"\n"
    "  user 1 true \"\" \"test\" user 10 none md2 md5 straight\n"
    "  user 2 true \"admin\" \"swordfish\" admin 10 none md2 md5 straight\n";

static const char emulation[] = "mc_setbmc 0x20\n"
				"mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\n"
				"mc_enable 0x20\n";

/* The machine behind the BMC is a file with 1 or 0. One that lies takes the order and stays on. */
static const char chassis[] = "#!/bin/sh\n"
			      "power=$(dirname \"$0\")/power\n"
			      "case \"$2 $3\" in\n"
			      "'get power') echo \"power:$(cat \"$power\")\" ;;\n"
			      "'set power') %s ;;\n"
			      "get*) echo \"$3:default\" ;;\n"
			      "esac\n";

struct bmc {
	struct fence_fixture *lab;
	struct config_fence *fence;
	pid_t pid;
	uint16_t port;
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons(port),
	                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static uint16_t free_port(void)
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	close(fd);
	return ntohs(address.sin_port);
}

/* Until it answers a presence ping. */
static void wait_for_bmc(const struct bmc *bmc)
{
	static const uint8_t ping[] = {6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 0, 0, 0};
	struct sockaddr_in address = loopback(bmc->port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd answer = {.fd = fd, .events = POLLIN};
	uint8_t bytes[64];
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	for (unsigned i = 0;; i++) {
		ck_assert_msg(i < PINGS_MAX, "ipmi_sim does not answer");
		ssize_t sent = send(fd, ping, sizeof ping, 0);
		if (sent > 0 && poll(&answer, 1, 200) > 0 && recv(fd, bytes, sizeof bytes, 0) > 0)
			break;
		poll(NULL, 0, 20); /* refused, which is told at once: there is none yet */
	}
	close(fd);
}

static pid_t start_simulator(const char *directory)
{
	pid_t parent = getpid(), pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || chdir(directory) != 0 || mkdir("state", 0700) != 0)
		_exit(SKIPPED);
	if (freopen("/dev/null", "r", stdin) == NULL || freopen("/dev/null", "w", stdout) == NULL ||
	    freopen("/dev/null", "w", stderr) == NULL)
		_exit(SKIPPED);
	execl(SIMULATOR, "ipmi_sim", "-c", "lan.conf", "-f", "emu", "-s", "state", "-n",
	      (char *)NULL);
	_exit(SKIPPED);
}

static struct bmc open_bmc(const char *on_set, const char *password)
{
	struct bmc bmc = {.lab = fence_fixture_open(), .port = free_port()};
	char text[2048], port[8], path[256];
	snprintf(text, sizeof text, chassis, on_set);
	snprintf(path, sizeof path, "%s", fence_fixture_file(bmc.lab, "chassis", text, 0700));
	snprintf(text, sizeof text, lan_conf, bmc.port, path);
	fence_fixture_file(bmc.lab, "lan.conf", text, 0600);
	fence_fixture_file(bmc.lab, "emu", emulation, 0600);
	fence_fixture_file(bmc.lab, "power", "1", 0600);
	bmc.pid = start_simulator(bmc.lab->directory);
	ck_assert_int_gt(bmc.pid, 0);
	wait_for_bmc(&bmc);
	bmc.fence = fence_fixture_agent(bmc.lab, BETA, "fence_ipmilan", TIMEOUT_MS);
	snprintf(port, sizeof port, "%u", bmc.port);
	fence_fixture_option(bmc.fence, "ip", "127.0.0.1");
	fence_fixture_option(bmc.fence, "ipport", port);
	fence_fixture_option(bmc.fence, "username", "admin");
	fence_fixture_option(bmc.fence, "password_file",
	                     fence_fixture_file(bmc.lab, "secret", password, 0600));
	fence_fixture_option(bmc.fence, "lanplus", "1");
	fence_fixture_option(bmc.fence, "cipher", "3");
	fence_fixture_option(bmc.fence, "verbose", "1");
	return bmc;
}

static void stop_simulator(struct bmc *bmc)
{
	if (bmc->pid == 0)
		return;
	kill(bmc->pid, SIGKILL);
	ck_assert_int_eq(waitpid(bmc->pid, NULL, 0), bmc->pid);
	bmc->pid = 0;
}

static void close_bmc(struct bmc *bmc)
{
	static const char *const directories[] = {"state/ipmi_sim/bmc", "state/ipmi_sim", "state"};
	char path[256];
	stop_simulator(bmc);
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
		snprintf(path, sizeof path, "%s/%s", bmc->lab->directory, directories[i]);
		rmdir(path);
	}
	ck_assert_ptr_null(strstr(bmc->lab->said, "swordfish"));
	ck_assert_ptr_null(strstr(bmc->lab->text, "swordfish"));
	fence_fixture_close(bmc->lab);
}

static void run(struct bmc *bmc, bool is_off)
{
	fence_fixture_start(bmc->lab, BETA);
	fence_fixture_until_ended(bmc->lab, bmc->lab->ended + 1, PATIENCE_MS);
	printf("%lld ms: %s\n", (long long)(bmc->lab->result.took.ns / 1000000), bmc->lab->text);
	ck_assert_msg(bmc->lab->result.is_off == is_off, "%s\n%s", bmc->lab->text, bmc->lab->said);
}

START_TEST(machine_behind_a_bmc_is_switched_off_and_that_is_verified)
{
	struct bmc bmc = open_bmc("echo \"$4\" >\"$power\"", "swordfish\n");
	run(&bmc, true);
	ck_assert_str_eq(fence_fixture_read(bmc.lab, "power"), "0\n");
	run(&bmc, true); /* it is off already */
	close_bmc(&bmc);
}
END_TEST

START_TEST(bmc_with_another_password_leaves_the_machine_on)
{
	struct bmc bmc = open_bmc("echo \"$4\" >\"$power\"", "goldfish\n");
	run(&bmc, false);
	ck_assert_str_eq(fence_fixture_read(bmc.lab, "power"), "1");
	close_bmc(&bmc);
}
END_TEST

START_TEST(bmc_that_lost_power_with_its_machine_confirms_nothing)
{
	struct bmc bmc = open_bmc("true", "swordfish\n");
	stop_simulator(&bmc);
	bmc.fence->timeout = span_ms(3000);
	run(&bmc, false);
	ck_assert_int_lt(bmc.lab->result.took.ns, span_ms(5000).ns);
	close_bmc(&bmc);
}
END_TEST

/* Fault 64: the machine stays on. */
START_TEST(bmc_that_takes_the_order_and_does_nothing_confirms_nothing)
{
	struct bmc bmc = open_bmc("true", "swordfish\n");
	fence_fixture_option(bmc.fence, "power_timeout", "2");
	run(&bmc, false);
	close_bmc(&bmc);
}
END_TEST

int main(void)
{
	char path[CONFIG_PATH_BYTES];
	if (agent_find("fence_ipmilan", path, NULL) != CODE_OK ||
	    agent_find("ipmitool", path, NULL) != CODE_OK || access(SIMULATOR, X_OK) != 0) {
		printf("skipped: fence_ipmilan, ipmitool or ipmi_sim is not installed\n");
		return SKIPPED;
	}
	Suite *suite = suite_create("fence_ipmilan");
	TCase *tcase = tcase_create("fence_ipmilan");
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, machine_behind_a_bmc_is_switched_off_and_that_is_verified);
	tcase_add_test(tcase, bmc_with_another_password_leaves_the_machine_on);
	tcase_add_test(tcase, bmc_that_lost_power_with_its_machine_confirms_nothing);
	tcase_add_test(tcase, bmc_that_takes_the_order_and_does_nothing_confirms_nothing);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
