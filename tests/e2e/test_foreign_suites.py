"""starlark-go's own test files, from the package golang-starlark-dev, against larkspur star test.

A chunk passes when every error that it expects is told on its line in its words, and no other. Our
dialect is wider than starlark-go's (globals may be reassigned, statements may stand anywhere, set and
while exist), so not every chunk can pass; the floors below are what does.
"""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import PROGRAM

SUITES = pathlib.Path("/usr/share/gocode/src/go.starlark.net")


def chunks(text):
    """The scripts of a file, each with empty lines in front so that line numbers are the file's."""
    line, lines, begin = 0, [], 0
    for line, content in enumerate(text.splitlines(keepends=True)):
        if content.rstrip("\n") == "---":
            yield "\n" * begin + "".join(lines)
            lines, begin = [], line + 1
        else:
            lines.append(content)
    yield "\n" * begin + "".join(lines)


def expectations(chunk):
    for number, line in enumerate(chunk.splitlines(), 1):
        if match := re.search(r'### *("(?:[^"\\]|\\.)*"|`[^`]*`)', line):
            quoted = match.group(1)
            yield number, quoted[1:-1] if quoted[0] == "`" else json.loads(quoted.replace("\\'", "'"))


def passes(chunk, folder, *options):
    file = pathlib.Path(folder, "chunk.star")
    file.write_text(chunk)
    done = subprocess.run([PROGRAM, "star", "test", *options, file.name], cwd=folder,
                          capture_output=True, text=True, timeout=60)
    told = re.findall(r"chunk\.star:(\d+):\d+\nError: (.*)", done.stderr)
    expected = list(expectations(chunk))
    if len(told) != len(expected):
        return False
    return all(int(line) == number and re.search(pattern, message)
               for (line, message), (number, pattern) in zip(told, expected))


@unittest.skipUnless(SUITES.is_dir(), "golang-starlark-dev is not installed")
class ForeignSuites(unittest.TestCase):
    def count(self, path, *options):
        with tempfile.TemporaryDirectory() as folder:
            results = [passes(chunk, folder, *options) for chunk in chunks((SUITES / path).read_text())]
        print(f"{path}: {sum(results)} of {len(results)}")
        return sum(results)

    def test_syntax(self):
        self.assertGreaterEqual(self.count("syntax/testdata/errors.star", "--mode=parse"), 37)

    def test_resolve(self):
        self.assertGreaterEqual(
            self.count("resolve/testdata/resolve.star", "--mode=resolve", "--predeclared=M,U"), 22)


if __name__ == "__main__":
    unittest.main()
