#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The runner has teeth: what is told otherwise, what cannot be said and what breaks a promise fails
a file; --rewrite changes what is expected, never the verdict.

usage: test_scenario.py SCENARIO
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CALM = "# A file.\n\ncluster nodes=3\n----\nok\n\nsettle\n----\nr1 is up on n1, epoch 1\n"
# Clocks further apart than is promised, and a release that takes as long as it may.
BROKEN = CALM + ("\ndrift n1 -40000\n----\n\nresource n1 r1 kill=500ms\n----\n\ncut n1\n----\n\n"
                 "until owner r1 n2\n----\n")


class Runner(unittest.TestCase):
    program = ""

    def play(self, text, *options):
        """(exit code, what was printed, the file afterwards)."""
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory, "a.txt")
            file.write_text(text)
            ran = subprocess.run([self.program, *options, str(file)], capture_output=True,
                                 text=True, check=False)
            return ran.returncode, ran.stdout, file.read_text()

    def test_what_is_told_as_expected_passes_in_silence(self):
        self.assertEqual(self.play(CALM), (0, "", CALM))

    def test_a_line_told_otherwise_fails_with_the_difference(self):
        code, printed, _ = self.play(CALM.replace("epoch 1", "epoch 2"))
        self.assertEqual(code, 1)
        self.assertIn("a.txt:7: settle", printed)
        self.assertIn("    - r1 is up on n1, epoch 2\n    + r1 is up on n1, epoch 1\n", printed)

    def test_a_line_that_is_not_told_fails(self):
        code, printed, _ = self.play(CALM + "and more\n")
        self.assertEqual(code, 1)
        self.assertIn("    - and more\n", printed)

    def test_rewrite_puts_down_what_was_told(self):
        code, _, text = self.play(CALM.replace("epoch 1", "epoch 2"), "--rewrite")
        self.assertEqual((code, text), (0, CALM))

    def test_rewrite_fills_in_a_block_of_a_verb_alone(self):
        code, _, text = self.play(CALM + "\nheal\n", "--rewrite")
        self.assertEqual((code, text), (0, CALM + "\nheal\n----\nok\n"))

    def test_a_broken_promise_fails_whatever_is_expected(self):
        for options in [], ["--rewrite"]:
            code, printed, text = self.play(BROKEN, *options)
            self.assertEqual((code, text), (1, BROKEN))
            self.assertIn("a promise is broken: two owners: r1 starts on n2", printed)

    def test_waiting_in_vain_fails_whatever_is_expected(self):
        code, printed, text = self.play(CALM + "\nuntil owner r1 n3 within 2s\n", "--rewrite")
        self.assertEqual((code, text), (1, CALM + "\nuntil owner r1 n3 within 2s\n"))
        self.assertIn("a.txt:11: not so after 2000 ms", printed)

    def test_what_cannot_be_said_is_refused_with_its_line(self):
        for line, words in {
                "shoot n1": 'there is no verb "shoot"',
                "cut n9": '"n9" is no member',
                "request n1 stop r7": '"r7" is no role',
                "run fast": "usage: run DURATION",
                "until never": "usage: until CONDITION",
                "boot n1": "n1 runs already",
                "voters n1 n1": "n1 runs",
                "cluster nodes=99": '"nodes=99" is no word of `cluster`',
        }.items():
            with self.subTest(line):
                code, printed, _ = self.play(CALM + f"\n{line}\n----\nok\n")
                self.assertEqual(code, 1)
                self.assertIn(f"a.txt:11: {words}", printed)

    def test_a_verb_before_the_cluster_is_refused(self):
        code, printed, _ = self.play("run 2s\n----\nok\n")
        self.assertEqual(code, 1)
        self.assertIn("there is no cluster yet", printed)

    def test_the_same_seed_tells_the_same(self):
        text = CALM + "\nloss 50%\n\nrun 60s\n\ncrash n1 power\n\nuntil owner r1 n2\n"
        told = {self.play(text, "--rewrite")[2] for _ in range(3)}
        self.assertEqual(len(told), 1)
        self.assertNotIn(text, told)


if __name__ == "__main__":
    Runner.program = sys.argv.pop(1)
    unittest.main()
