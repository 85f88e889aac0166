"""Larkspur as an OAuth client. The server that asks for tokens is a second Larkspur: both sides of the same protocol."""

import json
import os
import pathlib
import re
import stat
import subprocess
import unittest
import urllib.request

from harness import EndToEnd, Gateway, PATIENCE, PROGRAM, free_port, one_backend, stdio_backend, wait_until
from issuer import Issuer


class OAuthClient(EndToEnd):
    def setUp(self):
        super().setUp()
        self.issuer = Issuer(self.cwd)
        self.addCleanup(self.issuer.stop)
        port = free_port()
        self.resource = f"http://127.0.0.1:{port}/mcp"
        self.start_protected(port)

    def start_protected(self, port, **auth):
        folder = pathlib.Path(self.cwd / "protected")
        folder.mkdir(exist_ok=True)
        self.protected = Gateway(folder, {
            **one_backend(stdio_backend()), "listen": {"port": port},
            "incomingAuth": {"resource": self.resource, "issuers": [{"issuer": self.issuer.url}], **auth}})
        self.addCleanup(lambda: self.protected.child.poll() is None and self.protected.stop())

    def config(self, **oauth):
        backend = {"name": "far", "transport": "streamable-http", "url": self.resource, "oauth": oauth}
        return {**one_backend(backend), "stateDirectory": str(self.cwd / "state")}

    def log_in(self, config, visit=True):
        """Runs `larkspur login` and is its browser: (exit code, what it said)."""
        path = self.cwd / "login.yaml"
        path.write_text(json.dumps(config))
        login = subprocess.Popen([PROGRAM, "login", str(path), "far", "--timeout", "20"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        url = login.stdout.readline().strip()
        if url and visit:
            self.visited = url
            urllib.request.urlopen(url, timeout=20).read()
        _, said = login.communicate(timeout=60 * PATIENCE)
        return login.returncode, said

    def echo(self, gateway):
        return gateway.call("echo", {"message": "hi"})

    def test_a_login_is_used_and_renewed(self):
        config = self.config(grant="authorization_code")
        gateway = self.gateway(config)
        result = self.echo(gateway) if "echo" in gateway.tools() else None
        self.assertIsNone(result, "nobody has logged in")
        wait_until(lambda: gateway.find(r"larkspur login"), what="the operator to be told what to do")

        code, said = self.log_in(config)
        self.assertEqual(code, 0, said)
        grant = self.cwd / "state/logins/far.json"
        self.assertEqual(stat.S_IMODE(os.stat(grant).st_mode), 0o600)
        self.assertIn("code_challenge_method=S256", self.visited)
        self.assertIn("resource=http", self.visited)
        registered = [fields for path, fields in self.issuer.requests if path == "/register"]
        self.assertEqual(registered[0]["application_type"], "native")

        wait_until(lambda: "echo" in gateway.tools(), 40, "the tools of the backend")
        self.assertNotIn("isError", self.echo(gateway))

        # The token is taken back: the next call renews it, and the caller notices nothing.
        text = grant.read_text()
        token = re.search(r'"access_token":"([^"]*)"', text).group(1)
        self.protected.stop()
        self.start_protected(int(self.resource.split(":")[2].split("/")[0]), scopes=["more"])
        wait_until(lambda: "isError" in self.echo(gateway), what="the scope to be missed")
        self.assertIn("larkspur login far", self.echo(gateway)["content"][0]["text"])
        code, said = self.log_in(config)
        self.assertEqual(code, 0, said)
        self.assertIn("scope=more", self.visited)
        wait_until(lambda: "isError" not in self.echo(gateway), 40, "the new login to be used")
        everything = "\n".join(gateway.lines)
        self.assertNotIn(token.split(".")[2], everything)

    def test_a_refresh_token_renews_what_has_run_out(self):
        config = self.config(grant="authorization_code")
        code, said = self.log_in(config)
        self.assertEqual(code, 0, said)
        grant = self.cwd / "state/logins/far.json"
        grant.write_text(re.sub(r'"access_token":"[^"]*"', '"access_token":"worn-out"', grant.read_text()))
        gateway = self.gateway(config)
        wait_until(lambda: "echo" in gateway.tools(), 40, "the tools of the backend")
        self.assertNotIn("isError", self.echo(gateway))
        refreshed = [fields for _, fields in self.issuer.requests if fields.get("grant_type") == "refresh_token"]
        self.assertEqual(len(refreshed), 1)
        self.assertEqual(refreshed[0]["resource"], self.resource)
        self.assertNotIn("worn-out", grant.read_text())

    def test_in_its_own_name(self):
        gateway = self.gateway(self.config(grant="client_credentials", clientId="gateway", clientSecret="env:OWN_SECRET"),
                               env={"OWN_SECRET": "s3 cret"})
        wait_until(lambda: "echo" in gateway.tools(), 40, "the tools of the backend")
        self.assertNotIn("isError", self.echo(gateway))
        self.assertNotIn("s3 cret", "\n".join(gateway.lines))

    def test_answers_that_are_not_believed(self):
        config = self.config(grant="authorization_code")
        for answer, why in [({"iss": None}, "iss"), ({"iss": self.issuer.url + "/"}, "iss"),
                            ({"state": "other"}, "state"), ({"error": "access_denied", "code": None}, "access_denied")]:
            self.issuer.answer = answer
            code, said = self.log_in(config)
            self.assertEqual(code, 1, said)
            self.assertIn(why, said)
        self.assertFalse((self.cwd / "state/logins/far.json").exists())

    def test_servers_that_are_not_used(self):
        config = self.config(grant="authorization_code")
        del self.issuer.metadata["code_challenge_methods_supported"]
        code, said = self.log_in(config, visit=False)
        self.assertEqual(code, 2)
        self.assertIn("PKCE", said)
        self.issuer.metadata["code_challenge_methods_supported"] = ["S256"]
        self.issuer.metadata["issuer"] = "https://somebody.else"
        code, said = self.log_in(config, visit=False)
        self.assertEqual(code, 2)
        self.assertIn("somebody.else", said)
        self.issuer.metadata["issuer"] = self.issuer.url
        self.issuer.metadata["authorization_endpoint"] = "javascript:alert(1)"
        code, said = self.log_in(config, visit=False)
        self.assertEqual(code, 2)


if __name__ == "__main__":
    unittest.main()
