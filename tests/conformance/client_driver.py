"""One client scenario of the official suite, with the gateway as the client: the suite starts this with the URL of its
server, and watches what that server sees.

The gateway is configured with the server as its one backend, somebody logs in where the server wants it (this script is
their browser), and then lists and calls every tool through the gateway.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import PROGRAM, Gateway, wait_until  # noqa: E402

METADATA_URL = "https://conformance-test.local/client-metadata.json"
MAX_LOGINS = 3


def log_in(config):
    """Runs `larkspur login` and is its browser. True when it worked."""
    login = subprocess.Popen([PROGRAM, "login", str(config), "server", "--timeout", "10"],
                             stdout=subprocess.PIPE, text=True)
    url = login.stdout.readline().strip()
    if url:
        try:
            urllib.request.urlopen(url, timeout=10).read()
        except urllib.error.URLError as error:
            print("browser:", error, file=sys.stderr)
    return login.wait(timeout=30) == 0


def made_up(tool):
    """Arguments that fit the tool's schema."""
    values = {"number": 5, "integer": 5, "string": "text", "boolean": True, "array": [], "object": {}}
    properties = tool["inputSchema"].get("properties", {})
    return {name: values[schema.get("type", "string")] for name, schema in properties.items()}


def answer(question):
    """What a user would say: yes, with the form's defaults."""
    params = question.get("params", {})
    if question["method"] == "roots/list":
        return {"roots": []}
    if question["method"] == "sampling/createMessage":
        return {"role": "assistant", "model": "none", "content": {"type": "text", "text": "yes"}}
    properties = params.get("requestedSchema", {}).get("properties", {})
    values = {"string": "text", "number": 1, "integer": 1, "boolean": True}
    return {"action": "accept", "content": {name: schema.get("default", values.get(schema.get("type")))
                                            for name, schema in properties.items()}}


def header_value(value):
    """As 2026-07-28 writes an argument in a header: text that is no plain header value in base64."""
    text = value if isinstance(value, str) else json.dumps(value)
    plain = text.isascii() and text.isprintable() and text == text.strip() and not text.startswith("=?base64?")
    return text if plain else f"=?base64?{base64.b64encode(text.encode()).decode()}?="


def param_headers(schema, arguments):
    """The Mcp-Param-* headers of a call: what the tool's schema wants to see there."""
    headers = {}
    for name, property in schema.get("properties", {}).items():
        value = arguments.get(name)
        if value is not None and "x-mcp-header" in property:
            headers["Mcp-Param-" + property["x-mcp-header"]] = header_value(value)
        if isinstance(value, dict):
            headers.update(param_headers(property, value))
    return headers


def call_tool(gateway, call, tool):
    """tools/call, and what it takes to get to its end."""
    headers = param_headers(tool["inputSchema"], call["arguments"]) if tool else {}
    more = {}
    while True:
        _, message = gateway.modern("tools/call", {
            "name": call["name"], "arguments": call["arguments"],
            "_meta": {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}, "sampling": {}, "roots": {}}},
            **more}, headers=headers)
        result = message.get("result", {})
        if result.get("resultType") != "input_required":
            return message
        more = {"inputResponses": {key: answer(each) for key, each in result.get("inputRequests", {}).items()}}
        if "requestState" in result:
            more["requestState"] = result["requestState"]


def main(url):
    scenario = os.environ["MCP_CONFORMANCE_SCENARIO"]
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    oauth = {"grant": "authorization_code", "clientMetadataUrl": METADATA_URL}
    env = {}
    if "client_id" in context:
        oauth["clientId"] = context["client_id"]
    if "client_secret" in context:
        os.environ["SUITE_SECRET"] = context["client_secret"]
        oauth["clientSecret"] = "env:SUITE_SECRET"
    if scenario.startswith("auth/client-credentials"):
        oauth["grant"] = "client_credentials"
    protected = scenario.startswith("auth/")
    backend = {"name": "server", "transport": "streamable-http", "url": url, **({"oauth": oauth} if protected else {})}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        config = {"backends": [backend], "aggregation": {"conflictResolution": "priority"},
                  "stateDirectory": str(folder / "state")}
        path = folder / "login.yaml"
        path.write_text(json.dumps(config))
        logins = 0
        if protected and oauth["grant"] == "authorization_code":
            logins += 1
            if not log_in(path):
                return 1
        gateway = Gateway(folder, config, env=env)
        try:
            def asks_for_login(text):
                """True after another login, where the gateway wants one."""
                nonlocal logins
                if "larkspur login" not in text or logins == MAX_LOGINS:
                    return False
                logins += 1
                return log_in(path)

            if not gateway.tools():
                asks_for_login("\n".join(gateway.lines))
            wait_until(gateway.tools, 20, "tools")
            listed = gateway.modern("tools/list")[1]["result"]["tools"]
            tools = {tool["name"]: tool for tool in listed}
            for call in context.get("toolCalls") or [{"name": tool["name"], "arguments": made_up(tool)} for tool in listed]:
                while True:
                    message = call_tool(gateway, call, tools.get(call["name"]))
                    print(json.dumps(message), file=sys.stderr)
                    if not asks_for_login(json.dumps(message)):
                        break
        finally:
            gateway.stop()
            print("\n".join(gateway.lines), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[-1]))
