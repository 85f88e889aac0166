#!/usr/bin/env python3
"""The rules of the house that no compiler checks. Prints what breaks them; exit code 1 when something does."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINES = 500        # a file; most have 100 to 300
MAX_TEST_LINES = 700   # tables of cases are long

# Who may include whom (docs/architecture.md). Every room may include base.
MAY_KNOW = {
    "base": set(),
    "json": set(),
    "starlark": {"json"},
    "net": {"json"},
    "config": {"json"},
    "mcp": {"net", "json"},
    "execlog": {"json"},
    "call": {"execlog", "json"},
    "telemetry": {"call", "execlog"},
    "gateway": {"mcp", "telemetry", "call", "execlog", "config", "net", "json"},
    "codemode": {"starlark", "call", "json"},
    "ops": {"call", "execlog", "json"},  # and no net: what leaves the process goes through call/outside.h
    "app": None,  # all
}

problems = []


def complain(path, number, what):
    problems.append(f"{path.relative_to(ROOT)}:{number}: {what}")


def check_includes(path, lines):
    room = path.relative_to(ROOT / "src").parts[0]
    allowed = MAY_KNOW.get(room)
    for number, line in enumerate(lines, 1):
        if match := re.match(r'#include "([a-z]+)/', line):
            other = match.group(1)
            if allowed is not None and other not in allowed | {room, "base"} and not path.name.endswith(("_test.cc", "testing.h")):
                complain(path, number, f"{room} may not know {other}")


def check_cpp(path):
    lines = path.read_text().splitlines()
    limit = MAX_TEST_LINES if path.stem.endswith("_test") else MAX_LINES
    if len(lines) > limit:
        complain(path, len(lines), f"{len(lines)} lines; a file holds one idea, in at most {limit}")
    if path.suffix == ".h" and "#pragma once" not in lines:
        complain(path, 1, "a header without #pragma once")
    if path.suffix == ".h" and not lines[0].startswith("//"):
        complain(path, 1, "a header begins by saying what it is")
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            complain(path, number, "work left for later; do it, or file it")
    if path.is_relative_to(ROOT / "src"):
        check_includes(path, lines)


def check_text(path):
    """What is committed names no machine and no registry."""
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"registry\.npmjs|pypi\.org|/work/(main|shared)", line) and path.name != "tidy.py":
            complain(path, number, "names a registry or a path of one machine")
        if line.rstrip() != line and path.suffix in {".cc", ".h", ".py", ".sh", ".cmake", ".yaml", ".star"}:
            complain(path, number, "white space at the end of the line")


files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
for name in filter(None, files):
    path = ROOT / name
    if not path.is_file() or path.is_symlink():
        continue
    if path.suffix in {".cc", ".h"}:
        check_cpp(path)
    check_text(path)

print("\n".join(problems) if problems else f"{len(files) - 1} files keep the rules")
sys.exit(1 if problems else 0)
