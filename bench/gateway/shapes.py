"""What a tools/call costs by its shape: both eras, JSON and event streams, results of four sizes.

Part of bench/gateway/run.py. Every shape goes to the backend directly, through nginx and through Larkspur, in one round.
"""

SIZES = {"300 B": "answer", "4 KiB": "answer_4k", "64 KiB": "answer_64k", "1 MiB": "answer_1m"}
ERAS = {"2026-07-28": (), "2025-11-25": ("--legacy",)}
ANSWERS = {"JSON": (), "SSE": ("--events",)}
LEGS = ("direct", "nginx", "larkspur", "larkspur, log")
CONNECTIONS = 8


def start(bench, stack, directory, era):
    """The servers of one era, by leg."""
    backend = bench.start_backend(stack, *ERAS[era])
    directory.mkdir()
    return {"direct": backend,
            "nginx": bench.start_nginx(stack, directory / "nginx", backend),
            "larkspur": bench.start_larkspur(stack, directory / "plain", backend, backend),
            "larkspur, log": bench.start_larkspur(stack, directory / "log", backend, backend, log=True)}


def run(bench, options, stack, directory):
    servers = {era: start(bench, stack, directory / era, era) for era in ERAS}
    runs = {(era, answer, size, leg): [] for era in ERAS for answer in ANSWERS for size in SIZES for leg in LEGS}
    for number in range(options.rounds):
        for era, answer, size, leg in runs:
            bench.progress(f"round {number + 1} of {options.rounds}: {era}, {answer}, {size}, {leg}")
            call = (SIZES[size], "{}", "payments:4.18.2")
            seconds = options.seconds * (3 if size == "1 MiB" else 1)  # there are few of these in a second
            runs[era, answer, size, leg].append(bench.measure(
                servers[era][leg], call, CONNECTIONS, seconds, (*ERAS[era], *ANSWERS[answer])))
    bench.progress("")
    return [{"era": era, "answer": answer, "size": size, "leg": leg, **bench.medians(found)}
            for (era, answer, size, leg), found in runs.items()]


def show(found):
    at = {(row["era"], row["answer"], row["size"], row["leg"]): row for row in found}
    print(f"\nby shape, {CONNECTIONS} connections       CPU us of a call                       of nginx's        calls/s")
    line = "{:<12}{:<6}{:<8}{:>9}{:>9}{:>10}{:>10}{:>10}{:>8}{:>10}{:>10}"
    print(line.format("era", "", "result", "direct", "nginx", "larkspur", "with log", "larkspur", "log", "nginx", "larkspur"))
    for era in ERAS:
        for answer in ANSWERS:
            for size in SIZES:
                direct, nginx, bare, log = (at[era, answer, size, leg] for leg in LEGS)
                print(line.format(era, answer, size, direct["cpu_us"], nginx["cpu_us"], bare["cpu_us"], log["cpu_us"],
                                  f"{bare['cpu_us'] / nginx['cpu_us']:.1f} x", f"{log['cpu_us'] / nginx['cpu_us']:.1f} x",
                                  round(nginx["calls_s"]), round(bare["calls_s"])))
