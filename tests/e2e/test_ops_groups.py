"""For each tool of ours the three groups of tests that its record must pass: a success, an error, and what it costs. AC-33."""

import unittest

from operations import Operations, text

ENDPOINT = ["api", "endpoint", "source", "duration_ms", "status"]
COMMAND = ["api", "command", "type", "duration_ms", "exit_code", "status"]
QUERY = ["api", "endpoint", "duration_ms", "status", "http_status", "response_size_bytes"]


class Group(Operations):
    def record_of(self, tool, arguments, failed=False, **settings):
        """The record, and the view of it that the caller got, of one call."""
        gateway = self.serve(ack=True, executionLog={"directory": str(self.cwd / "log"), "inResult": "structured"}, **settings)
        result = gateway.call(tool, arguments)
        self.assertEqual(result.get("isError", False), failed, result)
        [record] = self.settled(gateway, 1)
        view = result["structuredContent"]["execution_log"]
        self.assertEqual(view["tool_call_id"], record["tool_call_id"])
        self.assertEqual([c["api"] for c in view["api_calls"]], [c["api"] for c in record["api_calls"]])
        return record, view

    def shape(self, call, fields):
        """The entry as the caller sees it begins with what the requirement shows, and says no more than belongs to its kind."""
        for field in fields:
            self.assertIn(field, call)
        self.assertGreaterEqual(call["duration_ms"], 0)

    def lean(self, record, view, tool):
        for each in (record, view):
            self.assertEqual((each["messages"], each["error"], each["metadata"], each["warnings"]), ([], None, None, []))
        self.assertEqual((record["status"], record["tool_name"]), ("success", tool))

    def detailed(self, record, view, stage, code, **more):
        for each in (record, view):
            self.assertTrue(each["error"])
            self.assertEqual((each["metadata"]["failure_stage"], each["metadata"]["error_code"]), (stage, code))
        for key, value in more.items():
            self.assertEqual(record["metadata"][key], value, record)

    def small(self, record):
        """Whatever came back, the record stays small; and the calls explain the time."""
        self.assertLess(len(text(record)), 4096, record)
        self.assertLessEqual(sum(c["duration_ms"] for c in record["api_calls"]), record["duration_ms"] + len(record["api_calls"]))


class AckKubectl(Group):
    # The operator's own file for every cluster, which is told.
    WARNING = "cluster_id 'c01ef' was not used"

    def call(self, command, failed=False, **more):
        record, view = self.record_of("ack_kubectl", {"command": command, "cluster_id": "c01ef"}, failed, **more)
        if record["api_calls"] and not failed:
            self.assertTrue(record["warnings"][0].startswith(self.WARNING), record)
            for each in (record, view):
                each["warnings"].pop(0)
        return record, view

    def test_ac33_success(self):
        record, view = self.call("get pods -n default")
        self.lean(record, view, "ack_kubectl")
        self.assertTrue(record["tool_call_id"].startswith("ack_kubectl_c01ef_"))
        config, command = view["api_calls"]
        self.assertEqual((config["api"], config["source"]), ("GetKubeconfig", "local_file"))
        self.shape(command, COMMAND)
        self.assertEqual((command["command"], command["type"], command["exit_code"], command["status"]),
                         ("kubectl get pods --namespace=default", "normal", 0, "success"))
        self.assertEqual(record["api_calls"][1]["cluster_id"], "c01ef")

    def test_ac33_success_of_a_stream(self):
        record, view = self.record_of("ack_kubectl", {"command": "logs -f web-1", "cluster_id": "c01ef", "timeout_seconds": 3})
        command = view["api_calls"][-1]
        self.shape(command, COMMAND)
        self.assertEqual((command["type"], command["exit_code"], command["status"]), ("streaming", 124, "success"))
        self.assertTrue(record["api_calls"][-1]["timed_out"])

    def test_ac33_error(self):
        record, view = self.call("get pod nope", failed=True)
        self.detailed(record, view, "kubectl_execution", "NotFound", exit_code=1)
        command = view["api_calls"][-1]
        self.shape(command, COMMAND)
        self.assertEqual((command["exit_code"], command["status"]), (1, "failed"))
        self.assertIn("not found", record["api_calls"][-1]["error"])

    def test_ac33_error_of_policy(self):
        record, view = self.call("delete pod web-1", failed=True)
        self.detailed(record, view, "policy_check", "WriteCommandNotAllowed", policy="write", allow_write=False)
        self.assertEqual((record["status"], record["api_calls"], self.kubernetes.hits), ("denied", [], []))

    def test_ac33_performance(self):
        flood = self.cwd / "flood"
        flood.write_text("#!/bin/sh\nsleep 0.3\nseq 1 200000\n")
        flood.chmod(0o700)
        record, _ = self.call("get pods", kubectl={"command": str(flood), "maxOutputBytes": 4096})
        command = record["api_calls"][-1]
        self.assertGreaterEqual(command["duration_ms"], 300)
        self.assertEqual((command["stdout_bytes"], command["truncated"], record["status"]), (1288895, True, "partial"))
        self.small(record)


class QueryPrometheus(Group):
    def call(self, promql, failed=False, **more):
        return self.record_of("query_prometheus", {"promql": promql, "cluster_id": "c01ef"}, failed, **more)

    def test_ac33_success(self):
        record, view = self.call("up")
        self.lean(record, view, "query_prometheus")
        endpoint, query = view["api_calls"]
        self.shape(endpoint, ENDPOINT)
        self.shape(query, QUERY)
        self.assertEqual((query["api"], query["endpoint"], query["http_status"], query["status"]),
                         ("PrometheusQuery", self.prometheus.url + "/api/v1/query", 200, "success"))
        self.assertGreater(query["response_size_bytes"], 50)
        self.assertNotIn('"up"', text(record))  # the query is the caller's

    def test_ac33_error(self):
        self.prometheus.answers = [(422, {"status": "error", "errorType": "execution", "error": "query timed out"})]
        record, view = self.call("up", failed=True)
        self.detailed(record, view, "prometheus_query", "QueryFailed", http_status=422, prometheus_error_type="execution")
        query = view["api_calls"][-1]
        self.assertEqual((query["status"], query["http_status"]), ("failed", 422))
        self.assertEqual(record["api_calls"][-1]["error_code"], "execution")

    def test_ac33_error_without_a_server(self):
        record, view = self.call("up", failed=True, prometheus={"endpoint": "http://127.0.0.1:1"})
        self.detailed(record, view, "prometheus_query", "unavailable")
        query = record["api_calls"][-1]
        self.assertEqual((query["status"], query.get("http_status"), query["attempts"]), ("failed", None, 3))

    def test_ac33_performance(self):
        self.prometheus.delay = 0.2
        series = [{"metric": {"i": str(i)}, "values": [[i, "1"]] * 10} for i in range(5000)]
        self.prometheus.answers = [(503, {}), (200, {"status": "success", "data": {"resultType": "matrix", "result": series}})]
        record, _ = self.call("up", prometheus={"maxSeries": 10})
        query = record["api_calls"][-1]
        self.assertGreaterEqual(query["duration_ms"], 600)  # two answers, and the pause before the second question
        self.assertEqual((query["attempts"], query["series_count"], query["sample_count"], query["truncated"], record["status"]),
                         (2, 5000, 50000, True, "partial"))
        self.assertGreater(query["response_size_bytes"], 500_000)
        self.small(record)


class MetricGuidance(Group):
    TOOL = "query_prometheus_metric_guidance"

    def test_ac33_success(self):
        record, view = self.record_of(self.TOOL, {"resource_label": "node", "metric_category": "memory"})
        self.lean(record, view, self.TOOL)
        self.assertEqual((record["api_calls"], self.prometheus.hits), ([], []))  # it asks nobody

    def test_ac33_error(self):
        record, view = self.record_of(self.TOOL, {"resource_label": "toaster"}, failed=True)
        self.detailed(record, view, "validate_input", "InvalidArgument")
        self.assertEqual(record["api_calls"], [])

    def test_ac33_performance(self):
        record, _ = self.record_of(self.TOOL, {"resource_label": "pod"})
        self.small(record)
        self.assertGreater(record["result"]["size_bytes"], 4096)  # of which nothing is in the record


if __name__ == "__main__":
    unittest.main()
