"""The ExecutionLog against the outside world: what a call did is what its record says, and what its caller may see."""

import collections
import csv
import json
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

from harness import PROGRAM, ROOT, EndToEnd, http_backend_entry, stdio_backend, wait_until
from otlp import Receiver


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


class ExecutionLog(EndToEnd):
    def serve(self, **more):
        """Two backends, over HTTP and over standard streams, that write down what reaches them."""
        self.hits = {"web": self.cwd / "web.hits", "local": self.cwd / "local.hits"}
        web = self.http_backend("--hits", str(self.hits["web"]))
        return self.gateway({
            "backends": [http_backend_entry(web, "web"), stdio_backend("local", "--hits", str(self.hits["local"]))],
            "codeMode": {"enabled": True}, **more})

    def arrived(self):
        """(backend, tool) -> how many tools/call requests reached it."""
        return collections.Counter((name, tool) for name, file in self.hits.items() if file.exists()
                                   for tool in file.read_text().split())

    def settled(self, gateway, count):
        return wait_until(lambda: len(found := gateway.records("--all", "--limit", "1000")) >= count and found, 10, f"{count} records")


def recorded(records):
    """(backend, tool) -> how many requests the records say were made, attempts included."""
    count = collections.Counter()
    for record in records:
        for call in record["api_calls"]:
            if call["api"] == "tools/call":
                count[(call["backend"], call["tool"])] += call.get("attempts", 1)
    return count


class WhatWasCalledIsRecorded(ExecutionLog):
    """Every request that reaches a server is in the record of the call that made it, and nothing else is."""

    def test_success(self):
        gateway = self.serve()
        gateway.call("web_echo", {"a": 1})
        gateway.call("local_echo", {"a": 1})
        records = self.settled(gateway, 2)
        self.assertEqual(recorded(records), self.arrived())
        for record in records:
            self.assertEqual((record["status"], record["messages"], record["metadata"], record["error"]),
                             ("success", [], None, None))
            self.assertEqual(len(record["api_calls"]), 1)
            call = record["api_calls"][0]
            self.assertEqual((call["kind"], call["status"], call["mcp_method"]), ("mcp", "success", "tools/call"))
            self.assertTrue(call["request_id"])
            self.assertLessEqual(call["start_offset_ms"] + call["duration_ms"], record["duration_ms"] + 1)

    def test_failure(self):
        gateway = self.serve()
        for tool in ("web_fail", "local_fail", "web_null_result", "local_null_result"):
            gateway.modern("tools/call", {"name": tool, "arguments": {"message": "disk full"}})
        gateway.modern("tools/call", {"name": "nobody_has_this", "arguments": {}})
        records = self.settled(gateway, 5)
        self.assertEqual(recorded(records), self.arrived())
        for record in records:
            self.assertEqual(record["status"], "failed")
            self.assertTrue(record["error"])
            for key in ("error_type", "error_code", "failure_stage"):
                self.assertTrue(record["metadata"][key], record)
            known = record["tool_name"] != "nobody_has_this"
            self.assertEqual(len(record["api_calls"]), 1 if known else 0)

    def test_a_script_and_its_parallel_calls(self):
        gateway = self.serve()
        gateway.script("""
parallel([lambda: web_echo(a=1), lambda: local_echo(b=2), lambda: web_echo(c=3)])
for i in range(5):
    local_echo(i=i)
return web_fail(message="no")
""")
        records = self.settled(gateway, 10)
        self.assertEqual(recorded(records), self.arrived())
        self.assertEqual(sum(self.arrived().values()), 9)
        inner = [record for record in records if "parent_id" in record]
        script = next(record for record in records if "script" in record)
        self.assertEqual({record["parent_id"] for record in inner}, {script["tool_call_id"]})
        self.assertEqual(script["status"], "failed")
        self.assertEqual(script["api_calls"], [])  # a script calls tools, and these call outside

    def test_a_retry_is_one_entry_with_its_count(self):
        gateway = self.serve()
        gateway.call("web_forget")
        gateway.call("web_echo", {"a": 1})  # the session is gone: refused, opened anew, sent again
        records = self.settled(gateway, 2)
        self.assertEqual(recorded(records), self.arrived())
        call = next(record for record in records if record["tool_name"] == "web_echo")["api_calls"]
        self.assertEqual([entry.get("attempts") for entry in call], [2])

    def test_a_call_that_takes_too_long(self):
        gateway = self.serve(limits={"requestTimeout": "300ms"})
        gateway.modern("tools/call", {"name": "web_sleep", "arguments": {"ms": 3000}})
        gateway.modern("tools/call", {"name": "local_sleep", "arguments": {"ms": 3000}})
        records = self.settled(gateway, 2)
        self.assertEqual(recorded(records), self.arrived())
        for record in records:
            self.assertEqual((record["status"], record["api_calls"][0]["status"]), ("timeout", "timeout"))


class WhatIsKept(ExecutionLog):
    def test_digests_of_equal_arguments_are_equal(self):
        gateway = self.serve()
        gateway.call("web_echo", {"a": 1, "b": 2})
        gateway.call("web_echo", {"b": 2, "a": 1})
        gateway.call("web_echo", {"a": 2})
        digests = [record["request"]["arguments_digest"] for record in self.settled(gateway, 3)]
        self.assertEqual(len(set(digests)), 2)
        self.assertEqual((self.cwd / "log" / "digest.key").stat().st_mode & 0o777, 0o600)

    def test_full_texts_without_their_secrets(self):
        gateway = self.serve(executionLog={"directory": str(self.cwd / "log"), "captureRules": [
            {"tools": ["web_*", "execute_tool_script"], "capture": "full"}]})
        gateway.call("web_echo", {"q": "x", "password": "hunter2-CANARY"})
        gateway.call("local_echo", {"q": "y"})
        gateway.script("return web_echo(q='z')")
        records = {record["tool_name"] + record.get("place", ""): record for record in self.settled(gateway, 4)}
        kept = records["web_echo"]
        base = f"http://127.0.0.1:{gateway.port}/api/v1/executions"
        arguments = fetch(f"{base}/{kept['tool_call_id']}/blobs/{kept['request']['arguments_blob']}")
        self.assertEqual(arguments, {"q": "x", "password": "[REDACTED]"})
        result = fetch(f"{base}/{kept['tool_call_id']}/blobs/{kept['result']['blob']}")
        self.assertEqual(json.loads(result["content"][0]["text"])["q"], "x")
        self.assertNotIn("arguments_blob", records["local_echo"]["request"])
        script = records["execute_tool_script"]
        tools = fetch(f"{base}/{script['tool_call_id']}/blobs/{script['script']['tools_digest']}")
        self.assertIn("web_echo", [tool["name"] for tool in tools])
        for key in ("step_limit", "memory_limit_bytes", "machine_version", "clock_ms"):
            self.assertTrue(script["script"][key], key)
        inner = records["web_echo1"]
        self.assertEqual((inner["ordinal"], inner["completed"]), (1, 1))
        # Another record does not open this one's texts.
        with self.assertRaises(urllib.error.HTTPError):
            fetch(f"{base}/{records['local_echo']['tool_call_id']}/blobs/{kept['result']['blob']}")
        for file in (self.cwd / "log").iterdir():
            self.assertNotIn(b"CANARY", file.read_bytes(), file)


class Reading(ExecutionLog):
    def run_program(self, *arguments, **more):
        return subprocess.run([PROGRAM, "log", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              cwd=self.cwd, **more)

    def setUp(self):
        super().setUp()
        self.server = self.serve()
        for i in range(3):
            self.server.call("web_echo", {"i": i})
        self.server.call("local_fail", {"message": "disk full"})
        self.server.script("return local_echo(a=1)")
        self.settled(self.server, 6)
        self.log = ["--directory", self.server.log_directory]
        self.base = f"http://127.0.0.1:{self.server.port}/api/v1/executions"

    def test_filters_of_the_command(self):
        def tools(*options):
            done = self.run_program(*options, "--json", *self.log)
            return [json.loads(line)["tool_name"] for line in done.stdout.splitlines()]

        self.assertEqual(tools("--backend", "web"), ["web_echo"] * 3)
        self.assertEqual(tools("--text", "DISK full"), ["local_fail"])
        self.assertEqual(tools("--all", "--tool", "local_echo"), ["local_echo"])
        self.assertEqual(tools("--slower-than", "10m", "--since", "1h"), [])
        self.assertEqual(len(tools("--principal", "anonymous")), 5)
        script = json.loads(self.run_program("--tool", "execute_tool_script", "--json", *self.log).stdout)
        self.assertEqual(tools("--script", script["script"]["hash"][:20]), ["execute_tool_script"])
        self.assertEqual(self.run_program("--slower-than", "long", *self.log).returncode, 2)

    def test_show_as_markdown(self):
        shown = self.run_program("show", "execute_tool_script_", "--markdown", *self.log)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertTrue(shown.stdout.startswith("# `execute_tool_script`: success\n"), shown.stdout)
        self.assertIn("- 1 `local_echo`: success", shown.stdout)

    def test_stats(self):
        table = self.run_program("stats", *self.log)
        self.assertRegex(table.stdout, r"(?m)^web_echo +3 +0 ")
        self.assertRegex(table.stdout, r"(?m)^local_fail +1 +1 ")
        self.assertRegex(table.stdout, r"(?m)^mcp tools/call @web +3 +0 ")
        stats = json.loads(self.run_program("stats", "--json", *self.log).stdout)
        self.assertEqual(stats, fetch(self.base + "/stats"))

    def test_tail_follows(self):
        tail = subprocess.Popen([PROGRAM, "log", "tail", "-f", "-n", "1", "--json", *map(str, self.log)],
                                stdout=subprocess.PIPE, text=True)
        self.addCleanup(tail.stdout.close)
        self.addCleanup(tail.wait)
        self.addCleanup(tail.kill)
        self.assertEqual(json.loads(tail.stdout.readline())["tool_name"], "execute_tool_script")
        self.server.call("web_echo", {"late": True})
        self.assertEqual(json.loads(tail.stdout.readline())["tool_name"], "web_echo")

    def test_export_and_import(self):
        lines = self.run_program("export", *self.log)
        self.assertEqual(len(lines.stdout.splitlines()), 6)
        other = self.cwd / "other"
        imported = self.run_program("import", "-", "--directory", other, input=lines.stdout)
        self.assertEqual(imported.returncode, 0, imported.stderr)
        self.assertEqual(self.run_program("export", "--directory", other).stdout, lines.stdout)
        again = self.run_program("import", "-", "--directory", other, input=lines.stdout)
        self.assertEqual(again.returncode, 2)
        self.assertIn("--append", again.stderr)
        bad = self.run_program("import", "-", "--directory", self.cwd / "bad", input='{"tool_call_id":7}\n')
        self.assertEqual(bad.returncode, 2)
        self.assertIn("line 1", bad.stderr)
        in_use = self.run_program("import", "-", "--append", *self.log, input=lines.stdout)
        self.assertEqual(in_use.returncode, 2)

        table = self.run_program("export", "--format", "csv", "--tool", "web_echo", *self.log).stdout
        rows = list(csv.DictReader(table.splitlines()))
        self.assertEqual([row["tool_name"] for row in rows], ["web_echo"] * 3)
        otlp = self.run_program("export", "--format", "otlp", *self.log).stdout.splitlines()
        names = [json.loads(line)["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["eventName"] for line in otlp]
        self.assertEqual(names, ["mcp.tool.execution"] * 6)

    def test_http_pages(self):
        seen, url = [], self.base + "?limit=2&all=true"
        while True:
            page = fetch(url)
            seen += [record["tool_call_id"] for record in page["executions"]]
            if "next_cursor" not in page:
                break
            url = f"{self.base}?limit=2&all=true&cursor={page['next_cursor']}"
        stored = [record["tool_call_id"] for record in self.server.records("--all")]
        self.assertEqual(seen, stored)
        one = fetch(f"{self.base}?text={urllib.parse.quote('disk full')}&status=failed")["executions"]
        self.assertEqual([record["tool_name"] for record in one], ["local_fail"])
        tree = fetch(f"{self.base}/{stored[0]}")
        self.assertEqual(len(tree["children"]), 1)

    def test_http_refuses(self):
        def status(path, method="GET", **headers):
            request = urllib.request.Request(self.base + path, method=method, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                error.close()
                return error.code

        self.assertEqual(status(""), 200)
        self.assertEqual(status("?limit=0"), 400)
        self.assertEqual(status("?color=red"), 400)
        self.assertEqual(status("/nothing"), 404)
        self.assertEqual(status("", method="DELETE"), 405)
        self.assertEqual(status("", Host="evil.example"), 403)
        self.assertEqual(status("", Origin="https://evil.example"), 403)


class QueryTool(ExecutionLog):
    def test_an_agent_finds_out_why_a_call_failed(self):
        gateway = self.serve(executionLog={"directory": str(self.cwd / "log"), "queryTool": "own"})
        for i in range(40):
            gateway.call("local_echo", {"i": i})
        gateway.script("local_echo(a=1)\nreturn web_fail(message='disk " + "x" * 500 + " full')")
        self.settled(gateway, 43)
        listed = gateway.call("query_executions", {"status": "failed"})["structuredContent"]
        self.assertEqual([each["tool"] for each in listed["executions"]], ["execute_tool_script"])
        shown = gateway.call("query_executions", {"id": listed["executions"][0]["id"]})
        self.assertIn("web_fail", shown["structuredContent"]["markdown"])
        self.assertIn("stage", shown["structuredContent"]["markdown"])

        seen, cursor = [], {}
        while True:
            answer = gateway.call("query_executions", {"tool": "local_echo", **cursor})
            self.assertLessEqual(len(json.dumps(answer)), 8192)
            seen += [each["id"] for each in answer["structuredContent"]["executions"]]
            if "next_cursor" not in answer["structuredContent"]:
                break
            cursor = {"cursor": answer["structuredContent"]["next_cursor"]}
        self.assertEqual((len(seen), len(set(seen))), (40, 40))
        def read(uri):
            return gateway.modern("resources/read", {"uri": uri}, headers={"Mcp-Name": uri})[1]
        templates = gateway.modern("resources/templates/list")[1]["result"]["resourceTemplates"]
        self.assertIn("execution://{id}", [each["uriTemplate"] for each in templates])
        recent = read("execution://recent")["result"]["contents"][0]
        self.assertEqual(recent["mimeType"], "text/markdown")
        self.assertIn("execution://" + listed["executions"][0]["id"], recent["text"])
        one = read("execution://" + listed["executions"][0]["id"])["result"]["contents"][0]["text"]
        self.assertIn("`execute_tool_script`: failed", one)
        self.assertLessEqual(len(one.encode()), 8192)
        self.assertEqual(read("execution://nothing")["error"]["code"], -32602)

        wrong = gateway.call("query_executions", {"colour": "red"})
        self.assertTrue(wrong["isError"])
        self.assertTrue(gateway.call("query_executions", {"id": "nothing"})["isError"])

    def test_off_unless_configured(self):
        self.assertNotIn("query_executions", self.serve().tools())


class ApiSwitchedOff(ExecutionLog):
    def test_off(self):
        gateway = self.serve(executionLog={"directory": str(self.cwd / "log"), "httpApi": "off"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            fetch(f"http://127.0.0.1:{gateway.port}/api/v1/executions")
        self.assertEqual(refused.exception.code, 404)
        refused.exception.close()


class Events(ExecutionLog):
    def events_of_two_calls(self, sampling_rate):
        receiver = Receiver()
        self.addCleanup(receiver.stop)
        gateway = self.serve(telemetry={"endpoint": receiver.url, "samplingRate": sampling_rate})
        gateway.call("web_echo")
        gateway.call("local_fail", {"message": "no"})
        records = {record["tool_call_id"]: record for record in self.settled(gateway, 2)}
        gateway.stop()
        events = [log for log in receiver.logs() if log["attributes"].get("event.name") == "mcp.tool.execution"]
        self.assertEqual({json.loads(event["body"])["tool_call_id"] for event in events}, set(records))
        for event in events:
            record = json.loads(event["body"])
            kept = records[record["tool_call_id"]]
            if kept["status"] == "failed":
                kept["error"] = kept["metadata"]["error_type"]  # whose words "no" are is the log's secret
            self.assertEqual(record, kept)
            self.assertEqual(event["severity"], 17 if record["status"] == "failed" else 9)
        return events, receiver

    def test_every_record_is_an_event_in_its_trace(self):
        events, receiver = self.events_of_two_calls(1.0)
        spans = {span["span_id"]: span for span in receiver.spans()}
        for event in events:
            self.assertEqual(spans[event["span_id"]]["trace_id"], event["trace_id"])

    def test_whether_or_not_the_trace_is_sampled(self):
        _, receiver = self.events_of_two_calls(0)
        self.assertEqual(receiver.spans(), [])


class Canaries(ExecutionLog):
    """More than 200 shapes of secrets as arguments, results, errors and prints; what the gateway keeps and says has none."""

    def test_none_is_left(self):
        texts = json.loads((ROOT / "src/execlog/testdata/canaries.json").read_text())["texts"]
        receiver = Receiver()
        self.addCleanup(receiver.stop)
        gateway = self.serve(telemetry={"endpoint": receiver.url},
                             executionLog={"directory": str(self.cwd / "log"), "capture": "full"})
        for text in texts:
            gateway.call("local_echo", {"text": text})  # which answers with its arguments
            gateway.call("local_fail", {"message": text})
        source = "for text in texts:\n    print(text)\nfail(texts[0])"
        for begin in range(0, len(texts), 40):
            gateway.script(source, {"texts": texts[begin:begin + 40]})
        self.settled_many(gateway, 2 * len(texts))
        kept = b"".join(file.read_bytes() for file in (self.cwd / "log").iterdir())
        told = {"the log's files": kept, "standard error": "\n".join(gateway.lines).encode()}
        with urllib.request.urlopen(f"http://127.0.0.1:{gateway.port}/metrics", timeout=30) as metrics:
            told["metrics"] = metrics.read()
        for name in ("jsonl", "csv", "otlp"):
            told[name] = subprocess.run([PROGRAM, "log", "export", "--format", name, "--directory",
                                         str(gateway.log_directory)], capture_output=True, timeout=120).stdout
        gateway.stop()
        told["OTLP"] = b"".join(body for _, body in receiver.posts)
        for place, text in told.items():
            self.assertTrue(text, place)
            for trace in (b"CANARY", b"Q0FOQVJZ", b"DQU5BUl", b"NBTkFSW"):
                at = text.find(trace)
                self.assertEqual(at, -1, f"{place}: {text[max(0, at - 200):at + 40]!r}")

    def settled_many(self, gateway, count):
        def enough():
            done = subprocess.run([PROGRAM, "log", "stats", "--json", "--directory", str(gateway.log_directory)],
                                  capture_output=True, text=True, timeout=60)
            rows = json.loads(done.stdout)["tools"] if done.stdout else []
            return sum(row["calls"] for row in rows) >= count

        wait_until(enough, 30, f"{count} records")


class WhatACallerSees(ExecutionLog):
    META = "dev.larkspur/executionLog"

    def test_nothing_unless_configured(self):
        gateway = self.serve()
        for result in (gateway.call("web_echo"), gateway.script("return 1")):
            self.assertNotIn(self.META, result.get("_meta", {}))
            self.assertNotIn("execution_log", result.get("structuredContent", {}))
        self.assertNotIn("execution_log", str(gateway.modern("tools/list")))

    def test_both(self):
        gateway = self.serve(executionLog={"directory": str(self.cwd / "log"), "inResult": "both"})
        proxied = gateway.call("web_structured")
        self.assertEqual(proxied["structuredContent"], {"id": 12345678901234567890, "ratio": 1.0})
        view = proxied["_meta"][self.META]
        self.assertEqual(set(view), {"tool_call_id", "start_time", "end_time", "duration_ms", "messages", "api_calls",
                                     "warnings", "error", "metadata"})
        self.assertEqual(view["api_calls"][0]["backend"], "web")

        script = gateway.script("return local_structured()")
        data = script["structuredContent"]
        self.assertEqual(data["result"], {"id": 12345678901234567890, "ratio": 1.0})  # inner results have none
        self.assertEqual(data["execution_log"], script["_meta"][self.META])
        stored = {record["tool_call_id"] for record in self.settled(gateway, 3)}
        self.assertLessEqual({view["tool_call_id"], data["execution_log"]["tool_call_id"]}, stored)

        tool = next(tool for tool in gateway.modern("tools/list")[1]["result"]["tools"]
                    if tool["name"] == "execute_tool_script")
        described = tool["outputSchema"]["properties"]["execution_log"]
        self.assertEqual(set(described["properties"]), set(data["execution_log"]))

    def test_structured_and_failed(self):
        gateway = self.serve(executionLog={"directory": str(self.cwd / "log"), "inResult": "structured"})
        failed = gateway.script("return web_fail(message='no')")
        self.assertTrue(failed["isError"])
        self.assertEqual(failed["structuredContent"]["execution_log"]["metadata"]["failure_stage"], "script_run")
        self.assertNotIn(self.META, failed.get("_meta", {}))


if __name__ == "__main__":
    unittest.main()
