/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the prober has seen, put together: who answers, how long nobody did, and whether two
 * answered the same question. Writes one JSON line for each finding. Reads no clock and no socket;
 * allocates nothing.
 */
#pragma once

#include <net/ethernet.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	TALLY_NAME_BYTES = 32,
	TALLY_OWNERS = 16,          /* hardware addresses that ever answered */
	TALLY_QUESTIONS = 1024,     /* an answer may come this many questions later */
	TALLY_OUTAGE_NS = 2500000,  /* a silence this long is told of: one lost answer is not */
	TALLY_SILENT_NS = 20000000, /* after this, `silent` is told without waiting for the end */
};

struct tally_question {
	uint32_t number;
	uint16_t answered; /* bit per owner */
};

struct tally {
	int out; /* borrowed */

	/* Unicast queries, as a client asks. */
	uint64_t asked;
	uint64_t answers;
	uint64_t last_answer_ns; /* 0: none yet */
	bool is_silent;          /* told already */
	char owner[TALLY_NAME_BYTES];
	uint64_t changes;
	uint64_t outages;
	uint64_t longest_ns;

	/* Questions to everyone. */
	uint64_t questions;
	uint64_t question_answers;
	uint64_t duals; /* questions that two answered */
	uint32_t owner_count;
	uint8_t owners[TALLY_OWNERS][ETH_ALEN];
	uint32_t last_owner; /* index; owner_count: nobody yet */
	struct tally_question recent[TALLY_QUESTIONS];

	uint64_t late_ns;    /* the worst delay of the prober itself */
	uint64_t late_count; /* periods in which it could not send */
};

void tally_init(struct tally *tally, int out);

/* A unicast query was answered by `name`. */
void tally_answer(struct tally *tally, uint64_t now_ns, const char *name);

/* Question `number` was answered by `mac`. */
void tally_question_answer(struct tally *tally, uint64_t now_ns, uint32_t number,
                           const uint8_t mac[ETH_ALEN]);

/* Called each period: notices silence, and how late the prober itself is. */
void tally_period(struct tally *tally, uint64_t now_ns, uint64_t due_ns, uint64_t missed);

void tally_summary(const struct tally *tally, uint64_t now_ns);
