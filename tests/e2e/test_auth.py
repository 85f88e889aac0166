"""Who may come in, and what each may use: tokens of a real issuer, fixed tokens, rules."""

import http.client
import json
import unittest

from harness import EndToEnd, free_port, http_backend_entry, one_backend, stdio_backend, wait_until
from issuer import Issuer

RESOURCE = "https://mcp.example/mcp"


class Auth(EndToEnd):
    def setUp(self):
        super().setUp()
        self.issuer = Issuer(self.cwd)
        self.addCleanup(self.issuer.stop)

    def protected(self, backend=None, rules=None, **more):
        auth = {"resource": RESOURCE, "issuers": [{"issuer": self.issuer.url}],
                "tokens": [{"principal": "ci", "token": "env:CI_TOKEN", "scopes": ["mcp"]}],
                "rules": rules or [], **more}
        return self.gateway(one_backend(backend or stdio_backend(), incomingAuth=auth), env={"CI_TOKEN": "fixed-s3cret"})

    def headers(self, **claims):
        return {"Authorization": "Bearer " + self.issuer.token(**{"sub": "ada", "aud": RESOURCE, **claims})}

    def get(self, gateway, path):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer, answer.read()

    def names(self, gateway, headers):
        status, message = gateway.modern("tools/list", headers=headers)
        self.assertEqual(status, 200, message)
        return [tool["name"] for tool in message["result"]["tools"]]

    def test_from_the_challenge_to_a_call(self):
        gateway = self.protected(scopes=["mcp"])
        status, headers, _ = gateway.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        self.assertEqual(status, 401)
        challenge = headers["www-authenticate"]
        self.assertIn('resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp"', challenge)
        self.assertIn('scope="mcp"', challenge)

        answer, body = self.get(gateway, "/.well-known/oauth-protected-resource/mcp")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("Access-Control-Allow-Origin"), "*")
        metadata = json.loads(body)
        self.assertEqual(metadata["resource"], RESOURCE)
        self.assertEqual(metadata["authorization_servers"], [self.issuer.url])

        status, message = gateway.modern("tools/call", {"name": "echo", "arguments": {"message": "hi"}},
                                         headers=self.headers(scope="mcp other"))
        self.assertEqual(status, 200, message)
        record = wait_until(gateway.records, what="a record")[0]
        self.assertEqual(record["principal"]["id"], "ada")
        self.assertEqual(record["principal"]["issuer"], self.issuer.url)

    def test_what_is_refused(self):
        gateway = self.protected(scopes=["mcp"])
        for status, headers in [
                (401, {"Authorization": "Bearer fixed-s3creT"}),
                (401, {"Authorization": "Basic YTpi"}),
                (401, self.headers(aud="https://other.example/mcp", scope="mcp")),
                (401, self.headers(exp=1, scope="mcp")),
                (403, self.headers(scope="other"))]:
            self.assertEqual(gateway.modern("tools/list", headers=headers)[0], status, headers)
        self.assertEqual(gateway.modern("tools/list", headers={"Authorization": "Bearer fixed-s3cret"})[0], 200)

    def test_a_session_belongs_to_who_opened_it(self):
        gateway = self.protected()
        ada, bob = self.headers(), self.headers(sub="bob")
        body = {"jsonrpc": "2.0", "id": 0, "method": "initialize",
                "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}}
        status, headers, _ = gateway.post(body, ada)
        self.assertEqual(status, 200)
        session = {"Mcp-Session-Id": headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        self.assertEqual(gateway.post(ping, {**session, **ada})[0], 200)
        self.assertEqual(gateway.post(ping, {**session, **bob})[0], 404)
        self.assertEqual(gateway.post(ping, session)[0], 401)
        self.assertEqual(gateway.post(ping, {**session, **ada})[0], 200)

    def test_what_is_listed_is_what_can_be_called_by_clients_and_scripts(self):
        gateway = self.protected(rules=[
            {"principals": ["a*"], "tools": ["ech?", "execute_tool_script"]},
            {"scopes": ["ops"]}])
        ada, bob, ops = self.headers(), self.headers(sub="bob"), self.headers(sub="bob", scope="ops")
        self.assertEqual(sorted(self.names(gateway, ada)), ["echo", "execute_tool_script"])
        self.assertEqual(self.names(gateway, bob), [])
        self.assertIn("crash", self.names(gateway, ops))

        def call(tool, headers, **arguments):
            return gateway.modern("tools/call", {"name": tool, "arguments": arguments}, headers=headers)[1]
        self.assertIn("result", call("echo", ada))
        self.assertEqual(call("echo", bob)["error"]["code"], -32602)
        self.assertEqual(call("execute_tool_script", bob, script="return 1")["error"]["code"], -32602)
        denied = call("big", ada)["error"]
        unknown = call("nonsense", ada)["error"]
        self.assertEqual(denied["message"].replace("big", "nonsense"), unknown["message"])
        script = call("execute_tool_script", ada, script='return [echo(message="x"), call_tool("bi" + "g")]')["result"]
        self.assertTrue(script["isError"])
        self.assertIn("Unknown tool: 'big'", json.dumps(script))

    def test_principals_do_not_meet_in_a_server_that_keeps_something(self):
        backend = self.http_backend("--record-headers")
        for entry in (stdio_backend(), http_backend_entry(backend)):
            gateway = self.protected(entry)
            ada, bob = self.headers(), self.headers(sub="bob")

            def count(headers):
                result = gateway.modern("tools/call", {"name": "count", "arguments": {}}, headers=headers)[1]["result"]
                return json.loads(result["content"][0]["text"])["total"]
            counts = [count(ada), count(ada), count(bob)]
            if entry["transport"] == "stdio":  # a process for each
                self.assertEqual(counts, [1, 2, 1])
            gateway.stop()
        sessions = {line.split(":")[1].strip() for line in (self.cwd / "headers.txt").read_text().splitlines()
                    if line.lower().startswith("mcp-session-id")}
        self.assertGreaterEqual(len(sessions), 3)  # the one that lists, ada's and bob's

    def test_the_clients_token_goes_nowhere_else(self):
        backend = self.http_backend("--record-headers")
        gateway = self.protected(http_backend_entry(backend))
        token = self.headers()
        self.assertEqual(gateway.modern("tools/call", {"name": "echo", "arguments": {}}, headers=token)[0], 200)
        seen = (self.cwd / "headers.txt").read_text().lower()
        self.assertIn("mcp-method", seen)
        self.assertNotIn("authorization", seen)
        gateway.stop()
        secret = token["Authorization"].split(".")[2]
        for path in self.cwd.rglob("*"):
            if path.is_file():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)
        self.assertNotIn(secret, "\n".join(gateway.lines))

    def test_other_machines_only_with_credentials(self):
        port = free_port()
        gateway = self.gateway({"listen": {"address": "0.0.0.0", "port": port}, **one_backend(stdio_backend()),
                                "incomingAuth": {"tokens": [{"principal": "ci", "token": "env:CI_TOKEN"}]}},
                               env={"CI_TOKEN": "fixed-s3cret"})
        self.assertEqual(gateway.modern("tools/list")[0], 401)
        self.assertEqual(gateway.modern("tools/list", headers={"Authorization": "Bearer fixed-s3cret"})[0], 200)


if __name__ == "__main__":
    unittest.main()
