"""What the ExecutionLog says of every Alibaba Cloud tool: of a success, of an error, of many calls at once, and of a call
whose client leaves. One test for each tool and each of these: test_list_clusters_success, ..._error, ..._performance,
..._cancelled."""

import datetime
import json
import threading
import unittest

import alibaba_identity
from alibaba import CLUSTER, REGION
from alibaba_case import AlibabaCase
from harness import LegacySession, wait_until

HERE = f"/clusters/{CLUSTER}"
ANSWERS = {
    "/api/v1/clusters": {"clusters": [{"name": "a", "cluster_id": CLUSTER}], "page_info": {"total_count": 1}},
    f"{HERE}/nodepools": {"nodepools": [{"nodepool_info": {"nodepool_id": "np1"}, "status": {"total_nodes": 0}}]},
    f"{HERE}/nodes": {"nodes": [{"instance_id": "i-1", "node_name": "n1"}], "page": {"total_count": 1}},
    f"{HERE}/tasks": {"tasks": [{"task_id": "T1"}], "page_info": {"total_count": 1}},
    f"{HERE}/inspectReports": {"reportId": "r-7"},
    f"{HERE}/inspectReports/r-7": {"status": "completed", "summary": {"errorCount": 0}, "checkItemResults": []},
    f"{HERE}/audit": {"sls_project_name": f"k8s-log-{CLUSTER}", "audit_enabled": True},
    f"{HERE}/controlplanelog": {"log_project": f"k8s-log-{CLUSTER}", "components": ["apiserver"]},
}
DETAIL = "DescribeClusterDetail"
# name: (arguments, the calls that a success records, what the last of them asks for)
TOOLS = {
    "list_clusters": ({}, ["DescribeClustersV1"], "/api/v1/clusters"),
    "list_cluster_nodepools": ({}, [DETAIL, "DescribeClusterNodePools"], "/nodepools"),
    "list_cluster_nodes": ({}, [DETAIL, "DescribeClusterNodes"], "/nodes"),
    "list_cluster_tasks": ({}, [DETAIL, "DescribeClusterTasks"], "/tasks"),
    "diagnose_resource": ({"resource_type": "node", "resource_target": "{\"name\":\"n\"}"},
                          ["CreateClusterDiagnosis", "GetClusterDiagnosisResult"], "/result"),
    "query_inspect_report": ({"region_id": REGION}, ["RunClusterInspect", "GetClusterInspectReportDetail"], "/r-7"),
    "query_audit_log": ({}, [DETAIL, "GetClusterAuditProject", "GetLogs"], "/logs"),
    "query_controlplane_logs": ({"component_name": "apiserver"}, [DETAIL, "CheckControlPlaneLogEnable", "GetLogs"], "/logs"),
}
AT_ONCE = 12
CAPS = {"record": 64 * 1024, "api_calls": 128}


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class EveryTool(AlibabaCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.services.answers.update(ANSWERS)

    def check_times(self, record):
        """AC-15, AC-16: what a record says of time adds up, whatever the machine did meanwhile."""
        self.assertRegex(record["start_time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        lasted = (moment(record["end_time"]) - moment(record["start_time"])).total_seconds() * 1000
        self.assertAlmostEqual(lasted, record["duration_ms"], delta=1.5)
        for call in record["api_calls"]:
            self.assertGreaterEqual(call["duration_ms"], 0)
            self.assertLessEqual(call["start_offset_ms"] + call["duration_ms"], record["duration_ms"] + 1)
        self.assertLessEqual(sum(c["duration_ms"] for c in record["api_calls"]), record["duration_ms"] + len(record["api_calls"]))

    def success(self, tool):
        arguments, apis, _ = TOOLS[tool]
        gateway = self.start()
        self.good(gateway, tool, **arguments)
        record = self.finish(gateway)
        self.assertEqual((record["tool_name"], record["status"], record["error"]), (tool, "success", None))
        self.assertEqual((record["messages"], record["warnings"], record["metadata"]), ([], [], None))
        scope = "" if tool == "list_clusters" else f"{CLUSTER}_"
        self.assertTrue(record["tool_call_id"].startswith(f"{tool}_{scope}"), record["tool_call_id"])
        self.assertEqual([c["api"] for c in record["api_calls"]], apis)
        for call in record["api_calls"]:
            self.assertEqual((call["status"], call["http_status"]), ("success", 200), call)
            self.assertTrue(call["request_id"], call)
            self.assertEqual(call["credential_provider"] if call["kind"] == "openapi" else "environment", "environment")
            if tool != "list_clusters":
                self.assertEqual(call["cluster_id"], CLUSTER)
            if call["kind"] == "sls":
                self.assertEqual((call["log_count"], call["project"]), (1, f"k8s-log-{CLUSTER}"))
                self.assertTrue(call["logstore"].endswith(CLUSTER))
        self.assertEqual(self.services.problems, [])
        self.check_times(record)

    def error(self, tool):
        arguments, apis, path = TOOLS[tool]
        gateway = self.start()
        sls = path == "/logs"
        refusal = {"errorCode": "Unauthorized", "errorMessage": "no"} if sls else {
            "Code": "Forbidden.RAM", "Message": "no", "AccessDeniedDetail": {"AuthAction": "cs:Something"}}
        self.services.once(path, lambda r: self.services.reply(
            r, 403, refusal, {"x-log-requestid" if sls else "x-acs-request-id": "REFUSED-1"}))
        answer = self.result(gateway, tool, **arguments)
        self.assertTrue(answer["isError"])
        self.assertEqual(answer["structuredContent"]["error"]["error_code"], "NO_RAM_POLICY_AUTH")
        record = self.finish(gateway)
        self.assertEqual((record["status"], record["messages"]), ("failed", []))
        self.assertEqual(record["error"], answer["structuredContent"]["error"]["error_message"])
        metadata = record["metadata"]
        self.assertEqual((metadata["http_status"], metadata["request_id"], metadata["error_code"]),
                         (403, "REFUSED-1", "NO_RAM_POLICY_AUTH"))
        self.assertTrue(metadata["failure_stage"] and metadata["error_type"])
        self.assertEqual(record["api_calls"][-1]["api"], apis[-1])
        self.assertEqual((record["api_calls"][-1]["status"], record["api_calls"][-1]["request_id"]), ("failed", "REFUSED-1"))
        self.assertTrue(record["api_calls"][-1]["error"])
        self.check_times(record)

    def performance(self, tool):
        arguments, apis, _ = TOOLS[tool]
        gateway = self.start()
        self.good(gateway, tool, **arguments)  # the region is known from now on
        threads = [threading.Thread(target=self.good, args=(gateway, tool), kwargs=arguments) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.finish(gateway)  # every hit is in a record
        records = gateway.records("--all", "--limit", "1000")
        self.assertEqual(len({r["tool_call_id"] for r in records}), AT_ONCE + 1)
        for record in records:
            self.assertEqual((record["status"], record["messages"]), ("success", []))
            self.assertIn([c["api"] for c in record["api_calls"]], (apis, apis[1:]) if apis[0] == DETAIL else (apis,))
            self.assertLess(len(json.dumps(record)), CAPS["record"])
            self.assertLessEqual(len(record["api_calls"]), CAPS["api_calls"])
            self.check_times(record)

    def cancelled(self, tool):
        arguments, apis, path = TOOLS[tool]
        self.services.never_answer(path)
        gateway = self.start()
        connection = self.begin(gateway, tool, {} if tool == "list_clusters" else {"cluster_id": CLUSTER, **arguments})
        wait_until(lambda: len(self.services.hits) >= len(apis), 30, "the last request")
        self.assertFalse(self.services.closed.is_set())
        connection.close()
        self.assertTrue(self.services.closed.wait(60), "the service's connection is still open")
        record = self.last_record(gateway)
        self.assertEqual((record["status"], record["api_calls"][-1]["status"]), ("cancelled", "cancelled"))
        self.assertEqual([c["api"] for c in record["api_calls"]], apis)
        self.good(gateway, "list_clusters")  # and the gateway goes on


class CurrentTime(AlibabaCase):
    def test_get_current_time_success(self):
        gateway = self.start()
        data = gateway.call("get_current_time")["structuredContent"]
        self.assertEqual(data["timezone"], "UTC")
        self.assertRegex(data["current_time_iso"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        record = self.finish(gateway)
        self.assertEqual((record["status"], record["api_calls"], record["messages"], record["metadata"]), ("success", [], [], None))

    def test_get_current_time_error(self):
        gateway = self.start()
        self.assertTrue(gateway.call("get_current_time", {"zone": "Mars"})["isError"])
        record = self.finish(gateway)
        self.assertEqual((record["status"], record["metadata"]["failure_stage"]), ("failed", "validate_input"))

    def test_get_current_time_performance(self):
        gateway = self.start()
        for _ in range(50):
            gateway.call("get_current_time")
        self.finish(gateway)
        records = gateway.records("--all", "--limit", "1000")
        self.assertEqual((len(records), len({r["tool_call_id"] for r in records})), (50, 50))
        self.assertTrue(all(len(json.dumps(r)) < 2048 for r in records))


class Cancelled(AlibabaCase):
    """Other ways to leave than to close the connection of a direct call."""

    def setUp(self):
        super().setUp()
        self.services.answers.update(ANSWERS)

    def check(self, gateway, tools, api):
        self.assertTrue(self.services.closed.wait(60), "the service's connection is still open")
        records = wait_until(lambda: len(found := gateway.records("--all")) >= len(tools) and found, 20, "the records")
        self.assertEqual({r["tool_name"]: r["status"] for r in records}, dict.fromkeys(tools, "cancelled"), records)
        [record] = [r for r in records if r["tool_name"] == "list_clusters"]
        self.assertEqual((record["metadata"]["failure_stage"], record["metadata"]["error_type"]), ("cancelled", "cancelled"))
        self.assertEqual([(c["api"], c["status"]) for c in record["api_calls"]], [(api, "cancelled")])

    def asked(self):
        wait_until(lambda: self.services.hits, 30, "the request")

    def test_through_a_script(self):
        self.services.never_answer("/api/v1/clusters")
        gateway = self.start()
        connection = self.begin(gateway, "execute_tool_script", {"script": "return list_clusters()"})
        self.asked()
        connection.close()
        self.check(gateway, ("execute_tool_script", "list_clusters"), "DescribeClustersV1")

    def test_by_a_legacy_client_that_says_so(self):
        self.services.never_answer("/api/v1/clusters")
        gateway = self.start()
        session = LegacySession(gateway)
        thread = threading.Thread(target=gateway.post, daemon=True, args=({
            "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "list_clusters", "arguments": {}}}, session.headers))
        thread.start()
        self.asked()
        gateway.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}, session.headers)
        self.check(gateway, ("list_clusters",), "DescribeClustersV1")

    def test_while_a_further_page_is_read(self):
        """What it has by then is no answer in part: nobody is there to get it."""
        report = {**ANSWERS[f"{HERE}/inspectReports/r-7"], "nextToken": "page-2"}
        self.services.once("/r-7", lambda r: self.services.reply(r, 200, report))
        self.services.never_answer("/r-7")
        gateway = self.start()
        apis = TOOLS["query_inspect_report"][1]
        connection = self.begin(gateway, "query_inspect_report", {"cluster_id": CLUSTER, **TOOLS["query_inspect_report"][0]})
        wait_until(lambda: len(self.services.hits) > len(apis), 30, "the second page")
        connection.close()
        self.assertTrue(self.services.closed.wait(60), "the service's connection is still open")
        record = self.last_record(gateway)
        latest = max(record["api_calls"], key=lambda call: call["seq"])
        self.assertEqual((record["status"], latest["status"]), ("cancelled", "cancelled"))

    def test_while_keys_are_fetched(self):
        """Whoever waits for the same keys fetches them then."""
        self.services.never_answer(alibaba_identity.URI)
        gateway = self.start(env={"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
                                  "ALIBABA_CLOUD_CREDENTIALS_URI": f"http://127.0.0.1:{self.services.port}{alibaba_identity.URI}"})
        connection = self.begin(gateway, "list_clusters", {})
        self.asked()
        answers = []
        other = threading.Thread(target=lambda: answers.append(self.result(gateway, "list_clusters")), daemon=True)
        other.start()
        gateway.call("get_current_time")  # the other has most probably come by now; the test holds in any case
        connection.close()
        other.join(60)
        self.assertFalse(answers[0].get("isError", False), answers)
        gateway.stop()
        statuses = {r["status"]: r for r in gateway.records() if r["tool_name"] == "list_clusters"}
        self.assertEqual(set(statuses), {"success", "cancelled"})
        self.assertEqual(statuses["cancelled"]["metadata"]["failure_stage"], "cancelled")


def named(group, tool):
    def test(self):
        getattr(self, group)(tool)
    return test


for each_tool in TOOLS:
    for each_group in ("success", "error", "performance", "cancelled"):
        setattr(EveryTool, f"test_{each_tool}_{each_group}", named(each_group, each_tool))

if __name__ == "__main__":
    unittest.main()
