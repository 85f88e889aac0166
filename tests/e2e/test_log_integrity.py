"""The log can be proven, by the program and by a verifier that shares nothing with it; what is changed is found."""

import contextlib
import http.client
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import unittest

from harness import (EndToEnd, PROGRAM, ROOT, one_backend, stdio_backend, wait_until)

VERIFIER = ROOT / "tests/verifier/verify_log.py"


def verify(directory, *options):
    """What `larkspur log verify` says: (exit code, its JSON)."""
    done = subprocess.run([PROGRAM, "log", "verify", "--json", *options, str(directory)], capture_output=True, text=True,
                          timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def verify_independently(directory, *options):
    done = subprocess.run([sys.executable, str(VERIFIER), str(directory), *options], capture_output=True, text=True,
                          timeout=60)
    return done.returncode, json.loads(done.stdout) if done.returncode == 0 else done.stdout + done.stderr


class Integrity(EndToEnd):
    def assert_both(self, code, directory, *options):
        """Both verifiers give this exit code; what they count is the same."""
        ours, report = verify(directory, *options)
        theirs, other = verify_independently(directory, *options)
        self.assertEqual((ours, theirs), (code, code), (report, other))
        if code == 0:
            for name in ("entries", "proven", "in_doubt", "lost", "unknown", "checkpoints", "closed"):
                self.assertEqual(report[name], other[name], name)
            if other["head"]:
                self.assertEqual([report["head"]["number"], report["head"]["digest"]], other["head"])
        return report

    def written(self):
        """The directory of a log with direct calls, a script with inner ones, and failures; closed in order."""
        gateway = self.gateway(one_backend(stdio_backend(), executionLog={
            "directory": str(self.cwd / "log"), "capture": "full"}))
        for number in range(10):
            gateway.call("echo", {"number": number, "text": "Ünïcödé 🦆"})
        gateway.script("parallel([lambda: echo(n = 1), lambda: echo(n = 2)])\nreturn echo(message = 'x')")
        gateway.script("return nothing_here()")
        gateway.call("fail")
        self.assertEqual(gateway.stop(), 0)
        return gateway.log_directory

    def test_what_the_program_wrote_is_proven_by_both(self):
        directory = self.written()
        report = self.assert_both(0, directory)
        self.assertEqual(report["result"], "proven")
        self.assertGreaterEqual(report["records"], 16)
        self.assertTrue(report["closed"])
        self.assertEqual(report["in_doubt"], 0)
        self.assertGreater(report["blobs"], 0)

    def test_what_is_changed_is_found_by_both(self):
        directory = self.written()
        [partition] = directory.glob("records-*.db")
        # Not every number is a record's: calls that were under way at a commit have entries, too.
        success = "(SELECT min(seq) FROM payload WHERE json LIKE '%success%')"
        record = "(SELECT max(seq) FROM record)"
        for statement in (f"UPDATE payload SET json = replace(json, 'success', 'failure') WHERE seq = {success}",
                          f"UPDATE record SET tool = 'other' WHERE seq = {record}",
                          f"UPDATE record SET duration_ms = duration_ms + 1 WHERE seq = {record}",
                          f"DELETE FROM payload WHERE seq = {record}",
                          "UPDATE checkpoint SET body = replace(body, 'time 1', 'time 2')",
                          "UPDATE blob SET bytes = x'7b7d'",
                          "DELETE FROM checkpoint WHERE number = (SELECT max(number) FROM checkpoint)"):
            copy = self.cwd / "copy"
            shutil.copytree(directory, copy)
            with contextlib.closing(sqlite3.connect(copy / partition.name)) as db:
                self.assertGreater(db.execute(statement).rowcount, 0, statement)
                db.commit()
            with self.subTest(statement):
                report = self.assert_both(1, copy)
                self.assertEqual(report["result"], "broken")
                self.assertIn(report["damages"][0]["file"], (str(copy / partition.name), str(copy / "head")))
            shutil.rmtree(copy)

    def test_a_log_that_was_cut_is_found_with_a_head_from_elsewhere(self):
        directory = self.written()
        early = self.cwd / "early"
        shutil.copytree(directory, early)
        gateway = self.gateway(one_backend(stdio_backend()))
        gateway.call("echo")
        gateway.stop()
        self.assert_both(0, directory)
        self.assert_both(0, early)  # by itself it is a log that ended earlier
        self.assert_both(1, early, "--head", str(directory / "head"))
        self.assert_both(0, directory, "--head", str(early / "head"))

    def test_a_log_is_proven_while_it_is_written(self):
        gateway = self.gateway(one_backend(stdio_backend()))
        gateway.call("echo")
        wait_until(lambda: verify(gateway.log_directory)[1]["proven"] >= 1, 10, "a checkpoint")
        code, report = verify(gateway.log_directory)
        self.assertEqual((code, report["closed"]), (0, False))

    def test_the_key_must_be_one_that_is_trusted(self):
        directory = self.written()
        key = (directory / "public-keys").read_text().strip()
        self.assert_both(0, directory, "--key", key)
        self.assert_both(1, directory, "--key", "00" * 32)
        self.assertEqual(verify(self.cwd / "nothing")[0], 2)
        self.assertEqual(verify_independently(self.cwd / "nothing")[0], 2)

    def test_a_call_under_way_when_the_gateway_is_killed_is_unknown(self):
        backend = stdio_backend()
        gateway = self.gateway(one_backend(backend))
        gateway.call("echo")
        waiting = threading.Thread(target=self.ignore_errors, args=(gateway.call, "sleep", {"ms": 60_000}), daemon=True)
        waiting.start()
        wait_until(lambda: verify(gateway.log_directory)[1]["under_way"] == 1, 10, "the intent on the disk")
        gateway.stop(signal.SIGKILL)
        waiting.join()
        self.assertEqual(self.assert_both(0, gateway.log_directory)["under_way"], 1)

        again = self.gateway(one_backend(backend))
        [record] = again.records("--status", "unknown")
        self.assertEqual((record["tool_name"], record["end_time"]), ("sleep", None))
        self.assertIn("not known", record["error"])
        self.assertTrue(again.find("1 calls were under way"))
        again.stop()
        report = self.assert_both(0, gateway.log_directory)
        self.assertEqual((report["under_way"], report["unknown"], report["closed"]), (0, 1, True))

    @staticmethod
    def ignore_errors(function, *arguments):
        with contextlib.suppress(OSError, http.client.HTTPException):
            function(*arguments)

    def test_retention_leaves_a_tombstone_that_both_understand(self):
        directory = self.written()
        gateway = self.gateway(one_backend(stdio_backend(), executionLog={
            "directory": str(directory), "retentionBytes": "1KiB"}))
        gateway.call("echo")
        gateway.stop()
        self.assert_both(0, directory)  # the newest file always stays


class Unwritable(EndToEnd):
    """A log directory on a disk of 16 MiB. A small tmpfs needs the right to mount."""

    def setUp(self):
        super().setUp()
        self.disk = self.cwd / "disk"
        self.disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(self.disk)], capture_output=True).returncode:
            self.skipTest("mounting a tmpfs is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)])

    def serve(self, **log):
        return self.gateway(one_backend(stdio_backend(), executionLog={"directory": str(self.disk / "log"), **log}))

    def fill(self):
        with open(self.disk / "ballast", "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def health(self, gateway):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
        connection.request("GET", "/health")
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())["status"]
        connection.close()
        return found

    def calls_until(self, gateway, wanted, what):
        """Calls until one has `wanted` in its text; how many calls that took."""
        def one():
            return wanted in json.dumps(gateway.call("echo", {"message": "x" * 100}))
        return wait_until(one, 30, what)

    def check(self, gateway, records):
        gateway.stop()
        directory = self.disk / "log"
        code, report = verify(directory)
        self.assertEqual((code, report["in_doubt"]), (0, 0), report)
        self.assertEqual(verify_independently(directory)[0], 0)
        self.assertEqual(report["gaps"], records)
        return report

    def test_closed_refuses_calls_says_so_and_recovers(self):
        gateway = self.serve(whenUnwritable="closed")
        gateway.call("echo")
        self.assertEqual(self.health(gateway), (200, "ok"))
        self.fill()
        self.calls_until(gateway, "execution log cannot be written", "calls to be refused")
        self.assertEqual(self.health(gateway), (503, "degraded"))
        gateway.wait_for("execution_log.trouble")
        (self.disk / "ballast").unlink()
        self.calls_until(gateway, "xxx", "calls to be let in again")
        self.assertEqual(self.health(gateway), (200, "ok"))
        gateway.wait_for("written again")
        report = self.check(gateway, 1)  # the refused calls are told
        self.assertEqual(report["lost"], 0)

    def test_open_lets_calls_pass_and_recovers(self):
        gateway = self.serve(whenUnwritable="open")
        self.fill()
        wait_until(lambda: "isError" not in gateway.call("echo") and self.health(gateway) == (200, "degraded"), 30,
                   "the log to be unwritable")
        for _ in range(20):
            self.assertNotIn("isError", gateway.call("echo"))
        (self.disk / "ballast").unlink()
        wait_until(lambda: self.health(gateway) == (200, "ok"), 30, "the log to be written again")
        report = self.check(gateway, 0)  # the queue had room for all
        self.assertGreaterEqual(report["records"], 21)

    def test_before_reply_never_answers_without_a_record(self):
        gateway = self.serve(durability="before_reply")
        answered = 0
        self.fill()

        def one():
            nonlocal answered
            refused = "isError" in gateway.call("echo")
            answered += not refused
            return refused
        wait_until(one, 30, "a call to be refused")
        (self.disk / "ballast").unlink()
        wait_until(lambda: not one(), 30, "calls to be let in again")
        self.assertGreaterEqual(self.check(gateway, 1)["records"], answered)


if __name__ == "__main__":
    unittest.main()
