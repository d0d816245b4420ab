# SPDX-License-Identifier: Apache-2.0
"""Somebody on the network means harm: floods of junk, and recorded heartbeats played again."""

import json
import struct

import pytest

from lab import Role, boottime
from lab.paths import tool

VIP = "10.77.0.100/24"
PORT = 7360
ATTACKER_INDEX = 66
RATE, SECONDS = 100_000, 5


@pytest.fixture
def attacked(make):
    """A cluster, and a machine beside it that is no member."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    attacker = cluster.lab.host("attacker")
    cluster.switch.connect(attacker, ATTACKER_INDEX)
    return cluster, attacker


def record(cluster, name, seconds):
    """A file with all heartbeats from and to the member over that time."""
    path = cluster.lab.directory / f"tape-{name}"
    host = cluster.members[name].host
    recorder = host.start("tape", [tool("tape"), "record", "eth0", PORT, path])
    recorder.wait_event("ready")
    end = boottime() + seconds
    cluster.wait_for(lambda: boottime() > end, "the end of the recording", seconds + 5)
    recorder.stop()
    assert frames(path)
    return path


def frames(path):
    data, found, at = path.read_bytes(), [], 0
    while at < len(data):
        length, = struct.unpack_from("=I", data, at)
        found.append(data[at + 4:at + 4 + length])
        at += 4 + length
    return found


def flood(cluster, attacker, template, source):
    """RATE datagrams a second at the owner and at the witness together."""
    targets = [f"{cluster.switch.ports[name][0].ipv4}:{PORT}" for name in ("alpha", "w1")]
    program = attacker.start("flood", [tool("flood"), RATE, SECONDS, template, source, *targets])
    program.is_expected_to_end = True
    program.wait_end(SECONDS * 10)
    return json.loads(program.text())


def test_a_flood_of_random_bytes_moves_nothing(attacked, calm):
    """Fault 60: a flood of junk."""
    cluster, attacker = attacked
    with calm(cluster, seconds=1):
        sent = flood(cluster, attacker, "random", "own")
    assert sent["sent"] > 0.5 * RATE * SECONDS


def test_a_flood_with_a_right_start_and_a_wrong_tag_moves_nothing(attacked, calm):
    """Fault 60: a flood of junk that looks like ours."""
    cluster, attacker = attacked
    template = cluster.lab.directory / "template"
    template.write_bytes(frames(record(cluster, "alpha", 0.5))[0][14 + 20 + 8:])
    with calm(cluster, seconds=1):
        sent = flood(cluster, attacker, str(template), cluster.switch.ports["beta"][0].ipv4)
    assert sent["sent"] > 0.5 * RATE * SECONDS
    assert cluster.status("alpha").refused("bad-tag") > 0


def test_heartbeats_played_again_at_once_move_nothing(attacked, calm):
    """Fault 21: a recorded session is played again."""
    cluster, attacker = attacked
    tape = record(cluster, "alpha", 2)
    with calm(cluster, seconds=1):
        code, _ = attacker.run([tool("tape"), "play", "eth0", tape, "2000"])
        assert code == 0
    assert cluster.status("alpha").refused("replay") > 0
    assert cluster.status("beta").refused("replay") > 0


def test_heartbeats_of_a_dead_owner_do_not_bring_it_back(attacked, calm):
    """Fault 21: a recorded session is played again after its sender died."""
    cluster, attacker = attacked
    tape = record(cluster, "alpha", 2)
    cluster.power_off("alpha")
    cluster.wait_up("web", "beta")
    cluster.probe("web").wait_owner("beta")
    cluster.wait_for(lambda: "alpha" not in cluster.status("beta").heard(), "alpha is missed")

    with calm(cluster, seconds=1):
        for _ in range(3):
            attacker.run([tool("tape"), "play", "eth0", tape, "2000"])
            assert "alpha" not in cluster.status("beta").heard()
    assert cluster.status("beta").refused("replay") > 0


def test_heartbeats_of_an_earlier_life_change_nothing(attacked, calm):
    """Fault 21: a recorded session is played again after the host of its sender was booted."""
    cluster, attacker = attacked
    tape = record(cluster, "beta", 2)
    cluster.power_off("beta")
    cluster.power_on("beta")
    cluster.wait_all_agree()
    before = {name: cluster.status(name).refused("replay") for name in ("alpha", "w1")}
    with calm(cluster, seconds=1):
        code, _ = attacker.run([tool("tape"), "play", "eth0", tape, "2000"])
        assert code == 0
    for name, count in before.items():
        assert cluster.status(name).refused("replay") > count
    cluster.wait_all_agree()
