"""What operators see: spans, metrics and log records as they arrive at a real OTLP receiver and a real Prometheus."""

import json
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from harness import ROOT, EndToEnd, Gateway, LegacySession, one_backend, stdio_backend, wait_until
from otlp import HANG, REFUSE, Receiver

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT_SPAN = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{CLIENT_SPAN}-01"
HTTP_TRACE = "0af7651916cd43dd8448eb211c80319c"
HTTP_PARENT = f"00-{HTTP_TRACE}-b7ad6b7169203331-01"
FAST = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_METRIC_EXPORT_INTERVAL": "500"}
# The name is put together so that it is not looked up before the script runs.
DENIED = 'call_tool("execute_tool_" + "script", script="return 1")'
EXAMPLES = ROOT / "examples/observability"


def scrape(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as answer:
        return answer.read().decode()


def value(text, name, **labels):
    """The sum of the series of a metric that have these labels."""
    total = 0
    for line in text.splitlines():
        if match := re.fullmatch(rf"{name}(?:{{(.*)}})? (\S+)", line):
            found = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[1] or ""))
            if labels.items() <= found.items():
                total += float(match[2])
    return total


def lines_of(server, event):
    return [json.loads(line) for line in list(server.lines) if f'"event":"{event}"' in line]


def ended(server):
    return lines_of(server, "script.complete") + lines_of(server, "script.error")


class Telemetry(EndToEnd):
    def receiver(self, *behaviour):
        receiver = Receiver(*behaviour)
        self.addCleanup(receiver.stop)
        return receiver

    def serve(self, receiver=None, env=None, telemetry=None, **more):
        settings = {**({"endpoint": receiver.url} if receiver else {}), **(telemetry or {})}
        config = one_backend(stdio_backend(), telemetry=settings, **more)
        return self.gateway(config, env={**FAST, **(env or {})})

    def call_script(self, server, source, meta=None, headers=None, arguments=None):
        params = {"name": "execute_tool_script", "arguments": {"script": source, **(arguments or {})}, "_meta": meta or {}}
        return server.modern("tools/call", params, headers=headers)[1]["result"]


class Export(Telemetry):
    def test_a_script_as_an_operator_sees_it(self):
        receiver = self.receiver()
        server = self.serve(receiver)
        result = self.call_script(server, """
first = meta()
more = parallel([lambda i=i: [sleep(ms=150), meta()][1] for i in range(3)])
return [first] + more
""", {"traceparent": TRACEPARENT, "tracestate": "vendor=1"}, {"traceparent": HTTP_PARENT})
        told = result["structuredContent"]["result"]
        spans = wait_until(lambda: [s for s in receiver.spans() if s["trace_id"] == TRACE][14:] and
                           [s for s in receiver.spans() if s["trace_id"] == TRACE], 10, "the spans")

        with self.subTest("the tree"):
            by_id = {span["span_id"]: span for span in spans}
            root = next(s for s in spans if s["name"] == "tools/call execute_tool_script")
            self.assertEqual((root["kind"], root["parent"]), ("SERVER", CLIENT_SPAN))
            self.assertEqual(root["links"], [(HTTP_TRACE, "b7ad6b7169203331")])
            script = next(s for s in spans if s["name"] == "execute_tool_script")
            self.assertEqual((script["kind"], script["parent"]), ("INTERNAL", root["span_id"]))
            inner = [s for s in spans if s["kind"] == "INTERNAL" and s is not script]
            self.assertEqual(sorted(s["name"] for s in inner), ["tools/call meta"] * 4 + ["tools/call sleep"] * 3)
            self.assertEqual({s["parent"] for s in inner}, {script["span_id"]})
            client = [s for s in spans if s["kind"] == "CLIENT"]
            self.assertEqual(len(client), 7)
            self.assertEqual({s["parent"] for s in client}, {s["span_id"] for s in inner})
            self.assertEqual(len(by_id), 16)
        with self.subTest("the backend was told of our client spans"):
            parents = [each["traceparent"].split("-") for each in told]
            self.assertEqual({trace for _, trace, _, _ in parents}, {TRACE})
            self.assertEqual({span for _, _, span, _ in parents},
                             {s["span_id"] for s in client if s["name"] == "tools/call meta"})
            self.assertEqual({each["tracestate"] for each in told}, {"vendor=1"})
        with self.subTest("tasks overlap"):
            naps = [s for s in inner if s["name"] == "tools/call sleep"]
            self.assertLess(max(s["start"] for s in naps), min(s["end"] for s in naps))
            self.assertEqual({s["attributes"]["script.parallel_task"] for s in naps}, {"1", "2", "3"})
        with self.subTest("attributes"):
            seen = script["attributes"]
            self.assertRegex(seen["script.hash"], "^sha256:[0-9a-f]{64}$")
            self.assertEqual((seen["script.tool_count"], seen["script.parallel_used"], seen["script.status"]),
                             (7, True, "success"))
            self.assertEqual(seen["script.calls_saved"], 6)
            self.assertGreater(seen["script.step_count"], 10)
            self.assertEqual(client[0]["attributes"]["mcp.protocol.revision"], "2025-11-25")
            self.assertEqual(client[0]["attributes"]["target.transport_type"], "stdio")
            self.assertEqual(root["attributes"]["mcp.protocol.version"], "2026-07-28")
        with self.subTest("log records"):
            wait_until(lambda: "script.complete" in [log["body"] for log in receiver.logs()], 10, "the log records")
            logs = {log["body"]: log for log in receiver.logs()}
            ended = logs["script.complete"]
            self.assertEqual((ended["trace_id"], ended["span_id"]), (TRACE, script["span_id"]))
            self.assertEqual(ended["attributes"]["tool_call_count"], 7)
            self.assertEqual(ended["attributes"]["script_hash"], seen["script.hash"])
            line = wait_until(lambda: lines_of(server, "script.complete"), 5, "the line")[0]
            self.assertEqual((line["span_id"], line["calls_saved"], line["principal"], line["request_id"]),
                             (script["span_id"], 6, "anonymous", "1"))
            record = wait_until(lambda: server.records("--tool", "execute_tool_script"), 5, "the record")[0]
            self.assertEqual(record["tool_call_id"], line["tool_call_id"])
            self.assertEqual((record["trace_id"], record["script"]["calls_saved"]), (TRACE, 6))
        with self.subTest("metrics"):
            metrics = wait_until(lambda: "toolhive_vmcp_script_executions" in receiver.metrics() and receiver.metrics(),
                                 10, "the metrics")
            self.assertEqual(metrics["toolhive_vmcp_script_executions"], [({"status": "success"}, 1)])
            self.assertEqual(metrics["toolhive_vmcp_script_parallel_goroutines"], [({}, 3)])
        self.assertEqual(receiver.scopes(), {"larkspur/vmcp"})
        resource = receiver.resource()
        self.assertEqual(resource["service.name"], "larkspur")
        self.assertTrue(resource["service.version"] and resource["service.instance.id"])

    def test_the_environment_is_honoured_and_what_is_queued_is_sent_at_the_end(self):
        receiver = self.receiver()
        server = self.serve(env={"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_SERVICE_NAME": "team-gateway",
                                 "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
                                 "OTEL_BSP_SCHEDULE_DELAY": "60000", "OTEL_METRIC_EXPORT_INTERVAL": "60000"})
        server.modern("tools/call", {"name": "echo"}, headers={"traceparent": HTTP_PARENT})
        self.assertEqual(server.stop(), 0)
        span = next(s for s in receiver.spans() if s["kind"] == "SERVER")
        self.assertEqual((span["trace_id"], span["parent"], span["links"]), (HTTP_TRACE, "b7ad6b7169203331", []))
        self.assertIn("toolhive_mcp_tool_calls", receiver.metrics())
        self.assertEqual(receiver.resource()["service.name"], "team-gateway")
        self.assertEqual(receiver.resource()["deployment.environment"], "test")

    def test_a_script_that_runs_when_the_gateway_stops_is_counted(self):
        receiver = self.receiver()
        server = self.serve(receiver)
        errors = []

        def run():
            try:
                self.call_script(server, "sleep(ms=60000)")
            except Exception as error:  # the connection ends
                errors.append(error)

        running = threading.Thread(target=run)
        running.start()
        wait_until(lambda: lines_of(server, "script.start"), 5, "the script")
        time.sleep(0.1)
        server.child.send_signal(signal.SIGTERM)  # waits for what runs; a second one does not
        time.sleep(0.2)
        self.assertEqual(server.stop(), 0)
        running.join()
        self.assertEqual(receiver.metrics()["toolhive_vmcp_script_executions"],
                         [({"status": "error", "error.type": "cancelled"}, 1)])
        self.assertEqual([line["error_type"] for line in ended(server)], ["cancelled"])

    def test_a_receiver_in_trouble_changes_nothing_for_callers(self):
        down = Receiver()
        down.stop()
        for name, receiver in [("down", down), ("refuses", self.receiver(REFUSE)), ("hangs", self.receiver(HANG))]:
            with self.subTest(name):
                (self.cwd / name).mkdir()
                config = one_backend(stdio_backend(), telemetry={"endpoint": receiver.url})
                server = Gateway(self.cwd / name, config, env=FAST)
                self.addCleanup(lambda s=server: s.child.poll() is None and s.stop())
                slowest = 0
                for _ in range(40):
                    began = time.monotonic()
                    server.call("echo", {"x": 1})
                    slowest = max(slowest, time.monotonic() - began)
                self.assertLess(slowest, 1)
                wait_until(lambda s=server: lines_of(s, "telemetry.export"), 15, "the warning")
                for _ in range(40):
                    server.call("echo", {"x": 1})
                time.sleep(0.5)
                began = time.monotonic()
                self.assertEqual(server.stop(), 0)
                self.assertLess(time.monotonic() - began, 10)
                self.assertEqual([line["level"] for line in lines_of(server, "telemetry.export")], ["warn"])


class Privacy(Telemetry):
    def test_nothing_of_a_script_is_in_what_is_observed(self):
        receiver = self.receiver()
        server = self.serve(receiver)
        token = "canary7391"
        scripts = [
            f'# {token}\nx{token} = "{token}"\nprint("{token}")\nreturn echo(message="{token}")["message"] + given',
            f'fail("{token}")',
            f'fail_(message="{token}")',
            f'return {{}}["{token}"]',
            f'return call_tool("{token}")',
            f'return call_tool("{token}" + "x")',
            f'return try_call(fail_, message="{token}").error + {token}',
            f'return time.parse_time("{token}")',
            f'return re.compile("({token}")',
            f'sleep(ms="{token}")',
            f'sleep({token}=1)',
            f'return {token}_unknown',
            f'return "{token}" + 1',
            f'return int("{token}")',
            f'return [1]["{token}"]',
            f'"{token}".{token}()',
            f'return echo("{token}")',
            f'def {token}(): return {token}(1)\nreturn {token}()',
            f'return "{token}',
            f'return json.decode("{token}")',
            f"{token} = 1\n{token}()",
            f"def {token}(x): pass\n{token}()",
            f"def f(*, a, {token}): pass\nf()",
            f"def f({token}, {token}): pass",
            f"def f(): pass\nf({token}=1)",
            f"def f():\n  return {token}\n  {token} = 1\nf()",
            f"echo({token}=1)\nreturn {{'a': 1}}.{token}",
            f"return struct(a=1).{token}",
            f"struct({token}=1) + 1",
            f"fail({token}=1)",
            f'"{{{token}}}".format()',
            f'return f"{{{token}}}"',
            f"return {{1: lambda: {token}}}",
            f'parallel([lambda: fail("{token}")])',
            f'parallel([lambda: fail_(message="{token}")])',
            f"class {token}: pass",
            f"tools.{token}()",
        ]
        for source in scripts:
            self.call_script(server, source, arguments={"data": {"given": token, f"g{token}": 1}})
        server.call("execute_tool_script", {"script": "return 1", "data": {"not " + token: 1}})
        server.call("execute_tool_script", {"script": "return 1", token: 1})
        server.modern("tools/call", {"name": token, "arguments": {token: token}})
        server.modern(f"{token}/method", {token: token})
        server.call("echo", {token: token})
        wait_until(lambda: len(ended(server)) == len(scripts) + 2, 5, "the lines")
        text = scrape(server)
        server.stop()
        seen = {"lines": "\n".join(server.lines), "prometheus": text,
                **{path: b"".join(receiver.bodies(path)).decode("latin-1")
                   for path in ("/v1/traces", "/v1/logs", "/v1/metrics")}}
        for where, what in seen.items():
            self.assertGreater(len(what), 100, where)
            at = what.find(token)
            self.assertEqual(at, -1, f"{where}: {what[max(0, at - 200):at + 100]!r}")

    def test_invented_names_make_no_series(self):
        server = self.serve()
        server.call("echo")
        for i in range(300):
            server.modern("tools/call", {"name": f"invented_{i}"})
            server.modern(f"method/{i}")
            if i == 0:
                wait_until(lambda: value(scrape(server), "larkspur_execution_log_records_total"), 5, "the log")
                before = scrape(server)
        after = scrape(server)
        count = lambda text: len([line for line in text.splitlines() if not line.startswith("#")])
        self.assertEqual(count(before), count(after))
        self.assertNotIn("invented", after)
        self.assertEqual(value(after, "toolhive_mcp_tool_calls_total", tool="_OTHER"), 300)
        self.assertEqual(value(after, "toolhive_mcp_requests_total", mcp_method="_OTHER"), 300)


class Counting(Telemetry):
    def test_every_end_is_counted_once(self):
        server = self.serve(codeMode={"stepLimit": 5000000, "scriptTimeout": "300ms", "maxToolCalls": 3,
                                      "memoryLimit": "4MiB"})
        ends = {
            ("success", ""): "return 1",
            ("error", "syntax"): "return (",
            ("error", "runtime"): "return 1 // 0",
            ("error", "tool_error"): 'fail_(message="x")',
            ("error", "denied"): DENIED,
            ("step_limit", "step_limit"): "while True: pass",
            ("error", "memory_limit"): "return [0] * 100000000",
            ("error", "call_limit"): "for i in range(5): echo(i=i)",
            ("error", "output_limit"): 'for i in range(1000): print("x" * 10000)',
            ("timeout", "timeout"): "sleep(ms=5000)",
        }
        for source in ends.values():
            self.call_script(server, source)
        server.call("execute_tool_script", {"script": 7})
        ends["error", "invalid_arguments"] = ""
        text = scrape(server)
        executions = "toolhive_vmcp_script_executions_total"
        for status, kind in ends:
            labels = {"status": status, **({"error_type": kind} if kind else {})}
            if kind or status == "success":
                self.assertEqual(value(text, executions, **labels), 1, (status, kind))
        self.assertEqual(value(text, executions), len(ends))
        self.assertEqual(value(text, "toolhive_vmcp_script_duration_seconds_count"), len(ends))
        self.assertEqual(value(text, "toolhive_vmcp_script_tool_calls_count"), len(ends))
        wait_until(lambda: len(ended(server)) >= len(ends), 5, "the lines")
        self.assertEqual((len(lines_of(server, "script.start")), len(ended(server))), (len(ends), len(ends)))
        limits = {line["error_type"]: line["level"] for line in lines_of(server, "script.error")}
        self.assertEqual((limits["memory_limit"], limits["runtime"]), ("warn", "error"))

    def test_a_denied_tool_is_one_that_does_not_exist_to_the_script(self):
        server = self.serve()
        result = self.call_script(server, DENIED)
        self.assertEqual(result["structuredContent"]["error"]["type"], "tool_error")
        self.assertNotIn("denied", json.dumps(result))
        script = wait_until(lambda: server.records("--tool", "execute_tool_script"), 5, "the record")
        self.assertEqual(script[0]["metadata"]["error_type"], "denied")

    def test_clients_that_leave_are_counted_as_cancelled(self):
        server = self.serve()
        with self.assertRaises(TimeoutError):
            server.modern("tools/call", {"name": "execute_tool_script", "arguments": {"script": "sleep(ms=30000)"}},
                          timeout=0.3)
        wait_until(lambda: value(scrape(server), "toolhive_vmcp_script_executions_total", error_type="cancelled") == 1,
                   5, "the count")
        session = LegacySession(server)
        running = threading.Thread(target=lambda: server.post(
            {"jsonrpc": "2.0", "id": "x1", "method": "tools/call",
             "params": {"name": "execute_tool_script", "arguments": {"script": "sleep(ms=30000)"}}}, session.headers))
        running.start()
        wait_until(lambda: len(lines_of(server, "script.start")) == 2, 5, "the script")
        server.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "x1"}}, session.headers)
        running.join()
        wait_until(lambda: value(scrape(server), "toolhive_vmcp_script_executions_total", error_type="cancelled") == 2,
                   5, "the count")
        self.assertEqual(lines_of(server, "script.start")[1]["session_id"], session.headers["Mcp-Session-Id"])

    def test_direct_and_scripted_calls_are_told_apart(self):
        server = self.serve()
        server.call("echo")
        self.call_script(server, "big(bytes=50000)\nbig(bytes=50000)\nreturn 1")
        text = scrape(server)
        calls = "toolhive_mcp_tool_calls_total"
        self.assertEqual(value(text, calls, tool="echo", origin="client", status="success"), 1)
        self.assertEqual(value(text, calls, tool="big", origin="script"), 2)
        self.assertEqual(value(text, "larkspur_code_mode_enabled"), 1)
        self.assertEqual(value(text, "larkspur_script_calls_saved_total"), 1)
        self.assertGreater(value(text, "larkspur_script_kept_bytes_total"), 100000)
        self.assertEqual(value(text, "larkspur_backends_up"), 1)
        self.assertEqual(value(text, "toolhive_vmcp_backends_discovered"), 1)
        self.assertEqual(value(text, "toolhive_vmcp_backend_requests_total", tool_name="big", target_workload_name="tools",
                               mcp_protocol_revision="2025-11-25"), 2)
        self.assertEqual(value(text, "larkspur_external_call_duration_seconds_count", kind="mcp", status="success"), 3)
        self.assertEqual(value(text, "toolhive_mcp_requests_total", mcp_method="tools/call", status_code="200",
                               mcp_resource_id="execute_tool_script"), 1)
        self.assertGreaterEqual(value(text, "toolhive_mcp_active_connections", connection_type="http"), 1)
        wait_until(lambda: value(scrape(server), "larkspur_execution_log_records_total", outcome="written") == 4, 5, "the log")

    def test_switched_off_there_is_nothing(self):
        for telemetry, env in [({"tracingEnabled": False, "metricsEnabled": False, "logsEnabled": False}, {}),
                               ({"logsEnabled": False}, {"OTEL_SDK_DISABLED": "true"})]:
            with self.subTest(env or telemetry):
                server = self.serve(telemetry=telemetry, env=env)
                self.call_script(server, "return echo(x=1)")
                self.assertEqual(lines_of(server, "script.start"), [])
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    scrape(server)
                self.assertEqual(refused.exception.code, 404)
                server.stop()
                shutil.rmtree(server.log_directory)


@unittest.skipUnless(shutil.which("prometheus") and shutil.which("promtool"), "needs Debian's prometheus")
class Prometheus(Telemetry):
    def used_server(self):
        server = self.serve()
        server.call("echo")
        server.call("fail", {"message": "x"})
        self.call_script(server, "parallel([lambda: big(bytes=5000), lambda: echo()])\nreturn 1")
        self.call_script(server, "return 1 // 0")
        wait_until(lambda: value(scrape(server), "larkspur_execution_log_records_total", outcome="written") == 6, 5, "the log")
        return server

    def test_prometheus_reads_the_metrics(self):
        server = self.used_server()
        checked = subprocess.run(["promtool", "check", "metrics"], input=scrape(server), text=True, capture_output=True)
        self.assertEqual((checked.returncode, checked.stderr + checked.stdout), (0, ""))
        config = self.cwd / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "200ms"},
            "rule_files": [str(EXAMPLES / "alerts.yaml")],
            "scrape_configs": [{"job_name": "larkspur", "static_configs": [{"targets": [f"127.0.0.1:{server.port}"]}]}]}))
        log = (self.cwd / "prometheus.log").open("wb")
        child = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.cwd}/tsdb",
                                  "--web.listen-address=127.0.0.1:0", "--log.format=json"], stdout=log, stderr=log)
        self.addCleanup(lambda: (child.kill(), child.wait(), log.close()))
        found = lambda: re.search(r'"address":"(127[^"]*)".*"Listening on"', (self.cwd / "prometheus.log").read_text())
        address = wait_until(found, 20, "prometheus")[1]

        def query(text):
            try:
                with urllib.request.urlopen(f"http://{address}/api/v1/query?" + urllib.parse.urlencode({"query": text})) as answer:
                    return json.load(answer)["data"]["result"]
            except urllib.error.URLError:
                return []

        wait_until(lambda: query("toolhive_vmcp_script_executions_total"), 20, "the first scrape")
        self.assertEqual(query('sum(toolhive_vmcp_script_executions_total)')[0]["value"][1], "2")
        quantile = query('histogram_quantile(0.9, sum by (le) (toolhive_vmcp_script_duration_seconds_bucket))')
        self.assertGreater(float(quantile[0]["value"][1]), 0)
        for panel in json.loads((EXAMPLES / "dashboard.json").read_text())["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"].replace("$__rate_interval", "5m").replace('$job', 'larkspur')
                with self.subTest(expression), \
                        urllib.request.urlopen(f"http://{address}/api/v1/query?" + urllib.parse.urlencode({"query": expression})) as answer:
                    self.assertEqual(json.load(answer)["status"], "success")

    def test_the_examples_name_metrics_that_exist(self):
        rules = EXAMPLES / "alerts.yaml"
        checked = subprocess.run(["promtool", "check", "rules", str(rules)], text=True, capture_output=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        exists = set(re.findall(r"^# TYPE (\S+)", scrape(self.used_server()), re.M))
        for file in (rules, EXAMPLES / "dashboard.json", ROOT / "docs/observability.md"):
            named = set(re.findall(r"\b(?:toolhive|larkspur|mcp_server|mcp_client)_\w+_(?:total|seconds|bucket|count|sum)\b"
                                   r"|\b(?:toolhive_vmcp_backends|larkspur_code_mode|larkspur_backends|"
                                   r"toolhive_mcp_active|larkspur_execution_log_queue)_\w+", file.read_text()))
            self.assertGreater(len(named), 3)
            missing = {name for name in named if re.sub("_(bucket|count|sum)$", "", name) not in exists}
            self.assertEqual(missing, set(), file.name)


if __name__ == "__main__":
    unittest.main()
