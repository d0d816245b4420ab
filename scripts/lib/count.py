# SPDX-License-Identifier: Apache-2.0
"""Counts the tests of one part: `count.py KIND WHERE [KIND WHERE]...`.

KIND says who wrote WHERE: meson (a log of meson's, testlog.json), junit (a file of pytest's), or
fuzz, sim, model, mutants (what these programs printed). Prints "PASSED FAILED SKIPPED" and, for
each test that failed, was skipped or had to be repeated, a line with its name and further ones
with what it said. A program made with Check counts each of its tests; any other program is one
test. The same program in a later log is a repetition: its last result counts.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

#: Of a program that failed without a word of Check.
LAST_WORDS = 20
CHECK_FAILURE = re.compile(r":\d+:[FE]:")
CHECK_SUMMARY = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.MULTILINE)


def count_program(result, output):
    """(passed, failed, skipped) of one test program of meson's."""
    found = CHECK_SUMMARY.findall(output)
    checks = sum(int(f[0]) for f in found) or 1
    bad = sum(int(f[1]) + int(f[2]) for f in found)
    if result == "SKIP":
        return 0, 0, checks
    if result not in ("OK", "EXPECTEDFAIL"):
        bad = max(bad, 1)   # it crashed or ran out of time
    return max(checks - bad, 0), bad, 0


def words_of(output):
    """What a program that failed said: the failures of Check, or its last words."""
    lines = output.splitlines()
    return [f"    {line}" for line in
            [line for line in lines if CHECK_FAILURE.search(line)] or lines[-LAST_WORDS:]]


def count_meson(file, before=None):
    """`before`: {name: counts} of the programs counted so far, which is brought up to date."""
    total, names = [0, 0, 0], []
    before = {} if before is None else before
    for line in Path(file).read_text().splitlines():
        test = json.loads(line)
        output = (test.get("stdout") or "") + (test.get("stderr") or "")
        counts = count_program(test["result"], test.get("stdout") or "")
        earlier = before.get(test["name"], (0, 0, 0))
        before[test["name"]] = counts
        total = [a + b - c for a, b, c in zip(total, counts, earlier)]
        if counts[1]:
            names += [f"failed: {test['name']}", *words_of(output)]
        elif earlier[1]:
            names.append(f"passed when it was repeated: {test['name']}")
        elif counts[2]:
            names.append(f"skipped: {test['name']}")
    return total, names


def count_junit(file):
    total, names = [0, 0, 0], []
    for case in ElementTree.parse(file).iter("testcase"):
        kinds = {child.tag for child in case}
        name = f"{case.get('classname')}.{case.get('name')}"
        if kinds & {"failure", "error"}:
            total[1] += 1
            names.append(f"failed: {name}")
        elif "skipped" in kinds:
            total[2] += 1
            names.append(f"skipped: {name}: {case.find('skipped').get('message', '')}")
        else:
            total[0] += 1
        names += [f"repeated: {name}: {why.get('value')}"
                  for why in case.iter("property") if why.get("name") == "repeated"]
    return total, names


def count_fuzz(file):
    lines = re.findall(r"^(fuzz_\w+) .*\b(ok|FAILED.*)$", Path(file).read_text(), re.MULTILINE)
    bad = [f"failed: {name}" for name, verdict in lines if verdict != "ok"]
    return [len(lines) - len(bad), len(bad), 0], bad


def count_sim(file):
    """A whole run is one test: a run that found nothing has also told so."""
    text = Path(file).read_text()
    found = re.search(r"^sim: .*?(\d+) takeovers, .*\b0 violations", text, re.MULTILINE)
    if found:
        return [1, 0, 0], [f"{found[1]} takeovers without a violation"]
    return [0, 1, 0], [f"failed: see {file}"]


def count_model(file):
    text = Path(file).read_text()
    found = re.search(r"^model: (\d+) of (\d+) as they should be", text, re.MULTILINE)
    if not found:
        return [0, 1, 0], []
    bad = [f"failed: {line}" for line in re.findall(r"^BAD: (.*)", text, re.MULTILINE)]
    return [int(found[1]), int(found[2]) - int(found[1]), 0], bad


def count_mutants(file):
    found = re.search(r"^mutants: (\d+) of (\d+) found", Path(file).read_text(), re.MULTILINE)
    if not found:
        return [0, 1, 0], []
    return [int(found[1]), int(found[2]) - int(found[1]), 0], []


def main(words):
    kinds = {"meson": count_meson, "junit": count_junit, "fuzz": count_fuzz, "sim": count_sim,
             "model": count_model, "mutants": count_mutants}
    total, names, programs = [0, 0, 0], [], {}
    for kind, where in zip(words[::2], words[1::2]):
        counts, more = kinds[kind](where, *([programs] if kind == "meson" else []))
        total = [a + b for a, b in zip(total, counts)]
        names += more
    print(*total)
    for name in names:
        print(name)


main(sys.argv[1:])
