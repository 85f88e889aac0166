#!/usr/bin/env bash
# What telemetry and the ExecutionLog cost a tools/call and a script. ./dev bench telemetry
exec python3 "$(dirname "${BASH_SOURCE[0]}")/run.py" "$@"
