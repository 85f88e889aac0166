"""The official clients get the same answers through the gateway as from the server itself, and so do the inspector and
mcp-remote: what they make of an answer is compared as text, byte by byte."""

import copy
import json
import subprocess
import sys
import unittest

from harness import EndToEnd, MODERN, NODE, PATIENCE, PEERS, Process, free_port, wait_until
from test_same_bytes import ODD, first_difference

BIN = PEERS / "node_modules/.bin"
# What a client can do; server-everything has tools for those alone who can.
ABLE = {"sampling": {}, "elicitation": {"form": {}, "url": {}}, "roots": {"listChanged": True}}
CLIENTS = ("v1", "legacy", "auto", "modern")  # of tests/peers/ask.mjs
LISTS = [{"method": f"{kind}/list"} for kind in ("tools", "prompts", "resources", "resources/templates")]


def call(name, /, **arguments):
    return {"method": "tools/call", "params": {"name": name, "arguments": arguments}}


def get(name, /, **arguments):
    return {"method": "prompts/get", "params": {"name": name, "arguments": arguments}}


def read(uri):
    return {"method": "resources/read", "params": {"uri": uri}}


def complete(ref, name, value, /, **arguments):
    kind = {"type": "ref/resource", "uri": ref} if "://" in ref else {"type": "ref/prompt", "name": ref}
    return {"method": "completion/complete", "params": {
        "ref": kind, "argument": {"name": name, "value": value}, **({"context": {"arguments": arguments}} if arguments else {})}}


# What every client asks of which server. What is not known is refused by the gateway itself, so only its code is the same.
EVERYTHING = LISTS + [
    call("echo", message="ü\n\u2028😀 \"\\"), call("get-sum", a=1.5, b=-2e10), call("get-sum", a="x"),
    call("get-structured-content", location="Chicago"), call("get-tiny-image"), call("get-annotated-message", messageType="error"),
    call("get-resource-links", count=3), call("get-resource-reference", resourceType="Blob", resourceId=0),
    get("simple-prompt"), get("args-prompt", city="Köln"), get("args-prompt"), get("completable-prompt", department="Sales", name="David"),
    read("demo://resource/static/document/architecture.md"), read("demo://nothing"),
    complete("completable-prompt", "department", "S"), complete("completable-prompt", "name", "D", department="Sales"),
    complete("demo://resource/dynamic/text/{resourceId}", "resourceId", "1"),
]
FIXTURE = LISTS + [
    call("test_simple_text"), call("no-such-tool"), call("test_image_content"), call("test_audio_content"), call("test_embedded_resource"),
    call("test_multiple_content_types"), call("test_error_handling"), call("json_schema_2020_12_tool", name="x", phone="1", contactMethod="phone"),
    call("json_schema_2020_12_tool", name=1), call("test_x_mcp_header", region="ü, west "), call("test_tool_with_logging"),
    get("test_simple_prompt"), get("test_prompt_with_arguments", arg1="a", arg2="b"), get("test_prompt_with_arguments", arg1="a"),
    get("test_prompt_with_embedded_resource", resourceUri="a://b"), get("test_prompt_with_image"), get("no-such-prompt"),
    read("test://static-text"), read("test://static-binary"), read("test://template/1%2F2/data"), read("test://nothing"),
    complete("test_prompt_with_arguments", "arg1", "pa"),
]
ODDITIES = LISTS + [call(name) for name in ("numbers", "escapes", "spaces", "media", "resources", "failure", "nothing", "stamped")] + [
    call("arguments", n=1e21, m=0.1, s="\u0000ü", deep=[[{"": None}]]), get("greet"), get("broken"), read("odd://a"), complete("greet", "who", "a")]


def own(answer, across_eras=False):
    """An answer without what a gateway says for itself: who serves, and how long the answer holds. Across eras, the second
    SDK's order of members differs, and it leaves out what a tool says of the first era's tasks."""
    if result := answer.get("result"):
        for stamp in ("resultType", "ttlMs", "cacheScope"):
            result.pop(stamp, None)
        if meta := result.pop("_meta", None):
            meta.pop("io.modelcontextprotocol/serverInfo", None)
        if meta:
            result["_meta"] = meta
        for tool in result.get("tools", []) if across_eras else []:
            tool.pop("execution", None)
    elif answer["error"]["code"] in (-32602, -32002) and refused_unknown(answer["error"]["message"]):
        answer["error"] = "unknown"
    return json.dumps(answer, ensure_ascii=False, sort_keys=across_eras)


def refused_unknown(message):
    return any(word in message.lower() for word in ("not found", "unknown"))


class SameAnswers(EndToEnd):
    def front(self, url):
        """A gateway in front of one server."""
        server = self.gateway({"backends": [{"name": "only", "transport": "streamable-http", "url": url}],
                               "aggregation": {"conflictResolution": "priority"}})
        wait_until(server.tools, 30, "the server's tools")
        return server

    def serve(self, *argv):
        server = Process(list(map(str, argv)), self.cwd, {"PORT": str(free_port())})
        self.addCleanup(lambda: server.child.poll() is None and server.stop(9))
        port = server.wait_for(r"listening on (?:port )?(\d+)").group(1)
        return f"http://127.0.0.1:{port}/mcp"

    def node(self, *argv, input=None):
        done = subprocess.run([NODE, *map(str, argv)], capture_output=True, text=True, input=input, cwd=self.cwd,
                              timeout=120 * PATIENCE, env={"HOME": str(self.cwd), "PATH": "/usr/bin:/bin"})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def ask(self, client, url, requests):
        """What was negotiated, and the answers."""
        lines = self.node(PEERS / "ask.mjs", client, url, input="\n".join(map(json.dumps, requests))).split("\n")
        negotiated, *answers = map(json.loads, filter(None, lines))
        self.assertEqual(len(answers), len(requests))
        return negotiated["version"], answers

    def compare(self, requests, wanted, got, **how):
        for request, one, other in zip(requests, wanted, got):
            with self.subTest(json.dumps(request)):
                self.assertIsNone(first_difference("answer", own(one, **how), own(other, **how)))

    def check_clients(self, url, requests, eras):
        server = self.front(url)
        direct = {}
        for client in CLIENTS:
            with self.subTest(client):
                # The gateway alone speaks the modern era where its server does not, or not well.
                beside = client if eras == "both" or client == "v1" else "legacy"
                if beside not in direct:
                    direct[beside] = self.ask(beside, url, requests)[1]
                version, through = self.ask(client, server.url, requests)
                self.assertEqual(version == MODERN, client in ("auto", "modern"))
                self.compare(requests, copy.deepcopy(direct[beside]), through, across_eras=beside != client)

    def test_in_front_of_server_everything(self):
        self.check_clients(self.serve(NODE, BIN / "mcp-server-everything", "streamableHttp"), EVERYTHING, "legacy")

    def test_in_front_of_a_server_of_both_eras(self):
        self.check_clients(self.serve(NODE, PEERS / "conformance_server.mjs", "both"), FIXTURE, "both")

    def test_in_front_of_an_odd_server(self):
        self.check_clients(self.serve(sys.executable, ODD), ODDITIES, "legacy")

    def inspect(self, url, era, request):
        params = request.get("params", {})
        flags = {"tools/call": ["--tool-name", params.get("name"), "--tool-args-json", json.dumps(params.get("arguments"))],
                 "prompts/get": ["--prompt-name", params.get("name"), "--prompt-args",
                                 *[f"{k}={v}" for k, v in (params.get("arguments") or {}).items()]],
                 "resources/read": ["--uri", params.get("uri")]}.get(request["method"], [])
        said = json.loads(self.node(BIN / "mcp-inspector", "--cli", url, "--transport", "http", "--protocol-era", era,
                                    "--method", request["method"], *flags, "--format", "json"))
        return {"result": said["result"]}

    def test_the_inspector_in_every_era(self):
        url = self.serve(NODE, PEERS / "conformance_server.mjs", "both")
        server = self.front(url)
        for era in ("legacy", "auto", "modern"):
            for request in (LISTS[0], call("test_multiple_content_types"), get("test_prompt_with_arguments", arg1="a", arg2="b"),
                            read("test://static-binary")):
                with self.subTest(f"{era} {request}"):
                    wanted, got = (own(self.inspect(each, era, request)) for each in (url, server.url))
                    self.assertIsNone(first_difference("output", wanted, got))

    def remote(self, url, requests):
        """The answers that a client on standard streams gets of mcp-remote."""
        bridge = subprocess.Popen([NODE, str(BIN / "mcp-remote"), url, "--allow-http", "--transport", "http-only"], cwd=self.cwd,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  env={"HOME": str(self.cwd), "PATH": "/usr/bin:/bin"})
        try:
            def ask(id, method, params=None):
                bridge.stdin.write(json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}}) + "\n")
                bridge.stdin.flush()
                for line in bridge.stdout:
                    if (answer := json.loads(line)).get("id") == id:
                        return {key: answer[key] for key in ("result", "error") if key in answer}
                raise AssertionError("mcp-remote ended")

            version = ask(0, "initialize", {"protocolVersion": "2025-11-25", "capabilities": ABLE, "clientInfo": {"name": "x", "version": "1"}})
            self.assertEqual(version["result"]["protocolVersion"], "2025-11-25")
            bridge.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
            return [ask(i + 1, request["method"], request.get("params")) for i, request in enumerate(requests)]
        finally:
            bridge.kill()
            bridge.wait()
            bridge.stdin.close()
            bridge.stdout.close()

    def test_mcp_remote(self):
        for url, requests in ((self.serve(NODE, PEERS / "conformance_server.mjs", "both"), FIXTURE),
                              (self.serve(NODE, BIN / "mcp-server-everything", "streamableHttp"), EVERYTHING)):
            with self.subTest(url):
                server = self.front(url)
                self.compare(requests, self.remote(url, requests), self.remote(server.url, requests))
                server.stop()


if __name__ == "__main__":
    unittest.main()
