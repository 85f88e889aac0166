"""What the tests of the Alibaba Cloud tools share: a gateway before the stand-in, and what holds of every record."""

import http.client
import json

from alibaba import CLUSTER, Services
from harness import MODERN, EndToEnd, wait_until

KEY, SECRET, TOKEN = "LTAI5tCANARYcanaryCANARY", "canarySecretCanarySecret0000", "CAIScanaryTokenCanaryToken=="
OWN_KEY, OWN_SECRET = "LTAI5tOWNownOWNownOWNown", "ownSecretOwnSecretOwnSecret"
ENVIRONMENT = {"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
               "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN}


class AlibabaCase(EndToEnd):
    def setUp(self):
        super().setUp()
        self.services = Services({KEY: (SECRET, TOKEN), OWN_KEY: (OWN_SECRET, "")})
        self.addCleanup(self.services.close)

    def start(self, tools=None, env=None, config=None, **more):
        """`tools`: beside alibabaCloud; `env`: instead of the keys in the environment; `more`: of alibabaCloud."""
        settings = {"enabled": True, "endpoints": self.services.endpoints(), "diagnosisPollInterval": "20ms",
                    "inspectionPollInterval": "20ms", **more}
        runtime = self.cwd / "run"
        runtime.mkdir(exist_ok=True)
        return self.gateway({"tools": {"alibabaCloud": settings, **(tools or {})}, "codeMode": {"enabled": True}, **(config or {})},
                            env={"HOME": str(self.cwd), "XDG_RUNTIME_DIR": str(runtime), **(ENVIRONMENT if env is None else env)})

    def secrets(self):
        found = {text for secret, token in self.services.keys.values() for text in (secret, token) if text}
        identity = self.services.identity
        return found | {KEY, identity.oidc_token, identity.imds_token, "hashCANARYhash0123", "authTokenCANARY0123"}

    def finish(self, gateway):
        """The record of the last call; every hit is in its api_calls, and nothing secret is anywhere."""
        gateway.stop()
        records = gateway.records("--all", "--limit", "1000")
        counted = 0
        for record in records:
            for call in record["api_calls"]:
                if call["kind"] not in ("kubectl", "kubeconfig", "endpoint"):
                    counted += call.get("attempts", 1) - 1 + max(1, call.get("poll_count", 1))
        self.assertEqual(counted, len(self.services.hits), (records, self.services.hits))
        everything = json.dumps(records) + "\n".join(gateway.lines)
        for secret in self.secrets():
            self.assertNotIn(secret, everything)
        return records[0]

    def result(self, gateway, tool, **arguments):
        answer = gateway.call(tool, {"cluster_id": CLUSTER, **arguments} if tool != "list_clusters" else arguments)
        self.assertNotIn(SECRET, json.dumps(answer))
        return answer

    def good(self, gateway, tool, **arguments):
        answer = self.result(gateway, tool, **arguments)
        self.assertFalse(answer.get("isError", False), answer)
        return answer["structuredContent"]

    def begin(self, gateway, tool, arguments):
        """A call whose answer nobody has read yet: its connection."""
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        connection.request("POST", "/mcp", json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments, "_meta": {
                "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}}}), {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/call", "Mcp-Name": tool})
        return connection

    def last_record(self, gateway):
        return wait_until(lambda: gateway.records("--limit", "1"), 20, "a record")[0]
