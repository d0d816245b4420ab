/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds and compares pages field by field: what is compared here is what a page says.
 */
#include "tests/proto/pages.h"

#include <string.h>

#include "proto/wire.h"

struct heartbeat page_plain(void)
{
	return (struct heartbeat){
	    .minor = WIRE_MINOR,
	    .cluster = 1,
	    .sender = 2,
	    .stamp = {1, 1},
	    .timing = {span_ms(200), span_ms(2000), span_ms(500)},
	    .voters = 3,
	    .config = 4,
	};
}

struct role_report role_largest(uint64_t role)
{
	return (struct role_report){
	    .role = role,
	    .is_candidate = true,
	    .claim_epoch = 5,
	    .unfit = UNFIT_LEAVING,
	    .phase = PHASE_STOPPING,
	    .failures = 6,
	    .definition = 7,
	    .successor = 8,
	    .holder = 9,
	    .granted = 10,
	    .by = {11, 12},
	    .top = 13,
	    .record = {14, 15, WANTED_STOPPED},
	};
}

struct heartbeat page_crowded(void)
{
	struct heartbeat page = page_plain();

	page.has_clock = true;
	page.clock = (struct instant){span_us(77).ns};
	page.unsure_epoch = 12345;
	for (; page.echo_count < MEMBERS_MAX - 1; page.echo_count++) {
		struct echo *echo = &page.echoes[page.echo_count];
		*echo = (struct echo){100u + page.echo_count, {1, 2}, 3, PATHS_MAX, {{0}}};
	}
	page.has_requests = true;
	for (; page.request_count < REQUESTS_MAX; page.request_count++)
		page.requests[page.request_count] =
		    (struct request){1u + page.request_count, REQUEST_MOVE, 2, 3, 4};
	for (; page.answer_count < ANSWERS_MAX; page.answer_count++)
		page.answers[page.answer_count] =
		    (struct answer){1u + page.answer_count, 1, VERDICT_UNFIT, 2, 3};
	return page;
}

struct heartbeat page_fenced(void)
{
	struct heartbeat page = page_crowded();
	page.has_requests = false;
	page.request_count = page.answer_count = 0;
	for (; page.fenced_count < MEMBERS_MAX - 1; page.fenced_count++)
		page.fenced[page.fenced_count] = (struct fenced){100u + page.fenced_count, 1, 2};
	return page;
}

struct heartbeat page_resources(void)
{
	struct heartbeat page = page_plain();
	page.roles[page.role_count++] = role_largest(1);
	for (; page.resource_count < RESOURCES_SAID_MAX; page.resource_count++) {
		struct resource_report *report = &page.resources[page.resource_count];
		*report =
		    (struct resource_report){1, 20u + page.resource_count, RESOURCE_FAILED, 7, ""};
		memset(report->detail, 'x', sizeof report->detail - 1);
	}
	return page;
}

/* Half of the time small, so that boundaries are met, and never 0. */
static uint64_t some_id(struct random *random)
{
	uint64_t most = random_upto(random, 1) == 0 ? UINT64_MAX : 300;
	uint64_t id = random_upto(random, most);
	return id == 0 ? 1 : id;
}

static struct stamp some_stamp(struct random *random)
{
	return (struct stamp){1 + (uint32_t)random_upto(random, 1000), random_bits(random)};
}

static struct echo some_echo(struct random *random)
{
	struct echo echo = {
	    .member = some_id(random),
	    .stamp = some_stamp(random),
	    .age_us = (uint32_t)random_bits(random),
	    .path_count = (uint8_t)random_upto(random, PATHS_MAX),
	};
	for (uint8_t i = 0; i < echo.path_count; i++) {
		echo.paths[i].seq_behind = (uint32_t)random_upto(random, 254);
		echo.paths[i].age_us = (uint32_t)random_upto(random, 0xfffffe);
		echo.paths[i].loss_percent = (uint8_t)random_upto(random, 100);
		if (random_upto(random, 3) == 0)
			echo.paths[i].age_us = UINT32_MAX;
	}
	return echo;
}

static struct request some_request(struct random *random)
{
	struct request request = {
	    .id = some_id(random),
	    .kind = (enum request_kind)random_upto(random, REQUEST_KINDS - 1),
	    .target = some_id(random),
	    .follows = random_bits(random),
	};
	if (request.kind != REQUEST_PAUSE && request.kind != REQUEST_RESUME)
		request.role = some_id(random);
	return request;
}

static struct answer some_answer(struct random *random)
{
	return (struct answer){
	    .requester = some_id(random),
	    .request = some_id(random),
	    .verdict = (enum verdict)random_upto(random, VERDICTS - 1),
	    .detail = (uint8_t)random_upto(random, UNFIT_REASONS - 1),
	    .target = random_upto(random, 2),
	};
}

static struct role_report some_role(struct random *random)
{
	struct role_report report = {.role = some_id(random)};

	if (random_upto(random, 1) == 0) {
		report.is_candidate = true;
		report.claim = (enum claim_state)random_upto(random, CLAIM_STATES - 1);
		report.claim_epoch = 1 + some_id(random) % EPOCH_MAX;
		report.unfit = (enum unfit)random_upto(random, UNFIT_REASONS - 1);
		report.phase = (enum role_phase)random_upto(random, ROLE_PHASES - 1);
		report.failures = (uint8_t)random_bits(random);
		report.definition = (uint32_t)random_bits(random);
		report.fences = random_upto(random, 1) == 0;
		report.may_run = report.claim == CLAIM_RELEASING && random_upto(random, 1) == 0;
		report.successor = report.claim == CLAIM_NONE ? random_upto(random, 2) : 0;
	}
	if (random_upto(random, 1) == 0) {
		report.holder = some_id(random);
		report.granted = 1 + some_id(random) % EPOCH_MAX;
		report.by = some_stamp(random);
		report.endless = random_upto(random, 1) == 0;
	}
	report.top = random_upto(random, 2);
	report.record.epoch = random_upto(random, 2);
	report.record.counter = (uint32_t)random_upto(random, 2);
	report.record.wanted = (enum wanted)random_upto(random, 1);
	return report;
}

static struct resource_report some_resource(struct random *random)
{
	struct resource_report report = {
	    .role = some_id(random),
	    .resource = some_id(random),
	    .state = (enum resource_state)random_upto(random, RESOURCE_STATES - 1),
	    .seconds = (uint32_t)random_bits(random),
	};
	for (uint64_t i = random_upto(random, RESOURCE_DETAIL_BYTES - 1); i > 0; i--)
		report.detail[i - 1] = (char)(' ' + random_upto(random, '~' - ' '));
	return report;
}

/* Adds what `made` holds unless that would break a rule about the whole page. */
static void keep_if_valid(struct heartbeat *page, const struct heartbeat *made)
{
	if (heartbeat_check(made, NULL) == CODE_OK && wire_bytes(made) <= WIRE_BODY_BYTES)
		*page = *made;
}

struct heartbeat page_random(struct random *random)
{
	struct heartbeat page = page_plain();
	uint64_t echoes = random_upto(random, MEMBERS_MAX);
	uint64_t requests = random_upto(random, REQUESTS_MAX);
	uint64_t answers = random_upto(random, ANSWERS_MAX);
	uint64_t roles = random_upto(random, PAGE_ROLES_MAX);
	uint64_t fenced = random_upto(random, 1) == 0 ? random_upto(random, MEMBERS_MAX) : 0;

	page.stamp = some_stamp(random);
	page.timing.heartbeat = span_us(1 + (int64_t)random_upto(random, 1000000));
	page.timing.lease =
	    span_plus(page.timing.heartbeat, span_us((int64_t)random_upto(random, 3599000000)));
	page.timing.release = span_us(1 + (int64_t)random_upto(random, 599999999));
	page.longest_promise = span_us((int64_t)random_upto(random, 4000000000));
	page.voters = random_bits(random);
	page.config = random_bits(random);
	page.paused = random_upto(random, 1) == 0;
	page.relearning = random_upto(random, 1) == 0;
	page.relearned_ms = (uint32_t)random_bits(random);
	page.pause_counter = (uint32_t)random_bits(random);
	page.abstaining = random_upto(random, 1) == 0;
	page.leaving = random_upto(random, 1) == 0;
	page.stray = random_upto(random, 1) == 0;
	page.unsure_epoch = random_upto(random, 1) == 0 ? 0 : random_upto(random, 5000);
	page.has_requests = random_upto(random, 1) == 0;
	page.has_clock = random_upto(random, 1) == 0;
	if (page.has_clock)
		page.clock = (struct instant){span_us((int64_t)random_upto(random, 1u << 30)).ns};

	struct heartbeat made = page;
	for (; echoes > 0; echoes--, made = page) {
		made.echoes[made.echo_count++] = some_echo(random);
		keep_if_valid(&page, &made);
	}
	for (; page.has_requests && requests > 0; requests--, made = page) {
		made.requests[made.request_count++] = some_request(random);
		keep_if_valid(&page, &made);
	}
	for (; page.has_requests && answers > 0; answers--, made = page) {
		made.answers[made.answer_count++] = some_answer(random);
		keep_if_valid(&page, &made);
	}
	for (; roles > 0; roles--, made = page) {
		made.roles[made.role_count++] = some_role(random);
		keep_if_valid(&page, &made);
	}
	for (; fenced > 0; fenced--, made = page) {
		made.fenced[made.fenced_count++] = (struct fenced){
		    some_id(random), some_stamp(random).incarnation, (uint32_t)random_bits(random)};
		keep_if_valid(&page, &made);
	}
	for (uint64_t left = random_upto(random, RESOURCES_SAID_MAX); left > 0;
	     left--, made = page) {
		made.resources[made.resource_count++] = some_resource(random);
		keep_if_valid(&page, &made);
	}
	return page;
}

static bool echo_equal(const struct echo *a, const struct echo *b)
{
	bool equal = a->member == b->member && stamp_equal(a->stamp, b->stamp) &&
	             a->age_us == b->age_us && a->path_count == b->path_count;

	for (uint8_t i = 0; equal && i < a->path_count; i++)
		equal = a->paths[i].seq_behind == b->paths[i].seq_behind &&
		        a->paths[i].age_us == b->paths[i].age_us &&
		        a->paths[i].loss_percent == b->paths[i].loss_percent;
	return equal;
}

static bool request_equal(const struct request *a, const struct request *b)
{
	return a->id == b->id && a->kind == b->kind && a->role == b->role &&
	       a->target == b->target && a->follows == b->follows;
}

static bool answer_equal(const struct answer *a, const struct answer *b)
{
	return a->requester == b->requester && a->request == b->request &&
	       a->verdict == b->verdict && a->detail == b->detail && a->target == b->target;
}

static bool role_equal(const struct role_report *a, const struct role_report *b)
{
	return a->role == b->role && a->is_candidate == b->is_candidate && a->claim == b->claim &&
	       a->claim_epoch == b->claim_epoch && a->unfit == b->unfit && a->phase == b->phase &&
	       a->failures == b->failures && a->definition == b->definition &&
	       a->successor == b->successor && a->holder == b->holder && a->granted == b->granted &&
	       stamp_equal(a->by, b->by) && a->top == b->top &&
	       a->record.epoch == b->record.epoch && a->record.counter == b->record.counter &&
	       a->record.wanted == b->record.wanted && a->fences == b->fences &&
	       a->endless == b->endless && a->may_run == b->may_run;
}

static bool head_equal(const struct heartbeat *a, const struct heartbeat *b)
{
	return a->cluster == b->cluster && a->sender == b->sender &&
	       stamp_equal(a->stamp, b->stamp) &&
	       a->timing.heartbeat.ns == b->timing.heartbeat.ns &&
	       a->timing.lease.ns == b->timing.lease.ns &&
	       a->timing.release.ns == b->timing.release.ns && a->voters == b->voters &&
	       a->config == b->config && a->paused == b->paused && a->relearning == b->relearning &&
	       a->longest_promise.ns == b->longest_promise.ns &&
	       a->relearned_ms == b->relearned_ms && a->pause_counter == b->pause_counter &&
	       a->abstaining == b->abstaining && a->leaving == b->leaving && a->stray == b->stray &&
	       a->unsure_epoch == b->unsure_epoch &&
	       a->has_requests == b->has_requests && a->echo_count == b->echo_count &&
	       a->request_count == b->request_count && a->answer_count == b->answer_count &&
	       a->role_count == b->role_count && a->fenced_count == b->fenced_count &&
	       a->has_clock == b->has_clock && a->clock.ns == b->clock.ns &&
	       a->resource_count == b->resource_count;
}

static bool resource_equal(const struct resource_report *a, const struct resource_report *b)
{
	return a->role == b->role && a->resource == b->resource && a->state == b->state &&
	       a->seconds == b->seconds && strcmp(a->detail, b->detail) == 0;
}

bool page_equal(const struct heartbeat *a, const struct heartbeat *b)
{
	bool equal = head_equal(a, b);

	for (uint8_t i = 0; equal && i < a->echo_count; i++)
		equal = echo_equal(&a->echoes[i], &b->echoes[i]);
	for (uint8_t i = 0; equal && i < a->request_count; i++)
		equal = request_equal(&a->requests[i], &b->requests[i]);
	for (uint8_t i = 0; equal && i < a->answer_count; i++)
		equal = answer_equal(&a->answers[i], &b->answers[i]);
	for (uint8_t i = 0; equal && i < a->role_count; i++)
		equal = role_equal(&a->roles[i], &b->roles[i]);
	for (uint8_t i = 0; equal && i < a->fenced_count; i++)
		equal = a->fenced[i].member == b->fenced[i].member &&
		        a->fenced[i].incarnation == b->fenced[i].incarnation &&
		        a->fenced[i].ago_ms == b->fenced[i].ago_ms;
	for (uint8_t i = 0; equal && i < a->resource_count; i++)
		equal = resource_equal(&a->resources[i], &b->resources[i]);
	return equal;
}
