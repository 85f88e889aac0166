#!/usr/bin/env python3
"""What a tools/call through Larkspur costs, beside the same bytes sent directly and through nginx.

  ./dev bench gateway [--json] [--quick] [--seconds 1] [--rounds 5] [--only calls|shapes]

The server under test has core 0 for itself; the client, the backend and the receiver of telemetry
share core 1. Legs are interleaved, round after round, and the table shows medians. Method, numbers
and caveats: bench/README.md. LARKSPUR=PATH measures another program than build/bench has.
"""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build/bench"
LARKSPUR = os.environ.get("LARKSPUR", str(BUILD / "src/app/larkspur"))
BACKEND = str(BUILD / "bench/gateway/bench_gateway_backend")
LOAD = str(BUILD / "bench/gateway/bench_gateway_load")
SERVER_CORE, OTHER_CORE = "0", "1"

ANSWER = ("answer", '{"query":"replicas of payments in production, with image and restarts","limit":25}',
          "payments:4.18.2")
FAN_OUT = "return len(parallel([lambda: slow() for _ in range(100)]))"

NGINX = """
worker_processes 1; daemon off; error_log {dir}/error.log; pid {dir}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; tcp_nodelay on;
  client_body_temp_path {dir}/a; proxy_temp_path {dir}/b; fastcgi_temp_path {dir}/c;
  uwsgi_temp_path {dir}/d; scgi_temp_path {dir}/e;
  upstream backend {{ server 127.0.0.1:{backend}; keepalive 64; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffers 64 32k; proxy_buffer_size 32k; proxy_busy_buffers_size 512k;
      proxy_max_temp_file_size 0;
    }}
  }}
}}
"""

GATEWAY = """
listen: {{ port: 0, threads: 1 }}
backends: [{{ name: bench, url: "http://127.0.0.1:{backend}/mcp" }}]
aggregation: {{ conflictResolution: priority }}
codeMode: {{ enabled: true, parallelMaxConcurrency: 100 }}
executionLog: {{ enabled: {log}, directory: "{dir}" }}
telemetry:
  endpoint: "http://127.0.0.1:{collector}"
  tracingEnabled: {telemetry}
  metricsEnabled: {telemetry}
  logsEnabled: {telemetry}
  enablePrometheusMetricsPath: {telemetry}
"""


class Server:
    """A program that listens on `port`; `pids` are the processes whose CPU is counted."""

    def __init__(self, stack, core, argv, **how):
        self.child = subprocess.Popen(["taskset", "-c", core, *argv], stdin=subprocess.DEVNULL,
                                      text=True, **how)
        stack.callback(self.stop)
        self.pids = [self.child.pid]
        self.port = 0

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def cpu_ns(self):
        """Time on a core: of all threads, and of the main thread, which runs the event loop."""
        everything = main = 0
        for pid in self.pids:
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                spent = int((task / "schedstat").read_text().split()[0])
                everything += spent
                main += spent if task.name == str(pid) else 0
        return everything, main

    def settled_cpu_ns(self):
        """The same, once what was left behind (log, exports) has been done too."""
        before = self.cpu_ns()
        for _ in range(100):
            time.sleep(0.1)
            now = self.cpu_ns()
            if now[0] - before[0] < 1_000_000:
                return now
            before = now
        sys.exit("bench: a server does not come to rest")

    def rss_mb(self):
        status = pathlib.Path(f"/proc/{self.pids[0]}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


def start_backend(stack, *options):
    server = Server(stack, OTHER_CORE, [BACKEND, *options], stdout=subprocess.PIPE)
    server.port = int(server.child.stdout.readline())
    return server


def start_nginx(stack, directory, backend):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    directory.mkdir()
    config = directory / "nginx.conf"
    config.write_text(NGINX.format(dir=directory, port=port, backend=backend.port))
    server = Server(stack, SERVER_CORE, ["nginx", "-p", str(directory), "-e", f"{directory}/error.log",
                                         "-c", str(config)])
    server.port = port
    children = pathlib.Path(f"/proc/{server.child.pid}/task/{server.child.pid}/children")
    for _ in range(200):
        time.sleep(0.02)
        if workers := children.read_text().split():
            server.pids = [int(pid) for pid in workers]
            return server
    sys.exit("bench: nginx did not start:\n" + (directory / "error.log").read_text())


def start_larkspur(stack, directory, backend, collector, log=False, telemetry=False):
    directory.mkdir()
    config = directory / "larkspur.yaml"
    config.write_text(GATEWAY.format(dir=directory, backend=backend.port, collector=collector.port,
                                     log=str(log).lower(), telemetry=str(telemetry).lower()))
    said = directory / "stderr"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    server = Server(stack, SERVER_CORE, [LARKSPUR, "serve", str(config)], stderr=said.open("w"),
                    env=environment)
    for _ in range(500):
        time.sleep(0.02)
        for line in said.read_text().splitlines(keepends=True):
            if "gateway.serving" in line and line.endswith("\n"):
                server.port = int(line.split("http://127.0.0.1:")[1].split("/")[0])
                return server
        if server.child.poll() is not None:
            break
    sys.exit("bench: larkspur did not start:\n" + said.read_text())


def load(server, call, connections, seconds, flags=()):
    tool, arguments, expected = call
    done = subprocess.run(["taskset", "-c", OTHER_CORE, LOAD, str(server.port), tool, arguments,
                           expected, str(connections), str(seconds), *flags],
                          stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def measure(server, call, connections, seconds, flags=()):
    before = server.settled_cpu_ns()
    found = load(server, call, connections, seconds, flags)
    if found["errors"]:
        sys.exit(f"bench: {found['errors']} wrong answers")
    after = server.settled_cpu_ns()
    calls = found["all_calls"]
    return {"cpu_us": (after[0] - before[0]) / calls / 1e3,
            "loop_us": (after[1] - before[1]) / calls / 1e3,
            "calls_s": found["calls"] / found["seconds"],
            "p50_us": found["p50_us"], "p99_us": found["p99_us"]}


def medians(runs):
    return {key: round(statistics.median(run[key] for run in runs), 1) for key in runs[0]}


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def machine_busy():
    """Seconds of work of the whole machine, ours included."""
    fields = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def script_call(text, expected):
    return "execute_tool_script", json.dumps({"script": text}), expected


def run(options, stack, directory):
    backend, collector = start_backend(stack), start_backend(stack)
    larkspur = lambda name, **how: start_larkspur(stack, directory / name, backend, collector, **how)
    legs = {
        "backend, directly": backend,
        "nginx": start_nginx(stack, directory / "nginx", backend),
        "larkspur": larkspur("plain"),
        "larkspur, log": larkspur("log", log=True),
        "larkspur, log and telemetry": larkspur("full", log=True, telemetry=True),
    }
    runs = {(name, n): [] for name in legs for n in options.connections}
    for number in range(options.rounds):
        for name, n in runs:
            progress(f"round {number + 1} of {options.rounds}: {name}, {n} connections")
            runs[name, n].append(measure(legs[name], ANSWER, n, options.seconds))
    full = legs["larkspur, log and telemetry"]
    scripts = {
        "parallel() of 100 calls of 10 ms": script_call(FAN_OUT, '"result":100'),
        "41-line script, 21 calls": script_call((HERE / "agent.star").read_text(), '"issues":20'),
    }
    progress("scripts")
    script_runs = {name: [measure(full, call, 1, options.seconds) for _ in range(options.rounds)]
                   for name, call in scripts.items()}
    progress("")
    return {"calls": [{"leg": name, "connections": n, **medians(found)}
                      for (name, n), found in runs.items()],
            "scripts": [{"script": name, **medians(found)} for name, found in script_runs.items()],
            "rss_mb": {name: round(server.rss_mb(), 1) for name, server in legs.items()}}


def goals(result):
    """(what, goal, measured) of the numbers that we promised."""
    few, many = (min(call["connections"] for call in result["calls"]),
                 max(call["connections"] for call in result["calls"]))
    at = {(call["leg"], call["connections"]): call for call in result["calls"]}
    full, nginx, direct = "larkspur, log and telemetry", "nginx", "backend, directly"
    added = lambda leg: at[leg, few]["p50_us"] - at[direct, few]["p50_us"]
    extra = at[full, many]["loop_us"] - at["larkspur", many]["loop_us"]
    fan_out = result["scripts"][0]["p50_us"]
    return [
        ["CPU of a call, log and telemetry on, of nginx's", "1.5 x",
         f"{at[full, many]['cpu_us'] / at[nginx, many]['cpu_us']:.2f} x"],
        ["CPU of a call, log and telemetry off, of nginx's", "1.25 x",
         f"{at['larkspur', many]['cpu_us'] / at[nginx, many]['cpu_us']:.2f} x"],
        ["added latency of the hop, p50", "50 us",
         f"{added(full):.0f} us (nginx: {added(nginx):.0f} us)"],
        ["recording and measuring, on the request path", "5 us", f"{extra:.1f} us"],
        ["parallel() of 100 calls of 10 ms", "15 ms", f"{fan_out / 1000:.1f} ms"],
    ]


def show(result):
    line = "{:<31}{:>12}{:>10}{:>10}{:>10}{:>10}{:>10}"
    print(line.format("leg", "connections", "CPU us", "loop us", "p50 us", "p99 us", "calls/s"))
    for call in sorted(result["calls"], key=lambda call: call["connections"]):
        print(line.format(call["leg"], call["connections"], call["cpu_us"], call["loop_us"],
                          call["p50_us"], call["p99_us"], round(call["calls_s"])))
    print()
    line = "{:<43}{:>10}{:>10}{:>10}{:>10}{:>10}"
    print(line.format("script (log and telemetry on)", "CPU us", "loop us", "p50 us", "p99 us",
                      "scripts/s"))
    for script in result["scripts"]:
        print(line.format(script["script"], script["cpu_us"], script["loop_us"], script["p50_us"],
                          script["p99_us"], round(script["calls_s"])))
    print("\nmemory afterwards, MB:", ", ".join(f"{k} {v}" for k, v in result["rss_mb"].items()))
    print("\n{:<52}{:>8}   {}".format("goal", "at most", "measured"))
    for what, goal, measured in goals(result):
        print("{:<52}{:>8}   {}".format(what, goal, measured))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--quick", action="store_true", help="one short round: minutes, and rough numbers")
    parser.add_argument("--only", choices=["calls", "shapes"], help="one of the two tables")
    options = parser.parse_args()
    import shapes  # which lies beside us, where this file is the program
    if options.quick:
        options.seconds, options.rounds = 0.3, 1
    for program in (LARKSPUR, BACKEND, LOAD, "nginx", "taskset"):
        if not shutil.which(program):
            sys.exit(f"bench: {program} is missing; ./dev bench gateway builds and installs what it needs")
    if not {0, 1} <= os.sched_getaffinity(0):
        sys.exit("bench: needs cores 0 and 1")

    began, busy_before = time.monotonic(), machine_busy()
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        result = {}
        if options.only != "shapes":
            result |= run(options, stack, pathlib.Path(directory))
        if options.only != "calls":
            result["shapes"] = shapes.run(sys.modules[__name__], options, stack, pathlib.Path(directory))
    ours = sum(sum(resource.getrusage(who)[:2])
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    other = machine_busy() - busy_before - ours
    result["other_work"] = round(max(0.0, other / (time.monotonic() - began) / 2), 3)
    if options.json:
        return print(json.dumps(result, indent=2))
    if "calls" in result:
        show(result)
    if "shapes" in result:
        shapes.show(result["shapes"])
    print(f"\nother work took {result['other_work']:.0%} of the machine's two cores meanwhile"
          + ("; run it again when the machine is quiet" if result["other_work"] > 0.05 else ""))


if __name__ == "__main__":
    main()
