"""What passes through the gateway keeps its bytes: every spelling of odd_backend.py, in both eras on both sides."""

import json
import pathlib
import sys
import unittest

from harness import EndToEnd, LEGACY, LegacySession, MODERN, Process, wait_until
from odd_backend import ANSWERS, ERRORS, RESULTS, split

ODD = str(pathlib.Path(__file__).with_name("odd_backend.py"))
ARGUMENTS = [
    '{}', '{"n":1.0}', '{ "n" : 1e3 , "m":[ ]}', '{"n":12345678901234567890,"o":-0.0}', r'{"s":"\u00fc\/ü😀\u0000"}',
    '{"arguments":{"arguments":{"n":1.00}}}', '{"":1,"b":2,"a":3}', '{"n":0.1000000000000000055511151231257827}',
]
# What a gateway stamps on a result of the modern era.
STAMPS = ("resultType", "ttlMs", "cacheScope", "_meta")


def first_difference(what, wanted, got):
    """Nothing, or where two texts begin to differ and how."""
    if wanted == got:
        return None
    at = next((i for i, (a, b) in enumerate(zip(wanted, got)) if a != b), min(len(wanted), len(got)))
    around = slice(max(0, at - 60), at + 60)
    return f"{what}: differs from byte {at} on\nwanted: ...{wanted[around]!r}\n   got: ...{got[around]!r}"


def own(result):
    """A result without what the gateway stamps on it."""
    kept = [(key, raw) for key, raw in split(result) if key not in STAMPS]
    meta = [each for each in split(dict(split(result)).get("_meta", "{}")) if each[0] != "io.modelcontextprotocol/serverInfo"]
    return repr((kept, meta))


def message_read(error):
    """An error whose message, which is for people, is compared as what it says."""
    return repr([(key, json.loads(raw) if key == "message" else raw) for key, raw in split(error)])


class SameBytes(EndToEnd):
    def start(self, *options):
        odd = Process([sys.executable, ODD, *options], self.cwd)
        self.addCleanup(lambda: odd.child.poll() is None and odd.stop(9))
        port = int(odd.wait_for(r"listening on (\d+)").group(1))
        server = self.gateway({
            "backends": [{"name": "odd", "transport": "streamable-http", "url": f"http://127.0.0.1:{port}/mcp"}],
            "aggregation": {"conflictResolution": "priority"}})
        wait_until(lambda: "numbers" in server.tools(), what="the backend's tools")
        return server

    def ask(self, server, session, method, params):
        """The text of a request's result or error. `params` is the text of its members."""
        if session:
            body = f'{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{{{params}}}}}'
            headers = session.headers
        else:
            meta = f'"_meta":{{"io.modelcontextprotocol/protocolVersion":"{MODERN}","io.modelcontextprotocol/clientCapabilities":{{}}}}'
            body = f'{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{{{meta}{"," if params else ""}{params}}}}}'
            headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
            name = json.loads(f"{{{params}}}")
            if "name" in name or "uri" in name:
                headers["Mcp-Name"] = name.get("name", name.get("uri"))
        status, _, answer = server.post(body.encode(), headers)
        self.assertEqual(status, 200, answer)
        members = dict(split(answer.decode()))
        return members.get("result", members.get("error"))

    def requests(self):
        for (method, name), wanted in {**ANSWERS, **ERRORS}.items():
            if method == "server/discover":
                continue
            params = f'"uri":"{name}"' if method == "resources/read" else f'"name":"{name}"' if name else ""
            if method == "completion/complete":
                params = '"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"who","value":"a"}'
            yield method, name, params, wanted

    def check_everything(self, *options):
        server = self.start(*options)
        for era, session in ((LEGACY, LegacySession(server)), (MODERN, None)):
            for method, name, params, wanted in self.requests():
                with self.subTest(f"{era} {method} {name}"):
                    got = self.ask(server, session, method, params)
                    if method.endswith("/list"):  # merged, so only each item is somebody's own
                        wanted, got = (dict(split(text))[split(wanted)[0][0]] for text in (wanted, got))
                    elif (method, name) in ERRORS:
                        wanted, got = message_read(wanted), message_read(got)
                    elif session is None or "resultType" in json.loads(wanted):
                        self.assertEqual(dict(split(got)).get("resultType"), None if session else '"complete"')
                        wanted, got = own(wanted), own(got)
                    self.assertIsNone(first_difference(method, wanted, got))
            for arguments in ARGUMENTS:
                with self.subTest(f"{era} {arguments}"):
                    result = json.loads(self.ask(server, session, "tools/call", f'"name":"arguments","arguments":{arguments}'))
                    self.assertIsNone(first_difference("arguments", arguments, result["content"][0]["text"]))

    def test_from_a_modern_server(self):
        self.check_everything()

    def test_from_a_legacy_server(self):
        self.check_everything("--legacy")

    def test_the_comparison_sees_a_byte(self):
        self.assertIsNone(first_difference("x", RESULTS["numbers"], RESULTS["numbers"]))
        self.assertIn("byte 6 on", first_difference("x", '{"a":1.0}', '{"a":1}'))
        self.assertNotEqual(own('{"a":1.0,"ttlMs":0}'), own('{"a":1,"ttlMs":5}'))


if __name__ == "__main__":
    unittest.main()
