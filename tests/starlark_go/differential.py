#!/usr/bin/env python3
"""Generated programs, run by `larkspur star run` and by starlark-go: both print the same, and fail or do not fail alike.

  differential.py [--count 300] [--seed 1] [--larkspur PATH] [--go PATH]

Programs stay inside what both dialects mean alike: ASCII text, dicts whose order is that of insertion, no limits, only
hashable values looked for in dicts. starlark-go is built from Debian's package where it is there; else there is nothing to
compare, and the test says so and succeeds. No intersections: in which order is the first set's here, the second's there. Bytes, set methods and dict | dict are for a newer one: --go names its program. A
difference is shown with its seed.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KINDS = ("int", "float", "str", "bool", "list", "dict", "tuple", "none")
NEWER_KINDS = ("bytes", "set")
BIG = ("123456789012345678901234567890", "(1 << 200)", "-(1 << 127)", "0xffffffffffffffffffffffff", "((1 << 64) - 1)", "10000000000000000000")


class Generator:
    """One program. Expressions are made by the kind of their value, now and then of the wrong kind."""

    def __init__(self, seed, newer=False):
        self.random = random.Random(seed)
        self.newer = newer
        self.kinds = KINDS + NEWER_KINDS if newer else KINDS
        self.variables = self.no_variables()
        self.lines = []
        self.count = 0

    def no_variables(self):
        return {kind: [] for kind in KINDS + NEWER_KINDS}

    def pick(self, *choices):
        return self.random.choice(choices)

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def any(self, depth):
        return self.expression(self.random.choice(self.kinds), depth)

    def shown(self, depth):
        """What both show alike: starlark-go's print, % and format have bytes in ways of their own."""
        return self.expression(self.random.choice(KINDS), depth)

    def key(self, depth):
        """What may be a key."""
        return self.expression(self.pick("int", "float", "str", "bool", "none"), depth)

    def expression(self, kind, depth):
        if self.random.random() < 0.001:
            kind = self.random.choice(KINDS)  # bytes are iterable here
        if self.variables[kind] and self.random.random() < 0.35:
            return self.random.choice(self.variables[kind])
        if depth <= 0:
            return self.literal(kind)
        return getattr(self, "make_" + kind)(depth - 1)

    def literal(self, kind):
        r = self.random
        return {
            "int": lambda: r.choice(BIG) if r.random() < 0.1 else str(r.choice([0, 1, 2, 3, 7, -1, -5, 10, 64, 255, 1000003, 2**31, 2**61, 2**62 - 1, -2**63, 2**64])),
            "float": lambda: r.choice(["0.0", "1.5", "-2.25", "1000.5", "3.0", "1e-7", "1e100", "0.1", "-0.0", "1e308", "5e-324", 'float("inf")', 'float("nan")']),
            "str": lambda: r.choice(['""', '"a"', '"abc"', '"x,y,z"', '"Hello World"', '"  pad "', '"abcabcabcabc"', '"42"', '"-7"', '"a\\tb\\nc\\a\\v"', '"\\\\\\"quoted\'"', '"x=1;y=2"', '"0x1F"', '"The quick  brown fox"']),
            "bool": lambda: r.choice(["True", "False"]),
            "list": lambda: r.choice(["[]", "[1]", "[3, 1, 2]", '["b", "a"]', "[1, [2]]"]),
            "dict": lambda: r.choice(["{}", '{"a": 1}', '{1: "x", "k": [2]}', "{(1, 2): None}"]),
            "tuple": lambda: r.choice(["()", "(1,)", '(1, "b")', "(3, 2, 1)"]),
            "none": lambda: "None",
            "bytes": lambda: r.choice(['b""', 'b"a"', 'b"abc"', 'b"\\x00\\xff"', 'b"Hello"']),
            "set": lambda: r.choice(["set()", "set([1])", 'set(["a", "b"])', "set([3, 1, 2])", "set(range(4))"]),
        }[kind]()

    def make_int(self, d):
        e = self.expression
        return self.pick(
            lambda: f"({e('int', d)} {self.pick('+', '-', '*', '&', '|', '^')} {e('int', d)})", lambda: f"({e('int', d)} {self.pick('//', '%')} {self.divisor(d)})",
            lambda: f"({e('int', d)} << {self.pick('0', '1', '7', '70')})", lambda: f"({e('int', d)} >> {self.pick('0', '1', '5', '65')})",
            lambda: f"len({e(self.pick('list', 'str', 'dict', 'tuple'), d)})", lambda: f"-{e('int', d)}", lambda: f"(~{e('int', d)})",
            lambda: f"int({e(self.pick('int', 'float', 'bool'), d)})", lambda: f"abs({e('int', d)})" if d < 0 else f"(-({e('int', d)}))",
            lambda: f"{e('str', d)}.{self.pick('find', 'count', 'rfind')}({e('str', d)})", lambda: f"({e('list', d)} + [1]).index(1)",
            lambda: f"max({e('int', d)}, {e('int', d)})", lambda: f"min([{e('int', d)}, {e('int', d)}])",
            lambda: f"({e('int', d)} // {e('int', d)} if {e('bool', d)} else 0)", lambda: f"({self.pick(*BIG)} {self.pick('*', '//', '%', '-')} {self.divisor(d)})",
            lambda: f"({e('int', d)} * {e('int', d)} // {self.divisor(d)})", lambda: f"int({self.pick(repr('ff'), repr('-Zz'), repr('101'), repr('7'), e('str', d) + '.strip()')}, {self.pick('16', '36', '2', '8', '0')})",
            lambda: f"int(str({e('int', d)}))", lambda: f"ord({self.literal('str')}[0])", lambda: f"hash({e('str', d)})", lambda: f"len(range({self.bound(d)}, {self.bound(d)}, {self.pick('1', '2', '-3')}))",
            lambda: f"{e('list', d)}.index({self.any(d)})" if self.random.random() < 0.1 else "len([])", lambda: f"{e('str', d)}.{self.pick('find', 'rfind', 'count')}({self.pick(repr('a'), repr('bc'), repr(' '))}, {self.bound(d)}, {self.bound(d)})",
            lambda: f"max({e('list', d)} + [1, 2], key = lambda x: {self.pick('len(repr(x))', 'repr(x)', 'type(x)')}) and 1", lambda: f"(lambda x, y = {e('int', d)}: x {self.pick('+', '-', '*')} y)({e('int', d)})",
            lambda: f"({e('int', d)} if {e('bool', d)} else {e('int', d)})", lambda: f"{e('dict', d)}.get({e('str', d)}, {e('int', d)})")()

    def make_float(self, d):
        e = self.expression
        return self.pick(
            lambda: f"({e('float', d)} {self.pick('+', '-', '*')} {e('float', d)})", lambda: f"({e('float', d)} / {self.divisor(d)})",
            lambda: f"float({e(self.pick('int', 'float'), d)})", lambda: f"({self.literal('int')} / {self.divisor(d)})",
            lambda: f"({e('float', d)} {self.pick('//', '%')} {self.divisor(d)})", lambda: f"({e('int', d)} {self.pick('//', '%', '/')} {self.pick('0.5', '-2.5', '3.0')})",
            lambda: f"float({self.pick(repr('1.5'), repr('-2e3'), repr('inf'), repr('.5'), repr('0x1'), e('str', d))})", lambda: f"float(str({e('float', d)}))",
            lambda: f"-{e('float', d)}", lambda: f"max({e('float', d)}, {e('int', d)}) * 1.0", lambda: f"min([{e('float', d)}, {e('float', d)}])")()

    def bound(self, d):
        return self.pick("0", "1", "-1", "3", "-3", "12", "len(" + self.expression("str", d - 1) + ")") if d > 0 else self.pick("0", "1", "-2", "5")

    def divisor(self, d):
        return self.pick("2", "7", "-3", "1000003", "(1 << 62)", "-1") if self.random.random() < 0.97 else self.expression("int", d)

    def make_str(self, d):
        e = self.expression
        return self.pick(
            lambda: f"({e('str', d)} + {e('str', d)})", lambda: f"({e('str', d)} * {self.pick('0', '2', '3', '-1')})",
            lambda: f"str({self.shown(d)})", lambda: f"repr({self.any(d)})", lambda: f"type({self.any(d)})",
            lambda: f"{e('str', d)}.{self.pick('upper', 'lower', 'strip', 'title', 'capitalize', 'lstrip', 'rstrip')}()",
            lambda: f"{e('str', d)}.replace({e('str', d)}, {e('str', d)})",
            lambda: f"{e('str', d)}[{self.slice(d)}]", lambda: f"({e('str', d)} + 'ab')[{self.pick('0', '1', '-1', '-2')}]",
            lambda: f"({self.pick(repr('%s-%s'), repr('%r|%d'), repr('%s%%%s'))} % ({self.shown(d)}, {e('int', d)}))",
            lambda: f"({self.pick(repr('%x'), repr('%o'), repr('%d'), repr('%s'))} % {e('int', d)})",
            lambda: f"{self.pick(repr('{}:{}'), repr('{1}{0}'), repr('{a}{{}}{0!r}'))}.format({self.shown(d)}, {self.shown(d)}, a = {self.shown(d)})",
            lambda: f"{e('str', d)}.join([repr(x) for x in {e('list', d)}])", lambda: f"{e('str', d)}.partition({e('str', d)})[{self.pick('0', '1', '2')}]",
            lambda: f"{e('str', d)}[{self.bound(d)}:{self.bound(d)}]", lambda: f"{e('str', d)}.replace({self.literal('str')}, {e('str', d)}, {self.pick('0', '1', '2', '-1')})",
            lambda: f"''.join(reversed(list({e('str', d)}.elems())))", lambda: f"{e('str', d)}.{self.pick('strip', 'lstrip', 'rstrip')}({self.pick(repr('a'), repr(' bc'), repr(''), e('str', d))})",
            lambda: f"chr({self.pick('65', '97', '48', '10')})", lambda: f"{e('str', d)}.rpartition({self.pick(repr('a'), repr(', '), e('str', d))})[{self.pick('0', '1', '2')}]",
            lambda: f"'%(a)s/%(b)r' % {{'a': {self.shown(d)}, 'b': {self.shown(d)}}}", lambda: f"({self.pick(repr('%X'), repr('%i'), repr('%c'), repr('%%%d'))} % {self.pick('65', e('int', d))})",
            lambda: f"({self.pick(repr('%d'), repr('%s'), repr('%r'))} % ({self.shown(d)},))" if self.random.random() < 0.3 else "str({})".format(self.literal("float")),
            lambda: f"json.encode({self.pick(e('int', d), e('str', d), '[' + e('int', d) + ', None, ' + e('str', d) + ', True, [1.5]]')})",
            lambda: f"str(json.decode(json.encode([{e('int', d)}, {e('str', d)}, {{'k': ({e('bool', d)},)}}])))",
            lambda: f"{e('str', d)}.{self.pick('removeprefix', 'removesuffix')}({e('str', d)})" if self.newer else "type(len)")()

    def make_bool(self, d):
        e = self.expression
        kind = self.pick("int", "float", "str")
        return self.pick(
            lambda: f"({e(kind, d)} {self.pick('<', '<=', '>', '>=')} {e(kind, d)})", lambda: f"({self.any(d)} {self.pick('==', '!=')} {self.any(d)})",
            lambda: f"({e('str', d)} in {e('str', d)})", lambda: f"({self.any(d)} {self.pick('in', 'not in')} {e(self.pick('list', 'tuple'), d)})",
            lambda: f"({self.key(d)} {self.pick('in', 'not in')} {e('dict', d)})", lambda: f"({e('tuple', d)} {self.pick('<', '>=')} {e('tuple', d)})" if self.random.random() < 0.3 else e("bool", d),
            lambda: f"({self.pick('1', '-4', '7', e('int', d))} in range({self.bound(d)}, {self.bound(d)}, {self.pick('1', '2', '-2')}))", lambda: f"({e('int', d)} {self.pick('<', '==', '>')} {e('float', d)})",
            lambda: f"hasattr({self.any(d)}, {self.pick(repr('append'), repr('upper'), repr('keys'), repr('nothing'))})",
            lambda: f"{e('str', d)}.{self.pick('startswith', 'endswith')}(({e('str', d)}, {e('str', d)}))", lambda: f"(not {self.any(d)})", lambda: f"bool({self.any(d)})",
            lambda: f"({e('bool', d)} {self.pick('and', 'or')} {e('bool', d)})", lambda: f"{self.pick('any', 'all')}({e('list', d)})",
            lambda: f"{e('str', d)}.{self.pick('startswith', 'endswith')}({e('str', d)})",
            lambda: f"{self.literal('str')}.{self.pick('isdigit', 'isalpha', 'isupper', 'islower', 'isspace', 'isalnum', 'istitle')}()")()

    def slice(self, _):
        bound = lambda: self.pick("", "0", "1", "-1", "2", "-2", "9", "-9")
        return f"{bound()}:{bound()}" + self.pick("", f":{self.pick('1', '-1', '2', '-2')}")

    def make_list(self, d):
        e = self.expression
        return self.pick(
            lambda: "[" + ", ".join(self.any(d) for _ in range(self.random.randrange(4))) + "]", lambda: f"({e('list', d)} + {e('list', d)})",
            lambda: f"({e('list', d)} * {self.pick('0', '1', '2')})", lambda: f"{e('list', d)}[{self.slice(d)}]",
            lambda: f"[({self.pick('x', 'repr(x)', '(x, x)')}) for x in {e(self.pick('list', 'tuple'), d)}{self.pick('', ' if x')}]",
            lambda: f"[x {self.pick('+', '*', '-')} {e('int', d)} for x in range({self.pick('0', '3', '7')})]",
            lambda: f"[(x, y) for x in range({self.pick('2', '3')}) for y in {e('list', d)}]",
            lambda: f"sorted([len(repr(x)) for x in {e('list', d)}]{self.pick('', ', reverse = True')})", lambda: f"sorted({e('list', d)}, key = lambda x: {self.pick('repr(x)', 'type(x)')})",
            lambda: f"list({e(self.pick('list', 'tuple', 'dict'), d)})", lambda: f"{e('str', d)}.split({self.pick(repr(','), repr('a'), '')})",
            lambda: f"{e('dict', d)}.{self.pick('keys', 'values', 'items')}()", lambda: f"list(enumerate({e('list', d)}))",
            lambda: f"zip({e('list', d)}, {e('tuple', d)})", lambda: f"list(range({self.pick('3', '0', '5, 1, -2', '1, 9, 3')}))", lambda: f"reversed({e('list', d)})",
            lambda: f"[{self.pick('k', 'v', '(v, k)', 'repr(k)')} for k, v in {e('dict', d)}.items(){self.pick('', ' if v', ' if repr(v) < repr(k)')}]",
            lambda: f"[[y for y in range({self.pick('3', 'x')}) if y % 2 == {self.pick('0', '1')}] for x in range(4)]", lambda: f"{e('list', d)}[{self.bound(d)}:{self.bound(d)}:{self.pick('1', '2', '-1')}]",
            lambda: f"[a for a in [b for b in {e('list', d)}] if type(a) {self.pick('==', '!=')} {self.pick(repr('int'), repr('string'))}]", lambda: f"{e('str', d)}.rsplit({self.pick(repr(','), repr('a'), 'None')}, {self.pick('1', '0', '2')})",
            lambda: f"{self.literal('str')}.splitlines({self.pick('', 'True')})", lambda: f"list(enumerate({e('tuple', d)}, {self.pick('1', '-5')}))", lambda: f"zip(range(3), {e('list', d)}, {e('str', d)}.elems())",
            lambda: f"sorted([repr(x) for x in {e('list', d)}], key = lambda s: (len(s), s), reverse = {self.pick('True', 'False')})",
            lambda: f"[f() for f in [lambda x = x: x for x in {e('list', d)}]]", lambda: f"[({e('int', d)} if x else {e('str', d)}) for x in {e('list', d)}]", lambda: f"[list(x) for x in [{e('tuple', d)}, range({self.pick('0', '3')})]]",
            lambda: f"list({e('str', d)}.{self.pick('elems', 'codepoints', 'elem_ords', 'codepoint_ords')}())")()

    def make_dict(self, d):
        e = self.expression
        return self.pick(
            lambda: "{" + ", ".join(f'"{k}": {self.any(d)}' for k in self.random.sample("abcdef", self.random.randrange(4))) + "}",
            lambda: f"{{{self.pick('repr(x)', 'type(x)')}: {self.any(d)} for x in {e(self.pick('list', 'tuple'), d)}}}",
            lambda: f"dict([({e('str', d)}, {self.any(d)})], z = {self.any(d)})", lambda: f"dict({e('dict', d)})",
            lambda: f"{{k: {self.pick('v', 'k', 'len(repr(v))')} for k, v in {e('dict', d)}.items()}}", lambda: f"{{{self.key(d)}: {self.any(d)}, ({e('int', d)}, {e('str', d)}): {self.any(d)}}}",
            lambda: f"{{x: y for x in range({self.pick('2', '5')}) for y in {e('tuple', d)}}}", lambda: f"dict(**{{'p': {self.any(d)}}})", lambda: f"dict(zip({e('str', d)}.elems(), range(9)))",
            lambda: f"({e('dict', d)} | {e('dict', d)})" if self.newer else "dict()")()

    def make_bytes(self, d):
        e = self.expression
        return self.pick(
            lambda: f"bytes({e('str', d)})", lambda: f"({e('bytes', d)} + {e('bytes', d)})", lambda: f"({e('bytes', d)} * {self.pick('0', '2')})", lambda: f"{e('bytes', d)}[{self.slice(d)}]",
            lambda: f"bytes([{self.pick('0', '65', '255', '128')} for x in {e('list', d)}])", lambda: f"bytes(list({e('bytes', d)}.elems()))", lambda: f"bytes([{e('int', d)} & 255, 7])")()

    def make_set(self, d):
        e = self.expression
        return self.pick(
            lambda: f"set([{self.key(d)}, {self.key(d)}])", lambda: f"({e('set', d)} {self.pick('|', '-', '^')} {e('set', d)})", lambda: f"set({e('dict', d)})", lambda: f"set([repr(x) for x in {e('list', d)}])",
            lambda: f"{e('set', d)}.{self.pick('union', 'difference', 'symmetric_difference')}({self.pick(e('set', d), '[' + self.key(d) + ']')})", lambda: f"set(range({self.pick('0', '3', '9')}))")()

    def make_tuple(self, d):
        return self.pick(lambda: "(" + "".join(self.any(d) + ", " for _ in range(self.random.randrange(4))) + ")",
                         lambda: f"tuple({self.expression('list', d)})", lambda: f"({self.expression('tuple', d)} + {self.expression('tuple', d)})",
                         lambda: f"{self.expression('tuple', d)}[{self.slice(d)}]", lambda: f"({self.expression('tuple', d)} * {self.pick('0', '2', '-1')})", lambda: f"{self.expression('str', d)}.partition({self.pick(repr('a'), repr(' '))})",
                         lambda: f"(lambda *a, **k: (a, k))(*{self.expression('list', d)}, **{{'z': {self.any(d)}}})", lambda: f"(lambda a, b = 2, *c: (c, b, a))({self.any(d)}, {self.any(d)}, {self.any(d)})")()

    def make_none(self, d):
        return self.pick(lambda: "None", lambda: f"{self.expression('dict', d)}.get({self.expression('str', d)})")()

    # --- statements ---

    def assign(self, indent, depth=3):
        kind = self.random.choice(self.kinds)
        name = self.name()
        self.emit(indent, f"{name} = {self.expression(kind, depth)}")
        self.variables[kind].append(name)

    def emit(self, indent, text):
        self.lines.append("    " * indent + text)

    def statement(self, indent):
        e = self.expression
        choice = self.random.randrange(18)
        if choice < 4:
            return self.assign(indent)
        if choice < 6:
            return self.emit(indent, f"print({self.shown(3)}, {self.shown(2)})")
        saved = {kind: list(names) for kind, names in self.variables.items()}
        if choice == 6:
            self.emit(indent, f"if {e('bool', 3)}:")
            self.block(indent + 1)
            if self.random.random() < 0.5:
                self.variables = {kind: list(names) for kind, names in saved.items()}
                self.emit(indent, f"elif {self.any(2)}:" if self.random.random() < 0.3 else "else:")
                self.block(indent + 1)
        elif choice == 7:
            name = self.name()
            counts = self.random.random() < 0.5
            iterable = f"range({self.pick('3', '5', '2, 9, 2')})" if counts else e(self.pick("list", "tuple"), 2)
            self.emit(indent, f"for {name} in {iterable}:")
            if counts:
                self.variables["int"].append(name)
            self.emit(indent + 1, f"print([{name}])")
            if self.random.random() < 0.4:
                self.emit(indent + 1, f"if {e('bool', 2)}: {self.pick('break', 'continue')}")
            self.block(indent + 1)
        elif choice == 8 and saved["int"]:
            return self.emit(indent, f"{self.random.choice(saved['int'])} {self.pick('+=', '-=', '|=')} {e('int', 2)}")
        elif choice == 9 and saved["list"]:
            name = self.random.choice(saved["list"])
            return self.emit(indent, self.pick(f"{name}.append({self.any(2)})", f"{name}.extend({e('list', 2)})", f"{name}.insert({self.pick('0', '1', '-1', '9')}, {self.any(1)})",
                                               f"if {name}: print(repr({name}.pop()))", f"if {name}: {name}[{self.pick('0', '-1')}] = {self.any(2)}", f"{name} += {e('list', 2)}"))
        elif choice == 10 and saved["dict"]:
            name = self.random.choice(saved["dict"])
            return self.emit(indent, self.pick(f"{name}[{e('str', 1)}] = {self.any(2)}", f"{name}.update({e('dict', 2)})", f"{name}.pop({e('str', 1)}, None)",
                                               f"{name}.setdefault({e('str', 1)}, {self.any(1)})", f"if {name}: print({name}.popitem())", f"for k in list({name}): {name}[k] = {self.any(1)}", f"{name}[{self.key(1)}] = {self.any(1)}", f"print(sorted({name}.keys(), key = repr))",
                                               f"print([{name}.pop({self.key(1)}, {self.any(1)})])", f"{name}.clear()" if self.random.random() < 0.2 else f"{name}.update(q = {self.any(1)})"))
        elif choice == 12:
            names = [self.name() for _ in range(3)]
            value = self.pick(f"{self.any(2)}, ({self.any(2)}, {self.any(1)})", f"[{self.any(1)}, [{self.any(1)}, {self.any(2)}]]", f"{self.any(1)}, range(2)", f"{self.any(1)}, {e('list', 2)}")
            self.emit(indent, f"{names[0]}, ({names[1]}, {names[2]}) = {value}")
            return self.emit(indent, f"print([{', '.join(names)}])")
        elif choice == 13:
            return self.closure(indent)
        elif choice == 14:
            name = self.name()
            self.emit(indent, f"{name} = {self.pick('0', '-3', '1 << 62')}")
            self.emit(indent, f"while {name} % 7 != {self.pick('3', '6')}:")
            self.emit(indent + 1, f"{name} += {self.pick('1', '2', '-1')}")
            self.emit(indent + 1, f"if {e('bool', 2)}: {self.pick('break', 'print(' + name + ')')}")
            return self.emit(indent, f"print({name})")
        elif choice == 15:
            one, other = self.name(), self.name()
            self.emit(indent, f"for {one}, {other} in {self.pick(e('dict', 2) + '.items()', 'enumerate(' + e('list', 2) + ')', 'zip(' + e('list', 2) + ', ' + e('tuple', 2) + ')')}:")
            self.emit(indent + 1, f"print([{one}, {other}], {e('int', 2)})")
            self.block(indent + 1)
        elif choice == 16 and saved["str"]:
            return self.emit(indent, f"{self.random.choice(saved['str'])} += {e('str', 2)}")
        elif choice == 17 and self.newer and saved["set"]:
            name = self.random.choice(saved["set"])
            return self.emit(indent, self.pick(f"{name}.add({self.key(2)})", f"{name}.discard({self.key(2)})", f"{name}.update({self.pick(e('set', 2), e('list', 1))})", f"if {name}: print({name}.pop())",
                                               f"print({name}.issubset({e('set', 2)}), {name} <= {e('set', 1)})", f"{name} {self.pick('|=', '-=', '^=')} {e('set', 2)}"))
        else:
            self.emit(indent, f"print(type({self.any(2)}))")
        self.variables = saved

    def block(self, indent):
        for _ in range(self.random.randrange(1, 3)):
            self.statement(indent) if indent < 4 else self.emit(indent, f"print({self.shown(1)})")

    def closure(self, indent):
        """A function that changes what it captured, called, and called through another one."""
        state, name, arg = self.name(), f"f{self.count}_", self.name()
        self.count += 1
        self.emit(indent, f"{state} = [{self.any(1)}]")
        self.emit(indent, f"def {name}({arg} = {self.any(1)}, *, key = {self.literal('int')}):")
        self.emit(indent + 1, f"{state}.append({arg})")
        self.emit(indent + 1, f"def inner(n): return n if n <= 0 else inner(n - {self.pick('1', '2')}) + {self.pick('key', '1', 'len(' + state + ')')}")
        self.emit(indent + 1, f"return (inner({self.pick('3', '7', '0')}), {self.pick('key', arg, 'len(' + state + ')', state + '[0]')})")
        for arguments in ("", self.any(1), f"key = {self.expression('int', 1)}"):
            self.emit(indent, f"print({name}({arguments}))")
        self.emit(indent, f"print([g(*a) for g, a in [({name}, []), ({name}, [{self.any(1)}]), (len, [{self.expression('list', 1)}])]], {state})")

    def function(self):
        name = f"f{self.count}_"
        self.count += 1
        default, kwargs = self.literal("int"), self.random.random() < 0.4
        self.emit(0, f"def {name}(a, b = {default}, *args{', **kwargs' if kwargs else ''}):")
        saved = self.variables
        self.variables = self.no_variables() | {"int": ["a", "b"], "tuple": ["args"], "dict": ["kwargs"] if kwargs else []}
        for _ in range(self.random.randrange(1, 5)):
            self.statement(1)
        self.emit(1, f"return {self.any(3)}")
        self.variables = saved
        for _ in range(2):
            arguments = self.pick("1", "2, 3", "1, b = 2", "4, 5, 6", "*[1, 2, 3]", "a = 1", "1, **{'b': 7}", "b = 1" if self.random.random() < 0.02 else "9")
            self.emit(0, f"print([{name}({arguments})])")

    def program(self):
        for _ in range(self.random.randrange(1, 3)):
            self.function()
        for _ in range(self.random.randrange(3, 10)):
            self.statement(0)
        for names in self.variables.values():
            for name in names[-2:]:
                self.emit(0, f"print([{name}])")
        return "\n".join(self.lines) + "\n"


def build_go(directory):
    go = shutil.which("go")
    if go is None or not pathlib.Path("/usr/share/gocode/src/go.starlark.net").exists():
        return None
    program = pathlib.Path(directory) / "starlark_go"
    environment = dict(os.environ, GO111MODULE="off", GOFLAGS="", GOPATH="/usr/share/gocode")
    subprocess.run([go, "build", "-o", program, HERE / "main.go"], env=environment, check=True)
    return program


# The packaged starlark-go may be old enough to write 12345678901.5 as %g does; both mean the same float.
FLOAT = re.compile(r"\d+\.\d+(e[+-]\d+)?|\d+e[+-]\d+")


def run(command, path):
    done = subprocess.run([*command, path], capture_output=True, text=True, errors="replace", timeout=60, check=False)
    output = FLOAT.sub(lambda found: f"{float(found.group()):.9g}", done.stdout)
    return output, done.returncode != 0, done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--larkspur", default=os.environ.get("LARKSPUR"))
    parser.add_argument("--go")
    options = parser.parse_args()
    different = failed = 0
    with tempfile.TemporaryDirectory() as directory:
        go = options.go or build_go(directory)
        if go is None:
            print("no Go or no golang-starlark-dev: nothing to compare with")
            return 0
        path = pathlib.Path(directory) / "program.star"
        path.write_text("print(b'' + bytes('a'), {} | {})")
        newer = not run([go, "run"], path)[1]
        for seed in range(options.seed, options.seed + options.count):
            path.write_text(Generator(seed, newer).program())
            theirs = run([go, "run"], path)
            ours = run([options.larkspur, "star", "run"], path)
            failed += theirs[1]
            # What fails there may be an error here before anything ran.
            if ours[:2] == theirs[:2] or (ours[1] and theirs[1] and not ours[0]):
                continue
            different += 1
            print(f"--- seed {seed}\n{path.read_text()}--- larkspur\n{ours[0]}{ours[2]}--- starlark-go\n{theirs[0]}{theirs[2]}")
    print(f"{options.count} programs, {failed} of them fail; {different} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
