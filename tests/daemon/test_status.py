# SPDX-License-Identifier: Apache-2.0
"""What `failoverd status` shows a person, by real daemons on the loopback interface: what is wrong
first, a line for each member and role, and an exit code for "one more failure is an outage".
"""
import contextlib
import os
import re
import shutil
import subprocess

import pytest

from local import BINARY, DEGRADED, DONE, REFUSED, UNHEALTHY, until

COLUMNS, ROWS = 80, 24


def add_roles(cluster, count):
    """The role web, and so many more of the same kind."""
    with open(cluster.config, "a", encoding="ascii") as config:
        for i in range(1, count):
            config.write(f"[role shop-number-{i}]\nnodes = beta, alpha\nresources = app-{i}\n"
                         f"[resource app-{i}]\ntype = process\ncommand = /bin/sleep 1000\n")


def all_up(member):
    def true():
        status = member.status()
        return status and all(role["phase"] == "up" for role in status["roles"])
    until(true, f"every role is up as {member.name} sees it")


# --- degraded


def test_the_loss_of_the_witness_is_no_outage_yet_and_has_an_exit_code_of_its_own(cluster):
    cluster.start().owned("alpha")
    until(lambda: cluster.alpha.ask("status").returncode == DONE, "all is well")
    cluster.w1.end()
    until(lambda: cluster.alpha.ask("status").returncode == DEGRADED, "alpha says so")
    status = cluster.alpha.status()
    assert status["healthy"] and status["degraded"]
    assert status["risks"] == ["one more lost voter ends the quorum: 2 of 3 heard, 2 needed"]
    text = cluster.alpha.ask("status").stdout
    assert "degraded: one more failure would be an outage" in text.splitlines()[0]


def test_a_role_without_a_standby_is_degraded(cluster):
    cluster.start().owned("alpha")
    assert cluster.alpha.ask("pause", "beta").returncode == DONE
    until(lambda: cluster.alpha.ask("status").returncode == DEGRADED, "alpha says so")
    assert cluster.alpha.status()["risks"] == ["web has no standby: no other node could take it"]
    role, = [line for line in cluster.alpha.ask("status").stdout.splitlines()
             if line.startswith("web ")]
    assert role.endswith("none: beta paused")
    assert cluster.alpha.ask("resume", "beta").returncode == DONE
    until(lambda: cluster.alpha.ask("status").returncode == DONE, "all is well again")


def test_a_member_without_quorum_says_that_it_cannot_know_the_owner(cluster):
    alpha = cluster.alpha.start().ready()
    result = alpha.ask("status")
    assert result.returncode == UNHEALTHY
    status = alpha.status()
    assert "web: owner unknown: no quorum here" in status["problems"]
    assert not status["degraded"]
    assert status["roles"][0]["owner"] is None and status["roles"][0]["owner_unknown"]
    assert re.search(r"^web +unknown +unknown ", result.stdout, re.M)


def test_failures_are_shown_with_their_time_and_the_command_that_clears_them(cluster, tmp_path):
    good = tmp_path / "good"
    text = cluster.config.read_text().replace(
        "/bin/sleep 1000", f"/bin/sh -c 'test -e {good} && exec sleep 1000'")
    cluster.config.write_text(text)
    cluster.start()
    def warned():
        return [line for line in (cluster.w1.status() or {"warnings": []})["warnings"]
                if line.startswith("web failed on alpha ")]
    until(warned, "the witness says so")
    assert re.fullmatch(r"web failed on alpha \d+ times?, last \d[^,;]* ago; "
                        r"`failoverd clear web alpha` when the cause is mended", warned()[0])
    good.touch()
    result = cluster.w1.ask("clear", "web")
    assert result.returncode == DONE, result.stderr
    assert "the failures of web on alpha are cleared" in result.stdout
    until(lambda: cluster.w1.status()["roles"][0]["phase"] == "up", "it runs again")


# --- the overview


def test_what_is_wrong_stands_before_everything_else(cluster):
    alpha = cluster.alpha.start().ready()
    lines = alpha.ask("status").stdout.splitlines()
    assert "NOT HEALTHY" in lines[0]
    assert lines[2].startswith("! no quorum: 1 of 3")


def test_status_of_a_role_shows_its_nodes_and_resources(cluster):
    cluster.start().owned("alpha")
    text = cluster.alpha.ask("status", "web").stdout
    for words in ["role web: up on alpha", "alpha            owner", "beta             ready",
                  "app              process  up", "vote of this member: alpha"]:
        assert words in text


def test_status_of_a_member_shows_its_paths(cluster):
    cluster.start().owned("alpha")
    text = cluster.alpha.ask("status", "beta").stdout
    assert text.startswith("node beta: up, heard ") and "path 127.0.0.1" in text
    assert "watchdog " in cluster.alpha.ask("status", "alpha").stdout


def test_status_of_an_unknown_name_says_where_the_names_are(cluster):
    alpha = cluster.alpha.start().ready()
    result = alpha.ask("status", "wbe")
    assert result.returncode == REFUSED
    assert "no role and no member is called wbe" in result.stderr


# --- on a terminal


@contextlib.contextmanager
def terminal(path, words):
    """A terminal of the smallest size in which the command runs; yields what it shows."""
    tmux = ["tmux", "-S", str(path / "tmux"), "-f", "/dev/null"]
    done = path / "done"
    line = " ".join(map(str, words)) + f"; touch {done}; exec sleep 60"
    environment = {"PATH": os.environ["PATH"], "HOME": str(path), "LC_ALL": "C.UTF-8",
                   "SHELL": "/bin/sh", "TERM": "xterm"}
    subprocess.run([*tmux, "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), line, ";",
                    "set", "status", "off"], check=True, timeout=20, env=environment)
    try:
        until(done.exists, "the command has ended")
        yield lambda *more: subprocess.run([*tmux, "capture-pane", "-p", *more], check=True,
                                           timeout=20, capture_output=True, text=True,
                                           env=environment).stdout
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, timeout=20, env=environment)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.parametrize("fault", [False, True])
def test_the_status_of_8_roles_fits_80_columns_and_24_rows(cluster, tmp_path, fault):
    add_roles(cluster, 8)
    cluster.start()
    all_up(cluster.alpha)
    if fault:
        cluster.beta.end()
        cluster.w1.end()
        until(lambda: cluster.alpha.ask("status").returncode == UNHEALTHY, "no quorum")
    with terminal(tmp_path, [BINARY, "status", "--run-dir", cluster.alpha.path / "run"]) as shown:
        lines = shown().rstrip("\n").splitlines()
        colours = shown("-e")
    assert lines[0].startswith("cluster local, seen by alpha: "), "the first line is still there"
    assert len(lines) < ROWS, "and there is room for a prompt"
    for name in ["web", *(f"shop-number-{i}" for i in range(1, 8))]:
        assert any(line.startswith(name + " ") for line in lines), lines
    assert ("\033[1;31m" in colours or "\033[1m\033[31m" in colours) == fault
