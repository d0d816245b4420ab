# SPDX-License-Identifier: Apache-2.0
"""The client that never finds two owners, and the watcher that knows where an address stood.

Turns what the tools (prober.c, watcher.c) say into answers. Changes nothing.
"""

import math

from . import paths
from .host import boottime

RESPONDER_PORT = 7999
#: Shorter silences are not told of (TALLY_OUTAGE_NS of tally.h).
SHORTEST_MS = 2.5


class Prober:
    """A client in its own machine that asks one address every millisecond."""

    def __init__(self, host, address, switch):
        self.address = address.split("/")[0]
        self._switch = switch
        self.program = host.start(f"prober of {self.address}", [
            paths.tool("prober"), self.address, RESPONDER_PORT, "eth0"])

    @property
    def owner(self):
        """Who answers now; None in an outage of more than 20 ms."""
        events = self.program.events("owner", "silent", "outage")
        if not events or events[-1]["event"] == "silent":
            return None
        return next(e["node"] for e in reversed(events) if e["event"] == "owner")

    def wait_owner(self, name=None, timeout=10, after=0.0):
        """Until `name` (None: anybody) answers; the event if the owner changed."""
        def find():
            owner = self.owner
            if owner is None or name not in (None, owner):
                return None
            return next(e for e in reversed(self.program.events("owner")) if e["node"] == owner)
        return self.program.news.wait_for(
            find, timeout, lambda: f"{name or 'any node'} answers for {self.address}, "
            f"but {self.owner or 'nobody'} does")

    def outages(self, after=0.0):
        return [e for e in self.program.events("outage") if e["end"] >= after]

    def changes(self, after=0.0):
        """Names of the nodes which began to answer since then."""
        return [e["node"] for e in self.program.events("owner") if e["t"] >= after]

    def duals(self):
        """Questions that two machines answered, in words."""
        return [f"{e['t']:.6f}: {self._switch.name_of_mac(e['first'])} and "
                f"{self._switch.name_of_mac(e['second'])} both answer for {self.address}"
                for e in self.program.events("dual")]

    def summary(self):
        """Ends the prober; what it counted."""
        self.program.stop()
        return self.program.events("summary")[-1]


class Life:
    """One life of a machine, as the watcher knows it."""

    def __init__(self, name, network, since):
        self.name, self.network, self.since = name, network, since
        self.off = math.inf     # moment of power-off


class Stay:
    """The address stood on a machine from here to there; `until` may be inf."""

    def __init__(self, life, event, order):
        self.life, self.since, self.since_order = life, event["t"], order
        self.until, self.until_order = life.off, None

    def end(self, event, order):
        self.until, self.until_order = min(event["t"], self.life.off), order

    def outlasts_start_of(self, later):
        """Both ends are news: then their order counts, which is exact where stamps are not."""
        if self.until_order is not None and self.until < self.life.off:
            return later.since_order < self.until_order
        return later.since < self.until


class Watch:
    """Where addresses stood, over all lives of all machines."""

    def __init__(self, switch):
        self._switch = switch
        self._lives = []
        self._program = switch.host.start("watcher", [paths.tool("watcher")])
        self._program.wait_event("ready")

    def add(self, host):
        """From now on the machine, which hangs at the switch, is watched."""
        self._lives.append(Life(host.name, self._switch.network_number(host.name), boottime()))

    def powered_off(self, name, moment):
        for life in self._lives:
            if life.name == name and life.off == math.inf:
                life.off = moment

    def _life(self, event):
        """Numbers of networks that are gone are used again: the last life before the event."""
        return next((life for life in reversed(self._lives)
                     if life.network == event["network"] and life.since <= event["t"]), None)

    def _stays(self, address):
        found, open_stays = [], {}
        events = self._program.events("address-up", "address-down")
        for order, event in enumerate(events):
            life = self._life(event) if event["address"] == address else None
            if life is None:
                continue
            if event["event"] == "address-up" and life not in open_stays:
                open_stays[life] = Stay(life, event, order)
                found.append(open_stays[life])
            elif event["event"] == "address-down" and life in open_stays:
                open_stays.pop(life).end(event, order)
        return found

    def intervals(self, address):
        """(machine, from, until) for each time the address stood somewhere; until may be inf."""
        return [(stay.life.name, stay.since, stay.until) for stay in self._stays(address)]

    def standing(self, address):
        """Names of the machines where it stands now."""
        return [name for name, _, end in self.intervals(address) if math.isinf(end)]

    def overlaps(self, address):
        """In words, each time the address stood on two machines at once."""
        stays = self._stays(address)
        return [f"{address} stood on {a.life.name} until {a.until:.6f}, "
                f"but on {b.life.name} from {b.since:.6f}"
                for i, a in enumerate(stays) for b in stays[i + 1:]
                if a.life.name != b.life.name and a.outlasts_start_of(b)]


#: The neighbour of tests/daemon/gateframe.c.
NEIGHBOUR_MAC = "02:00:00:00:00:02"
NEIGHBOUR_ADDRESSES = ("10.9.0.2", "fd00:9::2")


class Knocker:
    """A neighbour that goes on asking one node for an address, whoever has it now."""

    def __init__(self, host, address, node, switch):
        host.ip(f"link set eth0 address {NEIGHBOUR_MAC}")
        for neighbour in NEIGHBOUR_ADDRESSES:
            node.ip(f"route replace {neighbour} dev eth0",
                    f"neigh replace {neighbour} lladdr {NEIGHBOUR_MAC} dev eth0 nud permanent")
        self.program = host.start(f"knocker at {node.name}", [
            paths.tool("knocker"), address, switch.ports[node.name][0].mac, "eth0"])
        self.program.wait_event("ready")

    def stop(self):
        """Ends it; {kind of question: when it was last answered}, 0 for never."""
        self.program.stop()
        found = self.program.events("knocked")[-1]
        return {kind: found[kind]["last"] for kind in ("neighbour", "ping", "tcp")}
