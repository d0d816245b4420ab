# SPDX-License-Identifier: Apache-2.0
"""What networks and firewalls do to datagrams and announcements."""

import pytest

from lab import Role, boottime

VIP = "10.77.0.100/24"
NO_GATE = "this host can have no packet gate"
PORT = 7360
#: Beyond the promise: the votes of the taker, its address and announcement, on a busy machine.
SLACK_MS = 300


def firewall(cluster, name, chains):
    cluster.members[name].host.plumb(
        ["nft", "-f", "-"], f"table inet firewall\ndelete table inet firewall\n"
        f"table inet firewall {{\n{chains}\n}}\n")


def test_an_isolated_bystander_that_heals_moves_nothing(make, calm):
    """Fault 7: a bystander is isolated and comes back."""
    cluster = make(roles=[Role("web", VIP)]).boot()
    with calm(cluster, seconds=2 * cluster.promise):
        cluster.isolate("beta")
        cluster.wait_for(lambda: "beta" not in cluster.status("alpha").heard(), "beta is missed")
        cluster.pass_time(3 * cluster.promise)
        cluster.heal()
        cluster.wait_all_agree()


REFUSED = f"chain out {{ type filter hook output priority 0;\nudp dport {PORT} drop\n}}"


def test_a_firewall_that_refuses_shortly_moves_nothing(make, calm):
    """Fault 40: a firewall is reloaded, and sending is not permitted for half of the lease."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    with calm(cluster, seconds=2 * cluster.promise):
        firewall(cluster, "alpha", REFUSED)
        cluster.pass_time(cluster.lease / 2)
        firewall(cluster, "alpha", "")
    cluster.wait_all_agree()


def test_a_firewall_that_goes_on_refusing_is_an_isolation(make):
    """Fault 40: sending is not permitted for longer than the lease."""
    cluster = make(roles=[Role("web", VIP)]).boot()
    firewall(cluster, "alpha", REFUSED)
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.probe("web").wait_owner("beta")
    alpha, beta = cluster.watch.intervals("10.77.0.100")
    assert alpha[2] < beta[1]
    firewall(cluster, "alpha", "")
    cluster.wait_all_agree()
    assert cluster.owner("web") == "beta"


def test_small_packets_and_no_fragments_are_enough(make):
    """Fault 41: links of 1,280 bytes, and fragments are dropped."""
    count = 40
    roles = [Role("web", VIP)] + [
        Role(f"role-with-a-rather-long-name-{i:02}",
             resources={f"sleep-{i:02}": {"type": "process", "command": "/bin/sleep 1000"}})
        for i in range(count)]
    cluster = make(nodes=3, witnesses=0, timing="lan", roles=roles)
    for name in cluster.members:
        cluster.members[name].host.ip("link set eth0 mtu 1280")
        firewall(cluster, name, "chain in { type filter hook prerouting priority -500;\n"
                 "ip frag-off & 0x3fff != 0 drop\n}")
    cluster.boot()
    for name in cluster.members:
        sent = ip_counters(cluster, name)
        assert int(sent["FragCreates"]) == 0 and int(sent["FragFails"]) == 0
    owner = cluster.power_off("alpha") and cluster.wait_up("web", after="alpha")
    cluster.probe("web").wait_owner(owner)
    for role in roles:
        cluster.wait_up(role.name, after="alpha")


def ip_counters(cluster, name):
    text = cluster.inside(name, ["cat", "/proc/net/snmp"])
    names, values = [line.split()[1:] for line in text.splitlines() if line.startswith("Ip:")]
    return dict(zip(names, values))


def test_an_announcement_that_cannot_leave_is_told_and_tried_again(make):
    """Fault 38: the first announcements of the taker are lost."""
    cluster = make(roles=[Role("web", VIP)]).boot()
    prober = cluster.probe("web")
    beta = cluster.members["beta"].host
    beta.ip("link set eth0 txqueuelen 1000")
    beta.plumb(["nft", "add table netdev deaf; add chain netdev deaf out "
                "{ type filter hook egress device eth0 priority 0; }; "
                "add rule netdev deaf out ether type arp drop"])
    cluster.power_off("alpha")
    cluster.wait_up("web", "beta")
    moment = boottime()
    cluster.pass_time(0.2)
    beta.plumb(["nft", "delete table netdev deaf"])
    prober.wait_owner("beta")
    assert boottime() - moment < 2, "the next of the burst arrived"


@pytest.mark.parametrize("vip", ["10.77.0.100/24", "fd77::64/64"])
def test_a_client_that_missed_the_takeover_is_told_when_it_heals(make, vip):
    """Fault 39: a client was cut off together with the old owner, and keeps its old neighbour."""
    cluster = make(roles=[Role("web", vip)]).boot()
    prober = cluster.probe("web")
    cluster.switch.unplug("alpha")
    cluster.switch.unplug("client")
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.pass_time(4)    # the burst of announcements is over
    healed = boottime()
    cluster.switch.plug("alpha")
    cluster.switch.plug("client")
    prober.wait_owner("beta")
    assert prober.outages(healed)[-1]["end"] - healed < 2


def test_an_ipv6_address_is_usable_although_its_old_owner_still_has_it(make):
    """Fault 37: an IPv6 address that somebody behind a cut still has."""
    cluster = make(timing="lan", roles=[Role("web", "fd77::64/64")]).boot()
    if not cluster.rely_on_gate():
        pytest.skip(NO_GATE)
    prober = cluster.probe("web")
    daemon = cluster.members["alpha"].daemon
    since = daemon.stop_both()
    prober.wait_owner("beta")
    assert [o for o in prober.outages(since) if o["ms"] > cluster.promise * 1000 + SLACK_MS] == []
    text = cluster.inside("beta", ["ip", "-6", "addr", "show", "dev", "eth0"])
    assert "tentative" not in text and "dadfailed" not in text
    daemon.cont_both()
    cluster.wait_all_agree()
