# SPDX-License-Identifier: Apache-2.0
"""What `check` finds on a host with systemd: whatever a role starts and somebody else starts, too;
interfaces on which an address is never heard; and what the sandbox of a stopped unit will hide."""

import contextlib

import pytest

from nodes import UNIT

FILE = "/etc/failoverd/try.ini"
PROGRAM = "/opt/other/daemon"
OTHER = f"[Service]\nExecStart={PROGRAM} infinity\n[Install]\nWantedBy=multi-user.target\n"
ROLE = "\n[role other]\nnodes = alpha, beta\nresources = other\n\n[resource other]\n"
AS_PROCESS = f"type = process\ncommand = {PROGRAM} infinity\n"
AS_SCRIPT = "type = script\n" + "".join(
    f"{key} = /bin/systemctl {verb} other.service\n"
    for key, verb in (("start", "start"), ("stop", "stop"), ("status", "is-active")))


def rows(web, resource, daemon="start"):
    """What it says of this resource of a role on beta, whose daemon runs or not."""
    shell = web.containers["beta"]
    text = shell.must("cat", "/etc/failoverd/failoverd.ini")
    shell.must("tee", FILE, text=text + ROLE + resource)
    web.systemctl("beta", daemon, UNIT)
    _, out, err = web.command("beta", "check", "--config", FILE)
    print(out, err)
    return [line for line in out.splitlines() if " other" in line]


@pytest.fixture
def other(web):
    """A service of the host."""
    shell = web.containers["beta"]
    shell.must("sh", "-ec", "mkdir -p /opt/other && cp /bin/sleep " + PROGRAM)
    shell.must("tee", "/etc/systemd/system/other.service", text=OTHER)
    web.systemctl("beta", "daemon-reload")
    yield web
    web.systemctl("beta", "disable", "--now", "other.service")
    shell.must("rm", "-r", "/opt/other", "/etc/systemd/system/other.service", FILE)
    web.systemctl("beta", "daemon-reload")


@pytest.mark.parametrize("resource", [AS_PROCESS, AS_SCRIPT], ids=["process", "script"])
def test_check_finds_a_service_that_the_host_starts_at_boot(other, resource):
    told = ("MISSING  other service: other.service is started by multi-user.target as well, on any "
            "node: systemctl disable other.service")
    assert told not in rows(other, resource)
    other.systemctl("beta", "enable", "other.service")
    assert told in rows(other, resource)
    assert told in rows(other, resource, "stop")


@pytest.mark.parametrize("resource", [AS_PROCESS, AS_SCRIPT], ids=["process", "script"])
def test_check_finds_a_service_that_runs_already(other, resource):
    told = ("warning  other service: other.service runs although the daemon does not: systemctl "
            "stop other.service")
    assert told not in rows(other, resource, "stop")
    other.systemctl("beta", "start", "other.service")
    assert told in rows(other, resource, "stop")


def test_check_finds_a_process_that_runs_already(other):
    shell = other.containers["beta"]
    shell.must("systemd-run", "--quiet", "--unit=by-hand", "--scope", "sh", "-c",
               f"{PROGRAM} infinity >/dev/null 2>&1 & exit 0")
    try:
        pid = shell.must("pgrep", "-f", PROGRAM).strip()
        assert (f"warning  other process: process {pid} runs the same command although the daemon "
                "does not run") in rows(other, AS_PROCESS, "stop")
    finally:
        shell.must("pkill", "-f", PROGRAM)


@contextlib.contextmanager
def bridge_port(web):
    """An interface of beta that is up and belongs to a bridge."""
    host = web.members["beta"].host
    host.ip("link add br9 type bridge", "link set br9 up",
            "link add port9 type veth peer name far9", "link set far9 up",
            "link set port9 master br9 up")
    try:
        yield
    finally:
        host.ip("link delete port9", "link delete br9")


@pytest.mark.parametrize("interface, word", [("port9", "MISSING  other: interface port9 is a part "
                                              "of a bridge or bond, which takes what arrives "
                                              "there: its role cannot run here; name the bridge "
                                              "or bond instead"),
                                             ("br9", "ok       other: br9")])
def test_check_finds_an_address_on_the_port_of_a_bridge(web, interface, word):
    with bridge_port(web):
        assert word in rows(
            web, f"type = vip\naddress = 192.0.2.7/24\ninterface = {interface}\n")


@contextlib.contextmanager
def drop_in(web, line):
    path = "/etc/systemd/system/failoverd.service.d/try.conf"
    web.containers["beta"].must("tee", path, text=f"[Service]\n{line}\n")
    web.systemctl("beta", "daemon-reload")
    try:
        yield
    finally:
        web.containers["beta"].must("rm", path)
        web.systemctl("beta", "daemon-reload")


def test_check_asks_in_the_sandbox_of_the_unit_also_while_it_is_stopped(other):
    resource = "type = process\ncommand = /home/daemon infinity\n"
    other.containers["beta"].must("cp", PROGRAM, "/home/daemon")
    hidden = ("MISSING  other command: /home/daemon: hidden by the unit (ProtectHome=); a drop-in "
              "can say ProtectHome=no")
    fine = "ok       other command: /home/daemon"
    assert hidden in rows(other, resource, "stop")
    with drop_in(other, "ProtectHome=no"):
        assert fine in rows(other, resource, "stop")
    assert hidden in rows(other, resource, "stop")
    # A running one keeps the sandbox it has, until it is restarted.
    assert hidden in rows(other, resource, "start")
    other.containers["beta"].must("rm", "/home/daemon")


def test_check_says_that_the_unit_cannot_be_started(web):
    web.systemctl("beta", "stop", UNIT)
    with drop_in(web, "BindPaths=/nowhere"):
        code, out, _ = web.command("beta", "check")
    assert code == 1
    assert ("MISSING  unit: the unit cannot be started: its mounts cannot be made here "
            "(226/NAMESPACE)") in out.splitlines()


@pytest.mark.parametrize("group, told", [
    ("operators", "ok       group: operators"),
    ("staff", "MISSING  group: the daemon is not in group staff and cannot give it its control "
              "socket: SupplementaryGroups=staff in a drop-in of the unit"),
    ("nobodys", "MISSING  group: group nobodys does not exist on this host")])
def test_check_finds_a_group_that_the_daemon_is_not_in(web, group, told):
    shell = web.containers["beta"]
    text = shell.must("cat", "/etc/failoverd/failoverd.ini")
    shell.must("tee", FILE, text=text.replace("group = operators", f"group = {group}"))
    web.systemctl("beta", "stop", UNIT)
    _, out, _ = web.command("beta", "check", "--config", FILE)
    assert told in out.splitlines(), out


def test_check_changes_nothing_while_the_unit_is_stopped(web):
    shell = web.containers["beta"]
    web.systemctl("beta", "stop", UNIT)
    look = ("sh", "-c", "ls -laR --time-style=full-iso /var/lib/failoverd /run/failoverd "
            "/etc/failoverd | grep -v '^total'; systemctl --failed --no-legend")
    before = shell.must(*look)
    code, out, err = web.command("beta", "check")
    assert code == 0, out + err
    assert "ok       user: all of this is asked as the unit would run the daemon" in out
    assert shell.must(*look) == before
