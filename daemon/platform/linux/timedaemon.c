/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time daemons that slew the clock by more than promises allow for. Of those in use only chrony
 * does; ntpd and systemd-timesyncd leave it to the kernel, which slews by 0.05 %.
 */
#include "daemon/platform/standin.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/limits.h"

enum { PATH_BYTES = 320 };

/* Parts per million; 0: the file does not say. */
static double limit_in(const char *path)
{
	char line[512];
	double limit = 0, found;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, " maxslewrate %lf", &found) == 1)
			limit = found;
	(void)fclose(file);
	return limit;
}

static double limit_below(const char *directory)
{
	char path[PATH_BYTES];
	double limit = 0;
	DIR *stream = opendir(directory);
	if (stream == NULL)
		return 0;
	for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
		(void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		const double found = limit_in(path);
		limit = found > 0 ? found : limit;
	}
	(void)closedir(stream);
	return limit;
}

static bool chrony_runs(void)
{
	return access("/run/chrony/chronyd.pid", F_OK) == 0 ||
	       access("/run/chronyd.pid", F_OK) == 0;
}

enum code platform_check_clock(struct error *error)
{
	const double bound = DRIFT_PER_MILLE * 1000 / 2.0;
	const double found[] = {limit_in("/etc/chrony/chrony.conf"), limit_in("/etc/chrony.conf"),
	                        limit_below("/etc/chrony/conf.d")};
	double limit = 0;
	if (!chrony_runs())
		return CODE_OK;
	for (size_t i = 0; i < sizeof found / sizeof *found; i++)
		limit = found[i] > 0 ? found[i] : limit;
	if (limit > 0 && limit <= bound)
		return CODE_OK;
	return error_set(
	    error, CODE_UNSUPPORTED,
	    "chronyd runs and may slew the clock by up to %s, more than promises allow "
	    "for; leases are shorter meanwhile: write `maxslewrate %.0f` into its "
	    "configuration",
	    limit > 0 ? "its maxslewrate" : "8.3 %", bound);
}
