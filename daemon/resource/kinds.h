/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds there are; each is one file and one row in kinds.c.
 */
#pragma once

#include "daemon/resource/resource.h"

extern const struct resource_ops vip_ops;
extern const struct resource_ops process_ops;
extern const struct resource_ops script_ops;
