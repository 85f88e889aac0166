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
from test_input import Answering

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
        asked = Answering(gateway, {"elicitation": {}}, lambda message: {"action": "decline"})
        result = asked.call_and_answer("trigger-elicitation-request", {})
        self.assertEqual([message["method"] for message in asked.asked], ["elicitation/create"])
        self.assertIn("declined", json.dumps(result))
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


class StatusesAndCodes(EndToEnd):
    """Each row of the specification's answers, of both revisions, on the wire."""

    INIT = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
    PING = {"jsonrpc": "2.0", "id": 7, "method": "ping"}

    def setUp(self):
        super().setUp()
        self.backend = self.http_backend()
        self.server = self.gateway(one_backend(http_backend_entry(self.backend), listen={"port": 0, "maxBodyBytes": 4096}))
        wait_until(lambda: "echo" in self.server.tools(), 20, "the backend's tools")
        self.session = LegacySession(self.server)

    def send(self, method, headers, body=b""):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30 * PATIENCE)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, "/mcp", data, {k: v for k, v in headers.items() if v is not None})
        answer = connection.getresponse()
        headers, text = {k.lower(): v for k, v in answer.getheaders()}, b""
        if headers.get("content-type") != "text/event-stream":
            text = answer.read()
        connection.close()
        message = json.loads(text) if headers.get("content-type") == "application/json" else {}
        return answer.status, (message.get("error") or {}).get("code"), headers, message

    def check(self, rows):
        for name, method, headers, body, status, code in rows:
            with self.subTest(name):
                answer = self.send(method, headers, body)
                self.assertEqual(answer[:2], (status, code), answer)

    def test_of_the_legacy_era(self):
        post = {"Content-Type": "application/json", **POST_ACCEPT}
        mine = {**post, **self.session.headers}
        stream = {**self.session.headers, **GET_ACCEPT}
        self.check([
            ("foreign origin", "POST", {**mine, "Origin": "https://evil.example"}, self.PING, 403, -32000),
            ("foreign host", "POST", {**mine, "Host": "evil.example"}, self.PING, 403, -32000),
            ("origin before session", "GET", {**GET_ACCEPT, "Origin": "null"}, b"", 403, -32000),
            ("loopback origin", "POST", {**mine, "Origin": "http://localhost:3000"}, self.PING, 200, None),
            ("preflight", "OPTIONS", {"Origin": "http://localhost:3000"}, b"", 204, None),
            ("PUT", "PUT", mine, self.PING, 405, -32000),
            ("wrong content type", "POST", {**mine, "Content-Type": "text/plain"}, self.PING, 415, -32000),
            ("no JSON", "POST", mine, b"{", 400, -32700),
            ("a batch", "POST", mine, [self.PING], 400, -32600),
            ("id null", "POST", mine, {**self.PING, "id": None}, 400, -32600),
            ("accepts JSON only", "POST", {**mine, "Accept": "application/json"}, self.PING, 406, -32000),
            ("accepts nothing", "POST", {**mine, "Accept": None}, self.PING, 406, -32000),
            ("no session", "POST", post, self.PING, 400, -32000),
            ("unknown session", "POST", {**post, "Mcp-Session-Id": "x"}, self.PING, 404, -32001),
            ("unknown version", "POST", {**mine, "MCP-Protocol-Version": "1.0"}, self.PING, 400, -32000),
            ("no version", "POST", {**mine, "MCP-Protocol-Version": None}, self.PING, 200, None),
            ("initialize twice", "POST", mine, self.INIT, 400, -32600),
            ("initialize with a stale session", "POST", {**post, "Mcp-Session-Id": "x"}, self.INIT, 200, None),
            ("a notification", "POST", mine, {"jsonrpc": "2.0", "method": "notifications/x"}, 202, None),
            ("a response to nothing", "POST", mine, {"jsonrpc": "2.0", "id": 99, "result": {}}, 202, None),
            ("a method nobody has", "POST", mine, {**self.PING, "method": "x/y"}, 200, -32601),
            ("a tool nobody has", "POST", mine, {**self.PING, "method": "tools/call", "params": {"name": "x"}}, 200, -32602),
            ("a bad cursor", "POST", mine, {**self.PING, "method": "tools/list", "params": {"cursor": "x"}}, 200, -32602),
            ("GET without session", "GET", GET_ACCEPT, b"", 400, -32000),
            ("GET of an unknown session", "GET", {**stream, "Mcp-Session-Id": "x"}, b"", 404, -32001),
            ("GET that takes no events", "GET", {**stream, "Accept": "application/json"}, b"", 406, -32000),
            ("GET behind an unknown event", "GET", {**stream, "Last-Event-ID": "0-999-0"}, b"", 400, -32000),
            ("GET", "GET", stream, b"", 200, None),
            ("DELETE without session", "DELETE", {}, b"", 400, -32000),
            ("DELETE of an unknown session", "DELETE", {"Mcp-Session-Id": "x"}, b"", 404, -32001),
            ("DELETE", "DELETE", self.session.headers, b"", 200, None),
            ("after DELETE", "POST", mine, self.PING, 404, -32001),
            ("DELETE again", "DELETE", self.session.headers, b"", 404, -32001)])
        self.assertEqual(self.send("POST", mine, b" " * 5000)[0], 413)

    def modern(self, method, params=None, headers=None, meta=None, **more):
        full = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}, **(meta or {})}
        fields = {"Content-Type": "application/json", **POST_ACCEPT, "MCP-Protocol-Version": "2026-07-28",
                  "Mcp-Method": method, **(headers or {})}
        return fields, {"jsonrpc": "2.0", "id": 7, "method": method,
                        "params": {**(params or {}), "_meta": {k: v for k, v in full.items() if v is not None}}, **more}

    def test_of_the_modern_era(self):
        version, capabilities = "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"
        echo = {"name": "echo", "arguments": {}}
        no_meta = self.modern("tools/list")
        no_meta[1]["params"] = {}
        rows = [
            ("discover", self.modern("server/discover"), 200, None),
            ("foreign origin", self.modern("tools/list", headers={"Origin": "https://evil.example"}), 403, -32000),
            ("foreign host", self.modern("tools/list", headers={"Host": "evil.example:80"}), 403, -32000),
            ("wrong content type", self.modern("tools/list", headers={"Content-Type": "text/plain"}), 415, -32000),
            ("no Accept", self.modern("tools/list", headers={"Accept": None}), 200, None),
            ("a stray session", self.modern("tools/list", headers={"Mcp-Session-Id": "x"}), 200, None),
            ("id null", self.modern("tools/list", id=None), 400, -32600),
            ("a batch", (self.modern("tools/list")[0], [self.modern("tools/list")[1]]), 400, -32600),
            ("no version header", self.modern("tools/list", headers={"MCP-Protocol-Version": None}), 400, -32020),
            ("no method header", self.modern("tools/list", headers={"Mcp-Method": None}), 400, -32020),
            ("no name header", self.modern("tools/call", echo), 400, -32020),
            ("another version in the header", self.modern("tools/list", headers={"MCP-Protocol-Version": "2027-01-01"}),
             400, -32020),
            ("another method in the header", self.modern("tools/list", headers={"Mcp-Method": "ping"}), 400, -32020),
            ("another name in the header", self.modern("tools/call", echo, {"Mcp-Name": "Echo"}), 400, -32020),
            ("no _meta", no_meta, 400, -32602),
            ("no version", self.modern("tools/list", meta={version: None}), 400, -32602),
            ("no capabilities", self.modern("tools/list", meta={capabilities: None}), 400, -32602),
            ("an unknown version", self.modern("tools/list", headers={"MCP-Protocol-Version": "2099-01-01"},
                                               meta={version: "2099-01-01"}), 400, -32022),
            ("a bad log level", self.modern("tools/list", meta={"io.modelcontextprotocol/logLevel": "loud"}), 400, -32602),
            ("a method nobody has", self.modern("x/y"), 404, -32601),
            *((f"{gone}, which is gone", self.modern(gone), 404, -32601) for gone in
              ("initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe")),
            ("a tool nobody has", self.modern("tools/call", {"name": "x"}, {"Mcp-Name": "x"}), 200, -32602),
            ("a resource nobody has", self.modern("resources/read", {"uri": "x:y"}, {"Mcp-Name": "x:y"}), 200, -32602),
            ("a bad cursor", self.modern("tools/list", {"cursor": "x"}), 200, -32602),
            ("listen to nothing in particular", self.modern("subscriptions/listen"), 200, -32602),
            ("a call", self.modern("tools/call", echo, {"Mcp-Name": "echo"}), 200, None)]
        self.check([(name, "POST", headers, body, status, code) for name, (headers, body), status, code in rows])
        headers, body = self.modern("notifications/cancelled")
        del body["id"]
        self.check([
            ("a notification", "POST", headers, body, 202, None),
            ("a response", "POST", headers, {"jsonrpc": "2.0", "id": 1, "result": {}}, 400, -32600),
            ("GET", "GET", {**headers, **GET_ACCEPT}, b"", 405, -32000),
            ("DELETE", "DELETE", headers, b"", 405, -32000)])
        self.assertEqual(self.send("GET", headers)[2]["allow"], "POST")
        unknown = self.send("POST", *self.modern("tools/list", headers={"MCP-Protocol-Version": "2099-01-01"},
                                                 meta={version: "2099-01-01"}))[3]
        self.assertEqual(unknown["id"], 7)
        self.assertEqual(unknown["error"]["data"], {"supported": ["2026-07-28"], "requested": "2099-01-01"})


class Principals(EndToEnd):
    def test_a_session_and_its_streams_are_one_principals(self):
        backend = self.http_backend()
        tokens = [{"principal": who, "token": f"env:{who.upper()}"} for who in ("ada", "bob")]
        server = self.gateway(one_backend(http_backend_entry(backend), incomingAuth={"tokens": tokens},
                                          sessions={"keepAlive": "100ms"}), env={"ADA": "ada-1", "BOB": "bob-1"})
        ada, bob = ({"Authorization": f"Bearer {token}", **POST_ACCEPT} for token in ("ada-1", "bob-1"))
        wait_until(lambda: "sleep" in [tool["name"] for tool in
                                       server.modern("tools/list", headers=ada)[1]["result"]["tools"]], 20, "tools")
        status, headers, _ = server.post(StatusesAndCodes.INIT, ada)
        self.assertEqual(status, 200)
        session = {"Mcp-Session-Id": headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        call = RawExchange(server, "POST", {**ada, **session}, {
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "sleep", "arguments": {"ms": 1000}}})
        event = re.search(r"id: (\S+)\n", call.read_until(r"id: \S+\n")).group(1)
        for method, more in (("POST", {}), ("GET", {}), ("GET", {"Last-Event-ID": event}), ("DELETE", {})):
            with self.subTest(method, **more):
                theirs = RawExchange(server, method, {**bob, **session, **more}, StatusesAndCodes.PING)
                self.assertIn(" 404 ", theirs.read_until(r"\r\n\r\n").splitlines()[0])
        call.read_until(r'"id":1,"result"')
        mine = RawExchange(server, "GET", {**ada, **session, "Last-Event-ID": event})
        mine.read_until(r'"id":1,"result"')


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
