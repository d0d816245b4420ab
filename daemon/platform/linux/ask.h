/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that is run for what it says, by commands that may wait. The daemon never does.
 */
#pragma once

/*
 * What the program writes to its standard output, as text, once it has closed that or nothing came
 * for `patience` seconds; then it is killed. Its errors go to this process's own, if `code` is not
 * NULL, and nowhere else. NULL: it cannot be run, or says nothing. *code: its exit code, -1 where
 * it has none. The caller frees the text.
 */
char *ask(const char *const *words, int patience, int *code);
