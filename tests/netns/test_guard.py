# SPDX-License-Identifier: Apache-2.0
"""The worker, the guard or both die, hang or are replaced: users notice nothing, or the role moves
and is never up twice."""

import contextlib
import math

import pytest

from lab import Role, boottime

VIP = "10.77.0.100/24"
#: Each start leaves a line in a file: so one that nobody should have made shows.
APP = {"type": "process", "command": "/bin/sh -c 'echo $$ >>{log}; exec sleep 1000'"}
#: A client's silence that the load of the test machine may cause; scripts/bench has the real bound.
CALM_MS = 300


@pytest.fixture
def cluster(make, tmp_path):
    """A role of an address and a process, up on alpha; a busy test machine costs it no lease."""
    return make(timing="lan", roles=[role_with_process(tmp_path)]).boot()


@pytest.fixture
def fast(make, tmp_path):
    return make(timing="fast", roles=[role_with_process(tmp_path)]).boot()


def role_with_process(tmp_path):
    app = {key: value.replace("{log}", str(tmp_path / "starts")) for key, value in APP.items()}
    return Role("web", VIP, resources={"app": app})


def starts(tmp_path):
    return len((tmp_path / "starts").read_text().split())


@contextlib.contextmanager
def unharmed(cluster, tmp_path):
    """The owner, the epoch, the address and the process are the same before and after, and all the
    time between."""
    owner = cluster.owner("web")
    prober, before, since = cluster.probe("web"), cluster.status(owner), boottime()
    count = starts(tmp_path)
    yield owner
    cluster.wait_all_agree()
    now = cluster.status(owner)
    assert (now.owner("web"), now.epoch("web")) == (owner, before.epoch("web"))
    assert now.process("app") == before.process("app"), "the process was adopted"
    assert starts(tmp_path) == count, "nothing was started again"
    stood = cluster.watch.intervals("10.77.0.100")[-1]
    assert stood[0] == owner and stood[1] < since and math.isinf(stood[2]), "it stood all the time"
    assert prober.changes(since) == []
    assert [o for o in prober.outages(since) if o["ms"] > CALM_MS] == []


def test_a_killed_worker_of_the_owner_is_not_noticed(cluster, tmp_path):
    """Faults 33 and 65: the worker alone is killed."""
    daemon = cluster.members["alpha"].daemon
    for _ in range(3):
        with unharmed(cluster, tmp_path):
            guard, worker = daemon.wait_both()
            daemon.kill_worker()
            assert daemon.wait_both(other_than=[worker])[0] == guard
            cluster.pass_time(2 * cluster.promise)


def test_a_killed_guard_of_the_owner_is_not_noticed(cluster, tmp_path):
    """Fault 33: the guard alone is killed."""
    daemon = cluster.members["alpha"].daemon
    with unharmed(cluster, tmp_path):
        old = daemon.wait_both()
        daemon.kill_guard()
        daemon.wait_both(other_than=old)
        cluster.pass_time(2 * cluster.promise)
    assert cluster.status("alpha").guard["watches"]


def test_a_new_program_takes_over_unnoticed(cluster, tmp_path):
    """Fault 65: an upgrade keeps what runs."""
    for name in cluster.members:
        daemon = cluster.members[name].daemon
        guard, worker = daemon.wait_both()
        with unharmed(cluster, tmp_path):
            cluster.upgrade(name)
            assert daemon.wait_both(other_than=[worker])[0] == guard
            cluster.pass_time(2 * cluster.promise)


def test_killed_workers_of_bystander_and_witness_move_nothing(cluster, tmp_path):
    """Faults 33 and 65: the worker of somebody else is killed."""
    with unharmed(cluster, tmp_path):
        for name in ("beta", "w1"):
            daemon = cluster.members[name].daemon
            _, worker = daemon.wait_both()
            daemon.kill_worker()
            daemon.wait_both(other_than=[worker])
        cluster.pass_time(2 * cluster.promise)


def test_a_worker_that_dies_five_times_makes_the_guard_release(fast):
    """Fault 33: the worker alone is killed, again and again."""
    daemon = fast.members["alpha"].daemon
    worker = None
    for _ in range(5):
        _, worker = daemon.wait_both(other_than=[worker])
        daemon.kill_worker()
    fast.wait_up("web", "beta", seen_by="beta")
    fast.probe("web").wait_owner("beta")
    said = daemon.said("5 times within 60 s")
    assert len(said) == 1 and "started again in 5 s" in said[0], "it says when"
    assert daemon.worker is None, "it waits"
    daemon.wait_both()
    fast.wait_all_agree()
    assert fast.owner("web") == "beta"


@pytest.mark.parametrize("timing", ["fast", "lan"])
def test_a_worker_that_hangs_loses_its_role_at_the_end_of_the_lease(make, tmp_path, timing):
    """Fault 3: the worker stands still for longer than the lease."""
    cluster = make(timing=timing, roles=[role_with_process(tmp_path)]).boot()
    daemon = cluster.members["alpha"].daemon
    stopped = daemon.stop_worker()
    end = daemon.lease_end()
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.probe("web").wait_owner("beta")
    assert_left_in_time(cluster, "alpha", stopped, end)

    since = boottime()
    daemon.cont_worker()
    cluster.wait_all_agree()
    cluster.pass_time(2 * cluster.promise)
    assert cluster.owner("web") == "beta"
    assert cluster.probe("web").changes(since) == [], "it did not announce the address"
    assert cluster.status("alpha").longest_pause_ms > cluster.lease * 1000, "it says how long"


def test_a_worker_that_hangs_shortly_moves_nothing(cluster, tmp_path):
    """Fault 4: the worker stands still for less than half of the lease."""
    daemon = cluster.members["alpha"].daemon
    with unharmed(cluster, tmp_path):
        since = daemon.stop_worker()
        cluster.pass_time(0.4 * cluster.lease)
        daemon.cont_worker()
        cluster.pass_time(cluster.promise)
    assert daemon.said("not running for", since), "it says how long"
    assert cluster.status("alpha").longest_pause_ms > 0.3 * cluster.lease * 1000


def test_a_worker_that_hangs_for_good_is_killed_and_started_again(fast):
    """Fault 3: the worker never goes on."""
    daemon = fast.members["alpha"].daemon
    guard, worker = daemon.wait_both()
    daemon.deaths_caused += 1
    daemon.stop_worker()
    assert daemon.wait_both(20, other_than=[worker])[0] == guard
    fast.wait_all_agree()
    assert fast.owner("web") == "beta"


def test_an_isolated_owner_whose_worker_hangs_lets_go_before_another_takes(fast):
    """Faults 3 and 6: nobody hears the owner, and its worker stands still."""
    daemon = fast.members["alpha"].daemon
    fast.isolate("alpha")
    stopped = daemon.stop_worker()
    end = daemon.lease_end()
    fast.wait_up("web", "beta", seen_by="beta")
    fast.probe("web").wait_owner("beta")
    assert_left_in_time(fast, "alpha", stopped, end)
    daemon.cont_worker()
    fast.heal()
    fast.wait_all_agree()
    assert fast.owner("web") == "beta"


def assert_left_in_time(cluster, name, stopped, lease_end):
    """The address left this machine at the end of the lease, before it came to another one, and
    nothing else of the role is up there."""
    left, taken = cluster.watch.intervals("10.77.0.100")[-2:]
    assert left[0] == name and taken[0] != name
    assert left[2] < taken[1], "it left before it came to the other"
    # The kernel, which counts whole seconds, may be a little earlier than the guard.
    early = 1 if cluster.timing == "lan" else 0.001
    assert lease_end - early <= left[2] <= stopped + cluster.promise
    assert "sleep" not in cluster.alive(name)
