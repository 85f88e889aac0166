"""Both eras by hand: what is answered, with which status and which code, down to the bytes."""

import json
import unittest

from harness import EndToEnd, LEGACY, LegacySession, MODERN, last_message, one_backend, stdio_backend, wait_until


class Protocol(EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = self.gateway(one_backend(stdio_backend()))

    def test_legacy_session_from_initialize_to_delete(self):
        session = LegacySession(self.server)
        self.assertEqual(session.initialized["protocolVersion"], LEGACY)
        self.assertTrue(session.initialized["capabilities"]["tools"]["listChanged"])
        self.assertEqual(session.request("ping")[1]["result"], {})
        names = [tool["name"] for tool in session.request("tools/list")[1]["result"]["tools"]]
        self.assertIn("echo", names)
        self.assertEqual(session.call("echo", {"a": 1})["content"][0]["text"], '{"a": 1}')
        self.assertIn(session.close(), (200, 204))
        self.assertEqual(session.request("ping")[0], 404)

    def test_legacy_versions_are_negotiated(self):
        self.assertEqual(LegacySession(self.server, "2025-06-18").initialized["protocolVersion"], "2025-06-18")
        self.assertEqual(LegacySession(self.server, "1999-01-01").initialized["protocolVersion"], LEGACY)

    def test_modern_discovers_and_calls_without_a_session(self):
        status, message = self.server.modern("server/discover")
        self.assertEqual(status, 200)
        self.assertIn(MODERN, message["result"]["supportedVersions"])
        self.assertEqual(message["result"]["resultType"], "complete")
        status, message = self.server.modern("tools/call", {"name": "echo", "arguments": {"b": 2}}, id="seven")
        self.assertEqual(message["id"], "seven")
        self.assertEqual(message["result"]["resultType"], "complete")
        self.assertEqual(message["result"]["content"][0]["text"], '{"b": 2}')

    def test_bytes_pass_as_they_are(self):
        raw = self.server.post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "structured", "_meta": {"io.modelcontextprotocol/protocolVersion": MODERN,
                                            "io.modelcontextprotocol/clientCapabilities": {}}}},
            {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "structured"})[2]
        self.assertIn(b'"structuredContent":{"id": 12345678901234567890, "ratio": 1.0}', raw)
        self.assertIn(b'"futureMember":{"kept": [1.5, 1000.0]}', raw)
        status, message = self.server.modern("tools/list")
        self.assertIn('"x-unknown": {"n": 1.0}', json.dumps(message))

    def test_progress_reaches_the_client_with_its_own_token(self):
        status, headers, body = self.server.post(
            {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {
                "name": "progress", "arguments": {"steps": 3},
                "_meta": {"io.modelcontextprotocol/protocolVersion": MODERN,
                          "io.modelcontextprotocol/clientCapabilities": {}, "progressToken": 0}}},
            {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "progress"})
        self.assertTrue(headers["content-type"].startswith("text/event-stream"))
        events = [json.loads(line[5:]) for line in body.decode().splitlines() if line.startswith("data:")]
        progress = [e["params"] for e in events if e.get("method") == "notifications/progress"]
        self.assertEqual([p["progress"] for p in progress], [1, 2, 3])
        self.assertEqual({json.dumps(p["progressToken"]) for p in progress}, {"0"})
        self.assertEqual(events[-1]["result"]["content"][0]["text"], "done")

    def test_changed_tools_reach_clients(self):
        self.assertNotIn("brand_new", self.server.tools())
        self.server.call("grow", {"name": "brand_new"})
        wait_until(lambda: "brand_new" in self.server.tools(), 5, "the new tool")
        result = self.server.script("return brand_new(x=1)")
        self.assertEqual(result["structuredContent"], {"result": {"x": 1}})

    def check(self, body, headers, status, code, says=None):
        got, _, answer = self.server.post(body, headers)
        message = last_message(answer) if answer.startswith(b"{") else {}
        self.assertEqual((got, message.get("error", {}).get("code")), (status, code), answer)
        if says:
            self.assertIn(says, message["error"]["message"])
        self.assertEqual(self.server.modern("tools/list")[0], 200)

    def test_bad_input(self):
        modern = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": "echo"}
        meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}

        def call(**params):
            return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"_meta": meta, **params}}

        self.check(b"{", modern, 400, -32700)
        self.check(b'{"jsonrpc":"2.0","id":1,"method":"ping","x":"\xff"}', modern, 400, -32700)
        self.check(b"[]", modern, 400, -32600)
        self.check({"id": 1, "method": "ping"}, modern, 400, -32600)
        self.check(call(name="echo"), {**modern, "Mcp-Method": "tools/list"}, 400, -32020)
        self.check(call(name="echo"), {**modern, "Mcp-Name": "other"}, 400, -32020)
        self.check(call(name="echo"), {"Mcp-Method": "tools/call", "Mcp-Name": "echo"}, 400, -32020)
        self.check(call(name="echo", arguments=[1]), modern, 200, -32602, "arguments")
        self.check(call(name="nope"), {**modern, "Mcp-Name": "nope"}, 200, -32602, "nope")
        self.check({"jsonrpc": "2.0", "id": 1, "method": "tools/dance", "params": {"_meta": meta}},
                   {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/dance"}, 404, -32601)
        other = {**meta, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}
        self.check({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": other}},
                   {"MCP-Protocol-Version": "2099-01-01", "Mcp-Method": "tools/list"}, 400, -32022)
        self.check({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, {}, 400, -32000)
        self.check({"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
                   {"Mcp-Session-Id": "unknown", "MCP-Protocol-Version": LEGACY}, 404, -32001)
        self.assertEqual(self.server.post(b"x", {"Content-Type": "text/plain"})[0], 415)
        self.assertEqual(self.server.post(b'"' + b"x" * (17 << 20) + b'"', modern)[0], 413)
        self.assertEqual(self.server.post({}, {**modern, "Origin": "http://evil.example"})[0], 403)
        self.assertEqual(self.server.post({}, {**modern, "Host": "evil.example"})[0], 403)

    def test_every_call_that_was_refused_has_its_record(self):
        self.server.modern("tools/call", {"name": "nope"})
        record = wait_until(lambda: self.server.records("--tool", "nope"), 5, "the record")[0]
        self.assertEqual(record["status"], "failed")
        self.assertEqual(record["metadata"]["failure_stage"], "validate_input")


if __name__ == "__main__":
    unittest.main()
