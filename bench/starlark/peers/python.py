"""The programs as CPython runs them: they are valid Python but for `json`, whose encode is made compact here.

  python.py run FILE             what it prints goes to stdout
  python.py measure FILE SOURCE  costs of embedding, as JSON: of the script FILE, and of compiling SOURCE
"""

import json
import sys
import time
import types


def environment():
    module = types.SimpleNamespace(encode=lambda x: json.dumps(x, separators=(",", ":")), decode=json.loads)
    return {"json": module}


def best(rounds, calls, action):
    samples = []
    for _ in range(rounds):
        begin = time.perf_counter()
        for _ in range(calls):
            action()
        samples.append((time.perf_counter() - begin) / calls)
    return min(samples) * 1e6


def main():
    command, *files = sys.argv[1:]
    sys.setrecursionlimit(100000)
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    texts = [open(file).read() for file in files]
    code = compile(texts[0], files[0], "exec")
    if command == "run":
        exec(code, environment())
        return
    print(json.dumps({
        "cold_us": best(40, 50, lambda: exec(compile(texts[0], files[0], "exec"), environment())),
        "cached_us": best(40, 50, lambda: exec(code, environment())),
        "compile_mb_s": len(texts[1]) / best(5, 1, lambda: compile(texts[1], files[1], "exec")),
    }))


main()
