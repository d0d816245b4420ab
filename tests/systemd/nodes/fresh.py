# SPDX-License-Identifier: Apache-2.0
"""Machines with nothing of failoverd but the package in root's home, and an archive on their disk
that has what the package needs. Knows nothing of what is typed on them.
"""

import subprocess

from lab import LabError, paths

from .base import NETWORK, enable, inside, layer, make_base, write
from .cluster import UnitCluster

ARCHIVE = "srv/archive"


def _must(command, **settings):
    done = subprocess.run(command, capture_output=True, text=True, **settings)
    if done.returncode != 0:
        raise LabError(f"{' '.join(map(str, command))}: {done.stderr[-1000:]}")
    return done.stdout


def _make_archive(root, package):
    """What the package needs and the system lacks, fetched as this host fetches its own."""
    archive = root / ARCHIVE
    (archive / "partial").mkdir(parents=True)
    fetch = ["apt-get", "-qq", "-y", "--download-only", "--no-install-recommends",
             "-o", f"Dir::State::status={root}/var/lib/dpkg/status",
             "-o", f"Dir::Cache::archives={archive}", "-o", "Debug::NoLocking=1",
             "-o", "APT::Sandbox::User=root", "install", package]
    try:
        _must(fetch)
    except LabError:
        # This host knows no packages, or those of another day.
        _must(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "update"])
        _must(fetch)
    (archive / "Packages").write_text(_must(["dpkg-scanpackages", "."], cwd=archive))
    write(root, "etc/apt/sources.list", f"deb [trusted=yes] file:/{ARCHIVE} ./\n")


def make_fresh(directory):
    """A layer over the base, with the package of scripts/package in /root."""
    with layer(directory, "fresh") as root:
        package = _must([paths.ROOT / "scripts/package", root / "root"]).strip()
        _make_archive(root, package)
        write(root, "etc/systemd/system/lab-network.service", NETWORK)
        enable(root, "lab-network.service")
        inside(root, "apt-get", "-qq", "update")
    return directory / "fresh"


class FreshCluster(UnitCluster):
    """Machines that somebody has yet to make members of a cluster."""

    program = "/usr/sbin/failoverd"

    def __init__(self, lab, layer_directory, **wishes):
        super().__init__(lab, make_base(), layer_directory, **wishes)

    def _furnish(self, member):
        pass

    def shell(self, name, text, timeout=120):
        """Types this as root, in root's home, and `y` where it asks; everything printed."""
        return self.containers[name].must("sh", "-e", "-c", f"cd /root\n{text}", text="y\n" * 9,
                                          timeout=timeout)
