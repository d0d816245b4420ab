/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct address to and from the forms of the socket interface.
 */
#include "daemon/platform/linux/sockaddr.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

static_assert((int)ADDRESS_IPV4 == AF_INET && (int)ADDRESS_IPV6 == AF_INET6,
              "this directory takes families as they are");

size_t address_bytes(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

socklen_t sockaddr_fill(const struct address *address, uint16_t port,
                        struct sockaddr_storage *storage)
{
	memset(storage, 0, sizeof *storage);
	if (address->family == AF_INET) {
		struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
		memcpy(&in.sin_addr, address->bytes, 4);
		memcpy(storage, &in, sizeof in);
		return sizeof in;
	}
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	memcpy(&in6.sin6_addr, address->bytes, 16);
	memcpy(storage, &in6, sizeof in6);
	return sizeof in6;
}
