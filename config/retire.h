/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A role of an earlier configuration put beside those of the present one, as it was, for the member
 * that still has it up and may not own it any more. Knows neither how that is known nor what
 * becomes of the role.
 */
#pragma once

#include "config/config.h"

/*
 * Makes role `index` of `before` a retired role of `config` (setup_role.retired), with the
 * resources that it had. A role of that name that `config` has for other nodes keeps those nodes.
 * Nothing happens to a role that `config` lists setup.self for. False: there is no room for it.
 */
bool config_retire(struct config *config, const struct config *before, uint8_t index);
