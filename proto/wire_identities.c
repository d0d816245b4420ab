/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section that says what the claims of a page cover. It stands behind the roles it is about; a
 * role that is not on the page is skipped.
 */
#include <assert.h>

#include "proto/wire_sections.h"

void wire_put_role_identities(struct writer *writer, const struct role_report *report)
{
	const struct identities *set = &report->identities;
	if (!report->is_candidate || set->count == 0)
		return;
	assert(set->count <= IDENTITIES_MAX);
	writer_put(writer, report->role, 8);
	writer_put(writer, set->count, 1);
	for (uint8_t i = 0; i < set->count; i++)
		writer_put(writer, set->ids[i], 4);
}

void wire_put_identities(struct writer *writer, const struct heartbeat *heartbeat)
{
	for (uint8_t i = 0; i < heartbeat->role_count; i++)
		wire_put_role_identities(writer, &heartbeat->roles[i]);
}

enum code wire_get_identities(struct reader *reader, struct heartbeat *heartbeat,
                              struct error *error)
{
	while (reader->left > 0) {
		struct identities set = {0};
		uint64_t role = reader_take(reader, 8);
		set.count = (uint8_t)reader_take(reader, 1);
		if (set.count > IDENTITIES_MAX)
			return error_set(error, CODE_INVALID, "%u of a role, at most %d", set.count,
			                 IDENTITIES_MAX);
		for (uint8_t i = 0; i < set.count; i++)
			set.ids[i] = (uint32_t)reader_take(reader, 4);
		for (uint8_t r = 0; r < heartbeat->role_count; r++)
			if (heartbeat->roles[r].role == role && heartbeat->roles[r].is_candidate)
				heartbeat->roles[r].identities = set;
	}
	return CODE_OK;
}
