#!/usr/bin/env bash
# A tools/call through Larkspur, beside the same call without it and through nginx. ./dev bench gateway
exec python3 "$(dirname "${BASH_SOURCE[0]}")/run.py" "$@"
