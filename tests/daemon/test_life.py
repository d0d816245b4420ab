# SPDX-License-Identifier: Apache-2.0
"""The next worker, or the next guard with its worker, goes on where the last one ended."""
import os
import signal

import pytest

from local import Cluster, runs, until


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path).start()
    yield cluster.owned(by="alpha")
    for member in cluster.members:
        if member.process:
            member.kill()


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
def test_the_death_of_a_worker_costs_neither_process_nor_epoch(cluster, number):
    before = web(cluster.alpha)
    worker = cluster.alpha.worker
    os.kill(worker, number)
    next_worker(cluster.alpha, worker)
    assert web(cluster.alpha) == before
    assert runs(before[1])
    log = cluster.beta.log + cluster.w1.log
    assert "web: released" not in log and log.count("seeking") == 0
    assert "resource app: process" in cluster.alpha.log and "goes on" in cluster.alpha.log


def test_an_adopted_process_stops_with_its_role(cluster):
    pid = web(cluster.alpha)[1]
    worker = cluster.alpha.worker
    os.kill(worker, signal.SIGKILL)
    next_worker(cluster.alpha, worker)
    until(lambda: cluster.alpha.ask("move", "web", "beta").returncode == 0, "the move is accepted")
    cluster.owned(by="beta")
    assert not runs(pid)


def test_a_process_that_dies_with_the_worker_is_started_again_in_place(cluster):
    before = web(cluster.alpha)
    worker = cluster.alpha.worker
    os.kill(worker, signal.SIGSTOP)
    os.kill(before[1], signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)
    next_worker(cluster.alpha, worker)
    until(lambda: (web(cluster.alpha) or before)[1] not in (None, before[1]), "app runs again")
    assert web(cluster.alpha)[0] == before[0]
    assert web(cluster.alpha)[2] == "alpha"


def test_a_new_program_takes_over_without_a_change(cluster):
    before = web(cluster.alpha)
    worker = cluster.alpha.worker
    told = cluster.alpha.command("reload", "--binary", *cluster.alpha.options())
    assert told.returncode == 0, told.stderr
    next_worker(cluster.alpha, worker)
    assert web(cluster.alpha) == before


def test_a_new_guard_goes_on_with_what_runs(cluster):
    before = web(cluster.alpha)
    cluster.alpha.kill()
    cluster.alpha.start().ready()
    until(lambda: web(cluster.alpha) == before, "alpha goes on as before")
    assert runs(before[1])
