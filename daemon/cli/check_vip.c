/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the interface of a virtual address serves, and whether the address is here already.
 */
#include <stdio.h>

#include "daemon/cli/check.h"
#include "daemon/platform/network.h"

/* An address that is here although nobody runs the role: from an earlier life, or another
 * program's. */
static void check_leftover(struct check *check, struct network *network,
                           const struct config_resource *resource)
{
	struct network_address address = {.address = resource->address, .prefix = resource->prefix};
	bool present = false;

	(void)snprintf(address.interface, sizeof address.interface, "%s", resource->interface);
	if (check->guard == 0 && network_present(network, &address, &present, NULL) == CODE_OK &&
	    present)
		check_warn(
		    check, resource->name,
		    "its address is on this host although the daemon does not run; it is removed "
		    "when the daemon starts");
}

/* What arrives at a port of a bridge or bond is taken by that one, so an address there is never
 * heard. */
static void check_part(struct check *check, const struct config_resource *resource,
                       const struct network_link *link)
{
	struct error error;
	if (!link->is_part) {
		check_fine(resource->name, resource->interface);
		return;
	}
	(void)error_set(
	    &error, CODE_INVALID,
	    "interface %s is a part of a bridge or bond, which takes what arrives there: "
	    "its role cannot run here; name the bridge or bond instead",
	    resource->interface);
	check_lack(check, resource->name, &error);
}

void check_vip(struct check *check, const struct config_resource *resource)
{
	struct network *network = NULL;
	struct error error = {0};
	struct network_link link;

	if (network_open(&network, &error) != CODE_OK) {
		check_lack(check, resource->name, &error);
		return;
	}
	switch (network_link(network, resource->interface, &link)) {
	case LINK_ABSENT:
		(void)error_set(&error, CODE_NOT_FOUND, "there is no interface %s on this host",
		                resource->interface);
		check_lack(check, resource->name, &error);
		break;
	case LINK_DOWN:
		(void)error_set(&error, CODE_NOT_FOUND,
		                "interface %s is down or has no carrier: its role cannot run here",
		                resource->interface);
		check_warn(check, resource->name, error.text);
		break;
	case LINK_UP:
		check_part(check, resource, &link);
		break;
	}
	check_leftover(check, network, resource);
	network_close(network);
}
