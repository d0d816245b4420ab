# SPDX-License-Identifier: Apache-2.0
"""Real daemons on the loopback interface: status, commands, the control socket.

Addresses and faults of the network are for the namespaces.
"""
import contextlib
import json
import pathlib
import re
import subprocess

import pytest

from local import BINARY, DONE, PATIENCE, REFUSED, UNHEALTHY, runs, until


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
    assert 0 < alpha["roles"][0]["lease_left_ms"] <= 1500
    assert cluster.w1.status()["resources"] == []


def test_a_standby_and_a_witness_show_the_resources_of_the_owner(cluster):
    cluster.start().owned("alpha")
    for member in (cluster.beta, cluster.w1, cluster.alpha):
        def shown(member=member):
            found, = member.status()["roles"][0]["resources"]
            return found if found["state"] == "up" else None
        until(shown, f"{member.name} knows that the resource of alpha is up")
        app = shown()
        assert (app["name"], app["type"], app["critical"]) == ("app", "process", True)
        assert app["detail"] is None and app["since_ms"] < 60000 and app["ago_ms"] < 5000
    text = cluster.beta.ask("status", "web").stdout
    assert "resources on alpha, as it says" in text
    assert re.search(r"^  app +process +up +", text, re.M), text
    assert "as it says" not in cluster.alpha.ask("status", "web").stdout


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
    # Parts of what is null here: "kernel" of a role without addresses, "fencing" of a member
    # without agents.
    elsewhere = {"gate", "gate_error", "dropped", "lifetime", "running", "last", "off", "took_ms",
                 "text"}
    assert found | elsewhere == documented | elsewhere


def test_status_for_people_names_members_and_roles(cluster):
    cluster.start().owned("alpha")
    text = cluster.alpha.ask("status").stdout
    for word in ["cluster local, seen by alpha", "MEMBER", "ROLE", "beta", "w1", "web", "up"]:
        assert word in text


def test_a_member_alone_is_not_healthy_and_says_why(cluster):
    alpha = cluster.alpha.start().ready()
    assert alpha.ask("status").returncode == UNHEALTHY
    status = alpha.status()
    assert not status["healthy"]
    assert "no quorum: 1 of 3 voters heard, 2 needed" in status["problems"]
    assert "web: owner unknown: no quorum here" in status["problems"]
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
        # A daemon that has not seen the earlier ones go yet may have enough of clients.
        with cluster.alpha.connect() as client, contextlib.suppress(BrokenPipeError):
            client.sendall(b"{\"verb\":\"follow\",\"role\":\"web\"}\n{\"verb\":\"move\","
                           b"\"role\":\"web\"}\n"[:20 + 2 * i])
    until(lambda: cluster.alpha.ask("status").returncode == DONE, "alpha is healthy")
