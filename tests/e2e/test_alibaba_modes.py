"""Where kubectl and query_prometheus are led by Alibaba Cloud: the endpoint modes of ARMS, the kubeconfig modes of ACK."""

import base64
import json
import shutil
import stat
import threading
import time
import unittest

import kube_api
from alibaba import CLUSTER, REGION
from alibaba_case import ENVIRONMENT, KEY, OWN_KEY, OWN_SECRET, SECRET, AlibabaCase

BASIC = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()


class Arms(AlibabaCase):
    def query(self, mode, **more):
        gateway = self.start(tools={"prometheus": {"enabled": True, "endpointMode": mode, **more}})
        return gateway, self.result(gateway, "query_prometheus", promql="up")

    def network(self, answer):
        self.assertFalse(answer.get("isError", False), answer)
        return answer["structuredContent"]["result"][0]["metric"]["network"]

    def test_ac36_public_with_the_ram_key(self):
        self.services.arms_token = BASIC
        gateway, answer = self.query("ARMS_PUBLIC", auth="ram")
        self.assertEqual(self.network(answer), "public")
        record = self.finish(gateway)
        self.assertEqual([c["api"] for c in record["api_calls"]],
                         ["DescribeClusterDetail", "GetPrometheusInstance", "PrometheusQuery"])
        self.assertEqual((record["api_calls"][1]["request_id"], record["api_calls"][1]["region_id"]), ("ARMS-1", REGION))
        self.assertEqual(self.services.problems, [])

    def test_private(self):
        gateway, answer = self.query("ARMS_PRIVATE")
        self.assertEqual(self.network(answer), "intranet")
        self.finish(gateway)

    def test_the_other_address_where_there_is_only_that(self):
        here = f"http://127.0.0.1:{self.services.port}/api/v1/prometheus/hashCANARYhash0123/uid/{CLUSTER}/intranet"
        self.services.answers["arms"] = {"Code": 200, "Data": {"HttpApiIntraUrl": here}}
        self.assertEqual(self.network(self.query("ARMS_PUBLIC")[1]), "intranet")

    def test_ac19_the_address_is_a_secret(self):
        gateway, answer = self.query("ARMS_PUBLIC")
        self.assertEqual(self.network(answer), "public")
        endpoint = self.finish(gateway)["api_calls"][-1]["endpoint"]  # finish() has looked for the secret part
        self.assertTrue(endpoint.startswith(f"http://127.0.0.1:{self.services.port}/api/v1/prometheus/"), endpoint)

    def test_ac36_a_token_of_version_1(self):
        self.services.arms_token = "version-1-token-0123"
        gateway = self.start(tools={"prometheus": {"enabled": True, "endpointMode": "ARMS_PUBLIC", "auth": "token",
                                                   "credentials": {"token": "env:PROMETHEUS_TOKEN"}}},
                             env={**ENVIRONMENT, "PROMETHEUS_TOKEN": "version-1-token-0123"})
        self.assertEqual(self.network(self.result(gateway, "query_prometheus", promql="up")), "public")
        self.assertNotIn("version-1-token-0123", json.dumps(gateway.records()))

    def test_an_error_inside_200_falls_back_to_the_configured_server(self):
        self.services.answers["arms"] = {"Code": 403, "Message": "no permission", "RequestId": "ARMS-9"}
        here = f"http://127.0.0.1:{self.services.port}/api/v1/prometheus/hashCANARYhash0123/uid/{CLUSTER}/configured"
        gateway, answer = self.query("ARMS_PUBLIC", endpoint=here)
        self.assertEqual(self.network(answer), "configured")
        calls = self.finish(gateway)["api_calls"]
        self.assertEqual([(c["api"], c["status"]) for c in calls[1:3]],
                         [("GetPrometheusInstance", "failed"), ("GetPrometheusEndpoint", "success")])

    def test_ac3_without_one_it_is_an_error_with_its_request_id(self):
        self.services.answers["arms"] = {"Code": 403, "Message": "no permission", "RequestId": "ARMS-9"}
        gateway, answer = self.query("ARMS_PUBLIC")
        self.assertTrue(answer["isError"])
        record = self.finish(gateway)
        self.assertEqual((record["metadata"]["failure_stage"], record["metadata"]["request_id"]), ("resolve_endpoint", "ARMS-9"))

    def test_throttled_and_signed_again(self):
        self.services.throttle("GetPrometheusInstance", 30)
        gateway, answer = self.query("ARMS_PUBLIC")
        self.assertEqual(self.network(answer), "public")
        call = self.finish(gateway)["api_calls"][1]
        self.assertEqual((call["attempts"], call["retry_reasons"]), (2, ["throttled"]))
        self.assertEqual(self.services.problems, [])  # a nonce that comes twice would be one


class Kubeconfigs(AlibabaCase):
    """kubectl is a script that shows what it was given."""

    def setUp(self):
        super().setUp()
        self.show = self.cwd / "kubectl"
        self.show.write_text("#!/bin/sh\nfile=${1#--kubeconfig=}\nstat -c '%a %n' $file $(dirname $file)\n"
                             "grep -o 'server: .*' $file || cat $file\necho token: $(sed -n 's/.*token: //p' $file)\n")
        self.show.chmod(0o700)
        self.asked = []
        self.issue()

    def issue(self, text="apiVersion: v1\nserver: https://{network}.example:6443\nclient-key-data: {key}\ntoken: kubeTokenCANARY0123\n"):
        key = base64.b64encode(b"-----BEGIN PRIVATE KEY-----\nCANARYkey\n-----END PRIVATE KEY-----\n").decode()

        def answer(request):
            private = request.query["PrivateIpAddress"] == "true"
            self.asked.append((self.services.signed_by[-1], private, request.query["TemporaryDurationMinutes"]))
            expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            self.services.reply(request, 200, {
                "config": text.format(network="intranet" if private else "public", key=key), "expiration": expires})
        for _ in range(10):
            self.services.once("/user_config", answer)

    def serve(self, mode, env=None, **more):
        return self.start(tools={"kubectl": {"enabled": True, "command": str(self.show), "kubeconfigMode": mode}}, env=env, **more)

    def run_command(self, gateway, headers=None):
        _, message = gateway.modern("tools/call", {"name": "ack_kubectl", "arguments": {"command": "get pods", "cluster_id": CLUSTER}},
                                    headers=headers)
        result = message["result"]
        self.assertFalse(result.get("isError", False), result)
        return result["structuredContent"]["stdout"]

    def test_ac22_a_public_kubeconfig_in_a_file_of_its_user_alone(self):
        gateway = self.serve("ACK_PUBLIC")
        first = self.run_command(gateway)
        self.assertIn("server: https://public.example:6443", first)
        [file_mode, file_name], [directory_mode, directory] = [line.split() for line in first.splitlines()[:2]]
        self.assertEqual((file_mode, directory_mode), ("600", "700"))
        self.assertTrue(file_name.startswith(str(self.cwd / "run")), file_name)
        self.assertIn("token: [REDACTED]", first)
        self.assertEqual(self.run_command(gateway).splitlines()[0], first.splitlines()[0])  # the same file
        self.assertEqual(self.asked, [(KEY, False, "60")])
        self.finish(gateway)
        newer, older = gateway.records()
        self.assertEqual([c["api"] for c in older["api_calls"]],
                         ["DescribeClusterDetail", "DescribeClusterUserKubeconfig", "GetKubeconfig", "KubectlCommand"])
        self.assertEqual([c.get("source") for c in newer["api_calls"]], ["cache", None])
        self.assertEqual((older["api_calls"][2]["mode"], older["api_calls"][2]["server_host"]), ("ACK_PUBLIC", "public.example:6443"))
        self.assertNotIn("kubeTokenCANARY0123", json.dumps([older, newer]))
        self.assertFalse(list((self.cwd / "run").glob("*/*")))  # gone with the gateway

    def test_a_private_one(self):
        gateway = self.serve("ACK_PRIVATE")
        self.assertIn("server: https://intranet.example:6443", self.run_command(gateway))
        self.assertEqual(self.asked, [(KEY, True, "60")])
        self.finish(gateway)

    def test_ac22_other_credentials_never_share_a_kubeconfig(self):
        gateway = self.serve("ACK_PUBLIC", requestCredentials=True)
        own = {"x-acs-accesskey-id": OWN_KEY, "x-acs-accesskey-secret": OWN_SECRET}
        files = [self.run_command(gateway, headers).splitlines()[0] for headers in (None, own, None, own)]
        self.assertEqual((files[0], files[1]), (files[2], files[3]))
        self.assertNotEqual(files[0], files[1])
        self.assertEqual([who for who, _, _ in self.asked], [KEY, OWN_KEY])
        self.finish(gateway)

    def test_a_kubeconfig_that_names_a_program_is_not_used(self):
        self.services.rules.clear()
        self.issue("server: https://x.example\nusers:\n- user:\n    exec:\n      command: /bin/sh\n")
        gateway = self.serve("ACK_PUBLIC")
        answer = self.result(gateway, "ack_kubectl", command="get pods")
        self.assertTrue(answer["isError"])
        self.assertEqual(self.finish(gateway)["metadata"]["failure_stage"], "kubeconfig_acquisition")

    def test_ac18_in_a_cluster_the_pods_own_account_is_used_and_the_record_says_so(self):
        gateway = self.serve("INCLUSTER", env={**ENVIRONMENT, "KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"})
        shown = self.run_command(gateway)
        self.assertTrue(shown.startswith("600 "), shown)
        self.assertIn("https://10.0.0.1:443", shown)
        self.assertIn('"tokenFile":"/var/run/secrets/kubernetes.io/serviceaccount/token"', shown)
        record = self.finish(gateway)
        self.assertEqual((record["api_calls"][0]["source"], record["api_calls"][0]["server_host"]), ("incluster", "10.0.0.1"))
        self.assertIn("was not used", record["warnings"][0])
        self.assertEqual(self.services.hits, [])

    def test_outside_of_a_cluster_that_mode_is_an_error(self):
        gateway = self.serve("INCLUSTER")
        answer = self.result(gateway, "ack_kubectl", command="get pods")
        self.assertEqual(answer["structuredContent"]["error"]["error_code"], "unavailable")
        self.finish(gateway)

    def test_calls_at_once_do_not_get_in_each_others_way(self):
        gateway = self.serve("ACK_PUBLIC")
        shown = []
        threads = [threading.Thread(target=lambda: shown.append(self.run_command(gateway))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(shown), 5)
        self.assertTrue(all("server: https://public.example:6443" in text for text in shown), shown)
        self.finish(gateway)


@unittest.skipUnless(shutil.which("kubectl"), "needs kubectl")
class RealKubectl(AlibabaCase):
    def test_pods_of_a_cluster_that_only_alibaba_cloud_knows(self):
        api = kube_api.KubeApi()
        self.addCleanup(api.close)
        config = api.kubeconfig(self.cwd / "issued").read_text()
        self.services.answers[f"/k8s/{CLUSTER}/user_config"] = {"config": config, "expiration": "2099-01-01T00:00:00Z"}
        gateway = self.start(tools={"kubectl": {"enabled": True, "kubeconfigMode": "ACK_PUBLIC"}})
        self.assertIn("CrashLoopBackOff", self.good(gateway, "ack_kubectl", command="get pods")["stdout"])
        cost = self.result(gateway, "analyze_workload_cost", namespace="default", workload_type="deploy", workload_name="none")
        self.assertEqual(cost["structuredContent"]["error"]["error_code"], "NotFound")
        files = [path for path in (self.cwd / "run").rglob("*") if path.is_file() and "server" in path.read_text(errors="ignore")]
        modes = {stat.S_IMODE(path.stat().st_mode) for path in files if "cache" not in str(path)}
        self.assertEqual(modes, {0o600})
        record = self.finish(gateway)
        self.assertEqual([c["api"] for c in record["api_calls"]], ["GetKubeconfig", "KubectlCommand"])
        self.assertEqual((record["api_calls"][0]["source"], record["api_calls"][0]["cluster_id"]), ("cache", CLUSTER))


if __name__ == "__main__":
    unittest.main()
