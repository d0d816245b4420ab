# SPDX-License-Identifier: Apache-2.0
"""One virtual machine with an emulated watchdog: its console and what happens to it, as they come,
each with the host's time in seconds."""
import json
import os
import queue
import re
import socket
import subprocess
import threading
import time

QEMU = "qemu-system-x86_64"
BOOT_SECONDS = 120
EVENTS = {"WATCHDOG", "RESET", "SHUTDOWN"}


class Machine:
    """Starts on entering, ends on leaving the context. Neither disk nor network."""

    def __init__(self, kernel, initrd, scenario, place):
        self.news = queue.Queue()
        self.lines = []
        self.place = place
        self.command = [
            QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg",
            "-m", "192", "-kernel", kernel, "-initrd", initrd,
            "-append", f"console=ttyS0 quiet panic=0 scenario={scenario}",
            "-serial", "stdio", "-device", "i6300esb", "-action", "watchdog=reset",
            "-no-reboot", "-qmp", f"unix:{self.monitor},server=on,wait=off"]

    @property
    def monitor(self):
        return os.path.join(self.place, "qmp")

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self.read_console, daemon=True).start()
        self.connect()
        threading.Thread(target=self.read_monitor, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.socket.close()

    def connect(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        end = time.monotonic() + BOOT_SECONDS
        while True:
            try:
                self.socket.connect(self.monitor)
                break
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, \
                    f"{QEMU} does not start: {self.lines}"
                time.sleep(0.01)
        self.socket.sendall(b'{"execute": "qmp_capabilities"}\n')

    def read_console(self):
        for line in self.process.stdout:
            text = line.decode(errors="replace").strip()
            self.lines.append(text)
            found = re.search(r"guest (\d+) (.*)", text)
            if found:
                self.news.put((time.monotonic(), "says", found.group(2), int(found.group(1))))
            elif text:
                self.news.put((time.monotonic(), "prints", text, 0))
        self.news.put((time.monotonic(), "ended", "", 0))

    def read_monitor(self):
        try:
            for line in self.socket.makefile():
                event = json.loads(line).get("event")
                if event in EVENTS:
                    self.news.put((time.monotonic(), "event", event, 0))
        except OSError:
            pass

    def until(self, kind, text, seconds=BOOT_SECONDS):
        """The first news of this kind whose text begins so (has it, where a daemon prints it):
        (host's time, text, guest's ms)."""
        end = time.monotonic() + seconds
        seen = []
        while True:
            try:
                at, what, said, ms = self.news.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {kind} '{text}' within {seconds} s; {seen}") from None
            seen.append((what, said))
            if what == kind and (text in said if kind == "prints" else said.startswith(text)):
                return at, said, ms
            assert what != "ended" or kind == "ended", f"it ended; {seen} {self.lines[-20:]}"

    def printed(self, text):
        """Whether a line so far has it: what several processes say comes in any order."""
        return any(text in line for line in self.lines)

    def stays(self, seconds):
        """Nothing happens to it for so long; what it says until then."""
        end = time.monotonic() + seconds
        said = []
        while True:
            try:
                _, what, text, _ = self.news.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return said
            assert what in ("says", "prints"), f"{what} {text}; it said {said}"
            if what == "says":
                said.append(text)
