#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The parts of daemon/ form no circle, and only the files that plug them together know the root.

usage: circles.py ROOT

A part is a .c file with its header. It depends on every part of daemon/ whose header it includes
or whose function it calls. Prints each circle, and each file that includes the root without a
right to, and exits 1 if there was one.
"""
import pathlib
import re
import sys

#: Who may know the struct that owns all parts.
ROOT_HEADER = "daemon/root.h"
MAY_KNOW_ROOT = {"daemon/daemon.c", "daemon/events.c", "daemon/effects.c", "daemon/parts.c"}
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def part_of(path):
    return re.sub(r"\.[ch]$", "", path)


def texts(root):
    return {file.relative_to(root).as_posix(): COMMENT.sub("", file.read_text(encoding="utf-8"))
            for file in sorted(root.glob("daemon/**/*.[ch]"))}


def declared(files):
    """Which part's header declares which function."""
    return {name: part_of(path) for path, text in files.items() if path.endswith(".h")
            for name in re.findall(r"^[a-z][\w *]*?\b(\w+)\([^;{]*\);", text, re.MULTILINE)}


def edges(files):
    """What each part includes and calls. Of two systems' files with one contract, the contract."""
    owner = declared(files)
    graph = {part_of(path): set() for path in files}
    for path, text in files.items():
        own = part_of(path)
        for name in re.findall(r'#include "(daemon/[^"]+)"', text):
            graph[own].add(part_of(name))
        for name in re.findall(r"\b(\w+)\(", text):
            if name in owner and path.endswith(".c"):
                graph[own].add(owner[name])
        graph[own].discard(own)
    return graph


def circles(graph):
    """Sets of parts that reach each other, by Tarjan's algorithm."""
    number, low, stack, found = {}, {}, [], []

    def visit(part):
        number[part] = low[part] = len(number)
        stack.append(part)
        for other in sorted(graph.get(part, ())):
            if other not in number:
                visit(other)
                low[part] = min(low[part], low[other])
            elif other in stack:
                low[part] = min(low[part], number[other])
        if low[part] == number[part]:
            circle = stack[stack.index(part):]
            del stack[stack.index(part):]
            if len(circle) > 1:
                found.append(sorted(circle))

    for part in sorted(graph):
        if part not in number:
            visit(part)
    return found


def violations(root):
    files = texts(root)
    for circle in circles(edges(files)):
        yield "circle: " + ", ".join(circle)
    for path, text in files.items():
        if f'#include "{ROOT_HEADER}"' in text and path not in MAY_KNOW_ROOT:
            yield f"{path}: includes {ROOT_HEADER}; take what it needs as settings and hooks"


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    found = list(violations(pathlib.Path(arguments[0])))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
