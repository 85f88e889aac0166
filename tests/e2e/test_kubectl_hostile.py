"""Commands that somebody with bad intentions would send, along the whole way: what is refused reaches nobody, and what reaches
kubectl shows no Secret. src/ops/kubernetes/policy_test.cc has more of them; here the real kubectl reads what is let through."""

import base64
import json
import re
import unittest

import kube_api
from harness import ROOT
from operations import Operations, log_files, text

FLAGS = (ROOT / "src/ops/kubernetes/flags.def").read_text()
CLEAR = base64.b64decode(kube_api.SECRET_VALUE).decode()
SCRIPT = """
def outcome(command):
    answer = try_call(kubectl, command=command)
    return "let through" if answer["ok"] else answer["error"]
return [outcome(command) for command in commands]
"""


def flags(rule):
    """(name, letter, takes) of every flag that the table has a rule for."""
    return re.findall(rf'KUBECTL_FLAG\("([^"]+)", \'(.)\', (\w+), {rule}\)', FLAGS)


class Hostile(Operations):
    def outcomes(self, gateway, commands):
        found = []
        for begin in range(0, len(commands), 50):
            result = gateway.script(SCRIPT, {"commands": commands[begin:begin + 50]}, timeout=120)
            self.assertFalse(result.get("isError"), result)
            found += result["structuredContent"]["result"]
        return dict(zip(commands, found))

    def refused(self, commands, **settings):
        """All of them, before anything is started or asked."""
        program, runs = self.counting_kubectl()
        gateway = self.serve(kubectl={"command": str(program), **settings})
        for command, outcome in self.outcomes(gateway, commands).items():
            self.assertNotEqual(outcome, "let through", command)
        gateway.stop()
        self.assertFalse(runs.exists())
        self.assertEqual(self.kubernetes.hits, [])
        records = [r for r in gateway.records("--all", "--limit", "10000") if r["tool_name"] == "kubectl"]
        self.assertEqual(len(records), len(commands))
        self.assertEqual({(r["status"], len(r["api_calls"])) for r in records}, {("denied", 0)})


class WhatIsRefused(Hostile):
    def test_ac34_every_spelling_of_a_forbidden_flag(self):
        commands = []
        for name, letter, takes in flags("kForbidden") + flags("kWritesFile") + flags("kReadsFile"):
            value = "" if takes == "kNone" else "=x"
            commands += [f"get pods --{name}{value}", f"get pods '--{name}{value}'", f'get pods "--"{name}{value}', f"get pods -\\-{name}{value}",
                         f"--{name}{value} get pods", f"-n default --{name}{value} get pods", f"get pods -A --{name}{value} -o wide",
                         f"get pods --{name[:-1]}{value}", f"get pods --{name.upper()}{value}", f"get pods ---{name}{value}",
                         f"get pods -- --{name}{value}"]
            if takes != "kNone":
                commands += [f"get pods --{name} x", f"--{name} x get pods", f"get --{name} pods pods", f"get pods --{name}"]
            if letter != " ":
                commands += [f"get pods -{letter} x", f"get pods -{letter}x", f"get pods -{letter}=x", f"get pods -A{letter} x",
                             f"get pods -A{letter}x", f"-{letter} x get pods", f"-{letter}x get pods"]
        self.assertGreater(len(commands), 400)
        self.refused(commands, allowWrite=True)

    def test_ac34_writing_behind_whatever_stands_before_it(self):
        verbs = ["delete pod web-1", "create ns x", "apply -f -", "patch pod web-1 -p {}", "scale deploy/x --replicas=0", "label pod web-1 a=b",
                 "annotate pod web-1 a=b", "set image deploy/x a=b", "expose pod web-1", "autoscale deploy x --max=3", "taint node n a=b:NoSchedule",
                 "cordon n", "uncordon n", "drain n", "replace -f -", "run x --image=y", "exec web-1 -- ls", "certificate approve x",
                 "rollout restart deploy/x", "rollout undo deploy/x", "auth reconcile -f -", "config use-context x", "config set a b",
                 "cp web-1:/a b", "exec -it web-1 -- sh", "attach web-1", "edit pod web-1", "port-forward web-1 80", "proxy", "debug node/n", "plugin list"]
        before = ["", "kubectl ", "-n default ", "-ndefault ", "--namespace default ", "--namespace=get ", "--namespace get ", "-v 1 -n get ",
                  "--request-timeout=5s ", "--request-timeout 5s ", "-n=get ", "--match-server-version "]
        self.refused([b + v for v in verbs for b in before])

    def test_ac34_shell_characters(self):
        trap = self.cwd / "trap"
        parts = [f"; touch {trap}", f"| tee {trap}", f"|| touch {trap}", f"&& touch {trap}", f"& touch {trap}", f"> {trap}", f">> {trap}",
                 f"$(touch {trap})", f"`touch {trap}`", f"\ntouch {trap}", f"\r\ntouch {trap}", "< /etc/passwd", "<(id)", "${HOME}", "$HOME", "(id)"]
        self.refused([f"get pods {p}" for p in parts] + [f"get pods{p}" for p in parts] + [f"{p} get pods" for p in parts])
        self.assertFalse(trap.exists())

    def test_quoted_they_are_letters(self):
        trap = self.cwd / "trap"
        gateway = self.serve()
        for part in ("; touch trap", "$(touch trap)", "`touch trap`", "| tee trap", "&& touch trap"):
            result = gateway.call("kubectl", {"command": f"get pods '{part}'"})
            self.assertTrue(result["isError"])
            self.assertIn("not found", text(result), part)  # the pod of that name
        self.assertFalse(trap.exists())


class Secrets(Hostile):
    TYPES = ["secret", "secrets", "Secret", "SECRETS", "secrets.v1.", "secret.v1", "pods,secrets", "secrets,pods", "se\\crets", 'sec"ret"s',
             "secret/db", "pod/web-1 secret/db", "secret db", "configmaps,secrets"]
    FORMS = ["-o yaml", "-oyaml", "-o=json", "-o json", "--output=json", "--output yaml", "-Ao yaml", "-Aoyaml", "-o jsonpath={.items}",
             "-o 'jsonpath={..data}'", "-o jsonpath-as-json={.data}", "-o go-template={{.data}}", "-o 'go-template={{.data.password|base64decode}}'",
             "-o template={{.data}}", "--template={{.data}}", "-o go-template --template={{.items}}", "-o custom-columns=X:.data",
             "-o custom-columns=X:.data.password", "--sort-by=.data.password", "-o wide -o yaml", "-w -o json", "--watch-only -oyaml", "-o kyaml",
             "-o JSON", "-o yaml --show-managed-fields"]

    def nowhere(self, gateway, answers):
        gateway.stop()
        for place, content in (("the answers", answers.encode()), ("standard error", "\n".join(gateway.lines).encode()),
                               ("the log", log_files(gateway))):
            self.assertTrue(content, place)
            for secret in (kube_api.SECRET_VALUE, CLEAR, kube_api.TOKEN):
                at = content.find(secret.encode())
                self.assertEqual(at, -1, f"{place}: {content[max(0, at - 200):at + 60]!r}")

    def test_ac24_forms_that_show_values_are_refused(self):
        self.refused([f"get {t} {f}" for t in self.TYPES for f in self.FORMS] + [f"get {f} {t}" for t in self.TYPES for f in self.FORMS]
                     + ["get --raw /api/v1/secrets", "get --raw=/api/v1/namespaces/default/secrets/db", "get --raw /healthz/../api/v1/secrets",
                        "wait secret/db --for=jsonpath={.data.password}=x", "config view --raw", "config view --raw=true", "config view --flatten",
                        "get -o yaml -- secrets", "create token default"])

    def test_ac24_what_reaches_kubectl_shows_none(self):
        commands = [f"get {t}" for t in self.TYPES] + [f"get {t} {f}" for t in self.TYPES[:6] for f in
                                                      ("-o wide", "-o name", "--show-labels", "-L app", "--no-headers", "-A", "--show-kind")]
        commands += ["describe secret db", "describe secrets", "describe secret/db pod/web-1", "describe secrets,pods", "explain secret",
                     "get pods -o yaml", "get pods -o jsonpath={.items}", "get pods --sort-by=.metadata.name", "get secret -v=5", "get secrets -v 5",
                     "config view", "config view -o jsonpath={.users}", "config view -o json", "config view --minify -o yaml",
                     "config get-contexts", "get secrets --server-print=false", "events --for secret/db -o yaml",
                     "cluster-info dump", "auth can-i get secrets", "api-resources", "get events -o json"]
        gateway = self.serve()
        outcomes = [text(gateway.call("kubectl", {"command": command})) for command in commands]
        shown = [json.loads(o)["structuredContent"]["stdout"] for o in outcomes if not json.loads(o).get("isError")]
        self.assertGreater(len(shown), 40, outcomes)  # the others are kubectl's own errors
        self.assertTrue(any("db" in each for each in shown))
        self.assertTrue(any(path.endswith("/secrets/db") for _, path in self.kubernetes.hits))
        self.nowhere(gateway, "\n".join(outcomes))

    def test_ac24_manifests_with_secrets_are_masked(self):
        manifest = json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "default"},
                               "data": {"password": kube_api.SECRET_VALUE}})
        both = json.dumps({"apiVersion": "v1", "kind": "List", "items": [json.loads(manifest)]})
        gateway = self.serve(kubectl={"allowWrite": True})
        answers = []
        for command in ("get -f - -o yaml", "get -f - -o json", "apply -f - --validate=false -o yaml", "apply -f - --validate=false -o json",
                        "apply -f - --validate=false --dry-run=client -o yaml", "create -f - --dry-run=client --validate=false -o json",
                        "get -f -", "get -f - -o jsonpath={.data}", "get -f - --template={{.data}}", "describe -f -",
                        "label -f - a=b -o yaml", "annotate -f - a=b -o json"):
            for stdin in (manifest, both):
                answers.append(text(gateway.call("kubectl", {"command": command, "manifest": stdin})))
        self.assertGreater(sum("[REDACTED]" in each for each in answers), 5, answers)
        self.nowhere(gateway, "\n".join(answers))

    def test_ac24_what_differs_from_a_secret_is_not_shown(self):
        """diff only reads; whoever guesses what a Secret holds must not be told how it differs."""
        guess = json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "default"},
                            "data": {"password": "Z3Vlc3M=", "other": "b3RoZXI="}})
        gateway = self.serve()
        answers = [text(gateway.call("kubectl", {"command": command, "manifest": guess}))
                   for command in ("diff -f -", "diff -f - --server-side", "diff -f - --show-managed-fields")]
        # Versions without a schema of the server cannot tell; the others have looked.
        self.assertTrue(all("doesn't support dry-run" in each for each in answers[:2]) or
                        any(path.endswith("/secrets/db") for _, path in self.kubernetes.hits), answers)
        self.nowhere(gateway, "\n".join(answers))

    def test_with_leave_they_are_shown(self):
        """So that the others prove something: the stand-in has the value."""
        gateway = self.serve(kubectl={"allowSensitive": True})
        self.assertIn(kube_api.SECRET_VALUE, text(gateway.call("kubectl", {"command": "get secret db -o yaml"})))


if __name__ == "__main__":
    unittest.main()
