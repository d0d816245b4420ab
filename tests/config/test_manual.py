#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual and the schema name the same keys, with the same types, bounds and defaults.

usage: test_manual.py KEYS MANUAL

KEYS is the program that prints the schema. In the manual a key is an item `.It Ic KEY` whose next
line is `.Pq FACTS`, below a heading that names its sections in brackets or the types of resource
it is for. Exits 1 when something differs.
"""
import re
import subprocess
import sys


def schema_keys(program):
    rows = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    for row in rows.splitlines():
        sections, types, key, facts = row.split("\t")
        for section in sections.split(","):
            for kind in types.split(","):
                yield (section, kind, key), facts


def manual_keys(page):
    """Every documented key, and every key item without its facts."""
    sections, types, lines = [], ["-"], page.read().splitlines()
    for number, line in enumerate(lines):
        if line.startswith(".Sh "):
            sections = []
        if line.startswith(".Ss Section"):
            sections, types = re.findall(r"\[(\w+)", line), ["-"]
        elif line.startswith(".Ss Keys of type"):
            sections = ["resource"]
            types = re.findall(r"\w+", re.sub(r"^\.Ss Keys of types?| and ", " ", line))
        item = re.match(r"\.It Ic (\w+)$", line)
        if item is None or not sections:
            continue
        facts = re.match(r"\.Pq (.*)", lines[number + 1])
        for section in sections:
            for kind in types:
                yield (section, kind, item.group(1)), facts.group(1) if facts else "no facts"


def main():
    program, manual = sys.argv[1:]
    expected = dict(schema_keys(program))
    with open(manual, encoding="utf-8") as page:
        found = list(manual_keys(page))
    wrong = [f"{name}: documented twice" for name in {name for name, _ in found}
             if [other for other, _ in found].count(name) > 1]
    found = dict(found)
    wrong += [f"{name}: not in the manual" for name in expected.keys() - found.keys()]
    wrong += [f"{name}: not in the schema" for name in found.keys() - expected.keys()]
    wrong += [f"{name}: the manual says '{found[name]}', the schema '{expected[name]}'"
              for name in expected.keys() & found.keys() if found[name] != expected[name]]
    for line in sorted(wrong):
        print(f"{manual}: {line}")
    if not expected:
        print(f"{program}: printed no keys")
    return 1 if wrong or not expected else 0


if __name__ == "__main__":
    sys.exit(main())
