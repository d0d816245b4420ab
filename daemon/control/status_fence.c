/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One object for each member that this one can switch off.
 */
#include "daemon/control/status_fence.h"

#include <stdio.h>

#include "daemon/control/json.h"
#include "daemon/control/status_sources.h"

enum { SENTENCE_BYTES = NAME_BYTES + 64 };

void status_fence(cJSON *member, cJSON *warnings, const struct status_sources *from, uint8_t index,
                  struct instant now)
{
	const struct setup_member *setup = &from->config->setup.members[index];
	const struct fencer_run *run = &from->fencer->runs[index];
	char sentence[SENTENCE_BYTES];
	cJSON *json, *last;

	if (setup->fence_limit.ns == 0 || index == from->config->setup.self) {
		(void)cJSON_AddNullToObject(member, "fencing");
		return;
	}
	json = cJSON_AddObjectToObject(member, "fencing");
	(void)cJSON_AddBoolToObject(json, "running", run->is_running);
	if (run->is_known) {
		last = cJSON_AddObjectToObject(json, "last");
		(void)cJSON_AddBoolToObject(last, "off", run->is_off);
		json_ms(last, "ago_ms", instant_since(now, run->ended));
		json_ms(last, "took_ms", run->took);
		json_text(last, "text", run->text, true);
	} else {
		(void)cJSON_AddNullToObject(json, "last");
	}
	if (!run->is_running)
		return;
	(void)snprintf(sentence, sizeof sentence, "%s is being switched off", setup->name);
	json_sentence(warnings, sentence);
}
