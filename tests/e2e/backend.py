"""An MCP server for tests, of the 2025-11-25 era, over standard streams or HTTP.

  backend.py                  standard streams
  backend.py --http PORT

TOOLS below says what there is. Everything that arrives is counted, so that tests can compare: the tool "count"
says how often tools ran, and --hits FILE gets a line with the tool's name for every tools/call that reaches us.
"""

import argparse
import json
import os
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--http", type=int)
parser.add_argument("--slow-start", type=float, default=0)
parser.add_argument("--hits")
parser.add_argument("--record-headers", action="store_true", help="appends every request's to headers.txt")
options = parser.parse_args()


def schema(**properties):
    return {"type": "object", "properties": {k: {"type": v} for k, v in properties.items()}}


TOOLS = {
    "echo": ("Gives back its arguments.", schema(message="string")),
    "sleep": ("Waits.", schema(ms="integer")),
    "big": ("Gives so many bytes of text.", schema(bytes="integer")),
    "fail": ("Fails with a message.", schema(message="string")),
    "crash": ("Ends the server.", schema()),
    "count": ("How often tools were called.", schema()),
    "progress": ("Reports its progress.", schema(steps="integer")),
    "grow": ("Adds a tool.", schema(name="string")),
    "null_result": ("Breaks the protocol: its result is null.", schema()),
    "meta": ("Gives back the _meta that it got.", schema()),
    "forget": ("Forgets its sessions, as a server that restarts does.", schema()),
    "structured": ("A result with structured content and members nobody knows.", schema()),
}
calls = {"total": 0, "cancelled": 0}
lock = threading.Lock()


def text(value, **more):
    return {"content": [{"type": "text", "text": value}], **more}


def note_hit(message):
    if options.hits and message.get("method") == "tools/call":
        with lock, open(options.hits, "a") as hits:
            hits.write(message["params"]["name"] + "\n")


def call_tool(params, notify):
    name, arguments = params["name"], params.get("arguments") or {}
    with lock:
        calls["total"] += 1
    if name == "sleep":
        time.sleep(arguments.get("ms", 0) / 1000)
        return text("slept")
    if name == "big":
        return text("x" * arguments["bytes"])
    if name == "fail":
        return text(arguments.get("message", "no"), isError=True)
    if name == "crash":
        os._exit(3)
    if name == "count":
        return text(json.dumps(calls))
    if name == "progress":
        token = (params.get("_meta") or {}).get("progressToken")
        for step in range(arguments["steps"]):
            if token is not None:
                notify("notifications/progress",
                       {"progressToken": token, "progress": step + 1, "total": arguments["steps"]})
            time.sleep(0.02)
        return text("done")
    if name == "grow":
        TOOLS[arguments["name"]] = ("New.", schema())
        notify("notifications/tools/list_changed", None, everybody=True)
        return text("grown")
    if name == "structured":
        return text("see structuredContent", structuredContent={"id": 12345678901234567890, "ratio": 1.0},
                    futureMember={"kept": [1.50, 1e3]})
    if name == "meta":
        return text(json.dumps(params.get("_meta") or {}))
    if name == "forget":
        Handler.sessions.clear()
        return text("forgotten")
    if name == "null_result":
        return None
    return text(json.dumps(arguments))  # echo, and tools that grew


def answer(message, notify):
    method, params = message.get("method"), message.get("params") or {}
    if method == "initialize":
        result = {"protocolVersion": params["protocolVersion"] if params["protocolVersion"] <= "2025-11-25" else "2025-11-25",
                  "capabilities": {"tools": {"listChanged": True}}, "serverInfo": {"name": "test-backend", "version": "1"}}
    elif method == "ping":
        result = {}
    elif method == "tools/list":
        result = {"tools": [{"name": n, "description": d, "inputSchema": s, "x-unknown": {"n": 1.0}}
                            for n, (d, s) in TOOLS.items()]}
    elif method == "tools/call":
        result = call_tool(params, notify)
    elif method == "notifications/cancelled":
        with lock:
            calls["cancelled"] += 1
        return None
    elif "id" not in message:
        return None
    else:
        return {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": f"no method {method}"}}
    return {"jsonrpc": "2.0", "id": message["id"], "result": result}


def serve_stdio():
    write_lock = threading.Lock()

    def write(message):
        with write_lock:
            sys.stdout.write(json.dumps(message) + "\n")
            sys.stdout.flush()

    def notify(method, params, everybody=False):
        write({"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})})

    def work(message):
        note_hit(message)
        if (reply := answer(message, notify)) is not None:
            write(reply)

    for line in sys.stdin:
        threading.Thread(target=work, args=(json.loads(line),), daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sessions = {}
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def finish_with(self, status, body=b"", **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def start_events(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def event(self, message):
        self.wfile.write(b"event: message\ndata: " + json.dumps(message).encode() + b"\n\n")
        self.wfile.flush()

    def do_POST(self):
        if options.record_headers:
            with lock, open("headers.txt", "a") as file:
                file.write(str(self.headers))
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        note_hit(message)
        session = self.headers.get("Mcp-Session-Id")
        if message.get("method") == "initialize":
            session = uuid.uuid4().hex
            self.sessions[session] = []
            return self.finish_with(200, json.dumps(answer(message, None)).encode(),
                                    Content_Type="application/json", Mcp_Session_Id=session)
        if session not in self.sessions:
            error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "Session not found"}}
            return self.finish_with(404 if session else 400, json.dumps(error).encode(),
                                    Content_Type="application/json")
        streaming = []

        def notify(method, params, everybody=False):
            note = {"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})}
            if everybody:
                for handlers in self.sessions.values():
                    for handler in handlers:
                        handler.event(note)
                return
            if not streaming:
                streaming.append(True)
                self.start_events()
            self.event(note)

        reply = answer(message, notify)
        if reply is None:
            return self.finish_with(202)
        if streaming:
            self.event(reply)
            self.close_connection = True
            return None
        return self.finish_with(200, json.dumps(reply).encode(), Content_Type="application/json")

    def do_GET(self):
        session = self.headers.get("Mcp-Session-Id")
        if session not in self.sessions:
            return self.finish_with(400)
        self.start_events()
        self.sessions[session].append(self)
        self.close_connection = True
        try:
            while True:
                time.sleep(0.2)
                self.wfile.write(b": keepalive\n\n")
                self.wfile.flush()
        except OSError:
            self.sessions[session].remove(self)

    def do_DELETE(self):
        self.sessions.pop(self.headers.get("Mcp-Session-Id"), None)
        self.finish_with(200)


class Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


time.sleep(options.slow_start)
if options.http is None:
    serve_stdio()
else:
    server = Server(("127.0.0.1", options.http), Handler)
    print(f"listening on {server.server_address[1]}", file=sys.stderr, flush=True)
    server.serve_forever()
