/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hold.c takes for the daemon and launch.c gives back.
 */
#pragma once

/* In /proc/PID/oom_score_adj (proc(5)): the last but those that are never ended. The unit of
 * systemd has the same number. */
#define HOLD_LIFE_SCORE "-900"
