"""What an auditor asks of the record of every operations tool. The numbers are those of tests/ops_criteria.py."""

import datetime
import json
import re
import subprocess
import sys
import unittest

import kube_api
import prometheus_api
from harness import MODERN, PROGRAM, ROOT, LegacySession, wait_until
from operations import CALLS, Operations, log_files, text
from otlp import Receiver

try:
    import jsonschema
except ImportError:
    jsonschema = None

META = "dev.larkspur/executionLog"
# What a record says of each kind of call, and of each that has worked.
ALWAYS = {"kubectl": {"api", "command", "type", "duration_ms", "exit_code", "status"},
          "prometheus": {"api", "endpoint", "duration_ms", "status"},
          "kubeconfig": {"api", "source", "duration_ms", "status"},
          "endpoint": {"api", "endpoint", "source", "duration_ms", "status"},
          "mcp": {"api", "backend", "mcp_method", "duration_ms", "status"}}
IN_SUCCESS = {"prometheus": {"http_status", "response_size_bytes"}}


def moment(iso):
    return datetime.datetime.strptime(iso, "%Y-%m-%dT%H:%M:%S.%fZ")


class EveryRecord(Operations):
    def test_ac1_ac25_every_call_to_the_outside_is_recorded_once(self):
        program, runs = self.counting_kubectl()
        gateway = self.serve(kubectl={"command": str(program)})
        self.prometheus.answers = [(503, {}), (429, {})]  # the first query takes three attempts
        records = self.call_everything(gateway)
        self.assertEqual(len(records), len({r["tool_call_id"] for r in records}))
        self.assertEqual([r["tool_name"] for r in records if not r.get("parent_id")],
                         [tool for tool, _, _ in CALLS] + ["execute_tool_script"])
        calls = [call for record in records for call in record["api_calls"]]
        queries = [call for call in calls if call["api"] == "PrometheusQuery"]
        self.assertEqual(sum(call.get("attempts", 1) for call in queries), len(self.prometheus.hits))
        self.assertEqual(queries[0]["retry_reasons"], ["http 503", "http 429"])
        self.assertEqual(len([call for call in calls if call["api"] == "KubectlCommand"]), len(runs.read_text().split()))

    def test_ac2_ac9_every_record_is_finished_and_says_where_it_failed(self):
        records = self.call_everything(self.serve())
        stages = json.loads((ROOT / "src/execlog/execution-log.schema.json").read_text())["$defs"]["metadata"]["properties"][
            "failure_stage"]["enum"]
        for record, (_, _, status) in zip(records, CALLS):
            self.assertEqual(record["status"], status)
            self.assertTrue(record["end_time"])
        for record in records:
            if record["status"] == "success":
                self.assertEqual((record["error"], record["metadata"], record["messages"]), (None, None, []), record)
            else:
                self.assertTrue(record["error"] and record["metadata"]["error_code"], record)
                self.assertIn(record["metadata"]["failure_stage"], stages)

    def test_ac4_ac5_every_entry_has_the_fields_and_names_of_its_kind(self):
        records = self.call_everything(self.serve())
        schema = json.loads((ROOT / "src/execlog/execution-log.schema.json").read_text())
        names = set()
        for record in records:
            if jsonschema:
                jsonschema.Draft202012Validator(schema).validate(record)
            for call in record["api_calls"]:
                names.add(call["api"])
                wanted = ALWAYS[call["kind"]] | (IN_SUCCESS.get(call["kind"], set()) if call["status"] == "success" else set())
                self.assertEqual(wanted - set(call), set(), call)
        self.assertEqual(names, {"GetKubeconfig", "KubectlCommand", "GetPrometheusEndpoint", "PrometheusQuery"})

    def test_ac14_ids_name_the_tool_and_the_cluster_and_are_distinct(self):
        gateway = self.serve(ack=True)
        for _ in range(20):
            gateway.call("query_prometheus", {"promql": "up", "cluster_id": "c01ef"})
        ids = [record["tool_call_id"] for record in self.settled(gateway, 20)]
        self.assertEqual(len(set(ids)), 20)
        for each in ids:
            self.assertRegex(each, r"^query_prometheus_c01ef_\d{13}-[0-9a-z]+$")

    def test_ac15_times_have_one_form(self):
        for record in self.call_everything(self.serve()):
            for key in ("start_time", "end_time"):
                self.assertRegex(record[key], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_ac16_durations_add_up(self):
        self.prometheus.delay = 0.05
        for record in self.call_everything(self.serve()):
            spent = (moment(record["end_time"]) - moment(record["start_time"])) / datetime.timedelta(milliseconds=1)
            self.assertGreaterEqual(record["duration_ms"], 0)
            self.assertLessEqual(abs(spent - record["duration_ms"]), 1, record)
            for call in record["api_calls"]:
                self.assertLessEqual(call["start_offset_ms"] + call["duration_ms"], record["duration_ms"] + 1, record)
            self.assertLessEqual(sum(c["duration_ms"] for c in record["api_calls"]), record["duration_ms"] + len(record["api_calls"]))
            queries = [c for c in record["api_calls"] if c["api"] == "PrometheusQuery"]
            self.assertTrue(all(c["duration_ms"] >= 49 for c in queries), record)

    def test_ac17_who_asked_and_in_which_trace(self):
        gateway = self.serve()
        trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
        gateway.modern("tools/call", {"name": "query_prometheus", "arguments": {"promql": "up"}, "_meta": {
            "traceparent": f"00-{trace}-{span}-01", "io.modelcontextprotocol/clientInfo": {"name": "auditor", "version": "7"}}}, id="q-1")
        session = LegacySession(gateway)
        session.call("query_prometheus", {"promql": "up"})
        legacy, modern = self.settled(gateway, 2)
        request = modern["request"]
        self.assertEqual((modern["trace_id"], modern["parent_span_id"]), (trace, span))  # though nobody traces here
        self.assertEqual((request["jsonrpc_id"], request["protocol_version"], request["client_name"]), ("q-1", MODERN, "auditor"))
        self.assertRegex(request["client_address"], r"^127\.0\.0\.1:\d+$")
        self.assertEqual(request["transport"], "streamable_http")
        self.assertEqual(modern["principal"]["kind"], "anonymous")
        self.assertRegex(request["arguments_digest"], "^[a-z0-9-]+:[0-9a-f]{64}$")
        self.assertEqual(legacy["request"]["session_id"], session.headers["Mcp-Session-Id"])
        self.assertEqual((legacy["request"]["jsonrpc_id"], legacy["request"]["client_name"]), (1, "by-hand"))

    def test_ac23_nothing_forges_a_line_or_drives_a_terminal(self):
        forged = 'get pods -n "x\n{\\"event\\":\\"forged\\"}\r\x1b[2J\x1b]0;title\x07"'
        gateway = self.serve()
        gateway.call("kubectl", {"command": forged})
        gateway.call("kubectl", {"command": "get pods -l 'a=\x1b[31m\u202e'"})
        gateway.call("query_prometheus", {"promql": "up", "start_time": "\n{\"event\":\"forged\"}\x1b[2J"})
        status, _, _ = gateway.post(b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"kubectl","arguments":{"command":"\xff\xfe"}}}')
        self.assertEqual(status, 400)
        self.settled(gateway, 3)
        exported = self.log(gateway, "export")
        listed, shown = self.log(gateway), "".join(self.log(gateway, "show", r["tool_call_id"]) for r in gateway.records("--all"))
        gateway.stop()
        for line in gateway.lines + exported.splitlines():
            self.assertIsInstance(json.loads(line), dict, line)
        for output in (listed, shown):
            self.assertIsNone(re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", output), output)

    def log(self, gateway, *arguments):
        done = subprocess.run([PROGRAM, "log", *arguments, "--directory", str(gateway.log_directory)], capture_output=True, timeout=60)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done.stdout.decode()  # UTF-8, strictly

    def test_ac24_no_secret_of_any_stand_in_is_anywhere(self):
        receiver = Receiver()
        self.addCleanup(receiver.stop)
        password = "prometheus-password-canary"
        gateway = self.serve(prometheus={"endpoint": self.prometheus.url + prometheus_api.ARMS_PATH, "auth": "basic",
                                         "credentials": {"username": "ada", "password": "env:PASSWORD"}},
                             env={"PASSWORD": password}, telemetry={"endpoint": receiver.url},
                             executionLog={"directory": str(self.cwd / "log"), "capture": "full", "inResult": "both"})
        answers = [text(gateway.call(tool, arguments)) for tool, arguments, _ in CALLS]
        self.prometheus.answers = [(400, {"status": "error", "errorType": "bad_data", "error": f"token={password}"}),
                                   (401, {"you": f"Authorization: Basic {b64('ada:' + password)}"})]
        answers += [text(gateway.call("query_prometheus", {"promql": "up"})) for _ in range(2)]
        for command in ("get secrets -o yaml", "get secret db -o json", "describe secret db", "get secrets", "config view", "get pods -v=5"):
            answers.append(text(gateway.call("kubectl", {"command": command})))
        answers.append(text(gateway.script(SCRIPT_OF_SECRETS)))
        self.settled(gateway, len(answers))
        self.assertIn(f"Basic {b64('ada:' + password)}", self.prometheus.authorizations)
        told = {"answers": "\n".join(answers).encode(), "the log's files": log_files(gateway),
                "its export": self.log(gateway, "export").encode()}
        gateway.stop()
        told["standard error"] = "\n".join(gateway.lines).encode()
        told["OTLP"] = b"".join(body for _, body in receiver.posts)
        for place, content in told.items():
            self.assertTrue(content, place)
            for secret in (kube_api.TOKEN, kube_api.SECRET_VALUE, password, b64("ada:" + password), prometheus_api.ARMS_SECRET):
                at = content.find(secret.encode())
                self.assertEqual(at, -1, f"{place}: {content[max(0, at - 200):at + 60]!r}")

    def test_ac31_a_line_is_an_object_and_keys_have_an_order(self):
        gateway = self.serve()
        self.call_everything(gateway)
        lines = self.log(gateway, "export").splitlines()
        self.assertEqual(len(lines), len(CALLS) + 4)
        order = []
        for line in lines:
            record = json.loads(line)
            self.assertEqual(record["schema_version"], "1.0")
            keys = list(record)
            order = order or [k for k in keys]
            both = [k for k in keys if k in order]
            self.assertEqual(both, [k for k in order if k in keys])


SCRIPT_OF_SECRETS = """
answers = [try_call(kubectl, command=c) for c in ["get secret db -o yaml", "describe secret db", "config view --raw"]]
print(answers)
return answers + [query_prometheus(promql="up")]
"""


def b64(clear):
    import base64
    return base64.b64encode(clear.encode()).decode()


class WhoSeesIt(Operations):
    def test_ac30_ac32_the_answer_and_its_schema_follow_the_switch(self):
        for switch in ("off", "meta", "structured", "both"):
            with self.subTest(switch):
                gateway = self.serve(executionLog={"directory": str(self.cwd / switch), "inResult": switch})
                gateway.log_directory = self.cwd / switch
                tool = next(t for t in gateway.modern("tools/list")[1]["result"]["tools"] if t["name"] == "query_prometheus")
                described = "execution_log" in tool["outputSchema"]["properties"]
                self.assertEqual(described, switch in ("structured", "both"))
                for promql in ("up", ""):
                    result = gateway.call("query_prometheus", {"promql": promql})
                    self.assertEqual("execution_log" in result["structuredContent"], switch in ("structured", "both"))
                    self.assertEqual(META in result.get("_meta", {}), switch in ("meta", "both"))
                    view = result["structuredContent"].get("execution_log") or result.get("_meta", {}).get(META)
                    if view:
                        self.assertEqual((view["messages"] == [], view["metadata"] is None), (True, promql == "up"))
                self.settled(gateway, 2)  # the log itself is another switch
                gateway.stop()

    def test_ac30_a_request_may_ask_for_it_where_that_is_let(self):
        for switch, seen in (("onRequest", True), ("off", False)):
            gateway = self.serve(executionLog={"directory": str(self.cwd / switch), "inResult": switch})
            for asked, expected in ((True, seen), (False, False), ("true", False), (None, False)):
                with self.subTest(switch=switch, asked=asked):
                    meta = {} if asked is None else {META: asked}
                    result = gateway.modern("tools/call", {"name": "query_prometheus", "arguments": {"promql": "up"}, "_meta": meta})[1]["result"]
                    self.assertEqual(META in result.get("_meta", {}), expected)
                    self.assertNotIn("execution_log", result["structuredContent"])
            gateway.stop()

    def test_ac35_standard_output_is_the_protocols(self):
        (self.cwd / "stdio.yaml").write_text(json.dumps({
            "codeMode": {"enabled": True}, "executionLog": {"directory": str(self.cwd / "log")},
            "tools": {"kubectl": {"enabled": True, "kubeconfig": str(self.kubeconfig)},
                      "prometheus": {"enabled": True, "endpoint": self.prometheus.url}}}))
        child = subprocess.Popen([PROGRAM, "serve", "stdio.yaml", "--stdio"], cwd=self.cwd, stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(child.stdout.close)
        meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
        for number, (tool, arguments, _) in enumerate(CALLS):
            child.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call",
                                          "params": {"name": tool, "arguments": arguments, "_meta": meta}}) + "\n")
        child.stdin.flush()
        seen = set()
        while len(seen) < len(CALLS):
            message = json.loads(child.stdout.readline())  # every line of it
            self.assertEqual(message["jsonrpc"], "2.0")
            if "id" in message:
                seen.add(message["id"])
        child.stdin.close()
        self.assertEqual(child.stdout.read(), "")
        self.assertEqual(child.wait(60), 0)
        self.assertEqual(seen, set(range(len(CALLS))))


class NobodyForgets(unittest.TestCase):
    def test_ac29_no_tool_can_reach_anything_without_a_trace(self):
        """The tools' room knows no network and starts no process: what it asks for writes its own entry."""
        sys.path.insert(0, str(ROOT / "tests"))
        rules = re.search(r'"ops": \{([^}]*)\}', (ROOT / "tests/tidy.py").read_text()).group(1)
        self.assertNotIn("net", rules)
        reach = re.compile(r'#include "net/|#include <(sys/socket|sys/wait|spawn|netdb)\.h>|\b(popen|system|fork|execv\w*|posix_spawn\w*)\(')
        for path in (ROOT / "src/ops").rglob("*"):
            if path.suffix in (".cc", ".h") and not path.stem.endswith(("_test", "testing")):
                for line in path.read_text().splitlines():
                    self.assertIsNone(reach.search(line), f"{path}: {line}")
        header = (ROOT / "src/call/outside.h").read_text()
        self.assertEqual(re.findall(r"friend class (\w+);", header), ["HttpExchange", "ProcessRun"])


if __name__ == "__main__":
    unittest.main()
