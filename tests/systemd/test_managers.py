# SPDX-License-Identifier: Apache-2.0
"""Roles' addresses on interfaces that somebody else configures: NetworkManager on one node,
systemd-networkd on the next, ifupdown on the third, side by side. Whatever happens to the interface
or to its manager, the host keeps its own address, and each role has its address on one node."""

import json

import pytest

from conftest import OPEN_CLUSTERS
from lab import Lab, Role
from nodes import UnitCluster, make_base

#: Far beyond what any of it takes, on a busy machine; a role's address waits up to 30 s.
PATIENCE = 90
#: NetworkManager forgets what it configured after 6 s without carrier.
DARK = 8
#: What is well stays so for longer than an owner waits for the address of its interface (1 s).
CALM = 1.5
PROFILE = """[connection]
id=lan
type=ethernet
interface-name=eth0
[ipv4]
method=manual
address1={own}/24
[ipv6]
method=disabled
"""
NETWORK = """[Match]
Name=eth0
[Network]
Address={own}/24
LinkLocalAddressing=no
"""
INTERFACES = """auto eth0
iface eth0 inet static
    address {own}/24
"""


class Manager:
    """One that configures eth0 of a node; `acts` are commands of its own, `is_well` what it says
    when it has done so."""

    def __init__(self, unit, files, is_well, **acts):
        self.unit, self.files, self.is_well = unit, files, is_well
        self.acts = {"restart": f"systemctl restart {unit}", **acts}

    def install(self, upper, own):
        for name, text in self.files.items():
            (upper / name).parent.mkdir(parents=True, exist_ok=True)
            (upper / name).write_text(text.format(own=own))
            (upper / name).chmod(0o600 if name.endswith("nmconnection") else 0o644)
        system = upper / "etc/systemd/system"
        # Enabled, and with what the unit of the daemon is started after.
        for target, unit in (("multi-user", self.unit), ("network-online", self.unit),
                             ("network-online", f"{self.unit}-wait-online")):
            place = system / f"{target}.target.wants"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{unit}.service").symlink_to(f"/lib/systemd/system/{unit}.service")
        (system / "lab-network.service").symlink_to("/dev/null")


MANAGERS = {
    "alpha": Manager(
        "NetworkManager",
        {"etc/NetworkManager/system-connections/lan.nmconnection": PROFILE,
         "etc/NetworkManager/conf.d/lab.conf":
             "[keyfile]\nunmanaged-devices=interface-name:eth1\n"},
        ("nmcli -t -f GENERAL.STATE,GENERAL.CONNECTION device show eth0",
         ["GENERAL.STATE:100 (connected)", "GENERAL.CONNECTION:lan"]),
        reload="nmcli general reload && nmcli connection reload",
        configure="nmcli device reapply eth0",
        anew="nmcli connection up lan"),
    "beta": Manager(
        "systemd-networkd", {"etc/systemd/network/eth0.network": NETWORK},
        ("networkctl status --no-pager eth0", ["State: routable (configured)"]),
        reload="echo '# edited' >>/etc/systemd/network/eth0.network && networkctl reload",
        configure="networkctl reconfigure eth0",
        anew="networkctl down eth0 && networkctl up eth0"),
    "gamma": Manager(
        "networking", {"etc/network/interfaces": INTERFACES},
        ("ifquery --state eth0", ["eth0=eth0"]),
        reload="ifup --all",
        configure="ifup --force eth0",
        anew="ifdown eth0 && ifup eth0"),
}


def addresses(cluster, name):
    """IPv4 addresses of eth0."""
    out = cluster.containers[name].must("ip", "-json", "-4", "addr", "show", "dev", "eth0")
    return [address["local"] for link in json.loads(out) for address in link.get("addr_info", ())]


def source(cluster, name):
    """From which address the host speaks to its neighbours; None: it has no way to them."""
    out = cluster.containers[name].run("ip", "-json", "route", "get", "10.77.0.254")[1]
    return next((route["prefsrc"] for route in json.loads(out or "[]")), None)


def complaint(cluster):
    """What is not as it should be, in words; None: nothing."""
    seen = {name: addresses(cluster, name) for name in cluster.nodes}
    for name, manager in MANAGERS.items():
        own = cluster.switch.ports[name][0].ipv4
        if own not in seen[name] or source(cluster, name) != own:
            return f"{name} has {seen[name]} and speaks from {source(cluster, name)}"
        command, expected = manager.is_well
        said = cluster.containers[name].run("sh", "-c", command)[1]
        lines = [line.strip() for line in said.splitlines()]
        if not set(expected) <= set(lines):
            return f"{manager.unit} of {name} says {said}"
    for role in cluster.roles:
        there = [name for name in cluster.nodes if role.address in seen[name]]
        if len(there) != 1 or cluster.owner(role.name) != there[0]:
            return f"{role.name}: {cluster.owner(role.name)} has it, its address is on {there}"
    return None


def settle(cluster):
    while True:
        cluster.wait_for(lambda: complaint(cluster) is None, lambda: complaint(cluster), PATIENCE)
        if cluster.holds_for(CALM, lambda: complaint(cluster) is None):
            return


def make_cluster(lab, product):
    roles = [Role(f"on-{name}", f"10.77.0.{101 + i}/24",
                  nodes=[name, *(other for other in MANAGERS if other != name)])
             for i, name in enumerate(MANAGERS)]
    cluster = UnitCluster(lab, make_base(), product, nodes=len(MANAGERS), witnesses=0, networks=2,
                          timing="lan", roles=roles)
    for name, manager in MANAGERS.items():
        member = cluster.members[name]
        manager.install(member.directory / "container/upper", cluster.switch.ports[name][0].ipv4)
        member.host.ip("addr flush dev eth0")
    return cluster


@pytest.fixture(scope="module")
def managed(product):
    """A cluster whose nodes have their second interface for themselves."""
    lab = Lab()
    try:
        cluster = make_cluster(lab, product)
        OPEN_CLUSTERS.append(cluster)
        cluster.start_all()
        yield cluster
    finally:
        for cluster in lab.clusters:
            cluster.close()
            OPEN_CLUSTERS.remove(cluster)
        lab.close()


@pytest.fixture
def at_home(managed):
    """Each role is on the node of its name."""
    for role in managed.roles:
        home = role.nodes[0]
        # A member that has just started does not take it yet.
        managed.wait_for(lambda: managed.owner(role.name) == home or managed.command(
            home, "move", role.name, home, "--wait")[0] == 0, f"{role.name} is at home", PATIENCE)
    settle(managed)
    return managed


def test_a_host_keeps_its_own_address_when_the_switch_restarts(at_home):
    """Fault 35: every cable is dead for some seconds."""
    for name in MANAGERS:
        at_home.switch.carrier(name, False, network=0)
    at_home.pass_time(DARK)
    for name in MANAGERS:
        at_home.switch.carrier(name, True, network=0)
    settle(at_home)


@pytest.mark.parametrize("act", ["restart", "reload", "configure", "anew"])
def test_role_and_host_keep_their_addresses_after_the_manager_does_this(at_home, act):
    """Fault 35: restart of the manager, its file read again, the interface configured again, with
    and without a link that goes down."""
    for name, manager in MANAGERS.items():
        at_home.containers[name].must("sh", "-c", manager.acts[act])
    settle(at_home)
