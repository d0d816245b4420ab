#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Layering and style of the sources as a test.

usage: tidy.py ROOT

Prints "path:line: rule: what is wrong" for each violation and exits 1 if there was one. Only the
standard library; each rule is a function that takes one file and yields its violations.
"""
import os
import pathlib
import re
import sys

COLUMNS = 100
TAB = 8
FUNCTION_LINES = 60
SKIPPED_DIRECTORIES = {".git", "__pycache__", ".pytest_cache", "packagecache"}
SPDX = "SPDX-License-Identifier: Apache-2.0"

# What may be included where. A key is a path or a directory; the longest that fits decides. Names
# in <> are system headers, names ending in / are directories of this tree.
PROTO_SYSTEM = ["<stdbool.h>", "<stdint.h>", "<stddef.h>", "<string.h>", "<assert.h>",
                "<inttypes.h>", "<limits.h>"]
TEXT = ["<stdarg.h>", "<stdio.h>"]
INCLUDES = {
    "proto/": PROTO_SYSTEM + ["proto/"],
    "proto/error.c": PROTO_SYSTEM + TEXT + ["proto/"],
    "proto/note.c": PROTO_SYSTEM + TEXT + ["proto/"],
    "proto/note_clock.c": PROTO_SYSTEM + TEXT + ["proto/"],
    "proto/note_role.c": PROTO_SYSTEM + TEXT + ["proto/"],
    "proto/note_overdue.c": PROTO_SYSTEM + TEXT + ["proto/"],
    "proto/note_fence.c": PROTO_SYSTEM + TEXT + ["proto/"],
    "proto/auth.c": PROTO_SYSTEM + ["<sodium.h>", "proto/"],
    "proto/setup.c": PROTO_SYSTEM + ["<sodium.h>", "proto/"],
    "config/": PROTO_SYSTEM + TEXT + ["<ctype.h>", "<errno.h>", "<stdlib.h>", "<strings.h>",
                                      "<ini.h>", "<sodium.h>", "<arpa/inet.h>", "<netinet/in.h>",
                                      "<sys/socket.h>", "proto/", "config/"],
    "daemon/": ["<", "proto/", "config/", "daemon/"],
    "tests/": ["<", "proto/", "config/", "daemon/", "tests/"],
}

# Identifier and what to use in its place.
BANNED = {
    "strcpy": "snprintf or memcpy with a length",
    "strcat": "snprintf",
    "strncpy": "snprintf",
    "sprintf": "snprintf",
    "vsprintf": "vsnprintf",
    "atoi": "strtol and its checks",
    "atol": "strtol and its checks",
    "strtok": "strchr; strtok keeps state",
    "gets": "fgets",
    "alloca": "an array with a limit",
    "usleep": "an event",
    "system": "uv_spawn or posix_spawn",
    "popen": "uv_spawn or posix_spawn",
    "setjmp": "a return code",
    "longjmp": "a return code",
}


class Source:
    """One file: its path from the root, its lines, and its lines without comments and strings."""

    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_text(encoding="utf-8")
        self.lines = self.text.split("\n")
        self.is_c = path.endswith((".c", ".h"))
        self.code = blanked(self.text).split("\n") if self.is_c else self.lines
        self.in_tests = path.startswith("tests/")


def blanked(text):
    """C text with the inside of comments and literals replaced by blanks, line for line."""
    token = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
    return token.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def opening(source):
    """The SPDX line first; in C then a paragraph that says what the file owns."""
    first = source.lines[1] if source.lines[0].startswith("#!") else source.lines[0]
    if SPDX not in first:
        yield 1, "begins with no SPDX line"
        return
    if source.is_c:
        found = re.match(r"/\* " + re.escape(SPDX) + r" \*/\n/\*\n( \*.*\n)* \*/\n", source.text)
        words = re.findall(r"\w+", found.group()[len(SPDX) + 6:]) if found else []
        if len(words) < 5:
            yield 2, "no paragraph that says what the file owns"


def lengths(source):
    """Lines of at most 100 columns, files of at most so many lines."""
    limit = 500 if source.in_tests else 250 if source.path.endswith(".h") else 400
    count = len(source.lines) - 1
    if count > limit:
        yield limit + 1, f"{count} lines, at most {limit}"
    for number, line in enumerate(source.lines, 1):
        columns = len(line.expandtabs(TAB))
        if columns > COLUMNS:
            yield number, f"{columns} columns, at most {COLUMNS}"


def whitespace(source):
    """No blanks at line ends, one newline at the end of the file."""
    for number, line in enumerate(source.lines, 1):
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
    if not source.text.endswith("\n") or source.text.endswith("\n\n"):
        yield len(source.lines), "does not end in exactly one newline"


def functions(source):
    """A function is what stands between braces in the first column."""
    if not source.is_c:
        return
    start = None
    for number, line in enumerate(source.code, 1):
        if line.rstrip() == "{":
            start = number
        elif line.rstrip() == "}" and start is not None:
            if number - start - 1 > FUNCTION_LINES:
                yield start, f"function of {number - start - 1} lines, at most {FUNCTION_LINES}"
            start = None


def includes(source):
    """Includes point down, and the file's own header comes first."""
    if not source.is_c:
        return
    rule = max((key for key in INCLUDES if source.path.startswith(key)), key=len, default=None)
    seen = []
    for number, line in enumerate(source.lines, 1):
        found = re.match(r'\s*#\s*include\s+(<[^>]+>|"([^"]+)")', line)
        if not found:
            continue
        name = found.group(2) or found.group(1)
        seen.append(name)
        if rule and not any(name == allowed or allowed[-1] in "/<" and name.startswith(allowed)
                            for allowed in INCLUDES[rule]):
            yield number, f"{name} may not be included in {rule}"
        system = re.match(r"daemon/platform/(\w+)/", name)
        if system and not source.path.startswith(system.group()):
            yield number, f"{name} is of one system only; include daemon/platform/"
    own = source.path[:-2] + ".h"
    if source.path.endswith(".c") and own in seen and seen[0] != own:
        yield 1, f"{own} is not the first include"


def order(source):
    """Includes of this tree are in order within their block."""
    if not source.is_c:
        return
    before = ""
    for number, line in enumerate(source.lines, 1):
        found = re.match(r'#include "([^"]+)"', line)
        if found and found.group(1) < before:
            yield number, f"{found.group(1)} comes before {before}"
        before = found.group(1) if found else ""


def preprocessor(source):
    """No conditions outside a system's directory, no macros that take arguments."""
    if not source.is_c:
        return
    for number, line in enumerate(source.code, 1):
        if re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b", line):
            if not re.match(r"daemon/platform/\w+/", source.path):
                yield number, "condition of the preprocessor outside daemon/platform/SYSTEM/"
        if re.match(r"\s*#\s*define\s+\w+\(", line):
            yield number, "macro with arguments; write a function"
    if source.path.endswith(".h") and "#pragma once" not in source.lines:
        yield 1, "no #pragma once"


def words(source):
    """Names we do not use."""
    if not source.is_c:
        return
    calls = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for number, line in enumerate(source.code, 1):
        for found in calls.finditer(line):
            yield number, f"{found.group(1)}: use {BANNED[found.group(1)]}"
        if re.search(r"\btypedef\s+(struct|union|enum)\b", line):
            yield number, "typedef of a struct, union or enum"
        if source.path.startswith("proto/") and re.match(r"\s*default\s*:", line):
            yield number, "default in a switch; name every enumerator"


RULES = [opening, lengths, whitespace, functions, includes, order, preprocessor, words]
SUFFIXES = (".c", ".h", ".py", ".build", ".options")


def sources(root):
    """Every file the rules apply to: by its suffix, or a script by its first line."""
    for directory, below, names in os.walk(root):
        below[:] = sorted(name for name in below
                          if name not in SKIPPED_DIRECTORIES and not name.startswith("build"))
        for name in sorted(names):
            path = pathlib.Path(directory, name)
            inside = path.relative_to(root).as_posix()
            if inside.startswith("subprojects/") or path.is_symlink():
                continue
            if name.endswith(SUFFIXES) or path.read_bytes().startswith(b"#!"):
                yield inside


def violations(root):
    for path in sources(root):
        source = Source(root, path)
        for rule in RULES:
            for line, text in rule(source):
                yield f"{path}:{line}: {rule.__name__}: {text}"


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[0])
    found = list(violations(root))
    for line in found:
        print(line)
    print(f"{len(list(sources(root)))} files, {len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
