# SPDX-License-Identifier: Apache-2.0
"""The unit on hosts that lack something: it starts, without a restart, and says what is missing.
And commands that root types between two starts of it."""

import pytest

from nodes import PROGRAM, UNIT

#: What a kernel without a BPF file system shows: no /sys/fs/bpf. The control groups stay.
HIDE = """set -e
mkdir -p /run/kept
mount --rbind /sys/fs/cgroup /run/kept
mount -t tmpfs tmpfs /sys/fs
mkdir /sys/fs/cgroup
mount --rbind /run/kept /sys/fs/cgroup
mount -o remount,ro /sys/fs
"""
SHOW = """umount -l /sys/fs/cgroup && umount -l /sys/fs && umount -l /run/kept && rmdir /run/kept"""


def restart(web, name):
    web.systemctl(name, "reset-failed", UNIT)
    web.systemctl(name, "restart", UNIT)
    web.wait_active(name)
    assert web.show(name, "NRestarts") == "0"


def test_the_unit_starts_without_a_bpf_file_system_and_says_so(web):
    shell = web.containers["beta"]
    shell.must("sh", "-c", HIDE)
    try:
        restart(web, "beta")
        code, out, _ = web.command("beta", "check")
        assert code == 0, out
        assert "warning  gate: this kernel has no BPF file system (/sys/fs/bpf:" in out
    finally:
        shell.must("sh", "-c", SHOW)
    restart(web, "beta")
    assert "ok       gate:" in web.command("beta", "check")[1]


@pytest.mark.parametrize("place", ["/var/tmp", "/run/failoverd-bpf", "/run/failoverd"])
def test_the_unit_starts_where_a_directory_is_missing(web, place):
    shell = web.containers["beta"]
    web.systemctl("beta", "stop", UNIT)
    there = shell.run("test", "-e", place)[0] == 0
    if there:
        shell.must("mv", place, place + ".away")
    try:
        restart(web, "beta")
    finally:
        web.systemctl("beta", "stop", UNIT)
        if there:
            shell.run("rm", "-rf", place)
            shell.must("mv", place + ".away", place)
    restart(web, "beta")


def test_the_unit_starts_where_the_settings_of_the_kernel_are_read_only(web):
    shell = web.containers["beta"]
    shell.must("mount", "-o", "bind,ro", "/proc/sys", "/proc/sys")
    try:
        restart(web, "beta")
    finally:
        shell.must("umount", "/proc/sys")


def test_the_key_may_be_a_credential_that_only_root_can_read(web):
    shell, place = web.containers["beta"], "/etc/systemd/system/failoverd.service.d"
    shell.must("cp", "/usr/local/share/failoverd/drop-ins/credential.conf", place)
    shell.must("chmod", "600", "/etc/failoverd/node.key")
    try:
        web.systemctl("beta", "daemon-reload")
        restart(web, "beta")
        web.systemctl("beta", "reload", UNIT)
        web.wait_active("beta")
        code, out, err = web.command("beta", "check")
        assert code == 0, out + err
    finally:
        shell.must("chmod", "640", "/etc/failoverd/node.key")
        shell.must("rm", place + "/credential.conf")
        web.systemctl("beta", "daemon-reload")
    restart(web, "beta")


COMMANDS = [("check",), ("status",), ("status", "--json"), ("version",), ("help",),
            ("adopt-voters",), ("cleanup", "--expired"), ("cleanup",), ("reload", "--binary"),
            ("move", "web", "beta"), ("stop", "web"), ("start", "web"), ("pause", "beta"),
            ("resume", "beta"), ("keygen", "--out", "/var/lib/failoverd/another.key"), ("run",)]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_unit_starts_after_root_typed_this_while_it_was_stopped(web, words):
    shell = web.containers["beta"]
    web.systemctl("beta", "stop", UNIT)
    shell.run("timeout", "3", PROGRAM, *words)
    restart(web, "beta")
    shell.run("rm", "-f", "/var/lib/failoverd/another.key")
