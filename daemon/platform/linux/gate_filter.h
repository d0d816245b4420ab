/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program as a classic filter of an interface, for kernels before 6.6: it stands until it is
 * taken away, whatever becomes of the process that put it there. Each function gives 0 or an errno,
 * and 0 also when the interface is gone where that is what was wanted.
 */
#pragma once

#include <stdbool.h>

enum gate_filter_place { FILTER_ARRIVING, FILTER_LEAVING };

/* Filters stand in a queueing discipline; *made: there was none, and this made one. */
int gate_filter_make_room(unsigned index, bool *made);
/* Puts the program before others, in the place of ours that stands there, without a packet passing
 * in between. */
int gate_filter_put(unsigned index, enum gate_filter_place place, int program);
int gate_filter_take(unsigned index, enum gate_filter_place place);
/* Removes the discipline that was made, unless somebody else put filters into it since. */
int gate_filter_give_back_room(unsigned index);
