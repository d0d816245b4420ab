# SPDX-License-Identifier: Apache-2.0
"""Control groups: one that holds processes still, as a host that is not scheduled would, and one
that leaves them little memory.

Works with either hierarchy of control groups. Knows nothing of machines.
"""

import os
from pathlib import Path

from .host import LabError


def mounts():
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        yield Path(place), kind, options.split(",")


def offers(place, controller):
    """Whether the newer kind of hierarchy has it; stopping needs no controller."""
    return (controller == "freezer" or controller in
            (place / "cgroup.subtree_control").read_text().split())


def find_root(controller):
    """(directory, whether it is of the newer kind); None where no such group may be made."""
    found = [(place, kind == "cgroup2") for place, kind, options in mounts()
             if os.access(place, os.W_OK)
             and (kind == "cgroup" and controller in options
                  or kind == "cgroup2" and offers(place, controller))]
    return min(found, key=lambda pair: not pair[1], default=None)


def why_none(controller):
    return None if find_root(controller) else f"no control group for {controller} may be made here"


class Group:
    def __init__(self, lab, name, controller):
        root = find_root(controller)
        if root is None:
            raise LabError(why_none(controller))
        self._lab, self.is_new = lab, root[1]
        self.directory = root[0] / f"{lab.directory.name}-{name}-{controller}"
        self.directory.mkdir()
        lab.at_close(self.close)

    def set(self, file, value):
        (self.directory / file).write_text(str(value))

    def get(self, file):
        return (self.directory / file).read_text()

    def take(self, pids):
        for pid in pids:
            try:
                self.set("cgroup.procs", pid)
            except ProcessLookupError:
                pass

    def close(self):
        if self.directory.exists():
            self._lab.wait_for(lambda: not self.get("cgroup.procs").strip(), 10,
                               "the processes of the group are gone")
            self.directory.rmdir()


class Freezer(Group):
    def __init__(self, lab, name):
        super().__init__(lab, name, "freezer")

    def freeze(self, pids):
        """Returns when all of them stand still."""
        self.take(pids)
        self._set_frozen(True)
        self._lab.wait_for(self._is_frozen, 10, "the processes stand still")

    def thaw(self):
        self._set_frozen(False)

    def _set_frozen(self, is_frozen):
        if self.is_new:
            self.set("cgroup.freeze", int(is_frozen))
        else:
            self.set("freezer.state", "FROZEN" if is_frozen else "THAWED")

    def _is_frozen(self):
        if self.is_new:
            return "frozen 1" in self.get("cgroup.events")
        return self.get("freezer.state").strip() == "FROZEN"

    def close(self):
        if self.directory.exists():
            self.thaw()
        super().close()


class LittleMemory(Group):
    def __init__(self, lab, name, mib):
        super().__init__(lab, name, "memory")
        self.set("memory.max" if self.is_new else "memory.limit_in_bytes", mib << 20)
