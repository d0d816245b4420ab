#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Guess: addresses of an interface are listed in the order in which they were added, so that one
# that is added later never comes before the host's own.
# Behaviour: the kernel sorts them by scope first. A /32 with `scope host`, added last, is listed
# first, by `ip`, by getifaddrs(3) and so by `hostname -I`; and yet the host speaks from the other
# one. Whoever takes "the first address of eth0" for the host's own is wrong.
# Seen 2026-12-01 with Linux 6.18, iproute2 6.1.0-3, hostname 3.23+nmu1 of Debian 12.
set -eu

if [ "${1:-}" != inside ]; then
	command -v ip >/dev/null && command -v hostname >/dev/null ||
		apt-get install -y -qq iproute2=6.1.0-3 hostname=3.23+nmu1 >/dev/null
	exec unshare --net "$0" inside
fi

ip link add name va type veth peer name vb
ip link set va up
ip link set vb up
ip addr add 192.0.2.11/24 dev va
ip addr add 192.0.2.100/32 dev va scope host
listed=$(ip -4 -o addr show dev va | awk '{ print $4 }' | tr '\n' ' ')
names=$(hostname -I)
from=$(ip -o route get 192.0.2.254 | sed 's/.* src \([^ ]*\).*/\1/')
echo "listed: $listed"
echo "hostname -I: $names"
echo "source: $from"
[ "$listed" = "192.0.2.100/32 192.0.2.11/24 " ] || exit 1
case $names in "192.0.2.100 192.0.2.11"*) ;; *) exit 1 ;; esac
[ "$from" = 192.0.2.11 ]
