# SPDX-License-Identifier: Apache-2.0
"""Processes of the daemon that end or stop without notice, on the owner: clients do not notice."""

import signal

import pytest

from lab import boottime
from nodes import UNIT

#: A silence that the load of the test machine itself may cause. While there is no worker the
#: lifetime of an address runs on, so one that is long in coming back may have to add it again.
CALM_MS = {"worker": 50, "guard": 1000, "guard+worker": 1000}


class Watched:
    """What must be the same afterwards."""

    def __init__(self, web):
        status = web.status("alpha")
        self.owner, self.epoch = status.owner("web"), status.epoch("web")
        self.service = status.process("app")


def assert_unnoticed(web, before, since, limit_ms):
    web.wait_all_agree()
    status = web.status("alpha")
    outages = web.probe("web").outages(since)
    print(f"longest silence {max((o['ms'] for o in outages), default=0):.1f} ms")
    assert web.probe("web").changes(since) == []
    assert [o for o in outages if o["ms"] > limit_ms] == []
    assert status.owner("web") == before.owner
    assert status.epoch("web") == before.epoch
    assert status.process("app") == before.service


def targets(web, which):
    found = {"guard": web.guard("alpha"), "worker": web.worker("alpha")}
    assert all(found.values()), found
    return [found[name] for name in which.split("+")]


@pytest.mark.parametrize("which", ["worker", "guard", "guard+worker"])
def test_sigkill_is_not_noticed(web, which):
    """Faults 2, 33 and 65: guard, daemon or both are killed and started again."""
    before, old = Watched(web), {web.guard("alpha"), web.worker("alpha")}
    since = boottime()
    killed = targets(web, which)
    web.signal("alpha", signal.SIGKILL, *killed)
    web.wait_for(lambda: web.worker("alpha") not in old | {0}, "a new worker")
    web.wait_for(lambda: web.status("alpha") is not None, "it answers")
    assert_unnoticed(web, before, since, CALM_MS[which])
    assert web.guard("alpha") not in killed
    assert web.show("alpha", "ActiveState") == "active"


@pytest.mark.parametrize("which", ["worker", "guard", "guard+worker"])
def test_sigstop_for_10_s_never_makes_two_owners(web, which):
    """Fault 3: guard, daemon or both are stopped."""
    since = boottime()
    stopped = targets(web, which)
    web.signal("alpha", signal.SIGSTOP, *stopped)
    end = since + 10
    web.wait_for(lambda: boottime() > end, "10 s", 15)
    alive = [pid for pid in stopped
             if web.containers["alpha"].run("kill", "-CONT", pid)[0] == 0]
    print(f"{len(alive)} of {len(stopped)} stopped processes were still there; silence "
          f"{max((o['ms'] for o in web.probe('web').outages(since)), default=0):.0f} ms, then "
          f"{web.probe('web').changes(since)}")
    web.wait_all_agree(30)
    assert web.owner("web") is not None


def test_a_crash_loop_gives_the_role_away_and_goes_on_trying(web):
    since = boottime()

    def kill():
        worker = web.worker("alpha")
        if worker:
            web.containers["alpha"].run("kill", "-KILL", worker)
        return web.probe("web").changes(since)
    web.wait_for(kill, "the role leaves alpha", 30)
    assert web.probe("web").changes(since) == ["beta"]
    web.wait_for(lambda: web.status("alpha") is not None, "alpha answers again", 30)
    assert web.show("alpha", "ActiveState") == "active"
