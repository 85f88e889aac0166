"""A real Prometheus that scrapes Larkspur, asked through Larkspur's own tool."""

import json
import re
import shutil
import socket
import subprocess
import time
import unittest

from harness import ROOT, EndToEnd, wait_until

OPS = ROOT / "src/ops/prometheus"


@unittest.skipUnless(shutil.which("prometheus"), "needs Debian's prometheus")
class RealPrometheus(EndToEnd):
    """Larkspur takes the address of a Prometheus that is started after it from a file of the test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.suite = cls("set_up_once")
        cls.suite.set_up_once()

    @classmethod
    def tearDownClass(cls):
        cls.suite.doCleanups()

    def setUp(self):
        pass

    def set_up_once(self):
        EndToEnd.setUp(self)
        port = self.free_port()
        type(self).server = self.gateway({
            "codeMode": {"enabled": True},
            "tools": {"prometheus": {"enabled": True, "endpoint": f"http://127.0.0.1:{port}", "maxSeries": 50}}})
        config = self.cwd / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "200ms"},
            "scrape_configs": [{"job_name": "larkspur", "static_configs": [{"targets": [f"127.0.0.1:{self.server.port}"]}]}]}))
        log = (self.cwd / "prometheus.log").open("wb")
        child = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.cwd}/tsdb",
                                  f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(lambda: (child.kill(), child.wait(), log.close()))
        self.server.call("get_current_time")
        wait_until(lambda: self.query('up{job="larkspur"}').get("result"), 40, "the first scrape")

    @staticmethod
    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def query(self, promql, **more):
        return self.server.call("query_prometheus", {"promql": promql, **more})["structuredContent"]

    def newest(self):
        return wait_until(lambda: self.server.records("--tool", "query_prometheus", "--limit", "1"), 10, "the record")[0]


class Queries(RealPrometheus):
    def test_an_instant(self):
        answer = self.query('up{job="larkspur"}')
        self.assertEqual((answer["resultType"], answer["series_count"], answer["truncated"]), ("vector", 1, False))
        [series] = answer["result"]
        self.assertEqual(series["metric"]["job"], "larkspur")
        self.assertEqual(series["values"][0][1], "1")
        # Larkspur's own metrics, of its own calls.
        calls = self.query("sum(mcp_server_operation_duration_seconds_count)")
        self.assertGreater(float(calls["result"][0]["values"][0][1]), 0)

    def test_a_range(self):
        answer = self.query('up{job="larkspur"}', start_time="5m", step="1")
        self.assertEqual(answer["resultType"], "matrix")
        self.assertGreater(len(answer["result"][0]["values"]), 0)
        self.assertEqual(self.query("vector(1)", start_time=time.time() - 3600, end_time="now")["sample_count"], 241)  # every 15 s
        self.assertEqual(self.query("vector(1)", start_time="24h")["sample_count"], 250)  # every 346 s

    def test_ac10_scalars_and_strings(self):
        self.assertEqual(self.query("scalar(vector(2))")["result"][0]["values"][0][1], "2")
        self.assertEqual(self.query("scalar(vector(2))")["resultType"], "scalar")
        self.assertEqual(self.query('"text"')["result"][0]["values"][0][1], "text")

    def test_ac6_an_error_is_an_error(self):
        result = self.server.call("query_prometheus", {"promql": "sum(up"})
        self.assertTrue(result["isError"])
        self.assertIn("parse error", result["structuredContent"]["error"]["error_message"])
        record = self.newest()
        self.assertEqual((record["status"], record["metadata"]["failure_stage"], record["metadata"]["http_status"]),
                         ("failed", "prometheus_query", 400))
        self.assertEqual(record["api_calls"][-1]["error_code"], "bad_data")

    def test_ac12_limits_make_a_partial_answer(self):
        answer = self.query('{__name__=~".+"}')
        self.assertEqual((len(answer["result"]), answer["truncated"]), (50, True))
        self.assertGreater(answer["series_count"], 50)
        self.assertEqual(self.newest()["status"], "partial")

    def test_ac4_ac5_the_record(self):
        self.query("up")
        record = self.newest()
        endpoint, query = record["api_calls"]
        self.assertEqual((endpoint["api"], endpoint["source"]), ("GetPrometheusEndpoint", "static_config"))
        self.assertEqual({k: query[k] for k in ("api", "kind", "status", "http_status", "query_type", "result_type", "series_count")},
                         {"api": "PrometheusQuery", "kind": "prometheus", "status": "success", "http_status": 200,
                          "query_type": "instant", "result_type": "vector", "series_count": 1})
        self.assertTrue(query["endpoint"].endswith("/api/v1/query"))
        self.assertGreater(query["response_size_bytes"], 50)
        self.assertEqual((record["messages"], record["metadata"], record["error"]), ([], None, None))

    def test_scripts_can_ask(self):
        result = self.server.script('return [s["metric"]["job"] for s in query_prometheus(promql="up")["result"]]')
        self.assertEqual(result["structuredContent"]["result"], ["larkspur"])


class Guidance(RealPrometheus):
    def every_example(self):
        found = {}
        resources = self.server.modern("tools/list")[1]["result"]["tools"]
        schema = next(t for t in resources if t["name"] == "query_prometheus_metric_guidance")["inputSchema"]
        for resource in schema["properties"]["resource_label"]["enum"]:
            answer = self.server.call("query_prometheus_metric_guidance", {"resource_label": resource})["structuredContent"]
            self.assertTrue(answer["metrics"] or answer["promql_samples"], resource)
            found.update({example["rule_name"]: example for example in answer["promql_samples"]})
        return found

    def test_prometheus_parses_every_example(self):
        examples = self.every_example()
        self.assertGreaterEqual(len(examples), 45)
        for name, example in examples.items():
            with self.subTest(name):
                result = self.server.call("query_prometheus", {"promql": example["expression"]})
                self.assertFalse(result.get("isError"), result)

    def test_examples_use_metrics_of_the_dictionary(self):
        known = set(re.findall(r'PROM_METRIC\("[^"]+", "([^"]+)"', (OPS / "metrics.def").read_text()))
        self.assertGreater(len(known), 100)
        for name, example in self.every_example().items():
            used = set(re.findall(r"\b(?:node|kube|container|coredns|kubelet)_[a-zA-Z0-9_]+", example["expression"]))
            self.assertTrue(used, name)
            self.assertEqual(used - known, set(), name)


if __name__ == "__main__":
    unittest.main()
