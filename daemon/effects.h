/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the member asks for, done: one function for each kind of effect. Decides nothing.
 */
#pragma once

struct daemon;

/* Applies daemon->effects. Nothing here steps the member: answers come later, as events. */
void effects_apply(struct daemon *daemon);
