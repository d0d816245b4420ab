/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Predicates of rules about what ends an ownership from outside: watchdog and fence agents. For the
 * table of rules.c.
 */
#pragma once

#include "config/rules.h"

bool required_watchdog_does_not_fit(const struct subject *on, struct evidence *evidence);
bool wanted_watchdog_does_not_fit(const struct subject *on, struct evidence *evidence);
/* Of a section [fence NODE N]. */
bool fence_turn_is_missing(const struct subject *on, struct evidence *evidence);
bool fence_is_unused(const struct subject *on, struct evidence *evidence);
/* Of a role. */
bool fence_is_missing(const struct subject *on, struct evidence *evidence);
