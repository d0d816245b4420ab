/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /dev/watchdog. Opening it arms it, closing it after the letter V stops it; what can be known
 * before stands in sysfs, and the driver's word is taken for nothing: what was set is read back.
 */
#include "daemon/platform/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/watchdog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	DIRECTORY_BYTES = 64,
	NAME_LONGEST = 32,
	TEXT_BYTES = 64,
	/* /dev/watchdog is the first device under a number of its own. */
	MISC_MAJOR = 10,
	MISC_WATCHDOG = 130,
};

static const int64_t NS_PER_SECOND = 1000000000;

static enum code fail(struct error *error, const char *path, const char *what)
{
	int reason = errno;
	enum code code = reason == ENOENT || reason == ENODEV || reason == ENXIO ? CODE_NOT_FOUND
	                 : reason == EBUSY                                       ? CODE_EXISTS
	                 : reason == EACCES || reason == EPERM                   ? CODE_DENIED
	                                                                         : CODE_SYSTEM;
	const char *hint = "";
	if (code == CODE_NOT_FOUND)
		hint = "; load the driver of the watchdog, or of softdog where there is none";
	if (code == CODE_EXISTS)
		hint = "; another program has it, such as systemd (RuntimeWatchdogSec=) or "
		       "watchdogd";
	return error_set(error, code, "%s: %s: %s%s", path, what, strerror(reason), hint);
}

/* Where sysfs has the device. */
static enum code find_directory(const char *path, char directory[DIRECTORY_BYTES],
                                struct error *error)
{
	struct stat facts;
	if (stat(path, &facts) != 0)
		return fail(error, path, "cannot look at it");
	unsigned number = major(facts.st_rdev), minor = minor(facts.st_rdev);
	if (!S_ISCHR(facts.st_mode))
		return error_set(error, CODE_INVALID, "%s is not a device", path);
	if (number == MISC_MAJOR && minor == MISC_WATCHDOG)
		snprintf(directory, DIRECTORY_BYTES, "/sys/class/watchdog/watchdog0");
	else
		snprintf(directory, DIRECTORY_BYTES, "/sys/dev/char/%u:%u", number, minor);
	char subsystem[DIRECTORY_BYTES + NAME_LONGEST], target[CONFIG_PATH_BYTES];
	snprintf(subsystem, sizeof subsystem, "%s/subsystem", directory);
	ssize_t length = readlink(subsystem, target, sizeof target - 1);
	target[length < 0 ? 0 : length] = '\0';
	if (length < 0 && number == MISC_MAJOR && minor == MISC_WATCHDOG)
		return error_set(error, CODE_NOT_FOUND,
		                 "%s: no driver of a watchdog is loaded (or sysfs is not mounted)",
		                 path);
	if (length < 0 || strstr(target, "/watchdog") == NULL)
		return error_set(error, CODE_INVALID, "%s is not a watchdog", path);
	return CODE_OK;
}

/* False: this kernel or this device has no such attribute. */
static bool read_attribute(const char *directory, const char *name, char text[TEXT_BYTES])
{
	char path[DIRECTORY_BYTES + NAME_LONGEST];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t length = read(fd, text, TEXT_BYTES - 1);
	close(fd);
	if (length < 0)
		return false;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return true;
}

static struct span read_seconds(const char *directory, const char *name)
{
	char text[TEXT_BYTES];
	unsigned long seconds = 0;
	if (read_attribute(directory, name, text))
		seconds = strtoul(text, NULL, 10);
	return (struct span){(int64_t)(seconds > UINT32_MAX ? 0 : seconds) * NS_PER_SECOND};
}

enum code platform_watchdog_look(const char *path, struct watchdog_facts *facts,
                                 struct error *error)
{
	char directory[DIRECTORY_BYTES], way_out[TEXT_BYTES], state[TEXT_BYTES];
	enum code code = find_directory(path, directory, error);
	if (code != CODE_OK)
		return code;
	if (!read_attribute(directory, "nowayout", way_out) ||
	    !read_attribute(directory, "state", state))
		return error_set(error, CODE_UNSUPPORTED,
		                 "%s: this kernel does not tell whether the watchdog can be "
		                 "stopped (it needs CONFIG_WATCHDOG_SYSFS)",
		                 path);
	if (strcmp(way_out, "0") != 0)
		return error_set(error, CODE_UNSUPPORTED,
		                 "%s: once armed this watchdog cannot be stopped; load its driver "
		                 "with nowayout=0",
		                 path);
	memset(facts, 0, sizeof *facts);
	if (!read_attribute(directory, "identity", facts->identity))
		snprintf(facts->identity, sizeof facts->identity, "unnamed");
	facts->is_running = strcmp(state, "inactive") != 0;
	facts->shortest = read_seconds(directory, "min_timeout");
	facts->longest = read_seconds(directory, "max_timeout");
	return CODE_OK;
}

void platform_watchdog_init(struct watchdog_device *device, const char *path)
{
	device->fd = -1;
	snprintf(device->path, sizeof device->path, "%s", path);
}

void platform_watchdog_abandon(struct watchdog_device *device)
{
	if (device->fd >= 0)
		close(device->fd);
	device->fd = -1;
}

/* Closing would stop a device without this ability, also when it is the end of a killed process
 * that closes it. */
static enum code check_abilities(const struct watchdog_device *device, struct error *error)
{
	struct watchdog_info info = {0};
	if (ioctl(device->fd, WDIOC_GETSUPPORT, &info) != 0)
		return fail(error, device->path, "cannot ask what it supports");
	if ((info.options & WDIOF_MAGICCLOSE) == 0)
		return error_set(error, CODE_UNSUPPORTED,
		                 "%s: this watchdog (%.31s) stops when its user is killed, and "
		                 "protects from nothing",
		                 device->path, (const char *)info.identity);
	return CODE_OK;
}

static enum code set_timeout(const struct watchdog_device *device, struct span timeout,
                             struct span *armed, struct error *error)
{
	int wanted = (int)(timeout.ns / NS_PER_SECOND), got = wanted;
	/* A device with one fixed time-out refuses; what counts is what it says afterwards. */
	int refused = ioctl(device->fd, WDIOC_SETTIMEOUT, &got) != 0 ? errno : 0;
	if (ioctl(device->fd, WDIOC_GETTIMEOUT, &got) != 0)
		return fail(error, device->path, "cannot read the time-out back");
	if (got < 1 || got > wanted)
		return error_set(error, CODE_INVALID,
		                 "%s: a time-out of %ds was wanted, the watchdog has %ds%s%s",
		                 device->path, wanted, got, refused == 0 ? "" : ": ",
		                 refused == 0 ? "" : strerror(refused));
	*armed = (struct span){got * NS_PER_SECOND};
	return CODE_OK;
}

enum code platform_watchdog_pet(struct watchdog_device *device, struct error *error)
{
	if (ioctl(device->fd, WDIOC_KEEPALIVE, 0) != 0)
		return fail(error, device->path, "cannot pet it");
	return CODE_OK;
}

enum code platform_watchdog_disarm(struct watchdog_device *device, struct error *error)
{
	struct watchdog_facts facts;
	ssize_t written = write(device->fd, "V", 1);
	if (written != 1)
		return fail(error, device->path, "cannot stop it");
	platform_watchdog_abandon(device);
	enum code code = platform_watchdog_look(device->path, &facts, error);
	if (code == CODE_OK && facts.is_running)
		code = error_set(error, CODE_SYSTEM,
		                 "%s: it was told to stop and counts on: it will reset this host",
		                 device->path);
	return code;
}

/* Failed before anything rests on it: as it was before, if it can be. */
static void undo_open(struct watchdog_device *device, struct error *error)
{
	struct error why;
	if (platform_watchdog_disarm(device, &why) == CODE_OK)
		return;
	error_wrap(error, "%s; before that", why.text);
	platform_watchdog_abandon(device);
}

enum code platform_watchdog_arm(struct watchdog_device *device, struct span timeout,
                                struct span *armed, struct error *error)
{
	bool was_open = device->fd >= 0;
	struct watchdog_facts facts;
	struct span set = {0};
	enum code code = CODE_OK;
	if (!was_open) {
		code = platform_watchdog_look(device->path, &facts, error);
		if (code != CODE_OK)
			return code;
		device->fd = open(device->path, O_WRONLY | O_CLOEXEC);
		if (device->fd < 0)
			return fail(error, device->path, "cannot open it");
		code = check_abilities(device, error);
	}
	if (code == CODE_OK)
		code = set_timeout(device, timeout, &set, error);
	if (code == CODE_OK)
		code = platform_watchdog_pet(device, error);
	if (code != CODE_OK && !was_open)
		undo_open(device, error);
	if (code == CODE_OK)
		*armed = set;
	return code;
}
