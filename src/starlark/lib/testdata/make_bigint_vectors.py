"""Writes bigint_vectors.txt: `operation a b = result ...`, numbers in hexadecimal, computed by Python."""
import random
import sys

sys.set_int_max_str_digits(0)
random.seed(20261120)
lines = []


def number(bits):
    kind = random.random()
    if kind < 0.2:  # carries ripple
        value = (1 << bits) - random.randrange(3)
    elif kind < 0.4:  # long runs of equal bits
        value = 0
        while value.bit_length() < bits:
            run = random.randrange(1, 130)
            value = value << run | (random.randrange(2) * ((1 << run) - 1))
    else:
        value = random.getrandbits(bits)
    return random.choice((value, -value))


def emit(operation, *values):
    lines.append(operation + " " + " ".join(format(v, "x") for v in values))


SIZES = [0, 1, 31, 63, 64, 65, 127, 128, 129, 200, 256]
for _ in range(8):
    for size in SIZES:
        a, b = number(size), number(random.choice(SIZES))
        for name, f in (
            ("add", lambda: a + b), ("sub", lambda: a - b), ("mul", lambda: a * b),
            ("and", lambda: a & b), ("or", lambda: a | b), ("xor", lambda: a ^ b),
        ):
            if random.random() < 0.35:
                emit(name, a, b, f())
        if b and random.random() < 0.6:
            emit("divmod", a, b, *divmod(a, b))
        if random.random() < 0.35:
            emit("not", a, ~a)
            shift = random.choice((0, 1, 7, 63, 64, 65, 130))
            emit("shl", a, shift, a << shift)
            emit("shr", a, shift, a >> shift)
for a_bits, b_bits in ((2600, 2600), (5200, 2611), (6000, 6100)):  # Karatsuba, long division
    a, b = number(a_bits), number(b_bits)
    emit("mul", a, b, a * b)
    emit("divmod", a, b, *divmod(a, b))
for bits in (40, 64, 600, 1900, 2000, 4100, 9000):
    a = abs(number(bits))
    lines.append(f"text {a:x} {a}")
open(__file__.replace("make_", "").replace(".py", ".txt"), "w").write("\n".join(lines) + "\n")
