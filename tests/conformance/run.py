"""Runs the official conformance suite against the gateway.

  run.py server REVISION LEG      the gateway in front of a server: see LEGS

  run.py tasks                    the same in front of tests/e2e/task_backend.py: the scenarios of the tasks extension, which
                                  the suite runs but does not score

  run.py client REVISION          the gateway as a client of the suite's own servers, one for each scenario

REVISION is what the suite speaks to the gateway; what the server behind it speaks is the leg's matter.
Strict: what the suite only warns of counts as a failure, too. Every scenario that the revision requires has to pass.
"""

import contextlib
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import NODE, PATIENCE, PEERS, Gateway, Process, free_port, wait_until  # noqa: E402

SUITE = [NODE, str(PEERS / "node_modules/@modelcontextprotocol/conformance/dist/index.js")]

# What cannot pass, and why. The list is exact: what is listed here and passes is an error, too.
MISSING = {
    # The suite looks for the question under the key that its own server would have given it. A legacy server asks by
    # a request, which has no such key; the gateway names it. And it asks for whatever its connection declared, since
    # it cannot know what the client of one call can do.
    ("server", "2026-07-28", "legacy"): {"input-required-result-basic-elicitation",
                                         "input-required-result-capability-check"},
}

# What the suite can ask of a gateway whose server has none of the tools, prompts and resources that it calls by name.
WITHOUT_FIXTURE = {
    "2025-11-25": {"server-initialize", "server-session-lifecycle", "ping", "logging-set-level", "tools-list",
                   "resources-list", "prompts-list", "server-sse-multiple-streams", "dns-rebinding-protection"},
    "2026-07-28": {"tools-list", "resources-list", "prompts-list", "server-sse-multiple-streams", "caching",
                   "dns-rebinding-protection", "http-header-validation", "sep-2164-resource-not-found"},
}


def required(role, revision, leg):
    """The scenarios that count."""
    if leg == "everything":
        return WITHOUT_FIXTURE[revision]
    listing = subprocess.run([*SUITE, "list", "--requirements", revision], capture_output=True, text=True, check=True)
    scored = listing.stdout.split("Run and reported, but never scored")[0]
    section = re.search(rf"^{role.capitalize()} scenarios.*?\n((?:  - .*\n)*)", scored, re.M).group(1)
    return set(re.findall(r"^  - (\S+)$", section, re.M))


def run_suite(cwd, arguments):
    """What passed without a failure or a warning, and the report."""
    strict = cwd / "expected-failures.yaml"
    strict.write_text("server: []\nclient: []\n")
    done = subprocess.run([*SUITE, *arguments, "--expected-failures", str(strict), "-o", str(cwd / "results")],
                          cwd=cwd, capture_output=True, text=True, timeout=600 * PATIENCE)
    report = done.stdout + done.stderr
    summary = report.split("=== SUMMARY ===")[-1]
    # The first list counts warnings as passed; the second, of the strict mode, has those scenarios once more.
    passed = set(re.findall(r"^✓ (\S+):", summary, re.M))
    return passed - set(re.findall(r"^  ✗ (\S+)$", summary, re.M)), report


def judge(role, leg, revision, passed, report):
    counted = required(role, revision, leg)
    missing = counted - passed
    print(f"{role} {revision} ({leg}): {len(counted) - len(missing)}/{len(counted)} scored, "
          f"{len(passed - counted)} more passed")
    expected = MISSING.get((role, revision, leg), set())
    if missing == expected:
        return True
    print("failing:", sorted(missing - expected), "\npassing, though listed as missing:", sorted(expected - missing))
    print(report)
    return False


@contextlib.contextmanager
def over_http(cwd, *argv):
    """The entry of a server that says on stderr where it listens."""
    fixture = Process([NODE, *argv], cwd, {"PORT": str(free_port())})
    try:
        port = fixture.wait_for(r"listening on (?:port )?(\d+)").group(1)
        yield {"transport": "streamable-http", "url": f"http://127.0.0.1:{port}/mcp"}
    finally:
        fixture.stop(signal.SIGKILL)


def over_stdio(_, *argv):
    return contextlib.nullcontext({"transport": "stdio", "command": NODE, "args": [*argv]})


LEGS = {
    "both": (over_http, PEERS / "conformance_server.mjs", "both"),
    "legacy": (over_http, PEERS / "conformance_server.mjs", "legacy"),
    "everything": (over_http, PEERS / "node_modules/.bin/mcp-server-everything", "streamableHttp"),
    "stdio": (over_stdio, PEERS / "conformance_stdio.mjs"),
    "sloppy": (over_stdio, PEERS / "sloppy.mjs", NODE, PEERS / "conformance_stdio.mjs"),
}


def serve(cwd, revision, leg):
    start, *argv = LEGS[leg]
    with start(cwd, *map(str, argv)) as backend:
        gateway = Gateway(cwd, {"backends": [{"name": "fixture", **backend}],
                                "aggregation": {"conflictResolution": "priority"}})
        try:
            wait_until(gateway.tools, what="the fixture's tools")
            passed, report = run_suite(
                cwd, ["server", "--url", f"http://localhost:{gateway.port}/mcp", "--requirements", revision])
        finally:
            gateway.stop()
    return judge("server", leg, revision, passed, report)


TASKS = ["tasks-lifecycle", "tasks-capability-negotiation", "tasks-wire-fields", "tasks-request-state-removal",
         "tasks-mrtr-input", "tasks-request-headers", "tasks-dispatch-and-envelope", "tasks-required-task-error",
         "tasks-mrtr-composition"]  # and tasks-status-notifications, which the suite skips


def serve_tasks(cwd):
    backend = pathlib.Path(__file__).resolve().parents[1] / "e2e" / "task_backend.py"
    fixture = Process([sys.executable, str(backend), "modern"], cwd)
    try:
        port = fixture.wait_for(r"listening on (\d+)").group(1)
        gateway = Gateway(cwd, {
            "backends": [{"name": "fixture", "transport": "streamable-http", "url": f"http://127.0.0.1:{port}/mcp"}],
            "aggregation": {"conflictResolution": "priority"}})
        try:
            wait_until(lambda: "slow_compute" in gateway.tools(), what="the fixture's tools")
            failed = []
            for scenario in TASKS:
                done = subprocess.run(
                    [*SUITE, "server", "--url", f"http://localhost:{gateway.port}/mcp", "--scenario", scenario,
                     "--spec-version", "2026-07-28"], cwd=cwd, capture_output=True, text=True, timeout=120 * PATIENCE)
                if done.returncode != 0:
                    failed.append(scenario)
                    print(done.stdout + done.stderr)
        finally:
            gateway.stop()
    finally:
        fixture.stop(signal.SIGKILL)
    print(f"server 2026-07-28 (tasks): {len(TASKS) - len(failed)}/{len(TASKS)} scenarios; failing: {failed}")
    return not failed


def connect(cwd, revision):
    driver = pathlib.Path(__file__).with_name("client_driver.py")
    passed, report = run_suite(
        cwd, ["client", "--command", f"{sys.executable} {driver}", "--requirements", revision, "--timeout",
              str(int(60_000 * PATIENCE))])
    return judge("client", "driven", revision, passed, report)


def main(role, *arguments):
    cwd = pathlib.Path(tempfile.mkdtemp(prefix="larkspur-conformance-"))
    try:
        return 0 if {"server": serve, "tasks": serve_tasks, "client": connect}[role](cwd, *arguments) else 1
    finally:
        shutil.rmtree(cwd, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
