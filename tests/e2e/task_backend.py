"""An MCP server whose tools run as tasks, over HTTP, in one of the two eras.

  task_backend.py modern    the extension io.modelcontextprotocol/tasks of 2026-07-28; the tools are those that the
                            conformance suite's scenarios on tasks want
  task_backend.py legacy    the experimental tasks of 2025-11-25

Beside them, what the other era does not know: "gate" (legacy) wants a page opened before its first call, by error
-32042; "numbers" (modern) has an output that is no object.

Says "listening on PORT" on stderr. The tool "seen" says what became of every task: {"slow_compute": ["cancelled"]}.
"""

import datetime
import json
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ERA = sys.argv[1]
MODERN, LEGACY = "2026-07-28", "2025-11-25"
EXTENSION = "io.modelcontextprotocol/tasks"
RELATED = "io.modelcontextprotocol/related-task"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
NEEDS_TASKS = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
POLL_MS = 60

# Name: task support in the legacy era, and in the modern one whether there is no other way.
TOOLS = {"greet": None, "slow_compute": "optional", "failing_job": "required", "protocol_error_job": "required",
         "confirm_delete": "required", "multi_input": "required", "test_tool_with_task": "required", "seen": None}
TOOLS["gate" if ERA == "legacy" else "numbers"] = None
NUMBERS = {"type": "array", "items": {"$ref": "#/$defs/number"}, "$defs": {"number": {"type": "number"}}}
tasks = {}
sessions = set()
gate_opened = []
changed = threading.Condition()


class Refused(Exception):
    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.error = {"code": code, "message": message, **({"data": data} if data else {})}


def text(value, **more):
    return {"content": [{"type": "text", "text": value}], **more}


def elicitation(message):
    return {"method": "elicitation/create",
            "params": {"mode": "form", "message": message,
                       "requestedSchema": {"type": "object", "properties": {"confirm": {"type": "boolean"}}}}}


class Task:
    def __init__(self, tool, arguments, ttl):
        self.id = uuid.uuid4().hex
        self.tool, self.arguments, self.ttl = tool, arguments, ttl
        self.status, self.message = "working", f"{tool} is at work"
        self.created = self.updated = self.now()
        self.result = self.error = None
        self.questions, self.answers = {}, {}
        tasks[self.id] = self
        threading.Thread(target=self.run, daemon=True).start()

    @staticmethod
    def now():
        return datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")

    def facts(self):
        names = ("ttlMs", "pollIntervalMs") if ERA == "modern" else ("ttl", "pollInterval")
        return {"taskId": self.id, "status": self.status, "statusMessage": self.message, "createdAt": self.created,
                "lastUpdatedAt": self.updated, names[0]: self.ttl, names[1]: POLL_MS}

    def detailed(self):
        more = {}
        if self.status == "completed":
            more["result"] = self.result
        if self.status == "failed":
            more["error"] = self.error
        if self.status == "input_required":
            more["inputRequests"] = self.questions
        return {**self.facts(), **more}

    def ended(self):
        return self.status in ("completed", "failed", "cancelled")

    def move(self, status, result=None, error=None):
        with changed:
            if self.ended():
                return
            self.status, self.result, self.error, self.updated = status, result, error, self.now()
            changed.notify_all()

    def ask(self, **questions):
        with changed:
            self.questions = dict(questions)
        self.move("input_required")
        with changed:
            changed.wait_for(lambda: not self.questions or self.ended())
        self.move("working")

    def run(self):
        if self.tool == "slow_compute":
            with changed:
                changed.wait_for(self.ended, self.arguments.get("seconds", 0))
            self.move("completed", text(f"computed {self.arguments.get('label', '')}"))
        elif self.tool == "failing_job":
            time.sleep(0.1)
            self.move("completed" if ERA == "modern" else "failed", text("the job has failed", isError=True))
        elif self.tool == "protocol_error_job":
            self.move("failed", error={"code": -32603, "message": "the job has crashed"})
        elif self.tool == "test_tool_with_task":
            self.move("completed", text(f"Hello, {self.arguments['name']}!"))
        elif self.tool == "multi_input":
            self.ask(first=elicitation("First?"), second=elicitation("Second?"))
            self.move("completed", text(json.dumps(self.answers, sort_keys=True)))
        else:
            self.ask(confirm=elicitation(f"Delete {self.arguments.get('filename')}?"))
            self.move("completed", text(json.dumps(self.answers, sort_keys=True)))

    def answer(self, answers):
        with changed:
            for key in set(answers) & set(self.questions):
                self.answers[key] = answers[key]
                del self.questions[key]
            changed.notify_all()


def task_of(params):
    task = tasks.get(params.get("taskId"))
    if task is None:
        raise Refused(-32602, "no such task")
    return task


def seen():
    outcome = {}
    for task in tasks.values():
        outcome.setdefault(task.tool, []).append(task.status)
    return text(json.dumps(outcome))


def call_tool(params, takes_tasks):
    name, arguments = params["name"], params.get("arguments") or {}
    if name == "greet":
        return text(f"Hello, {arguments.get('name')}!")
    if name == "seen":
        return seen()
    if name == "numbers":
        return {"content": [], "structuredContent": [1, 2.50]}
    if name == "gate" and not gate_opened:
        gate_opened.append(True)
        raise Refused(-32042, "log in first", {"elicitations": [
            {"mode": "url", "elicitationId": "e-1", "url": "https://login.example/", "message": "Please log in"}]})
    if name == "gate":
        gate_opened.clear()
        return text("through the gate")
    if ERA == "legacy":
        if "task" in params:
            return {"task": Task(name, arguments, params["task"].get("ttl")).facts()}
        if TOOLS[name] == "required":
            raise Refused(-32601, "this tool runs as a task only")
    elif takes_tasks:
        if name == "test_tool_with_task":
            answers = params.get("inputResponses")
            if not answers:
                return {"resultType": "input_required", "inputRequests": {"user_name": elicitation("Your name?")},
                        "requestState": "round-1"}
            arguments = {"name": answers["user_name"]["content"].get("name")}
        return {"resultType": "task", **Task(name, arguments, 60_000).facts()}
    elif TOOLS[name] == "required":
        raise Refused(-32021, "this tool runs as a task only", NEEDS_TASKS)
    time.sleep(min(arguments.get("seconds", 0), 5))
    return text("computed without a task")


def listing():
    tools = []
    for name, support in TOOLS.items():
        tool = {"name": name, "description": f"Does {name}.", "inputSchema": {"type": "object"}}
        if ERA == "legacy" and support:
            tool["execution"] = {"taskSupport": support}
        if name == "numbers":
            tool["outputSchema"] = NUMBERS
        tools.append(tool)
    return {"tools": tools}


def answer_modern(method, params):
    declared = params.get("_meta", {}).get(CAPABILITIES, {})
    takes_tasks = EXTENSION in declared.get("extensions", {})
    if method == "server/discover":
        return {"supportedVersions": [MODERN], "capabilities": {"tools": {}, "extensions": {EXTENSION: {}}},
                "instructions": "Poll patiently.", "ttlMs": 0, "cacheScope": "private"}
    if method == "tools/list":
        return {**listing(), "ttlMs": 0, "cacheScope": "private"}
    if method == "tools/call":
        return call_tool(params, takes_tasks)
    if not method.startswith("tasks/"):
        raise Refused(-32601, f"no method {method}")
    if not takes_tasks:
        raise Refused(-32021, "tasks were not negotiated", NEEDS_TASKS)
    task = task_of(params)
    if method == "tasks/get":
        return task.detailed()
    if method == "tasks/cancel":
        task.move("cancelled")
        return {}
    task.answer(params["inputResponses"])
    return {}


def answer_legacy(method, params):
    if method == "initialize":
        return {"protocolVersion": LEGACY, "serverInfo": {"name": "tasks", "version": "1"},
                "instructions": "Poll patiently.",
                "capabilities": {"tools": {}, "tasks": {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}}}}
    if method == "tools/list":
        return listing()
    if method == "tools/call":
        return call_tool(params, False)
    if method == "tasks/get":
        return task_of(params).facts()
    if method == "tasks/cancel":
        task = task_of(params)
        if task.ended():
            raise Refused(-32602, "the task has ended")
        task.move("cancelled")
        return task.facts()
    raise Refused(-32601, f"no method {method}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, message, headers=()):
        body = json.dumps(message).encode() if message is not None else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply(405, None)

    do_DELETE = do_GET

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method, params = message.get("method"), message.get("params") or {}
        if method is None:  # an answer to an elicitation: its id is the task's and the question's
            task, key = message["id"].split("/")
            tasks[task].answer({key: message.get("result") or {"action": "cancel"}})
            return self.reply(202, None)
        if "id" not in message:
            return self.reply(202, None)
        headers = []
        if ERA == "legacy" and method == "initialize":
            sessions.add(session := uuid.uuid4().hex)
            headers = [("Mcp-Session-Id", session)]
        elif ERA == "legacy" and self.headers.get("Mcp-Session-Id") not in sessions:
            return self.reply(400, {"jsonrpc": "2.0", "id": message["id"],
                                    "error": {"code": -32000, "message": "Bad Request: no session"}})
        try:
            if ERA == "legacy" and method == "tasks/result":
                return self.stream_result(message["id"], task_of(params))
            result = answer_legacy(method, params) if ERA == "legacy" else answer_modern(method, params)
            if ERA == "modern":
                result.setdefault("resultType", "complete")
            self.reply(200, {"jsonrpc": "2.0", "id": message["id"], "result": result}, headers)
        except Refused as refused:
            self.reply(200, {"jsonrpc": "2.0", "id": message["id"], "error": refused.error})
        except (BrokenPipeError, ConnectionResetError):
            pass

    # What the task asks goes on the stream of this request, which waits for its end.
    def stream_result(self, request_id, task):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

        def send(message):
            self.wfile.write(f"event: message\ndata: {json.dumps(message)}\n\n".encode())
            self.wfile.flush()

        asked = set()
        while True:
            with changed:
                changed.wait_for(lambda: task.ended() or set(task.questions) - asked)
                new = {key: task.questions[key] for key in set(task.questions) - asked}
            if task.ended():
                break
            for key, question in new.items():
                asked.add(key)
                send({"jsonrpc": "2.0", "id": f"{task.id}/{key}", "method": question["method"],
                      "params": {**question["params"], "_meta": {RELATED: {"taskId": task.id}}}})
        if task.result is None:
            error = task.error or {"code": -32000, "message": "the task was cancelled"}
            return send({"jsonrpc": "2.0", "id": request_id, "error": error})
        send({"jsonrpc": "2.0", "id": request_id,
              "result": {**task.result, "_meta": {RELATED: {"taskId": task.id}, "kept": 1}}})


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(f"listening on {server.server_address[1]}", file=sys.stderr, flush=True)
server.serve_forever()
