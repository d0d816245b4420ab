#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every sentence that config/ can say about a file is said in some golden test.

usage: test_sentences.py ROOT

Takes each sentence out of the sources, makes a pattern of it, and looks for it in the .expect
files, or, for what no file of reasonable size can provoke, in the C tests. Exits 1 when one is
not found.
"""
import pathlib
import re
import sys

LITERALS = re.compile(r"'(?:\\.|[^'\\])'|" r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
OTHERS = re.compile(r"/\*.*?\*/|^#include.*?$|static_assert\(.*?\);", re.S | re.M)
PLACE = re.compile(r"%(?:\.\*)?(?:02)?(?:zu|[sducx])|\{[a-z]\}")

# Not of a file: a caller's buffer, and a library without memory. Help is shown for required keys.
ELSEWHERE = ["the printed configuration has", "the INI library gave up"]
SKIPPED = {"schema.c"}
LEAST_WORDS = 3


def sentences(source):
    """Every literal of some words, with its parts on several lines put together."""
    for found in LITERALS.finditer(OTHERS.sub("", source)):
        if found.group().startswith("'") or "\\x" in found.group():
            continue
        parts = re.findall(r'"((?:[^"\\\n]|\\.)*)"', found.group())
        yield "".join(parts).replace('\\"', '"').replace("\\\\", "\\")


def pattern(sentence):
    fixed = [re.escape(part) for part in PLACE.split(sentence)]
    return re.compile(".*".join(fixed))


def main():
    root = pathlib.Path(sys.argv[1])
    said = "\n".join(path.read_text(encoding="utf-8", errors="replace")
                     for path in sorted((root / "tests/config/golden").glob("*.expect")))
    for path in sorted((root / "tests/config").glob("test_*.c")):
        said += "\n" + re.sub(r'"\s*"', "", path.read_text(encoding="utf-8"))
    count, silent = 0, []
    for path in sorted((root / "config").glob("*.c")):
        if path.name in SKIPPED:
            continue
        for sentence in sentences(path.read_text(encoding="utf-8")):
            words = re.findall(r"[A-Za-z]{2,}", PLACE.sub(" ", sentence))
            if len(words) < LEAST_WORDS or any(text in sentence for text in ELSEWHERE):
                continue
            count += 1
            if not pattern(sentence).search(said):
                silent.append(f"{path.relative_to(root)}: no test says: {sentence}")
    print("\n".join(silent) if silent else f"{count} sentences, all said in a test")
    return 1 if silent or count < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
