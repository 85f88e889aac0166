"""What must never take the gateway down: dying backends, hostile scripts, huge results, clients that leave."""

import json
import socket
import threading
import time
import unittest

from harness import (EndToEnd, KEEPS_FREED_MEMORY, LegacySession, PATIENCE, http_backend_entry, one_backend, stdio_backend, wait_until)

MIB = 1024 * 1024


class Faults(EndToEnd):
    def assert_alive(self, gateway):
        self.assertEqual(gateway.call("echo", {"message": "alive"})["content"][0]["text"], '{"message": "alive"}')

    def assert_memory_returns(self, gateway, before, slack_kib=48 * 1024):
        if KEEPS_FREED_MEMORY:
            return
        wait_until(lambda: gateway.rss_kib() < before + slack_kib, 15,
                   f"memory to fall back from {gateway.rss_kib()} to near {before} KiB")

    def test_backend_dies_in_the_middle_of_a_script_and_comes_back(self):
        gateway = self.gateway(one_backend(stdio_backend()))
        result = gateway.script('first = echo(message="one")\ncrash()\nreturn echo(message="never")')
        self.assertTrue(result["isError"])
        error = result["structuredContent"]["error"]
        self.assertEqual(error["type"], "tool_error")
        self.assertEqual(error["line"], 2)
        self.assertIn("tools", error["message"])
        ran = [(call["tool"], call["ok"]) for call in result["structuredContent"]["calls"]]
        self.assertEqual(ran, [("echo", True), ("crash", False)])
        wait_until(lambda: "isError" not in gateway.call("echo"), 15, "the backend to be back")
        self.assert_alive(gateway)

    def test_backend_that_is_not_there_fails_clearly_and_comes_back(self):
        backend = self.http_backend()
        gateway = self.gateway(one_backend(http_backend_entry(backend)))
        self.assert_alive(gateway)
        backend.stop(9)
        started = time.monotonic()
        result = gateway.call("echo")
        self.assertTrue(result["isError"])
        self.assertIn("backend 'tools'", result["content"][0]["text"])
        self.assertLess(time.monotonic() - started, 10 * PATIENCE)
        self.assertIn("echo", gateway.tools())
        self.http_backend(port=backend.port)
        wait_until(lambda: "isError" not in gateway.call("echo"), 40, "the backend to be back")

    def test_backend_that_is_down_at_the_start_appears_later(self):
        backend = self.http_backend()
        port = backend.port
        backend.stop(9)
        gateway = self.gateway(one_backend(http_backend_entry(backend)))
        self.assertEqual(gateway.tools(), ["execute_tool_script"])
        self.http_backend(port=port)
        wait_until(lambda: "echo" in gateway.tools(), 20, "the tools of the late backend")

    def test_a_backend_that_breaks_the_protocol_is_told_from_one_that_is_slow(self):
        for backend in (stdio_backend(), http_backend_entry(self.http_backend())):
            with self.subTest(backend["transport"]):
                gateway = self.gateway(one_backend(backend))
                started = time.monotonic()
                result = gateway.call("null_result")
                self.assertTrue(result["isError"])
                self.assertIn("backend 'tools'", result["content"][0]["text"])
                self.assertLess(time.monotonic() - started, 5 * PATIENCE)
                self.assert_alive(gateway)
                self.assertEqual(gateway.stop(), 0)

    def test_script_that_loops_for_ever(self):
        gateway = self.gateway(one_backend(stdio_backend(), codeMode={"stepLimit": 100000}))
        result = gateway.script("while True:\n    pass")
        self.assertEqual(result["structuredContent"]["error"]["type"], "step_limit")
        self.assert_alive(gateway)

    def test_script_that_waits_too_long(self):
        gateway = self.gateway(one_backend(stdio_backend(), codeMode={"scriptTimeout": "500ms"}))
        started = time.monotonic()
        result = gateway.script("print('before')\nsleep(ms=20000)")
        self.assertLess(time.monotonic() - started, 5 * PATIENCE)
        self.assertEqual(result["structuredContent"]["error"]["type"], "timeout")
        self.assertEqual(result["structuredContent"]["logs"], ["before"])
        self.assert_alive(gateway)

    def test_scripts_that_allocate_for_ever(self):
        gateway = self.gateway(one_backend(stdio_backend(), codeMode={"stepLimit": 1_000_000_000}))
        before = gateway.rss_kib()
        for source in ("x = []\nwhile True:\n    x.append('a' * 1000)", "s = 'a'\nwhile True:\n    s = s + s",
                       "return [0] * (1 << 40)", "x = {}\ni = 0\nwhile True:\n    x[i] = i\n    i += 1"):
            with self.subTest(source):
                result = gateway.script(source)
                self.assertEqual(result["structuredContent"]["error"]["type"], "memory_limit")
        self.assert_memory_returns(gateway, before)
        self.assert_alive(gateway)

    def test_a_fifty_megabyte_result(self):
        gateway = self.gateway(one_backend(stdio_backend()))
        self.assert_alive(gateway)
        before = gateway.rss_kib()
        result = gateway.call("big", {"bytes": 50 * MIB}, timeout=120)
        self.assertEqual(len(result["content"][0]["text"]), 50 * MIB)
        self.assert_memory_returns(gateway, before)
        result = gateway.call("big", {"bytes": 80 * MIB}, timeout=120)  # above limits.maxResponseBytes
        self.assertTrue(result["isError"])
        self.assertRegex(result["content"][0]["text"], r"backend 'tools'.*(large|limit|bytes)")
        wait_until(lambda: "isError" not in gateway.call("echo"), 15, "the backend to serve again")
        self.assert_memory_returns(gateway, before)

    def test_a_huge_result_inside_a_script_meets_its_memory_limit(self):
        gateway = self.gateway(one_backend(stdio_backend(), codeMode={"memoryLimit": "16MiB", "stepLimit": 1_000_000_000}))
        result = gateway.script(f"return len(big(bytes={40 * MIB}))", timeout=120)
        self.assertEqual(result["structuredContent"]["error"]["type"], "memory_limit")
        self.assert_alive(gateway)

    def test_a_modern_client_that_disconnects_cancels_its_call(self):
        backend = self.http_backend()
        gateway = self.gateway(one_backend(http_backend_entry(backend)))
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "execute_tool_script", "arguments": {"script": "sleep(ms=60000)"},
            "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                      "io.modelcontextprotocol/clientCapabilities": {}}}}).encode()
        client = socket.create_connection(("127.0.0.1", gateway.port))
        client.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       b"Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"
                       b"Mcp-Method: tools/call\r\nMcp-Name: execute_tool_script\r\n"
                       + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        time.sleep(0.5)
        client.close()
        records = wait_until(lambda: gateway.records("--all", "--status", "cancelled"), 15, "cancelled records")
        wait_until(lambda: len(gateway.records("--all", "--status", "cancelled")) == 2, 5,
                   "the script's record and its call's: " + str([r["tool_name"] for r in records]))
        self.assert_alive(gateway)

    def test_a_legacy_client_that_cancels(self):
        backend = self.http_backend()
        gateway = self.gateway(one_backend(http_backend_entry(backend)))
        session = LegacySession(gateway)
        answers = []
        caller = threading.Thread(target=lambda: answers.append(
            gateway.post({"jsonrpc": "2.0", "id": 77, "method": "tools/call",
                          "params": {"name": "sleep", "arguments": {"ms": 20000}}}, session.headers)))
        caller.start()
        time.sleep(0.5)
        status, _, _ = gateway.post({"jsonrpc": "2.0", "method": "notifications/cancelled",
                                     "params": {"requestId": 77}}, session.headers)
        self.assertEqual(status, 202)
        caller.join(10 * PATIENCE)
        self.assertFalse(caller.is_alive(), "a cancelled request must end")
        wait_until(lambda: gateway.records("--status", "cancelled"), 10, "a cancelled record")

    def test_a_thousand_clients_at_once(self):
        gateway = self.gateway(one_backend(stdio_backend()))
        self.assert_alive(gateway)
        before = gateway.rss_kib()
        body = json.dumps({"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {
            "name": "echo", "arguments": {"message": "m"},
            "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                      "io.modelcontextprotocol/clientCapabilities": {}}}}).encode()
        request = (b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
                   b"MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: echo\r\n"
                   + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        clients = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(1000)]
        for client in clients:
            client.sendall(request)
        good = 0
        for client in clients:
            client.settimeout(60 * PATIENCE)
            good += b" 200 OK" in client.recv(65536)
            client.close()
        self.assertEqual(good, 1000)
        self.assert_memory_returns(gateway, before)
        wait_until(lambda: len(gateway.records("--limit", "2000")) == 1001, 10, "a record of every call")

    def test_stops_politely_while_calls_run(self):
        gateway = self.gateway(one_backend(stdio_backend()))
        results = []
        caller = threading.Thread(target=lambda: results.append(gateway.call("sleep", {"ms": 1500})))
        caller.start()
        time.sleep(0.5)
        self.assertEqual(gateway.stop(), 0)
        caller.join(10)
        self.assertEqual(results[0]["content"][0]["text"], "slept")
        self.assertEqual(gateway.records()[0]["status"], "success")


if __name__ == "__main__":
    unittest.main()
