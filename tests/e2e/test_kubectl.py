"""The real kubectl behind the tool, against a stand-in of the Kubernetes API that counts what reaches it."""

import http.client
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import threading
import unittest

import kube_api
from harness import PATIENCE, PROGRAM, ROOT, EndToEnd, wait_until
from operations import KUBECTL

DOCS = ROOT / "docs/ops/kubernetes.md"
EXAMPLE = ROOT / "examples/ops/failing_pods.star"


@unittest.skipUnless(shutil.which(KUBECTL), "needs kubectl")
class Kubectl(EndToEnd):
    def setUp(self):
        super().setUp()
        self.api = kube_api.KubeApi()
        self.addCleanup(self.api.close)
        self.kubeconfig = self.api.kubeconfig(self.cwd / "kubeconfig")

    def serve(self, code_mode=None, **settings):
        runtime = self.cwd / "run"
        runtime.mkdir(exist_ok=True)
        return self.gateway({
            "codeMode": {"enabled": True, **(code_mode or {})},
            "executionLog": {"directory": str(self.cwd / "log")},
            "tools": {"kubectl": {"enabled": True, "command": KUBECTL, "kubeconfig": str(self.kubeconfig), **settings}}},
            env={"XDG_RUNTIME_DIR": str(runtime)})

    def run_command(self, gateway, command, **more):
        result = gateway.call("kubectl", {"command": command, **more})
        return result.get("isError", False), result["structuredContent"]

    def record(self, gateway, count=1):
        found = wait_until(lambda: len(found := gateway.records("--all")) >= count and found, 10, f"{count} records")
        return found[0]

    def text(self, gateway, command, **more):
        failed, output = self.run_command(gateway, command, **more)
        self.assertFalse(failed, output)
        return output["stdout"]


class WhatPeopleAsk(Kubectl):
    def test_reading(self):
        gateway = self.serve()
        self.assertIn("CrashLoopBackOff", self.text(gateway, "get pods"))
        self.assertIn("NAMESPACE", self.text(gateway, "kubectl get pods -Ao wide"))
        self.assertEqual(self.text(gateway, "get pod web-1 -o name"), "pod/web-1\n")
        self.assertEqual(self.text(gateway, "get pods -l app=web -o jsonpath='{.items[*].metadata.name}'"), "web-1")
        self.assertEqual(len(json.loads(self.text(gateway, "get pods -o json"))["items"]), 2)
        described = self.text(gateway, "describe pod crash-1")
        self.assertIn("Back-off restarting failed container", described)
        self.assertEqual(self.text(gateway, "logs crash-1 --tail 2"), "panic: no database\nexit status 2\n")
        self.assertIn("250m", self.text(gateway, "top pods --no-headers"))
        self.assertEqual(self.text(gateway, "auth can-i get pods").strip(), "yes")
        self.assertEqual(self.text(gateway, "get --raw /healthz"), "ok")

    def test_the_record_of_a_success(self):
        gateway = self.serve()
        self.text(gateway, "-n default get pods")
        record = self.record(gateway)
        self.assertEqual((record["status"], record["messages"], record["metadata"], record["error"]), ("success", [], None, None))
        config, command = record["api_calls"]
        self.assertEqual((config["api"], config["source"], config["status"]), ("GetKubeconfig", "local_file", "success"))
        self.assertEqual(config["server_host"], f"127.0.0.1:{self.api.server.server_port}")
        self.assertEqual({k: command[k] for k in ("api", "kind", "command", "type", "exit_code", "status")},
                         {"api": "KubectlCommand", "kind": "kubectl", "command": "kubectl get pods --namespace=default",
                          "type": "normal", "exit_code": 0, "status": "success"})

    def test_streams_return_what_they_collected(self):
        gateway = self.serve()
        for command, expected in (("logs -f web-1", "listening on :8080"), ("get pods -w", "web-1"), ("get pods --watch-only -o name", "pod/web-1")):
            with self.subTest(command):
                failed, output = self.run_command(gateway, command, timeout_seconds=int(3 * PATIENCE))
                self.assertFalse(failed, output)
                self.assertIn(expected, output["stdout"])
                self.assertEqual((output["exit_code"], output["timed_out"]), (124, True))
        record = self.record(gateway, 3)
        self.assertEqual(record["status"], "success")
        self.assertEqual((record["api_calls"][-1]["type"], record["api_calls"][-1]["timed_out"]), ("streaming", True))

    def test_ac6_errors_are_errors(self):
        gateway = self.serve()
        for command, code in (("get pod nope", "NotFound"), ("get pods -n forbidden", "Forbidden"), ("get toasters", "KubectlFailed"),
                              ("logs crash-1 --tail=x", "KubectlFailed")):
            with self.subTest(command):
                failed, output = self.run_command(gateway, command)
                self.assertTrue(failed)
                self.assertEqual(output["error"]["error_code"], code)
                self.assertEqual(output["exit_code"], 1)
        record = self.record(gateway, 4)
        self.assertEqual((record["status"], record["metadata"]["failure_stage"], record["metadata"]["exit_code"]),
                         ("failed", "kubectl_execution", 1))
        self.assertEqual(record["api_calls"][-1]["status"], "failed")

    def test_each_command_asks_the_api_for_what_it_shows(self):
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}, "data": {"a": "1"}}
        space = "/api/v1/namespaces/default"
        gateway = self.serve(allowWrite=True)
        for command, request, shown in (
                ("get pods", ("GET", f"{space}/pods"), "crash-1"),
                ("get pod web-1 -o yaml", ("GET", f"{space}/pods/web-1"), "nodeName: node-1"),
                ("describe pod crash-1", ("GET", f"{space}/events"), "BackOff"),
                ("logs web-1", ("GET", f"{space}/pods/web-1/log"), "GET /health"),
                ("logs -f web-1", ("GET", f"{space}/pods/web-1/log"), "listening"),
                ("get pods -w -o name", ("GET", f"{space}/pods"), "pod/web-1"),
                ("top pods", ("GET", "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"), "250m"),
                ("apply -f - --validate=false", ("POST", f"{space}/configmaps"), "configmap/settings created"),
                ("apply -f - --validate=false", ("PATCH", f"{space}/configmaps/settings"), "configmap/settings configured"),
                ("get cm settings -o jsonpath={.data}", ("GET", f"{space}/configmaps/settings"), '"a":"2"'),
                ("delete cm settings --wait=false", ("DELETE", f"{space}/configmaps/settings"), '"settings" deleted'),
                ("get cm -o name", ("GET", f"{space}/configmaps"), ""),
                ("auth can-i delete pods", ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"), "no"),
                ("version", ("GET", "/version"), "v1.32.0")):
            with self.subTest(command):
                del self.api.hits[:]
                more = {"manifest": json.dumps(manifest)} if "-f -" in command else {}
                if "-f web" in command or "-w" in command:
                    more["timeout_seconds"] = int(3 * PATIENCE)
                _, output = self.run_command(gateway, command, **more)  # can-i says no with exit code 1
                self.assertIn(shown, output["stdout"], output)
                self.assertIn(request, self.api.hits)
                if shown.endswith("created"):
                    manifest["data"]["a"] = "2"

    def test_ac6_an_api_that_does_not_let_us_in_is_an_error(self):
        self.kubeconfig = self.api.kubeconfig(self.cwd / "other", token="not-the-token")
        gateway = self.serve()
        failed, output = self.run_command(gateway, "get pods")
        self.assertTrue(failed)
        self.assertIn("must be logged in", output["stderr"])
        self.api.close()
        failed, output = self.run_command(gateway, "get pods")
        self.assertTrue(failed)
        self.assertIn("refused", output["stderr"])

    def test_writing_needs_leave(self):
        manifest = json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "new", "namespace": "default"},
                               "stringData": {"password": "hunter2-canary"}})
        gateway = self.serve()
        failed, output = self.run_command(gateway, "apply -f - --validate=false", manifest=manifest)
        self.assertTrue(failed)
        self.assertEqual(output["error"]["error_code"], "WriteCommandNotAllowed")
        self.assertEqual(self.api.hits, [])
        record = self.record(gateway)
        self.assertEqual((record["status"], record["api_calls"], record["metadata"]["policy"]), ("denied", [], "write"))
        gateway.stop()

        gateway = self.serve(allowWrite=True)
        shown = self.text(gateway, "apply -f - --validate=false -o yaml", manifest=manifest)
        self.assertIn("name: new", shown)
        self.assertNotIn("hunter2", shown)
        self.assertIn("[REDACTED]", shown)
        self.assertIn(("POST", "/api/v1/namespaces/default/secrets"), self.api.hits)


class Installed(Kubectl):
    """Which kubectl is there is said once, at the start, and in every record."""

    def fake(self, version):
        program = self.cwd / "fake-kubectl"
        program.write_text(f'#!/bin/sh\n[ "$1" = version ] && echo \'{{"clientVersion": {{"gitVersion": "{version}"}}}}\' || echo ran\n')
        program.chmod(0o700)
        return str(program)

    def test_its_version_is_known(self):
        gateway = self.serve()
        said = gateway.wait_for(r'"kubectl.found".*"version":"(v1[^"]+)"').group(1)
        self.text(gateway, "get pods")
        self.assertEqual(self.record(gateway)["api_calls"][-1]["kubectl_version"], said)

    def test_one_that_is_missing(self):
        gateway = self.serve(command="no-kubectl-here")
        gateway.wait_for(r'"kubectl.missing".*no-kubectl-here')
        failed, output = self.run_command(gateway, "get pods")
        self.assertTrue(failed)
        record = self.record(gateway)
        self.assertEqual((record["metadata"]["failure_stage"], record["api_calls"][-1]["exit_code"]), ("kubectl_execution", None))

    def test_one_that_never_tells_its_version_is_ended(self):
        silent = self.cwd / "silent"
        silent.write_text(f'#!/bin/sh\n[ "$1" = version ] || exec echo ran\necho $$ > "{self.cwd}/pid"\nexec sleep 600\n')
        silent.chmod(0o700)
        gateway = self.serve(command=str(silent))
        self.assertEqual(self.text(gateway, "get pods"), "ran\n")  # nobody waits for it
        pid = wait_until(lambda: (self.cwd / "pid").exists() and (self.cwd / "pid").read_text().strip(), 20, "its process")
        gateway.wait_for(r'"kubectl.missing".*in time')
        wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), 20, "its end")

    def test_one_that_is_too_old(self):
        gateway = self.serve(command=self.fake("v1.19.16"))
        gateway.wait_for(r'"kubectl.too_old".*"version":"v1.19.16"')
        failed, output = self.run_command(gateway, "get pods")
        self.assertEqual((failed, output["error"]["error_code"]), (True, "KubectlTooOld"))
        self.assertIn("at least 1.20", output["error"]["error_message"])
        self.assertEqual(self.record(gateway)["api_calls"], [])

    def test_one_that_lacks_a_command(self):
        gateway = self.serve(command=self.fake("v1.20.2"))
        gateway.wait_for(r'"kubectl.found"')
        self.assertEqual(self.text(gateway, "get events"), "ran\n")
        failed, output = self.run_command(gateway, "events")
        self.assertEqual((failed, output["error"]["error_code"]), (True, "KubectlTooOld"))


class WhatNobodyGets(Kubectl):
    """The hostile set of src/ops/kubernetes/policy_test.cc, some of it along the whole way."""

    def test_ac20_ac24_no_secret_leaves(self):
        gateway = self.serve(allowWrite=True)
        answers = []
        for command in ("get secrets -o yaml", "get secret db -o jsonpath={.data}", "get secrets -A -o go-template={{.items}}",
                        "get pods,secrets -ojson", "create token default", "config view --flatten", "describe secret db", "get secrets",
                        "create secret generic a --from-literal=pw=hunter2-canary --dry-run=client",
                        "get pods --token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ",
                        "config view", "get pods -v=9", "get pods -v 5"):
            answers.append(json.dumps(gateway.call("kubectl", {"command": command})))
        wait_until(lambda: len(gateway.records("--all")) >= len(answers), 10, "the records")
        places = {"answers": "\n".join(a.replace("--from-literal=pw=hunter2-canary", "") for a in answers),
                  "records": "\n".join(json.dumps(r) for r in gateway.records("--all")), "stderr": "\n".join(gateway.lines)}
        gateway.stop()
        places["log files"] = "\n".join(p.read_bytes().decode("latin-1") for p in (self.cwd / "log").rglob("*") if p.is_file())
        for place, text in places.items():
            for canary in (kube_api.TOKEN, kube_api.SECRET_VALUE, "hunter2-canary", "c2lnbmF0dXJlLWNhbmFyeQ"):
                self.assertNotIn(canary, text, place)

    def test_no_shell_sees_a_command(self):
        gateway = self.serve(allowWrite=True)
        trap = self.cwd / "trap"
        self.run_command(gateway, f"get pods -l 'a=$(touch {trap})'")  # quoted: it means itself
        for command in (f"get pods; touch {trap}", f"get pods $(touch {trap})", f"get pods `touch {trap}`", f"get pods\ntouch {trap}",
                        f"get pods | tee {trap}", f"get pods > {trap}", f"get pods '; touch {trap}'",
                        f"get pods -o jsonpath-file={trap}", f"cluster-info dump --output-directory={trap}", f"cp web-1:/x {trap}"):
            with self.subTest(command):
                self.assertTrue(self.run_command(gateway, command)[0])
        self.assertFalse(trap.exists())

    def test_ac22_what_is_private_stays_so_and_goes(self):
        gateway = self.serve()
        self.text(gateway, "get pods")
        runtime = self.cwd / "run"
        directories = list(runtime.glob("larkspur-*"))
        self.assertEqual([stat.S_IMODE(d.stat().st_mode) for d in directories], [0o700])
        gateway.stop()
        self.assertEqual(list(runtime.glob("larkspur-*")), [])


class Behaviour(Kubectl):
    def test_ac26_nobody_waits_for_a_command(self):
        gateway = self.serve()
        streaming = threading.Thread(target=self.run_command, args=(gateway, "logs -f web-1"), kwargs={"timeout_seconds": int(4 * PATIENCE)})
        streaming.start()
        wait_until(lambda: any(path.endswith("/log") for _, path in self.api.hits), 20, "the stream")
        for _ in range(20):
            gateway.call("get_current_time")
        self.assertTrue(streaming.is_alive())  # twenty calls were answered while it ran
        streaming.join()

    def test_a_client_that_leaves_ends_the_command(self):
        gateway = self.serve()
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30 * PATIENCE)
        connection.request("POST", "/mcp", json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "kubectl", "arguments": {"command": "logs -f web-1"},
                       "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}}}).encode(),
            {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28",
             "Mcp-Method": "tools/call", "Mcp-Name": "kubectl"})
        wait_until(lambda: any(path.endswith("/log") for _, path in self.api.hits), 20, "the stream")
        connection.close()
        record = self.record(gateway)
        self.assertEqual((record["status"], record["api_calls"][-1]["status"]), ("cancelled", "cancelled"))
        pid = record["api_calls"][-1].get("pid")
        self.assertTrue(pid is None or not os.path.exists(f"/proc/{pid}"))

    def test_the_tool_says_what_it_is(self):
        gateway = self.serve()
        tools = {t["name"]: t for t in gateway.modern("tools/list")[1]["result"]["tools"]}
        kubectl = tools["kubectl"]
        self.assertEqual(kubectl["annotations"], {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": True})
        self.assertEqual(kubectl["inputSchema"]["required"], ["command"])
        self.assertIn("exit_code", kubectl["outputSchema"]["properties"])
        self.assertIn("get_current_time", tools)
        self.assertIn("kubectl(", tools["execute_tool_script"]["description"])


class Criteria(Kubectl):
    """What an auditor asks of an operations tool; the numbers are those of the requirement's list."""

    def follow(self, gateway):
        thread = threading.Thread(target=lambda: self.ignoring(self.run_command, gateway, "logs -f web-1"), daemon=True)
        thread.start()
        wait_until(lambda: any(path.endswith("/log") for _, path in self.api.hits), 20, "the stream")
        return thread

    @staticmethod
    def ignoring(function, *arguments):
        try:
            function(*arguments)
        except Exception:  # the connection goes with the server
            pass

    def test_ac2_every_exit_leaves_a_finished_record(self):
        gateway = self.serve()
        calls = [{}, {"command": 7}, {"command": "get pods", "colour": "red"}, {"command": "get pods", "timeout_seconds": 0},
                 {"command": "get nope"}, {"command": "delete pod x"}, {"command": "get pods"}]
        for arguments in calls:
            gateway.call("kubectl", arguments)
        records = wait_until(lambda: len(found := gateway.records("--all")) >= len(calls) and found, 10, "the records")
        for record in records:
            self.assertTrue(record["end_time"] and record["duration_ms"] is not None, record)
            self.assertEqual(record["status"] == "success", record["error"] is None, record)
            if record["error"] is not None:  # AC-9
                self.assertTrue(record["metadata"]["failure_stage"] and record["metadata"]["error_code"], record)
        self.assertEqual(sorted({r["metadata"]["failure_stage"] for r in records if r["metadata"]}),
                         ["kubectl_execution", "policy_check", "validate_input"])

    def test_ac7_a_failure_is_an_error_that_fits_the_schema(self):
        gateway = self.serve()
        tools = {t["name"]: t for t in gateway.modern("tools/list")[1]["result"]["tools"]}
        properties = tools["kubectl"]["outputSchema"]["properties"]
        kinds = {"string": str, "integer": int, "boolean": bool, "object": dict}
        for command in ("get pod nope", "delete pod x", "get pods; ls", "get pods"):
            result = gateway.call("kubectl", {"command": command})
            self.assertEqual(result.get("isError", False), "error" in result["structuredContent"])
            for name, value in result["structuredContent"].items():
                self.assertIsInstance(value, kinds[properties[name]["type"]], name)

    def test_ac27_large_output_costs_no_memory(self):
        flood = self.cwd / "flood"
        flood.write_text("#!/bin/sh\nhead -c 300000000 /dev/zero | tr '\\0' x\n")
        flood.chmod(0o700)
        gateway = self.serve(command=str(flood), timeout="120s")
        self.run_command(gateway, "get pods", timeout_seconds=1)
        before = gateway.rss_kib()
        failed, output = self.run_command(gateway, "get pods")
        self.assertFalse(failed, output)
        self.assertTrue(output["truncated"])
        self.assertLess(len(output["stdout"]), 1100 * 1024)
        self.assertLess(gateway.rss_kib() - before, 64 * 1024)
        record = gateway.records("--limit", "1")[0]
        self.assertEqual((record["status"], record["api_calls"][-1]["stdout_bytes"]), ("partial", 300_000_000))

    def test_ac37_a_stop_in_the_middle_loses_no_record(self):
        gateway = self.serve()
        thread = self.follow(gateway)
        gateway.stop(seconds=40)
        thread.join(30)
        [record] = gateway.records("--all")
        self.assertIn(record["status"], ("cancelled", "success"))  # success: it ended within the drain
        self.assertEqual([c["api"] for c in record["api_calls"]], ["GetKubeconfig", "KubectlCommand"])


class Scripts(Kubectl):
    def test_failing_pods_in_one_call(self):
        gateway = self.serve()
        result = gateway.script(EXAMPLE.read_text(), {"namespace": "default"}, timeout=120)
        self.assertFalse(result.get("isError"), result)
        [finding] = result["structuredContent"]["result"]
        self.assertEqual((finding["pod"], finding["waits_for"], finding["restarts"]), ("crash-1", ["CrashLoopBackOff"], 12))
        self.assertEqual(finding["warnings"], ["BackOff (12 times): Back-off restarting failed container app in pod crash-1"])
        self.assertEqual(finding["last_logs"][-2:], ["panic: no database", "exit status 2"])
        self.assertEqual(finding["uses"], {"cpu": "250m", "memory": "64Mi"})
        self.assertEqual(result["structuredContent"]["logs"], ["1 of 2 pods in default fail"])
        records = wait_until(lambda: len(found := gateway.records("--all")) >= 5 and found, 10, "five records")
        inner = [r for r in records if r["tool_name"] == "kubectl"]
        self.assertEqual(len(inner), 4)  # pods, usage; then events and logs of the one that fails
        self.assertEqual({len(r["api_calls"]) for r in inner}, {2})
        self.check_docs(gateway)

    def check_docs(self, gateway):
        """docs/ops/kubernetes.md shows this run; but for its figures, it is what the command prints."""
        shown = subprocess.run([PROGRAM, "log", "show", "execute_tool_script_", "--directory", str(gateway.log_directory)],
                               capture_output=True, text=True, timeout=60).stdout
        text = DOCS.read_text()
        kept = re.search(r"(?m)^    execute_tool_script .*\n(?:(?:    .*)?\n)*?(?=\n?\S)", text).group()
        if os.environ.get("LARKSPUR_UPDATE_DOCS"):
            fresh = "".join(f"    {line}".rstrip() + "\n" for line in shown.splitlines())
            DOCS.write_text(text.replace(kept, fresh))
            return

        def words(block):
            """What does not differ from run to run: figures do, and with their widths where a line is cut."""
            lines = [re.sub(r"sha256:\S+|_\d{13}-\S+", "...", line) for line in block.splitlines() if line.strip()]
            return [" ".join(re.sub(r"\d[\d.:Z]*( ms)?", "0", line).split())[:55] for line in lines]

        self.assertEqual(words(kept), words(shown))


if __name__ == "__main__":
    unittest.main()
