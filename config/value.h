/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of the file to one typed thing, with a sentence for what is wrong. Each parser leaves
 * its output untouched on failure. Knows no sections or keys.
 */
#pragma once

#include "config/config.h"
#include "proto/error.h"

/* What was found, short enough to be quoted in a sentence: a long text ends in "...". */
struct excerpt {
	char text[64];
};
struct excerpt excerpt_of(const char *text);

/* A number with a unit: us, ms, s, m, h; "0" needs none. "2" is refused: say 2s. */
enum code value_span(const char *text, struct span *span, struct error *error);
enum code value_address(const char *text, struct address *address, struct error *error);
/* "10.0.0.100/24", "2001:db8::5/64" */
enum code value_network(const char *text, struct address *address, uint8_t *prefix,
                        struct error *error);
/* Letters, digits, '-', '_', '.', '@'; starts with a letter or digit; shorter than NAME_BYTES. */
enum code value_name(const char *text, char name[NAME_BYTES], struct error *error);
/* A user or group of the system. */
enum code value_account(const char *text, char name[NAME_BYTES], struct error *error);
enum code value_interface(const char *text, char name[CONFIG_INTERFACE_BYTES], struct error *error);
enum code value_path(const char *text, char path[CONFIG_PATH_BYTES], struct error *error);
/* The name of a program, or its absolute path. */
enum code value_agent(const char *text, char agent[CONFIG_PATH_BYTES], struct error *error);
enum code value_bool(const char *text, bool *value, struct error *error); /* yes, no */
enum code value_number(const char *text, uint32_t low, uint32_t high, uint32_t *value,
                       struct error *error);
enum code value_key(const char *text, struct public_key *key, struct error *error);
/* "3/15m"; "0" or "none": never restart in place */
enum code value_restart(const char *text, uint8_t *times, struct span *window, struct error *error);
/* Words separated by blanks; '...' and "..." quote, a backslash quotes the next character. No
 * variables, no globbing: nothing here is a shell. The first word must be an absolute path. */
enum code value_command(const char *text, struct command *command, struct error *error);
/* The same. CODE_OK with doubt->code other than CODE_OK: it is probably not meant like this, and
 * doubt->text says why. */
enum code value_command_doubted(const char *text, struct command *command, struct error *doubt,
                                struct error *error);
/* The same words, each of the form NAME=value: no name twice, none that begins with FAILOVERD_. */
enum code value_environment(const char *text, struct command *list, struct error *doubt,
                            struct error *error);
/* A code point of RFC 2474, 2597 or 3246 by its name, or as a number. */
enum code value_dscp(const char *text, uint8_t *dscp, struct error *error);
/* "INT" or "SIGINT": a signal that asks a program to end. Written without SIG. */
enum code value_signal(const char *text, char name[CONFIG_SIGNAL_BYTES], struct error *error);
