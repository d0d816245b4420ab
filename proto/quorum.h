/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting votes: how many make a majority, and since when or until when a majority agrees. Pure
 * arithmetic; knows no members.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/limits.h"

/* Instants of the votes that were found, at most one for each voter. */
struct tally {
	uint8_t count;
	struct instant at[MEMBERS_MAX];
};

/* More than half of `voters`: any two majorities share a voter, on which everything rests. */
uint8_t quorum_of(uint8_t voters);

void tally_add(struct tally *tally, struct instant at);

/* The latest instant which a majority of `voters` reaches or exceeds, that is the
 * quorum_of(voters)-th latest vote; INSTANT_PAST when there are fewer votes. */
struct instant tally_majority(const struct tally *tally, uint8_t voters);
