# SPDX-License-Identifier: Apache-2.0
"""Datagrams between members are lost at random, with the timing of the preset `lan`."""

from lab import Role, boottime

VIP = "10.77.0.100/24"
SECONDS = 30


def test_a_fifth_of_all_datagrams_lost_for_30_seconds_moves_nothing(make, calm):
    """Fault 19: datagrams are lost at random."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    with calm(cluster, SECONDS):
        cluster.lose_everywhere(20)


def test_half_of_all_datagrams_lost_for_30_seconds_never_makes_two_owners(make):
    """Fault 19: datagrams are lost at random."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    prober = cluster.probe("web")
    since = boottime()

    cluster.lose_everywhere(50)
    cluster.wait_for(lambda: boottime() > since + SECONDS, "the end of the loss", SECONDS + 5)
    changes = prober.changes(since)
    cluster.heal()
    owner = cluster.wait_up("web")
    prober.wait_owner(owner)

    assert len(changes) <= 1
    cluster.wait_all_agree()
