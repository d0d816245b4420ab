# SPDX-License-Identifier: Apache-2.0
"""Machines, the programs in them, and waiting for what they say.

A machine is held by a small program (host.c) that ends with this process, however it ends, and
takes everything inside the machine with it. Knows nothing of clusters or of the switch between
machines.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from . import paths

#: How long to wait for a word before looking again at what has no word (status, /proc).
LOOK_AGAIN = 0.05


class LabError(Exception):
    """Something that should have happened did not."""


def boottime():
    """Now, on the clock that every machine and every tool of the lab stamps with."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class News:
    """Tells those who wait that a program said something."""

    def __init__(self):
        self._changed = threading.Condition()
        self._count = 0

    def tell(self):
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait_for(self, predicate, timeout, what):
        """The first true value of `predicate`, asked again after each word and each LOOK_AGAIN."""
        deadline = time.monotonic() + timeout
        while True:
            with self._changed:
                seen = self._count
            value = predicate()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise LabError(f"not within {timeout:g} s: {what() if callable(what) else what}")
            with self._changed:
                self._changed.wait_for(lambda: self._count != seen, min(left, LOOK_AGAIN))


class Program:
    """One program inside a machine, with all it said."""

    def __init__(self, host, name, command, news, settings=None):
        self.host, self.name, self.news = host, name, news
        self.lines = []     # (time, text)
        self.is_expected_to_end = False
        self._popen = subprocess.Popen(
            [paths.tool("host"), "enter", str(host.pid), *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", bufsize=1, env={**os.environ, **(settings or {})})
        first = self._popen.stdout.readline()
        if not first.strip().isdigit():
            raise LabError(f"{host.name}: {name} did not start: {first.strip()}")
        self.pid = int(first)   # as seen from outside the machine
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._popen.stdout:
            self.lines.append((boottime(), line.rstrip("\n")))
            self.news.tell()
        self._popen.stdout.close()
        self._popen.wait()
        self.news.tell()

    def kill(self, number):
        os.kill(self.pid, number)

    def is_running(self):
        return self._popen.poll() is None

    @property
    def exit_code(self):
        """None while it runs; 128 + N when signal N ended it."""
        return self._popen.poll()

    def wait_end(self, timeout):
        self.news.wait_for(lambda: not self.is_running() and not self._reader.is_alive(), timeout,
                           f"{self.host.name}: end of {self.name}")
        return self.exit_code

    def stop(self, number=signal.SIGTERM, timeout=10):
        """Ends it by the signal and returns its exit code."""
        self.is_expected_to_end = True
        if self.is_running():
            self.kill(number)
        return self.wait_end(timeout)

    def events(self, *kinds):
        """What it said as JSON lines, the oldest first."""
        found = [json.loads(text) for _, text in list(self.lines) if text.startswith("{")]
        return [event for event in found if not kinds or event["event"] in kinds]

    def wait_event(self, kind, timeout=10, after=0.0):
        def find():
            return next((e for e in self.events(kind) if e["t"] >= after), None)
        return self.news.wait_for(find, timeout, f"{self.host.name}: {self.name}: event {kind}")

    def wait_line(self, text, timeout=10, after=0.0):
        """The first line since `after` that contains the text."""
        def find():
            return next((line for when, line in list(self.lines) if when >= after and text in line),
                        None)
        return self.news.wait_for(find, timeout, f"{self.host.name}: {self.name}: line '{text}'")

    def text(self):
        return "\n".join(line for _, line in list(self.lines))


def is_in(pid, namespace):
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino == namespace
    except OSError:
        return False


def name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


class Host:
    """One machine. It exists until power_off."""

    def __init__(self, name, news):
        self.name, self.news = name, news
        self.programs = []
        self._holder = subprocess.Popen([paths.tool("host"), "hold", name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        words = {self._holder.stdout.readline().strip(), self._holder.stdout.readline().strip()}
        number = words - {"up"}
        if "up" not in words or len(number) != 1:
            raise LabError(f"no machine {name} could be made")
        self.pid = int(number.pop())

    def start(self, name, command, settings=None):
        """Starts a program of the machine, with these settings in its environment."""
        self.programs.append(Program(self, name, command, self.news, settings))
        return self.programs[-1]

    def pids(self, without=()):
        """Every process of the machine but those of these names, by its number outside of it."""
        try:
            own = os.stat(f"/proc/{self.pid}/ns/pid").st_ino
        except OSError:
            return []
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                if is_in(pid, own) and name_of(pid) not in without]

    def plumb(self, command, text=None):
        """Runs a program of this host on the network of the machine; it must succeed."""
        done = subprocess.run([paths.tool("host"), "plumb", str(self.pid), *command], input=text,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise LabError(f"{self.name}: {' '.join(command)}: {done.stderr.strip()}\n{text or ''}")
        return done.stdout

    def run(self, command):
        """Runs a program inside the machine to its end: (exit code, output)."""
        program = Program(self, command[0], command, self.news)
        program.is_expected_to_end = True
        return program.wait_end(60), program.text()

    def ip(self, *lines):
        self.plumb(["ip", "-batch", "-"], "\n".join(lines) + "\n")

    def set_kernel(self, **values):
        """Settings of the network, such as net__ipv6__conf__all__accept_dad=0."""
        script = "\n".join(f"echo {value} > /proc/sys/{key.replace('__', '/')}"
                           for key, value in values.items())
        self.plumb(["sh", "-e", "-c", script])

    def power_off(self):
        """Every process of the machine ends at once, without notice; its network goes with it."""
        for program in self.programs:
            program.is_expected_to_end = True
        if self._holder.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait()


PREFIX = "failoverd-lab-"


def remove_leftovers():
    """Directories of labs whose process was killed; their machines ended with it."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = directory.name[len(PREFIX):].split("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(directory, ignore_errors=True)


class Lab:
    """What one test has made. Closing it leaves nothing behind."""

    def __init__(self):
        remove_leftovers()
        self.news = News()
        self.hosts = []
        self.clusters = []
        self._closers = []
        self.directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))

    def host(self, name):
        self.hosts.append(Host(name, self.news))
        return self.hosts[-1]

    def wait_for(self, predicate, timeout, what):
        return self.news.wait_for(predicate, timeout, what)

    def at_close(self, function):
        """Called when every machine is gone."""
        self._closers.append(function)

    def close(self):
        for host in self.hosts:
            host.power_off()
        self.hosts.clear()
        for function in self._closers:
            function()
        self._closers.clear()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
