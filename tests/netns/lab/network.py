# SPDX-License-Identifier: Apache-2.0
"""The switch between the machines, and everything that can go wrong on the way.

Each network is a bridge in a machine of its own. Losses and cuts between two machines are nftables
rules in the machine that suffers them, and concern their own addresses only: a client that asks a
virtual address sees no artificial loss. Knows nothing of daemons.
"""

import json

MAC = "02:f0:00:00:{network:02x}:{index:02x}"
#: First bytes of the addresses of each network; the last number is the machine's.
IPV4 = ("10.77.0", "10.78.0")
IPV6 = ("fd77::", "fd78::")


class Port:
    """One machine on one network."""

    def __init__(self, host, network, index):
        self.host, self.network, self.index = host, network, index
        self.name = f"p{network}x{index}"   # at the switch
        self.interface = f"eth{network}"    # in the machine
        self.mac = MAC.format(network=network, index=index)
        self.ipv4 = f"{IPV4[network]}.{index}"
        self.ipv6 = f"{IPV6[network]}{index:x}"


class Switch:
    def __init__(self, lab, networks=1):
        self.host = lab.host("switch")
        self.networks = networks
        self.ports = {}     # machine name: its ports
        self._losses = {}   # machine name: {(direction, other machine): percent}
        self.host.set_kernel(net__ipv6__conf__default__disable_ipv6=1)
        self.host.ip(*(line for n in range(networks) for line in (
            f"link add br{n} type bridge forward_delay 0 mcast_snooping 0",
            f"link set br{n} up")))

    def connect(self, host, index):
        """Gives the machine an interface and addresses on every network."""
        ports = [Port(host, n, index) for n in range(self.networks)]
        self.ports[host.name] = ports
        self._losses[host.name] = {}
        # An address is needed at once, not after two seconds of asking whether anybody has it.
        host.set_kernel(net__ipv6__conf__all__accept_dad=0, net__ipv6__conf__default__accept_dad=0,
                        net__ipv6__conf__all__accept_ra=0, net__ipv6__conf__default__accept_ra=0)
        for port in ports:
            # What an earlier life of this machine had is gone with it, but perhaps not yet.
            self.host.plumb(["sh", "-c", f"ip link delete {port.name} 2>/dev/null || true"])
            self.host.ip(
                f"link add {port.name} type veth peer name {port.interface} address {port.mac} "
                f"netns {host.pid}",
                f"link set {port.name} master br{port.network} up")
        host.ip("link set lo up", *(line for port in ports for line in (
            f"link set {port.interface} up",
            f"addr add {port.ipv4}/24 dev {port.interface}",
            f"addr add {port.ipv6}/64 dev {port.interface} nodad")))
        return ports

    def network_number(self, name):
        """By which the switch's kernel calls the network of this machine (ip-netns(8), nsid)."""
        shown = self.host.plumb(["ip", "-json", "link", "show", "dev", self.ports[name][0].name])
        return json.loads(shown)[0]["link_netnsid"]

    def name_of_mac(self, mac):
        for name, ports in self.ports.items():
            if any(port.mac == mac for port in ports):
                return name
        return mac

    def _at_switch(self, name, network, what):
        ports = self.ports[name]
        chosen = ports if network is None else [ports[network]]
        self.host.ip(*(f"link set {port.name} {what.format(network=port.network)}"
                       for port in chosen))

    def unplug(self, name, network=None):
        """Nothing passes any more; the machine still sees a carrier."""
        self._at_switch(name, network, "nomaster")

    def plug(self, name, network=None):
        self._at_switch(name, network, "master br{network}")

    def carrier(self, name, is_up, network=None):
        self._at_switch(name, network, "up" if is_up else "down")

    def lose(self, name, direction, others, percent):
        """Loses this share of what `name` gets from (`in`) or sends to (`out`) the others."""
        for other in others:
            self._losses[name][(direction, other)] = percent
        self._apply(name)

    def heal(self, name):
        self._losses[name].clear()
        self._apply(name)

    def _rules(self, name, direction):
        field = {"in": "saddr", "out": "daddr"}[direction]
        for (way, other), percent in self._losses[name].items():
            if way != direction or percent == 0:
                continue
            match = "" if percent >= 100 else f"numgen random mod 100 < {percent} "
            for port in self.ports[other]:
                yield f"ip {field} {port.ipv4} {match}drop"
                yield f"ip6 {field} {port.ipv6} {match}drop"

    def _apply(self, name):
        chains = "".join(
            f"chain {chain} {{ type filter hook {hook} priority 0; policy accept;\n"
            + "\n".join(self._rules(name, way)) + "\n}\n"
            for chain, hook, way in (("losses_in", "input", "in"), ("losses_out", "output", "out")))
        # One transaction: never a moment with half of the rules.
        text = f"table inet lab\ndelete table inet lab\ntable inet lab {{\n{chains}}}\n"
        self.ports[name][0].host.plumb(["nft", "-f", "-"], text)
