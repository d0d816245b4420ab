#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the C source of a function that returns the bytes of a file, and of another one, FUNCTION
with _print behind it, that returns a text which differs between any two such files.

usage: embed.py FILE FUNCTION HEADER
"""
import hashlib
import sys

PRINT_CHARACTERS = 24


def main(path, function, header):
    with open(path, "rb") as file:
        data = file.read()
    print(f'/* Made by the build from {path.rsplit("/", 1)[-1]}. */\n#include "{header}"\n\n'
          "static const _Alignas(16) unsigned char content[] = {")
    for start in range(0, len(data), 16):
        print("\t" + " ".join(f"{byte}," for byte in data[start:start + 16]))
    print(f"}};\n\nconst void *{function}(size_t *length_bytes)\n{{\n"
          "\t*length_bytes = sizeof content;\n\treturn content;\n}\n")
    text = hashlib.sha256(data).hexdigest()[:PRINT_CHARACTERS]
    print(f'const char *{function}_print(void)\n{{\n\treturn "{text}";\n}}')


if __name__ == "__main__":
    main(*sys.argv[1:])
