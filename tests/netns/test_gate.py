# SPDX-License-Identifier: Apache-2.0
"""Guard and worker are killed or stopped together: the kernel alone ends what they began."""

import pytest

from lab import Knocker, Role

VIP = "10.77.0.100/24"
NO_GATE = "this host can have no packet gate"
#: How late the last answer of a stuck node may seem on a busy test machine; scripts/bench
#: measures it.
BUSY_S = 0.05


def knock(cluster, name, address):
    """A neighbour that goes on asking this node."""
    host = cluster.lab.host("neighbour")
    cluster.switch.connect(host, 67)
    return Knocker(host, address, cluster.members[name].host, cluster.switch)


@pytest.mark.parametrize("vip", [VIP, "fd77::64/64"])
@pytest.mark.parametrize("timing", ["fast", "lan"])
@pytest.mark.parametrize("how", ["kill_both", "stop_both"])
def test_a_node_without_guard_and_worker_is_silent_from_its_lease_end_on(make, how, timing, vip):
    """Faults 2 and 3: guard and worker of the owner are killed or stopped together."""
    cluster = make(timing=timing, roles=[Role("web", vip)]).boot()
    if not cluster.rely_on_gate():
        pytest.skip(NO_GATE)
    prober, daemon = cluster.probe("web"), cluster.members["alpha"].daemon
    address = vip.split("/")[0]
    knocker = knock(cluster, "alpha", address)
    since = getattr(daemon, how)()
    end = daemon.lease_end()
    cluster.wait_up("web", "beta", seen_by="beta")
    prober.wait_owner("beta")
    cluster.pass_time(0.5)
    last = knocker.stop()
    assert all(when > since for when in last.values()), "each kind was answered until then"
    assert {kind: when for kind, when in last.items() if when > end + BUSY_S} == {}
    if timing == "lan":
        cluster.wait_for(lambda: "alpha" not in cluster.watch.standing(address), "it expires")
        left = [i for i in cluster.watch.intervals(address) if i[0] == "alpha"][-1][2]
        assert left <= since + cluster.promise + 0.5
    if how == "stop_both":
        daemon.cont_both()
        cluster.wait_all_agree()
        assert cluster.watch.standing(address) == ["beta"]
        assert cluster.owner("web") == "beta"


def test_a_killed_daemon_leaves_no_address_and_no_process_behind_when_it_comes_back(make, tmp_path):
    """Fault 2: guard and worker of the owner are killed together, and start much later."""
    app = {"type": "process", "command": "/bin/sleep 1000"}
    cluster = make(timing="lan", roles=[Role("web", VIP, resources={"app": app})]).boot()
    if not cluster.rely_on_gate():
        pytest.skip(NO_GATE)
    daemon = cluster.members["alpha"].daemon
    daemon.kill_both()
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.start("alpha")
    cluster.wait_all_agree()
    assert cluster.watch.standing("10.77.0.100") == ["beta"]
    assert "sleep" not in cluster.alive("alpha")
