/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled gate.bpf.c, embedded by the build (embed.py). Knows nothing of what is in it.
 */
#pragma once

#include <stddef.h>

const void *gate_program(size_t *length_bytes);

/* A text that no other program has, of characters that a file's name may have. */
const char *gate_program_print(void);
