/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only program of a virtual machine with a real watchdog device: owns roles as a worker would,
 * in real time, by the policy and the device of the daemon, and then misbehaves as the kernel's
 * command line says. What it does it tells on the console, with milliseconds; whether the machine
 * is reset, its host sees.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/fit.h"
#include "daemon/platform/platform.h"
#include "daemon/platform/watchdog.h"
#include "daemon/self_fencing/watchdog_rules.h"
#include "tests/vm/box.h"

enum { ROLE = 0, OWNS_MS = 3000, NS_PER_MS = 1000000 };

static const char DEVICE[] = "/dev/watchdog";
static const struct timing LAN = {{200000000}, {2000000000}, {500000000}};

struct owner {
	struct watchdog watchdog;
	struct watchdog_device device;
	struct instant sent; /* the last heartbeat that a majority confirmed */
	unsigned warnings;
};

static struct owner make_owner(void)
{
	struct owner owner = {.warnings = 0};
	struct span timeout;
	if (fit_watchdog(LAN, (struct span){0}, &timeout, NULL) != CODE_OK)
		box_say("no time-out fits");
	watchdog_init(&owner.watchdog, timeout, false);
	platform_watchdog_init(&owner.device, DEVICE);
	return owner;
}

static enum code act_on(struct owner *owner, enum watchdog_act act, struct span *armed,
                        struct error *error)
{
	switch (act) {
	case WATCHDOG_NOTHING:
		return CODE_OK;
	case WATCHDOG_ARM:
		return platform_watchdog_arm(&owner->device, owner->watchdog.timeout, armed, error);
	case WATCHDOG_PET:
		return platform_watchdog_pet(&owner->device, error);
	case WATCHDOG_DISARM:
		return platform_watchdog_disarm(&owner->device, error);
	}
	return CODE_INVALID;
}

static void obey(struct owner *owner)
{
	static const char *const words[] = {
	    [WATCHDOG_ARM] = "armed", [WATCHDOG_PET] = NULL, [WATCHDOG_DISARM] = "disarmed"};
	for (;;) {
		struct error error;
		struct span armed = {0};
		struct watchdog_order order = watchdog_next(&owner->watchdog, platform_now());
		if (order.silent.ns > 0)
			box_say("not fed for %lld ms", (long long)(order.silent.ns / NS_PER_MS));
		if (order.act == WATCHDOG_NOTHING)
			return;
		enum code code = act_on(owner, order.act, &armed, &error);
		if (code != CODE_OK) {
			box_say("failed: %s", error.text);
			watchdog_failed(&owner->watchdog, order.act, platform_now());
			continue;
		}
		struct span late =
		    watchdog_done(&owner->watchdog, order.act, platform_now(), armed);
		if (words[order.act] != NULL)
			box_say("%s %lld", words[order.act], (long long)(armed.ns / NS_PER_MS));
		if (late.ns > 0)
			box_say("late by %lld ms", (long long)(late.ns / NS_PER_MS));
	}
}

/* Keeps the policy's deadlines until `end`. */
static void live_until(struct owner *owner, struct instant end)
{
	obey(owner);
	for (;;) {
		struct instant now = platform_now();
		if (instant_reached(now, end))
			return;
		struct instant wake = instant_earlier(end, watchdog_deadline(&owner->watchdog));
		struct span left = instant_since(wake, now);
		poll(NULL, 0, left.ns > 0 ? (int)(left.ns / NS_PER_MS) + 1 : 0);
		obey(owner);
	}
}

/* Owns the role for a while, confirmed each heartbeat. */
static void own(struct owner *owner)
{
	struct instant end = instant_plus(platform_now(), span_ms(OWNS_MS));
	while (!instant_reached(platform_now(), end)) {
		owner->sent = platform_now();
		watchdog_hold(&owner->watchdog, ROLE, instant_plus(owner->sent, LAN.lease),
		              LAN.release);
		live_until(owner, instant_plus(owner->sent, LAN.heartbeat));
	}
	if (!watchdog_covers(&owner->watchdog, ROLE))
		box_say("the role is not covered");
	box_say("sent %lld", (long long)(owner->sent.ns / NS_PER_MS));
}

static void release(struct owner *owner)
{
	watchdog_released(&owner->watchdog, ROLE);
	obey(owner);
}

_Noreturn static void hang(void)
{
	box_say("hangs");
	for (;;)
		pause();
}

static void hang_as_owner(void)
{
	struct owner owner = make_owner();
	own(&owner);
	hang();
}

/* Lives, and feeds as long as it may, but nobody confirms; then it hangs instead of releasing. */
static void hang_without_majority(void)
{
	struct owner owner = make_owner();
	own(&owner);
	live_until(&owner, instant_plus(owner.sent, LAN.lease));
	hang();
}

static void hang_when_passive(void)
{
	struct owner owner = make_owner();
	own(&owner);
	release(&owner);
	hang();
}

static void panic_as_owner(void)
{
	struct owner owner = make_owner();
	own(&owner);
	box_say("hangs");
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
	if (write(fd, "c", 1) != 1)
		box_say("cannot panic");
	hang();
}

static void lose_the_majority(void)
{
	struct owner owner = make_owner();
	own(&owner);
	struct instant lease_end = instant_plus(owner.sent, LAN.lease);
	/* A forced release takes some milliseconds. */
	live_until(&owner, instant_plus(lease_end, span_ms(100)));
	release(&owner);
	hang();
}

/* A process that owns and is killed, as the worker may be. */
static void be_killed_as_owner(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct owner owner = make_owner();
		own(&owner);
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
	box_say("hangs");
}

static void die_and_be_succeeded(void)
{
	struct watchdog_facts facts;
	struct owner owner = make_owner();
	be_killed_as_owner();
	if (platform_watchdog_look(DEVICE, &facts, NULL) != CODE_OK || !facts.is_running)
		box_say("it does not count");
	watchdog_init(&owner.watchdog, owner.watchdog.timeout, true);
	obey(&owner);
	hang();
}

static void read_back(void)
{
	struct watchdog_device device;
	struct watchdog_facts facts;
	struct span armed;
	struct error error;
	platform_watchdog_init(&device, DEVICE);
	if (platform_watchdog_look(DEVICE, &facts, &error) != CODE_OK)
		box_say("failed: %s", error.text);
	box_say("facts '%s' running %d from %lld to %lld", facts.identity, facts.is_running,
	        (long long)(facts.shortest.ns / NS_PER_MS),
	        (long long)(facts.longest.ns / NS_PER_MS));
	for (int64_t ms = 2000; ms <= 64000; ms *= 2) {
		if (platform_watchdog_arm(&device, span_ms(ms), &armed, &error) == CODE_OK)
			box_say("wanted %lld armed %lld", (long long)ms,
			        (long long)(armed.ns / NS_PER_MS));
		else
			box_say("failed: %s", error.text);
	}
	if (platform_watchdog_disarm(&device, &error) != CODE_OK)
		box_say("failed: %s", error.text);
	box_say("running %d",
	        platform_watchdog_look(DEVICE, &facts, &error) == CODE_OK && facts.is_running);
	hang();
}

static void share_it(void)
{
	struct owner owner = make_owner();
	int other = open(DEVICE, O_WRONLY | O_CLOEXEC);
	own(&owner);
	if (other < 0 || write(other, "V", 1) != 1)
		box_say("cannot stop it");
	close(other);
	hang();
}

/* With a driver that does not let it be stopped. */
static void own_without_way_out(void)
{
	struct owner owner = make_owner();
	own(&owner);
	hang();
}

static const struct scenario {
	const char *name;
	const char *parameters; /* of the driver */
	void (*run)(void);
} scenarios[] = {
    {"hang-as-owner", "", hang_as_owner},
    {"hang-without-majority", "", hang_without_majority},
    {"hang-when-passive", "", hang_when_passive},
    {"panic-as-owner", "", panic_as_owner},
    {"lose-the-majority", "", lose_the_majority},
    {"be-killed-as-owner", "", be_killed_as_owner},
    {"die-and-be-succeeded", "", die_and_be_succeeded},
    {"read-back", "", read_back},
    {"share-it", "", share_it},
    {"own-without-way-out", "nowayout=1", own_without_way_out},
};

static const struct scenario *choose(void)
{
	char name[BOX_WORD_BYTES];
	box_word("scenario=", name);
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		if (strcmp(name, scenarios[i].name) == 0)
			return &scenarios[i];
	return NULL;
}

int main(void)
{
	box_mount();
	const struct scenario *scenario = choose();
	if (scenario == NULL) {
		box_say("failed: no such scenario");
	} else {
		box_load(scenario->parameters);
		box_say("runs %s", scenario->name);
		scenario->run();
	}
	for (;;)
		pause();
}
