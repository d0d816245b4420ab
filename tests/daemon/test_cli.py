# SPDX-License-Identifier: Apache-2.0
"""The command line without a daemon: keys, checks, usage, exit codes. FAILOVERD: the binary."""
import base64
import os
import pathlib
import re
import stat
import subprocess

import pytest

BINARY = os.environ["FAILOVERD"]
DONE, REFUSED, USAGE, UNHEALTHY, NOT_RUNNING, CONFIG = range(6)


class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.text = self.out + self.err


def failoverd(*words, **options):
    return Result(subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True,
                                 timeout=20, check=False, **options))


@pytest.fixture(name="host")
def make_host(tmp_path):
    return Host(tmp_path)


class Host:
    """A directory with a key, a configuration that names it, and the options for both."""

    def __init__(self, path):
        self.path = path
        self.key = path / "node.key"
        self.public = failoverd("keygen", "--out", self.key).out.strip()
        self.others = [failoverd("keygen", "--out", path / f"other{i}").out.strip()
                       for i in (1, 2)]
        self.config = path / "failoverd.ini"
        self.write(self.good())

    def good(self):
        return f"""[cluster]
name = ledger
port = 7399
[node alpha]
address = 127.0.0.1
key = {self.public}
[node beta]
address = 127.0.0.2
key = {self.others[0]}
[witness w1]
address = 127.0.0.3
key = {self.others[1]}
[role web]
nodes = alpha, beta
resources = app
[resource app]
type = process
command = /bin/sleep 1000
"""

    def write(self, text):
        self.config.write_text(text)

    def options(self):
        return ["--config", self.config, "--key", self.key, "--state-dir", self.path / "state",
                "--run-dir", self.path / "run"]

    def check(self, **options):
        return failoverd("check", *self.options(), **options)


# --- usage


def test_no_command_prints_usage_and_fails():
    result = failoverd()
    assert result.code == USAGE and "usage: failoverd COMMAND" in result.err and not result.out


@pytest.mark.parametrize("words", [["help"], ["--help"], ["-h"]])
def test_help_lists_every_command_on_stdout(words):
    result = failoverd(*words)
    assert result.code == DONE and not result.err
    for name in ["run", "keygen", "check", "status", "move", "stop", "start", "pause", "resume",
                 "clear", "reload", "adopt-voters", "cleanup", "version", "help"]:
        assert f"\n  {name}" in result.out


def commands():
    """Each command of the binary's own table."""
    return [line.split()[0] for line in failoverd("help").out.splitlines()
            if line.startswith("  ") and line[2] != " "]


def test_every_command_and_each_of_its_options_is_in_the_manual():
    text = (pathlib.Path(__file__).parents[2] / "man" / "failoverd.8").read_text()
    synopsis, rest = text.split(".Sh DESCRIPTION", 1)
    described = rest.split(".Sh COMMANDS", 1)[1].split(".Sh OPTIONS", 1)[0]
    assert len(commands()) > 10
    for name in commands():
        entry = [part for part in synopsis.split(".Nm\n")
                 if re.match(r"\.Cm (?:[\w-]+ \| )*" + name + r"\b", part)]
        assert len(entry) == 1, f"{name} is in SYNOPSIS once"
        assert re.search(r"^\.It Cm (?:[\w-]+ \| )*" + name + r"\b", described, re.M), name
        options = set(re.findall(r"^  --([\w-]+)", failoverd("help", name).out, re.M)) - {"help"}
        assert options == set(re.findall(r"Fl -([\w-]+)", entry[0])), name


@pytest.mark.parametrize("words", [["help", "move"], ["move", "--help"]])
def test_help_of_a_command_tells_its_operands_and_options(words):
    result = failoverd(*words)
    assert result.code == DONE
    assert "usage: failoverd move ROLE [NODE]" in result.out
    assert "--wait" in result.out and "--run-dir DIR" in result.out


@pytest.mark.parametrize("words", [["version"], ["--version"], ["-V"]])
def test_version_names_version_and_protocol(words):
    result = failoverd(*words)
    assert result.code == DONE
    assert result.out.startswith("failoverd ") and "(protocol 1.1)" in result.out


@pytest.mark.parametrize("words, says", [
    (["dance"], "unknown command dance"),
    (["help", "dance"], "unknown command dance"),
    (["status", "--jsno"], "unknown option --jsno"),
    (["status", "--config", "x"], "--config is not valid for this command"),
    (["status", "extra", "more"], "expected [ROLE|MEMBER]"),
    (["status", "--json=yes"], "--json takes no value"),
    (["move"], "expected ROLE [NODE]"),
    (["move", "a", "b", "c"], "unexpected argument: c"),
    (["move", "a", "--timeout"], "--timeout needs a TIME"),
    (["move", "a", "--timeout", "5"], "--timeout: "),
    (["move", "a", "--timeout="], "--timeout needs a TIME"),
    (["move", "a", "--timeout", "0s"], "out of range"),
    (["run", "--log-level", "loud"], "\"loud\" is no log level"),
    (["keygen", "--out", ""], "--out needs a FILE"),
])
def test_a_wrong_command_line_is_told_and_exits_with_usage(words, says):
    result = failoverd(*words)
    assert result.code == USAGE and says in result.err and not result.out


def test_options_may_stand_anywhere_and_end_with_two_dashes(tmp_path):
    result = failoverd("move", "--wait", "a", f"--run-dir={tmp_path}", "b", "--timeout", "1s")
    assert result.code == NOT_RUNNING
    assert failoverd("stop", f"--run-dir={tmp_path}", "--", "--odd-role").code == NOT_RUNNING


# --- without a daemon


@pytest.mark.parametrize("words", [
    ["status"], ["status", "--json"], ["move", "a"], ["move", "a", "b", "--wait"], ["stop", "a"],
    ["start", "a"], ["pause", "b"], ["resume", "b"]])
def test_commands_say_that_no_daemon_runs(words, tmp_path):
    result = failoverd(*words, "--run-dir", tmp_path)
    assert result.code == NOT_RUNNING and not result.out
    assert f"the daemon is not running: no answer at {tmp_path}/control.sock" in result.err


def test_a_socket_that_nobody_serves_is_no_daemon(tmp_path):
    import socket
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "control.sock"))
    dead.close()
    assert failoverd("status", "--run-dir", tmp_path).code == NOT_RUNNING


def test_a_daemon_that_hangs_is_given_up_after_the_timeout(tmp_path):
    import socket
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "control.sock"))
        mute.listen()
        result = failoverd("status", "--run-dir", tmp_path, "--timeout", "100ms")
    assert result.code == NOT_RUNNING and "no answer in time" in result.err


# --- keygen


def test_keygen_writes_a_private_file_and_prints_the_public_key(tmp_path):
    key = tmp_path / "key"
    result = failoverd("keygen", "--out", key, umask=0)
    assert result.code == DONE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(base64.b64decode(result.out)) == 32
    assert len(base64.b64decode(key.read_text())) == 32
    assert key.read_text().strip() not in result.text
    assert str(key) in result.err


def test_keygen_makes_another_key_each_time(tmp_path):
    publics = {failoverd("keygen", "--out", tmp_path / str(i)).out for i in range(3)}
    assert len(publics) == 3


@pytest.mark.parametrize("kind", ["file", "link", "dangling", "directory"])
def test_keygen_never_writes_over_anything(tmp_path, kind):
    key, target = tmp_path / "key", tmp_path / "target"
    if kind == "file":
        key.write_text("precious")
    elif kind == "directory":
        key.mkdir()
    else:
        key.symlink_to(target)
        if kind == "link":
            target.write_text("precious")
    result = failoverd("keygen", "--out", key)
    assert result.code == REFUSED and "exists already and is left as it is" in result.err
    assert not result.out
    if kind in ("file", "link"):
        assert key.read_text() == "precious"
    assert target.exists() == (kind == "link")


def test_keygen_into_a_missing_directory_fails_and_leaves_nothing(tmp_path):
    result = failoverd("keygen", "--out", tmp_path / "no" / "key")
    assert result.code == REFUSED and "no such file or directory" in result.err and not result.out


# --- check


def test_check_of_a_good_host_tells_who_it_is_and_the_worst_failover_time(host):
    result = host.check()
    assert result.code == DONE, result.text
    assert "is alpha of cluster ledger (3 members, 1 role)" in result.out
    # (2 s + 0.5 s) x 1.01 / 0.99, and a heartbeat of 0.2 s
    assert "promise 2.551 s = (lease 2.000 s + release 0.500 s)" in result.out
    assert "replaced within 2.751 s" in result.out
    assert "\n0 missing, " in result.out


def with_script(host, text, mode=0o755):
    script = host.path / "app.sh"
    script.write_bytes(text)
    script.chmod(mode)
    host.write(host.good().replace("/bin/sleep 1000", str(script)))
    return script


@pytest.mark.parametrize("text,says", [
    (b"#!/nowhere/sh\n", "MISSING  app interpreter: /nowhere/sh: No such file"),
    (b"#!/bin/sh\r\nexit 0\r\n", "its lines end as those of Windows"),
    (b"#!/usr/bin/env no-such-program\n", "MISSING  app interpreter: no-such-program: not found"),
    (b"exit 0\n", "no #! line says what reads it"),
    (b"#! /bin/sh\nexit 0\n", "ok       app interpreter: /bin/sh")])
def test_check_looks_at_what_reads_a_script(host, text, says):
    with_script(host, text)
    result = host.check()
    assert says in result.out, result.text
    assert result.code == (DONE if says.startswith("ok") else REFUSED)


def test_check_finds_a_program_that_cannot_be_run(host):
    script = with_script(host, b"#!/bin/sh\n", mode=0o644)
    result = host.check()
    assert result.code == REFUSED
    assert f"MISSING  app command: {script}: Permission denied" in result.out
    assert "\n1 missing, " in result.out


def test_check_finds_a_directory_that_is_none(host):
    host.write(host.good() + "directory = /etc/passwd\n")
    result = host.check()
    assert result.code == REFUSED and "MISSING  app directory: /etc/passwd: " in result.out


def test_check_changes_nothing(host):
    before = sorted(path.name for path in host.path.iterdir())
    host.check()
    assert sorted(path.name for path in host.path.iterdir()) == before


BROKEN = [
    ("name = ledger", "nmae = ledger", "nmae"),
    ("name = ledger", "", "name"),
    ("port = 7399", "port = 99999", "99999"),
    ("port = 7399", "timing = lam", "lam"),
    ("port = 7399", "lease = 2", "2"),
    ("port = 7399", "lease = 300ms", "lease"),
    ("[cluster]", "[clutser]", "clutser"),
    ("address = 127.0.0.2", "address = 127.0.0.1", "127.0.0.1"),
    ("address = 127.0.0.2", "address = 127.0.0.256", "127.0.0.256"),
    ("nodes = alpha, beta", "nodes = alpha, gamma", "gamma"),
    ("nodes = alpha, beta", "nodes = alpha, w1", "w1"),
    ("nodes = alpha, beta", "", "nodes"),
    ("resources = app", "resources = ap", "ap"),
    ("type = process", "type = proces", "proces"),
    ("command = /bin/sleep 1000", "command = sleep 1000", "sleep"),
    ("[role web]", "[role web]\n[role web]", "web"),
]


@pytest.mark.parametrize("old, new, says", BROKEN)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_broken_configuration_is_told_with_its_line_and_refused(host, command, old, new, says):
    host.write(host.good().replace(old, new, 1))
    result = failoverd(command, *host.options())
    assert result.code == CONFIG, result.text
    told = [line for line in result.err.splitlines() if ": error: " in line]
    assert told and all(line.startswith(f"{host.config}:") for line in told)
    assert any(says in line for line in told), result.err
    assert not (host.path / "run").exists() and not (host.path / "state").exists()


def test_all_mistakes_are_told_at_once(host):
    text = host.good()
    for old, new, _ in (BROKEN[0], BROKEN[3], BROKEN[12]):
        text = text.replace(old, new, 1)
    host.write(text)
    result = host.check()
    assert result.code == CONFIG
    for _, _, says in (BROKEN[0], BROKEN[3], BROKEN[12]):
        assert says in result.err


@pytest.mark.parametrize("text", ["", "junk", "[cluster\n", "\0\0\0", "=\n" * 1000,
                                  "[cluster]\nname = " + "x" * 5000])
def test_a_configuration_that_is_none_is_refused(host, text):
    host.write(text)
    result = host.check()
    assert result.code == CONFIG and result.err


def test_a_huge_configuration_is_refused_unread(host):
    host.write("; comment\n" * 40000)
    result = host.check()
    assert result.code == CONFIG and "larger than" in result.err


@pytest.mark.parametrize("use,code,says", [
    ("off", DONE, "ok       watchdog: off: a kernel that hangs as an owner is not reset"),
    ("auto", DONE, "warning  watchdog: /nowhere/dog: cannot look at it: No such file"),
    ("required", REFUSED, "MISSING  watchdog: /nowhere/dog: cannot look at it: No such file")])
def test_a_watchdog_is_looked_at(host, use, code, says):
    host.write(host.good().replace(
        "[cluster]\n", f"[cluster]\nwatchdog = {use}\nwatchdog_device = /nowhere/dog\n", 1))
    result = host.check()
    assert result.code == code and says in result.out


def test_a_missing_configuration_is_told(host):
    host.config.unlink()
    result = host.check()
    assert result.code == CONFIG and "no such file" in result.err


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_configuration_that_everybody_can_write_is_refused(host, command):
    host.config.chmod(0o646)
    result = failoverd(command, *host.options())
    assert result.code == CONFIG and "everybody can change it" in result.err


def test_a_configuration_that_its_group_can_write_is_a_warning(host):
    host.config.chmod(0o664)
    result = host.check()
    assert result.code == DONE and "its group can change" in result.err


def fenced(host, agent):
    """The good configuration with a fenced role and this agent against both nodes."""
    secret = host.path / "secret"
    secret.write_text("hush-hush\n")
    secret.chmod(0o600)
    agents = "".join(f"[fence {node}]\nagent = {agent}\npassword_file = {secret}\n"
                     for node in ("alpha", "beta"))
    host.write(host.good().replace("[role web]\n", "[role web]\nfence = before-takeover\n")
               + agents)
    return secret


def test_check_looks_at_the_agents_that_this_node_would_use(host):
    fenced(host, "/bin/true")
    result = host.check()
    assert result.code == DONE and "ok       fence beta: /bin/true" in result.out
    assert "fence alpha" not in result.out      # nobody switches itself off


def test_check_misses_an_agent_that_is_not_installed(host):
    fenced(host, "/opt/no-such-agent")
    result = host.check()
    assert result.code != DONE and "MISSING  fence beta: there is no program" in result.out


def test_check_misses_a_secret_that_others_can_read_and_never_prints_one(host):
    fenced(host, "/bin/true").chmod(0o644)
    result = host.check()
    assert result.code != DONE and "MISSING  fence beta: " in result.out
    assert "hush" not in result.out + result.err


def test_a_missing_key_is_told_with_what_to_do(host):
    host.key.unlink()
    result = host.check()
    assert result.code == CONFIG and "failoverd keygen" in result.err


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o666, 0o644])
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_secret_that_others_can_read_is_refused(host, command, mode):
    host.key.chmod(mode)
    result = failoverd(command, *host.options())
    assert result.code == CONFIG and "chmod 600" in result.err


@pytest.mark.parametrize("text", ["", "junk\n", "A" * 44 + "\n", "A" * 43 + "=\nmore\n",
                                  "A" * 42 + "=\n"])
def test_a_file_that_is_no_key_is_refused(host, text):
    host.key.write_text(text)
    result = host.check()
    assert result.code == CONFIG and str(host.key) in result.err


def test_a_key_that_nobody_in_the_configuration_has_is_refused(host):
    host.write(host.good().replace(host.public, failoverd(
        "keygen", "--out", host.path / "third").out.strip()))
    result = host.check()
    assert result.code == CONFIG and host.public in result.err


def test_check_notices_a_port_that_is_taken(host):
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 7399))
        result = host.check()
    assert result.code == REFUSED and "in use by another process" in result.out


def test_check_notices_an_address_that_is_not_here(host):
    host.write(host.good().replace("127.0.0.1", "192.0.2.1"))
    result = host.check()
    assert result.code == REFUSED and "192.0.2.1 is not an address of this host" in result.out


def test_check_notices_an_address_that_no_other_host_can_reach(host):
    assert "loopback" not in host.check().out
    host.write(host.good().replace("127.0.0.2", "192.0.2.2"))
    result = host.check()
    assert result.code == REFUSED and ("MISSING  address: 127.0.0.1 is a loopback address: beta "
                                       "cannot reach it from another host") in result.out


def test_check_notices_an_interface_that_is_not_here(host):
    host.write(host.good().replace("type = process\ncommand = /bin/sleep 1000",
                                   "type = vip\naddress = 192.0.2.9/24\ninterface = nope0"))
    result = host.check()
    assert result.code == REFUSED and "there is no interface nope0" in result.out


def test_check_notices_a_program_that_is_not_here(host):
    host.write(host.good().replace("/bin/sleep", "/nowhere/sleep"))
    result = host.check()
    assert result.code == REFUSED
    assert "MISSING  app command: /nowhere/sleep: No such file" in result.out


def test_check_notices_a_directory_it_cannot_use(host):
    (host.path / "state").write_text("not a directory")
    result = host.check()
    assert result.code == REFUSED and "not a directory" in result.out
    result = failoverd("run", *host.options())
    assert result.code == REFUSED and "not a directory" in result.err


def test_check_notices_state_that_cannot_be_used(host):
    (host.path / "state").mkdir()
    (host.path / "state" / "state").write_bytes(b"failover garbage")
    result = host.check()
    assert result.code == DONE and "damaged" in result.out
    assert sorted(p.name for p in (host.path / "state").iterdir()) == ["state"]


def test_output_that_cannot_be_written_is_a_failure(tmp_path):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([BINARY, "keygen", "--out", tmp_path / "key"], stdout=full,
                              stderr=subprocess.PIPE, timeout=20, check=False)
    assert done.returncode == REFUSED


def test_nothing_is_read_from_the_working_directory(tmp_path):
    result = failoverd("check", cwd=tmp_path, env={})
    assert "/etc/failoverd/" in result.err or result.code == DONE


@pytest.mark.parametrize("closed", [(1,), (0, 1), (0, 1, 2)])
def test_a_command_runs_with_closed_standard_descriptors(tmp_path, closed):
    marks = " ".join(f"{number}>&-" for number in closed)
    key = tmp_path / "node.key"
    done = subprocess.run(["/bin/sh", "-c", f'exec "$0" keygen --out "$1" {marks}', BINARY, key],
                          capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == DONE, done.stderr
    assert key.stat().st_size > 0
