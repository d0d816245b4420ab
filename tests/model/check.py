#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Searches every reachable state of the lease model: with all rules no invariant may fail, and with
each rule taken out one must. Prints a line for each: what it is, what was found, how much was
searched. Needs spin and a C compiler; without spin it is skipped (exit 77).
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

SKIPPED = 77
MEMORY_MB = 2000
LARGE_MEMORY_MB = 16000
DEPTH = 400000  # of the search; reaching it is an error, not a result
# How a searcher is compiled: one that has to find something looks for the shortest way to it, and
# is through before it is optimised; so is one of the smallest variant.
QUICK, SMALL, THOROUGH = "-O0 -DBFS", "-O0", "-O2"


class Variant(NamedTuple):
    """A size of the model in which all rules must hold, and what it is for."""

    name: str
    options: str
    about: str


VARIANTS = [
    Variant("lease", "LEASE=2 ORDERED", "leases longer than a tick, any faults"),
    Variant("epochs", "LEASE=1 EPOCHS=3", "three epochs claimed in any order, any faults"),
    Variant("drift", "LEASE=1 SLACK=1 ORDERED FAULTS=0", "clocks that miss ticks"),
    Variant("reload", "LEASE=2 RELOAD ORDERED FAULTS=0", "an owner's lease that changes"),
    Variant("fresh", "LEASE=1 SLACK=1 ECHO EPOCHS=1 ORDERED", "freshness by echo, any faults"),
    Variant("pages", "LEASE=1 TWO_PAGES ORDERED FAULTS=0", "an old page heard after a newer one"),
    Variant("small", "LEASE=1 ORDERED", "the smallest in which most rules are missed"),
]

LARGE = [
    Variant("lease, any order", "LEASE=2", "as lease, each node may skip epochs"),
    Variant("drift, any faults", "LEASE=1 SLACK=1", "as drift, with faults and in any order"),
    Variant("pages, any faults", "LEASE=1 TWO_PAGES ORDERED", "as pages, with faults"),
    Variant("reload, any faults", "LEASE=2 RELOAD ORDERED", "as reload, with faults"),
    Variant("four epochs", "LEASE=1 EPOCHS=4", "as epochs, one more"),
]


class Removal(NamedTuple):
    """A rule, the switch that takes it out, and the variant in which that is seen."""

    switch: str
    variant: str
    rule: str


REMOVALS = [
    Removal("NO_BY", "small", "a vote is dated by the page it was given for, not by the echo"),
    Removal("LEASE_FROM_RECEIPT", "lease", "a lease runs from the page's send, not the answer"),
    Removal("TODAYS_LEASE", "reload", "a vote lasts the lease its page declared, not today's"),
    Removal("PROMISE_SHORTENED", "reload", "a promise is never shortened by a renewal"),
    Removal("NO_RELEASE_IN_PROMISE", "small", "a promise covers the release after the lease"),
    Removal("NO_DRIFT_IN_PROMISE", "drift", "a promise covers the drift of both clocks"),
    Removal("PROMISE_IGNORED", "small", "a vote is promised until its promise is over"),
    Removal("OLD_EPOCH", "small", "a seeker's epoch is above all that the voter granted"),
    Removal("REBOOT_FORGETS_EPOCHS", "small", "a reboot starts above all epochs it may have used"),
    Removal("SMALL_QUORUM", "small", "two majorities share a voter"),
    Removal("NO_ABSTAIN", "small", "a voter that lost its memory abstains for a promise"),
    Removal("FORGET_ABSTAIN", "small", "a restart of the process does not end an abstention"),
    Removal("FORGET_GRANT", "small", "a restart of the process does not forget a grant"),
    Removal("RESTART_SAYS_NONE", "small", "a restarted owner goes on claiming what is up"),
    Removal("NONE_WHILE_UP", "small", "no `none` before the resources are down"),
    Removal("LEASE_COMES_BACK", "small", "a lease that ended never comes back"),
    Removal("NO_GUARD", "small", "resources are down by the end of lease and release"),
    Removal("NO_FRESH", "fresh", "a page proves by an echo that it is not old"),
]

# Rules whose removal breaks no promise, and why they stay.
KEPT = [
    Removal("SEEKER_REVIVED", "small",
            "a seeker's expired grant is not renewed (it only lets who waits for that vote come "
            "first)"),
    Removal("RELEASING_GRANTED", "small",
            "`releasing` gains no vote (it could not bring its lease back, only make the next "
            "owner wait for one promise more)"),
    Removal("TOP_OF_GRANTS", "small",
            "a refused owner's epoch raises `top` (any later majority has a voter that granted it, "
            "so the seeker would be refused anyway, one hop later)"),
]


class Result(NamedTuple):
    found: str  # the invariant that failed; "" when none did
    states: int
    depth: int
    seconds: float
    megabytes: float
    trail: list[str]


class Broken(Exception):
    """The search itself did not work, or was cut short."""


def run(command: list[str], where: pathlib.Path) -> str:
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Broken(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class Search:
    """Builds and runs one searcher in a directory of its own."""

    def __init__(self, model: pathlib.Path, cc: str, megabytes: int):
        self.model, self.cc, self.megabytes = model, cc, megabytes

    def __call__(self, options: str, kind: str) -> Result:
        """`kind`: options for the compiler."""
        with tempfile.TemporaryDirectory(prefix="model-") as place:
            where = pathlib.Path(place)
            for source in self.model.glob("*.pml"):
                shutil.copy(source, where)
            defines = [f"-D{option}" for option in options.split()]
            said = run(["spin", *defines, "-a", "lease.pml"], where)
            if "rror" in said or not (where / "pan.c").exists():
                raise Broken(f"spin {options}: {said}")
            run([self.cc, *kind.split(), "-w", "-DSAFETY", "-DNOREDUCE",
                 f"-DMEMLIM={self.megabytes}", "-o", "pan", "pan.c"], where)
            began = time.monotonic()
            said = run(["./pan", "-w22", f"-m{DEPTH}"], where)
            seconds = time.monotonic() - began
            return self.judge(said, seconds, where, defines)

    @staticmethod
    def judge(said: str, seconds: float, where: pathlib.Path, defines: list[str]) -> Result:
        errors = re.search(r"depth reached (\d+), errors: (\d+)", said)
        states = re.search(r"^\s*([\d.e+]+) states, stored", said, re.M)
        memory = re.search(r"([\d.]+)\s+total actual memory", said)
        if not (errors and states and memory):
            raise Broken(f"no result of the search:\n{said}")
        failed = re.search(r"assertion violated (.*) \(at depth", said)
        trail = []
        if failed:
            trail = read_trail(run(["spin", "-t", "-T", *defines, "lease.pml"], where))
        elif int(errors[2]) > 0 or "not completed" in said or "too small" in said:
            raise Broken(f"the search was cut short:\n{said}")
        return Result(invariant(failed[1]) if failed else "", int(float(states[1])),
                      int(errors[1]), seconds, float(memory[1]), trail)


def invariant(assertion: str) -> str:
    if "up[" in assertion:
        return "two owners"
    return "epoch does not grow" if "last" in assertion else "an old page is taken for fresh"


def read_trail(said: str) -> list[str]:
    """The words of a trail. Where A and B swapped names in the model, they keep theirs here."""
    lines, swapped = [], False
    for line in said.splitlines():
        if "assertion violated" in line:
            break
        if line.strip() == "A and B swap names":
            swapped = not swapped
        elif line.strip():
            lines.append(line.rstrip().translate(str.maketrans("AB", "BA")) if swapped
                         else line.rstrip())
    return lines


class Work(NamedTuple):
    """One search, and what has to come of it."""

    name: str
    about: str
    options: str
    finds: bool  # whether an invariant has to fail
    kind: str  # of its compilation


def work_of(options: argparse.Namespace) -> list[Work]:
    variants = {v.name: v.options for v in [*VARIANTS, *LARGE]}
    work = [Work(v.name, f"all rules, {v.name}: {v.about}", v.options, False,
                 SMALL if v.name == "small" else THOROUGH)
            for v in (LARGE if options.large else VARIANTS)]
    if not options.large:
        for removals, finds, kind in ((REMOVALS, True, QUICK), (KEPT, False, SMALL)):
            work += [Work(r.switch, r.rule, f"{variants[r.variant]} {r.switch}", finds, kind)
                     for r in removals]
    return [item for item in work if not options.only or item.name in options.only]


def show(item: Work, result: Result, good: bool, trail: bool) -> None:
    verdict = f"found, {result.found}" if result.found else "nothing found"
    print(f"{'' if good else 'BAD: '}{item.about}: {verdict} ({item.name}: {result.states} states, "
          f"{result.depth} deep, {result.seconds:.1f} s, {result.megabytes:.0f} MB)", flush=True)
    if trail:
        print("".join(f"    {line}\n" for line in result.trail), end="", flush=True)


def judge(item: Work, result: Result, search: Search, trails: bool) -> bool:
    good = bool(result.found) == item.finds
    if result.found and not good:
        result = search(item.options, QUICK)
    show(item, result, good, trails or not good)
    return good


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="search the large variants instead: "
                        "minutes each and several GB")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="this variant or removal; may be repeated")
    parser.add_argument("--trails", action="store_true", help="print how each invariant fails")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--cc", default=os.environ.get("CC", "cc").split()[-1])
    return parser.parse_args()


def main() -> int:
    options = parse()
    work = work_of(options)
    if shutil.which("spin") is None:
        print("model: skipped: spin is not installed")
        return SKIPPED
    if not work:
        print(f"model: nothing is called {' or '.join(options.only)}")
        return 2
    search = Search(pathlib.Path(__file__).resolve().parent, options.cc,
                    LARGE_MEMORY_MB if options.large else MEMORY_MB)
    good = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(search, item.options, item.kind)
                   for item in work]
        for item, result in zip(work, waiting):
            try:
                good += judge(item, result.result(), search, options.trails)
            except Broken as broken:
                print(f"BAD: {item.about}: {broken}", flush=True)
    print(f"model: {good} of {len(work)} as they should be")
    return 0 if good == len(work) else 1


if __name__ == "__main__":
    sys.exit(main())
