# SPDX-License-Identifier: Apache-2.0
"""Ends that were asked for: systemctl stop, and the shutdown of the machine."""

from lab import boottime
from nodes import UNIT

#: Of a hand-over on a busy machine; an idle one needs a few milliseconds.
MOVE_MS = 250


def longest(web, since):
    return max((outage["ms"] for outage in web.probe("web").outages(since)), default=0)


def test_systemctl_stop_hands_over_like_a_move(web):
    """Fault 66: the service is stopped."""
    since = boottime()
    web.must("alpha", "move", "web", "beta", "--wait")
    web.probe("web").wait_owner("beta", after=since)
    moved = longest(web, since)

    since = boottime()
    web.systemctl("beta", "stop", UNIT)
    web.probe("web").wait_owner("alpha", after=since)
    stopped = longest(web, since)
    print(f"silence: move {moved:.1f} ms, stop {stopped:.1f} ms")
    assert moved < MOVE_MS and stopped < MOVE_MS
    assert web.show("beta", "Result") == "success"
    assert web.processes("beta") == []


def test_a_stop_with_nobody_to_take_over_releases_and_succeeds(web):
    web.must("alpha", "pause", "beta")
    try:
        web.systemctl("alpha", "stop", UNIT)
        assert web.show("alpha", "Result") == "success"
        assert web.processes("alpha") == []
        web.wait_for(lambda: web.probe("web").owner is None, "nobody answers")
    finally:
        web.systemctl("alpha", "start", UNIT)
        web.must("beta", "resume", "beta")


def test_a_reboot_hands_over_while_the_network_is_up(web):
    """Fault 66: the host shuts down."""
    # A hand-over takes milliseconds: without the order it would succeed here by chance.
    assert {"network.target", "network-online.target", "remote-fs.target"} <= set(
        web.show("alpha", "After").split())
    since = boottime()
    web.reboot("alpha")
    web.probe("web").wait_owner("beta", after=since)
    print(f"silence: {longest(web, since):.1f} ms")
    assert longest(web, since) < MOVE_MS
    web.wait_active("alpha")
