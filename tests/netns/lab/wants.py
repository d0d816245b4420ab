# SPDX-License-Identifier: Apache-2.0
"""What a host may lack: processor time, memory, a disk that answers. Each is a context in which the
machine of one member lacks it."""

import contextlib
import os
import shutil
import signal
import subprocess

from .groups import LittleMemory, why_none
from .host import LabError, boottime

#: Above the guard and the services of the tests, below what watches them.
HOG_PRIORITY = 15
HOGS_EACH = 32
HOGS = f"""
i=0
while [ $i -lt {HOGS_EACH} ]; do
    while :; do :; done &
    chrt -r {HOG_PRIORITY} sh -c 'while :; do :; done' &
    i=$((i + 1))
done
wait
"""
MEMORY_MIB = 96
#: Grows until it is killed for it, again and again.
GLUTTON = "sleep 1; while :; do tail /dev/zero; done"
DISK_MIB = 16


@contextlib.contextmanager
def program(cluster, name, script):
    """A script with all it starts, ended together."""
    running = cluster.members[name].host.start("want", ["setsid", "sh", "-c", script])
    running.is_expected_to_end = True
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)


@contextlib.contextmanager
def processor(cluster, name):
    with program(cluster, name, HOGS):
        yield


@contextlib.contextmanager
def memory(cluster, name):
    """The kernel may choose the worker, where the lab has no right to make it the last."""
    group = LittleMemory(cluster.lab, name, MEMORY_MIB)
    host, daemon = cluster.members[name].host, cluster.members[name].daemon
    since = boottime()
    with program(cluster, name, GLUTTON):
        group.take(host.pids(without=("host", "responder")))
        yield
    daemon.deaths_caused += len(daemon.said("guard: the worker was ended by signal 9", since))


@contextlib.contextmanager
def disk(cluster, name):
    """Whoever writes to the state waits. The member has a disk by give_stalling_disk."""
    place = cluster.members[name].directory / "state"
    cluster.inside(name, ["fsfreeze", "--freeze", place])
    try:
        yield
    finally:
        cluster.inside(name, ["fsfreeze", "--unfreeze", place])


def give_stalling_disk(cluster, name):
    """The state of this member lies on a disk that `disk` can stall, from its next start on."""
    member = cluster.members[name]
    image = member.directory / "disk"
    with open(image, "wb") as file:
        file.truncate(DISK_MIB << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    cluster.inside(name, ["mount", "-o", "loop", image, member.directory / "state"])


WANTS = {"processor": processor, "memory": memory, "disk": disk}


def why_not(name):
    """None, or why this host cannot make a machine lack it."""
    if name == "memory":
        return why_none("memory")
    needed = {"disk": ("mkfs.ext4", "fsfreeze"), "processor": ("chrt",)}[name]
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        return f"the program {missing[0]} is not installed"
    if name == "disk" and not os.access("/dev/loop-control", os.W_OK):
        return "no loop device may be used here"
    return None


def want(cluster, name, member):
    reason = why_not(name)
    if reason is not None:
        raise LabError(reason)
    return WANTS[name](cluster, member)
