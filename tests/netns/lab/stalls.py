# SPDX-License-Identifier: Apache-2.0
"""A test that failed while the machine stood still is run again, and that is told.

Most limits of these tests are times, and a machine that ran nothing for a while has met none of
them, whoever was to meet it. What must never happen at any pace (conftest.py, violations) is
never repeated. Knows nothing of clusters.
"""

import json
import subprocess
import threading

from _pytest.runner import runtestprotocol

from . import paths
from .host import boottime

ATTEMPTS = 3
NEVER_REPEATED = "what must never happen"


class Stalls:
    """Listens to the tool that notices when the machine stands still."""

    def __init__(self):
        self._events = []
        self._tool = subprocess.Popen([paths.tool("stalls")], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._tool.stdout:
            self._events.append(json.loads(line))

    def longest_ms(self, since):
        return max((e["ms"] for e in list(self._events) if e["t"] >= since), default=0)

    def stop(self):
        self._tool.stdin.close()
        self._tool.wait()


class Repeater:
    """The plugin of pytest."""

    def __init__(self):
        self._stalls = None
        self._told = []

    def pytest_sessionstart(self):
        self._stalls = Stalls()

    def pytest_sessionfinish(self):
        self._stalls.stop()

    def _excuse(self, reports, since):
        """Why these reports are no verdict; None if they are one."""
        bad = [report for report in reports if report.failed]
        if not bad or any(NEVER_REPEATED in report.longreprtext for report in bad):
            return None
        longest = self._stalls.longest_ms(since)
        return f"the machine stood still for {longest} ms" if longest else None

    def pytest_runtest_protocol(self, item, nextitem):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for attempt in range(1, ATTEMPTS + 1):
            since = boottime()
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            excuse = self._excuse(reports, since)
            if excuse is None or attempt == ATTEMPTS:
                break
            item.user_properties.append(("repeated", excuse))
            self._told.append(f"repeated: {item.nodeid}: {excuse}")
            item._initrequest()     # fresh fixtures
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_terminal_summary(self, terminalreporter):
        for line in self._told:
            terminalreporter.write_line(line)


def register(config):
    config.pluginmanager.register(Repeater(), "repeater")
