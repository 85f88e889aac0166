"""The analyses of workloads: the real kubectl before a stand-in of the Kubernetes API, and a real Prometheus that was
given a history."""

import copy
import http.client
import json
import math
import pathlib
import shutil
import subprocess
import threading
import time
import unittest

import kube_api
import prometheus_api
from harness import EndToEnd, free_port, wait_until

DEPLOYMENT = {
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default", "resourceVersion": "5", "creationTimestamp": "2026-01-15T07:00:00Z"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {"containers": [
        {"name": "app", "image": "example/app:1",
         "resources": {"requests": {"cpu": "500m", "memory": "128Mi"}, "limits": {"memory": "134217728"}}}]}}},
    "status": {"replicas": 2, "readyReplicas": 2}}
RECOMMENDATION = {
    "apiVersion": "autoscaling.alibabacloud.com/v1alpha1", "kind": "Recommendation",
    "metadata": {"name": "web", "namespace": "default", "resourceVersion": "5", "creationTimestamp": "2026-01-15T07:00:00Z",
                 "labels": {"alpha.alibabacloud.com/recommendation-workload-name": "web",
                            "alpha.alibabacloud.com/recommendation-workload-namespace": "default",
                            "alpha.alibabacloud.com/recommendation-workload-kind": "Deployment",
                            "alpha.alibabacloud.com/recommendation-status": "Working"}},
    "status": {"recommendResources": {"containerRecommendations": [
        {"containerName": "app", "target": {"cpu": "100m", "memory": "262144k"}}]}}}
WEB = {"namespace": "default", "workload_type": "Deployment", "workload_name": "web"}


@unittest.skipUnless(shutil.which("kubectl"), "needs kubectl")
class Workload(EndToEnd):
    def setUp(self):
        super().setUp()
        self.api = kube_api.KubeApi()
        self.addCleanup(self.api.close)
        self.api.server.objects["deployments"] = [copy.deepcopy(DEPLOYMENT)]
        self.kubeconfig = self.api.kubeconfig(self.cwd / "kubeconfig")

    def serve(self, **tools):
        return self.gateway({"tools": {
            "kubectl": {"enabled": True, "kubeconfig": str(self.kubeconfig), **tools.pop("kubectl", {})}, **tools}})

    def last_record(self, gateway):
        return wait_until(lambda: gateway.records("--limit", "1"), 20, "a record")[0]

    def profiling(self):
        """The cluster has Alibaba Cloud's resource profiling."""
        group = "autoscaling.alibabacloud.com"
        version = {"groupVersion": f"{group}/v1alpha1", "version": "v1alpha1"}
        discovery = copy.deepcopy(kube_api.DISCOVERY)
        discovery["/apis"]["groups"].append({"name": group, "versions": [version], "preferredVersion": version})
        discovery[f"/apis/{group}/v1alpha1"] = kube_api.resources(
            version["groupVersion"], [kube_api.resource("recommendations", "Recommendation") | {"singularName": "recommendation"}])
        before, kube_api.DISCOVERY = kube_api.DISCOVERY, discovery
        self.addCleanup(setattr, kube_api, "DISCOVERY", before)
        self.api.server.objects["recommendations"] = [RECOMMENDATION]


class Cost(Workload):
    def test_success_has_usage_requests_and_recommendation(self):
        self.profiling()
        gateway = self.serve()
        answer = gateway.call("analyze_workload_cost", WEB)
        self.assertFalse(answer.get("isError"), answer)
        data = answer["structuredContent"]
        self.assertEqual(data["resource_metrics"], {
            "cpu_usage": "0.250", "cpu_request": "0.500", "cpu_limit": "未配置",
            "memory_usage": "64Mi", "memory_request": "128Mi", "memory_limit": "128Mi",
            "cpu_utilization": 0.5, "memory_utilization": 0.5})
        self.assertEqual(data["resource_recommendation"], {
            "containers": [{"container_name": "app", "cpu_recommended": "0.130", "memory_recommended": "330Mi"}],
            "resource_recommendation_status": "Working"})
        record = self.last_record(gateway)
        self.assertEqual((record["status"], record["messages"], record["metadata"]), ("success", [], None))
        self.assertEqual([c["api"] for c in record["api_calls"]], ["GetKubeconfig", "KubectlCommand"] * 3)
        commands = [c["command"] for c in record["api_calls"] if c["kind"] == "kubectl"]
        self.assertEqual([c.split()[1] for c in commands], ["get", "top", "get"])

    def test_success_without_profiling(self):
        gateway = self.serve()
        data = gateway.call("analyze_workload_cost", WEB)["structuredContent"]
        self.assertIsNone(data["resource_recommendation"])
        self.assertEqual(self.last_record(gateway)["status"], "success")

    def test_errors_are_errors(self):
        gateway = self.serve()
        for change, code, stage in (({"workload_name": "nope"}, "NotFound", "kubectl_execution"),
                                    ({"namespace": "forbidden"}, "Forbidden", "kubectl_execution"),
                                    ({"workload_name": "web --all"}, "InvalidArgument", "validate_input"),
                                    ({"workload_type": "pod"}, "InvalidArgument", "validate_input")):
            with self.subTest(change):
                answer = gateway.call("analyze_workload_cost", {**WEB, **change})
                self.assertTrue(answer["isError"])
                self.assertEqual(answer["structuredContent"]["error"]["error_code"], code)
                records = wait_until(lambda: [r for r in gateway.records("--limit", "1")
                                              if (r["metadata"] or {}).get("error_code") == code], 20, "its record")
                self.assertEqual((records[0]["status"], records[0]["metadata"]["failure_stage"]), ("failed", stage))

    def test_performance_many_at_once(self):
        self.profiling()
        gateway = self.serve()
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(gateway.call("analyze_workload_cost", WEB, timeout=120)))
                   for _ in range(6)]
        for thread in threads:
            thread.start()
        self.assertIn("current_time_iso", gateway.call("get_current_time")["structuredContent"])  # nobody is held up
        for thread in threads:
            thread.join()
        self.assertEqual([a["structuredContent"]["resource_metrics"]["cpu_usage"] for a in answers], ["0.250"] * 6)
        records = wait_until(lambda: len(found := gateway.records("--tool", "analyze_workload_cost")) == 6 and found, 20, "the records")
        for record in records:
            self.assertEqual((record["status"], len(record["api_calls"])), ("success", 6))
            self.assertLess(len(json.dumps(record)), 64 * 1024)


class Cancelled(Workload):
    """At each of the steps that an analysis has."""

    def hanging_at(self, words):
        """kubectl, but a command with these words never ends."""
        program = self.cwd / "kubectl"
        program.write_text(f'#!/bin/sh\ncase "$*" in *"{words}"*) echo $$ > "{self.cwd}/pid"; exec sleep 600;; esac\n'
                           f'exec {shutil.which("kubectl")} "$@"\n')
        program.chmod(0o700)
        return {"command": str(program), "timeout": "500s"}

    def leave(self, gateway, tool, begun):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        self.addCleanup(connection.close)
        connection.request("POST", "/mcp", json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                "name": tool, "arguments": WEB,
                "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                          "io.modelcontextprotocol/clientCapabilities": {}}}}), {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool})
        found = wait_until(begun, 30, "the work")
        connection.close()
        return found

    def check(self, gateway, calls):
        record = self.last_record(gateway)
        self.assertEqual(record["status"], "cancelled", record)
        self.assertEqual([(c["api"], c["status"]) for c in record["api_calls"][-1:]], [(calls[-1], "cancelled")])
        self.assertEqual([c["api"] for c in record["api_calls"]], calls)

    def kubectl(self, tool, words, step):
        gateway = self.serve(kubectl=self.hanging_at(words), prometheus={"enabled": True, "endpoint": "http://127.0.0.1:1"})
        pid = self.leave(gateway, tool, lambda: (self.cwd / "pid").exists() and (self.cwd / "pid").read_text().strip())
        wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), 20, "its end")
        self.check(gateway, ["GetKubeconfig", "KubectlCommand"] * step)

    def test_cost_while_it_reads_the_workload(self):
        self.kubectl("analyze_workload_cost", "get deployments", 1)

    def test_cost_while_it_measures(self):
        self.kubectl("analyze_workload_cost", "top pods", 2)

    def test_cost_while_it_looks_for_a_recommendation(self):
        self.kubectl("analyze_workload_cost", "get recommendation", 3)

    def test_autoscaling_while_it_reads_the_workload(self):
        self.kubectl("analyze_workload_autoscaling", "get deployments", 1)

    def test_autoscaling_while_prometheus_is_asked(self):
        prometheus = prometheus_api.PrometheusApi()
        self.addCleanup(prometheus.close)
        prometheus.answers = [prometheus.HOLD]
        gateway = self.serve(prometheus={"enabled": True, "endpoint": prometheus.url})
        self.leave(gateway, "analyze_workload_autoscaling", prometheus.held.is_set)
        self.assertTrue(prometheus.left.wait(60), "its connection is still open")
        self.check(gateway, ["GetKubeconfig", "KubectlCommand", "GetPrometheusEndpoint", "PrometheusQuery"])


@unittest.skipUnless(shutil.which("prometheus") and shutil.which("promtool"), "needs Debian's prometheus")
class Autoscaling(Workload):
    PODS = ("web-7d4b9c6f5d-x2x1z", "web-7d4b9c6f5d-k8k2q")
    DAY = 24 * 3600

    def history(self, other=()):
        """Two days of CPU and memory, a sample a minute: calm by night, ten hours of load by day. `other`: pods that
        look a little like those of the workload."""
        now = int(time.time()) // 60 * 60
        cpu, memory = [], []
        for pod in self.PODS + tuple(other):
            labels = f'{{namespace="default",pod="{pod}",container="app"}}'
            used = 0.0
            for at in range(now - 2 * self.DAY, now - 60, 60):
                busy = at % self.DAY < 10 * 3600
                used += 60 * (8.0 if busy else 0.05)
                cpu.append(f"container_cpu_usage_seconds_total{labels} {used} {at}")
                memory.append(f"container_memory_working_set_bytes{labels} {(800 if busy else 20) << 20} {at}")
        return "\n".join(["# TYPE container_cpu_usage_seconds counter", *cpu,
                          "# TYPE container_memory_working_set_bytes gauge", *memory, "# EOF", ""])

    def prometheus(self, history):
        if history:
            (self.cwd / "history.om").write_text(history)
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", self.cwd / "history.om", self.cwd / "tsdb"],
                           check=True, capture_output=True, timeout=120)
        (self.cwd / "prometheus.yml").write_text("{}")
        port = free_port()
        log = (self.cwd / "prometheus.log").open("wb")
        child = subprocess.Popen(["prometheus", f"--config.file={self.cwd}/prometheus.yml", f"--storage.tsdb.path={self.cwd}/tsdb",
                                  f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(lambda: (child.kill(), child.wait(), log.close()))

        def ready():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/-/ready")
                return connection.getresponse().status == 200
            except OSError:
                return False
            finally:
                connection.close()

        wait_until(ready, 60, "Prometheus")
        return {"enabled": True, "endpoint": f"http://127.0.0.1:{port}"}

    def test_success_recommends_from_the_history(self):
        # web-api-... belongs to another workload; a prefix would take it in.
        gateway = self.serve(prometheus=self.prometheus(self.history(["web-api-7d4b9c6f5d-x2x1z"])))
        answer = gateway.call("analyze_workload_autoscaling", WEB)
        self.assertFalse(answer.get("isError"), answer)
        data = answer["structuredContent"]
        cpu, memory = data["resource_analysis"]
        self.assertEqual((cpu["resource_type"], cpu["pod_request"], cpu["is_volatile"]), ("cpu", "0.5 Core", True))
        self.assertAlmostEqual(float(cpu["percentiles"]["p95"].split()[0]), 16, delta=0.2)  # two pods of 8
        self.assertEqual((memory["percentiles"]["max"], memory["percentiles"]["min"]), ("1600.0 MiB", "40.0 MiB"))
        hpa = data["hpa_recommendation"]
        self.assertTrue(hpa["recommended"], hpa)
        self.assertAlmostEqual(hpa["min_replicas"], math.ceil(16 / (0.5 * 0.5)), delta=1)
        self.assertAlmostEqual(hpa["max_replicas"], math.ceil(3 * 16 / (0.75 * 0.5)), delta=2)
        self.assertEqual(hpa["target_utilization"], {"cpu": "75%", "memory": "75%"})
        record = self.last_record(gateway)
        self.assertEqual((record["status"], record["messages"]), ("success", []))
        self.assertEqual([c["api"] for c in record["api_calls"]],
                         ["GetKubeconfig", "KubectlCommand", "GetPrometheusEndpoint", "PrometheusQuery"])
        self.assertEqual(record["api_calls"][-1]["series_count"], 2)

    def test_success_without_data_says_so_and_is_partial(self):
        gateway = self.serve(prometheus=self.prometheus(""))
        data = gateway.call("analyze_workload_autoscaling", WEB)["structuredContent"]
        self.assertEqual((data["resource_analysis"], data["hpa_recommendation"]["recommended"]), ([], False))
        self.assertEqual(self.last_record(gateway)["status"], "partial")

    def test_error_of_prometheus_is_an_error(self):
        gateway = self.serve(prometheus={"enabled": True, "endpoint": f"http://127.0.0.1:{free_port()}"})
        answer = gateway.call("analyze_workload_autoscaling", WEB)
        self.assertTrue(answer["isError"])
        record = self.last_record(gateway)
        self.assertEqual((record["status"], record["metadata"]["failure_stage"]), ("failed", "prometheus_query"))
        self.assertEqual(record["api_calls"][-1]["attempts"], 3)

    def test_progress_is_told(self):
        gateway = self.serve(prometheus=self.prometheus(""))
        name = "analyze_workload_autoscaling"
        _, _, body = gateway.post({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": name, "arguments": WEB, "_meta": {
                "progressToken": "p", "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}}}},
            {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name})
        self.assertEqual(body.count(b"notifications/progress"), 2)

    def test_performance_many_at_once(self):
        gateway = self.serve(prometheus=self.prometheus(self.history()))
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(gateway.call("analyze_workload_autoscaling", WEB, timeout=120)))
                   for _ in range(6)]
        for thread in threads:
            thread.start()
        self.assertIn("current_time_iso", gateway.call("get_current_time")["structuredContent"])  # nobody is held up
        for thread in threads:
            thread.join()
        self.assertEqual([a["structuredContent"]["hpa_recommendation"]["recommended"] for a in answers], [True] * 6)


if __name__ == "__main__":
    unittest.main()
