# SPDX-License-Identifier: Apache-2.0
"""What is kept in memory between two lives of a worker: gone, or not what it should be."""

import os

import pytest

from lab import Role

VIP = "10.77.0.100/24"
APP = {"type": "process", "command": "/bin/sleep 1000"}


def noise(path):
    path.write_bytes(os.urandom(path.stat().st_size))


def empty(path):
    path.write_bytes(b"")


def half(path):
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size // 2)


def gone(path):
    path.unlink()


def of_another_boot(path):
    data = bytearray(path.read_bytes())
    for i in range(16, 32):     # behind the magic and the layout
        data[i] ^= 0xff
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [noise, empty, half, gone, of_another_boot])
def test_a_memory_that_cannot_be_right_is_not_believed(make, harm):
    """Faults 2 and 24: guard and worker are killed together, and what they kept is no good."""
    cluster = make(timing="lan", roles=[Role("web", VIP, resources={"app": APP})]).boot()
    epoch = cluster.status("alpha").epoch("web")
    cluster.end_daemon("alpha")
    harm(cluster.members["alpha"].directory / "run" / "memory")
    cluster.start("alpha")
    # Everything an earlier life left is brought down before the first word, which frees the votes.
    cluster.wait_log("alpha", "does not know what it promised before")
    owner = cluster.wait_up("web", timeout=20)
    cluster.wait_all_agree()
    assert cluster.status(owner).epoch("web") > epoch, "no epoch is used twice"
    left = [i for i in cluster.watch.intervals("10.77.0.100") if i[0] == "alpha"][0]
    assert left[2] < float("inf"), "the address was removed first"
    running = [name for name in cluster.nodes if "sleep" in cluster.alive(name)]
    assert running == [owner]
