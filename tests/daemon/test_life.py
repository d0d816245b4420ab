# SPDX-License-Identifier: Apache-2.0
"""The next worker, or the next guard with its worker, goes on where the last one ended."""
import os
import signal
import subprocess

import pytest

from local import BINARY, runs, until


@pytest.fixture(name="owned")
def make_owned(cluster):
    return cluster.start().owned(by="alpha")


def web(member):
    """Epoch of the role, process of its resource and claim of the member; None: no answer yet."""
    status = member.status()
    if not status:
        return None
    role = status["roles"][0]
    app = next(r for r in status["resources"] if r["name"] == "app")
    return role["epoch"], app["pid"], role["owner"], role["phase"]


def next_worker(member, before):
    until(lambda: member.worker not in (0, before), f"{member.name} has another worker")
    until(lambda: web(member), f"{member.name} answers again")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_the_death_of_a_worker_costs_neither_process_nor_epoch(owned, number):
    before = web(owned.alpha)
    worker = owned.alpha.worker
    os.kill(worker, number)
    next_worker(owned.alpha, worker)
    assert web(owned.alpha) == before
    assert runs(before[1])
    log = owned.beta.log + owned.w1.log
    assert "web: released" not in log and log.count("requesting votes") == 0
    assert "resource app: process" in owned.alpha.log and "continues" in owned.alpha.log


def test_an_adopted_process_stops_with_its_role(owned):
    pid = web(owned.alpha)[1]
    worker = owned.alpha.worker
    os.kill(worker, signal.SIGKILL)
    next_worker(owned.alpha, worker)
    until(lambda: owned.alpha.ask("move", "web", "beta").returncode == 0, "the move is accepted")
    owned.owned(by="beta")
    assert not runs(pid)


def test_a_process_that_dies_with_the_worker_is_started_again_in_place(owned):
    before = web(owned.alpha)
    worker = owned.alpha.worker
    os.kill(worker, signal.SIGSTOP)
    os.kill(before[1], signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    next_worker(owned.alpha, worker)
    until(lambda: (web(owned.alpha) or before)[1] not in (None, before[1]), "app runs again")
    assert web(owned.alpha)[0] == before[0]
    assert web(owned.alpha)[2] == "alpha"


def test_a_new_program_takes_over_without_a_change(owned):
    before = web(owned.alpha)
    worker = owned.alpha.worker
    told = owned.alpha.command("reload", "--binary", *owned.alpha.options())
    assert told.returncode == 0, told.stderr
    next_worker(owned.alpha, worker)
    assert web(owned.alpha) == before


def test_a_new_guard_goes_on_with_what_runs(owned):
    before = web(owned.alpha)
    owned.alpha.kill()
    owned.alpha.start().ready()
    until(lambda: web(owned.alpha) == before, "alpha goes on as before")
    assert runs(before[1])


def test_a_daemon_started_with_closed_descriptors_has_null_there(cluster):
    alpha = cluster.alpha
    marks = "0>&- 1>&- 2>&-"
    with subprocess.Popen(["/bin/sh", "-c", f'exec "$0" run "$@" {marks}', BINARY,
                           *map(str, alpha.options())], start_new_session=True) as guard:
        alpha.process = guard
        try:
            alpha.ready()
            for pid in (guard.pid, alpha.worker):
                ends = [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)]
                assert ends == ["/dev/null"] * 3
        finally:
            alpha.kill()
