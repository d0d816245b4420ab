#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that the tests have teeth: breaks one rule of proto/ or daemon/ at a time and demands that
one of the tests named for it notices. Changes nothing in the tree: the broken file is compiled
beside it and linked into those tests in place of the one in the libraries of the build directory,
which has to be built. A text that is not found exactly once is an error: the rule has moved, move
the mutant too. The rules themselves, and what notices them, stand in table.py; those
without a mutant in kept.py.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from typing import NamedTuple

sys.dont_write_bytecode = True
from kept import KEPT  # noqa: E402  (next to this file)
from table import MUTANTS, Mutant  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parents[2]
#: Of one test of a mutant that makes it wait for ever.
LIMIT_S = 600


class Result(NamedTuple):
    mutant: Mutant
    found: str  # "" when it was not
    takeovers: int
    seeds: int
    seconds: float


def fail(text: str) -> None:
    raise SystemExit(f"mutants: {text}")


def run(command: list[str], directory: pathlib.Path | None = None,
        **environment: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S,
                              check=False, cwd=directory, env={**os.environ, **environment})
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", "does not end")


def source_of(root: pathlib.Path, name: str) -> pathlib.Path:
    """The file of this layer and name, in whatever directory of the layer."""
    layer, _, last = name.partition("/")
    found = list((root / layer).rglob(last))
    if len(found) != 1:
        fail(f"there are {len(found)} files {name}, not one")
    return found[0]


def mutated(root: pathlib.Path, mutant: Mutant) -> str:
    path = source_of(root, mutant.file)
    text = path.read_text()
    if text.count(mutant.old) != 1:
        fail(f"{mutant.name}: {path.relative_to(root)} has its text {text.count(mutant.old)} "
             f"times, not once:\n{mutant.old}")
    return text.replace(mutant.old, mutant.new)


class Build:
    """The build directory, and how it makes its programs."""

    def __init__(self, root: pathlib.Path, directory: pathlib.Path, work: pathlib.Path):
        self.root, self.directory, self.work = root, directory, work
        self.lock = threading.Lock()
        self.links: dict[str, list[str]] = {}
        commands = json.loads((directory / "compile_commands.json").read_text())
        self.compiles = {(directory / row["file"]).resolve(): shlex.split(row["command"])
                         for row in commands}

    def compile(self, mutant: Mutant, place: pathlib.Path) -> pathlib.Path:
        source = source_of(self.root, mutant.file)
        copy, target = place / source.name, place / (source.stem + ".o")
        copy.write_text(mutated(self.root, mutant))
        words = [word for word in self.compiles[source] if word != "-Werror"]
        words[words.index("-o") + 1], words[words.index("-c") + 1] = str(target), str(copy)
        words[words.index("-MF") + 1] = str(place / "dependencies")
        made = run([*words, "-w", f"-I{source.parent}"], self.directory)
        if made.returncode != 0:
            fail(f"{mutant.name} does not compile:\n{made.stderr}")
        return target

    def link_of(self, program: str) -> list[str]:
        with self.lock:
            if program not in self.links:
                told = run(["ninja", "-t", "commands", program], self.directory)
                if told.returncode != 0:
                    fail(f"{program} is not built here: {told.stderr}")
                self.links[program] = shlex.split(told.stdout.splitlines()[-1])
            return list(self.links[program])

    def link(self, program: str, changed: pathlib.Path, place: pathlib.Path) -> pathlib.Path:
        """Before the libraries, so that what the object defines is not looked for in them."""
        words, target = self.link_of(program), place / pathlib.Path(program).name
        at = words.index("-o") + 1
        words[at:at + 1] = [str(target), str(changed)]
        made = run(words, self.directory)
        if made.returncode != 0:
            fail(f"{target} does not link:\n{made.stderr}")
        return target


# --- the tests that may notice; each returns what noticed, or ""

class Bench:
    def __init__(self, build: Build, takeovers: int):
        self.build, self.takeovers = build, takeovers
        self.heavy = threading.Lock()  # tests with real clocks, one at a time

    def program(self, name: str, changed: pathlib.Path | None, place: pathlib.Path) -> str:
        if changed is None:
            return str(self.build.directory / name)
        return str(self.build.link(name, changed, place))

    def simulate(self, profile: str, changed: pathlib.Path | None,
                 place: pathlib.Path) -> tuple[str, int, int]:
        sim = self.program("tests/sim/sim", changed, place)
        ran = run([sim, "--takeovers", str(self.takeovers),
                   *(["--profile", profile] if profile else [])])
        counts = re.search(r"sim: (\d+) seeds, (\d+) takeovers", ran.stdout)
        seeds, done = (int(counts[1]), int(counts[2])) if counts else (0, 0)
        if ran.returncode == 0:
            return "", done, seeds
        what = re.search(r"sim: seed \d+ \((\S+)\): (.*)", ran.stdout)
        last = ran.stderr.strip().splitlines()[-1:] or [f"exit {ran.returncode}"]
        return f"sim {what[1]}: {what[2]}" if what else f"sim: {last[0]}", done, seeds

    def play(self, name: str, changed: pathlib.Path | None, place: pathlib.Path) -> str:
        scenario = self.program("tests/scenario/scenario", changed, place)
        ran = run([scenario, str(self.build.root / "tests" / "scenario" / f"{name}.txt")])
        if ran.returncode == 0:
            return ""
        broken = re.search(r"a promise is broken: (.*)", ran.stdout)
        return f"scenario {name}: {broken[1] if broken else 'tells something else'}"

    def check(self, layer: str, name: str, changed: pathlib.Path | None,
              place: pathlib.Path) -> str:
        """A program made with Check: tests/LAYER/test_NAME.c."""
        program = self.program(f"tests/{layer}/test_{layer}_{name}" if layer != "sim" else
                               f"tests/sim/test_{name}", changed, place)
        fake = str(self.build.root / "tests" / "daemon" / "fence_fake.py")
        ran = run([program], CK_DEFAULT_TIMEOUT="60", FENCE_FAKE=fake)
        if ran.returncode == 0:
            return ""
        failed = re.search(r"^\S+:\d+:[FE]:[^:]*:(\w+):", ran.stdout, re.MULTILINE)
        return f"{layer}/test_{name}.c: {failed[1] if failed else 'ended early'}"

    def pytest(self, where: str, changed: pathlib.Path | None, place: pathlib.Path) -> str:
        """tests/WHERE, with the program itself."""
        binary = self.program("daemon/failoverd", changed, place)
        test = self.build.root / "tests" / where
        with self.heavy:
            ran = run(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x",
                       str(test)], FAILOVERD=binary, FAILOVERD_BUILD=str(self.build.directory),
                      PYTHONDONTWRITEBYTECODE="1")
        if ran.returncode == 0:
            return ""
        failed = re.search(r"^FAILED \S*::(\w+)", ran.stdout, re.MULTILINE)
        return f"{where.split('::')[0]}: {failed[1] if failed else 'exit ' + str(ran.returncode)}"

    def ask(self, killer: str, changed: pathlib.Path | None,
            place: pathlib.Path) -> tuple[str, int, int]:
        if killer.partition(":")[0] == "sim":
            return self.simulate(killer.partition(":")[2], changed, place)
        if ".py" in killer:
            return self.pytest(killer, changed, place), 0, 0
        kind, _, name = killer.partition("/")
        if kind == "scenario":
            return self.play(name, changed, place), 0, 0
        return self.check(kind, name, changed, place), 0, 0

    def try_one(self, mutant: Mutant) -> Result:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=mutant.name + "-", dir=self.build.work) as made:
            place = pathlib.Path(made)
            changed = self.build.compile(mutant, place)
            found, takeovers, seeds = "", 0, 0
            for killer in mutant.killers:
                found, takeovers, seeds = self.ask(killer, changed, place)
                if found:
                    break
        return Result(mutant, found, takeovers, seeds, time.monotonic() - began)


def choose(names: list[str]) -> list[Mutant]:
    known = {mutant.name: mutant for mutant in MUTANTS}
    if len(known) != len(MUTANTS):
        fail("two mutants have the same name")
    unknown = [name for name in names if name not in known]
    if unknown:
        fail(f"no such mutant: {' '.join(unknown)}; there are: {' '.join(known)}")
    return [mutant for mutant in MUTANTS if not names or mutant.name in names]


def report(results: list[Result], unchanged: int) -> int:
    for kept in KEPT:
        print(f"not searched for: {kept.rule}\n    {kept.argument}")
    lost = [result for result in results if not result.found]
    for result in lost:
        print(f"mutants: not found: {result.mutant.name}: {result.mutant.rule}")
    print(f"mutants: {len(results) - len(lost)} of {len(results)} found, "
          f"{unchanged} takeovers without a violation when nothing is changed")
    return 1 if lost else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=HERE / "build")
    parser.add_argument("--takeovers", type=int, default=20000)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--check", action="store_true",
                        help="only whether every text is found exactly once")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    options = parser.parse_args()
    chosen = choose(options.only)
    for mutant in MUTANTS:
        mutated(HERE, mutant)
    if options.check:
        print(f"mutants: {len(MUTANTS)} texts found")
        return 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as work, \
            concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        build = Build(HERE, options.build.resolve(), pathlib.Path(work))
        bench = Bench(build, options.takeovers)
        killers = sorted({killer for mutant in chosen for killer in mutant.killers})
        unchanged = 0
        for killer, (found, takeovers, _) in zip(killers, pool.map(
                lambda killer: bench.ask(killer, None, build.work), killers)):
            unchanged += takeovers
            if found:
                print(f"mutants: the unchanged code fails already: {killer}: {found}")
                return 1
        print(f"{'mutant':30} {'takeovers':>9} {'seeds':>6} {'seconds':>8}  found by")
        results = []
        for result in pool.map(bench.try_one, chosen):
            results.append(result)
            print(f"{result.mutant.name:30} {result.takeovers:9} {result.seeds:6} "
                  f"{result.seconds:8.1f}  {result.found or 'NOT FOUND'}", flush=True)
    return report(results, unchanged)


if __name__ == "__main__":
    sys.exit(main())
