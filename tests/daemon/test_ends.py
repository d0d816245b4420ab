# SPDX-License-Identifier: Apache-2.0
"""Real daemons on the loopback interface: how they start and end, and what they remember."""
import pathlib
import re
import signal
import socket

import pytest

from local import BINARY, DONE, REFUSED, runs, until


def test_a_second_daemon_on_the_same_run_directory_is_refused(cluster):
    alpha = cluster.alpha.start().ready()
    result = alpha.command("run", *alpha.options())
    assert result.returncode == REFUSED
    assert f"a failoverd runs already (process {alpha.process.pid}" in result.stderr
    assert alpha.status()["self"] == "alpha"


def test_a_port_that_is_taken_is_refused(cluster):
    port = int(re.search(r"port = (\d+)", cluster.config.read_text())[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        result = cluster.alpha.command("run", *cluster.alpha.options())
    assert result.returncode == REFUSED and "in use by another process" in result.stderr


def test_no_other_process_can_bind_the_port_beside_the_daemon(cluster):
    cluster.alpha.start().ready()
    port = int(re.search(r"port = (\d+)", cluster.config.read_text())[1])
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            thief.setsockopt(socket.SOL_SOCKET, option, 1)
            with pytest.raises(OSError):
                thief.bind(("127.0.0.1", port))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_hands_the_role_over_and_ends_with_0(cluster, number):
    cluster.start().owned("alpha")
    pid = cluster.alpha.status()["resources"][0]["pid"]
    assert cluster.alpha.end(number) == DONE
    assert not runs(pid)
    assert not (cluster.alpha.path / "run" / "control.sock").exists()
    cluster.owned("beta")


def test_a_second_signal_releases_by_force_what_does_not_want_to_stop(cluster):
    cluster.config.write_text(cluster.config.read_text().replace(
        "command = /bin/sleep 1000",
        "command = /bin/sh -c 'trap : TERM INT; while true; do sleep 1000; done'\n"
        "stop_timeout = 1h"))
    alpha = cluster.start().owned("alpha").alpha
    pid = alpha.status()["resources"][0]["pid"]
    alpha.process.send_signal(signal.SIGTERM)
    until(lambda: "shutting down:" in alpha.log, "alpha begins to leave")
    assert runs(pid) and alpha.process.poll() is None
    assert alpha.end(signal.SIGTERM) == DONE
    assert "web: released by force" in alpha.log and not runs(pid)
    cluster.owned("beta")
    cluster.beta.process.send_signal(signal.SIGTERM) # it does not want to stop there either
    until(lambda: "shutting down:" in cluster.beta.log, "beta begins to leave")


def test_a_daemon_without_memory_ends_its_leftovers_and_gets_the_role_back_or_another(cluster):
    cluster.start().owned("alpha")
    pid = cluster.alpha.status()["resources"][0]["pid"]
    cluster.alpha.kill()
    assert runs(pid)
    (cluster.alpha.path / "run" / "memory").unlink()
    cluster.alpha.start().ready()
    assert not runs(pid)
    cluster.owned()


def test_each_start_is_a_new_incarnation(cluster):
    incarnations = []
    for _ in range(3):
        cluster.alpha.start().ready()
        incarnations.append(cluster.alpha.status()["incarnation"])
        cluster.alpha.end()
    assert incarnations == [1, 2, 3]


def damage_cut(path):
    path.write_bytes(path.read_bytes()[:50])


def damage_flip(path):
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)


def damage_empty(path):
    path.write_bytes(b"")


def damage_remove(path):
    path.unlink()


@pytest.mark.parametrize("damage", [damage_cut, damage_flip, damage_empty, damage_remove])
def test_damaged_state_is_told_and_learned_again(cluster, damage):
    """Fault 24: the state is damaged."""
    cluster.start().owned("alpha")
    first = cluster.alpha.status()
    cluster.alpha.end()
    damage(cluster.alpha.state)
    cluster.alpha.start().ready()
    assert "used as a lower bound only" in cluster.alpha.log
    status = until(lambda: not cluster.alpha.status()["relearning"] and cluster.alpha.status(),
                   "alpha has learned again")
    assert status["incarnation"] > first["incarnation"]
    assert (cluster.alpha.state.parent / "state.damaged").exists() == (damage != damage_remove)


def test_state_damaged_in_both_generations_starts_as_new(cluster):
    cluster.start().owned("alpha")
    cluster.alpha.end()
    damage_flip(cluster.alpha.state)
    damage_flip(cluster.alpha.state.with_name("state.old"))
    cluster.alpha.start().ready()
    assert "nothing of it can be used" in cluster.alpha.log
    until(lambda: not cluster.alpha.status()["relearning"], "alpha has learned again")
    until(lambda: cluster.beta.status()["members"][0]["state"] == "up", "alpha is no replay")


def test_the_state_of_another_member_is_refused(cluster):
    cluster.beta.start().ready()
    cluster.beta.end()
    cluster.alpha.state.parent.mkdir()
    cluster.alpha.state.write_bytes(cluster.beta.state.read_bytes())
    result = cluster.alpha.command("run", *cluster.alpha.options())
    assert result.returncode == REFUSED and "the state of another member" in result.stderr


@pytest.mark.skipif(b"__asan_init" in pathlib.Path(BINARY).read_bytes(),
                    reason="the address sanitizer needs memory of its own")
def test_the_daemon_needs_little_memory(cluster):
    cluster.start().owned("alpha")
    total = 0
    for pid in (cluster.alpha.process.pid, cluster.alpha.worker):
        # What the two share counts once.
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1])
    assert total < 8 * 1024
