# SPDX-License-Identifier: Apache-2.0
"""The lab itself: what must never happen is noticed when it is planted."""

import signal

from lab import Role, boottime

VIP = "10.77.0.100/24"


def test_a_second_owner_is_noticed_by_client_and_watchers(make):
    for vip in (VIP, "fd77::64/64"):
        cluster = make(roles=[Role("web", vip)]).boot()
        cluster.is_sabotaged = True
        assert cluster.violations() == []
        cluster.members["beta"].host.ip(f"addr add {vip} dev eth0 nodad")
        cluster.wait_for(lambda: any("both answer" in v for v in cluster.violations()),
                         "the client notices")
        cluster.wait_for(lambda: any("stood on" in v for v in cluster.violations()),
                         "the watchers notice")


def test_a_daemon_that_ends_by_itself_is_noticed(make):
    cluster = make(roles=[Role("web", VIP)]).boot()
    cluster.is_sabotaged = True
    cluster.members["w1"].daemon.program.kill(signal.SIGABRT)
    cluster.wait_for(cluster.violations, "the end is noticed")


def test_a_silence_is_measured(make):
    cluster = make(roles=[Role("web", VIP)]).boot()
    prober = cluster.probe("web")
    client = cluster.client
    start = boottime()
    cluster.switch.unplug(client.name)
    cluster.wait_for(lambda: boottime() >= start + 0.3, "a while")
    cluster.switch.plug(client.name)
    end = boottime()
    cluster.wait_for(lambda: prober.outages(start), "the silence is told")
    assert 300 <= prober.outages(start)[0]["ms"] <= (end - start) * 1000 + 50
