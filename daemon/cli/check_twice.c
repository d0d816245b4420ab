/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this host starts by itself what a role starts, or runs it already: then it would run on
 * two nodes. A service of the host that a role starts has to be disabled; that its package enables
 * it again with an upgrade is usual, so the question is worth asking again.
 */
#include <inttypes.h>
#include <stdio.h>

#include "daemon/cli/check.h"
#include "daemon/platform/services.h"

struct row {
	struct check *check;
	const struct config_resource *resource;
	unsigned found;
};

static void judge(void *context, const struct service *service)
{
	struct row *row = context;
	char what[NAME_BYTES + 16];
	struct error error;
	(void)snprintf(what, sizeof what, "%s service", row->resource->name);
	row->found++;
	if (service->wanted_by[0] != '\0') {
		(void)error_set(&error, CODE_EXISTS,
		                "%s is started by %s as well, on any node: systemctl disable %s",
		                service->name, service->wanted_by, service->name);
		check_lack(row->check, what, &error);
	} else if (service->is_active && row->check->guard == 0) {
		(void)error_set(&error, CODE_EXISTS,
		                "%s runs although the daemon does not: systemctl stop %s",
		                service->name, service->name);
		check_warn(row->check, what, error.text);
	} else {
		(void)error_set(&error, CODE_OK, "%s is started by nobody else", service->name);
		check_fine(what, error.text);
	}
}

static void check_process(struct check *check, const struct config_resource *resource)
{
	const int64_t process = services_process(&resource->start);
	char what[NAME_BYTES + 16];
	struct error error;
	if (process == 0)
		return;
	(void)snprintf(what, sizeof what, "%s process", resource->name);
	(void)error_set(
	    &error, CODE_EXISTS,
	    "process %" PRId64 " runs the same command although the daemon does not run", process);
	check_warn(check, what, error.text);
}

void check_twice(struct check *check, const struct config_resource *resource)
{
	struct row row = {check, resource, 0};
	services_of(&resource->start, judge, &row);
	if (row.found == 0 && resource->type == RESOURCE_PROCESS && check->guard == 0)
		check_process(check, resource);
}
