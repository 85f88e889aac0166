"""kill -9 at random instants under load: the log opens, is proven, and lacks nothing that it promised.

LARKSPUR_CRASHES says how many times each durability is tried (default 3; `LARKSPUR_CRASHES=500` takes a while).
"""

import contextlib
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import sqlite3
import threading
import time
import unittest

from harness import EndToEnd, http_backend_entry, one_backend
from test_log_integrity import verify, verify_independently

CRASHES = int(os.environ.get("LARKSPUR_CRASHES", "3"))
CLIENTS = 4
FRESH_AFTER = 25  # crashes that one log has to bear


class Load:
    """Clients that call until their gateway dies; `answered` has the request ids that got an answer."""

    def __init__(self, gateway, ids):
        self.gateway, self.ids, self.answered = gateway, ids, set()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(CLIENTS)]
        self.threads.append(threading.Thread(target=self.wait, daemon=True))
        for thread in self.threads:
            thread.start()

    def call(self, tool, arguments):
        number = next(self.ids)
        _, message = self.gateway.modern("tools/call", {"name": tool, "arguments": arguments}, id=number)
        assert message["id"] == number
        self.answered.add(number)

    def run(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                self.call("echo", {"message": "x" * random.randrange(500)})

    def wait(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.call("sleep", {"ms": 60_000})

    def join(self):
        for thread in self.threads:
            thread.join()
        return self.answered


def stored(directory):
    """The request ids that have a record, and how many calls of echo the log knows of at all."""
    ids, echoes = set(), set()
    for path in directory.glob("records-*.db"):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            for kind, text in db.execute("SELECT kind, json FROM payload WHERE kind < 2"):
                record = json.loads(text)
                if kind == 0:
                    ids.add(record["request"].get("jsonrpc_id"))
                if record["tool_name"] == "echo":
                    echoes.add(record["tool_call_id"])
    return ids, len(echoes)


class Crashes(EndToEnd):
    def crash_many_times(self, durability):
        hits = self.cwd / "hits"
        backend = self.http_backend("--hits", str(hits))
        directory = self.cwd / "log"
        config = one_backend(http_backend_entry(backend), executionLog={
            "directory": str(directory), "durability": durability})
        ids, answered, unknown = itertools.count(1), set(), 0
        started = time.monotonic()
        for crash in range(CRASHES):
            if crash % FRESH_AFTER == 0:
                shutil.rmtree(directory, ignore_errors=True)
                hits.write_text("")
                answered, unknown = set(), 0
            with self.subTest(crash=crash):
                gateway = self.gateway(config)
                self.assertEqual(verify(directory)[1].get("unknown", 0), unknown)  # what was under way
                load = Load(gateway, ids)
                time.sleep(random.uniform(0.02, 0.5))
                gateway.stop(signal.SIGKILL)
                answered |= load.join()
                code, report = verify(directory)
                self.assertEqual(code, 0, report)
                unknown = report["unknown"] + report["under_way"]
                if durability == "before_reply":
                    found, echoes = stored(directory)
                    self.assertEqual(answered - found, set(), "answered, but not recorded")
                    # Nothing reached the backend that the log does not know of.
                    self.assertLessEqual(hits.read_text().count("echo\n"), echoes)
        self.assertEqual(verify_independently(directory)[0], 0)
        print(f"\n{durability}: {CRASHES} crashes in {time.monotonic() - started:.0f} s, {len(answered)} calls answered since "
              f"the last fresh log, {unknown} unknown", flush=True)

    def test_async(self):
        self.crash_many_times("async")

    def test_before_reply(self):
        self.crash_many_times("before_reply")


if __name__ == "__main__":
    unittest.main()
