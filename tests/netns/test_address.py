# SPDX-License-Identifier: Apache-2.0
"""What happens to the address from outside: it is taken away, or one of two paths is cut."""

import math
import os

import pytest

from lab import Role, boottime


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
        # An IPv4 address of a role is a network of its own: it never takes others along.
        there = vip if ":" in vip else f"{role.address}/32"
        cluster.members["alpha"].host.ip(f"addr del {there} dev eth0")
        cluster.wait_for(lambda: stands_again(cluster, role, since), "the address stands again")
        prober.wait_owner("alpha")
        assert prober.changes(since) == []
        assert [o for o in prober.outages(since) if o["ms"] >= 1000] == []


@pytest.mark.parametrize("vip", ["10.77.0.100/24", "fd77::64/64"])
def test_an_address_that_is_put_back_forty_times_is_no_outage(make, vip):
    """Fault 35: somebody takes the address away again and again; a repair is no failure."""
    role = Role("web", vip)
    cluster = make(roles=[role]).boot()
    prober = cluster.probe("web")
    prober.wait_owner("alpha")
    there = vip if ":" in vip else f"{role.address}/32"
    since = boottime()
    for _ in range(40):
        moment = boottime()
        cluster.members["alpha"].host.ip(f"addr del {there} dev eth0")
        cluster.wait_for(lambda: stands_again(cluster, role, moment), "the address stands again")
    prober.wait_owner("alpha")
    assert prober.changes(since) == []
    outages = [outage["ms"] for outage in prober.outages(since)]
    assert sum(outages) < 1000, outages
    status = cluster.status("alpha")
    resource = status.json["resources"][0]
    assert status.failures("web", "alpha") == 0 and resource["restarts"] == 0, resource
    assert resource["repairs"]["last_minute"] == 40, resource
    said = [text for text in status.json["warnings"] if "times in the last minute" in text]
    assert len(said) == 1 and role.address in said[0], status.json["warnings"]
    lines = [line for line in cluster.members["alpha"].daemon.program.text().splitlines()
             if "put back" in line and role.address in line]
    assert 1 <= len(lines) <= 8, lines


def test_who_removes_the_address_all_the_time_fills_neither_log_nor_processor(make):
    """Fault 35: a script removes the address as fast as it can, for seconds."""
    cluster = make(roles=[Role("web", "10.77.0.100/24")]).boot()
    prober = cluster.probe("web")
    prober.wait_owner("alpha")
    daemon = cluster.members["alpha"].daemon
    worker, since = daemon.worker, boottime()
    used = cpu_seconds(worker)
    cluster.members["alpha"].host.start("remover", [
        "/bin/sh", "-c", "end=$(($(date +%s) + 6)); while [ $(date +%s) -lt $end ]; do "
        "for i in 1 2 3 4 5 6 7 8 9 10; do ip addr del 10.77.0.100/32 dev eth0; done; done "
        "2>/dev/null; echo '{\"event\": \"done\", \"t\": 0}'"]).wait_event("done", timeout=60)
    spent, wall = cpu_seconds(worker) - used, boottime() - since
    resource = cluster.status("alpha").json["resources"][0]
    print(f"{resource['repairs']['total']} repairs in {wall:.1f} s cost {spent:.2f} s; "
          f"outages of {sum(o['ms'] for o in prober.outages(since)):.0f} ms")
    assert resource["repairs"]["total"] >= 100, resource
    assert spent < wall / 3
    lines = [line for line in daemon.program.text().splitlines() if "omebody else remove" in line]
    assert 1 <= len(lines) <= 8, lines
    prober.wait_owner()


def test_a_flush_by_a_network_manager_is_survived(make):
    """Fault 35: a network manager flushes the interface."""
    role = Role("web", "10.77.0.100/24")
    cluster = make(roles=[role]).boot()
    since = boottime()
    # Takes the member's own address away too, and gives only that back.
    alpha = cluster.switch.ports["alpha"][0]
    cluster.members["alpha"].host.ip("addr flush dev eth0",
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
    cluster.wait_for(lambda: "network 2 to alpha is silent" in cluster.log("beta"), "beta says so")
    cluster.wait_for(lambda: "network 2 is silent: no member" in cluster.log("alpha"),
                     "alpha says that its cable is dead, and not of each member")
    assert "network 2 to" not in cluster.log("alpha")
    assert any("network 2 is silent" in line for line in cluster.status("alpha").json["warnings"])

    cluster.switch.plug("alpha", network=1)
    cluster.wait_for(lambda: cluster.status("beta").paths("alpha") == [True, True],
                     "beta shows the healed path")


def test_both_paths_cut_is_a_lost_owner(make):
    cluster = make(networks=2, roles=[Role("web", "10.77.0.100/24")]).boot()
    cluster.switch.unplug("alpha", network=1)
    cluster.switch.unplug("alpha", network=0)
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.probe("web").wait_owner("beta")


#: Of changes of interfaces in one test.
ROUNDS = int(os.environ.get("FAILOVERD_ROUNDS", "9"))


def rename(cluster, name):
    """udev gives the interface of the address another name while it is up."""
    host = cluster.members[name].host
    host.ip("link set eth0 name lan0")
    return lambda: host.ip("link set lan0 name eth0")


def swap(cluster, name):
    """The names of two cards change places."""
    host = cluster.members[name].host
    host.ip("link add spare0 type veth peer name spare1", "link set spare1 up",
            "link set spare0 up", "link set eth0 name lan0", "link set spare0 name eth0")
    return lambda: host.ip("link del eth0", "link set lan0 name eth0")


def make_anew(cluster, name):
    """The interface is taken away and made again."""
    member = cluster.members[name]
    cluster.switch.connect(member.host, member.index)
    return lambda: None


@pytest.mark.parametrize("vip", ["10.77.0.100/24", "fd77::64/64"])
def test_whatever_becomes_of_interfaces_and_their_names_only_one_machine_answers(make, vip):
    """Fault 35: the interface is renamed, swapped with another or made anew, again and again."""
    cluster = make(roles=[Role("web", vip)]).boot()
    prober = cluster.probe("web")
    for number in range(ROUNDS):
        owner = cluster.wait_up("web")
        undo = (rename, swap, make_anew)[number % 3](cluster, owner)
        other = "beta" if owner == "alpha" else "alpha"
        # Where it is not handed over by itself, somebody has it moved.
        if number % 3 != 0:
            cluster.wait_all_agree()
            if cluster.wait_up("web") == owner:
                cluster.command(owner, "move", "web", other, "--wait")
        cluster.wait_up("web", other)
        prober.wait_owner(other)
        shown = cluster.inside(owner, ["ip", "addr"])
        assert f" {vip.split('/')[0]}/" not in shown, f"round {number}: {shown}"
        undo()
        cluster.wait_all_agree()
    assert prober.duals() == []


def test_a_daemon_that_starts_after_a_rename_leaves_no_address_behind(make):
    """Fault 22: the interface got its new name while nothing ran."""
    cluster = make(timing="lan", roles=[Role("web", "10.77.0.100/24")]).boot()
    if not cluster.rely_on_gate():
        pytest.skip("this host can have no packet gate")
    cluster.end_daemon("alpha")
    cluster.members["alpha"].host.ip("link set eth0 name lan0")
    cluster.start("alpha")
    cluster.wait_up("web", "beta")
    cluster.wait_all_agree()
    assert "10.77.0.100" not in cluster.inside("alpha", ["ip", "addr"])


def test_the_host_keeps_its_own_source_whatever_order_addresses_come_in(make):
    """Fault 35: the host's address is put back behind that of the role, and the role moves away."""
    cluster = make(roles=[Role("web", "10.77.0.100/24")]).boot()
    alpha = cluster.switch.ports["alpha"][0]
    host = cluster.members["alpha"].host
    host.ip(f"addr del {alpha.ipv4}/24 dev eth0", f"addr add {alpha.ipv4}/24 dev eth0")
    cluster.wait_all_agree()
    assert f"src {alpha.ipv4} " in cluster.inside("alpha", ["ip", "route", "get", "10.77.0.12"])
    if cluster.owner("web") == "alpha":
        cluster.must("alpha", "move", "web", "beta", "--wait")
    assert alpha.ipv4 in cluster.inside("alpha", ["ip", "addr"])
