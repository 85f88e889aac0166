#!/usr/bin/env bash
# The language beside starlark-go, starlark-rust, CPython and Lua. ./dev bench starlark
exec python3 "$(dirname "${BASH_SOURCE[0]}")/run.py" "$@"
