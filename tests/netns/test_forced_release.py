# SPDX-License-Identifier: Apache-2.0
"""A role is to be down by force, and only its script can bring it down: what is not proven to be
down is never taken for down, every member says so, and it is stopped until it is.

The service is out of the daemon's reach, as a unit of systemd is: a supervisor of its machine owns
the process, and the commands of the script ask that supervisor. So no signal and no kill of a
command ends it.
"""

import contextlib
import os
import shutil
import signal
import subprocess

import pytest

from lab import Role, stalls
from lab.host import name_of
from lab.wants import DISK_MIB, why_not

#: `order` starts and ends the process as it is told, and says when it did.
SUPERVISOR = """
cd "$1" || exit 1
mkfifo orders
exec 3<>orders
while read -r order <&3; do
    case $order in
    start) ../ledgerd 86400 & echo $! >pid && echo up ;;
    stop) kill -9 "$(cat pid)"; wait; echo down; rm pid ;;
    esac
done
"""
START = "echo start >{0}/orders; until test -e {0}/pid; do sleep 0.02; done"
STOP = ("test -e {0}/pid || exit 0; test -e {0}/stuck && exit 1; sleep $(cat {0}/takes); "
        "echo stop >{0}/orders; while test -e {0}/pid; do sleep 0.02; done")
STATUS = "test -e {0}/pid"
PROBLEM = "web may still run on alpha"
#: Of a stop that does not fit into `release`, in seconds: long enough for every member to be asked.
SLOW = 5
#: Far beyond what any of it takes, on a busy machine.
PATIENCE = 60


class Ledger:
    """The service of each node, and the cluster that runs it."""

    def __init__(self, make, directory, timing="lan"):
        self.directory = directory
        shutil.copy("/bin/sleep", directory / "ledgerd")
        commands = {name: f"/bin/sh -c '{text.format(f'{directory}/$(uname -n)')}'"
                    for name, text in (("start", START), ("stop", STOP), ("status", STATUS))}
        app = {"type": "script", "status_timeout": "10s", "stop_timeout": "30s", **commands}
        self.cluster = make(timing=timing, roles=[Role("web", resources={"app": app})])
        self.supervisors = {name: self._supervise(name) for name in self.cluster.nodes}
        self.cluster.boot()

    def _supervise(self, name):
        place = self.directory / name
        place.mkdir()
        (place / "takes").write_text("0")
        return self.cluster.members[name].host.start(
            f"supervisor of {name}", ["/bin/sh", "-c", SUPERVISOR, "sh", place])

    def takes(self, name, seconds):
        """How long its stop takes from now on."""
        (self.directory / name / "takes").write_text(str(seconds))

    def stick(self, name):
        """From now on its stop fails."""
        (self.directory / name / "stuck").touch()

    def mend(self, name):
        (self.directory / name / "stuck").unlink()

    def runs(self, name):
        return [pid for pid in self.cluster.members[name].host.pids() if name_of(pid) == "ledgerd"]

    def where(self):
        return [name for name in self.cluster.nodes if self.runs(name)]

    def cleanup(self, *words):
        """`failoverd cleanup` on alpha, in its machine: (exit code, output)."""
        member = self.cluster.members["alpha"]
        places = member.options("config", "key", "run-dir")
        return member.host.run([member.binary, "cleanup", *words, *places])

    # what has to be true

    def check_released(self):
        """alpha never says that the role is released while its service runs."""
        released = [line for life in self.cluster.members["alpha"].lives
                    for line in life.said("released epoch")]
        if released and self.runs("alpha"):
            pytest.fail(f"{stalls.NEVER_REPEATED}: the service runs, and: {released[0]}")

    def is_told(self, member):
        self.check_released()
        code, out, _ = self.cluster.command(member, "status")
        return code == 3 and PROBLEM in out

    def is_healthy(self, member):
        code, out, _ = self.cluster.command(member, "status")
        return code == 0 and "may still run" not in out

    def wait_told(self, *members):
        """Until each of these says it, and it still runs."""
        for member in members or self.cluster.running():
            self.cluster.wait_for(lambda m=member: self.is_told(m), f"{member} tells it", PATIENCE)
        assert self.runs("alpha"), "it was told in time"

    def stays_told(self, *members):
        """As long as it runs each of these goes on saying it; returns when it is down."""
        while self.runs("alpha"):
            for member in members or self.cluster.running():
                before = self.runs("alpha")
                told = self.is_told(member)
                assert told or not before or self.runs("alpha") != before, f"{member} is silent"
            self.cluster.pass_time(0.05)

    def wait_well(self):
        """Until it runs in one place, and every member is content."""
        def is_well():
            assert len(self.where()) < 2 or "alpha" in self.where()
            return self.where() == [self.cluster.owner("web")] and all(
                self.is_healthy(member) for member in self.cluster.members)
        self.cluster.wait_for(is_well, "all is well", PATIENCE)
        assert self.cluster.holds_for(self.cluster.promise, is_well)

    def assert_released_when_down(self):
        """alpha has said that it released the role once, and not before its service was down."""
        down = [when for when, text in self.supervisors["alpha"].lines if text == "down"]
        said = [when for life in self.cluster.members["alpha"].lives
                for when, text in life.lines if "released epoch" in text]
        assert len(down) == 1 and len(said) == 1 and said[0] > down[0]
        assert self.cluster.said_anywhere("may still run here")[0].startswith("alpha: ")


@pytest.fixture
def ledger(make, tmp_path):
    return Ledger(make, tmp_path)


def test_a_service_on_a_host_that_was_frozen_is_stopped_when_it_thaws(ledger):
    """Fault 28: the owner's host stands still for 6 s; its service outlives that."""
    cluster = ledger.cluster
    ledger.takes("alpha", SLOW)
    cluster.freeze("alpha")
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.pass_time(6 - cluster.promise)
    cluster.thaw("alpha")
    ledger.wait_told()
    ledger.stays_told()
    ledger.wait_well()
    ledger.assert_released_when_down()


def test_a_service_whose_daemon_was_stopped_is_stopped_when_it_goes_on(ledger):
    """Fault 3: guard and worker of the owner are stopped for 12 s, its service is not."""
    cluster = ledger.cluster
    ledger.takes("alpha", SLOW)
    daemon = cluster.members["alpha"].daemon
    daemon.stop_both()
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.pass_time(12 - cluster.promise)
    daemon.deaths_caused += 1       # the guard may find that its worker has not moved
    daemon.cont_both()
    ledger.wait_told()
    ledger.stays_told()
    ledger.wait_well()
    ledger.assert_released_when_down()


def test_a_stop_that_takes_longer_than_release_is_waited_for_in_a_partition(ledger):
    """Fault 6: the owner is cut off, and its stop takes longer than the others wait."""
    cluster = ledger.cluster
    ledger.takes("alpha", SLOW)
    cluster.isolate("alpha")
    cluster.wait_up("web", "beta", seen_by="beta")
    ledger.wait_told("alpha")
    cluster.heal()
    ledger.wait_told()
    ledger.stays_told()
    ledger.wait_well()
    ledger.assert_released_when_down()


def test_a_stop_that_takes_longer_than_half_of_release_is_a_warning(ledger):
    cluster = ledger.cluster

    def rows():
        return [line for line in cluster.command("alpha", "check")[1].splitlines()
                if "app stop time:" in line]
    assert rows()[0].startswith("ok ") and "not measured" in rows()[0]
    ledger.takes("alpha", 0.6 * cluster.release)
    cluster.must("w1", "move", "web", "beta", "--wait")
    measured = cluster.status("alpha").resource("app")["stop_longest_ms"]
    assert measured >= 600 * cluster.release
    warning = [text for text in cluster.status("alpha").json["warnings"] if "its stop" in text]
    assert warning and "release is 500ms" in warning[0]
    assert rows()[0].startswith("warning ") and "more than half of release (500ms)" in rows()[0]
    assert "at most" in cluster.must("alpha", "status", "web")
    before = cluster.members["alpha"].daemon.worker
    cluster.members["alpha"].daemon.kill_worker()
    cluster.wait_for(lambda: cluster.members["alpha"].daemon.worker not in (None, before)
                     and cluster.status("alpha"), "another worker answers")
    assert cluster.status("alpha").resource("app")["stop_longest_ms"] == measured


def test_a_role_that_cannot_be_stopped_is_a_problem_on_every_member(ledger):
    """Fault 45: its owner is connected, and the operator wants it stopped."""
    cluster = ledger.cluster
    ledger.stick("alpha")
    cluster.must("w1", "stop", "web")

    def is_told(member):
        code, out, _ = cluster.command(member, "status")
        return code == 3 and "web is not down yet: stopping on alpha" in out
    for member in cluster.members:
        cluster.wait_for(lambda m=member: is_told(m), f"{member} tells it", PATIENCE)
    assert cluster.holds_for(2 * cluster.promise, lambda: all(map(is_told, cluster.members)))
    ledger.mend("alpha")
    cluster.wait_for(lambda: all(map(ledger.is_healthy, cluster.members)), "all is well", PATIENCE)
    assert ledger.where() == []


@pytest.fixture
def stuck(ledger):
    """The owner was cut off and cannot stop its service, beta has taken the role, and all hear each
    other again."""
    cluster = ledger.cluster
    ledger.stick("alpha")
    cluster.isolate("alpha")
    cluster.wait_up("web", "beta", seen_by="beta")
    cluster.heal()
    ledger.wait_told()
    return ledger


def others(cluster):
    return [name for name in cluster.members if name != "alpha"]


def test_what_may_still_run_is_told_and_stopped_by_the_next_worker(stuck):
    """Fault 65: the worker is killed while a stop fails; the one after it goes on."""
    cluster = stuck.cluster
    before = cluster.members["alpha"].daemon.worker
    cluster.members["alpha"].daemon.kill_worker()
    cluster.wait_for(lambda: cluster.members["alpha"].daemon.worker not in (None, before),
                     "another worker")
    cluster.wait_for(lambda: cluster.status("alpha"), "it answers")
    for member in cluster.members:
        assert stuck.is_told(member), member
    assert not cluster.said_anywhere("proven down")
    stuck.mend("alpha")
    stuck.stays_told()
    stuck.wait_well()
    stuck.assert_released_when_down()


def test_what_may_still_run_is_told_by_the_others_until_the_next_daemon_has_stopped_it(stuck):
    """Fault 2: guard and worker are killed while a stop fails."""
    cluster = stuck.cluster
    cluster.members["alpha"].daemon.kill_both()
    for member in others(cluster):
        assert stuck.is_told(member), member
    assert "resource app: may still run here" in stuck.cleanup("--expired")[1]
    cluster.start("alpha")
    cluster.wait_for(lambda: cluster.status("alpha"), "it answers")
    for member in cluster.members:
        assert stuck.is_told(member), member
    stuck.mend("alpha")
    stuck.stays_told()
    stuck.wait_well()
    stuck.assert_released_when_down()


def test_cleanup_does_not_succeed_before_the_service_is_down(stuck):
    cluster = stuck.cluster
    cluster.members["alpha"].daemon.kill_both()
    code, text = stuck.cleanup()
    assert code != 0 and "resource app: its stop" in text and stuck.runs("alpha"), text
    assert all(stuck.is_told(member) for member in others(cluster))
    stuck.mend("alpha")
    code, text = stuck.cleanup()
    assert code == 0 and "resource app" in text and not stuck.runs("alpha"), text
    cluster.start("alpha")
    stuck.wait_well()


@pytest.mark.parametrize("lease", ["valid", "over"])
def test_a_daemon_that_is_told_twice_to_end_says_what_it_leaves(ledger, lease):
    """Fault 66: SIGTERM twice while a stop fails; the lease may be over by then or not."""
    cluster = ledger.cluster
    daemon = cluster.members["alpha"].daemon
    ledger.stick("alpha")
    if lease == "over":
        cluster.isolate("alpha")
        cluster.wait_up("web", "beta", seen_by="beta")
        cluster.heal()
        ledger.wait_told()
    daemon.is_expected_to_end = daemon.program.is_expected_to_end = True
    guard = daemon.guard
    os.kill(guard, signal.SIGTERM)
    daemon.program.wait_line("shutting down")
    os.kill(guard, signal.SIGTERM)
    assert daemon.program.wait_end(PATIENCE) == 1
    assert daemon.said("web: may still run here")
    cluster.wait_up("web", "beta", seen_by="beta")
    for member in others(cluster):
        cluster.wait_for(lambda m=member: ledger.is_told(m), f"{member} tells it", PATIENCE)
    assert ledger.runs("alpha")
    cluster.start("alpha")
    cluster.wait_for(lambda: ledger.is_told("alpha"), "alpha tells it", PATIENCE)
    ledger.mend("alpha")
    ledger.stays_told()
    ledger.wait_well()


@contextlib.contextmanager
def stalling(cluster, name, place):
    """Whoever writes there waits, and no signal ends that."""
    cluster.inside(name, ["fsfreeze", "--freeze", place])
    try:
        yield
    finally:
        cluster.inside(name, ["fsfreeze", "--unfreeze", place])


@pytest.mark.skipif(why_not("disk") is not None, reason=f"{why_not('disk')}")
def test_a_process_that_no_signal_ends_may_still_run_too(make, tmp_path):
    """Fault 6: the owner is cut off, and its process waits for a disk that does not answer."""
    places = {name: tmp_path / name for name in ("alpha", "beta")}
    for place in places.values():
        place.mkdir()
    write = f"while :; do echo x >>{tmp_path}/$(uname -n)/log; sleep 0.05; done"
    app = {"type": "process", "command": f"/bin/sh -c '{write}'"}
    cluster = make(timing="lan", roles=[Role("web", resources={"app": app})])
    image = tmp_path / "disk"
    with open(image, "wb") as file:
        file.truncate(DISK_MIB << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    cluster.inside("alpha", ["mount", "-o", "loop", image, places["alpha"]])
    cluster.boot()

    def asks(member):
        code, out, _ = cluster.command(member, "status")
        return code == 3 and PROBLEM in out
    pid = cluster.status("alpha").process("app")
    with stalling(cluster, "alpha", places["alpha"]):
        cluster.isolate("alpha")
        cluster.wait_up("web", "beta", seen_by="beta")
        cluster.wait_for(lambda: asks("alpha"), "alpha tells it", PATIENCE)
        cluster.heal()
        for member in cluster.members:
            cluster.wait_for(lambda m=member: asks(m), f"{member} tells it", PATIENCE)
        assert not cluster.said_anywhere("released epoch")
        assert cluster.members["alpha"].host.run(["kill", "-0", str(pid)])[0] == 0
    cluster.wait_for(lambda: all(cluster.command(member, "status")[0] == 0
                                 for member in cluster.members), "all is well", PATIENCE)
    assert cluster.members["alpha"].host.run(["kill", "-0", str(pid)])[0] != 0
    assert cluster.owner("web") == "beta"
