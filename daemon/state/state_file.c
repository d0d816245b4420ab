/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoding and decoding of the state file. The checksum is looked at before anything is believed;
 * the ranges are checked all the same, for a file can be made by hand.
 */
#include "daemon/state/state_file.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "proto/bytes.h"

static const uint8_t magic[8] = {'f', 'a', 'i', 'l', 'o', 'v', 'e', 'r'};

enum { FLAG_PAUSED = 1, FLAG_RELEARNING = 2 };

static void put_body(struct writer *out, const struct durable *durable)
{
	writer_put(out, durable->incarnation, 4);
	writer_put(out, durable->reserved_epoch, 8);
	writer_put(out, (uint64_t)durable->longest_promise.ns, 8);
	writer_put(
	    out,
	    (durable->paused ? FLAG_PAUSED : 0U) | (durable->relearning ? FLAG_RELEARNING : 0U), 1);
	writer_put(out, durable->pause_counter, 4);
	writer_put(out, durable->voters.count, 1);
	for (uint8_t i = 0; i < durable->voters.count; i++)
		writer_put(out, durable->voters.ids[i], 8);
	writer_put(out, durable->role_count, 1);
	for (uint8_t i = 0; i < durable->role_count; i++) {
		const struct durable_role *role = &durable->roles[i];

		writer_put(out, role->role, 8);
		writer_put(out, role->record.epoch, 8);
		writer_put(out, role->record.counter, 4);
		writer_put(out, role->record.wanted, 1);
		writer_put(out, role->failures, 1);
	}
}

size_t state_file_encode(const struct state_owner *owner, const struct durable *durable,
                         uint8_t bytes[STATE_FILE_BYTES])
{
	struct writer out = {bytes, STATE_FILE_BYTES, 0};

	assert(durable->voters.count <= MEMBERS_MAX);
	assert(durable->role_count <= ROLES_MAX);
	for (size_t i = 0; i < sizeof magic; i++)
		writer_put(&out, magic[i], 1);
	writer_put(&out, STATE_FILE_VERSION, 2);
	writer_put(&out, 0, 2); /* the body's length, when it is known */
	writer_put(&out, owner->cluster, 8);
	writer_put(&out, owner->member, 8);
	assert(out.used == STATE_FILE_HEAD_BYTES);
	put_body(&out, durable);
	writer_patch(&out, 10, out.used - STATE_FILE_HEAD_BYTES, 2);
	assert(out.used <= STATE_FILE_BYTES - STATE_FILE_SUM_BYTES);
	(void)crypto_generichash(bytes + out.used, STATE_FILE_SUM_BYTES, bytes, out.used, NULL, 0);
	return out.used + STATE_FILE_SUM_BYTES;
}

static enum code damaged(struct error *error, const char *how)
{
	return error_set(error, CODE_DAMAGED, "damaged: %s", how);
}

/* The head and the checksum; *body is set to the body. */
static enum code open_body(const uint8_t *bytes, size_t length, struct state_owner *owner,
                           struct reader *body, struct error *error)
{
	struct reader head = {bytes, length, false};
	uint8_t sum[STATE_FILE_SUM_BYTES];
	uint64_t version, body_length;

	if (length < STATE_FILE_HEAD_BYTES + STATE_FILE_SUM_BYTES)
		return damaged(error, "it is too short");
	if (memcmp(bytes, magic, sizeof magic) != 0)
		return damaged(error, "it does not begin like a state file");
	(void)reader_part(&head, sizeof magic);
	version = reader_take(&head, 2);
	body_length = reader_take(&head, 2);
	owner->cluster = reader_take(&head, 8);
	owner->member = reader_take(&head, 8);
	/* Of any version: the sum is over everything before the last 32 bytes. */
	(void)crypto_generichash(sum, sizeof sum, bytes, length - sizeof sum, NULL, 0);
	if (sodium_memcmp(sum, bytes + length - sizeof sum, sizeof sum) != 0)
		return damaged(error, "its checksum does not match");
	if (version != STATE_FILE_VERSION)
		return error_set(error, CODE_UNSUPPORTED,
		                 "written by another failoverd (version %u, this one knows %u)",
		                 (unsigned)version, (unsigned)STATE_FILE_VERSION);
	if (body_length != length - STATE_FILE_HEAD_BYTES - STATE_FILE_SUM_BYTES)
		return damaged(error, "its length does not match");
	*body = (struct reader){head.bytes, (size_t)body_length, false};
	return CODE_OK;
}

/* Ascending and not zero, as voters_digest counts on. */
static bool get_voters(struct reader *body, struct voters *voters)
{
	uint64_t last = 0;
	const uint64_t count = reader_take(body, 1);

	if (count > MEMBERS_MAX)
		return false;
	voters->count = (uint8_t)count;
	for (uint8_t i = 0; i < voters->count; i++) {
		voters->ids[i] = reader_take(body, 8);
		if (voters->ids[i] <= last)
			return false;
		last = voters->ids[i];
	}
	return true;
}

static bool get_roles(struct reader *body, struct durable *durable)
{
	const uint64_t count = reader_take(body, 1);

	if (count > ROLES_MAX)
		return false;
	durable->role_count = (uint8_t)count;
	for (uint8_t i = 0; i < durable->role_count; i++) {
		struct durable_role *role = &durable->roles[i];
		uint64_t wanted;

		role->role = reader_take(body, 8);
		role->record.epoch = reader_take(body, 8);
		role->record.counter = (uint32_t)reader_take(body, 4);
		wanted = reader_take(body, 1);
		role->failures = (uint8_t)reader_take(body, 1);
		if (role->role == 0 || wanted > WANTED_STOPPED)
			return false;
		role->record.wanted = (enum wanted)wanted;
		for (uint8_t j = 0; j < i; j++) {
			if (durable->roles[j].role == role->role)
				return false;
		}
	}
	return true;
}

enum code state_file_decode(const uint8_t *bytes, size_t length, struct state_owner *owner,
                            struct durable *durable, struct error *error)
{
	struct durable found;
	struct state_owner whose;
	struct reader body;
	uint64_t promise, flags;
	bool good;
	enum code code = open_body(bytes, length, &whose, &body, error);

	if (code != CODE_OK)
		return code;
	memset(&found, 0, sizeof found);
	found.incarnation = (uint32_t)reader_take(&body, 4);
	found.reserved_epoch = reader_take(&body, 8);
	promise = reader_take(&body, 8);
	flags = reader_take(&body, 1);
	found.pause_counter = (uint32_t)reader_take(&body, 4);
	good = found.incarnation != 0 && promise <= INT64_MAX / 4 &&
	       (flags & ~(uint64_t)(FLAG_PAUSED | FLAG_RELEARNING)) == 0 &&
	       get_voters(&body, &found.voters) && get_roles(&body, &found) && !body.truncated &&
	       body.left == 0;
	if (!good)
		return damaged(error, "a value is out of its range");
	found.longest_promise = (struct span){(int64_t)promise};
	found.paused = (flags & FLAG_PAUSED) != 0;
	found.relearning = (flags & FLAG_RELEARNING) != 0;
	*owner = whose;
	*durable = found;
	return CODE_OK;
}
