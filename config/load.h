/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of the INI file to struct config. Finds every mistake of a file in one run. Neither opens
 * files nor logs nor exits; the caller brings the text and shows the findings.
 */
#pragma once

#include <stddef.h>

#include "config/config.h"
#include "proto/error.h"

enum { FINDINGS_MAX = 64, FINDING_BYTES = 320 };

struct finding {
	bool is_error;            /* false: a warning, the configuration is usable */
	unsigned line;            /* 0: of the whole file */
	char text[FINDING_BYTES]; /* what was found, what was expected, the nearest valid name */
};

struct findings {
	unsigned errors;
	unsigned warnings;
	unsigned count; /* entries below; more than FINDINGS_MAX are counted, not kept */
	struct finding items[FINDINGS_MAX];
};

/*
 * Parses and checks `text`. `self` is the public key of this host's secret key, by which it finds
 * its own section; NULL: leave setup.self at NO_MEMBER and do not complain. CODE_OK: *config is
 * complete (there may be warnings). CODE_INVALID: *config is unspecified and findings->errors > 0.
 * Findings are in order of their line.
 */
enum code config_load(const char *text, size_t length, const struct public_key *self,
                      struct config *config, struct findings *findings);

/* "file:line: error: text" without newline. */
void finding_format(const struct finding *finding, const char *file, char *out, size_t size);
