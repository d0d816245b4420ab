#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules have teeth: each planted violation is reported, at its line; a clean tree is clean."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import circles  # noqa: E402
import faults  # noqa: E402
import symbols  # noqa: E402
import tidy  # noqa: E402

HEAD = ("/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/*\n * What this file owns and what it refuses to know.\n */\n")

# name: path, text, the one violation expected
PLANTED = {
    "no SPDX line": ("proto/a.c", "int a;\n", "proto/a.c:1: opening"),
    "no paragraph": ("proto/a.c", HEAD.split("\n")[0] + "\nint a;\n", "proto/a.c:2: opening"),
    "an empty paragraph": ("proto/a.c", HEAD.split("\n")[0] + "\n/*\n * a\n */\n",
                           "proto/a.c:2: opening"),
    "a script without SPDX": ("scripts/a", "#!/bin/sh\ntrue\n", "scripts/a:1: opening"),
    "a long line": ("daemon/a.c", HEAD + "/* " + "x" * 96 + " */\n", "daemon/a.c:5: lengths"),
    "a long line of tabs": ("daemon/a.c", HEAD + "\t" * 12 + "int a;\n", "daemon/a.c:5: lengths"),
    "a long file": ("daemon/a.c", HEAD + "int a;\n" * 397, "daemon/a.c:401: lengths"),
    "a long header": ("daemon/a.h", HEAD + "#pragma once\n" + "int a(void);\n" * 246,
                      "daemon/a.h:251: lengths"),
    "a long test": ("tests/world/a.c", HEAD + "int a;\n" * 497, "tests/world/a.c:501: lengths"),
    "blanks at a line end": ("proto/a.c", HEAD + "int a; \n", "proto/a.c:5: whitespace"),
    "no newline at the end": ("proto/a.c", HEAD + "int a;", "proto/a.c:5: whitespace"),
    "a long function": ("daemon/a.c", HEAD + "int a(void)\n{\n" + "\ta();\n" * 61 + "}\n",
                        "daemon/a.c:6: functions"),
    "a clock in proto": ("proto/a.c", HEAD + "#include <time.h>\n", "proto/a.c:5: includes"),
    "output in proto": ("proto/a.c", HEAD + "#include <stdio.h>\n", "proto/a.c:5: includes"),
    "sodium beyond seal.c": ("proto/a.c", HEAD + "#include <sodium.h>\n", "proto/a.c:5: includes"),
    "proto including config": ("proto/a.c", HEAD + '#include "config/a.h"\n',
                               "proto/a.c:5: includes"),
    "a path from nowhere": ("proto/a.c", HEAD + '#include "a.h"\n', "proto/a.c:5: includes"),
    "config including uv": ("config/a.c", HEAD + "#include <uv.h>\n", "config/a.c:5: includes"),
    "config including daemon": ("config/a.c", HEAD + '#include "daemon/a.h"\n',
                                "config/a.c:5: includes"),
    "daemon including tests": ("daemon/a.c", HEAD + '#include "tests/a.h"\n',
                               "daemon/a.c:5: includes"),
    "one system's header outside": ("daemon/a.c", HEAD + '#include "daemon/platform/linux/a.h"\n',
                                    "daemon/a.c:5: includes"),
    "own header second": ("daemon/a.c", HEAD + '#include <errno.h>\n#include "daemon/a.h"\n',
                          "daemon/a.c:1: includes"),
    "includes out of order": ("daemon/c.c", HEAD + '#include "daemon/b.h"\n'
                              '#include "daemon/a.h"\n', "daemon/c.c:6: order"),
    "a condition": ("daemon/a.c", HEAD + "#ifdef __linux__\n#endif\n", "daemon/a.c:5: preproc"),
    "a macro with arguments": ("daemon/a.c", HEAD + "#define A(b) b\n", "daemon/a.c:5: preproc"),
    "a header twice": ("daemon/a.h", HEAD + "int a(void);\n", "daemon/a.h:1: preproc"),
    "a banned call": ("daemon/a.c", HEAD + "\tstrcpy(a, b);\n", "daemon/a.c:5: words: strcpy"),
    "a shell": ("daemon/a.c", HEAD + "\tint a = system (b);\n", "daemon/a.c:5: words: system"),
    "a typedef": ("daemon/a.c", HEAD + "typedef struct a b;\n", "daemon/a.c:5: words: typedef"),
    "a default": ("proto/a.c", HEAD + "\tdefault:\n", "proto/a.c:5: words: default"),
}

CLEAN = {
    "proto/a.h": HEAD + "#pragma once\nint a(void);\n",
    "proto/a.c": HEAD + '#include "proto/a.h"\n\n#include <string.h>\n\n'
                 "/* system(1) and strcpy() are only named here */\n"
                 'const char *a = "popen(\\"x\\")";\n'
                 "int a(void)\n{\n" + "\tb();\n" * 60 + "}\n",
    "proto/auth.c": HEAD + "#include <sodium.h>\n",
    "daemon/b.c": HEAD + "\tops->system(b), ops.popen(c), subsystem(d);\n" + "int a;\n" * 395,
    "daemon/platform/linux/c.c": HEAD + "#ifdef IFA_F_NODAD\n#endif\n",
    "tests/world/d.c": HEAD + "int a;\n" * 496,
    "scripts/e": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\ntrue\n",
    "build-x/f.c": "int a;   \n",
    "subprojects/g/h.c": "int a;   \n",
}


def plant(files):
    root = tempfile.TemporaryDirectory(prefix="tidy-")
    for path, text in files.items():
        file = pathlib.Path(root.name, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


class Sources(unittest.TestCase):
    def test_each_planted_violation_is_the_only_one_reported(self):
        for name, (path, text, expected) in PLANTED.items():
            with self.subTest(name), plant({path: text}) as root:
                found = list(tidy.violations(pathlib.Path(root)))
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(expected), found[0])

    def test_a_clean_tree_has_no_violation(self):
        with plant(CLEAN) as root:
            self.assertEqual(list(tidy.violations(pathlib.Path(root))), [])

    def test_every_rule_has_a_planted_violation(self):
        planted = " ".join(expected for _, _, expected in PLANTED.values())
        for rule in tidy.RULES:
            self.assertIn(f": {rule.__name__[:7]}", planted)


# name: files of daemon/, what is reported (None: nothing)
PARTS = {
    "headers that include each other": ({
        "daemon/a.h": '#include "daemon/b.h"\n', "daemon/b.h": '#include "daemon/a.h"\n'},
        "circle: daemon/a, daemon/b"),
    "a call upwards": ({
        "daemon/a.h": "void a_do(int x);\n", "daemon/a.c": '#include "daemon/a.h"\nb_do(1);\n',
        "daemon/b.h": "void b_do(int x);\n", "daemon/b.c": '#include "daemon/a.h"\n'},
        "circle: daemon/a, daemon/b"),
    "a circle of three": ({
        "daemon/a.c": '#include "daemon/b.h"\n', "daemon/b.h": '#include "daemon/c.h"\n',
        "daemon/c.c": '#include "daemon/a.h"\n', "daemon/c.h": "", "daemon/a.h": ""},
        "circle: daemon/a, daemon/b, daemon/c"),
    "a part that knows the root": ({
        "daemon/a.c": '#include "daemon/root.h"\n', "daemon/root.h": ""}, "daemon/a.c: includes"),
    "the root that knows parts": ({
        "daemon/root.h": '#include "daemon/a.h"\n', "daemon/a.h": "void a_do(int x);\n",
        "daemon/events.c": '#include "daemon/root.h"\na_do(1); /* b_do(1) */\n'}, None),
}


class Circles(unittest.TestCase):
    def test_a_circle_of_parts_is_found_and_who_knows_the_root(self):
        for name, (files, expected) in PARTS.items():
            with self.subTest(name), plant(files) as root:
                found = list(circles.violations(pathlib.Path(root)))
                if expected is None:
                    self.assertEqual(found, [])
                else:
                    self.assertEqual(len(found), 1, found)
                    self.assertTrue(found[0].startswith(expected), found[0])


# name: a file of a tree whose list is in order otherwise, what is reported (None: nothing)
ROWS = "".join(f"| {n} | a | b | why | |\n" for n in range(1, faults.FAULTS + 1))
TITLED = {
    "a story": ("tests/scenario/a.txt", "# Fault 3: x\n", None),
    "a story that is named": (faults.LIST, ROWS.replace("| 3 | a | b | why | |",
                                                        "| 3 | a | b | | `scenario/ok` |"), None),
    "a story that is not there": (faults.LIST, ROWS.replace("| 3 | a | b | why | |",
                                                            "| 3 | a | b | | `scenario/b` |"),
                                  "fault 3: scenario/b is named"),
    "a fault nobody shows": (faults.LIST, ROWS.replace("| 3 | a | b | why | |",
                                                       "| 3 | a | b | | |"), "fault 3: no test"),
    "a fault that is missing": (faults.LIST, ROWS.replace("| 4 | a", "4 a"), "the list has to"),
    "a number beyond the list": ("tests/scenario/a.txt", "# Faults 3 and 71: x\n",
                                 "scenario/a: there is no fault 71"),
    "one in Python": ("tests/netns/test_a.py", 'def test_b(c, d):\n    """Fault 72: x."""\n',
                      "netns/test_a.py::test_b: there"),
    "one in C": ("tests/daemon/test_a.c", "/* Fault 73: x\n * y. */\nSTART_TEST(b)\n",
                 "daemon/test_a.c::b: there"),
}


class Faults(unittest.TestCase):
    def test_a_list_that_is_not_true_is_reported(self):
        for name, (path, text, expected) in TITLED.items():
            tree = {faults.LIST: ROWS, "tests/scenario/ok.txt": "# Fault 3: y\n", path: text}
            with self.subTest(name), plant(tree) as root:
                found = list(faults.violations(pathlib.Path(root)))
                if expected is None:
                    self.assertEqual(found, [])
                else:
                    self.assertEqual(len(found), 1, found)
                    self.assertTrue(found[0].startswith(expected), found[0])


# text of a C file, whether the library must be pure, what is reported (None: nothing)
LIBRARIES = {
    "a function": ("int a(int b) { return b; }", True, None),
    "a table": ("static const char *const t[] = {\"x\"};\nconst char *a(int b) { return t[b]; }",
                True, None),
    "strings": ("#include <string.h>\nint a(const char *b) { return strcmp(b, \"x\"); }", True,
                None),
    "a clock": ("#include <time.h>\nlong a(void) { return (long)time(0); }", True, "time"),
    "memory": ("#include <stdlib.h>\nvoid *a(void) { return malloc(9); }", True, "malloc"),
    "output": ("#include <stdio.h>\nvoid a(int b) { printf(\"%d\\n\", b); }", True, "printf"),
    "memory where it may be": ("#include <stdlib.h>\nvoid *a(void) { return malloc(9); }", False,
                               None),
    "a zeroed variable": ("static int c;\nint a(void) { return ++c; }", False, ".bss"),
    "a set variable": ("static int c = 1;\nint a(void) { return ++c; }", False, ".data"),
    "a static in a function": ("int a(void) { static int c; return ++c; }", True, ".bss"),
    "a global": ("int c = 2;\nint a(void) { return c; }", False, ".data"),
}


class Libraries(unittest.TestCase):
    def test_what_a_library_uses_and_keeps_is_seen(self):
        compiler = os.environ.get("CC", "cc").split()
        for name, (text, pure, expected) in LIBRARIES.items():
            with self.subTest(name), plant({"a.c": text + "\n"}) as root:
                subprocess.run([*compiler, "-fPIC", "-O1", "-c", "a.c", "-o", "a.o"], cwd=root,
                               check=True)
                subprocess.run(["ar", "rc", "liba.a", "a.o"], cwd=root, check=True)
                found = list(symbols.violations(f"{root}/liba.a", pure))
                if expected is None:
                    self.assertEqual(found, [])
                else:
                    self.assertEqual(len(found), 1, found)
                    self.assertIn(expected, found[0])
                    self.assertIn("a.o", found[0])


if __name__ == "__main__":
    unittest.main()
