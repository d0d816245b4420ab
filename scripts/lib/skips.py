# SPDX-License-Identifier: Apache-2.0
"""Which reasons for skipping a test are excuses on this machine.

A row has the words of a reason and asks the machine itself, not the test, whether that is so. What
no row excuses is a failure: scripts/test has installed what was missing, and a machine that can run
a test has to. Knows nothing of the tests.
"""

import ctypes
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

BPF_NUMBERS = {"x86_64": 321, "aarch64": 280}
BPF_MAP_CREATE, BPF_MAP_TYPE_ARRAY = 0, 2
NET_ADMIN, SYS_ADMIN = 12, 21   # capability numbers
ALL_USERS = ["0", "0", "4294967295"]


def has_capabilities(*numbers):
    words = Path("/proc/self/status").read_text().split()
    held = int(words[words.index("CapEff:") + 1], 16)
    return all(held >> number & 1 for number in numbers)


def lacks_namespaces():
    """Neither root who may make network namespaces, nor user namespaces."""
    return all(subprocess.run(["unshare", *options, "true"], capture_output=True).returncode != 0
               for options in (["--net", "--mount"], ["--user", "--map-root-user", "--net"]))


def lacks_root():
    users = Path("/proc/self/uid_map").read_text().split()
    return os.geteuid() != 0 or users != ALL_USERS or \
        not has_capabilities(NET_ADMIN, SYS_ADMIN)


def lacks_gate():
    """Not root, or the kernel refuses a map for a program; on a processor whose number of bpf(2) is
    not known here, the test is believed."""
    number = BPF_NUMBERS.get(platform.machine())
    if number is None or ctypes.sizeof(ctypes.c_void_p) != 8 or lacks_root():
        return True
    words = (ctypes.c_uint32 * 32)(BPF_MAP_TYPE_ARRAY, 4, 4, 1)
    map_fd = ctypes.CDLL(None, use_errno=True).syscall(
        number, BPF_MAP_CREATE, ctypes.byref(words), ctypes.sizeof(words))
    if map_fd >= 0:
        os.close(map_fd)
    return map_fd < 0


def lacks_packages():
    """Neither Debian nor Ubuntu: scripts/test installs nothing there."""
    return shutil.which("apt-get") is None or shutil.which("dpkg-query") is None


def lacks_freezer():
    return not os.access("/sys/fs/cgroup/freezer/cgroup.procs", os.W_OK)


def lacks_loop_devices():
    return not os.access("/dev/loop-control", os.W_OK)


def lacks_groups():
    """Whether no memory control group can be made, of either version."""
    root = Path("/sys/fs/cgroup")
    if os.access(root / "memory" / "cgroup.procs", os.W_OK):
        return False
    offered = root / "cgroup.subtree_control"
    return not os.access(offered, os.W_OK) or "memory" not in offered.read_text().split()


def lacks_groups_2():
    return "cgroup2" not in Path("/proc/filesystems").read_text()


def always():
    return True


EXCUSES = [
    (r"built without the packet gate", lambda: ctypes.sizeof(ctypes.c_void_p) != 8),
    (r"packet gate|bpf", lacks_gate),
    (r"user namespace|network namespaces|no mounts", lacks_namespaces),
    (r"only root", lacks_root),
    (r"freezer", lacks_freezer),
    (r"loop device", lacks_loop_devices),
    (r"version 2 control groups", lacks_groups_2),
    (r"control group", lacks_groups),
    (r"address sanitizer", always),
    (r"not installed", lacks_packages),
]


def excused(reason):
    """Whether this machine really cannot do what the reason says it cannot."""
    return next((lacks() for words, lacks in EXCUSES if re.search(words, reason)), False)
