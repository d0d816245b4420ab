# SPDX-License-Identifier: Apache-2.0
"""What an owner does when it notices that neighbours may know wrong things about its addresses."""
import sys

import pytest

from lab import Role

VIP = "10.77.0.100/24"
STRANGER_INDEX = 66

# One frame of gratuitous ARP for the address, from the interface it leaves by.
CLAIM = """
import socket
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("eth0", 0x0806))
station = link.getsockname()[4]
address = socket.inet_aton("10.77.0.100")
link.send(b"\\xff" * 6 + station + bytes.fromhex("0806" "0001" "0800" "06" "04" "0001")
          + station + address + b"\\0" * 6 + address)
print(station.hex(":"))
"""


def announced(cluster):
    return cluster.status("alpha").json["announced_again"]


def test_an_owner_that_was_paused_tells_its_neighbours_again(make):
    """Fault 39: neighbours may know the wrong owner after a pause."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    daemon = cluster.members["alpha"].daemon
    cluster.pass_time(5) # what booting was the reason for is over
    before = announced(cluster)
    daemon.stop_worker()
    cluster.pass_time(1.3) # longer than half the lease, shorter than the lease
    daemon.cont_worker()
    cluster.wait_for(lambda: announced(cluster) == before + 1, "alpha announces again")
    assert cluster.status("alpha").json["pauses"]["longest_ms"] > 1000
    assert "web: this node was paused: telling the neighbours again" in cluster.log("alpha")
    assert cluster.owner("web") == "alpha"


def test_an_owner_that_hears_a_member_again_tells_its_neighbours(make):
    """Fault 39: neighbours may know the wrong owner after a cut."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    cluster.pass_time(5)
    before = announced(cluster)
    cluster.power_off("beta")
    cluster.wait_for(lambda: "beta" not in cluster.status("alpha").heard(), "beta is lost")
    assert announced(cluster) == before
    cluster.power_on("beta")
    cluster.wait_for(lambda: announced(cluster) == before + 1, "alpha announces again")


def test_another_station_that_claims_the_address_is_counted_answered_and_shown(make):
    """Fault 36: another station claims the address."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    prober = cluster.probe("web")
    stranger = cluster.lab.host("stranger")
    cluster.switch.connect(stranger, STRANGER_INDEX)
    none = {"signs": 0, "station": None, "ago_ms": None}
    assert cluster.status("alpha").resource("web-ip")["conflicts"] == none
    for sign in (1, 2):
        code, station = stranger.run([sys.executable, "-c", CLAIM])
        assert code == 0
        conflicts = cluster.wait_for(
            lambda n=sign: (c := cluster.status("alpha").resource("web-ip")["conflicts"])
            and c["signs"] == n and c, "alpha has noticed it")
    assert conflicts["station"] == station.strip()
    assert any(station.strip() in warning for warning in cluster.status("alpha").json["warnings"])
    prober.wait_owner("alpha")
    assert cluster.log("alpha").count("says that 10.77.0.100 is its own") == 1, "and not each time"


@pytest.mark.parametrize("vip", [VIP, "fd77::64/64"])
def test_a_machine_that_has_the_address_and_only_answers_is_found_at_the_takeover(make, vip):
    """Fault 36: another station has the address and has never said so."""
    cluster = make(timing="lan", roles=[Role("web", vip)])
    stranger = cluster.lab.host("stranger")
    cluster.switch.connect(stranger, STRANGER_INDEX)
    stranger.ip(f"addr add {vip} dev eth0{' nodad' if ':' in vip else ''}")
    cluster.start_all()
    cluster.wait_up("web")
    station = cluster.switch.ports["stranger"][0].mac

    def found():
        status = cluster.status(cluster.owner("web"))
        return status.resource("web-ip")["conflicts"]["station"] == station and status
    status = cluster.wait_for(found, "the owner has found it")
    assert any(station in warning for warning in status.json["warnings"])
