# SPDX-License-Identifier: Apache-2.0
"""What every test of this directory gets: machines with systemd, and a verdict at its end.

Where such machines are impossible, every test is skipped by name with the reason.
"""

import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "netns"))

from lab import Lab, LabError, Role, boottime, paths, stalls  # noqa: E402
from lab import why_impossible as why_no_machine  # noqa: E402
from nodes import UNIT, UnitCluster, make_base, make_product, why_impossible  # noqa: E402

VIP = "10.77.0.100/24"
APP = {"app": {"type": "process", "command": "/bin/sleep infinity", "user": "sam"}}
OPEN_CLUSTERS = []


def pytest_configure(config):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # so that the labs are closed
    stalls.register(config)


def _why():
    reason = why_no_machine() or why_impossible()
    if reason is None:
        try:
            make_base()
        except LabError as error:
            reason = f"no system for containers can be made: {error}"
    return reason


def pytest_collection_modifyitems(items):
    reason = _why() if items else None
    if reason is not None:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def product(tmp_path_factory):
    return make_product(tmp_path_factory.mktemp("systemd"))


@pytest.fixture(scope="session")
def shared(product):
    """One cluster for all tests: its machines take longer to boot than most tests to run."""
    lab = Lab()
    try:
        cluster = UnitCluster(lab, make_base(), product, timing="lan",
                              settings={"group": "operators"},
                              roles=[Role("web", VIP, resources=APP)])
        OPEN_CLUSTERS.append(cluster)
        yield cluster.boot()
    finally:
        for cluster in lab.clusters:
            cluster.close()
        OPEN_CLUSTERS.clear()
        lab.close()


@pytest.fixture
def web(shared):
    """The cluster as a test may expect it: every unit is active, and alpha has the role."""
    for name in shared.members:
        shared.systemctl(name, "start", UNIT)
    shared.wait_all_agree()
    # Whoever was started lately does not vote, and so cannot take a role, for one promise.
    shared.wait_for(lambda: not any(shared.status(name).is_abstaining for name in shared.members),
                    "every member votes")
    if shared.wait_up("web") != "alpha":
        shared.must("alpha", "move", "web", "alpha", "--wait")
    shared.probe("web").wait_owner("alpha")
    shared.wait_all_agree()
    return shared


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call():
    since = boottime()
    yield   # and whatever came of it
    found = [violation for cluster in OPEN_CLUSTERS for violation in cluster.violations(since)]
    if found:
        pytest.fail(f"{stalls.NEVER_REPEATED}:\n" + "\n".join(found[:20]), pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed and OPEN_CLUSTERS:
        directory = paths.BUILD / "systemd-failures"
        directory.mkdir(exist_ok=True)
        file = directory / f"{item.name.replace('/', '-')}.txt"
        file.write_text("\n".join(cluster.report() for cluster in OPEN_CLUSTERS))
        report.sections.append(("everything the machines said", str(file)))
