#!/usr/bin/env python3
"""Proves an ExecutionLog, independently of Larkspur: written from docs/formats/execution-log.md alone.

  verify_log.py DIRECTORY [--key HEX]... [--head FILE]...

Needs Python 3.9 with its standard library and nothing else. Exit code: 0 proven, 1 broken, 2 could not tell.
"""

import argparse
import hashlib
import json
import pathlib
import re
import sqlite3
import struct
import sys

RECORD_COLUMNS = 11  # tool_call_id ... script_hash
ENTRIES = """SELECT payload.seq, kind, json, typeof(kind), typeof(json), leaf, tool_call_id, start_ms, duration_ms, tool,
  backend, status, parent_id, session_id, principal, trace_id, script_hash
  FROM payload LEFT JOIN record USING (seq) ORDER BY payload.seq"""
CHECKPOINTS = "SELECT number, body, signature FROM checkpoint ORDER BY number"
FIELDS = ["number", "partition", "size", "root", "time", "state", "previous", "key"]
BODY = re.compile(r"larkspur checkpoint 1\n" + "".join(
    f"{name} ({'[0-9a-f]{64}' if name in ('root', 'previous', 'key') else '[a-z]+' if name == 'state' else '0|[1-9][0-9]*'})\n"
    for name in FIELDS))


# --- Ed25519, RFC 8032 section 5.1: verification only -----------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def point_add(a, b):  # extended coordinates (X, Y, Z, T)
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    t, z = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = y - x, z - t, z + t, y + x
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = point_add(total, point)
        point = point_add(point, point)
        scalar >>= 1
    return total


def point_from(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_from((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed_by(key, message, signature):
    public, r = point_from(key), point_from(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or public is None or r is None or s >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = point_multiply(s, BASE), point_add(r, point_multiply(challenge, public))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


# --- the tree, RFC 6962 section 2.1 -----------------------------------------------------------------------------------

class Tree:
    def __init__(self):
        self.subtrees, self.size = [], 0

    def add(self, leaf):
        size = self.size
        while size & 1:
            leaf = hashlib.sha256(b"\1" + self.subtrees.pop() + leaf).digest()
            size >>= 1
        self.subtrees.append(leaf)
        self.size += 1

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        root = self.subtrees[-1]
        for left in reversed(self.subtrees[:-1]):
            root = hashlib.sha256(b"\1" + left + root).digest()
        return root


def cell(value):
    if value is None:
        return b"n"
    if isinstance(value, int):
        return b"i" + struct.pack(">q", value)
    if isinstance(value, bytes):  # every text: connections here read text as bytes
        return b"t" + struct.pack(">I", len(value)) + value
    return b"x"


def leaf_of(row):
    seq, kind, text = row[:3]
    data = cell(seq) + cell(kind) + cell(text)
    if kind == 0:
        data += b"".join(cell(value) for value in row[6:6 + RECORD_COLUMNS])
    if row[3] != b"integer" or row[4] != b"text":
        data += b"x"
    return hashlib.sha256(b"\0" + data).digest()


# --- the log ----------------------------------------------------------------------------------------------------------

class Broken(Exception):
    pass


def require(condition, what):
    if not condition:
        raise Broken(what)


def parse(body):
    match = BODY.fullmatch(body.decode("utf-8", "replace"))
    require(match, "a checkpoint is not as it should be")
    found = dict(zip(FIELDS, match.groups()))
    for name in ("number", "partition", "size", "time"):
        found[name] = int(found[name])
    return found


class Verifier:
    def __init__(self, directory, keys, heads):
        self.directory = directory
        self.keys = keys or (directory / "public-keys").read_text().split()
        self.heads = [(path, path.read_bytes()) for path in heads]
        if (directory / "head").exists():
            self.heads.append((directory / "head", (directory / "head").read_bytes()))
        self.entries = self.proven = self.lost = self.unknown = self.checkpoints = 0
        self.head = None      # (number, digest) of the last checkpoint seen
        self.first = None     # the first checkpoint's fields
        self.digests, self.tombstones, self.state = {}, {}, None

    def run(self):
        files = sorted(self.directory.glob("records-*.db"))
        require(files, "there is no log")
        first = following = int(files[0].stem.split("-")[1])
        for path in files:
            require(int(path.stem.split("-")[1]) == following, f"{path}: entries before it are missing")
            following += self.check_file(path, following, path == files[-1])
        if self.first:
            self.check_beginning(first)
        require(len(self.digests) < 2 or (self.directory / "head").exists(), "the file head is missing")
        for path, text in self.heads:
            self.check_head(path, text)

    def check_file(self, path, first_seq, newest):
        # Without a write-ahead log the file is all there is, and need not be writable.
        alone = "" if pathlib.Path(f"{path}-wal").exists() else "&immutable=1"
        with sqlite3.connect(f"file:{path}?mode=ro{alone}", uri=True) as db:
            db.text_factory = bytes
            db.execute("BEGIN")
            if newest and db.execute("PRAGMA user_version").fetchone() == (0,):
                return 0  # a file that was just being made
            tree, covered, records = Tree(), 0, 0
            checkpoints = db.execute(CHECKPOINTS).fetchall()
            while checkpoints and parse(checkpoints[0][1])["size"] == 0:
                covered = self.check_checkpoint(path, checkpoints.pop(0), first_seq, tree)
            for row in db.execute(ENTRIES):
                leaf = leaf_of(row)
                require(row[0] == first_seq + tree.size, f"{path}: entry {row[0]} is not where it should be")
                require(row[5] == leaf, f"{path}: entry {row[0]} is not what was written")
                tree.add(leaf)
                records += row[1] == 0
                self.note(row)
                while checkpoints and parse(checkpoints[0][1])["size"] == tree.size:
                    covered = self.check_checkpoint(path, checkpoints.pop(0), first_seq, tree)
            require(not checkpoints, f"{path}: checkpoints cover {checkpoints and 'more'} than there is, or less than before")
            require(covered == tree.size or (newest and self.state != "closed"), f"{path}: its end is covered by no checkpoint")
            require(records == db.execute("SELECT count(*) FROM record").fetchone()[0], f"{path}: rows without an entry")
            for digest, content, types in db.execute("SELECT digest, bytes, typeof(digest) || typeof(bytes) FROM blob"):
                require(types == b"textblob" and digest.decode() == "sha256:" + hashlib.sha256(content).hexdigest(),
                        f"{path}: the content {digest} is not what its digest says")
        self.entries += tree.size
        self.proven += covered
        return tree.size

    def note(self, row):
        if row[1] == 0:
            self.unknown += row[11] == b"unknown"
            if row[9] == b"execution_log_gap":
                self.lost += json.loads(row[2])["metadata"]["records_lost"]
        elif row[1] == 2:
            tombstone = json.loads(row[2])
            self.tombstones[tombstone["removed_before"]] = tombstone
        else:
            require(row[1] == 1, f"entry {row[0]} is of a kind that the log never writes")

    def check_checkpoint(self, path, row, first_seq, tree):
        number, body, signature = row
        found = parse(body)
        require(isinstance(signature, bytes) and found["key"] in self.keys, f"{path}: checkpoint {number}: key not trusted")
        require(is_signed_by(bytes.fromhex(found["key"]), body, signature), f"{path}: checkpoint {number}: signature")
        require(found["number"] == number and found["partition"] == first_seq, f"{path}: checkpoint {number}: place")
        require(found["root"] == tree.root().hex(), f"{path}: the entries are not those of checkpoint {number}")
        if self.head is None:
            self.first = found
        else:
            require((number - 1, found["previous"]) == self.head, f"{path}: checkpoint {number} follows another one")
        self.checkpoints += 1
        self.state = found["state"]
        self.digests[number] = hashlib.sha256(body + signature).hexdigest()
        self.head = (number, self.digests[number])
        return found["size"]

    def check_beginning(self, first_seq):
        if first_seq == 1:
            require((self.first["number"], self.first["previous"]) == (1, "0" * 64), "the log's first checkpoint is missing")
            return
        stone = self.tombstones.get(first_seq)
        require(stone, f"the entries before {first_seq} are gone, and no tombstone says why")
        require((stone["checkpoint"] + 1, stone["checkpoint_digest"]) == (self.first["number"], self.first["previous"]),
                "the log does not go on where its tombstone says")

    def check_head(self, path, text):
        body, found, signature = text.rpartition(b"signature ")
        require(found and re.fullmatch(rb"[0-9a-f]{128}\n", signature), f"{path}: no signature")
        signature, named = bytes.fromhex(signature.decode()), parse(body)
        require(is_signed_by(bytes.fromhex(named["key"]), body, signature), f"{path}: signature")
        if self.first is None or named["number"] >= self.first["number"]:
            require(self.digests.get(named["number"]) == hashlib.sha256(body + signature).hexdigest(),
                    f"{path}: the log does not have checkpoint {named['number']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--key", action="append", default=[], help="a trusted public key in hex")
    parser.add_argument("--head", action="append", default=[], type=pathlib.Path, help="an earlier copy of the file head")
    options = parser.parse_args()
    try:
        log = Verifier(options.directory, options.key, options.head)
        log.run()
    except (Broken, sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
        print(f"broken: {error}")
        return 1
    except OSError as error:
        print(f"could not tell: {error}", file=sys.stderr)
        return 2
    doubt = log.entries - log.proven
    print(json.dumps({"result": "proven", "entries": log.entries, "proven": log.proven, "in_doubt": doubt,
                      "lost": log.lost, "unknown": log.unknown, "checkpoints": log.checkpoints,
                      "closed": log.state == "closed" and doubt == 0, "head": log.head}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
