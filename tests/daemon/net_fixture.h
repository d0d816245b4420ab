/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network of the test's own: a namespace with a veth pair, left behind by nobody because it ends
 * with the test's process. Knows nothing of what is tested.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether this host lets a test have a network of its own; `why` says what is missing. */
bool net_fixture_is_possible(char *why, size_t size);
/* Moves this process into a new network with interfaces left0 and right0, the two ends of one
 * cable, both up with carrier. Without root it becomes root of a user namespace of its own. Fails
 * the test if it cannot. */
void net_fixture_enter(void);
/* True after net_fixture_enter when this process is really root, not only in its namespace. */
bool net_fixture_is_root(void);
/* Runs `ip` with these words, as in "link set left0 down"; fails the test if ip does. */
void net_fixture_ip(const char *words);
/* Whether what `ip` answers to these words contains `what`. */
bool net_fixture_ip_says(const char *words, const char *what);
/* Moves right0 to a host of its own, where `there` is called as soon as the cable is up, and what
 * it set up stays until net_fixture_switch_off. The number of that host. */
int net_fixture_part(void (*there)(void));
void net_fixture_switch_off(int host);
/* A socket that receives every frame that arrives at the interface. */
int net_fixture_listen(const char *interface);
/* The next frame that arrives at the interface, within a second; 0: none came. */
size_t net_fixture_receive(int fd, uint8_t *frame, size_t size);
void net_fixture_send(const char *interface, const uint8_t *frame, size_t length);
void net_fixture_station(const char *interface, uint8_t station[6]);

/* Writes a setting of the kernel, as below /proc/sys; fails the test if it cannot. */
void net_fixture_write(const char *path, const char *text);

/* 77 when the whole program has to be skipped, after saying so by name; else 0. */
int net_fixture_skip(const char *program);
