# SPDX-License-Identifier: Apache-2.0
"""The lab itself: what must never happen is noticed when it is planted."""

import os
import signal

from lab import Role, boottime

VIP = "10.77.0.100/24"


def test_a_second_owner_is_noticed_by_client_and_watcher(make):
    for vip in (VIP, "fd77::64/64"):
        # Without the packet gate, which would keep the second one silent.
        cluster = make(roles=[Role("web", vip)], settings={"gate": "off"}).boot()
        cluster.is_sabotaged = True
        assert cluster.violations() == []
        cluster.members["beta"].host.ip(f"addr add {vip} dev eth0 nodad")
        cluster.wait_for(lambda: any("both answer" in v for v in cluster.violations()),
                         "the client notices")
        cluster.wait_for(lambda: any("stood on" in v for v in cluster.violations()),
                         "the watcher notices")


def test_a_guard_and_a_worker_that_end_by_themselves_are_noticed(make):
    for kind in ("guard", "worker"):
        cluster = make(roles=[Role("web", VIP)]).boot()
        cluster.is_sabotaged = True
        os.kill(getattr(cluster.members["w1"].daemon, kind), signal.SIGABRT)
        cluster.wait_for(lambda: any(f"a {kind} of w1 ended by itself" in v
                                     for v in cluster.violations()), "the end is noticed")


def test_a_silence_is_measured(make):
    cluster = make(roles=[Role("web", VIP)]).boot()
    prober = cluster.probe("web")
    client = cluster.client
    start = boottime()
    cluster.switch.unplug(client.name)
    cluster.wait_for(lambda: boottime() >= start + 0.3, "a while")
    cluster.switch.plug(client.name)
    end = boottime()
    # A busy machine has short ones of its own.
    def longest():
        return max((outage["ms"] for outage in prober.outages(start)), default=0)
    cluster.wait_for(lambda: longest() >= 300, "the silence is told")
    assert longest() <= (end - start) * 1000 + 50
