/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every virtual machine of these tests needs of its only program: mounted pseudo file systems,
 * the driver of the watchdog, a word of the kernel's command line, and a voice on the console.
 */
#pragma once

#include <stddef.h>

enum { BOX_WORD_BYTES = 128 };

/* "guest MILLISECONDS ..." on the console, by the lease clock. */
void box_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void box_mount(void);
/* Loads the drivers, with these parameters, and waits for the device. */
void box_load(const char *parameters);
/* The value of "NAME=" of the kernel's command line, "" when it is not there. */
void box_word(const char *name, char word[BOX_WORD_BYTES]);
