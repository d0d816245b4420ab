# SPDX-License-Identifier: Apache-2.0
"""Units that scripts start and stop with systemctl, on a host that stood still for longer than its
lease: they are out of the daemon's reach, and none is taken for down while systemd runs it."""

import pytest

from conftest import OPEN_CLUSTERS
from lab import Lab, Role
from nodes import UnitCluster, make_base

#: Of an ExecStop that does not fit into `release`, in seconds.
SLOW = 6
#: Far beyond what any of it takes, on a busy machine.
PATIENCE = 90
UNITS = {
    "ledger.service": "[Service]\nExecStart=/bin/sleep infinity\n",
    "slow.service": ("[Service]\nExecStart=/bin/sleep infinity\n"
                     f"ExecStop=/bin/sh -c 'sleep {SLOW}'\n"),
    "srv-ledger.mount": "[Mount]\nWhat=tmpfs\nWhere=/srv/ledger\nType=tmpfs\n",
    # For what systemctl says of it, no role.
    "late.service": ("[Service]\nType=notify\nExecStart=/bin/sleep infinity\n"
                     "TimeoutStartSec=infinity\nExecStopPost=/bin/sleep infinity\n"
                     "TimeoutStopSec=infinity\n"),
    "fails.service": "[Service]\nType=oneshot\nExecStart=/bin/false\n",
}
ROLES = {"ledger": "ledger.service", "slow": "slow.service", "disk": "srv-ledger.mount"}


def role_of(name, unit):
    words = {"start": "start", "stop": "stop", "status": "is-active"}
    commands = {key: f"/bin/systemctl {verb} {unit}" for key, verb in words.items()}
    return Role(name, resources={f"{name}-unit": {
        "type": "script", "user": "root", "stop_timeout": "30s", "status_interval": "1s",
        **commands}})


@pytest.fixture(scope="module")
def shared_units(product):
    """A cluster of its own, whose roles are units of systemd."""
    lab = Lab()
    try:
        cluster = UnitCluster(lab, make_base(), product, timing="lan",
                              roles=[role_of(name, unit) for name, unit in ROLES.items()])
        for member in cluster.members.values():
            place = member.directory / "container/upper/etc/systemd/system"
            place.mkdir(parents=True)
            for name, text in UNITS.items():
                (place / name).write_text(text)
        OPEN_CLUSTERS.append(cluster)
        yield cluster.boot()
    finally:
        for cluster in lab.clusters:
            cluster.close()
            OPEN_CLUSTERS.remove(cluster)
        lab.close()


def word(cluster, name, unit):
    """What systemd of that member says of the unit."""
    return cluster.containers[name].run("systemctl", "is-active", unit)[1].strip()


def is_told(cluster, member, role):
    code, out, _ = cluster.command(member, "status")
    return code == 3 and f"{role} may still run on alpha" in out


def is_well(cluster):
    """Each unit is active on the owner of its role and nowhere else; every member is content."""
    def is_right(role, unit, node):
        return word(cluster, node, unit) == (
            "active" if cluster.owner(role) == node else "inactive")
    return all(is_right(role, unit, node) for role, unit in ROLES.items()
               for node in cluster.nodes) and all(
        cluster.command(member, "status")[0] == 0 for member in cluster.members)


def test_units_of_a_frozen_owner_are_stopped_when_it_thaws(shared_units):
    """Fault 28: a service, a slow one and a mount, each started with systemctl."""
    cluster = shared_units
    cluster.wait_for(lambda: is_well(cluster), "all is well at first", PATIENCE)
    cluster.containers["alpha"].freeze()
    try:
        for role in ROLES:
            cluster.wait_up(role, "beta", seen_by="beta", timeout=PATIENCE)
        cluster.pass_time(6 - cluster.promise)
    finally:
        cluster.containers["alpha"].thaw()
    for member in cluster.members:
        cluster.wait_for(lambda m=member: is_told(cluster, m, "slow"), f"{member} tells it", SLOW)
    while word(cluster, "alpha", "slow.service") != "inactive":
        for member in cluster.members:
            told = is_told(cluster, member, "slow")
            assert told or word(cluster, "alpha", "slow.service") == "inactive", member
    cluster.wait_for(lambda: is_well(cluster), "all is well", PATIENCE)
    assert {cluster.owner(role) for role in ROLES} == {"beta"}
    for role in ROLES:
        assert f"{role}: released epoch" in cluster.log("alpha")


def test_what_systemctl_says_of_a_unit_is_understood(shared_units):
    """The words and exit codes that daemon/resource/verdict.c relies on."""
    shell = shared_units.containers["w1"]

    def says(unit):
        code, out, _ = shell.run("systemctl", "is-active", unit)
        return code, out.strip()

    def wait(unit, expected):
        shared_units.wait_for(lambda: says(unit) == expected, lambda: f"{unit}: {says(unit)}")
    wait("ledger.service", (3, "inactive"))
    shell.must("systemctl", "start", "--no-block", "late.service")
    wait("late.service", (3, "activating"))
    shell.must("systemctl", "stop", "--no-block", "late.service")
    wait("late.service", (3, "deactivating"))
    shell.must("systemctl", "kill", "-s", "KILL", "late.service")
    shell.run("systemctl", "start", "fails.service")
    wait("fails.service", (3, "failed"))
    shell.must("systemctl", "reset-failed")
    # Who cannot ask says so, and ends as if the unit were down.
    shell.must("systemctl", "stop", "dbus.socket", "dbus.service")
    code, _, err = shell.run("setpriv", "--reuid=olga", "--clear-groups", "systemctl", "is-active",
                             "ledger.service")
    shell.must("systemctl", "start", "dbus.socket")
    assert code not in (0, 3) and err.splitlines()[-1].startswith("Failed to "), (code, err)
