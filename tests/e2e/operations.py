"""What the tests of the operations tools share: a gateway with kubectl and Prometheus in front of stand-ins."""

import json
import os
import shutil
import unittest

import kube_api
import prometheus_api
from harness import EndToEnd, wait_until

KUBECTL = os.environ.get("LARKSPUR_KUBECTL", "kubectl")  # to try others than the one that is installed

# Every call of which a test wants one, and how its record ends: (tool, arguments, status).
CALLS = [
    ("get_current_time", {}, "success"),
    ("kubectl", {"command": "get pods -n default"}, "success"),
    ("kubectl", {"command": "get pod nope"}, "failed"),
    ("kubectl", {"command": "delete pod web-1"}, "denied"),
    ("kubectl", {"command": "get pods; ls"}, "denied"),
    ("kubectl", {"command": 7}, "failed"),
    ("query_prometheus", {"promql": "up"}, "success"),
    ("query_prometheus", {"promql": "up", "start_time": "soon"}, "failed"),
    ("query_prometheus_metric_guidance", {"resource_label": "node"}, "success"),
    ("query_prometheus_metric_guidance", {"resource_label": "toaster"}, "failed"),
]
SCRIPT = """
pods = kubectl(command="get pods")
up = parallel([lambda: query_prometheus(promql="up"), lambda: get_current_time()])
return [pods["exit_code"], len(up)]
"""


@unittest.skipUnless(shutil.which(KUBECTL), "needs kubectl")
class Operations(EndToEnd):
    def setUp(self):
        super().setUp()
        self.kubernetes = kube_api.KubeApi()
        self.addCleanup(self.kubernetes.close)
        self.prometheus = prometheus_api.PrometheusApi()
        self.addCleanup(self.prometheus.close)
        self.kubeconfig = self.kubernetes.kubeconfig(self.cwd / "kubeconfig")
        (self.cwd / "run").mkdir()

    def serve(self, kubectl=None, prometheus=None, env=None, ack=False, **more):
        """`ack`: as with an Alibaba Cloud account, so that the tool is ack_kubectl; the account is never asked."""
        tools = {"kubectl": {"enabled": True, "command": KUBECTL, "kubeconfig": str(self.kubeconfig), **(kubectl or {})},
                 "prometheus": {"enabled": True, "endpoint": self.prometheus.url, **(prometheus or {})}}
        if ack:
            tools["alibabaCloud"] = {"enabled": True, "endpoints": {"cs": "http://127.0.0.1:1"}}
        return self.gateway({"codeMode": {"enabled": True}, "tools": tools, **more},
                            env={"XDG_RUNTIME_DIR": str(self.cwd / "run"), **(env or {})})

    def counting_kubectl(self):
        """kubectl that writes down each of its runs: (program, file of the runs)."""
        runs, program = self.cwd / "runs", self.cwd / "counting-kubectl"
        program.write_text(f'#!/bin/sh\n[ "$1" = version ] || echo run >> "{runs}"\nexec {shutil.which(KUBECTL)} "$@"\n')
        os.chmod(program, 0o700)
        return program, runs

    def settled(self, gateway, count):
        return wait_until(lambda: len(found := gateway.records("--all", "--limit", "1000")) >= count and found, 20, f"{count} records")

    def call_everything(self, gateway):
        """CALLS, then SCRIPT; the records, the oldest first."""
        for tool, arguments, status in CALLS:
            result = gateway.call(tool, arguments)
            assert result.get("isError", False) == (status != "success"), (tool, arguments, result)
        script = gateway.script(SCRIPT)
        assert script["structuredContent"]["result"] == [0, 2], script
        return self.settled(gateway, len(CALLS) + 4)[::-1]


def log_files(gateway):
    return b"".join(path.read_bytes() for path in gateway.log_directory.rglob("*") if path.is_file())


def text(value):
    return json.dumps(value, ensure_ascii=False)
