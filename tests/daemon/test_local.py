# SPDX-License-Identifier: Apache-2.0
"""Three real daemons on the loopback interface: commands, the control socket, the state file, ends.

Nothing here needs privileges. Addresses and faults of the network are for the namespaces.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

BINARY = os.environ["FAILOVERD"]
DONE, REFUSED, USAGE, DEGRADED, NOT_RUNNING, CONFIG = range(6)
PATIENCE = 20.0 # s; only a failing test waits that long


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(true, what):
    """Waits for something that another process does; there is no event for it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        result = true()
        if result:
            return result
        time.sleep(0.02)
    pytest.fail(f"not within {PATIENCE} s: {what}")


def runs(pid):
    """Whether a process is there and more than a zombie that nobody has taken note of."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Member:
    def __init__(self, cluster, name, address):
        self.cluster, self.name, self.address = cluster, name, address
        self.path = cluster.path / name
        self.path.mkdir()
        self.process = None
        self.public = self.command("keygen", "--out", self.path / "key").stdout.strip()

    @property
    def state(self):
        return self.path / "state" / "state"

    @property
    def log(self):
        return (self.path / "log").read_text()

    def command(self, *words):
        return subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True,
                              timeout=60, check=False)

    def ask(self, *words):
        return self.command(*words, "--run-dir", self.path / "run")

    def options(self):
        return ["--config", self.cluster.config, "--key", self.path / "key", "--state-dir",
                self.path / "state", "--run-dir", self.path / "run"]

    def start(self):
        with open(self.path / "log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [BINARY, "run", *map(str, self.options()), "--log-level", "debug"], stderr=log,
                stdout=log, start_new_session=True)
        return self

    def ready(self):
        until(self.status, f"{self.name} answers")
        return self

    def status(self):
        result = self.ask("status", "--json")
        return json.loads(result.stdout) if result.stdout else None

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        client.connect(str(self.path / "run" / "control.sock"))
        return client

    def say(self, text):
        """Sends bytes and returns everything that comes back until the daemon closes."""
        with self.connect() as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
            return client.makefile("rb").read().decode()


class Cluster:
    def __init__(self, path):
        self.path, self.config = path, path / "failoverd.ini"
        port = free_port()
        self.members = [Member(self, "alpha", "127.0.0.1"), Member(self, "beta", "127.0.0.2"),
                        Member(self, "w1", "127.0.0.3")]
        self.alpha, self.beta, self.w1 = self.members
        sections = "".join(f"[{'witness' if m is self.w1 else 'node'} {m.name}]\n"
                           f"address = {m.address}\nkey = {m.public}\n" for m in self.members)
        self.config.write_text(f"""[cluster]
name = local
port = {port}
heartbeat = 50ms
lease = 500ms
release = 200ms
{sections}[role web]
nodes = alpha, beta
resources = app
[resource app]
type = process
command = /bin/sleep 1000
""")

    def start(self):
        for member in self.members:
            member.start()
        return self

    def owned(self, by=None):
        def owner():
            role = (self.members[2].status() or {"roles": [{}]})["roles"][0]
            return role.get("phase") == "up" and role["owner"] == (by or role["owner"])
        until(owner, f"web is up on {by or 'some node'}")
        return self


@pytest.fixture(name="cluster")
def make_cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    # What a killed daemon left behind is released by its next life.
    for member in cluster.members:
        if member.process is None and (member.path / "run").exists():
            member.start()
            until(lambda m=member: m.process.poll() is not None or m.status(), "the next life")
    for member in cluster.members:
        if member.process is not None:
            member.process.send_signal(signal.SIGTERM)
    for member in cluster.members:
        if member.process is not None:
            try:
                member.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                member.process.kill()
                raise


# --- status


def test_status_of_a_healthy_cluster_is_the_same_on_all_and_exits_0(cluster):
    cluster.start().owned("alpha")
    for member in cluster.members:
        until(lambda m=member: m.ask("status").returncode == DONE, f"{member.name} is healthy")
        status = member.status()
        assert status["schema"] == 1 and status["healthy"] and status["problems"] == []
        assert status["cluster"] == "local" and status["self"] == member.name
        assert status["quorum"] == {"seen": True, "voters_heard": 3, "voters_total": 3,
                                    "votes_needed": 2}
        assert [m["name"] for m in status["members"]] == ["alpha", "beta", "w1"]
        role, = status["roles"]
        assert (role["name"], role["owner"], role["phase"]) == ("web", "alpha", "up")
        assert role["wanted"] == "started" and role["epoch"] > 0
    alpha = cluster.alpha.status()
    app, = alpha["resources"]
    assert (app["name"], app["state"], app["type"]) == ("app", "up", "process")
    assert runs(app["pid"])
    assert 0 < alpha["roles"][0]["lease_left_ms"] <= 500
    assert cluster.w1.status()["resources"] == []


def test_status_has_exactly_the_documented_members(cluster):
    cluster.start().owned()
    manual = pathlib.Path(__file__).parents[2] / "man" / "failoverd.8"
    documented = set(re.findall(r"^\.It Va (\w+)", manual.read_text(), re.M))
    found = set()

    def collect(value):
        if isinstance(value, dict):
            for name, inner in value.items():
                found.add(name)
                if name != "refused": # its members are words, not names
                    collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    collect(cluster.alpha.status())
    assert found == documented


def test_status_for_people_names_members_roles_and_resources(cluster):
    cluster.start().owned("alpha")
    text = cluster.alpha.ask("status").stdout
    for word in ["cluster local, seen by alpha", "MEMBER", "ROLE", "RESOURCE", "127.0.0.2", "web",
                 "owner", "app", "process"]:
        assert word in text


def test_a_member_alone_is_degraded_and_says_why(cluster):
    alpha = cluster.alpha.start().ready()
    assert alpha.ask("status").returncode == DEGRADED
    status = alpha.status()
    assert not status["healthy"]
    assert "no quorum: 1 of 3 voters heard, 2 needed" in status["problems"]
    assert "web is wanted and nobody owns it" in status["problems"]
    assert "beta is not heard" in status["warnings"]
    assert [m["state"] for m in status["members"]] == ["self", "never-heard", "never-heard"]


def test_watching_prints_one_document_a_line(cluster):
    cluster.start().owned()
    command = [BINARY, "status", "--json", "--watch", "--run-dir", cluster.alpha.path / "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        documents = [json.loads(watch.stdout.readline()) for _ in range(2)]
        watch.terminate()
    assert documents[0]["uptime_ms"] < documents[1]["uptime_ms"]


# --- commands


def test_a_move_is_told_phase_by_phase_and_ends_on_its_target(cluster):
    cluster.start().owned("alpha")
    result = cluster.w1.ask("move", "web", "beta", "--wait")
    assert result.returncode == DONE, result.stderr + cluster.alpha.log
    phases = [re.sub(r"^ *[0-9.]+ ms  ", "", line) for line in result.stdout.splitlines()]
    assert phases == ["accepted: web moves to beta", "stopping on alpha", "released by alpha",
                      "taken by beta", "up on beta"]
    assert cluster.beta.status()["roles"][0]["owner"] == "beta"


def test_a_move_without_node_goes_to_the_other_one(cluster):
    cluster.start().owned("alpha")
    assert "web moves to beta" in cluster.alpha.ask("move", "web").stdout
    cluster.owned("beta")


def test_of_two_moves_at_once_each_is_told_what_became_of_it(cluster):
    cluster.start().owned("alpha")
    moves = [subprocess.Popen([BINARY, "move", "web", "beta", "--wait", "--run-dir",
                               member.path / "run"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) for member in cluster.members]
    said = [(*move.communicate(timeout=PATIENCE), move.returncode) for move in moves]
    assert DONE in [code for _, _, code in said], said
    for out, err, code in said:
        assert code == DONE and "up on beta" in out or code == REFUSED and err, said
    assert cluster.beta.status()["roles"][0]["owner"] == "beta"


def test_a_pause_survives_a_restart(cluster):
    cluster.start().owned("alpha")
    assert cluster.alpha.ask("pause", "beta").returncode == DONE
    cluster.beta.end()
    cluster.beta.start().ready()
    assert cluster.beta.status()["paused"]
    until(lambda: cluster.alpha.status()["members"][1]["paused"], "alpha knows")


@pytest.mark.parametrize("words, says", [
    (["move", "wob"], "there is no role wob; the roles are web"),
    (["move", "web", "gamma"], "there is no node gamma; the nodes are alpha, beta"),
    (["move", "web", "w1"], "w1 is a witness: it votes and owns nothing"),
    (["stop", "wob"], "there is no role wob"),
    (["pause", "w1"], "w1 is a witness"),
    (["resume", "nobody"], "there is no node nobody"),
])
def test_unknown_names_are_refused_and_the_known_ones_told(cluster, words, says):
    cluster.w1.start().ready()
    result = cluster.w1.ask(*words)
    assert result.returncode == REFUSED and says in result.stderr and not result.stdout


def test_a_paused_node_is_refused_as_target_until_it_is_resumed(cluster):
    cluster.start().owned("alpha")
    assert cluster.alpha.ask("pause", "beta").returncode == DONE
    result = cluster.alpha.ask("move", "web", "beta")
    assert result.returncode == REFUSED and "beta is paused" in result.stderr
    result = cluster.alpha.ask("move", "web", "--wait")
    assert result.returncode == REFUSED and "no other node could take web" in result.stderr
    assert cluster.w1.ask("resume", "beta").returncode == DONE
    assert cluster.alpha.ask("move", "web", "beta", "--wait").returncode == DONE


def test_a_node_that_is_down_is_refused_as_target(cluster):
    cluster.start().owned("alpha")
    cluster.beta.end()
    until(lambda: cluster.alpha.status()["members"][1]["state"] != "up", "beta is gone")
    result = cluster.w1.ask("move", "web", "beta")
    assert result.returncode == REFUSED and "does not hear beta" in result.stderr


def test_a_stopped_role_stays_stopped_over_a_restart_of_all_until_it_is_started(cluster):
    cluster.start().owned("alpha")
    assert cluster.beta.ask("stop", "web").returncode == DONE
    for member in cluster.members:
        member.end()
    cluster.start()
    until(lambda: (cluster.w1.ready().status())["quorum"]["seen"], "a quorum")
    status = until(lambda: not cluster.w1.status()["abstaining"] and cluster.w1.status(), "votes")
    assert status["healthy"] and status["roles"][0]["wanted"] == "stopped"
    assert status["roles"][0]["owner"] is None
    assert cluster.w1.ask("stop", "web").stdout.startswith("web is stopped already")
    result = cluster.w1.ask("move", "web")
    assert result.returncode == REFUSED
    assert cluster.w1.ask("start", "web").returncode == DONE
    cluster.owned()


def test_a_command_that_nobody_can_answer_times_out(cluster):
    alpha = cluster.alpha.start().ready()
    result = alpha.ask("pause", "beta", "--timeout", "300ms")
    assert result.returncode == REFUSED and "did not answer within 300ms" in result.stderr


# --- the control socket


@pytest.mark.parametrize("text, says", [
    (b"hello\n", "not a line of JSON"),
    (b"{}\n", "there is no \\\"verb\\\""),
    (b"{\"verb\":\"dance\"}\n", "there is no verb"),
    (b"{\"verb\":\"move\"}\n", "needs a \\\"role\\\""),
    (b"{\"verb\":\"pause\"}\n", "needs a \\\"node\\\""),
    (b"\0\0\0\n", "zero byte"),
    (b"x" * 65536, "longer than 65536"),
    (b"[" * 60000 + b"\n", "not a line of JSON"),
], ids=["no-json", "empty", "verb", "role", "node", "zeros", "long", "deep"])
def test_garbage_on_the_socket_is_told_and_the_daemon_goes_on(cluster, text, says):
    alpha = cluster.alpha.start().ready()
    answer = alpha.say(text)
    assert says in answer and answer.startswith("{\"ok\":false,\"error\":")
    assert alpha.status()["self"] == "alpha"


def test_a_line_that_never_ends_is_no_answer_and_no_harm(cluster):
    alpha = cluster.alpha.start().ready()
    assert alpha.say(b"{\"verb\":\"sta") == ""
    assert alpha.status()["self"] == "alpha"


def test_several_questions_on_one_connection_are_all_answered(cluster):
    alpha = cluster.alpha.start().ready()
    lines = alpha.say(b"{\"verb\":\"version\"}\n{\"verb\":\"status\"}\n{\"verb\":\"version\"}\n")
    answers = [json.loads(line) for line in lines.splitlines()]
    assert [("schema" in a, a.get("ok")) for a in answers] == [
        (False, True), (True, None), (False, True)]


def test_clients_that_come_and_go_in_the_middle_do_no_harm(cluster):
    cluster.start().owned("alpha")
    for i in range(40):
        with cluster.alpha.connect() as client:
            client.sendall(b"{\"verb\":\"follow\",\"role\":\"web\"}\n{\"verb\":\"move\","
                           b"\"role\":\"web\"}\n"[:20 + 2 * i])
    until(lambda: cluster.alpha.ask("status").returncode == DONE, "alpha is healthy")


# --- start, end, state


def test_a_second_daemon_on_the_same_run_directory_is_refused(cluster):
    alpha = cluster.alpha.start().ready()
    result = alpha.command("run", *alpha.options())
    assert result.returncode == REFUSED
    assert f"a failoverd runs already (process {alpha.process.pid}" in result.stderr
    assert alpha.status()["self"] == "alpha"


def test_a_port_that_is_taken_is_refused(cluster):
    port = int(re.search(r"port = (\d+)", cluster.config.read_text())[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))
        result = cluster.alpha.command("run", *cluster.alpha.options())
    assert result.returncode == REFUSED and "in use by another process" in result.stderr


def test_no_other_process_can_bind_the_port_beside_the_daemon(cluster):
    cluster.alpha.start().ready()
    port = int(re.search(r"port = (\d+)", cluster.config.read_text())[1])
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            thief.setsockopt(socket.SOL_SOCKET, option, 1)
            with pytest.raises(OSError):
                thief.bind(("127.0.0.1", port))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_hands_the_role_over_and_ends_with_0(cluster, number):
    cluster.start().owned("alpha")
    pid = cluster.alpha.status()["resources"][0]["pid"]
    assert cluster.alpha.end(number) == DONE
    assert not runs(pid)
    assert not (cluster.alpha.path / "run" / "control.sock").exists()
    cluster.owned("beta")


def test_a_second_signal_releases_by_force_what_does_not_want_to_stop(cluster):
    cluster.config.write_text(cluster.config.read_text().replace(
        "command = /bin/sleep 1000",
        "command = /bin/sh -c 'trap : TERM INT; while true; do sleep 1000; done'\n"
        "stop_timeout = 1h"))
    alpha = cluster.start().owned("alpha").alpha
    pid = alpha.status()["resources"][0]["pid"]
    alpha.process.send_signal(signal.SIGTERM)
    until(lambda: "leaving:" in alpha.log, "alpha begins to leave")
    assert runs(pid) and alpha.process.poll() is None
    assert alpha.end(signal.SIGTERM) == DONE
    assert "web: released by force" in alpha.log and not runs(pid)
    cluster.owned("beta")
    cluster.beta.process.send_signal(signal.SIGTERM) # it does not want to stop there either
    until(lambda: "leaving:" in cluster.beta.log, "beta begins to leave")


def test_a_killed_daemon_finds_its_leftovers_and_gets_the_role_back_or_another_has_it(cluster):
    cluster.start().owned("alpha")
    pid = cluster.alpha.status()["resources"][0]["pid"]
    cluster.alpha.end(signal.SIGKILL)
    assert runs(pid)
    cluster.alpha.start().ready()
    assert not runs(pid)
    cluster.owned()


def test_each_start_is_a_new_incarnation(cluster):
    incarnations = []
    for _ in range(3):
        cluster.alpha.start().ready()
        incarnations.append(cluster.alpha.status()["incarnation"])
        cluster.alpha.end()
    assert incarnations == [1, 2, 3]


def damage_cut(path):
    path.write_bytes(path.read_bytes()[:50])


def damage_flip(path):
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)


def damage_empty(path):
    path.write_bytes(b"")


def damage_remove(path):
    path.unlink()


@pytest.mark.parametrize("damage", [damage_cut, damage_flip, damage_empty, damage_remove])
def test_damaged_state_is_told_and_learned_again(cluster, damage):
    cluster.start().owned("alpha")
    first = cluster.alpha.status()
    cluster.alpha.end()
    damage(cluster.alpha.state)
    cluster.alpha.start().ready()
    assert "used as a lower bound only" in cluster.alpha.log
    status = until(lambda: not cluster.alpha.status()["relearning"] and cluster.alpha.status(),
                   "alpha has learned again")
    assert status["incarnation"] > first["incarnation"]
    assert (cluster.alpha.state.parent / "state.damaged").exists() == (damage != damage_remove)


def test_state_damaged_in_both_generations_starts_as_new(cluster):
    cluster.start().owned("alpha")
    cluster.alpha.end()
    damage_flip(cluster.alpha.state)
    damage_flip(cluster.alpha.state.with_name("state.old"))
    cluster.alpha.start().ready()
    assert "nothing of it can be used" in cluster.alpha.log
    until(lambda: not cluster.alpha.status()["relearning"], "alpha has learned again")
    until(lambda: cluster.beta.status()["members"][0]["state"] == "up", "alpha is no replay")


def test_the_state_of_another_member_is_refused(cluster):
    cluster.beta.start().ready()
    cluster.beta.end()
    cluster.alpha.state.parent.mkdir()
    cluster.alpha.state.write_bytes(cluster.beta.state.read_bytes())
    result = cluster.alpha.command("run", *cluster.alpha.options())
    assert result.returncode == REFUSED and "the state of another member" in result.stderr


@pytest.mark.skipif(b"__asan_init" in pathlib.Path(BINARY).read_bytes(),
                    reason="the address sanitizer needs memory of its own")
def test_the_daemon_needs_little_memory(cluster):
    cluster.start().owned("alpha")
    text = pathlib.Path(f"/proc/{cluster.alpha.process.pid}/status").read_text()
    assert int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) < 8 * 1024
