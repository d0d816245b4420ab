/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lease clock and the identity of this boot. Knows no wall clock.
 */
#include "daemon/platform/platform.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Readings that were not interrupted take less than this; after so many the best will do. */
enum { READING_NS = 10000, READINGS_MAX = 5 };

static const char BOOT_ID_PATH[] = "/proc/sys/kernel/random/boot_id";

struct instant platform_now(void)
{
	struct timespec now;
	/* Fails only for a clock the kernel does not have, and it has had this one since 2.6.39. */
	int failed = clock_gettime(CLOCK_BOOTTIME, &now);
	assert(failed == 0);
	return (struct instant){(int64_t)now.tv_sec * 1000000000 + now.tv_nsec};
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;
	int failed = clock_gettime(clock, &now);
	assert(failed == 0);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* CLOCK_BOOTTIME is CLOCK_MONOTONIC and the time spent suspended, so the two are slewed alike, and
 * CLOCK_MONOTONIC_RAW stands still in suspend as CLOCK_MONOTONIC does. Whoever is interrupted
 * between the readings reads again. */
struct span platform_behind(void)
{
	int64_t narrowest = INT64_MAX, behind = 0;
	for (int i = 0; i < READINGS_MAX && narrowest > READING_NS; i++) {
		const int64_t before = read_clock(CLOCK_MONOTONIC_RAW);
		const int64_t slewed = read_clock(CLOCK_MONOTONIC);
		const int64_t width = read_clock(CLOCK_MONOTONIC_RAW) - before;
		if (width >= narrowest)
			continue;
		narrowest = width;
		behind = before + width / 2 - slewed;
	}
	return (struct span){behind};
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c == '\0' ? NULL : strchr(digits, c);
	return found == NULL ? -1 : (int)(found - digits);
}

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" */
static bool parse_boot(const char *text, struct boot *boot)
{
	size_t digits = 0;
	struct boot parsed = {{0}};
	for (; *text != '\0' && *text != '\n'; text++) {
		if (*text == '-')
			continue;
		int digit = hex_digit(*text);
		if (digit < 0 || digits == 2 * sizeof parsed.bytes)
			return false;
		parsed.bytes[digits / 2] |= (uint8_t)(digit << (digits % 2 == 0 ? 4 : 0));
		digits++;
	}
	if (digits != 2 * sizeof parsed.bytes)
		return false;
	*boot = parsed;
	return true;
}

enum code platform_boot(struct boot *boot, struct error *error)
{
	int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(error, CODE_SYSTEM, "%s: %s; is /proc mounted?", BOOT_ID_PATH,
		                 strerror(errno));
	char text[64];
	ssize_t length = read(fd, text, sizeof text - 1);
	close(fd);
	if (length < 0)
		return error_set(error, CODE_SYSTEM, "%s: %s", BOOT_ID_PATH, strerror(errno));
	text[length] = '\0';
	if (!parse_boot(text, boot))
		return error_set(error, CODE_SYSTEM, "%s: not a boot id", BOOT_ID_PATH);
	return CODE_OK;
}
