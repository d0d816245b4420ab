/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct address to and from the forms of the socket interface.
 */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "config/config.h"

socklen_t sockaddr_fill(const struct address *address, uint16_t port,
                        struct sockaddr_storage *storage);
/* Bytes of an address of this family: 4 or 16. */
size_t address_bytes(uint8_t family);
