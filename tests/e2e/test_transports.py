"""Transports and sessions as the wire shows them: older servers behind the gateway, streams that break, sessions that
end."""

import http.client
import json
import re
import socket
import subprocess
import threading
import time
import unittest
import urllib.request

from harness import (EndToEnd, LegacySession, NODE, PATIENCE, PEERS, Process, free_port, http_backend_entry, one_backend,
                     wait_until)

BIN = PEERS / "node_modules/.bin"


class OlderServers(EndToEnd):
    """A server of HTTP+SSE, the transport of 2024-11-05."""

    def everything(self, port):
        server = Process([NODE, str(BIN / "mcp-server-everything"), "sse"], self.cwd, {"PORT": str(port)})
        self.addCleanup(lambda: server.child.poll() is None and server.stop(9))
        server.wait_for(f"running on port {port}")
        return server

    def check(self, **backend):
        port = free_port()
        server = self.everything(port)
        gateway = self.gateway(one_backend({"name": "old", "url": f"http://127.0.0.1:{port}/sse", **backend}))
        wait_until(lambda: "get-sum" in gateway.tools(), 30, "the tools of the server")
        text = "The sum of 2 and 3 is 5."
        self.assertEqual(gateway.call("get-sum", {"a": 2, "b": 3})["content"][0]["text"], text)
        legacy = LegacySession(gateway)
        self.assertEqual(legacy.call("get-sum", {"a": 2, "b": 3})["content"][0]["text"], text)
        self.assertEqual(legacy.close(), 200)
        records = wait_until(lambda: gateway.records("--tool", "get-sum"), 10, "a record")
        self.assertIn('"transport": "sse"', json.dumps(records[0]))
        return port, server, gateway

    def test_found_out_and_back_after_a_restart(self):
        port, server, gateway = self.check()
        server.stop(9)
        self.assertTrue(gateway.call("get-sum", {"a": 2, "b": 3})["isError"])
        self.everything(port)
        wait_until(lambda: not gateway.call("get-sum", {"a": 2, "b": 3}).get("isError"), 60, "the server to be back")

    def test_told_by_the_configuration(self):
        self.check(transport="sse")


class RawExchange:
    """One request on a connection of its own, whose answer is read as it comes."""

    def __init__(self, gateway, method, headers, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} /mcp HTTP/1.1", f"Host: 127.0.0.1:{gateway.port}", f"Content-Length: {len(data)}",
                 "Content-Type: application/json", *(f"{k}: {v}" for k, v in headers.items())]
        self.socket = socket.create_connection(("127.0.0.1", gateway.port), 30 * PATIENCE)
        self.socket.settimeout(30 * PATIENCE)
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        self.text = ""

    def read_until(self, pattern):
        """What came up to a match; the end of the answer ends the reading, too."""
        while not re.search(pattern, self.text):
            piece = self.socket.recv(65536)
            if not piece:
                raise AssertionError(f"the connection ended before {pattern!r}: {self.text}")
            self.text += piece.decode()
        return self.text

    def leave(self):
        self.socket.close()


POST_ACCEPT = {"Accept": "application/json, text/event-stream"}
GET_ACCEPT = {"Accept": "text/event-stream"}


class Resuming(EndToEnd):
    def setUp(self):
        super().setUp()
        self.backend = self.http_backend("--hits", "hits")
        self.server = self.gateway(one_backend(http_backend_entry(self.backend), sessions={"keepAlive": "200ms"}))
        wait_until(lambda: "sleep" in self.server.tools(), 20, "the backend's tools")

    def begin(self, session, milliseconds):
        call = RawExchange(self.server, "POST", {**session.headers, **POST_ACCEPT}, {
            "jsonrpc": "2.0", "id": "the call", "method": "tools/call",
            "params": {"name": "sleep", "arguments": {"ms": milliseconds}}})
        text = call.read_until(r"id: (\S+)\nretry: \d+\ndata: \n\n")
        return call, re.search(r"id: (\S+)\n", text).group(1)

    def resume(self, session, event):
        return RawExchange(self.server, "GET", {**session.headers, **GET_ACCEPT, "Last-Event-ID": event})

    def test_the_answer_is_fetched_over_another_connection(self):
        session = LegacySession(self.server)
        for milliseconds in (1500, 700):  # resumed while it runs, and when it has ended
            call, event = self.begin(session, milliseconds)
            call.leave()
            if milliseconds == 700:
                time.sleep(1.5)
            rest = self.resume(session, event)
            text = rest.read_until(r'"id":"the call","result"')
            self.assertIn("200", text.splitlines()[0])
            self.assertIn("\r\n0\r\n\r\n", rest.read_until(r"\r\n0\r\n\r\n"), "the stream ends after the answer")
            rest.leave()
        self.assertEqual((self.cwd / "hits").read_text().splitlines(), ["sleep", "sleep"], "nothing ran twice")

    def test_a_stream_is_bound_to_its_session(self):
        session, other = LegacySession(self.server), LegacySession(self.server)
        call, event = self.begin(session, 800)
        self.assertIn(" 400 ", self.resume(other, event).read_until(r"\r\n\r\n"))
        self.assertIn(" 400 ", self.resume(session, "7").read_until(r"\r\n\r\n"))
        self.assertIn('"id":"the call","result"', call.read_until(r'"id":"the call","result"'))

    def test_changes_are_not_missed_between_two_streams(self):
        session = LegacySession(self.server)
        get = RawExchange(self.server, "GET", {**session.headers, **GET_ACCEPT})
        event = re.search(r"id: (\S+)\n", get.read_until(r"id: \S+\n")).group(1)
        get.leave()
        self.server.call("grow", {"name": "grown"})
        wait_until(lambda: "grown" in self.server.tools(), 20, "the new tool")
        self.resume(session, event).read_until("notifications/tools/list_changed")

    def test_the_official_client_resumes(self):
        done = subprocess.run([NODE, "resume_v1.mjs", self.server.url, "sleep", '{"ms":1500}'], cwd=PEERS,
                              capture_output=True, text=True, timeout=60 * PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        self.assertRegex(answer["token"], r"^\d+-\d+-\d+$")
        self.assertFalse(answer["result"].get("isError"))
        self.assertEqual((self.cwd / "hits").read_text().splitlines(), ["sleep"])


def in_progress(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10 * PATIENCE) as answer:
        text = answer.read().decode()
    return {kind: float(value) for kind, value in
            re.findall(r'^larkspur_in_progress\{[^}]*kind="(\w+)"[^}]*\} (\S+)', text, re.M)}


class Ending(EndToEnd):
    def test_idle_sessions_end_and_those_in_use_do_not(self):
        backend = self.http_backend()
        server = self.gateway(one_backend(http_backend_entry(backend), telemetry={"enablePrometheusMetricsPath": True},
                                          sessions={"idleTimeout": "1s", "resumeTime": "500ms"}))
        wait_until(lambda: "sleep" in server.tools(), 20, "the backend's tools")
        idle, listening, working = (LegacySession(server) for _ in range(3))
        stream = RawExchange(server, "GET", {**listening.headers, **GET_ACCEPT})
        stream.read_until(r"id: \S+\n")
        results = []
        worker = threading.Thread(target=lambda: results.append(working.call("sleep", {"ms": 2500})))
        worker.start()
        wait_until(lambda: in_progress(server)["session"] == 2, 20, "the idle one to end")
        status, answer = idle.request("tools/list")
        self.assertEqual((status, answer["error"]["code"]), (404, -32001))
        self.assertEqual(idle.close(), 404)
        worker.join()
        self.assertFalse(results[0].get("isError"))
        self.assertEqual(listening.request("ping")[0], 200)
        stream.leave()
        wait_until(lambda: not any(in_progress(server).values()), 30, "everything to end")


if __name__ == "__main__":
    unittest.main()
