# SPDX-License-Identifier: Apache-2.0
"""Where the programs under test and the tools of the lab stand."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("FAILOVERD_BUILD", ROOT / "build")).resolve()
FAILOVERD = Path(os.environ.get("FAILOVERD", BUILD / "daemon" / "failoverd"))


def tool(name):
    """A program of this directory, as meson built it."""
    return str(BUILD / "tests" / "netns" / name)
