/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sample and its comparison, field by field: padding is nobody's business.
 */
#include "tests/daemon/durable.h"

#include <check.h>
#include <string.h>

struct durable durable_sample(uint32_t incarnation)
{
	struct durable durable;

	memset(&durable, 0, sizeof durable);
	durable.incarnation = incarnation;
	durable.reserved_epoch = 3000;
	durable.longest_promise = span_ms(2551);
	durable.paused = true;
	durable.pause_counter = 7;
	durable.voters.count = 3;
	durable.voters.ids[0] = 5;
	durable.voters.ids[1] = 7;
	durable.voters.ids[2] = UINT64_MAX;
	durable.role_count = 2;
	durable.roles[0].role = 41;
	durable.roles[0].record = (struct record){2001, 3, WANTED_STOPPED};
	durable.roles[1].role = 42;
	durable.roles[1].failures = 9;
	return durable;
}

void durable_assert_same(const struct durable *a, const struct durable *b)
{
	ck_assert_uint_eq(a->incarnation, b->incarnation);
	ck_assert_uint_eq(a->reserved_epoch, b->reserved_epoch);
	ck_assert_int_eq(a->longest_promise.ns, b->longest_promise.ns);
	ck_assert_int_eq(a->paused, b->paused);
	ck_assert_uint_eq(a->pause_counter, b->pause_counter);
	ck_assert_int_eq(a->relearning, b->relearning);
	ck_assert_uint_eq(voters_digest(&a->voters), voters_digest(&b->voters));
	ck_assert_uint_eq(a->role_count, b->role_count);
	for (uint8_t i = 0; i < a->role_count; i++) {
		ck_assert_uint_eq(a->roles[i].role, b->roles[i].role);
		ck_assert_uint_eq(a->roles[i].record.epoch, b->roles[i].record.epoch);
		ck_assert_uint_eq(a->roles[i].record.counter, b->roles[i].record.counter);
		ck_assert_int_eq(a->roles[i].record.wanted, b->roles[i].record.wanted);
		ck_assert_uint_eq(a->roles[i].failures, b->roles[i].failures);
	}
}
