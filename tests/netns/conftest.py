# SPDX-License-Identifier: Apache-2.0
"""What every test of this directory gets: machines, a verdict at its end, a report when it fails.

Where this user may not make machines, every test is skipped by name with the reason.
"""

import contextlib
import math
import signal
import sys

import pytest

from lab import Cluster, Lab, boottime, enter_user_namespace, paths, stalls, why_impossible

#: A silence that the load of the test machine itself may cause, although the address stood.
CALM_MS = 500
OPEN_CLUSTERS = []


def pytest_configure(config):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # so that the labs are closed
    enter_user_namespace([sys.executable, "-m", "pytest", *config.invocation_params.args],
                         config.pluginmanager.getplugin("capturemanager").stop_global_capturing)
    stalls.register(config)


def pytest_collection_modifyitems(items):
    reason = why_impossible()
    if reason is not None:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


class Maker:
    """Makes clusters that live as long as the fixture that asked."""

    def __init__(self):
        self._labs = []

    def __call__(self, **wishes):
        self._labs.append(Lab())
        cluster = Cluster(self._labs[-1], **wishes)
        OPEN_CLUSTERS.append(cluster)
        return cluster

    def close(self):
        for lab in self._labs:
            for cluster in lab.clusters:
                OPEN_CLUSTERS.remove(cluster)
            lab.close()
        self._labs.clear()


@pytest.fixture
def make():
    maker = Maker()
    yield maker
    maker.close()


@pytest.fixture(scope="module")
def make_shared():
    """For tests that leave the cluster as they found it."""
    maker = Maker()
    yield maker
    maker.close()


@pytest.fixture
def calm():
    """`with calm(cluster, seconds=N): disturb()`: for so long after the disturbance no role changes
    its owner or its epoch, and every address stands and answers all the time."""
    @contextlib.contextmanager
    def check(cluster, seconds, silence_ms=CALM_MS):
        roles = [role.name for role in cluster.roles]
        witness = cluster.status(cluster.owner(roles[0]))
        before = {role: (witness.owner(role), witness.epoch(role)) for role in roles}
        since = boottime()
        yield
        end = boottime() + seconds

        def moved():
            return [role for role, prober in cluster.probers.items() if prober.changes(since)]
        cluster.wait_for(lambda: boottime() >= end or moved(), "the end of the calm", seconds + 5)
        assert moved() == []
        now = cluster.status(before[roles[0]][0])
        assert {role: (now.owner(role), now.epoch(role)) for role in roles} == before
        for role in cluster.roles:
            prober = cluster.probers[role.name]
            stood = cluster.watch.intervals(role.address)[-1]
            assert stood[1] < since and math.isinf(stood[2]), "the address stood all the time"
            assert [o for o in prober.outages(since) if o["ms"] > silence_ms] == [], role.name
            assert prober.owner is not None
    return check


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call():
    yield   # and whatever came of it
    found = [violation for cluster in OPEN_CLUSTERS if not cluster.is_sabotaged
             for violation in cluster.violations()]
    if found:
        pytest.fail(f"{stalls.NEVER_REPEATED}:\n" + "\n".join(found[:20]), pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed and OPEN_CLUSTERS:
        directory = paths.BUILD / "netns-failures"
        directory.mkdir(exist_ok=True)
        file = directory / f"{item.name.replace('/', '-')}.txt"
        file.write_text("\n".join(cluster.report() for cluster in OPEN_CLUSTERS))
        report.sections.append(("everything the machines said", str(file)))
