#!/usr/bin/env python3
"""What it costs to be watched: CPU per tools/call and per script of 21 calls, with telemetry off, on, and on with export.

  ./dev bench telemetry [--json] [--seconds 1] [--rounds 5]

Programs and method are those of bench/gateway: the gateway has core 0 for itself, legs are interleaved round after round,
the table shows medians. `loop` is the CPU of the event loop, which is the request path; `all` has the threads of the log and
of the exporters too.
"""

import argparse
import contextlib
import importlib.util
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("gateway_bench", HERE.parent / "gateway/run.py")
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)

GATEWAY = """
listen: {{ port: 0, threads: 1 }}
backends: [{{ name: bench, url: "http://127.0.0.1:{backend}/mcp" }}]
aggregation: {{ conflictResolution: priority }}
codeMode: {{ enabled: true, parallelMaxConcurrency: 100 }}
executionLog: {{ enabled: {log}, directory: "{dir}" }}
telemetry: {{ TELEMETRY }}
"""
OFF = "tracingEnabled: false, metricsEnabled: false, logsEnabled: false"
ON = "tracingEnabled: true"  # metrics for Prometheus and log lines; no receiver, so no spans
EXPORT = 'endpoint: "http://127.0.0.1:{collector}"'
LEGS = {
    "off": (OFF, False),
    "telemetry on": (ON, False),
    "telemetry on, exported": (EXPORT, False),
    "execution log": (OFF, True),
    "telemetry exported, execution log": (EXPORT, True),
}
SCRIPT = bench.script_call((HERE.parent / "gateway/agent.star").read_text(), '"issues":20')


def start(stack, directory, backend, collector, telemetry, log):
    bench.GATEWAY = GATEWAY.replace("TELEMETRY", telemetry)
    return bench.start_larkspur(stack, directory, backend, collector, log=log)


def run(options, stack, directory):
    backend, collector = bench.start_backend(stack), bench.start_backend(stack)
    servers = {name: start(stack, directory / str(i), backend, collector, *how)
               for i, (name, how) in enumerate(LEGS.items())}
    calls = {"call": bench.ANSWER, "script": SCRIPT}
    runs = {(kind, name): [] for kind in calls for name in servers}
    for number in range(options.rounds):
        for kind, name in runs:
            print(f"\r\033[Kround {number + 1} of {options.rounds}: {name}, {kind}", end="", file=sys.stderr)
            runs[kind, name].append(bench.measure(servers[name], calls[kind], options.connections, options.seconds))
    print("\r\033[K", end="", file=sys.stderr)
    return [{"kind": kind, "leg": name, **bench.medians(found)} for (kind, name), found in runs.items()]


def show(result):
    at = {(each["kind"], each["leg"]): each for each in result}
    line = "{:<36}{:>10}{:>10}{:>12}{:>10}"
    for kind, title in (("call", "tools/call, us of CPU"), ("script", "script of 21 calls, us of CPU")):
        base = at[kind, "off"]
        print(line.format(title, "loop", "all", "more loop", "p50 us"))
        for name in LEGS:
            found = at[kind, name]
            print(line.format(name, found["loop_us"], found["cpu_us"],
                              f"{found['loop_us'] - base['loop_us']:+.1f}", found["p50_us"]))
        print()
    extra = at["call", "telemetry exported, execution log"]["loop_us"] - at["call", "off"]["loop_us"]
    script = at["script", "telemetry on, exported"]["loop_us"] / at["script", "off"]["loop_us"] - 1
    print(f"goal: telemetry and execution log on the path of a call, at most 5 us: {extra:.1f} us")
    print(f"goal: telemetry's share of a script of 21 calls, at most 3 %: {script:.1%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        result = run(options, stack, pathlib.Path(directory))
    print(json.dumps(result, indent=2)) if options.json else show(result)


if __name__ == "__main__":
    main()
