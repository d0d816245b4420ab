# SPDX-License-Identifier: Apache-2.0
"""Counts the tests of one part: `count.py KIND WHERE [KIND WHERE]...`.

KIND says who wrote WHERE: meson (a log of meson's, testlog.json), junit (a file of pytest's),
part (why a whole part could not run), or fuzz, sim, model, mutants (what these programs printed).
Prints "PASSED FAILED SKIPPED" and, for each test that failed, was skipped or had to be repeated, a
line with its name and further ones with what it said. A program made with Check or pytest counts
each of its tests; any other program is one test. The same program in a later log is a repetition:
its last result counts. A test that was skipped although it could run here has failed (skips.py).
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import skips

#: Of a program that failed without a word of Check.
LAST_WORDS = 20
CHECK_FAILURE = re.compile(r":\d+:[FE]:")
CHECK_SUMMARY = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.MULTILINE)
PYTEST_SUMMARY = re.compile(r"^(?:\d+ \w+, )*\d+ \w+ in [\d.]+s", re.MULTILINE)
#: What a program says of a test, or of all its tests, that it skipped; and pytest with -rs.
SKIPPED = re.compile(r"^(?:\w+: )?skipped: (.*)|^SKIPPED \[(\d+)\] \S+ (.*)", re.MULTILINE)
WHY_NOT = "no reason is given"


def count_program(result, output):
    """(passed, failed) of one test program of meson's, and why its others were skipped."""
    found = CHECK_SUMMARY.findall(output)
    checks = sum(int(f[0]) for f in found)
    bad = sum(int(f[1]) + int(f[2]) for f in found)
    why = [reason or more for reason, times, more in SKIPPED.findall(output)
           for _ in range(int(times or 1))]
    summary = PYTEST_SUMMARY.search(output)
    if summary is not None:
        said = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", summary[0])}
        checks = said.get("passed", 0) + said.get("failed", 0) + len(why)
        bad = said.get("failed", 0) + said.get("error", 0) + said.get("errors", 0)
    if result == "SKIP":
        return 0, 0, why or [WHY_NOT]
    if result not in ("OK", "EXPECTEDFAIL"):
        bad = max(bad, 1)   # it crashed or ran out of time
    return max((checks or 1) - bad - len(why), 0), bad, why


def settle(name, why, names):
    """(failed, skipped) of the tests of that name that were skipped for these reasons."""
    here = [reason for reason in why if not skips.excused(reason)]
    names += [f"failed: {name}: skipped, though this machine can run it: {reason}"
              for reason in here]
    names += [f"skipped: {name}: {reason}" for reason in why if reason not in here]
    return len(here), len(why) - len(here)


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
        passed, bad, why = count_program(test["result"], output)
        refused, excused = settle(test["name"], why, names)
        counts = (passed, bad + refused, excused)
        earlier = before.get(test["name"], (0, 0, 0))
        before[test["name"]] = counts
        total = [a + b - c for a, b, c in zip(total, counts, earlier)]
        if bad:
            names += [f"failed: {test['name']}", *words_of(output)]
        elif earlier[1] and not counts[1]:
            names.append(f"passed when it was repeated: {test['name']}")
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
            refused, excused = settle(name, [case.find("skipped").get("message", WHY_NOT)], names)
            total[1] += refused
            total[2] += excused
        else:
            total[0] += 1
        names += [f"repeated: {name}: {why.get('value')}"
                  for why in case.iter("property") if why.get("name") == "repeated"]
    return total, names


def count_part(file):
    """One line, as `skip` of scripts/test writes it: the part and why it could not run."""
    names = []
    _, part, reason = Path(file).read_text().rstrip().split(": ", 2)
    return [0, *settle(part, [reason], names)], names


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
    kinds = {"meson": count_meson, "junit": count_junit, "part": count_part,
             "fuzz": count_fuzz, "sim": count_sim, "model": count_model,
             "mutants": count_mutants}
    total, names, programs = [0, 0, 0], [], {}
    for kind, where in zip(words[::2], words[1::2]):
        counts, more = kinds[kind](where, *([programs] if kind == "meson" else []))
        total = [a + b for a, b in zip(total, counts)]
        names += more
    print(*total)
    for name in names:
        print(name)


main(sys.argv[1:])
