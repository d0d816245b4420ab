# SPDX-License-Identifier: Apache-2.0
"""Counts the tests of one part: `count.py meson BUILD`, `junit FILE` or `fuzz FILE`.

Prints "PASSED FAILED SKIPPED" and, for each test that failed or was skipped, a line with its name.
A program made with Check counts each of its tests; any other program is one test.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CHECK_SUMMARY = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.MULTILINE)
OWN_COUNT = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


def count_one(result, output):
    """(passed, failed, skipped) of one test program."""
    found = CHECK_SUMMARY.findall(output)
    if found:
        checks, bad = sum(int(f[0]) for f in found), sum(int(f[1]) + int(f[2]) for f in found)
    else:
        own = OWN_COUNT.findall(output)
        checks = sum(int(f[0]) + int(f[1]) for f in own) or 1
        bad = sum(int(f[1]) for f in own)
    if result == "SKIP":
        return 0, 0, checks
    if result in ("OK", "EXPECTEDFAIL"):
        return checks - bad, bad, 0
    bad = max(bad, 1)   # it crashed or ran out of time
    return checks - min(bad, checks), bad, 0


def count_meson(build):
    total, names = [0, 0, 0], []
    for line in Path(build, "meson-logs", "testlog.json").read_text().splitlines():
        test = json.loads(line)
        counts = count_one(test["result"], test.get("stdout") or "")
        total = [a + b for a, b in zip(total, counts)]
        if counts[1]:
            names.append(f"failed: {test['name']}")
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
    return total, names


def count_fuzz(file):
    lines = re.findall(r"^(fuzz_\w+) .*\b(ok|FAILED.*)$", Path(file).read_text(), re.MULTILINE)
    bad = [f"failed: {name}" for name, verdict in lines if verdict != "ok"]
    return [len(lines) - len(bad), len(bad), 0], bad


def main():
    kinds = {"meson": count_meson, "junit": count_junit, "fuzz": count_fuzz}
    total, names = kinds[sys.argv[1]](sys.argv[2])
    print(*total)
    for name in names:
        print(name)


main()
