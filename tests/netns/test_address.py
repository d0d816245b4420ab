# SPDX-License-Identifier: Apache-2.0
"""What happens to the address from outside: it is taken away, or one of two paths is cut."""

import math

import pytest

from lab import Role, boottime


def stands_again(cluster, role, since):
    """Whether the address went after that moment, and stands somewhere now."""
    lives = cluster.watch.intervals(role.address)
    return len(lives) > 1 and lives[-2][2] >= since and math.isinf(lives[-1][2])


@pytest.mark.parametrize("vip", ["10.77.0.100/24", "fd77::64/64"])
def test_an_address_removed_by_someone_else_is_put_back_within_a_second(make, vip):
    """Fault 35: a network manager takes the address away."""
    role = Role("web", vip)
    cluster = make(roles=[role]).boot()
    prober = cluster.probe("web")
    for _ in range(3):
        since = boottime()
        cluster.members["alpha"].host.ip(f"addr del {vip} dev eth0")
        cluster.wait_for(lambda: stands_again(cluster, role, since), "the address stands again")
        prober.wait_owner("alpha")
        assert prober.changes(since) == []
        assert [o for o in prober.outages(since) if o["ms"] >= 1000] == []


def test_a_flush_by_a_network_manager_is_survived(make):
    """Fault 35: a network manager flushes the interface."""
    role = Role("web", "10.77.0.100/24")
    cluster = make(roles=[role]).boot()
    since = boottime()
    # Takes the member's own address away too, and gives only that back.
    alpha = cluster.switch.ports["alpha"][0]
    cluster.members["alpha"].host.ip("addr flush dev eth0 scope global",
                                     f"addr add {alpha.ipv4}/24 dev eth0")
    cluster.wait_for(lambda: stands_again(cluster, role, since), "the address stands again")
    cluster.probe("web").wait_owner()
    cluster.wait_all_agree()


def test_a_cut_of_one_of_two_paths_moves_nothing_and_is_shown(make, calm):
    """Fault 34: one of two cables is pulled."""
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
