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

    def test_run_prints_zero_bytes_too(self):
        self.assertEqual(self.star("run", 'print("a\\0b")\nprint("c")\n'), (0, "a\0b\nc\n", ""))

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

    def test_test_counts_assertions_apart_from_errors(self):
        code, out, err = self.star("test", 'assert_eq(1, 2)\nprint("on")\nassert_fails(lambda: 1 // 0, "zero")\n')
        self.assertEqual((code, out), (2, "on\n"))
        self.assertIn("script.star:1:10: in <toplevel>\nError: 1 != 2\n", err)
        source = 'load("assert.star", "assert", "freeze")\nassert.eq(freeze([1]), [1])\nassert.true({})\n'
        self.assertEqual(self.star("test", source, "--mode=go")[0], 2)
        self.assertEqual(self.star("test", source.replace("{}", "{1: 2}"), "--mode=go")[0], 0)

    def test_test_takes_the_language_apart(self):
        loop = "def f():\n    while False: pass\nf()\n"
        self.assertEqual(self.star("test", loop)[0], 0)
        self.assertEqual(self.star("test", loop, "--opts=while")[0], 0)
        for options in ["--opts="], ["--opts=set,recursion"], ["--dialect=go"], ["--mode=go"]:
            code, _, err = self.star("test", loop, *options)
            self.assertEqual(code, 1, options)
            self.assertIn("script.star:2:5\nError: this Starlark dialect does not support while loops", err)

    def test_load_reads_files_beside_the_script(self):
        pathlib.Path(self.folder.name, "lib").mkdir()
        pathlib.Path(self.folder.name, "lib", "m.star").write_text("def half(n): return n / 0\n")
        code, _, err = self.star("run", 'load("lib/m.star", "half")\nhalf(2)\n')
        self.assertEqual(code, 1)
        self.assertIn("lib/m.star:1:23: error: floating-point division by zero", err)
        self.assertIn("script.star:2:5 in <toplevel>\n", err)
        code, _, err = self.star("check", 'load("../m.star", "x")\n')
        self.assertIn("cannot load ../m.star: modules lie beside the script", err)

    def test_fmt_writes_files_or_checks_them(self):
        source = "x=[1,\n2]#c\n"
        code, out, err = self.star("fmt", source, "--check")
        self.assertEqual((code, out, err), (1, "", "script.star is not formatted\n"))
        self.assertEqual(pathlib.Path(self.folder.name, "script.star").read_text(), source)
        self.assertEqual(self.star("fmt", source), (0, "", ""))
        formatted = pathlib.Path(self.folder.name, "script.star").read_text()
        self.assertEqual(formatted, "x = [1,\n    2]  #c\n")
        self.assertEqual(self.star("fmt", formatted, "--check"), (0, "", ""))
        code, _, err = self.star("fmt", "x = (\n")
        self.assertEqual(code, 1)
        self.assertIn("script.star:1:6: error: got end of file, want primary expression", err)

    def repl(self, typed):
        done = subprocess.run([PROGRAM, "star", "repl"], input=typed, capture_output=True, text=True,
                              timeout=60, env={**os.environ, "HOME": self.folder.name})
        return done.returncode, done.stdout, done.stderr

    def test_repl_shows_values_and_keeps_names(self):
        self.assertEqual(self.repl("x = 2\nx + 1\n_ * 10\nNone\nprint('p')\n'a' +\\\n'b'\n"),
                         (0, "3\n30\np\n\"ab\"\n", ""))

    def test_repl_takes_blocks(self):
        self.assertEqual(self.repl("def f(n):\n    if n:\n        return 1\n    return 2\n\nf(0), f(1)\n"
                                   "for i in [1]:\n    print(i)\n\n[\n1,\n2]\n"),
                         (0, "(2, 1)\n1\n[1, 2]\n", ""))

    def test_repl_goes_on_after_an_error(self):
        code, out, err = self.repl("x = [1]\nx.append(2); x.boom\nx\ny\nlen(x\n)\n")
        self.assertEqual((code, out), (0, "[1]\n1\n"))
        self.assertIn("list has no .boom field or method", err)
        self.assertIn("undefined: y", err)


if __name__ == "__main__":
    unittest.main()
