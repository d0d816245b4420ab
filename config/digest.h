/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short fingerprints of what a configuration means: equal when every printed line is equal,
 * whatever order of keys, defaults, comments and blanks the files had. By them members notice that
 * their files differ. Knows nothing of what a difference leads to.
 */
#pragma once

#include "config/config.h"

uint64_t digest_config(const struct config *config);
/* Of one role and its resources. */
uint32_t digest_role(const struct config *config, uint8_t role);
/* What the resource is, whatever it is called and whatever else is set of it: its address, or what
 * digest_program is of. */
uint32_t digest_identity(const struct config_resource *resource);
/* Fills setup.roles[i].identities. What one file has in two roles is meant to run twice: there the
 * name of the role belongs to it. */
void digest_identities(struct config *config);
/* Of what a process or script starts: the command, its user, directory and environment. What this
 * says must end before it can be as the file now says; everything else of a resource can change
 * under it. */
uint64_t digest_program(const struct config_resource *resource);
/* Of what its `stop` does: that command, its user, directory and environment. */
uint64_t digest_stop(const struct config_resource *resource);
