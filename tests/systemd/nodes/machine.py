# SPDX-License-Identifier: Apache-2.0
"""systemd as the first process of a machine, in a container of its own.

The container runs inside the machine's namespaces, so that pulling the plug of the machine ends it
like everything else. Knows nothing of failoverd.
"""

import os
import subprocess
from pathlib import Path

from lab import LabError

#: How systemd-nspawn ends when the container wants to boot again.
REBOOT = 133
BOOT_TIMEOUT = 30

#: Inside the machine: its own view of the control groups, all of version 2; a BPF file system that
#: lasts until the next boot; and the container.
BOOT = """set -e
lower=$1 directory=$2 group=$3 name=$4
if ! [ -d /run/root ]; then
    mount -t tmpfs tmpfs /run
    mkdir -p /run/root /run/systemd/nspawn
    mount -t overlay overlay \
        -o "lowerdir=$lower,upperdir=$directory/upper,workdir=$directory/work" /run/root
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
mkdir -p "/sys/fs/cgroup/$group"
echo 0 >"/sys/fs/cgroup/$group/cgroup.procs"
umount /sys/fs/bpf 2>/dev/null || true
mount -t bpf -o mode=0700 bpf /sys/fs/bpf
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
exec systemd-nspawn --quiet --boot --keep-unit --register=no --machine="$name" \
    --directory=/run/root --network-namespace-path=/proc/1/ns/net --bind=/sys/fs/bpf \
    --capability=CAP_NET_ADMIN,CAP_IPC_LOCK,CAP_BPF,CAP_PERFMON \
    --system-call-filter='bpf perf_event_open' \
    --resolv-conf=off --timezone=off --link-journal=no --console=pipe
"""


class Container:
    """From boot to the end of its first process; a reboot is another one."""

    def __init__(self, host, lower, directory):
        self.host = host
        self.group = f"failoverd-lab-{os.getpid()}-{host.name}"
        for part in ("upper", "work"):
            (directory / part).mkdir(exist_ok=True)
        self.program = host.start(f"container of {host.name}", [
            "sh", "-c", BOOT, "sh", lower, directory, self.group, host.name])
        self._first = None

    @property
    def first(self):
        """The first process, as seen from outside."""
        if self._first is None:
            pid = self.program.pid
            for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                if Path(f"/proc/{word}/comm").read_text().strip() == "systemd":
                    self._first = int(word)
        return self._first

    def run(self, *command, text=None, timeout=60):
        """(exit code, standard output, standard error) of a command inside, as root."""
        if not self.program.is_running() or self.first is None:
            return 255, "", "the container does not run"
        done = subprocess.run(["nsenter", "-t", str(self.first), "-a", *map(str, command)],
                              input=text, capture_output=True, text=True, timeout=timeout)
        return done.returncode, done.stdout, done.stderr

    def must(self, *command, text=None, timeout=60):
        code, out, err = self.run(*command, text=text, timeout=timeout)
        if code != 0:
            raise LabError(f"{self.host.name}: {' '.join(map(str, command))}: exit code {code}: "
                           f"{out}{err}")
        return out

    def is_booted(self):
        try:
            return self.run("systemctl", "is-system-running")[1].strip() in ("running", "degraded")
        except FileNotFoundError:
            return False

    def wait_booted(self, timeout=BOOT_TIMEOUT):
        def look():
            if not self.program.is_running():
                raise LabError(f"{self.host.name} did not boot:\n{self.program.text()[-2000:]}")
            return self.is_booted()
        self.host.news.wait_for(look, timeout, f"{self.host.name} is booted")

    def _write_group(self, file, text):
        for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
            path = Path(root, self.group, file)
            if path.exists():
                path.write_text(text)
                return
        raise LabError(f"no control group {self.group}")

    def freeze(self):
        """Nothing in it runs any more; its kernel does."""
        self._write_group("cgroup.freeze", "1")

    def thaw(self):
        self._write_group("cgroup.freeze", "0")


def remove_groups(prefix):
    """Of machines that are gone."""
    for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        for top in Path(root).glob(f"{prefix}*"):
            subprocess.run(["find", top, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"],
                           capture_output=True)
