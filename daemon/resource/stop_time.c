/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line: a version, which command was measured, and both times in nanoseconds.
 */
#include "daemon/resource/stop_time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/digest.h"
#include "daemon/file.h"
#include "daemon/resource/run_records.h"

enum { LINE_BYTES = 128, FILE_NAME_BYTES = NAME_BYTES + 16 };

#define LINE_FORMAT "failoverd-stop 1 %" PRIu64 " %" PRId64 " %" PRId64 "\n"
#define LINE_SCAN   "failoverd-stop 1 %" SCNu64 " %" SCNd64 " %" SCNd64

static void name_of(const struct config_resource *resource, char name[FILE_NAME_BYTES])
{
	(void)snprintf(name, FILE_NAME_BYTES, "stopped.%s", resource->name);
}

struct stop_time stop_time_find(const char *run_dir, const struct config_resource *resource)
{
	char name[FILE_NAME_BYTES], path[FILE_PATH_BYTES], line[LINE_BYTES] = "";
	struct stop_time time = {0};
	uint64_t digest = 0;
	size_t length = 0;
	name_of(resource, name);
	if (file_path(path, run_dir, name, NULL) != CODE_OK ||
	    file_read(path, (uint8_t *)line, sizeof line - 1, &length, NULL) != CODE_OK)
		return time;
	line[length] = '\0';
	time.is_known = sscanf(line, LINE_SCAN, &digest, &time.last.ns, &time.longest.ns) == 3 &&
	                digest == digest_stop(resource) && time.last.ns >= 0 &&
	                time.longest.ns >= time.last.ns;
	return time.is_known ? time : (struct stop_time){0};
}

void stop_time_add(struct stop_time *time, const char *run_dir,
                   const struct config_resource *resource, struct span took)
{
	char name[FILE_NAME_BYTES], line[LINE_BYTES];
	time->is_known = true;
	time->last = took;
	if (took.ns > time->longest.ns)
		time->longest = took;
	int length = snprintf(line, sizeof line, LINE_FORMAT, digest_stop(resource), time->last.ns,
	                      time->longest.ns);
	name_of(resource, name);
	(void)run_file_replace(run_dir, name, line, (size_t)length, NULL);
}

bool stop_time_is_long(const struct stop_time *time, struct timing timing)
{
	return time->is_known && time->longest.ns > timing.release.ns / 2;
}
