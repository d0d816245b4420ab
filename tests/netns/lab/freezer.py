# SPDX-License-Identifier: Apache-2.0
"""A control group that holds processes still, as a host that is not scheduled would.

Works with either hierarchy of control groups. Knows nothing of machines.
"""

import os
from pathlib import Path

from .host import LabError


def mounts():
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        yield Path(place), kind, options.split(",")


def find_root():
    """(directory, whether it is the newer kind); (None, None) where no group may be made."""
    found = [(place, kind == "cgroup2") for place, kind, options in mounts()
             if kind == "cgroup2" or (kind == "cgroup" and "freezer" in options)]
    found.sort(key=lambda pair: not pair[1])
    return next(((place, is_new) for place, is_new in found if os.access(place, os.W_OK)),
                (None, None))


class Freezer:
    def __init__(self, lab, name):
        root, self._is_new = find_root()
        if root is None:
            raise LabError("no control group may be made here")
        self._lab = lab
        self._directory = root / f"{lab.directory.name}-{name}"
        self._directory.mkdir()
        lab.at_close(self.close)

    def freeze(self, pids):
        """Returns when all of them stand still."""
        for pid in pids:
            try:
                (self._directory / "cgroup.procs").write_text(str(pid))
            except ProcessLookupError:
                pass
        self._set(True)
        self._lab.wait_for(self._is_frozen, 10, "the processes stand still")

    def thaw(self):
        self._set(False)

    def _set(self, is_frozen):
        if self._is_new:
            (self._directory / "cgroup.freeze").write_text(str(int(is_frozen)))
        else:
            (self._directory / "freezer.state").write_text("FROZEN" if is_frozen else "THAWED")

    def _is_frozen(self):
        if self._is_new:
            return "frozen 1" in (self._directory / "cgroup.events").read_text()
        return (self._directory / "freezer.state").read_text().strip() == "FROZEN"

    def close(self):
        if not self._directory.exists():
            return
        self._set(False)
        self._lab.wait_for(lambda: not (self._directory / "cgroup.procs").read_text().strip(), 10,
                           "the frozen processes are gone")
        self._directory.rmdir()
