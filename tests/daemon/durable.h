/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A durable state with something in every field, for the tests of what stores it.
 */
#pragma once

#include <stdint.h>

#include "proto/state.h"

struct durable durable_sample(uint32_t incarnation);
void durable_assert_same(const struct durable *a, const struct durable *b);
