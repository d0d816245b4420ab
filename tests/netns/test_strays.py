# SPDX-License-Identifier: Apache-2.0
"""A role's address on a node that does not own the role: somebody else put it there."""

import pytest

from lab import Knocker, Role

VIP = "10.77.0.100/24"
NEIGHBOUR_INDEX = 67


def tells(cluster, name, words):
    """The first problem in the status of this member that contains the words."""
    status = cluster.wait_for(lambda: cluster.status(name), f"the daemon of {name} answers")
    return next((line for line in status.json["problems"] if words in line), None)


# With its whole network on lo the node would reach nobody: that is another fault.
@pytest.mark.parametrize("vip, interface", [
    (VIP, "eth0"), ("10.77.0.100/32", "lo"), ("fd77::64/64", "eth0")])
def test_an_address_on_a_standby_is_told_everywhere_and_never_answered(make, vip, interface):
    """Fault 36: the address stands on a node that does not own it, too."""
    cluster = make(timing="lan", roles=[Role("web", vip)]).boot()
    has_gate = cluster.rely_on_gate()
    cluster.may_stand_in_silence = True
    beta, address = cluster.members["beta"].host, vip.split("/")[0]
    neighbour = cluster.lab.host("neighbour")
    cluster.switch.connect(neighbour, NEIGHBOUR_INDEX)
    # Who answers is told by the station that is asked, so the neighbour asks beta alone.
    knocker = Knocker(neighbour, address, beta, cluster.switch) if has_gate else None
    flags = " nodad" if ":" in vip else ""
    beta.ip(f"addr add {vip} dev {interface}{flags}")
    line = cluster.wait_for(lambda: tells(cluster, "beta", address), "beta tells of it")
    assert f"on interface {interface} of this host" in line
    cluster.wait_for(lambda: tells(cluster, "alpha", "beta has an address"), "alpha tells of it")
    cluster.wait_for(lambda: tells(cluster, "w1", "beta has an address"), "w1 tells of it")
    assert f"{address} is on interface {interface} of this host" in cluster.log("beta")
    out = cluster.command("beta", "check")[1]
    assert f"web-ip: its address is on interface {interface} of this host" in out
    cluster.pass_time(1)
    if has_gate:
        assert set(knocker.stop().values()) == {0}, "beta never answers"
    beta.ip(f"addr del {vip} dev {interface}")
    cluster.wait_for(lambda: not tells(cluster, "beta", address)
                     and not tells(cluster, "alpha", "beta has an address"), "it is over")
    cluster.wait_log("beta", f"{address} is no longer on this host")
    assert cluster.owner("web") == "alpha"


def test_a_standby_with_the_address_can_own_the_role_and_lets_go_of_both(make):
    """Fault 36: the address stands already where the role is moved to."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    if not cluster.rely_on_gate():
        pytest.skip("this host can have no packet gate")
    cluster.members["beta"].host.ip(f"addr add {VIP} dev eth0")
    cluster.wait_for(lambda: tells(cluster, "beta", "10.77.0.100"), "beta tells of it")
    cluster.must("alpha", "move", "web", "beta", "--wait")
    cluster.wait_for(lambda: not tells(cluster, "beta", "10.77.0.100"), "it is where it belongs")
    cluster.probe("web").wait_owner("beta")
    cluster.must("alpha", "move", "web", "alpha", "--wait")
    cluster.probe("web").wait_owner("alpha")
    assert cluster.watch.standing("10.77.0.100") == ["alpha"]
    assert not tells(cluster, "beta", "10.77.0.100")
