# SPDX-License-Identifier: Apache-2.0
"""What a test may do to the members of a cluster beside pulling plugs: networks that lose, disks
that fill, clocks that jump, hosts that stand still.
"""

import struct

from . import paths, wants
from .groups import Freezer
from .host import LabError, boottime


class Faults:
    """The part of a cluster that does harm; the rest of it is cluster.py."""

    def others(self, name):
        return [other for other in self.members if other != name]

    def give_disk(self, name, kib=256):
        """The state of this member lies on a small file system of its own from its next start
        on, which is a machine's: it goes with the power."""
        member = self.members[name]
        self.inside(name, ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "disk",
                           member.directory / "state"])

    def want(self, what, name):
        """A context in which the machine lacks it: processor, memory or disk."""
        return wants.want(self, what, name)

    def give_stalling_disk(self, name):
        wants.give_stalling_disk(self, name)

    def fill_disk(self, name):
        place = self.members[name].directory / "state" / "filler"
        self.inside(name, ["sh", "-c", f"cat /dev/zero >{place} 2>/dev/null; test -s {place}"])

    def empty_disk(self, name):
        self.inside(name, ["rm", self.members[name].directory / "state" / "filler"])

    def set_disk(self, name, mode):
        """`ro` or `rw`."""
        place = self.members[name].directory / "state"
        self.inside(name, ["mount", "-o", f"remount,{mode}", place])

    def inside(self, name, command):
        """Runs a program in the machine, which must succeed: its output."""
        code, text = self.members[name].host.run(command)
        if code != 0:
            raise LabError(f"{name}: {' '.join(map(str, command))}: {text}")
        return text

    def give_wall_clock(self, name):
        """The wall clock of this member is off by what set_wall_clock says, from its next start
        on."""
        file = self.members[name].directory / "wall-clock"
        file.write_bytes(bytes(8))
        self.members[name].settings = {"LD_PRELOAD": paths.tool("libwallclock.so"),
                                       "WALL_CLOCK_FILE": str(file)}

    def set_wall_clock(self, name, seconds):
        with open(self.members[name].directory / "wall-clock", "r+b") as file:
            file.write(struct.pack("=q", seconds))

    def alive(self, name):
        """Names of the programs that run in the machine."""
        words = [line.split() for line in self.inside(name, ["ps", "-e", "-o", "stat=,comm="])
                 .splitlines()]
        return [comm for state, comm in words if not state.startswith("Z")]

    def isolate(self, name):
        """No member hears it and it hears no member; clients still reach it."""
        for direction in ("in", "out"):
            self.switch.lose(name, direction, self.others(name), 100)

    def freeze(self, name):
        """Every process of the machine stands still but those that stand for its kernel; the
        moment before."""
        member = self.members[name]
        if member.freezer is None:
            member.freezer = Freezer(self.lab, name)
        moment = boottime()
        member.freezer.freeze(member.host.pids(without=("host", "responder")))
        return moment

    def thaw(self, name):
        moment = boottime()
        self.members[name].freezer.thaw()
        return moment

    def lose_everywhere(self, percent):
        """Each datagram from member to member is lost with this probability."""
        for name in self.running():
            self.switch.lose(name, "in", self.others(name), percent)

    def heal(self):
        for name, member in self.members.items():
            if member.host.programs and member.daemon is not None:
                self.switch.heal(name)
