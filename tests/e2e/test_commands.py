"""The program's commands as people type them: what they print, where, and with which exit code."""

import json
import re
import subprocess
import unittest

from harness import EndToEnd, PROGRAM, one_backend, stdio_backend, wait_until


class Commands(EndToEnd):
    def run_program(self, *arguments):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60, cwd=self.cwd)

    def test_help_leads_with_an_example(self):
        for arguments in ([], ["serve"], ["check"], ["log"], ["log", "show"], ["log", "tail"], ["log", "stats"],
                          ["log", "export"], ["log", "import"]):
            help_text = self.run_program(*arguments, "--help")
            self.assertEqual(help_text.returncode, 0)
            self.assertTrue(help_text.stdout.lstrip().startswith("larkspur "), help_text.stdout)
        self.assertRegex(self.run_program("--version").stdout, r"^\d+\.\d+\.\d+$")
        self.assertEqual(self.run_program("dance").returncode, 2)

    def test_check_tells_good_from_bad_and_where(self):
        good = self.cwd / "good.yaml"
        good.write_text("backends:\n  - name: files\n    command: cat\n")
        self.assertEqual(self.run_program("check", good).returncode, 0)

        bad = self.cwd / "bad.yaml"
        bad.write_text("backend:\n  - name: files\ncodeMode:\n  enabeld: true\n")
        answer = self.run_program("check", bad)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("bad.yaml:1:1: unknown key 'backend'; did you mean 'backends'?", answer.stderr)
        self.assertIn("bad.yaml:4:3: unknown key 'enabeld'; did you mean 'enabled'?", answer.stderr)
        errors = json.loads(self.run_program("check", bad, "--json").stdout)["errors"]
        self.assertIn((4, 3), [(e["line"], e["column"]) for e in errors])
        self.assertEqual(self.run_program("check", self.cwd / "missing.yaml").returncode, 2)

    def test_serve_refuses_a_bad_configuration(self):
        bad = self.cwd / "bad.yaml"
        bad.write_text("listen:\n  address: 0.0.0.0\n")
        answer = self.run_program("serve", bad)
        self.assertEqual(answer.returncode, 2)
        self.assertIn("bad.yaml:2:", answer.stderr)

    def test_backends_from_an_mcp_servers_file(self):
        backend = stdio_backend()
        servers = self.cwd / "mcp.json"
        servers.write_text(json.dumps({"mcpServers": {"tools": {"command": backend["command"], "args": backend["args"]}}}))
        gateway = self.gateway({"codeMode": {"enabled": True}}, "--mcp-servers", str(servers))
        self.assertIn("tools_echo", gateway.tools())

    def test_the_log_lists_and_shows(self):
        gateway = self.gateway(one_backend(stdio_backend()))
        gateway.script("parallel([lambda: echo(a=1), lambda: echo(b=2)])\nreturn echo(c=3)")
        gateway.call("fail", {"message": "disk full"})
        wait_until(lambda: len(gateway.records("--all")) == 5, 5, "five records")

        listed = self.run_program("log", "--directory", gateway.log_directory)
        self.assertEqual(listed.returncode, 0)
        self.assertIn("execute_tool_script", listed.stdout)
        self.assertNotIn("echo_tools", listed.stdout)  # inner calls only with --all
        failed = self.run_program("log", "--directory", gateway.log_directory, "--status", "failed", "--since", "1h")
        self.assertIn("fail", failed.stdout)
        self.assertNotIn("execute_tool_script", failed.stdout)

        shown = self.run_program("log", "show", "execute_tool_script_", "--directory", gateway.log_directory)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        places = re.findall(r"^[│├└─ ]+(\d+(?:/\d+)?) +(?:echo|parallel)", shown.stdout, re.M)
        self.assertEqual(places, ["1", "1/1", "1/2", "2"], shown.stdout)
        tree = json.loads(self.run_program("log", "show", "execute_tool_script_", "--json", "--directory",
                                           gateway.log_directory).stdout)
        self.assertEqual(len(tree["children"]), 3)
        for record in [tree["record"], *(child["record"] for child in tree["children"])]:
            for field in ("tool_call_id", "start_time", "end_time", "duration_ms", "messages", "api_calls", "warnings"):
                self.assertIn(field, record)

        self.assertEqual(self.run_program("log", "show", "nothing", "--directory", gateway.log_directory).returncode, 1)
        self.assertEqual(self.run_program("log", "--since", "yesterday", "--directory", self.cwd).returncode, 2)

    def test_two_gateways_do_not_write_one_log(self):
        gateway = self.gateway(one_backend(stdio_backend()))
        second = self.run_program("serve", gateway.cwd / "larkspur.yaml")
        self.assertEqual(second.returncode, 2)
        self.assertIn("execution log", second.stderr)


if __name__ == "__main__":
    unittest.main()
