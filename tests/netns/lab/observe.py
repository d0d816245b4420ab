# SPDX-License-Identifier: Apache-2.0
"""The client that never finds two owners, and the watchers that know where an address stood.

Turns what the tools (prober.c, watcher.c) say into answers. Changes nothing.
"""

import math

from . import paths

RESPONDER_PORT = 7999
#: Shorter silences are not told of (TALLY_OUTAGE_NS of tally.h).
SHORTEST_MS = 2.5
#: Two stamps of two machines may be this far apart although they mean the same moment: a watcher is
#: told of a change a little after it happened.
STAMP_SLACK = 0.001


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


class Watch:
    """Where addresses stood, over all lives of all machines."""

    def __init__(self):
        self._lives = []    # [machine name, watcher program, moment of power-off]

    def add(self, host):
        program = host.start("watcher", [paths.tool("watcher")])
        program.wait_event("ready")
        self._lives.append([host.name, program, math.inf])

    def powered_off(self, name, moment):
        for life in self._lives:
            if life[0] == name and life[2] == math.inf:
                life[2] = moment

    def intervals(self, address):
        """(machine, from, until) for each time the address stood somewhere; until may be inf."""
        found = []
        for name, program, off in self._lives:
            since = None
            for event in program.events("address-up", "address-down"):
                if event["address"] != address:
                    continue
                if event["event"] == "address-up" and since is None:
                    since = event["t"]
                elif event["event"] == "address-down" and since is not None:
                    found.append((name, since, min(event["t"], off)))
                    since = None
            if since is not None:
                found.append((name, since, off))
        return sorted(found, key=lambda interval: interval[1])

    def standing(self, address):
        """Names of the machines where it stands now."""
        return [name for name, _, end in self.intervals(address) if math.isinf(end)]

    def overlaps(self, address):
        """In words, each time the address stood on two machines at once."""
        intervals = self.intervals(address)
        return [f"{address} stood on {a} until {a_end:.6f}, but on {b} from {b_start:.6f}"
                for i, (a, _, a_end) in enumerate(intervals)
                for b, b_start, _ in intervals[i + 1:]
                if a != b and b_start + STAMP_SLACK < a_end]


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
