"""With whose keys Alibaba Cloud is asked: every source of credentials, their renewal, principals and requests with keys
of their own; and what becomes of keys that an answer echoes."""

import json
import threading
import time
import unittest

import alibaba_identity
from alibaba import CLUSTER
from alibaba_case import KEY, OWN_KEY, OWN_SECRET, SECRET, TOKEN, AlibabaCase

NO_METADATA = {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}


class Sources(AlibabaCase):
    def setUp(self):
        super().setUp()
        self.services.answers["/api/v1/clusters"] = {"clusters": []}
        self.identity = self.services.identity

    def rrsa(self):
        self.token_file = self.cwd / "oidc-token"
        self.token_file.write_text(self.identity.oidc_token + "\n")
        return {"ALIBABA_CLOUD_ROLE_ARN": alibaba_identity.ROLE, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": alibaba_identity.PROVIDER,
                "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(self.token_file)}

    def expect(self, gateway, provider, apis):
        """One good call, signed with keys from that provider."""
        self.good(gateway, "list_clusters")
        record = self.finish(gateway)
        self.assertEqual([c["api"] for c in record["api_calls"]], apis + ["DescribeClustersV1"])
        self.assertEqual(record["api_calls"][-1]["credential_provider"], provider)
        self.assertEqual(self.services.problems, [])
        return record

    def test_ac36_rrsa_changes_the_pods_token_into_keys(self):
        record = self.expect(self.start(env=self.rrsa()), "oidc_role_arn", ["AssumeRoleWithOIDC"])
        self.assertEqual(record["api_calls"][0]["request_id"], "STS-2")
        self.assertEqual(record["principal"]["credential_id"], "STS.****0001")

    def test_ac36_the_cli_profile_may_name_a_role(self):
        (self.cwd / ".aliyun").mkdir()
        (self.cwd / ".aliyun/config.json").write_text(json.dumps({"current": "ops", "profiles": [
            {"name": "ops", "mode": "RamRoleArn", "access_key_id": OWN_KEY, "access_key_secret": OWN_SECRET,
             "ram_role_arn": alibaba_identity.ROLE, "ram_session_name": "s"}]}))
        self.expect(self.start(env=NO_METADATA), "cli_profile", ["AssumeRole"])
        self.assertEqual(self.services.signed_by, [OWN_KEY, self.identity.issued[0]])

    def test_ac36_the_sdk_profile_has_keys(self):
        (self.cwd / "credentials.ini").write_text(
            f"[default]\ntype = sts\naccess_key_id = {KEY}\naccess_key_secret = {SECRET}\nsecurity_token = {TOKEN}\n")
        env = {**NO_METADATA, "ALIBABA_CLOUD_CREDENTIALS_FILE": str(self.cwd / "credentials.ini")}
        self.good(gateway := self.start(env=env), "list_clusters")
        self.finish(gateway)
        self.assertEqual(self.services.signed_by, [KEY])

    def test_ac36_the_role_of_an_ecs_instance_takes_a_session_token_first(self):
        self.expect(self.start(env={}), "ecs_ram_role", ["EcsMetadataToken", "EcsMetadataRole", "EcsMetadataRole"])
        self.assertEqual(self.services.hits[0], "PUT /latest/api/token")

    def test_ac36_a_credentials_uri_is_asked(self):
        env = {**NO_METADATA, "ALIBABA_CLOUD_CREDENTIALS_URI": f"http://127.0.0.1:{self.services.port}{alibaba_identity.URI}"}
        self.expect(self.start(env=env), "credentials_uri", ["GetCredentialsFromUri"])

    def test_ac36_the_log_service_with_keys_of_sts(self):
        self.services.answers[f"/clusters/{CLUSTER}/audit"] = {"sls_project_name": f"k8s-log-{CLUSTER}", "audit_enabled": True}
        gateway = self.start(env=self.rrsa())
        self.assertEqual(len(self.good(gateway, "query_audit_log")["entries"]), 1)
        record = self.finish(gateway)
        self.assertEqual([c["api"] for c in record["api_calls"]][::3], ["AssumeRoleWithOIDC", "GetLogs"])
        self.assertEqual(set(self.services.signed_by), set(self.identity.issued))  # and with its token, or that were a problem
        self.assertEqual((len(self.services.signed_by), self.services.problems), (3, []))

    def test_without_any_source_the_error_names_them_all(self):
        gateway = self.start(env=NO_METADATA)
        answer = self.result(gateway, "list_clusters")
        error = answer["structuredContent"]["error"]
        self.assertEqual(error["error_code"], "NO_CREDENTIALS")
        for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "OIDC", "config.json", "CREDENTIALS_URI"):
            self.assertIn(name, error["error_message"])
        record = self.finish(gateway)
        self.assertEqual((record["metadata"]["failure_stage"], self.services.hits), ("resolve_credentials", []))

    def test_many_calls_at_once_are_one_request_for_keys(self):
        self.identity.delay = 0.5
        gateway = self.start(env=self.rrsa())
        threads = [threading.Thread(target=self.good, args=(gateway, "list_clusters")) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(self.identity.issued), 1)
        self.assertEqual(len(self.services.signed_by), 12)
        self.finish(gateway)

    def test_keys_are_renewed_before_they_expire_with_the_token_of_that_day(self):
        self.identity.life = 6
        gateway = self.start(env=self.rrsa())
        self.good(gateway, "list_clusters")
        self.identity.oidc_token = "oidcCANARYtoken.second.0123"  # Kubernetes has replaced the file
        self.token_file.write_text(self.identity.oidc_token)
        end = time.monotonic() + 60
        while len(self.identity.issued) < 2 and time.monotonic() < end:
            self.good(gateway, "list_clusters")
            time.sleep(0.1)
        self.assertGreaterEqual(len(self.identity.issued), 2)
        self.good(gateway, "list_clusters")
        self.assertIn(self.services.signed_by[-1], self.identity.issued[1:])
        self.assertEqual(self.services.problems, [])
        self.finish(gateway)

    def test_a_failed_source_is_tried_again_by_the_next_call(self):
        gateway = self.start(env={**self.rrsa(), **NO_METADATA})
        self.token_file.write_text("some other token")
        answer = self.result(gateway, "list_clusters")
        self.assertEqual(answer["structuredContent"]["error"]["error_code"], "NO_CREDENTIALS")
        self.token_file.write_text(self.identity.oidc_token)
        self.good(gateway, "list_clusters")
        self.finish(gateway)

    def test_throttling_of_sts_is_honoured(self):
        self.services.throttle("AssumeRoleWithOIDC", 50)
        record = self.expect(self.start(env=self.rrsa()), "oidc_role_arn", ["AssumeRoleWithOIDC"])
        self.assertEqual((record["api_calls"][0]["attempts"], record["api_calls"][0]["retry_reasons"]), (2, ["throttled"]))


class Principals(AlibabaCase):
    def test_each_principal_has_keys_of_its_own(self):
        self.services.answers["/api/v1/clusters"] = {"clusters": []}
        gateway = self.start(
            config={"incomingAuth": {"tokens": [{"principal": "ada", "token": "env:ADA"}, {"principal": "ci", "token": "env:CI"},
                                                {"principal": "eve", "token": "env:EVE"}]}},
            credentials=[{"principal": "ada", "accessKeyId": "env:OWN_KEY", "accessKeySecret": "env:OWN_SECRET"},
                         {"principal": "ci", "accessKeyId": "env:OWN_KEY", "accessKeySecret": "env:OWN_SECRET",
                          "roleArn": alibaba_identity.ROLE}],
            env={"ADA": "token-of-ada", "CI": "token-of-ci", "EVE": "token-of-eve", "OWN_KEY": OWN_KEY, "OWN_SECRET": OWN_SECRET,
                 "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
                 "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN})
        for who in ("ada", "ci", "eve", "ci"):
            status, message = gateway.modern("tools/call", {"name": "list_clusters", "arguments": {}},
                                             headers={"Authorization": f"Bearer token-of-{who}"})
            self.assertFalse(message["result"].get("isError", False), message)
        issued = self.services.identity.issued
        self.assertEqual(len(issued), 1)
        self.assertEqual(self.services.signed_by, [OWN_KEY, OWN_KEY, issued[0], KEY, issued[0]])
        self.finish(gateway)
        self.assertEqual([(r["principal"]["id"], r["principal"]["credential_id"]) for r in gateway.records()],
                         [("ci", "STS.****0001"), ("eve", "LTAI****NARY"), ("ci", "STS.****0001"), ("ada", "LTAI****Nown")])


class Echoes(AlibabaCase):
    """A service that tells everybody what it was sent."""

    def setUp(self):
        super().setUp()
        del self.services.keys[OWN_KEY]

    def check(self, gateway, answer):
        for secret in (SECRET, TOKEN, TOKEN.replace("=", "%3D")):
            self.assertNotIn(secret, json.dumps(answer))
        self.assertIn("[REDACTED]", json.dumps(answer))
        self.finish(gateway)

    def test_ac24_keys_in_an_answer_reach_nobody(self):
        self.services.echo("/clusters", 200)
        gateway = self.start()
        self.check(gateway, self.result(gateway, "list_clusters"))

    def test_ac24_keys_in_an_error_reach_nobody(self):
        self.services.echo("/clusters", 403)
        gateway = self.start()
        answer = self.result(gateway, "list_clusters")
        self.assertTrue(answer["isError"])
        self.check(gateway, answer)

    def test_ac24_keys_in_compressed_log_rows_reach_nobody(self):
        self.services.answers[f"/clusters/{CLUSTER}/audit"] = {"sls_project_name": f"k8s-log-{CLUSTER}", "audit_enabled": True}
        self.services.answers["logs"] = {"meta": {"progress": "Complete"}, "data": [
            {"__time__": "1768464000", "verb": "get", "requestURI": f"/?k={SECRET}&t={TOKEN}"}]}
        gateway = self.start()
        self.check(gateway, self.result(gateway, "query_audit_log"))

    def test_ac24_the_key_that_prometheus_is_asked_with_reaches_nobody(self):
        gateway = self.start(tools={"prometheus": {"enabled": True, "endpointMode": "ARMS_PUBLIC", "auth": "ram"}})
        self.services.arms_token = "somebody else"
        answer = self.result(gateway, "query_prometheus", promql="up")
        self.assertTrue(answer["isError"])
        self.check(gateway, answer)


if __name__ == "__main__":
    unittest.main()
