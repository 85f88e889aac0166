"""Calls that go on as tasks, through all four cells of client and backend era."""

import http.client
import json
import pathlib
import signal
import sys
import unittest

from harness import PATIENCE, EndToEnd, LegacySession, Process, one_backend, wait_until

FIXTURE = str(pathlib.Path(__file__).with_name("task_backend.py"))
EXTENSION = "io.modelcontextprotocol/tasks"
RELATED = "io.modelcontextprotocol/related-task"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
TAKES_TASKS = {"extensions": {EXTENSION: {}}, "elicitation": {}}
ENDED = ("completed", "failed", "cancelled")


class Modern:
    """A client of 2026-07-28 that takes tasks."""

    def __init__(self, gateway, capabilities=None, headers=None):
        self.gateway, self.headers = gateway, headers or {}
        self.capabilities = TAKES_TASKS if capabilities is None else capabilities

    def request(self, method, params):
        headers = {"Mcp-Name": params["taskId"]} if "taskId" in params else {}
        return self.gateway.modern(method, {**params, "_meta": {CAPABILITIES: self.capabilities}},
                                   headers={**headers, **self.headers})[1]

    def call(self, name, arguments=None, **more):
        return self.request("tools/call", {"name": name, "arguments": arguments or {}, **more})

    def start(self, name, arguments=None):
        result = self.call(name, arguments)["result"]
        assert result["resultType"] == "task", result
        return result["taskId"]

    def get(self, task):
        return self.request("tasks/get", {"taskId": task})["result"]

    def cancel(self, task):
        return self.request("tasks/cancel", {"taskId": task})

    def wait(self, task, *statuses):
        return wait_until(lambda: (now := self.get(task))["status"] in (statuses or ENDED) and now, what="the task")


class Legacy(LegacySession):
    """A client of 2025-11-25 that takes tasks."""

    def __init__(self, gateway, capabilities=None, answer=None):
        super().__init__(gateway, capabilities={"elicitation": {}} if capabilities is None else capabilities)
        self.answer, self.asked = answer, []

    def create(self, name, arguments=None, ttl=60_000):
        return self.request("tools/call", {"name": name, "arguments": arguments or {}, "task": {"ttl": ttl}})[1]

    def start(self, name, arguments=None):
        return self.create(name, arguments)["result"]["task"]["taskId"]

    def get(self, task):
        return self.request("tasks/get", {"taskId": task})[1]["result"]

    def cancel(self, task):
        return self.request("tasks/cancel", {"taskId": task})[1]

    def wait(self, task, *statuses):
        return wait_until(lambda: (now := self.get(task))["status"] in (statuses or ENDED) and now, what="the task")

    def result(self, task):
        """The answer to tasks/result; what is asked on its stream is answered."""
        self.next_id += 1
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=30 * PATIENCE)
        connection.request("POST", "/mcp", json.dumps({
            "jsonrpc": "2.0", "id": self.next_id, "method": "tasks/result", "params": {"taskId": task}}), {
                "Content-Type": "application/json", "Accept": "application/json, text/event-stream", **self.headers})
        response = connection.getresponse()
        if response.headers["Content-Type"] == "application/json":
            return json.loads(response.read())
        for line in response:
            if not line.startswith(b"data: {"):
                continue
            message = json.loads(line[6:])
            if "method" not in message:
                connection.close()
                return message
            if "id" in message:
                self.asked.append(message)
                self.gateway.post({"jsonrpc": "2.0", "id": message["id"], "result": self.answer}, self.headers)
        raise AssertionError("the stream ended before the answer")


class Tasks(EndToEnd):
    def start(self, era, **more):
        fixture = Process([sys.executable, FIXTURE, era], self.cwd)
        self.addCleanup(lambda: fixture.child.poll() is None and fixture.stop(signal.SIGKILL))
        port = fixture.wait_for(r"listening on (\d+)").group(1)
        gateway = self.gateway(one_backend({"name": "jobs", "transport": "streamable-http",
                                            "url": f"http://127.0.0.1:{port}/mcp"}, **more))
        gateway.fixture = fixture
        wait_until(lambda: "slow_compute" in gateway.tools(), what="the tools")
        return gateway

    def seen(self, gateway):
        return json.loads(gateway.call("seen")["content"][0]["text"])

    def test_a_legacy_client_starts_asks_and_fetches(self):
        for era in ("legacy", "modern"):
            with self.subTest(backend=era):
                gateway = self.start(era)
                client = Legacy(gateway)
                self.assertEqual(client.initialized["capabilities"]["tasks"],
                                 {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}})
                created = client.create("slow_compute", {"seconds": 0.5, "label": "x"})["result"]["task"]
                self.assertEqual((created["status"], created["ttl"], created["pollInterval"]), ("working", 60_000, 60))
                task = created["taskId"]
                self.assertNotRegex(task, "^[0-9a-f]{32}$")  # the backend's own id stays behind
                self.assertIn(client.get(task)["status"], ("working", "completed"))
                listed = client.request("tasks/list")[1]["result"]["tasks"]
                self.assertEqual([each["taskId"] for each in listed], [task])
                done = client.result(task)["result"]  # waits for the end
                self.assertEqual(done["content"][0]["text"], "computed x")
                self.assertEqual(done["_meta"][RELATED], {"taskId": task})
                self.assertEqual(client.get(task)["status"], "completed")
                self.assertEqual(client.result(task)["result"]["content"], done["content"])  # again
                late = client.cancel(task)
                self.assertEqual(late["error"]["code"], -32602, late)
                failed = client.start("failing_job")
                self.assertTrue(client.result(failed)["result"]["isError"])
                self.assertEqual(client.get(failed)["status"], "failed")
                broken = client.start("protocol_error_job")
                self.assertEqual(client.result(broken)["error"]["message"], "the job has crashed")
                gateway.stop()

    def test_a_modern_client_gets_a_task_where_the_server_makes_one(self):
        for era in ("legacy", "modern"):
            with self.subTest(backend=era):
                gateway = self.start(era)
                client = Modern(gateway)
                discovered = gateway.modern("server/discover")[1]["result"]["capabilities"]
                self.assertEqual((discovered["extensions"], "tasks" in discovered), ({EXTENSION: {}}, False))
                self.assertEqual(client.call("greet", {"name": "Ada"})["result"]["resultType"], "complete")
                created = client.call("failing_job")["result"]
                self.assertEqual((created["resultType"], created["status"]), ("task", "working"))
                self.assertEqual({"ttlMs", "pollIntervalMs"} & set(created), {"ttlMs", "pollIntervalMs"})
                ended = client.wait(created["taskId"])
                self.assertEqual((ended["status"], ended["result"]["isError"]), ("completed", True))
                self.assertNotIn(RELATED, ended["result"].get("_meta", {}))
                broken = client.wait(client.start("protocol_error_job"))
                self.assertEqual((broken["status"], broken["error"]["code"]), ("failed", -32603))
                gateway.stop()

    def test_a_task_that_needs_its_user(self):
        yes = {"action": "accept", "content": {"confirm": True}}
        for era in ("legacy", "modern"):
            with self.subTest(backend=era):
                gateway = self.start(era)
                client = Legacy(gateway, answer=yes)
                task = client.start("confirm_delete", {"filename": "a"})
                client.wait(task, "input_required")
                done = client.result(task)
                self.assertEqual(json.loads(done["result"]["content"][0]["text"]), {"confirm": yes})
                (question,) = client.asked
                self.assertEqual(question["params"]["message"], "Delete a?")
                self.assertEqual(question["params"]["_meta"][RELATED], {"taskId": task})
                client = Modern(gateway)
                task = client.start("confirm_delete", {"filename": "b"})
                asked = client.wait(task, "input_required")["inputRequests"]
                ((key, question),) = asked.items()
                self.assertEqual(question["params"]["message"], "Delete b?")
                client.request("tasks/update", {"taskId": task, "inputResponses": {"unknown": {}, key: yes}})
                ended = client.wait(task)
                self.assertEqual(json.loads(ended["result"]["content"][0]["text"]), {"confirm": yes})
                gateway.stop()

    def test_cancelling_reaches_the_backend(self):
        for era in ("legacy", "modern"):
            with self.subTest(backend=era):
                gateway = self.start(era)
                for client in (Legacy(gateway), Modern(gateway) if era == "modern" else Legacy(gateway)):
                    task = client.start("slow_compute", {"seconds": 60})
                    self.assertIn("result", client.cancel(task))
                    self.assertEqual(client.get(task)["status"], "cancelled")
                wait_until(lambda: self.seen(gateway) == {"slow_compute": ["cancelled", "cancelled"]},
                           what="the backend to hear of it")
                gateway.stop()

    def test_a_session_that_ends_takes_its_tasks_along(self):
        gateway = self.start("legacy")
        client, other = Legacy(gateway), Legacy(gateway)
        task = client.start("slow_compute", {"seconds": 60})
        for method in ("tasks/get", "tasks/result", "tasks/cancel"):
            refused = other.request(method, {"taskId": task})[1]
            self.assertEqual(refused["error"]["code"], -32602, refused)
        self.assertEqual(other.request("tasks/list")[1]["result"]["tasks"], [])
        self.assertEqual(Modern(gateway).request("tasks/get", {"taskId": task})["error"]["code"], -32602)
        client.close()
        wait_until(lambda: self.seen(gateway) == {"slow_compute": ["cancelled"]}, what="the task to end")

    def test_a_backend_that_restarts_has_lost_its_tasks(self):
        gateway = self.start("modern")
        client = Modern(gateway)
        task = client.start("slow_compute", {"seconds": 60})
        gateway.fixture.stop(signal.SIGKILL)
        ended = wait_until(lambda: (now := client.get(task))["status"] in ENDED and now, 60, "the task to fail")
        self.assertTrue(ended["result"]["isError"])
        self.assertIn("the task is lost", ended["result"]["content"][0]["text"])

    def test_who_cannot_hold_a_task_waits_for_it(self):
        for era in ("legacy", "modern"):
            with self.subTest(backend=era):
                gateway = self.start(era)
                text = gateway.script("return slow_compute(seconds=0)")["content"][0]["text"]
                self.assertIn("computed without a task", text)
                text = gateway.script('a = failing_job()\nreturn a')["content"][0]["text"]
                self.assertIn("the job has failed", text)
                refused = LegacySession(gateway).request("tools/call", {"name": "failing_job", "arguments": {}})[1]
                if era == "legacy":  # which a client of that era knows from the list
                    self.assertEqual(refused["error"]["code"], -32601)
                else:
                    self.assertTrue(refused["result"]["isError"], refused)
                plain = gateway.modern("tools/call", {"name": "failing_job", "arguments": {}})[1]
                if era == "legacy":
                    self.assertTrue(plain["result"]["isError"])
                else:
                    self.assertEqual(plain["error"]["code"], -32021)
                gateway.stop()

    def test_what_is_listed_is_what_there_is(self):
        def support(tools):
            return {tool["name"]: tool.get("execution", {}).get("taskSupport") for tool in tools}

        for era, slow, greet in (("legacy", "optional", None), ("modern", "optional", "optional")):
            with self.subTest(backend=era):
                gateway = self.start(era)
                client = Legacy(gateway)
                listed = support(client.request("tools/list")[1]["result"]["tools"])
                self.assertEqual((listed["slow_compute"], listed["greet"]), (slow, greet))
                self.assertIsNone(listed["execute_tool_script"])
                modern = support(gateway.modern("tools/list")[1]["result"]["tools"])
                self.assertEqual(set(modern.values()), {None})
                refused = client.create("execute_tool_script", {"script": "return 1"})
                self.assertEqual(refused["error"]["code"], -32601, refused)
                unknown = client.create("nobody_has_it")
                self.assertEqual(unknown["error"]["code"], -32602, unknown)
                gateway.stop()

    def test_a_backends_instructions_are_passed_on_under_its_name(self):
        gateway = self.start("legacy")
        said = LegacySession(gateway).initialized["instructions"]
        self.assertTrue(said.endswith("# Of the server 'jobs'\n\nPoll patiently."), said)
        self.assertIn("execute_tool_script", said)  # our own comes first
        self.assertEqual(gateway.modern("server/discover")[1]["result"]["instructions"], said)
        gateway.stop()
        gateway.fixture.stop(signal.SIGKILL)
        gateway = self.start("modern", aggregation={"conflictResolution": "priority", "instructions": False})
        self.assertNotIn("Poll", gateway.modern("server/discover")[1]["result"]["instructions"])

    def test_a_page_that_has_to_be_opened_first(self):
        gateway = self.start("legacy")
        refused = LegacySession(gateway).request("tools/call", {"name": "gate", "arguments": {}})[1]["error"]
        self.assertEqual((refused["code"], refused["data"]["elicitations"][0]["elicitationId"]), (-32042, "e-1"))
        self.assertEqual(gateway.call("gate")["content"][0]["text"], "through the gate")
        client = Modern(gateway, {"elicitation": {"url": {}}})
        asked = client.call("gate")["result"]
        self.assertEqual(asked["resultType"], "input_required", asked)
        ((key, question),) = asked["inputRequests"].items()
        self.assertEqual(question["params"], {"url": "https://login.example/", "message": "Please log in", "mode": "url"})
        done = client.call("gate", requestState=asked["requestState"], inputResponses={key: {"action": "accept"}})
        self.assertEqual(done["result"]["content"][0]["text"], "through the gate")
        asked = client.call("gate")["result"]
        declined = client.call("gate", requestState=asked["requestState"], inputResponses={key: {"action": "decline"}})
        self.assertTrue(declined["result"]["isError"], declined)
        self.assertEqual(gateway.call("gate")["content"][0]["text"], "through the gate")
        cannot = Modern(gateway, {}).call("gate")
        self.assertEqual(cannot["error"]["data"], {"requiredCapabilities": {"elicitation": {"url": {}}}}, cannot)

    def test_an_output_that_is_no_object(self):
        def schema(tools):
            return next(tool for tool in tools if tool["name"] == "numbers")["outputSchema"]

        gateway = self.start("modern")
        client = LegacySession(gateway)
        legacy = schema(client.request("tools/list")[1]["result"]["tools"])
        self.assertEqual((legacy["type"], legacy["required"]), ("object", ["result"]))
        self.assertEqual(legacy["properties"]["result"]["items"], {"$ref": "#/properties/result/$defs/number"})
        result = client.call("numbers")
        self.assertEqual((result["structuredContent"], result["content"][0]["text"]), ({"result": [1, 2.5]}, "[1, 2.5]"))
        self.assertEqual(schema(gateway.modern("tools/list")[1]["result"]["tools"])["type"], "array")
        self.assertEqual(gateway.call("numbers")["structuredContent"], [1, 2.5])

    def test_the_record_covers_the_whole_task(self):
        gateway = self.start("legacy")
        client = Legacy(gateway)
        task = client.start("slow_compute", {"seconds": 0.4})
        client.result(task)
        gone = client.start("slow_compute", {"seconds": 60})
        client.cancel(gone)
        wait_until(lambda: self.seen(gateway)["slow_compute"][1] == "cancelled", what="the task to end")
        gateway.stop()
        records = [each for each in gateway.records("--tool", "slow_compute")]
        done = next(each for each in records if each["status"] == "success")
        self.assertGreaterEqual(done["duration_ms"], 400)
        self.assertEqual([each["api"] for each in done["api_calls"]], ["tools/call", "tasks/get", "tasks/result"])
        cancelled = next(each for each in records if each["status"] == "cancelled")
        self.assertIn("tasks/cancel", [each["api"] for each in cancelled["api_calls"]])

    def test_a_task_has_its_time(self):
        gateway = self.start("legacy", limits={"taskTtl": "2s"})
        client = Legacy(gateway)
        created = client.create("slow_compute", {"seconds": 60}, ttl=3_600_000)["result"]["task"]
        self.assertEqual(created["ttl"], 2_000)
        ended = client.wait(created["taskId"])
        self.assertEqual(ended["status"], "failed")
        wait_until(lambda: client.request("tasks/get", {"taskId": created["taskId"]})[1].get("error"), 20,
                   "the task to be forgotten")
        self.assertEqual(self.seen(gateway), {"slow_compute": ["cancelled"]})


if __name__ == "__main__":
    unittest.main()
