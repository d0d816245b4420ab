/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In which order the members take over a file that moves a resource from one role to another: the
 * owner of the role that gets it has to be first. Knows no sockets; what the running cluster looks
 * like is handed in.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stddef.h>

#include "config/config.h"

/* Whether this node should wait, going from `before` to `after` while the cluster is as the status
 * document of this host's daemon says; then `why` is a sentence that says for what. */
bool reload_is_too_early(const struct config *before, const struct config *after,
                         const cJSON *status, char *why, size_t size);
