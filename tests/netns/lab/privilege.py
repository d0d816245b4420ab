# SPDX-License-Identifier: Apache-2.0
"""Whether this user may make machines, and the user namespace in which an ordinary user may.

Knows nothing of what is done with them.
"""

import os
import shutil
import subprocess

from . import paths

INSIDE = "FAILOVERD_LAB_INSIDE"
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--"]


def why_impossible():
    """None, or the reason why no machine can be made here."""
    for program in ("ip", "nft"):
        if shutil.which(program) is None:
            return f"the program {program} is not installed"
    if not os.access(paths.tool("host"), os.X_OK):
        return f"{paths.tool('host')} is not built"
    if not os.access(paths.FAILOVERD, os.X_OK):
        return f"{paths.FAILOVERD} is not built"
    trial = subprocess.run([paths.tool("host"), "hold", "trial"], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True)
    if trial.returncode != 0:
        who = "root of a user namespace" if os.environ.get(INSIDE) else "this user"
        return f"{who} may not make network namespaces ({trial.stderr.strip()})"
    return None


def enter_user_namespace(command, before=lambda: None):
    """As root: nothing. Else calls `before` and then runs `command` as root of a new user
    namespace, in the place of this process, if the system allows that; returns if it does not."""
    if os.geteuid() == 0 or os.environ.get(INSIDE):
        return
    trial = subprocess.run(UNSHARE + ["true"], capture_output=True)
    if trial.returncode == 0:
        before()
        os.environ[INSIDE] = "1"
        os.execvp(UNSHARE[0], UNSHARE + list(command))
