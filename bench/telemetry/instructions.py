#!/usr/bin/env python3
"""How many instructions a call costs in user space, counted by callgrind: a number that a busy machine does not change.

  bench/telemetry/instructions.py [--kind call|script] [--calls 1500] [--legs "off" "telemetry on" ...]

Needs valgrind and the programs of `./dev build bench`. `loop` is the thread of the event loop, which is the request path;
`all` is every thread, without OpenSSL's: callgrind knows no SHA instructions, so `hashing` counts a SHA-256 in software
that no processor of today runs. System calls are not in it, nor is what the processor makes of the instructions: see
bench/README.md. Every leg makes as many calls, however busy the machine is, since an export costs about the same for ten
spans and a thousand. --keep DIR keeps the profiles, for callgrind_annotate.
"""

import argparse
import contextlib
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("telemetry_bench", HERE / "run.py")
telemetry = importlib.util.module_from_spec(spec)
spec.loader.exec_module(telemetry)
bench = telemetry.bench


def control(server, *what):
    subprocess.run(["callgrind_control", *what, str(server.child.pid)], check=True, capture_output=True)


def under_callgrind(directory):
    """A program that runs Larkspur under callgrind, without the debug information that valgrind cannot read."""
    program, wrapper = directory / "larkspur", directory / "callgrind"
    subprocess.run(["objcopy", "-g", bench.LARKSPUR, str(program)], check=True)
    wrapper.write_text('#!/bin/sh\nexec valgrind --tool=callgrind --instr-atstart=no --separate-threads=yes '
                       f'--callgrind-out-file="$PROFILE" {program} "$@"\n')
    wrapper.chmod(0o755)
    return str(wrapper)


def spent(path):
    """(instructions, those of them that OpenSSL ran) of one thread."""
    everything = hashing = 0
    in_openssl = is_call = False
    names = {}
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith(("ob=", "cob=")):
            where, _, object_file = line.partition("=")
            number, _, name = object_file.partition(" ")
            known = names.setdefault(number, name)
            if where == "ob":
                in_openssl = "libcrypto" in known
        elif line.startswith("calls="):
            is_call = True  # the next line has what the callee spent
        elif line[:1] in "0123456789+-*" and line:
            cost = 0 if is_call else int(line.split()[1])
            is_call = False
            everything += cost
            hashing += cost if in_openssl else 0
    return everything, hashing


def count(server, call, calls, profile):
    """(loop, all but hashing, hashing) for each call."""
    bench.load(server, call, 4, 2)  # everything that happens once has happened
    control(server, "-i", "on")
    control(server, "-z")
    done = 0
    while done < calls:
        found = bench.load(server, call, 4, 2)
        done += found["all_calls"]
        if found["errors"]:
            sys.exit(f"bench: {found['errors']} wrong answers")
    time.sleep(2.5)  # what is exported and written afterwards
    control(server, "-d")
    control(server, "-i", "off")
    threads = {path.name.rsplit("-", 1)[1]: spent(path) for path in profile.parent.glob(profile.name + ".1-*")}
    everything, hashing = (sum(each[i] for each in threads.values()) for i in (0, 1))
    return threads["01"][0] / done, (everything - hashing) / done, hashing / done


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kind", choices=["call", "script"], default="call")
    parser.add_argument("--calls", type=int, default=1500, help="of each leg, at least")
    parser.add_argument("--legs", nargs="+", choices=list(telemetry.LEGS), default=list(telemetry.LEGS))
    parser.add_argument("--keep", type=pathlib.Path, help="keep the profiles here")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("bench: valgrind is missing (apt-get install valgrind)")
    call = bench.ANSWER if options.kind == "call" else telemetry.SCRIPT
    print(f"{'instructions of one ' + options.kind:<36}{'loop':>10}{'all':>10}{'hashing':>10}")
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        directory = pathlib.Path(temporary)
        keep = options.keep or directory
        keep.mkdir(exist_ok=True)
        bench.LARKSPUR = under_callgrind(directory)
        backend, collector = bench.start_backend(stack), bench.start_backend(stack)
        for number, name in enumerate(options.legs):
            profile = keep / f"{re.sub('[^a-z]+', '_', name)}.{options.kind}"
            os.environ["PROFILE"] = str(profile)
            server = telemetry.start(stack, directory / str(number), backend, collector, *telemetry.LEGS[name])
            loop, everything, hashing = count(server, call, options.calls, profile)
            print(f"{name:<36}{loop:>10.0f}{everything:>10.0f}{hashing:>10.0f}", flush=True)


if __name__ == "__main__":
    main()
