"""larkspur star: run, check and test, as people and drivers of test suites call it."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import PROGRAM


class Star(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def star(self, command, source, *options):
        file = pathlib.Path(self.folder.name, "script.star")
        file.write_text(source)
        done = subprocess.run([PROGRAM, "star", command, *options, file.name], cwd=self.folder.name,
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_run_prints_and_gives_the_result(self):
        self.assertEqual(self.star("run", "print('a')\nreturn {'n': 1}\n"), (0, 'a\n{"n":1}\n', ""))
        self.assertEqual(self.star("run", "x = 1\n"), (0, "", ""))

    def test_run_shows_where_it_failed(self):
        code, out, err = self.star("run", "print('a')\ndef f():\n    return {}['k']\nf()\n")
        self.assertEqual((code, out), (1, "a\n"))
        self.assertIn('script.star:3:14: error: key "k" not in dict\n        return {}[\'k\']\n', err)
        self.assertIn("script.star:4:2 in <toplevel>", err)

    def test_run_keeps_to_its_limits(self):
        code, _, err = self.star("run", "while True:\n    pass\n", "--steps=1000")
        self.assertEqual(code, 1)
        self.assertIn("limit", err)

    def test_check_says_every_mistake_and_runs_nothing(self):
        code, out, err = self.star("check", "print('a')\nx = prnt(1)\ny = lenn(2)\n")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("script.star:2:5: error: undefined: prnt", err)
        self.assertIn("script.star:3:5: error: undefined: lenn", err)
        self.assertEqual(self.star("check", "print('a')\n"), (0, "", ""))
        self.assertEqual(self.star("check", "print(host)\n", "--predeclared=host")[0], 0)

    def test_test_names_every_frame(self):
        code, _, err = self.star("test", "def f():\n    fail('no')\nf()\n")
        self.assertEqual(code, 1)
        self.assertEqual(err, "script.star:3:2: in <toplevel>\nscript.star:2:9: in f\nError: fail: no\n")
        self.assertEqual(self.star("test", "f(\n", "--mode=parse")[0], 1)
        self.assertEqual(self.star("test", "f(x)\n", "--mode=parse")[0], 0)
        self.assertEqual(self.star("test", "f(x)\n", "--mode=resolve")[0], 1)

    def test_a_file_that_is_not_there(self):
        done = subprocess.run([PROGRAM, "star", "run", os.path.join(self.folder.name, "none.star")],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot read", done.stderr)


if __name__ == "__main__":
    unittest.main()
