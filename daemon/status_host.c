/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function for each of its objects.
 */
#include "daemon/status_host.h"

#include "daemon/daemon.h"
#include "daemon/json.h"

static void add_guard(cJSON *json, cJSON *warnings, const struct daemon *daemon)
{
	const struct memory *memory = daemon->layers.memory;
	cJSON *guard = cJSON_AddObjectToObject(json, "guard");

	json_number(json, "pid", (uint64_t)uv_os_getpid());
	(void)cJSON_AddBoolToObject(guard, "watches", tie_holds(&daemon->tie));
	if (memory == NULL) {
		(void)cJSON_AddNullToObject(guard, "pid");
		(void)cJSON_AddNullToObject(guard, "worker_starts");
	} else {
		json_number(guard, "pid", (uint64_t)atomic_load(&memory->guard_pid));
		json_number(guard, "worker_starts", atomic_load(&memory->worker_starts));
	}
	if (!tie_holds(&daemon->tie))
		json_sentence(warnings, "no guard watches over this daemon");
}

static void add_store(cJSON *json, cJSON *warnings, const struct daemon *daemon)
{
	const char *trouble = store_trouble(daemon->store);

	json_text(json, "state_error", trouble != NULL ? trouble : "", trouble != NULL);
	if (trouble != NULL)
		json_sentence(warnings, trouble);
}

void status_host(cJSON *json, cJSON *warnings, const struct daemon *daemon)
{
	cJSON *strangers = cJSON_AddObjectToObject(json, "strangers");

	json_refused(strangers, daemon->door.refused_strangers);
	add_store(json, warnings, daemon);
	json_number(json, "log_lines_lost", log_dropped(daemon->log));
	add_guard(json, warnings, daemon);
}
