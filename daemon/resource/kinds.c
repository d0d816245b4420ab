/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of resource kinds by type.
 */
#include "daemon/resource/kinds.h"

const struct resource_ops *resource_kind(enum resource_type type)
{
	static const struct resource_ops *const kinds[] = {
	    [RESOURCE_VIP] = &vip_ops,
	    [RESOURCE_PROCESS] = &process_ops,
	    [RESOURCE_SCRIPT] = &script_ops,
	};
	return kinds[type];
}
