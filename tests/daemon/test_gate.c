/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gate from its first opening to its removal, with real interfaces. Where a test has two forms,
 * the second is that of kernels before 6.6.
 */
#include "daemon/platform/gate.h"

#include <check.h>
#include <dirent.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/platform/platform.h"
#include "tests/daemon/gate_fixture.h"
#include "tests/daemon/net_fixture.h"

enum { NOBODY = 65534, PATH_BYTES = 256 };

static const char four[] = "10.9.0.100", six[] = "fd00:9::100";

START_TEST(a_gate_outlives_its_process_and_is_found_again)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	gate_fixture_close_now(gate);
	ck_assert(gate_fixture_answers_none(&lab, four));
	gate_close(gate);
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	gate = gate_fixture_open(&lab);
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	ck_assert_uint_eq(gate_dropped(gate, GATELAB_SLOT), QUESTIONS * 5);
	gate_fixture_guard(gate);
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	gate_pass(gate, GATELAB_SLOT);
	ck_assert(gate_fixture_answers_all(&lab, four) && gate_fixture_answers_all(&lab, six));
	gate_fixture_end(&lab, gate);
}
END_TEST

static bool is_file(const struct gate_fixture *lab, const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof path, "/sys/fs/bpf/failoverd/%s/%s", lab->name, name);
	return access(path, F_OK) == 0;
}

static bool is_covered(const struct gate_fixture *lab, const char *interface)
{
	static const char *const kinds[] = {"link-in", "link-out", "filter-in", "filter-out"};
	char name[32];
	bool is_any = false;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		(void)snprintf(name, sizeof name, "%s-%u", kinds[i], if_nametoindex(interface));
		is_any = is_any || is_file(lab, name);
	}
	return is_any;
}

START_TEST(what_the_present_configuration_lacks_is_let_go)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	const struct network_address address = gate_fixture_address(six);
	ck_assert_int_eq(gate_cover(gate, if_nametoindex("right0"), NULL), CODE_OK);
	gate_fixture_close_now(gate);
	gate_close(gate);
	gate = gate_fixture_open(&lab);
	ck_assert_int_eq(gate_guard(gate, &address, GATELAB_SLOT, NULL), CODE_OK);
	ck_assert(is_covered(&lab, "left0") && is_covered(&lab, "right0"));
	ck_assert_int_eq(gate_forget_rest(gate, NULL), CODE_OK);
	ck_assert(is_covered(&lab, "left0") && !is_covered(&lab, "right0"));
	ck_assert(gate_fixture_answers_all(&lab, four) && gate_fixture_answers_none(&lab, six));
	ck_assert_int_eq(gate_unguard(gate, &address.address, NULL), CODE_OK);
	ck_assert_int_eq(gate_unguard(gate, &address.address, NULL), CODE_OK);
	ck_assert(gate_fixture_answers_all(&lab, six));
	gate_fixture_end(&lab, gate);
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
		ck_assert_int_eq(gate_fixture_run(questions[i], output, sizeof output), 0);
		found = found || strstr(output, "failoverd") != NULL ||
		        strstr(output, "clsact") != NULL || strstr(output, "bpf") != NULL;
	}
	return found;
}

/* The file in which a program is kept; its number, which changes when it is made anew. */
static ino_t program_file(const struct gate_fixture *lab, char path[PATH_BYTES])
{
	char directory[PATH_BYTES / 2];
	struct stat facts = {.st_ino = 0};
	(void)snprintf(directory, sizeof directory, "/sys/fs/bpf/failoverd/%s", lab->name);
	DIR *stream = opendir(directory);
	ck_assert_ptr_nonnull(stream);
	path[0] = '\0';
	for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
		if (strncmp(entry->d_name, "program-in-", 11) != 0)
			continue;
		ck_assert_msg(path[0] == '\0', "two programs are kept");
		(void)snprintf(path, PATH_BYTES, "%s/%.60s", directory, entry->d_name);
	}
	(void)closedir(stream);
	ck_assert_msg(path[0] != '\0', "no program is kept");
	ck_assert_int_eq(stat(path, &facts), 0);
	return facts.st_ino;
}

/* Verifying it costs milliseconds at a priority that keeps ordinary processes waiting. */
START_TEST(the_next_life_takes_the_loaded_program_and_no_other_one)
{
	struct gate_fixture lab;
	char path[PATH_BYTES], other[PATH_BYTES];
	gate_close(gate_fixture_stand(&lab, _i));
	ino_t first = program_file(&lab, path);
	gate_close(gate_fixture_open(&lab));
	ck_assert_uint_eq(program_file(&lab, other), first);

	/* As if another version had left it. */
	(void)snprintf(other, sizeof other, "%.*s0123", (int)strlen(path) - 4, path);
	ck_assert_int_eq(rename(path, other), 0);
	gate_close(gate_fixture_open(&lab));
	ino_t second = program_file(&lab, other);
	ck_assert_str_eq(other, path);
	ck_assert_uint_ne(second, first);

	/* It writes to a map that is not the one which is kept. */
	(void)snprintf(other, sizeof other, "/sys/fs/bpf/failoverd/%s/slots", lab.name);
	ck_assert_int_eq(unlink(other), 0);
	struct gate *gate = gate_fixture_open(&lab);
	ck_assert_uint_ne(program_file(&lab, path), second);
	gate_fixture_guard(gate);
	gate_fixture_close_now(gate);
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	gate_fixture_end(&lab, gate);
}
END_TEST

START_TEST(an_address_moves_to_another_slot)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	const struct network_address address = gate_fixture_address(four);
	gate_fixture_close_now(gate);
	ck_assert_int_eq(gate_guard(gate, &address, GATELAB_SLOT + 1, NULL), CODE_OK);
	ck_assert(gate_fixture_answers_all(&lab, four) && gate_fixture_answers_none(&lab, six));
	gate_fixture_end(&lab, gate);
}
END_TEST

START_TEST(removing_leaves_nothing)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	gate_fixture_close_now(gate);
	ck_assert(is_file(&lab, ".") && (_i == 0 || is_trace()));
	gate_fixture_end(&lab, gate);
	ck_assert(!is_file(&lab, "."));
	ck_assert(!is_trace());
	ck_assert(gate_fixture_answers_all(&lab, four) && gate_fixture_answers_all(&lab, six));
	gate_fixture_remove(&lab);
}
END_TEST

START_TEST(removing_leaves_what_others_put_beside)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, 1);
	char output[4096];
	ck_assert_int_eq(
	    gate_fixture_run("tc filter add dev left0 ingress protocol ip prio 7 u32 match "
	                     "u32 0 0 classid 1:1",
	                     output, sizeof output),
	    0);
	gate_fixture_end(&lab, gate);
	ck_assert_int_eq(
	    gate_fixture_run("tc filter show dev left0 ingress", output, sizeof output), 0);
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
	int wire = net_fixture_listen("late0");
	for (int i = 0; i < 10 && gate_dropped(gate, GATELAB_SLOT) == dropped; i++) {
		net_fixture_send("far0", frame.bytes, frame.length);
		(void)net_fixture_receive(wire, bytes, sizeof bytes);
	}
	close(wire);
	return gate_dropped(gate, GATELAB_SLOT) > dropped;
}

START_TEST(an_interface_that_comes_back_is_guarded_again)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	const struct network_address late = {.address = gate_fixture_address(four).address,
	                                     .interface = "late0"};
	ck_assert_int_eq(gate_guard(gate, &late, GATELAB_SLOT, NULL), CODE_NOT_FOUND);
	for (int life = 0; life < 2; life++) {
		net_fixture_ip("link add late0 index 77 type veth peer name far0");
		ck_assert_int_eq(gate_guard(gate, &late, GATELAB_SLOT, NULL), CODE_OK);
		ck_assert_int_eq(gate_guard(gate, &late, GATELAB_SLOT, NULL), CODE_OK);
		net_fixture_ip("link set far0 up");
		net_fixture_ip("link set late0 up");
		gate_fixture_close_now(gate);
		ck_assert(drops_at_late(gate));
		net_fixture_ip("link del late0");
	}
	/* The gate of a vanished interface does not hinder the next life. */
	gate_close(gate);
	gate = gate_fixture_open(&lab);
	ck_assert_int_eq(gate_forget_rest(gate, NULL), CODE_OK);
	gate_fixture_end(&lab, gate);
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

START_TEST(three_capabilities_are_enough_and_none_is_refused)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	int status = 0;
	gate_close(gate);
	pid_t pid = fork();
	if (pid == 0) {
		struct error error = {.text = "capset"};
		if (!keep_capabilities(1U << CAP_NET_ADMIN,
		                       1U << (CAP_BPF - 32) | 1U << (CAP_PERFMON - 32)) ||
		    gate_probe(&error) != CODE_OK)
			_exit(puts(error.text) < 0 || fflush(stdout) == 0);
		gate_fixture_remove(&lab);
		gate = gate_fixture_open(&lab);
		gate_fixture_guard(gate);
		gate_fixture_close_now(gate);
		_exit(!keep_capabilities(0, 0) || gate_probe(&error) != CODE_DENIED);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	gate_fixture_remove(&lab);
}
END_TEST

static bool is_refused_alone(void)
{
	static const char root[] = "/sys/fs/bpf";
	return unshare(CLONE_NEWNS) == 0 && umount2(root, MNT_DETACH) == 0 &&
	       gate_probe(NULL) == CODE_UNSUPPORTED && mount("bpf", root, "bpf", 0, NULL) == 0 &&
	       gate_probe(NULL) == CODE_UNSUPPORTED;
}

/* The first process of its host, which sees what its children do not. */
static bool is_refused_below(void)
{
	int status = 0;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) != 0 || gate_probe(NULL) != CODE_OK)
		return false;
	pid_t pid = fork();
	if (pid == 0)
		_exit(!is_refused_alone());
	return waitpid(pid, &status, 0) == pid && status == 0;
}

/* The files of a gate there would end with the process, and the gate with them. */
START_TEST(a_file_system_of_this_process_alone_is_refused)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, 0);
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		pid_t first = unshare(CLONE_NEWPID | CLONE_NEWNS) == 0 ? fork() : -1;
		if (first == 0)
			_exit(!is_refused_below());
		_exit(first < 0 || waitpid(first, &status, 0) != first || status != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	gate_fixture_end(&lab, gate);
}
END_TEST

START_TEST(a_gate_of_another_shape_is_made_anew)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, _i);
	gate_close(gate);
	gate_fixture_spoil(&lab);
	gate = gate_fixture_open(&lab);
	gate_fixture_guard(gate);
	ck_assert(gate_fixture_answers_all(&lab, four));
	gate_fixture_close_now(gate);
	ck_assert(gate_fixture_answers_none(&lab, four) && gate_fixture_answers_none(&lab, six));
	gate_fixture_end(&lab, gate);
	ck_assert(!is_trace());
}
END_TEST

START_TEST(refusals_say_why)
{
	struct gate_fixture lab;
	struct gate *gate = NULL;
	struct error error;
	struct network_address address = {.address = gate_fixture_address(four).address};
	gate_fixture_enter(&lab, false);
	static const char *const bad[] = {"", "a.b", "../x", "a/b"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(gate_open(&gate, bad[i], &error), CODE_INVALID);
	gate = gate_fixture_open(&lab);
	(void)snprintf(address.interface, sizeof address.interface, "nil0");
	ck_assert_int_eq(gate_guard(gate, &address, 0, &error), CODE_NOT_FOUND);
	ck_assert_str_eq(error.text, "there is no interface nil0");
	net_fixture_ip("tuntap add dev tun0 mode tun");
	ck_assert_int_eq(gate_cover(gate, if_nametoindex("tun0"), &error), CODE_UNSUPPORTED);
	ck_assert_str_eq(error.text,
	                 "interface tun0 is no Ethernet: the packet gate cannot stand there");
	for (unsigned i = 0; i < GATE_ADDRESSES_MAX; i++) {
		address.address.bytes[3] = (uint8_t)i;
		(void)snprintf(address.interface, sizeof address.interface, "left0");
		ck_assert_int_eq(gate_guard(gate, &address, 0, &error), CODE_OK);
	}
	address.address.bytes[2] = 1;
	for (int life = 0; life < 2; life++) {
		/* Room that was given back is room. */
		ck_assert_int_eq(gate_guard(gate, &address, 0, &error), CODE_TOO_LARGE);
		const struct network_address first = gate_fixture_address("10.9.0.0");
		ck_assert_int_eq(gate_unguard(gate, &first.address, NULL), CODE_OK);
		ck_assert_int_eq(gate_guard(gate, &address, 0, &error), CODE_OK);
		ck_assert_int_eq(gate_unguard(gate, &address.address, NULL), CODE_OK);
		struct network_address again = first;
		ck_assert_int_eq(gate_guard(gate, &again, 0, &error), CODE_OK);
	}
	ck_assert_int_eq(gate_guard(gate, &address, 0, &error), CODE_TOO_LARGE);
	ck_assert_str_eq(error.text, "the packet gate cannot guard 10.9.1.255: it guards 256 "
	                             "addresses at most");
	gate_fixture_end(&lab, gate);
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
	net_fixture_enter();
	gate_name("a.b@c", "/run/failoverd", other);
	ck_assert_str_ne(first, other);
}
END_TEST

START_TEST(a_shifted_clock_of_this_process_is_allowed_for)
{
	struct gate_fixture lab;
	struct gate *gate = gate_fixture_stand(&lab, 0);
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
		gate = gate_fixture_open(&lab);
		gate_lease_end(gate, GATELAB_SLOT, instant_plus(platform_now(), span_ms(1)));
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	int64_t ahead = gate_fixture_lease_end(&lab).ns - platform_now().ns;
	ck_assert_int_lt(ahead, span_ms(1000).ns);
	ck_assert_int_gt(ahead, -span_ms(10000).ns);
	gate_fixture_remove(&lab);
}
END_TEST

int main(void)
{
	if (gate_fixture_skip("test_gate") != 0)
		return 77;
	TCase *cases = tcase_create("gate");
	tcase_set_timeout(cases, 30);
	tcase_add_loop_test(cases, a_gate_outlives_its_process_and_is_found_again, 0, GATELAB_WAYS);
	tcase_add_loop_test(cases, the_next_life_takes_the_loaded_program_and_no_other_one, 0,
	                    GATELAB_WAYS);
	tcase_add_loop_test(cases, what_the_present_configuration_lacks_is_let_go, 0, GATELAB_WAYS);
	tcase_add_loop_test(cases, an_address_moves_to_another_slot, 0, GATELAB_WAYS);
	tcase_add_loop_test(cases, removing_leaves_nothing, 0, GATELAB_WAYS);
	tcase_add_test(cases, removing_leaves_what_others_put_beside);
	tcase_add_loop_test(cases, an_interface_that_comes_back_is_guarded_again, 0, GATELAB_WAYS);
	tcase_add_loop_test(cases, three_capabilities_are_enough_and_none_is_refused, 0,
	                    GATELAB_WAYS);
	tcase_add_test(cases, a_file_system_of_this_process_alone_is_refused);
	tcase_add_loop_test(cases, a_gate_of_another_shape_is_made_anew, 0, GATELAB_WAYS);
	tcase_add_test(cases, refusals_say_why);
	tcase_add_test(cases, names_differ_by_run_directory_and_network);
	tcase_add_test(cases, a_shifted_clock_of_this_process_is_allowed_for);
	Suite *suite = suite_create("gate");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	gate_fixture_sweep();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
