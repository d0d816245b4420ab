/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stage of the packet gate: its network, its neighbour, its files.
 */
#include "tests/daemon/gate_fixture.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config/value.h"
#include "daemon/platform/platform.h"
#include "tests/daemon/net_fixture.h"

#define HOME "/sys/fs/bpf/failoverd"

enum {
	EXIT_SKIPPED = 77,
	WAIT_MS = 2000,
	LINK_CREATE = 28,
	PATH_BYTES = 300,
	WORDS_MAX = 24,
	STATIONS_BYTES = 12
};

extern char **environ;

static const char prefix[] = "test-";

int gate_fixture_skip(const char *program)
{
	struct error error = {.text = "only in a user namespace"};
	gate_fixture_sweep();
	if (net_fixture_skip(program) != 0)
		return EXIT_SKIPPED;
	if (gate_probe(&error) == CODE_OK)
		return 0;
	printf("%s: skipped: %s\n", program, error.text);
	return EXIT_SKIPPED;
}

static void remove_directory(const char *path)
{
	DIR *files = opendir(path);
	for (const struct dirent *file; files != NULL && (file = readdir(files)) != NULL;)
		(void)unlinkat(dirfd(files), file->d_name, 0);
	if (files != NULL)
		closedir(files);
	(void)rmdir(path);
}

/* Not gate_remove: it is made for the network a gate stands in, and that has gone. */
void gate_fixture_sweep(void)
{
	char path[PATH_BYTES];
	DIR *gates = opendir(HOME);
	for (const struct dirent *gate; gates != NULL && (gate = readdir(gates)) != NULL;) {
		if (strncmp(gate->d_name, prefix, strlen(prefix)) != 0)
			continue;
		pid_t owner = (pid_t)strtol(gate->d_name + strlen(prefix), NULL, 10);
		if (owner != getpid() && kill(owner, 0) == 0)
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", HOME, gate->d_name);
		remove_directory(path);
	}
	if (gates != NULL)
		closedir(gates);
	(void)rmdir(HOME);
}

/* The kernel then says what one before 6.6 says. */
static void forget_links(void)
{
	struct sock_filter steps[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LINK_CREATE, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = sizeof steps / sizeof steps[0], .filter = steps};
	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
}

/* Frames keep their order only within one processor. */
static void stay_on_one_processor(void)
{
	cpu_set_t set;
	int processor = sched_getcpu();
	CPU_ZERO(&set);
	CPU_SET((size_t)processor, &set);
	ck_assert_int_eq(sched_setaffinity(0, sizeof set, &set), 0);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;
	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* The neighbour is made of frames: the kernel behind right0 must not speak for it. */
static void silence_right(void)
{
	write_text("/proc/sys/net/ipv6/conf/right0/disable_ipv6", "1");
	net_fixture_ip("link set right0 arp off");
}

static int open_mouth(const char *interface)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	at.sll_ifindex = (int)if_nametoindex(interface);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

void gate_fixture_enter(struct gate_fixture *lab, bool is_old)
{
	static const char *const lines[] = {
	    "addr add 10.9.0.1/32 dev left0",
	    "addr add 10.9.0.254/32 dev left0",
	    "addr add 10.9.0.100/32 dev left0",
	    "addr add fd00:9::1/128 dev left0 nodad",
	    "addr add fd00:9::100/128 dev left0 nodad",
	    /* Nobody else: answers to stations that do not exist would pile up in the kernel. */
	    "route add 10.9.0.2/32 dev left0",
	    "route add fd00:9::2/128 dev left0",
	    "neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev left0",
	    "neigh add fd00:9::2 lladdr 02:00:00:00:00:02 dev left0",
	};
	int on = 1;
	net_fixture_enter();
	silence_right();
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		net_fixture_ip(lines[i]);
	(void)snprintf(lab->name, sizeof lab->name, "%s%d", prefix, (int)getppid());
	net_fixture_station("left0", lab->left);
	lab->mouth = open_mouth("right0");
	lab->own_mouth = open_mouth("left0");
	lab->wire = net_fixture_listen("right0");
	ck_assert_int_eq(setsockopt(lab->wire, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on), 0);
	lab->realtime_offset_ns = clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_REALTIME);
	stay_on_one_processor();
	/* Of a test that failed before. */
	gate_fixture_remove(lab);
	if (is_old)
		forget_links();
}

struct network_address gate_fixture_address(const char *text)
{
	struct network_address address = {.prefix = 0, .interface = "left0"};
	ck_assert_int_eq(value_address(text, &address.address, NULL), CODE_OK);
	return address;
}

struct gate *gate_fixture_open(const struct gate_fixture *lab)
{
	struct gate *gate = NULL;
	struct error error;
	enum code code = gate_open(&gate, lab->name, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
	return gate;
}

void gate_fixture_guard(struct gate *gate)
{
	static const char *const texts[] = {"10.9.0.100", "fd00:9::100"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const struct network_address address = gate_fixture_address(texts[i]);
		struct error error;
		enum code code = gate_guard(gate, &address, GATELAB_SLOT, &error);
		ck_assert_msg(code == CODE_OK, "%s", error.text);
	}
}

void gate_fixture_remove(const struct gate_fixture *lab)
{
	struct error error;
	enum code code = gate_remove(lab->name, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
}

void gate_fixture_close_now(struct gate *gate)
{
	gate_lease_end(gate, GATELAB_SLOT, platform_now());
}

struct gate *gate_fixture_stand(struct gate_fixture *lab, int way)
{
	gate_fixture_enter(lab, way == 1);
	struct gate *gate = gate_fixture_open(lab);
	gate_fixture_guard(gate);
	return gate;
}

void gate_fixture_end(const struct gate_fixture *lab, struct gate *gate)
{
	gate_close(gate);
	gate_fixture_remove(lab);
}

void gate_fixture_send(const struct gate_fixture *lab, const struct frame *frame)
{
	ck_assert_int_eq(write(lab->mouth, frame->bytes, frame->length), (ssize_t)frame->length);
}

static struct instant stamp_of(const struct gate_fixture *lab, struct msghdr *message)
{
	struct timespec stamp = {.tv_sec = 0};
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part))
		if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
	return (struct instant){(int64_t)stamp.tv_sec * 1000000000 + stamp.tv_nsec +
	                        lab->realtime_offset_ns};
}

size_t gate_fixture_next(const struct gate_fixture *lab, uint8_t *frame, size_t size,
                         struct instant *when)
{
	for (;;) {
		_Alignas(struct cmsghdr) char control[128];
		struct sockaddr_ll from;
		struct iovec place = {.iov_base = frame, .iov_len = size};
		struct msghdr message = {.msg_name = &from,
		                         .msg_namelen = sizeof from,
		                         .msg_iov = &place,
		                         .msg_iovlen = 1,
		                         .msg_control = control,
		                         .msg_controllen = sizeof control};
		ssize_t got = recvmsg(lab->wire, &message, MSG_DONTWAIT);
		if (got <= 0)
			return 0;
		if (from.sll_pkttype == PACKET_OUTGOING)
			continue;
		*when = stamp_of(lab, &message);
		return (size_t)got;
	}
}

/* Reads until the frame that is always answered was; whether one before it satisfied `wanted`. */
static bool came_before_end(const struct gate_fixture *lab,
                            bool (*wanted)(const void *context, const uint8_t *frame,
                                           size_t length),
                            const void *context)
{
	const struct network_address always = gate_fixture_address("10.9.0.254");
	const struct frame last = frame_question(ASK_PING, lab->left, &always.address);
	bool came = false;
	gate_fixture_send(lab, &last);
	for (;;) {
		uint8_t frame[FRAME_BYTES];
		struct instant when;
		struct pollfd readable = {.fd = lab->wire, .events = POLLIN};
		ck_assert_msg(poll(&readable, 1, WAIT_MS) == 1, "this host fell silent");
		size_t length = gate_fixture_next(lab, frame, sizeof frame, &when);
		if (length > 0 && frame_is_answer(frame, length, ASK_PING, &always.address))
			return came;
		came = came || (length > 0 && wanted(context, frame, length));
	}
}

struct expected {
	enum question question;
	const struct address *address;
};

static bool is_expected(const void *context, const uint8_t *frame, size_t length)
{
	const struct expected *expected = context;
	return frame_is_answer(frame, length, expected->question, expected->address);
}

bool gate_fixture_answers_to(const struct gate_fixture *lab, const struct frame *frame,
                             enum question question, const struct address *address)
{
	const struct expected expected = {question, address};
	gate_fixture_send(lab, frame);
	return came_before_end(lab, is_expected, &expected);
}

bool gate_fixture_answers(const struct gate_fixture *lab, enum question question, const char *text)
{
	const struct network_address address = gate_fixture_address(text);
	const struct frame frame = frame_question(question, lab->left, &address.address);
	return gate_fixture_answers_to(lab, &frame, question, &address.address);
}

static unsigned count_answers(const struct gate_fixture *lab, const char *address)
{
	unsigned count = 0;
	for (unsigned i = 0; i < QUESTIONS; i++)
		count += gate_fixture_answers(lab, (enum question)i, address);
	return count;
}

bool gate_fixture_answers_all(const struct gate_fixture *lab, const char *address)
{
	return count_answers(lab, address) == QUESTIONS;
}

bool gate_fixture_answers_none(const struct gate_fixture *lab, const char *address)
{
	return count_answers(lab, address) == 0;
}

/* What arrives may have lost tags on the way: they then lie beside the frame. */
static bool is_this(const void *context, const uint8_t *frame, size_t length)
{
	const struct frame *sent = context;
	return length >= STATIONS_BYTES && length <= sent->length &&
	       memcmp(frame, sent->bytes, STATIONS_BYTES) == 0 &&
	       memcmp(frame + STATIONS_BYTES,
	              sent->bytes + sent->length - (length - STATIONS_BYTES),
	              length - STATIONS_BYTES) == 0;
}

bool gate_fixture_leaves(const struct gate_fixture *lab, const struct frame *frame)
{
	/* The sender is told when its frame is dropped. */
	ssize_t sent = write(lab->own_mouth, frame->bytes, frame->length);
	ck_assert(sent == (ssize_t)frame->length || errno == ENOBUFS);
	return came_before_end(lab, is_this, frame);
}

struct instant gate_fixture_lease_end(const struct gate_fixture *lab)
{
	char path[PATH_BYTES];
	uint32_t slot = GATELAB_SLOT;
	int64_t value[2] = {0, 0};
	(void)snprintf(path, sizeof path, "%s/%s/slots", HOME, lab->name);
	int fd = bpf_obj_get(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bpf_map_lookup_elem(fd, &slot, value), 0);
	close(fd);
	return (struct instant){value[0]};
}

void gate_fixture_spoil(const struct gate_fixture *lab)
{
	char path[PATH_BYTES];
	(void)snprintf(path, sizeof path, "%s/%s/slots", HOME, lab->name);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "slots", 4, 8, 4, NULL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(bpf_obj_pin(fd, path), 0);
	close(fd);
}

static pid_t start(char *const words[], int output)
{
	pid_t pid = 0;
	posix_spawn_file_actions_t actions;
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	(void)posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	ck_assert_int_eq(posix_spawnp(&pid, words[0], &actions, NULL, words, environ), 0);
	(void)posix_spawn_file_actions_destroy(&actions);
	close(output);
	return pid;
}

int gate_fixture_run(const char *words, char *output, size_t size)
{
	char text[256], *rest = text, *list[WORDS_MAX + 1] = {NULL};
	int ends[2], status = 0;
	size_t length = 0;
	ssize_t got = 0;
	(void)snprintf(text, sizeof text, "%s", words);
	for (size_t i = 0; i < WORDS_MAX && rest != NULL; i++)
		list[i] = strsep(&rest, " ");
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = start(list, ends[1]);
	while (length + 1 < size && (got = read(ends[0], output + length, size - 1 - length)) > 0)
		length += (size_t)got;
	output[length] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
