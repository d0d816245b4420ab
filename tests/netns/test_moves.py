# SPDX-License-Identifier: Apache-2.0
"""What operators type: moves, refusals, stop and start, pause and resume, from any member."""

import re
import threading

import pytest

from lab import Role, boottime

VIP = "10.77.0.100/24"
#: Planned moves take a few milliseconds on an idle machine: scripts/bench has the real bound.
MOVE_MS = 250


@pytest.fixture(scope="module")
def web(make_shared):
    return make_shared(roles=[Role("web", VIP)]).boot()


@pytest.fixture
def quiet(web):
    """The shared cluster as a test may expect it: the role is up on alpha."""
    web.must("alpha", "resume", "alpha")
    web.must("alpha", "resume", "beta")
    web.must("alpha", "start", "web")
    if web.wait_up("web") != "alpha":
        web.must("alpha", "move", "web", "alpha", "--wait")
    web.wait_all_agree()
    web.probe("web").wait_owner("alpha")
    return web


def assert_short(outages):
    assert [o["ms"] for o in outages if o["ms"] > MOVE_MS] == []


def test_planned_moves_back_and_forth_are_short(quiet):
    """Fault 49: a planned move."""
    prober = quiet.probe("web")
    since = boottime()
    for step in range(10):
        target = ("beta", "alpha")[step % 2]
        quiet.must("w1", "move", "web", target, "--wait")
        prober.wait_owner(target)
    assert prober.changes(since) == ["beta", "alpha"] * 5
    assert_short(prober.outages(since))


def test_a_move_without_a_target_picks_the_best_other_node(quiet):
    quiet.must("alpha", "move", "web", "--wait")
    assert quiet.owner("web") == "beta"


def test_wait_prints_the_phases_with_milliseconds(quiet):
    text = quiet.must("beta", "move", "web", "beta", "--wait")
    assert len(re.findall(r"\d+(\.\d+)? ?ms", text)) >= 2, text
    assert "beta" in text


@pytest.mark.parametrize("words, explained", [
    (["move", "nothing", "beta"], "nothing"),
    (["move", "web", "nobody"], "nobody"),
    (["move", "web", "w1"], "w1"),
    (["stop", "nothing"], "nothing"),
    (["start", "nothing"], "nothing"),
    (["pause", "nobody"], "nobody"),
])
def test_unknown_names_are_refused_by_name(quiet, calm, words, explained):
    with calm(quiet, seconds=quiet.promise):
        code, out, err = quiet.command("beta", *words)
        assert code == 1
        assert explained in out + err


def test_a_move_to_a_paused_node_is_refused_before_anything_stops(quiet, calm):
    """Fault 50: a move to a node that may not own."""
    quiet.must("alpha", "pause", "beta")
    with calm(quiet, seconds=quiet.promise):
        code, out, err = quiet.command("alpha", "move", "web", "beta", "--wait")
        assert code == 1
        assert "paused" in out + err


def test_a_move_to_an_unreachable_node_is_refused_before_anything_stops(make, calm):
    """Fault 50: a move to a node that is not heard."""
    cluster = make(roles=[Role("web", VIP)]).boot()
    cluster.isolate("beta")
    cluster.wait_for(lambda: "beta" not in cluster.status("alpha").heard(), "beta is missed")
    with calm(cluster, seconds=cluster.promise):
        code, out, err = cluster.command("alpha", "move", "web", "beta", "--wait")
        assert code == 1
        assert "beta" in out + err


def test_a_move_without_any_other_node_is_refused(make, calm):
    """Fault 50: a move with nowhere to go."""
    cluster = make(roles=[Role("web", VIP)]).boot()
    cluster.power_off("beta")
    cluster.wait_for(lambda: "beta" not in cluster.status("alpha").heard(), "beta is missed")
    with calm(cluster, seconds=cluster.promise):
        code, _, _ = cluster.command("w1", "move", "web")
        assert code == 1


def test_of_two_moves_at_once_one_wins_and_the_other_is_told(make):
    """Fault 52: two moves to different nodes at once."""
    cluster = make(nodes=3, witnesses=0, roles=[Role("web", VIP)]).boot()
    for _ in range(5):
        owner = cluster.wait_up("web")
        targets = [name for name in cluster.nodes if name != owner]
        results = {}

        def move(target):
            results[target] = cluster.command(target, "move", "web", target, "--wait")
        threads = [threading.Thread(target=move, args=(target,)) for target in targets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        winners = [target for target in targets if results[target][0] == 0]
        losers = [target for target in targets if results[target][0] != 0]
        assert winners, results
        for target in losers:
            assert "".join(results[target][1:]).strip(), "a refusal says why"
        cluster.wait_all_agree()
        # Moves take milliseconds: the second may have been accepted after the first was done, and
        # then both counted.
        assert cluster.owner("web") in winners, results


def test_a_stopped_role_is_up_nowhere_until_it_is_started(quiet):
    quiet.must("w1", "stop", "web")
    quiet.wait_for(lambda: quiet.probe("web").owner is None, "nobody answers")
    code, _, _ = quiet.command("w1", "status")
    assert code == 0, "a role that is stopped on purpose is no fault"
    quiet.must("beta", "start", "web")
    quiet.probe("web").wait_owner()


def test_a_stop_survives_the_restart_of_every_daemon(make):
    cluster = make(roles=[Role("web", VIP)]).boot()
    cluster.must("beta", "stop", "web")
    cluster.wait_for(lambda: cluster.probe("web").owner is None, "nobody answers")
    since = boottime()
    for name in cluster.members:
        cluster.end_daemon(name)
    cluster.start_all()
    cluster.wait_all_agree()

    end = boottime() + 4 * cluster.promise
    cluster.wait_for(lambda: boottime() > end or cluster.probe("web").changes(since), "the end", 30)
    assert cluster.probe("web").owner is None

    cluster.must("w1", "start", "web")
    cluster.probe("web").wait_owner()


def test_a_paused_owner_keeps_its_role_but_gets_none_back_until_resumed(quiet, calm):
    with calm(quiet, seconds=quiet.promise):
        quiet.must("beta", "pause", "alpha")
    quiet.must("beta", "move", "web", "--wait")
    quiet.probe("web").wait_owner("beta")

    code, out, err = quiet.command("w1", "move", "web", "alpha")
    assert code == 1 and "paused" in out + err

    quiet.must("w1", "resume", "alpha")
    quiet.must("w1", "move", "web", "alpha", "--wait")
    quiet.probe("web").wait_owner("alpha")


def test_an_ipv6_address_moves_and_is_taken_over(make):
    """Fault 37: an IPv6 address."""
    cluster = make(roles=[Role("web", "fd77::64/64")]).boot()
    prober = cluster.probe("web")
    since = boottime()
    for target in ("beta", "alpha", "beta", "alpha"):
        cluster.must("alpha", "move", "web", target, "--wait")
        prober.wait_owner(target)
    assert_short(prober.outages(since))

    cluster.power_off("alpha")
    prober.wait_owner("beta")
    taken = prober.outages()[-1]
    assert taken["ms"] <= cluster.promise * 1000 + MOVE_MS


def test_moves_of_one_role_do_not_touch_another(make):
    cluster = make(roles=[Role("left", "10.77.0.101/24", nodes=["alpha", "beta"]),
                          Role("right", "10.77.0.102/24", nodes=["beta", "alpha"])]).boot()
    since = boottime()
    for target in ("beta", "alpha", "beta"):
        cluster.must("w1", "move", "left", target, "--wait")
        cluster.probe("left").wait_owner(target)
    assert cluster.probe("right").changes(since) == []
    assert_short(cluster.probe("right").outages(since))
