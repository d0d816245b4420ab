# SPDX-License-Identifier: Apache-2.0
"""What happens to the address from outside: it is taken away, or one of two paths is cut."""

import pytest

from lab import Role, boottime


@pytest.mark.parametrize("vip", ["10.77.0.100/24", "fd77::64/64"])
def test_an_address_removed_by_someone_else_is_put_back_within_a_second(make, vip):
    cluster = make(roles=[Role("web", vip)]).boot()
    prober = cluster.probe("web")
    for _ in range(3):
        since = boottime()
        cluster.members["alpha"].host.ip(f"addr del {vip} dev eth0")
        cluster.wait_for(lambda: prober.outages(since) and prober.owner == "alpha", "it is back")
        assert prober.changes(since) == []
        assert prober.outages(since)[0]["ms"] < 1000


def test_a_flush_by_a_network_manager_is_survived(make):
    cluster = make(roles=[Role("web", "10.77.0.100/24")]).boot()
    prober = cluster.probe("web")
    since = boottime()
    # Takes the member's own address away too, and gives only that back.
    alpha = cluster.switch.ports["alpha"][0]
    cluster.members["alpha"].host.ip("addr flush dev eth0 scope global",
                                     f"addr add {alpha.ipv4}/24 dev eth0")
    cluster.wait_for(lambda: prober.outages(since) and prober.owner, "somebody answers again")
    cluster.wait_all_agree()


def test_a_cut_of_one_of_two_paths_moves_nothing_and_is_shown(make, calm):
    cluster = make(networks=2, roles=[Role("web", "10.77.0.100/24")]).boot()
    with calm(cluster, seconds=5 * cluster.promise):
        cluster.switch.unplug("alpha", network=1)
    cluster.wait_for(lambda: cluster.status("beta").paths("alpha") == [True, False],
                     lambda: f"beta shows the dead path: {cluster.status('beta').paths('alpha')}")
    assert cluster.status("beta").paths("w1") == [True, True]

    cluster.switch.plug("alpha", network=1)
    cluster.wait_for(lambda: cluster.status("beta").paths("alpha") == [True, True],
                     "beta shows the healed path")


def test_both_paths_cut_is_a_lost_owner(make):
    cluster = make(networks=2, roles=[Role("web", "10.77.0.100/24")]).boot()
    cluster.switch.unplug("alpha", network=1)
    cluster.switch.unplug("alpha", network=0)
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.probe("web").wait_owner("beta")
