# SPDX-License-Identifier: Apache-2.0
"""Three real daemons on the loopback interface. Nothing here needs privileges."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

BINARY = os.environ["FAILOVERD"]
DONE, REFUSED, USAGE, UNHEALTHY, NOT_RUNNING, CONFIG, DEGRADED = range(7)
PATIENCE = 20.0 # s; only a failing test waits that long


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(true, what):
    """Waits for something that another process does; there is no event for it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        result = true()
        if result:
            return result
        time.sleep(0.02)
    pytest.fail(f"not within {PATIENCE} s: {what}")


def runs(pid):
    """Whether a process is there and more than a zombie that nobody has taken note of."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Member:
    def __init__(self, cluster, name, address):
        self.cluster, self.name, self.address = cluster, name, address
        self.path = cluster.path / name
        self.path.mkdir()
        self.process = None
        self.public = self.command("keygen", "--out", self.path / "key").stdout.strip()

    @property
    def state(self):
        return self.path / "state" / "state"

    @property
    def log(self):
        return (self.path / "log").read_text()

    def command(self, *words):
        return subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True,
                              timeout=60, check=False)

    def ask(self, *words):
        return self.command(*words, "--run-dir", self.path / "run")

    def options(self):
        return ["--config", self.cluster.config, "--key", self.path / "key", "--state-dir",
                self.path / "state", "--run-dir", self.path / "run"]

    def start(self):
        with open(self.path / "log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [BINARY, "run", *map(str, self.options()), "--log-level", "debug"], stderr=log,
                stdout=log, start_new_session=True)
        return self

    def ready(self):
        until(self.status, f"{self.name} answers")
        return self

    def status(self):
        result = self.ask("status", "--json")
        return json.loads(result.stdout) if result.stdout else None

    @property
    def worker(self):
        """Process id of the guard's child; 0 when there is none."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return next((int(child) for child in children if self.is_worker(child)), 0)

    @staticmethod
    def is_worker(pid):
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError): # it ends right now
            return False
        return words[:2] == [b"failoverd", b"run"]

    def kill(self):
        """Guard and worker at once; the worker must not find the time to start another guard."""
        worker = self.worker
        os.kill(worker, signal.SIGSTOP)
        self.process.kill()
        os.kill(worker, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.process = None

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        client.connect(str(self.path / "run" / "control.sock"))
        return client

    def say(self, text):
        """Sends bytes and returns everything that comes back until the daemon closes."""
        with self.connect() as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
            return client.makefile("rb").read().decode()


class Cluster:
    def __init__(self, path):
        self.path, self.config = path, path / "failoverd.ini"
        port = free_port()
        self.members = [Member(self, "alpha", "127.0.0.1"), Member(self, "beta", "127.0.0.2"),
                        Member(self, "w1", "127.0.0.3")]
        self.alpha, self.beta, self.w1 = self.members
        sections = "".join(f"[{'witness' if m is self.w1 else 'node'} {m.name}]\n"
                           f"address = {m.address}\nkey = {m.public}\n" for m in self.members)
        self.config.write_text(f"""[cluster]
name = local
port = {port}
heartbeat = 50ms
lease = 1500ms
release = 200ms
{sections}[role web]
nodes = alpha, beta
resources = app
[resource app]
type = process
command = /bin/sleep 1000
""")

    def start(self):
        for member in self.members:
            member.start()
        return self

    def owned(self, by=None):
        def owner():
            role = (self.members[2].status() or {"roles": [{}]})["roles"][0]
            return role.get("phase") == "up" and role["owner"] == (by or role["owner"])
        until(owner, f"web is up on {by or 'some node'}")
        return self
