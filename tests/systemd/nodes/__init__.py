# SPDX-License-Identifier: Apache-2.0
"""Machines with systemd as their first process, and clusters of them with the shipped unit.

Built on the machines of tests/netns: its switch, its client, its watcher.
"""

from .base import make_base, make_product, why_impossible
from .cluster import PROGRAM, UNIT, UnitCluster
from .fresh import FreshCluster, make_fresh

__all__ = ["FreshCluster", "PROGRAM", "UNIT", "UnitCluster", "make_base", "make_fresh",
           "make_product", "why_impossible"]
