# SPDX-License-Identifier: Apache-2.0
"""What the virtual machines are made of, built once: see run."""
import os
import pathlib
import shutil

import pytest

from vm import QEMU, Machine


def made(name, tmp_path):
    build = pathlib.Path(os.environ.get("VM_BUILD", ""))
    if shutil.which(QEMU) is None:
        pytest.skip(f"{QEMU} is not installed")
    if not (build / name).exists():
        pytest.skip(f"tests/vm/run has not built {name}: is there a failoverd to put into it?")

    def make(scenario):
        return Machine(str(build / "kernel"), str(build / name), scenario, str(tmp_path))
    return make


@pytest.fixture
def machine(tmp_path):
    """A machine whose only program is the policy of the watchdog with its device."""
    return made("initrd", tmp_path)


@pytest.fixture
def cluster(tmp_path):
    """A machine in which a whole cluster lives."""
    return made("initrd-cluster", tmp_path)
