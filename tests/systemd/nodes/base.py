# SPDX-License-Identifier: Apache-2.0
"""The file systems of the machines: a small system of this host's own distribution, made once and
kept in the build directory, and over it what `meson install` brings.

Knows nothing of what runs in them.
"""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from lab import LabError, paths

BASE = paths.BUILD / "systemd-base"
PROGRAMS = ("debootstrap", "systemd-nspawn", "nsenter", "ip", "nft", "apt-get", "meson",
            "dpkg-scanpackages")
#: The last three manage addresses; where none of them is asked for, none runs.
PACKAGES = ("systemd,systemd-sysv,dbus,iproute2,procps,polkitd,libpam-systemd,"
            "network-manager,ifupdown")
IDLE = ("NetworkManager", "NetworkManager-dispatcher", "NetworkManager-wait-online", "networking",
        "systemd-networkd", "wpa_supplicant")
#: Where the system was cloned from, all machines would be the same one.
IDENTITIES = ("etc/machine-id", "var/lib/dbus/machine-id")
#: What was said is kept over a reboot, all of it.
JOURNAL = """[Journal]
Storage=persistent
RateLimitBurst=0
"""
#: olga is an operator; sam is not, and runs a service.
USERS = """g operators
u olga
u sam
m olga operators
"""
#: The network comes and goes as on a machine of its own: what uses it must be ordered after it.
NETWORK = """[Unit]
Before=network.target network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip link set eth0 up
ExecStop=ip link set eth0 down
[Install]
WantedBy=network-online.target
"""
CAPABILITIES = {"NET_ADMIN": 12, "SYS_ADMIN": 21, "IPC_LOCK": 14}


def _lacking_capabilities():
    words = Path("/proc/self/status").read_text().split()
    held = int(words[words.index("CapEff:") + 1], 16)
    return [name for name, bit in CAPABILITIES.items() if not held >> bit & 1]


def why_impossible():
    """None, or the reason why no machine with systemd can be made here."""
    if os.geteuid() != 0 or _lacking_capabilities():
        return "only root can start containers with systemd in them"
    if Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]:
        return "containers with systemd in them cannot be started in a user namespace"
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if "cgroup2" not in Path("/proc/filesystems").read_text():
        return "the kernel has no version 2 control groups"
    return None


def _mirror():
    """(suite, address) of where this host gets its own packages from."""
    out = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)",
         "Created-By: Packages"], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        suite, component, address = line.split()
        if component == "main" and "-" not in suite:
            return suite, address
    raise LabError("apt knows no archive to take a system from")


def make_base():
    """The directory of the system; made the first time, which takes about a minute."""
    done = BASE.with_name(BASE.name + ".done")
    if done.exists() and done.read_text() == PACKAGES:
        return BASE
    done.unlink(missing_ok=True)
    shutil.rmtree(BASE, ignore_errors=True)
    suite, address = _mirror()
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(BASE), address],
        capture_output=True, text=True)
    if made.returncode != 0:
        raise LabError(f"debootstrap: {made.stdout[-500:]}{made.stderr[-500:]}")
    for name in IDENTITIES:
        (BASE / name).unlink(missing_ok=True)
    (BASE / "etc/machine-id").touch()
    for name in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(BASE / name, ignore_errors=True)
    inside(BASE, "sh", "-c", f"systemctl disable {' '.join(IDLE)} || true")
    done.write_text(PACKAGES)
    return BASE


def _libraries():
    """What the program needs, as this host has it; the machines have the same C library."""
    done = subprocess.run(["ldd", paths.FAILOVERD], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        path = next((word for word in line.split() if word.startswith("/")), None)
        if path and not (BASE / path.lstrip("/")).exists():
            yield Path(path)


def write(root, name, text):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def inside(root, *command):
    """Runs a program of the system, which does not run itself."""
    done = subprocess.run(["chroot", root, *command], capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{' '.join(command)}: {done.stderr}")


def enable(root, *units):
    inside(root, "systemctl", "enable", *units)


@contextlib.contextmanager
def layer(directory, name):
    """The base with a layer over it, into which everything goes that is written meanwhile:
    `directory`/`name`."""
    upper, work, root = (directory / (name + part) for part in ("", "-work", "-root"))
    for part in (upper, work, root):
        part.mkdir()
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                    f"lowerdir={make_base()},upperdir={upper},workdir={work}", root], check=True)
    try:
        yield root
    finally:
        subprocess.run(["umount", root], check=True)


def make_product(directory):
    """A layer over the base with the installed program, its unit and its user."""
    with layer(directory, "product") as root:
        subprocess.run(["meson", "install", "-C", paths.BUILD, "--no-rebuild", "--quiet",
                        "--destdir", root], check=True, capture_output=True)
        for library in _libraries():
            shutil.copy(library, root / "usr/local/lib")
        write(root, "etc/systemd/journald.conf.d/lab.conf", JOURNAL)
        write(root, "etc/sysusers.d/lab.conf", USERS)
        write(root, "etc/systemd/system/lab-network.service", NETWORK)
        # One of the examples, as an administrator takes it over.
        drop_in = (root / "usr/local/share/failoverd/drop-ins/operators.conf").read_text()
        write(root, "etc/systemd/system/failoverd.service.d/operators.conf", drop_in)
        inside(root, "ldconfig")
        inside(root, "systemd-sysusers")
        enable(root, "failoverd.service", "lab-network.service")
    return directory / "product"
