# SPDX-License-Identifier: Apache-2.0
"""Machines on one host: network namespaces with real daemons in them, and what watches them.

Used by the tests beside it, by the demonstration and by the benchmark.
"""

from .cluster import Cluster, Role, WAIT
from .daemon import Daemon
from .host import Lab, LabError, boottime
from .observe import Knocker, SHORTEST_MS
from .privilege import enter_user_namespace, why_impossible

__all__ = ["Cluster", "Daemon", "Knocker", "Lab", "LabError", "Role", "SHORTEST_MS", "WAIT",
           "boottime", "enter_user_namespace", "why_impossible"]
