# SPDX-License-Identifier: Apache-2.0
"""Real daemons on the loopback interface, and the layers below them that this host lacks or that
are needed when nothing else helps."""
import contextlib
import os
import pathlib
import signal
import time

import pytest

from local import until

FREEZER = pathlib.Path("/sys/fs/cgroup/freezer")


def configure(cluster, *lines):
    """A timing that a watchdog fits and a busy machine keeps, and these lines besides."""
    text = cluster.config.read_text()
    for old, new in (("heartbeat = 50ms", "heartbeat = 200ms"), ("lease = 1500ms", "lease = 2s"),
                     ("release = 200ms", "release = 500ms")):
        text = text.replace(old, new)
    cluster.config.write_text(text.replace("[cluster]\n", "\n".join(["[cluster]", *lines, ""])))


def test_a_node_without_the_watchdog_it_requires_votes_and_owns_nothing(cluster):
    configure(cluster, "watchdog = required", "watchdog_device = /nowhere/dog")
    cluster.start()
    status = until(lambda: (s := cluster.alpha.status()) and s["quorum"]["voters_heard"] == 3
                   and s["roles"][0]["nodes"][0]["detail"] and s, "alpha says why")
    node = status["roles"][0]["nodes"][0]
    assert not node["ready"] and node["reason"] == "resource-unfit"
    assert node["detail"] == "watchdog: /nowhere/dog: cannot look at it: " \
        "No such file or directory; load the driver of the watchdog, or of softdog where there " \
        "is none"
    assert status["roles"][0]["owner"] is None
    assert cluster.alpha.log.count("watchdog: required, and it cannot be used") == 1


def test_a_node_without_the_watchdog_it_would_like_owns_and_says_so(cluster):
    configure(cluster, "watchdog = auto", "watchdog_device = /nowhere/dog")
    cluster.start().owned("alpha")
    assert cluster.alpha.log.count("watchdog: not used: /nowhere/dog: cannot look at it") == 1


@contextlib.contextmanager
def unkillable(pid):
    """Not even SIGKILL ends what this kind of freezer holds."""
    if not os.access(FREEZER / "cgroup.procs", os.W_OK):
        pytest.skip(f"no {FREEZER}, or no right to use it")
    group = FREEZER / f"failoverd-test-{os.getpid()}"
    group.mkdir()
    try:
        (group / "cgroup.procs").write_text(str(pid))
        (group / "freezer.state").write_text("FROZEN")
        until(lambda: (group / "freezer.state").read_text() == "FROZEN\n", "it is frozen")
        yield
    finally:
        (group / "freezer.state").write_text("THAWED")
        until(lambda: not (group / "cgroup.procs").read_text(), "it has ended")
        group.rmdir()


def test_a_process_that_does_not_die_is_told_loudly_and_killed_again(cluster):
    configure(cluster)
    cluster.start().owned("alpha")
    with unkillable(cluster.alpha.status()["resources"][0]["pid"]):
        cluster.beta.kill()
        cluster.w1.kill()
        until(lambda: "so it may be up twice by now" in cluster.alpha.log, "alpha says so")
        assert "web: still up here" in cluster.alpha.log
        assert "escalate = reboot would reboot this host" in cluster.alpha.log
        assert cluster.alpha.status()["roles"][0]["claim"] == "releasing"
    until(lambda: cluster.alpha.status()["roles"][0]["claim"] == "none", "it is down at last")


def test_a_stop_that_takes_long_under_a_valid_lease_is_no_reason_to_escalate(cluster):
    configure(cluster)
    cluster.config.write_text(cluster.config.read_text() + "stop_timeout = 100ms\n")
    cluster.start().owned("alpha")
    with unkillable(cluster.alpha.status()["resources"][0]["pid"]):
        cluster.alpha.ask("move", "web", "beta")
        until(lambda: "did not stop within 100ms: killing it" in cluster.alpha.log,
              "alpha tries to kill it")
        until(lambda: "does not go away" in cluster.alpha.log, "in vain")
        assert cluster.alpha.status()["roles"][0]["claim"] == "releasing"
        assert "may be up twice" not in cluster.alpha.log
    cluster.owned("beta")


def test_why_this_host_was_rebooted_is_told_once_and_shown_from_then_on(cluster):
    state = cluster.alpha.state.parent
    state.mkdir()
    (state / "last-escalation").write_text("web: still up here")
    told = "failoverd rebooted this host"
    status = cluster.alpha.start().ready().status()
    assert status["escalation"]["means"] == "none"
    assert status["escalation"]["last_why"] == "web: still up here"
    assert any(told in warning for warning in status["warnings"])
    assert cluster.alpha.log.count(told) == 1
    cluster.alpha.end()
    status = cluster.alpha.start().ready().status()
    assert status["escalation"]["last_why"] == "web: still up here"
    assert not any(told in warning for warning in status["warnings"])
    assert cluster.alpha.log.count(told) == 1


def test_a_pause_is_counted_and_shown(cluster):
    configure(cluster)
    cluster.start().owned("alpha")
    os.kill(cluster.alpha.worker, signal.SIGSTOP)
    time.sleep(1.3) # the pause itself: longer than half the lease, shorter than the lease
    os.kill(cluster.alpha.worker, signal.SIGCONT)
    pauses = until(lambda: (p := cluster.alpha.status()["pauses"])["longest_ms"] > 1000 and p,
                   "it is noticed")
    assert pauses["count"] >= 1 and pauses["ago_ms"] is not None
    assert "this process was not running for" in cluster.alpha.log
