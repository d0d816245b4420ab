# SPDX-License-Identifier: Apache-2.0
"""One life of a member's daemon: its guard, its worker, and those that took their places.

Finds them among the processes of the machine and does to them what a test asks for. Knows nothing
of roles or of other members.
"""

import json
import os
import signal
import subprocess

from . import paths
from .host import LabError, boottime

#: In the environment of every worker.
WORKER_MARK = b"\0FAILOVERD_GUARD="


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def parent_of(pid):
    fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


class Daemon:
    def __init__(self, host, name, run_dir, command, settings=None):
        self.host, self.name, self.run_dir = host, name, run_dir
        self.deaths_caused = 0          # of workers, by the test
        self.guard_deaths_caused = 0
        self.is_expected_to_end = False
        self.program = host.start(f"failoverd of {name}", command, settings)
        self.news = self.program.news

    # processes, by their numbers outside the machine

    def processes(self):
        """(guard, worker), each None when there is none."""
        own = [pid for pid in self.host.pids() if self._is_ours(pid)]
        marked = {pid for pid in own if WORKER_MARK in b"\0" + read(f"/proc/{pid}/environ")}
        # A child that has not become another program yet looks like its parent.
        workers = [pid for pid in own if pid in marked and parent_of(pid) not in marked]
        others = [pid for pid in own if pid not in marked]
        guards = [pid for pid in others if parent_of(pid) not in others]
        return next(iter(guards), None), next(iter(workers), None)

    def _is_ours(self, pid):
        words = read(f"/proc/{pid}/cmdline").split(b"\0")
        return b"run" in words[1:2] and str(self.run_dir).encode() in words

    @property
    def guard(self):
        return self.processes()[0]

    @property
    def worker(self):
        return self.processes()[1]

    @property
    def pid(self):
        """Of the process that was started."""
        return self.program.pid

    def all(self):
        return [pid for pid in self.processes() if pid is not None]

    def is_running(self):
        return self.program.is_running() or bool(self.all())

    def wait_both(self, timeout=10, other_than=()):
        """Until guard and worker run, neither of them one of those: (guard, worker)."""
        def find():
            found = self.processes()
            return found if None not in found and not set(found) & set(other_than) else None
        return self.news.wait_for(find, timeout, f"{self.name}: guard and worker run")

    def recall(self):
        """What their common memory says: {"guard_pid", "worker_pid", "roles": [...]}; process ids
        as the machine itself counts."""
        done = subprocess.run([paths.tool("recall"), str(self.run_dir)], capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise LabError(f"{self.name}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def lease_end(self):
        """Of its first role, on the clock of boottime()."""
        return self.recall()["roles"][0]["lease_end"] / 1e9

    # what may happen to them; each returns the moment right before it did

    def kill_worker(self, number=signal.SIGKILL):
        self.deaths_caused += 1
        return self._send(number, self.worker)

    def kill_guard(self, number=signal.SIGKILL):
        self.guard_deaths_caused += 1
        self.is_expected_to_end = self.program.is_expected_to_end = True
        return self._send(number, self.guard)

    def kill_both(self):
        """At once: neither can do anything about the other's end."""
        self.is_expected_to_end = self.program.is_expected_to_end = True
        self.deaths_caused += 1
        moment = self.stop_both()

        def is_over():
            self._send(signal.SIGKILL, *self.all())
            return not self.all()
        self.news.wait_for(is_over, 10, f"{self.name}: guard and worker are gone")
        return moment

    def stop_worker(self):
        return self._send(signal.SIGSTOP, self.worker)

    def cont_worker(self):
        return self._send(signal.SIGCONT, self.worker)

    def stop_both(self):
        """The guard first: it would notice the worker's end, but the worker could not help it."""
        return self._send(signal.SIGSTOP, *self.all())

    def cont_both(self):
        return self._send(signal.SIGCONT, *reversed(self.all()))

    def _send(self, number, *pids):
        moment = boottime()
        for pid in pids:
            if pid is None:
                raise LabError(f"{self.name}: there is no such process")
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return moment

    def end(self, number, timeout=10):
        """Ends guard and worker by the signal; the exit code of what was started."""
        self.is_expected_to_end = True
        if number == signal.SIGKILL:
            self.kill_both()
        elif self.guard is not None:
            self.program.is_expected_to_end = True
            self._send(number, self.guard)
        self.news.wait_for(lambda: not self.is_running(), timeout, f"{self.name} ends")
        return self.program.wait_end(timeout)

    # what it said

    @property
    def lines(self):
        return self.program.lines

    def text(self):
        return self.program.text()

    def said(self, text, after=0.0):
        """The lines since `after` that contain the text."""
        return [line for when, line in list(self.lines) if when >= after and text in line]

    def complaints(self):
        """In words, what a daemon does not do unless a test made it."""
        if not self.is_running() and not self.is_expected_to_end:
            yield f"the daemon of {self.name} ended by itself: {self.program.exit_code}"
        if "Sanitizer" in self.text() or "Assertion" in self.text():
            yield f"the daemon of {self.name} complained of itself"
        ends = self.said("guard: the worker was ended") + self.said("guard: the worker exited")
        if len(ends) > self.deaths_caused:
            yield f"a worker of {self.name} ended by itself: {ends[-1]}"
        losses = self.said("the guard of this process is gone")
        if len(losses) > self.guard_deaths_caused:
            yield f"a guard of {self.name} ended by itself: {losses[-1]}"
