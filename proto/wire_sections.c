/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Field by field, the layout that wire.h tables. A put and the get below it are mirror images; what
 * the values mean and whether they make sense is decided elsewhere (heartbeat_check).
 */
#include "proto/wire_sections.h"

#include <assert.h>

enum {
	PATH_FAR_BEHIND = 0xff,
	PATH_LONG_AGO = 0xffffff,
};

static void put_stamp(struct writer *writer, struct stamp stamp)
{
	writer_put(writer, stamp.incarnation, 4);
	writer_put(writer, stamp.seq, 8);
}

static struct stamp get_stamp(struct reader *reader)
{
	struct stamp stamp;
	stamp.incarnation = (uint32_t)reader_take(reader, 4);
	stamp.seq = reader_take(reader, 8);
	return stamp;
}

/* Path details only show people a round trip, so one byte and three are enough for them. What does
 * not fit comes out as UINT32_MAX: nothing can be measured with it. */
static void put_path(struct writer *writer, const struct path_echo *path)
{
	bool far = path->seq_behind > PATH_FAR_BEHIND;
	bool old = path->age_us > PATH_LONG_AGO;

	writer_put(writer, far ? PATH_FAR_BEHIND : path->seq_behind, 1);
	writer_put(writer, old ? PATH_LONG_AGO : path->age_us, 3);
	writer_put(writer, path->loss_percent, 1);
}

static struct path_echo get_path(struct reader *reader)
{
	struct path_echo path;
	path.seq_behind = (uint32_t)reader_take(reader, 1);
	path.age_us = (uint32_t)reader_take(reader, 3);
	path.loss_percent = (uint8_t)reader_take(reader, 1);
	if (path.seq_behind == PATH_FAR_BEHIND)
		path.seq_behind = UINT32_MAX;
	if (path.age_us == PATH_LONG_AGO)
		path.age_us = UINT32_MAX;
	return path;
}

void wire_put_echoes(struct writer *writer, const struct heartbeat *heartbeat)
{
	assert(heartbeat->echo_count <= MEMBERS_MAX);
	writer_put(writer, heartbeat->echo_count, 1);
	for (uint8_t i = 0; i < heartbeat->echo_count; i++) {
		const struct echo *echo = &heartbeat->echoes[i];
		assert(echo->path_count <= PATHS_MAX);
		writer_put(writer, echo->member, 8);
		put_stamp(writer, echo->stamp);
		writer_put(writer, echo->age_us, 4);
		writer_put(writer, echo->path_count, 1);
		for (uint8_t path = 0; path < echo->path_count; path++)
			put_path(writer, &echo->paths[path]);
	}
}

static enum code get_echo(struct reader *reader, struct echo *echo, struct error *error)
{
	echo->member = reader_take(reader, 8);
	echo->stamp = get_stamp(reader);
	echo->age_us = (uint32_t)reader_take(reader, 4);
	echo->path_count = (uint8_t)reader_take(reader, 1);
	if (echo->path_count > PATHS_MAX)
		return error_set(error, CODE_INVALID, "%u paths, at most %d", echo->path_count,
		                 PATHS_MAX);
	for (uint8_t i = 0; i < echo->path_count; i++)
		echo->paths[i] = get_path(reader);
	return CODE_OK;
}

enum code wire_get_echoes(struct reader *reader, struct heartbeat *heartbeat, struct error *error)
{
	uint8_t count = (uint8_t)reader_take(reader, 1);

	if (count > MEMBERS_MAX)
		return error_set(error, CODE_INVALID, "%u of them, at most %d", count, MEMBERS_MAX);
	for (uint8_t i = 0; i < count; i++) {
		enum code code = get_echo(reader, &heartbeat->echoes[i], error);
		if (code != CODE_OK)
			return code;
	}
	heartbeat->echo_count = count;
	return CODE_OK;
}

static void put_request(struct writer *writer, const struct request *request)
{
	writer_put(writer, request->id, 8);
	writer_put(writer, request->kind, 1);
	writer_put(writer, request->role, 8);
	writer_put(writer, request->target, 8);
	writer_put(writer, request->follows, 8);
}

static struct request get_request(struct reader *reader)
{
	struct request request;
	request.id = reader_take(reader, 8);
	request.kind = (enum request_kind)reader_take(reader, 1);
	request.role = reader_take(reader, 8);
	request.target = reader_take(reader, 8);
	request.follows = reader_take(reader, 8);
	return request;
}

static void put_answer(struct writer *writer, const struct answer *answer)
{
	writer_put(writer, answer->requester, 8);
	writer_put(writer, answer->request, 8);
	writer_put(writer, answer->verdict, 1);
	writer_put(writer, answer->detail, 1);
	writer_put(writer, answer->target, 8);
}

static struct answer get_answer(struct reader *reader)
{
	struct answer answer;
	answer.requester = reader_take(reader, 8);
	answer.request = reader_take(reader, 8);
	answer.verdict = (enum verdict)reader_take(reader, 1);
	answer.detail = (uint8_t)reader_take(reader, 1);
	answer.target = reader_take(reader, 8);
	return answer;
}

void wire_put_requests(struct writer *writer, const struct heartbeat *heartbeat)
{
	assert(heartbeat->request_count <= REQUESTS_MAX);
	assert(heartbeat->answer_count <= ANSWERS_MAX);
	writer_put(writer, heartbeat->request_count, 1);
	writer_put(writer, heartbeat->answer_count, 1);
	for (uint8_t i = 0; i < heartbeat->request_count; i++)
		put_request(writer, &heartbeat->requests[i]);
	for (uint8_t i = 0; i < heartbeat->answer_count; i++)
		put_answer(writer, &heartbeat->answers[i]);
}

enum code wire_get_requests(struct reader *reader, struct heartbeat *heartbeat, struct error *error)
{
	uint8_t requests = (uint8_t)reader_take(reader, 1);
	uint8_t answers = (uint8_t)reader_take(reader, 1);

	if (requests > REQUESTS_MAX || answers > ANSWERS_MAX)
		return error_set(error, CODE_INVALID, "%u and %u answers, at most %d and %d",
		                 requests, answers, REQUESTS_MAX, ANSWERS_MAX);
	for (uint8_t i = 0; i < requests; i++) {
		struct request request = get_request(reader);
		/* A later version knows more kinds: this member is not who carries them out. */
		if ((unsigned)request.kind < REQUEST_KINDS)
			heartbeat->requests[heartbeat->request_count++] = request;
	}
	for (uint8_t i = 0; i < answers; i++)
		heartbeat->answers[i] = get_answer(reader);
	heartbeat->has_requests = true;
	heartbeat->answer_count = answers;
	return CODE_OK;
}

enum {
	BIT_CANDIDATE = 1 << 0,
	BIT_SUCCESSOR = 1 << 1,
	BIT_GRANT = 1 << 2,
	BIT_TOP = 1 << 3,
	BIT_RECORD = 1 << 4,
	BIT_FENCES = 1 << 5,
	BIT_ENDLESS = 1 << 6,
	BIT_MAY_RUN = 1 << 7,
};

/* An idle role on a witness is ten bytes because of these. */
static unsigned role_bits(const struct role_report *report)
{
	const struct record *record = &report->record;
	bool has_record =
	    record->epoch != 0 || record->counter != 0 || record->wanted != WANTED_STARTED;

	return (report->is_candidate ? BIT_CANDIDATE : 0u) |
	       (report->is_candidate && report->successor != 0 ? BIT_SUCCESSOR : 0u) |
	       (report->holder != 0 ? BIT_GRANT : 0u) | (report->top != 0 ? BIT_TOP : 0u) |
	       (has_record ? BIT_RECORD : 0u) |
	       (report->is_candidate && report->fences ? BIT_FENCES : 0u) |
	       (report->holder != 0 && report->endless ? BIT_ENDLESS : 0u) |
	       (report->is_candidate && report->may_run ? BIT_MAY_RUN : 0u);
}

static void put_candidate(struct writer *writer, const struct role_report *report)
{
	writer_put(writer, report->claim, 1);
	writer_put(writer, report->phase, 1);
	writer_put(writer, report->unfit, 1);
	writer_put(writer, report->failures, 1);
	writer_put(writer, report->definition, 4);
	writer_put(writer, report->claim_epoch, 8);
}

static void get_candidate(struct reader *reader, struct role_report *report)
{
	report->is_candidate = true;
	report->claim = (enum claim_state)reader_take(reader, 1);
	report->phase = (enum role_phase)reader_take(reader, 1);
	report->unfit = (enum unfit)reader_take(reader, 1);
	report->failures = (uint8_t)reader_take(reader, 1);
	report->definition = (uint32_t)reader_take(reader, 4);
	report->claim_epoch = reader_take(reader, 8);
}

static void put_successor(struct writer *writer, const struct role_report *report)
{
	writer_put(writer, report->successor, 8);
}

static void get_successor(struct reader *reader, struct role_report *report)
{
	report->successor = reader_take(reader, 8);
}

static void put_grant(struct writer *writer, const struct role_report *report)
{
	writer_put(writer, report->holder, 8);
	writer_put(writer, report->granted, 8);
	put_stamp(writer, report->by);
}

static void get_grant(struct reader *reader, struct role_report *report)
{
	report->holder = reader_take(reader, 8);
	report->granted = reader_take(reader, 8);
	report->by = get_stamp(reader);
}

static void put_top(struct writer *writer, const struct role_report *report)
{
	writer_put(writer, report->top, 8);
}

static void get_top(struct reader *reader, struct role_report *report)
{
	report->top = reader_take(reader, 8);
}

static void put_record(struct writer *writer, const struct role_report *report)
{
	writer_put(writer, report->record.epoch, 8);
	writer_put(writer, report->record.counter, 4);
	writer_put(writer, report->record.wanted, 1);
}

static void get_record(struct reader *reader, struct role_report *report)
{
	report->record.epoch = reader_take(reader, 8);
	report->record.counter = (uint32_t)reader_take(reader, 4);
	report->record.wanted = (enum wanted)reader_take(reader, 1);
}

static const struct group {
	unsigned bit;
	void (*put)(struct writer *writer, const struct role_report *report);
	void (*get)(struct reader *reader, struct role_report *report);
} groups[] = {
    {BIT_CANDIDATE, put_candidate, get_candidate},
    {BIT_SUCCESSOR, put_successor, get_successor},
    {BIT_GRANT, put_grant, get_grant},
    {BIT_TOP, put_top, get_top},
    {BIT_RECORD, put_record, get_record},
};
enum { GROUPS = sizeof groups / sizeof groups[0] };

void wire_put_role(struct writer *writer, const struct role_report *report)
{
	unsigned bits = role_bits(report);

	writer_put(writer, report->role, 8);
	size_t length_at = writer->used;
	writer_put(writer, 0, 1);
	writer_put(writer, bits, 1);
	for (size_t i = 0; i < GROUPS; i++)
		if ((bits & groups[i].bit) != 0)
			groups[i].put(writer, report);
	writer_patch(writer, length_at, writer->used - length_at - 1, 1);
}

/* Bits this version does not know name groups behind the ones it does; they are left unread. */
static void get_role(struct reader *reader, struct role_report *report)
{
	*report = (struct role_report){.role = reader_take(reader, 8)};
	size_t length = (size_t)reader_take(reader, 1);
	struct reader part = reader_part(reader, length);
	uint64_t bits = reader_take(&part, 1);
	for (size_t i = 0; i < GROUPS; i++)
		if ((bits & groups[i].bit) != 0)
			groups[i].get(&part, report);
	report->fences = (bits & BIT_FENCES) != 0;
	report->endless = (bits & BIT_ENDLESS) != 0;
	report->may_run = (bits & BIT_MAY_RUN) != 0;
	reader->truncated |= part.truncated;
}

void wire_put_roles(struct writer *writer, const struct heartbeat *heartbeat)
{
	assert(heartbeat->role_count <= PAGE_ROLES_MAX);
	for (uint8_t i = 0; i < heartbeat->role_count; i++)
		wire_put_role(writer, &heartbeat->roles[i]);
}

enum code wire_get_roles(struct reader *reader, struct heartbeat *heartbeat, struct error *error)
{
	uint8_t count = 0;

	for (; reader->left > 0; count++) {
		if (count == PAGE_ROLES_MAX)
			return error_set(error, CODE_INVALID, "more than %d of them",
			                 PAGE_ROLES_MAX);
		get_role(reader, &heartbeat->roles[count]);
	}
	heartbeat->role_count = count;
	return CODE_OK;
}
