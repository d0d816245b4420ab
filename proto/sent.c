/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring indexed by sequence number; see sent.h.
 */
#include "proto/sent.h"

#include <assert.h>
#include <stddef.h>

void sent_add(struct sent_log *log, struct sent sent)
{
	assert(sent.seq > 0);
	log->entries[sent.seq % SENT_MAX] = sent;
}

const struct sent *sent_find(const struct sent_log *log, uint64_t seq)
{
	const struct sent *entry = &log->entries[seq % SENT_MAX];
	return seq > 0 && entry->seq == seq ? entry : NULL;
}

void sent_count_as_earlier(struct sent_log *log, struct span missed)
{
	for (unsigned i = 0; i < SENT_MAX; i++)
		log->entries[i].at = instant_minus(log->entries[i].at, missed);
}
