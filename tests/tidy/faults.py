#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the list of faults in tests/README.md true: `faults.py ROOT [--rewrite]`.

A test says which faults it shows in its title: a scenario in its first line, a test in Python in
its docstring, one in C in the comment above it ("Fault 12: ...", "Faults 8 and 9: ..."). The last
column of the list names these tests. Every test that is named there has to exist and to say that
number, and every fault needs a test, or words on why there is none; --rewrite fills the column.
"""

import re
import sys
from pathlib import Path

FAULTS = 70
LIST = "tests/README.md"
ROW = re.compile(r"^\| (\d+) \|(.*)\|(.*)\|(.*)\|(.*)\|$")
TITLE = r"Faults? (\d[\d, and]*):"
PYTHON = re.compile(r"^def (test_\w+)\([^\n]*\):\n\s+\"\"\"" + TITLE, re.MULTILINE)
C = re.compile(r"^/\* " + TITLE + r"(?:(?!\*/).)*\*/\nSTART_TEST\((\w+)\)", re.M | re.DOTALL)


def numbers(text):
    return [int(word) for word in re.findall(r"\d+", text)]


def titles(tests):
    """(number, name of the test) of each title below `tests`."""
    for file in sorted(tests.glob("scenario/*.txt")):
        found = re.match(r"# " + TITLE, file.read_text())
        for number in numbers(found[1]) if found else []:
            yield number, f"scenario/{file.stem}"
    for file in sorted(tests.glob("*/test_*.py")):
        for name, said in PYTHON.findall(file.read_text()):
            for number in numbers(said):
                yield number, f"{file.relative_to(tests)}::{name}"
    for file in sorted(tests.glob("*/test_*.c")):
        for said, name in C.findall(file.read_text()):
            for number in numbers(said):
                yield number, f"{file.relative_to(tests)}::{name}"


def collect(root):
    """The tests of each number."""
    shown = {}
    for number, name in titles(root / "tests"):
        shown.setdefault(number, []).append(name)
    return shown


def violations(root):
    """What is wrong with the list of the tree `root`."""
    shown = collect(root)
    listed = []
    for line in (root / LIST).read_text().split("\n"):
        row = ROW.match(line)
        if not row:
            continue
        listed.append(int(row[1]))
        named = re.findall(r"`([^`]+)`", row[5])
        for name in named:
            if name not in shown.get(listed[-1], []):
                yield f"fault {row[1]}: {name} is named, and does not exist or is not about it"
        if not named and not row[4].strip():
            yield f"fault {row[1]}: no test says that it shows this, and nothing says why"
    if listed != list(range(1, FAULTS + 1)):
        yield f"the list has to have the faults 1 to {FAULTS}, each once and in order"
    for number in sorted(set(shown) - set(listed)):
        yield f"{', '.join(shown[number])}: there is no fault {number}"


def rewrite(root):
    shown = collect(root)
    lines = (root / LIST).read_text().split("\n")
    for i, line in enumerate(lines):
        row = ROW.match(line)
        if row:
            names = "<br>".join(f"`{name}`" for name in shown.get(int(row[1]), []))
            cells = [row[1], *(row[c].strip() for c in (2, 3, 4)), names]
            lines[i] = "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"
    (root / LIST).write_text("\n".join(lines))


def main():
    root = Path(sys.argv[1])
    if "--rewrite" in sys.argv:
        rewrite(root)
    wrong = list(violations(root))
    print("\n".join([f"{LIST}: {text}" for text in wrong] + [f"{len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
