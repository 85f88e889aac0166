#!/usr/bin/env python3
"""The language beside its peers: starlark-go, starlark-rust, CPython and Lua.

  ./dev bench starlark [--json] [--rounds 5] [--only 'fib|dict'] [--engines larkspur,go,lua]

Every program of programs/ runs in every engine, a process each, interleaved round after round, all on one core. A
program's cost is the CPU time of its process, minus that of an empty program, in nanoseconds for each of the operations
that its first line counts. Outputs are compared: an engine that prints something else has no number. Then the costs of
embedding: each engine's `measure` command does what its source says.
"""

import argparse
import contextlib
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build/bench"
PROGRAMS = HERE / "programs"
EMPTY = "00_empty"


def say(text):
    print(f"\r\033[K{text}", end="", file=sys.stderr)


def build_go():
    """The Go that is in the path, else Debian's; starlark-go from Debian's package, without a network."""
    go = shutil.which("go")
    sources = pathlib.Path("/usr/share/gocode/src/go.starlark.net")
    if go is None or not sources.exists():
        return None
    program = BUILD / "bench/starlark/starlark_go"
    environment = dict(os.environ, GO111MODULE="off", GOFLAGS="", GOPATH="/usr/share/gocode")
    subprocess.run([go, "build", "-o", program, ROOT / "tests/starlark_go/main.go"], env=environment, check=True)
    return [program]


def build_rust():
    """Crates come from the network or cargo's cache: where neither has them, there is no such leg."""
    cargo = shutil.which("cargo")
    if cargo is None:
        return None
    target = BUILD / "bench/starlark/rust"
    say("building starlark-rust (minutes, the first time)")
    done = subprocess.run([cargo, "build", "--release", "--quiet"], cwd=HERE / "peers/rust", text=True,
                          env=dict(os.environ, CARGO_TARGET_DIR=str(target)), stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        say(f"no starlark-rust: {done.stderr.strip().splitlines()[-1]}\n")
        return None
    return [target / "release/starlark_rust"]


def find_engines(wanted):
    """Name -> (command, how it names a program)."""
    lua = shutil.which("lua5.4")
    found = {
        "larkspur": [BUILD / "bench/starlark/bench_starlark"],
        "go": build_go() if "go" in wanted else None,
        "rust": build_rust() if "rust" in wanted else None,
        "python": ["/usr/bin/python3", HERE / "peers/python.py"],
        "lua": [lua] if lua else None,
    }
    for name in wanted:
        if found[name] is None:
            print(f"{name}: not installed, left out", file=sys.stderr)
    return {name: found[name] for name in wanted if found[name] is not None}


def command_of(engine, command, program):
    if engine == "lua":
        return [*command, PROGRAMS / f"{program}.lua"]
    return [*command, "run", PROGRAMS / f"{program}.star"]


def run_once(command):
    """(seconds of CPU, peak bytes, output) of one process; None when it fails."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        output = process.stdout.read().decode()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        return None
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, output


def run_programs(options, engines):
    names = [path.stem for path in sorted(PROGRAMS.glob("*.star")) if path.stem != "agent"]
    names = [name for name in names if name == EMPTY or re.search(options.only, name)]
    samples = {(name, engine): [] for name in names for engine in engines}
    for number in range(options.rounds):
        for name, engine in samples:
            if engine == "lua" and not (PROGRAMS / f"{name}.lua").exists():
                continue
            say(f"round {number + 1} of {options.rounds}: {name}, {engine}")
            samples[name, engine].append(run_once(command_of(engine, engines[engine], name)))
    say("")
    return names, samples


def same_output(name, ours, theirs):
    """Whether JSON text has a float as 1.0 or 1 is the engine's choice; its length is all that 07_json prints."""
    return ours == theirs or (name == "07_json" and abs(int(ours) / int(theirs) - 1) < 0.02)


def summarize(names, samples, engines):
    empty = {engine: statistics.median(each[0] for each in samples[EMPTY, engine]) for engine in engines}
    programs = []
    for name in names:
        if name == EMPTY:
            continue
        operations = int(re.match(r"# ops: (\d+)", (PROGRAMS / f"{name}.star").read_text()).group(1))
        row = {"program": name, "operations": operations, "ns": {}, "peak_bytes": {}}
        ours = samples[name, "larkspur"][0]
        if ours is None:
            print(f"{name}: FAILS in larkspur, left out", file=sys.stderr)
            continue
        for engine in engines:
            runs = samples[name, engine]
            if not runs or None in runs:
                continue
            if not same_output(name, ours[2], runs[0][2]):
                sys.exit(f"{name}: larkspur prints {ours[2]!r}, {engine} {runs[0][2]!r}")
            seconds = statistics.median(each[0] for each in runs) - empty[engine]
            row["ns"][engine] = max(seconds, 1e-4) * 1e9 / operations  # the clock's grain is no ratio
            row["peak_bytes"][engine] = max(each[1] for each in runs)
        programs.append(row)
    return programs


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(value) for value in values)) if values else None


def ratios(programs, engine):
    return [row["ns"][engine] / row["ns"]["larkspur"] for row in programs if engine in row["ns"]]


def long_source():
    """Some 365 KB of the agent's script over and over, for the speed of compiling."""
    body = (PROGRAMS / "agent.star").read_text().split("\nresult")[0]
    path = BUILD / "bench/starlark/long.star"
    path.write_text("\n".join(re.sub(r"\b(call_tool|summarize|main)\b", rf"\1_{i}", body) for i in range(260)))
    return path


def measure(engines):
    source = long_source()
    found = {}
    for engine, command in engines.items():
        if engine == "lua":
            continue
        say(f"embedding: {engine}")
        done = subprocess.run([*command, "measure", PROGRAMS / "agent.star", source], check=True, stdout=subprocess.PIPE)
        found[engine] = json.loads(done.stdout)
    say("")
    return found


def run_hostile():
    """The tests' hostile scripts with the default limits: the worst of CPU time and of resident memory."""
    say("hostile scripts")
    command = [BUILD / "bench/starlark/bench_starlark", "hostile"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        scripts = [json.loads(line) for line in process.stdout]
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    say("")
    slow = sorted(scripts, key=lambda each: -each["cpu_ms"])
    return {"count": len(scripts), "over_1_s": [each for each in slow if each["cpu_ms"] > 1000],
            "worst": slow[:3], "counted_bytes": max(each["counted_bytes"] for each in scripts),
            "resident_bytes": used.ru_maxrss * 1024}


ROWS = {
    "cold_us": "agent.star: compile and run, us",
    "cached_us": "agent.star: run what is compiled, us",
    "compile_mb_s": "compile, MB/s",
    "parse_mb_s": "parse only, MB/s",
    "start_us": "start until the first wait, us",
    "resume_us": "resume and end, us",
    "round_trip_us": "resume until the next wait, us",
    "waiting_bytes": "a script that waits, bytes",
    "waiting_agent_bytes": "agent.star that waits at its end, bytes",
    "cancel_ms": "cancel inside a builtin, worst, ms",
}


def show(result):
    engines = result["engines"]
    peers = [engine for engine in engines if engine != "larkspur"]
    line = "{:<14}" + "{:>12}" * len(engines) + "   " + "{:>9}" * len(peers)
    print(line.format("ns/op", *engines, *(f"x {peer}" for peer in peers)))
    for row in result["programs"]:
        ns = row["ns"]
        print(line.format(row["program"], *(f"{ns[e]:.1f}" if e in ns else "-" for e in engines),
                          *(f"{ns[p] / ns['larkspur']:.2f}" if p in ns else "-" for p in peers)))
    means = result["geometric_means"]
    print(line.format("geometric mean", *[""] * len(engines), *(f"{means[p]:.2f}" for p in peers)))
    print()
    embedded = [engine for engine in engines if engine in result["embedding"]]
    line = "{:<42}" + "{:>12}" * len(embedded)
    print(line.format("embedding", *embedded))
    for key, title in ROWS.items():
        values = [result["embedding"][engine].get(key) for engine in embedded]
        print(line.format(title, *("-" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".") for value in values)))
    hostile = result["hostile"]
    print(f"\n{hostile['count']} hostile scripts: {len(hostile['over_1_s'])} took more than 1 s of CPU; at most "
          f"{hostile['counted_bytes'] / 2**20:.1f} MiB counted, {hostile['resident_bytes'] / 2**20:.1f} MiB resident")
    for each in hostile["worst"]:
        print(f"  {each['cpu_ms']:8.1f} ms  {each['ending']:<12} {each['script'][:70]}")
    print(f"\nother work on this machine (load average): {result['load']:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the tables")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="a regular expression for the programs' names")
    parser.add_argument("--engines", default="larkspur,go,rust,python,lua")
    options = parser.parse_args()
    engines = find_engines(options.engines.split(","))
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    names, samples = run_programs(options, engines)
    programs = summarize(names, samples, engines)
    result = {
        "engines": list(engines),
        "programs": programs,
        "geometric_means": {engine: geometric_mean(ratios(programs, engine)) for engine in engines},
        "embedding": measure(engines),
        "hostile": run_hostile(),
        "load": os.getloadavg()[0],
    }
    print(json.dumps(result, indent=2)) if options.json else show(result)


if __name__ == "__main__":
    main()
