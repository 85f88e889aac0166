"""starlark-go's own test files, from the package golang-starlark-dev, against larkspur star test.

A file is a list of scripts separated by lines of "---". One passes when every error that it expects is told
on its line in its words, and no other, and no assertion fails. The suite is run as starlark-go runs it: its
dialect, with the options that a script asks for.
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import PROGRAM

# Another copy, of a newer version for instance, may be named instead.
SUITES = pathlib.Path(os.environ.get("STARLARK_GO", "/usr/share/gocode/src/go.starlark.net"))
# Measured by starlark-go's benchmarks, examples for readers, Go's protocol buffers, a table for a Go test.
NO_TESTS = {"benchmark.star", "paths.star", "proto.star", "function_param.star"}

# We follow starlark-go of 2026. bookworm's package is of January 2021, that of bookworm-backports of 2024. What their
# scripts want and a newer starlark-go no longer does: by file and line, with what has changed.
CHANGED_SINCE_2024 = {
    "starlark/testdata/builtins.star:1": "sets have the method update",
    "starlark/testdata/json.star:1": "json.encode_indent",
    "starlark/testdata/set.star:1": "the words for what union does not take",
}
CHANGED_SINCE_2021 = {
    "syntax/testdata/errors.star:1": "an unfinished line is told on that line, no longer on the next",
    "syntax/testdata/errors.star:177": "an unfinished line is told on that line, no longer on the next",
    "resolve/testdata/resolve.star:341": 'the words are: keyword argument "a" is repeated',
    "starlark/testdata/builtins.star:1": "sets have more methods than union",
    "starlark/testdata/json.star:1": r"\x80 and above are no escapes of text any more",
    "starlark/testdata/set.star:1": "sets are ordered: subset, superset",
    "starlark/testdata/string.star:1": r"\x80 and above are no escapes of text any more",
}


def chunks(text):
    """The scripts of a file, each with empty lines in front so that line numbers are the file's."""
    lines, begin = [], 0
    for number, content in enumerate(text.splitlines(keepends=True), 1):
        if content.rstrip("\n") == "---":
            yield begin + 1, "\n" * begin + "".join(lines)
            lines, begin = [], number
        else:
            lines.append(content)
    yield begin + 1, "\n" * begin + "".join(lines)


def expectations(chunk):
    for number, line in enumerate(chunk.splitlines(), 1):
        if match := re.search(r'### *("(?:[^"\\]|\\.)*"|`[^`]*`)', line):
            quoted = match.group(1)
            yield number, quoted[1:-1] if quoted[0] == "`" else json.loads(quoted.replace("\\'", "'"))


def options_of(chunk, newer):
    options = set(re.findall(r"option:(\w+)", chunk))
    if not newer:  # these two were one option each
        options |= {"toplevelcontrol"} if "globalreassign" in options else set()
        options |= {"while"} if "recursion" in options else set()
    return ",".join(sorted(options))


def told(stderr, file):
    """The errors: the lines of their frames, and their messages."""
    frames = []
    for line in stderr.splitlines():
        if match := re.match(re.escape(str(file)) + r":(\d+):\d+", line):
            frames.append(int(match.group(1)))
        elif line.startswith("Error: "):
            yield frames, line.removeprefix("Error: ")
            frames = []


def failure(chunk, file, newer, *options):
    """What is wrong with a script's run; "" when it passes."""
    file.write_text(chunk)
    done = subprocess.run([PROGRAM, "star", "test", "--dialect=go", "--opts=" + options_of(chunk, newer), *options, file],
                          capture_output=True, timeout=120)
    stderr = done.stderr.decode("utf-8", "replace")
    errors = list(told(stderr, file))
    for number, pattern in expectations(chunk):
        match = next((e for e in errors if number in e[0] and re.search(pattern, e[1])), None)
        if match is None:
            return f"line {number} wants {pattern!r}, got\n{stderr}"
        errors.remove(match)
    if errors or done.returncode not in ([1] if any(expectations(chunk)) else [0]):
        return f"exit code {done.returncode}\n{stderr}"
    return ""


@unittest.skipUnless(SUITES.is_dir(), "golang-starlark-dev is not installed")
class ForeignSuites(unittest.TestCase):
    def run_files(self, mode, paths):
        newer = "toplevelcontrol" in (SUITES / "resolve/testdata/resolve.star").read_text()
        newest = "encode_indent" in (SUITES / "starlark/testdata/json.star").read_text()
        excepted = {} if newest else CHANGED_SINCE_2024 if newer else CHANGED_SINCE_2021
        count = 0
        with tempfile.TemporaryDirectory() as folder:
            for path in paths:
                for line, chunk in chunks(path.read_text()):
                    place = f"{path.relative_to(SUITES)}:{line}"
                    with self.subTest(place):
                        file = pathlib.Path(folder, path.name)
                        problem = failure(chunk, file, newer, "--mode=" + mode)
                        if mode == "go":  # with a collection of garbage wherever there may be one, too
                            problem = problem or failure(chunk, file, newer, "--mode=go", "--stress")
                        # Both ways, so that the list stays true.
                        self.assertEqual(place in excepted, bool(problem), problem or excepted.get(place))
                    count += 1
        print(f"{mode}: {count} scripts")

    def test_syntax(self):
        self.run_files("parse", [SUITES / "syntax/testdata/errors.star"])

    def test_resolve(self):
        self.run_files("resolve", [SUITES / "resolve/testdata/resolve.star"])

    def test_starlark(self):
        files = sorted((SUITES / "starlark/testdata").glob("*.star"))
        self.run_files("go", [path for path in files if path.name not in NO_TESTS])

    def test_struct(self):
        self.run_files("go", [SUITES / "starlarkstruct/testdata/struct.star"])


if __name__ == "__main__":
    unittest.main()
