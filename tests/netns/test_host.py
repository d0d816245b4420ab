# SPDX-License-Identifier: Apache-2.0
"""The host itself is at fault: its clock jumps, it stands still, its processors or its disk are
taken away."""

import pytest

from lab import Role, boottime
from lab.wants import why_not

VIP = "10.77.0.100/24"
#: Of each want; scripts/bench measures a minute.
WANT_S = 8
NO_GATE = "this host can have no packet gate"


@pytest.mark.parametrize("jumps", [[3600], [-3600], [600, -600] * 10])
def test_a_wall_clock_that_jumps_moves_nothing(make, calm, jumps):
    """Fault 26: the wall clock of owner and voter jumps by an hour, either way, or to and fro."""
    cluster = make(roles=[Role("web", VIP)])
    for name in ("alpha", "w1"):
        cluster.give_wall_clock(name)
    cluster.boot()
    with calm(cluster, seconds=2 * cluster.promise):
        for seconds in jumps:
            for name in ("alpha", "w1"):
                cluster.set_wall_clock(name, seconds)
            cluster.pass_time(0.1)
    cluster.must("w1", "move", "web", "beta", "--wait")


def test_a_blackout_of_less_than_the_lease_moves_nothing(make, calm):
    """Fault 31: a live migration; the host is still and its network cut for a moment."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    with calm(cluster, seconds=cluster.promise, silence_ms=cluster.lease * 1000):
        cluster.freeze("alpha")
        cluster.switch.unplug("alpha")
        cluster.pass_time(0.6 * cluster.lease)
        cluster.switch.plug("alpha")
        cluster.thaw("alpha")
        cluster.wait_all_agree()


@pytest.mark.parametrize("timing", ["fast", "lan"])
def test_a_blackout_of_longer_than_the_lease_is_a_takeover(make, timing):
    """Faults 28 and 31: the host is still, its network cut, and both go on after the takeover."""
    cluster = make(timing=timing, roles=[Role("web", VIP)]).boot()
    if not cluster.rely_on_gate():
        pytest.skip(NO_GATE)
    cluster.freeze("alpha")
    cluster.switch.unplug("alpha")
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.probe("web").wait_owner("beta")
    cluster.switch.plug("alpha")
    cluster.pass_time(2 * cluster.heartbeat)
    cluster.thaw("alpha")
    cluster.wait_all_agree()
    assert cluster.owner("web") == "beta"
    assert cluster.watch.standing("10.77.0.100") == ["beta"]


@pytest.mark.parametrize("timing, seconds", [("fast", 2), ("lan", 8)])
def test_a_frozen_owner_is_silent_and_releases_when_it_thaws(make, timing, seconds):
    """Fault 28: every process of the owner is still; its kernel and its network are not."""
    cluster = make(timing=timing, roles=[Role("web", VIP)]).boot()
    if not cluster.rely_on_gate():
        pytest.skip(NO_GATE)
    prober = cluster.probe("web")
    cluster.freeze("alpha")
    cluster.wait_up("web", "beta", seen_by="beta")
    prober.wait_owner("beta")
    cluster.pass_time(seconds - cluster.promise)
    cluster.thaw("alpha")
    cluster.wait_all_agree()
    assert cluster.owner("web") == "beta"
    assert prober.changes() == ["alpha", "beta"]
    assert cluster.watch.standing("10.77.0.100") == ["beta"]


@pytest.mark.parametrize("what", ["processor", "memory", "disk"])
def test_an_owner_in_want_never_shares_its_role(make, what):
    """Fault 32: 64 processes that never rest, no memory, or a disk that does not answer."""
    reason = why_not(what)
    if reason is not None:
        pytest.skip(reason)
    cluster = make(timing="lan", roles=[Role("web", VIP)])
    if what == "disk":
        cluster.give_stalling_disk("alpha")
    cluster.boot()
    if not cluster.rely_on_gate():
        pytest.skip(NO_GATE)
    since = boottime()
    with cluster.want(what, "alpha"):
        cluster.command("w1", "pause", "alpha", "--timeout", "1s")  # something to write down
        cluster.pass_time(WANT_S)
    cluster.wait_for(lambda: cluster.command("w1", "resume", "alpha")[0] == 0, "it is well", 60)
    cluster.wait_all_agree()
    taken = cluster.probe("web").changes(since)
    explained = cluster.said_anywhere("lease expired at epoch", since)
    assert len(explained) >= len(taken), "it is explained"
