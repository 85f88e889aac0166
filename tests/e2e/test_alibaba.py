"""The Alibaba Cloud tools against a stand-in that checks every signature and counts its hits."""

import json
import threading
import time
import unittest

from alibaba import CLUSTER, REGION
from alibaba_case import OWN_KEY, OWN_SECRET, AlibabaCase


class Alibaba(AlibabaCase):
    def test_ac10_a_cluster_with_nulls_and_zeros_is_kept(self):
        self.services.answers["/api/v1/clusters"] = {
            "clusters": [{"name": "a", "cluster_id": CLUSTER, "tags": None, "vswitch_ids": None, "region_id": None,
                          "master_url": "{\"api_server_endpoint\":\"https://1.2.3.4:6443\"}",
                          "meta_data": "secret stuff"}],
            "page_info": {"total_count": 1}}
        gateway = self.start()
        answer = self.result(gateway, "list_clusters")
        data = answer["structuredContent"]
        self.assertEqual((data["count"], data["total_count"]), (1, 1))
        self.assertEqual(data["clusters"][0]["tags"], [])
        self.assertEqual(data["clusters"][0]["api_server_endpoints"]["api_server_endpoint"], "https://1.2.3.4:6443")
        self.assertNotIn("secret stuff", json.dumps(answer))
        record = self.finish(gateway)
        self.assertEqual(record["status"], "success")
        self.assertEqual((record["messages"], record["metadata"]), ([], None))
        call = record["api_calls"][0]
        self.assertEqual((call["api"], call["kind"], call["status"], call["http_status"]),
                         ("DescribeClustersV1", "openapi", "success", 200))
        self.assertTrue(call["request_id"])
        self.assertEqual(self.services.problems, [])

    def test_ac1_node_pools_record_every_call_and_keep_zeros(self):
        self.services.answers[f"/clusters/{CLUSTER}/nodepools"] = {"nodepools": [
            {"nodepool_info": {"nodepool_id": "np1", "is_default": False}, "status": {"total_nodes": 0}}]}
        gateway = self.start()
        pool = self.result(gateway, "list_cluster_nodepools")["structuredContent"]["nodepools"][0]
        self.assertEqual((pool["total_nodes"], pool["is_default"], pool["healthy_nodes"]), (0, False, None))
        calls = self.finish(gateway)["api_calls"]
        self.assertEqual([c["api"] for c in calls], ["DescribeClusterDetail", "DescribeClusterNodePools"])
        self.assertEqual(calls[1]["region_id"], REGION)

    def test_nodes_are_found_by_name_on_any_page(self):
        nodes = [{"instance_id": f"i-{n}", "node_name": f"n{n}", "creation_time": "2026-01-01"} for n in range(3)]
        self.services.answers[f"/clusters/{CLUSTER}/nodes"] = {"nodes": nodes, "page": {"total_count": 3}}
        gateway = self.start()
        found = self.result(gateway, "list_cluster_nodes", node_names=["n2"])["structuredContent"]
        self.assertEqual([n["instance_id"] for n in found["nodes"]], ["i-2"])
        self.assertEqual(found["nodes"][0]["created"], "2026-01-01")
        both = self.result(gateway, "list_cluster_nodes", node_names=["n2"], instance_ids=["i-1"])
        self.assertTrue(both["isError"])
        self.finish(gateway)

    def test_ac10_tasks_of_both_spellings_are_merged_and_failures_are_told(self):
        self.services.answers[f"/clusters/{CLUSTER}/tasks"] = {"tasks": [
            {"task_id": "T1", "created": "2026-01-15T08:00:00+08:00", "error": {"code": "E", "message": "m"}}],
            "page_info": {"total_count": 1}}
        gateway = self.start()
        data = self.result(gateway, "list_cluster_tasks", state="failed")["structuredContent"]
        self.assertEqual((data["total_count"], data["tasks"][0]["error_code"]), (1, "E"))
        self.services.once("/tasks", lambda r: self.services.reply(r, 403, {
            "Code": "Forbidden.RAM", "Message": "no", "AccessDeniedDetail": {"AuthAction": "cs:DescribeClusterTasks"}}))
        answer = self.result(gateway, "list_cluster_tasks")
        self.assertTrue(answer["isError"])
        self.assertEqual(answer["structuredContent"]["error"]["error_code"], "NO_RAM_POLICY_AUTH")
        record = self.finish(gateway)
        self.assertEqual(record["metadata"]["failure_stage"], "api_call")
        self.assertEqual(record["metadata"]["http_status"], 403)
        self.assertTrue(record["metadata"]["request_id"])

    def test_ac28_a_diagnosis_is_two_entries_with_polls_and_tells_progress(self):
        gateway = self.start()
        status, _, body = gateway.post(
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                "name": "diagnose_resource",
                "arguments": {"cluster_id": CLUSTER, "resource_type": "pod",
                              "resource_target": "{\"namespace\":\"a\",\"name\":\"b\"}"},
                "_meta": {"progressToken": "p", "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                          "io.modelcontextprotocol/clientCapabilities": {}}}},
            {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "diagnose_resource"})
        self.assertEqual(status, 200)
        self.assertIn(b"notifications/progress", body)
        self.assertIn(b"all is well", body)
        calls = self.finish(gateway)["api_calls"]
        self.assertEqual([(c["api"], c.get("poll_count")) for c in calls],
                         [("CreateClusterDiagnosis", None), ("GetClusterDiagnosisResult", 3)])

    def test_ac6_a_diagnosis_that_takes_too_long_is_an_error(self):
        self.services.answers[f"/clusters/{CLUSTER}/diagnosis/d-1/result"] = {"status": 0, "code": 0}
        gateway = self.start(diagnosisTimeout="300ms")
        answer = self.result(gateway, "diagnose_resource", resource_type="node", resource_target="{\"name\":\"n\"}")
        self.assertTrue(answer["isError"])
        self.assertEqual(answer["structuredContent"]["status"], "CREATED")
        self.assertEqual(self.finish(gateway)["status"], "timeout")

    def test_ac34_diagnostics_can_be_turned_off_before_anything_is_asked(self):
        gateway = self.start(allowDiagnostics=False)
        for tool, more in (("diagnose_resource", {"resource_type": "node", "resource_target": "{\"name\":\"n\"}"}),
                           ("query_inspect_report", {"region_id": REGION})):
            self.assertTrue(self.result(gateway, tool, **more)["isError"])
        record = self.finish(gateway)
        self.assertEqual((record["status"], self.services.hits), ("denied", []))

    def test_an_inspection_follows_its_own_report(self):
        base = f"/clusters/{CLUSTER}/inspectReports"
        self.services.answers[base] = {"reportId": "r-7"}
        self.services.answers[base + "/r-7"] = {
            "status": "completed", "endTime": "2026-01-15T08:00:00Z",
            "summary": {"errorCount": 0, "warnCount": 1, "normalCount": 2, "adviceCount": 3},
            "checkItemResults": [{"name": "x", "level": "warning", "targets": ["n"]}]}
        gateway = self.start()
        data = self.result(gateway, "query_inspect_report", region_id=REGION)["structuredContent"]
        self.assertEqual(data["summary"], {"errorCount": 0, "warnCount": 1, "normalCount": 2, "adviceCount": 3})
        self.assertEqual(data["report_finish_time"], "2026-01-15T08:00:00Z")
        self.finish(gateway)

    def audit(self):
        self.services.answers[f"/clusters/{CLUSTER}/audit"] = {
            "sls_project_name": f"k8s-log-{CLUSTER}\n", "audit_enabled": True}

    def test_ac4_the_audit_log_comes_compressed_and_signed(self):
        self.audit()
        gateway = self.start()
        data = self.result(gateway, "query_audit_log", user='x" or verb: "get', verbs="get,delete",
                           start_time="2024-01-01T10:00:00+08:00")["structuredContent"]
        self.assertEqual(data["entries"][0]["user"], {"username": "alice"})
        self.assertEqual(data["provider_query"],
                         r'* and user.username: "x\" or verb: \"get" and (verb: "get" or verb: "delete")')
        call = self.finish(gateway)["api_calls"][-1]
        self.assertEqual((call["api"], call["kind"], call["log_count"], call["request_id"], call["project"]),
                         ("GetLogs", "sls", 1, "LOG-1", f"k8s-log-{CLUSTER}"))
        self.assertEqual(self.services.problems, [])

    def test_ac13_logs_come_newest_first_unless_asked_otherwise(self):
        self.audit()
        asked = []

        def remember(request):
            asked.append(json.loads(request.body)["reverse"])
            self.services.logs(request)

        gateway = self.start()
        for more in ({}, {"order": "oldest"}):
            self.services.once("/logs", remember)
            self.result(gateway, "query_audit_log", **more)
        self.assertEqual(asked, [True, False])
        self.finish(gateway)

    def test_ac12_an_incomplete_search_is_partial(self):
        self.audit()
        self.services.answers["logs"] = {"meta": {"progress": "InComplete"}, "data": []}
        gateway = self.start()
        self.assertFalse(self.result(gateway, "query_audit_log").get("isError", False))
        record = self.finish(gateway)
        self.assertEqual((record["status"], record["api_calls"][-1]["attempts"]), ("partial", 6))

    def test_ac6_a_failed_search_is_no_empty_success(self):
        self.services.answers[f"/clusters/{CLUSTER}/controlplanelog"] = {
            "log_project": f"k8s-log-{CLUSTER}", "components": ["[\"apiserver\", \"kcm\"]"], "log_ttl": "30"}
        gateway = self.start()
        self.services.once("/logs", lambda r: self.services.reply(
            r, 404, {"errorCode": "LogStoreNotExist", "errorMessage": "no"}, {"x-log-requestid": "L9"}))
        answer = self.result(gateway, "query_controlplane_logs", component_name="apiserver")
        self.assertEqual(answer["structuredContent"]["error"]["error_code"], "LOGSTORE_NOT_FOUND")
        self.assertTrue(self.result(gateway, "query_controlplane_logs", component_name="etcd")["isError"])
        good = self.result(gateway, "query_controlplane_logs", component_name="kcm")["structuredContent"]
        self.assertEqual(good["entries"][0]["timestamp"], "2026-01-15T08:00:00.000Z")
        self.finish(gateway)

    def test_throttling_a_wrong_clock_and_a_cut_answer_are_survived(self):
        self.services.answers["/api/v1/clusters"] = {"clusters": []}
        self.services.skew = 7200
        gateway = self.start()
        self.services.throttle("/clusters", 50)
        self.good(gateway, "list_clusters")
        self.services.cut_short("/clusters")
        self.good(gateway, "list_clusters")
        reasons = [reason for r in gateway_records(self, gateway) for c in r["api_calls"]
                   for reason in c.get("retry_reasons", [])]
        self.assertEqual(sorted(reasons), ["clock skew", "no answer", "throttled"])

    def test_ac26_a_slow_service_holds_nobody_up_and_cancelling_ends_the_work(self):
        self.services.answers["/api/v1/clusters"] = {"clusters": []}
        gateway = self.start()
        release = threading.Event()
        self.addCleanup(release.set)
        self.services.once("/clusters", lambda r: (release.wait(20), self.services.reply(r, 200, {"clusters": []})))
        slow = threading.Thread(target=lambda: gateway.call("list_clusters"), daemon=True)
        slow.start()
        while not self.services.hits:
            time.sleep(0.01)
        self.assertIn("current_time_iso", gateway.call("get_current_time")["structuredContent"])
        self.assertTrue(slow.is_alive())
        release.set()
        slow.join(20)
        self.finish(gateway)

    def test_requests_may_bring_their_own_credentials_where_that_is_allowed(self):
        self.services.answers["/api/v1/clusters"] = {"clusters": []}
        headers = {"x-acs-accesskey-id": OWN_KEY, "x-acs-accesskey-secret": OWN_SECRET}
        gateway = self.start(requestCredentials=True)
        status, message = gateway.modern("tools/call", {"name": "list_clusters", "arguments": {}}, headers=headers)
        self.assertFalse(message["result"].get("isError", False), message)
        record = self.finish(gateway)
        self.assertEqual(record["principal"]["credential_id"], "LTAI****Nown")
        self.assertEqual(record["api_calls"][0]["credential_provider"], "request")

    def test_a_script_asks_many_things_at_once(self):
        self.services.answers["/api/v1/clusters"] = {"clusters": []}
        gateway = self.start()
        answer = gateway.script("r = parallel([lambda: list_clusters(page_number=n) for n in [1, 2, 3]])\nlen(r)")
        self.assertFalse(answer.get("isError", False), answer)
        gateway.stop()
        self.assertEqual(len(self.services.hits), 3)


def gateway_records(test, gateway):
    test.finish(gateway)
    return gateway.records()


if __name__ == "__main__":
    unittest.main()
