# SPDX-License-Identifier: Apache-2.0
"""A cluster for each test that asks for one; nothing of it is left afterwards."""
import signal
import subprocess

import pytest

from local import PATIENCE, Cluster, until


@pytest.fixture(name="cluster")
def make_cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    # What a killed daemon left behind is released by its next life.
    for member in cluster.members:
        if member.process is None and (member.path / "run").exists():
            member.start()
            until(lambda m=member: m.process.poll() is not None or m.status(), "the next life")
    for member in cluster.members:
        if member.process is not None:
            member.process.send_signal(signal.SIGTERM)
    for member in cluster.members:
        if member.process is not None:
            try:
                member.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                member.process.kill()
                raise
