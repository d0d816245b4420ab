# SPDX-License-Identifier: Apache-2.0
"""What every measurement of scripts/bench is made with: rows of its table, clusters, and a verdict
that nothing happened which must never happen."""

import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "netns"))

from lab import Cluster, LabError, Role  # noqa: E402

VIP = "10.77.0.100/24"
PORT = 7360


class Row:
    """One line of the table: what was measured, in which unit, and the bound if there is one."""

    def __init__(self, name, value, unit, bound=None, details=None):
        self.name, self.value, self.unit, self.bound = name, value, unit, bound
        self.details = details or {}

    @property
    def holds(self):
        return self.bound is None or self.value <= self.bound

    def as_json(self):
        return {"name": self.name, "value": round(self.value, 3), "unit": self.unit,
                "bound": self.bound, "holds": self.holds, **self.details}

    def as_text(self):
        bound = "" if self.bound is None else f"at most {self.bound:g} {self.unit}"
        verdict = "" if self.bound is None else ("ok" if self.holds else "MISSED")
        return f"{self.name:<54} {self.value:>9.2f} {self.unit:<8} {bound:<22} {verdict}"


def nearest_rank(values, percent):
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def verdict_of(cluster):
    found = cluster.violations()
    if found:
        raise LabError("what must never happen: " + "; ".join(found[:5]))


def new_cluster(lab, timing, nodes=2, witnesses=1, **wishes):
    return Cluster(lab, nodes=nodes, witnesses=witnesses, timing=timing,
                   roles=[Role("web", VIP, **wishes)]).boot()


def wait_all_vote(cluster):
    cluster.wait_all_agree()
    cluster.wait_for(lambda: not any(cluster.status(name).is_abstaining
                                     for name in cluster.members), "everyone votes again")
