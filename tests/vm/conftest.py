# SPDX-License-Identifier: Apache-2.0
"""What the virtual machines are made of, built once: see run."""
import os
import pathlib
import shutil

import pytest

from vm import QEMU, Machine


@pytest.fixture
def machine(tmp_path):
    build = pathlib.Path(os.environ.get("VM_BUILD", ""))
    if shutil.which(QEMU) is None:
        pytest.skip(f"{QEMU} is not installed")
    if not (build / "initrd").exists():
        pytest.skip("tests/vm/run has not built a kernel and an initrd")

    def make(scenario):
        return Machine(str(build / "kernel"), str(build / "initrd"), scenario, str(tmp_path))
    return make
