#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a static library needs from outside and what it keeps between calls.

usage: symbols.py [--pure] LIBRARY...

No library may have variables: nothing in .bss or .data that could be written. With --pure, a
library may use only memory and string functions, formatting into buffers, assert and libsodium: no
clock, no allocation, no input or output. Prints "library: object: symbol: why" for each violation
and exits 1 if there was one.
"""
import re
import subprocess
import sys

PURE = re.compile(
    r"(mem(cpy|set|cmp|move|chr)|bcmp|str(len|nlen|cmp|ncmp|chr|rchr|str|spn|cspn)|v?snprintf"
    r"|__(mem(cpy|set|move)|v?snprintf|strlen)_chk|__assert_fail|__stack_chk_fail"
    r"|crypto_\w+|sodium_\w+)$")
# What compilers and their sanitizers add by themselves.
COMPILER = re.compile(r"(_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|tsan|msan|lsan|sanitizer|sancov|gcov"
                      r"|llvm|unnamed_|start___|stop___|odr_asan|profd?_|covrec|prof)[\w.]*"
                      r"|\.\S*)$")
WRITABLE = re.compile(r"\.t?(bss|data)\b(?!\.rel\.ro)|\*COM\*")


def rows(library):
    """(object, symbol, class, section) of every symbol. Objects follow each other in the output."""
    done = subprocess.run(["nm", "--format=sysv", library], check=True, capture_output=True,
                          text=True)
    part = ""
    for line in done.stdout.splitlines():
        header = re.match(r"\s*(?:Symbols|Undefined symbols) from (\S+?)(?:\[([^\]]+)\])?:", line)
        if header:
            part = header.group(2) or header.group(1)
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 7 and fields[0] != "Name":
            yield part, fields[0], fields[2], fields[6]


def violations(library, pure):
    symbols = list(rows(library))
    if not symbols:
        yield f"{library}: no symbols; is this a library?"
    defined = {name for _, name, kind, _ in symbols if kind != "U"}
    for part, name, kind, section in symbols:
        if COMPILER.match(name):
            continue
        if WRITABLE.match(section):
            yield f"{library}: {part}: {name}: a variable in {section}"
        if pure and kind == "U" and name not in defined and not PURE.match(name):
            yield f"{library}: {part}: {name}: not among what a pure library may use"


def main(arguments):
    pure = arguments[:1] == ["--pure"]
    libraries = arguments[1:] if pure else arguments
    if not libraries:
        print(__doc__, file=sys.stderr)
        return 2
    found = [line for library in libraries for line in violations(library, pure)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
