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

# Where a sentence begins, up to its first literal.
SPEAKERS = [
    r"error_set\(error, CODE_\w+,",
    r"findings_(?:error|warning)\(\s*[\w>.-]+, [\w>.-]+(?:\([^()]*\))?,",
    r"fault\(reading,",
    r"snprintf\(sentence, sizeof sentence,",
    r"\.sentence =",
    r"return(?: [\w\[\]<>= ]+ \?)?",
]
LITERALS = r'((?:\s*"(?:[^"\\]|\\.)*"(?:\s*PRI\w+)?)+)'
PLACE = re.compile(r"%(?:\.\*|\.\d+)?[-0-9]*(?:zu|[sducx]|02x)|\{[a-z]\}")

# Not of a file: a caller's buffer, and a library without memory.
ELSEWHERE = ["the printed configuration has", "inih could not read this line"]
LEAST_WORDS = 2


def sentences(source):
    for speaker in SPEAKERS:
        for found in re.finditer(speaker + LITERALS, source):
            parts = re.findall(r'"((?:[^"\\]|\\.)*)"', found.group(1))
            yield "".join(parts).replace('\\"', '"').replace("\\\\", "\\")


def pattern(sentence):
    fixed = [re.escape(part) for part in PLACE.split(sentence)]
    return re.compile(".*".join(fixed))


def main():
    root = pathlib.Path(sys.argv[1])
    said = "\n".join(path.read_text(encoding="utf-8", errors="replace")
                     for path in sorted((root / "tests/config/golden").glob("*.expect")))
    said += "\n" + re.sub(r'"\s*"', "", (root / "tests/config/test_load.c").read_text())
    count, silent = 0, []
    for path in sorted((root / "config").glob("*.c")):
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
