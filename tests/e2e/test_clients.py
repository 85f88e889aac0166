"""The official clients in both eras against the gateway, with the official servers behind it."""

import json
import os
import subprocess
import unittest

from harness import EndToEnd, NODE, PATIENCE, PEERS, PROGRAM, Process, free_port, wait_until

BIN = PEERS / "node_modules/.bin"
SCRIPT = {"script": 'names = sorted([e["name"] for e in memory_read_graph()["entities"]])\n'
                    'return {"names": names, "sum": everything_get_sum(a=2, b=3)}'}


def node(*arguments, timeout=60):
    done = subprocess.run([NODE, *map(str, arguments)], capture_output=True, text=True, timeout=timeout * PATIENCE, cwd=PEERS)
    if done.returncode != 0:
        raise AssertionError(f"node {arguments}: {done.stdout}\n{done.stderr}")
    return done.stdout


def served_by_node(program):
    return {"command": NODE, "args": [str(BIN / program)]}


class Clients(EndToEnd):
    def setUp(self):
        super().setUp()
        (self.cwd / "files").mkdir()
        (self.cwd / "files/hello.txt").write_text("hello from a file\n")
        port = free_port()
        everything = Process([NODE, str(BIN / "mcp-server-everything"), "streamableHttp"], self.cwd, {"PORT": str(port)})
        self.addCleanup(lambda: everything.child.poll() is None and everything.stop(9))
        everything.wait_for(f"listening on port {port}")
        memory = served_by_node("mcp-server-memory")
        files = served_by_node("mcp-server-filesystem")
        self.config = {
            "backends": [
                {"name": "files", "transport": "stdio", **files, "args": [*files["args"], str(self.cwd / "files")]},
                {"name": "memory", "transport": "stdio", **memory, "env": {"MEMORY_FILE_PATH": str(self.cwd / "graph")}},
                {"name": "everything", "transport": "streamable-http", "url": f"http://127.0.0.1:{port}/mcp"},
                {"name": "new", "transport": "stdio", "command": NODE, "args": [str(PEERS / "server_v2.mjs"), "--modern-only"]},
                {"name": "both", "transport": "stdio", "command": NODE, "args": [str(PEERS / "server_v2.mjs")]},
            ],
            "codeMode": {"enabled": True},
        }
        self.server = self.gateway(self.config)
        wait_until(lambda: len(self.server.tools()) > 35, 30, "the tools of all five servers")
        self.server.call("memory_create_entities", {"entities": [
            {"name": n, "entityType": "person", "observations": []} for n in ("ada", "bob")]})

    def check_script(self, answer):
        self.assertIn("execute_tool_script", answer["tools"])
        self.assertEqual(answer["result"]["structuredContent"]["result"],
                         {"names": ["ada", "bob"], "sum": "The sum of 2 and 3 is 5."})

    def test_official_client_v1(self):
        answer = json.loads(node("client_v1.mjs", self.server.url, "execute_tool_script", json.dumps(SCRIPT)))
        self.assertEqual((answer["version"], answer["session"]), ("2025-11-25", True))
        self.check_script(answer)

    def test_official_client_v2_in_every_mode(self):
        for mode, version in (("legacy", "2025-11-25"), ("auto", "2026-07-28"), ("modern", "2026-07-28")):
            with self.subTest(mode):
                answer = json.loads(node("client_v2.mjs", self.server.url, mode, "execute_tool_script", json.dumps(SCRIPT)))
                self.assertEqual(answer["version"], version)
                self.check_script(answer)

    def test_progress_in_both_eras(self):
        arguments = json.dumps({"duration": 0.4, "steps": 4})
        for mode in ("legacy", "modern"):
            with self.subTest(mode):
                answer = json.loads(node("client_v2.mjs", self.server.url, mode,
                                         "everything_trigger-long-running-operation", arguments))
                self.assertEqual(answer["progress"], [1, 2, 3, 4])

    def test_over_standard_streams(self):
        self.server.stop()
        for mode, version in (("legacy", "2025-11-25"), ("modern", "2026-07-28")):
            with self.subTest(mode):
                answer = json.loads(node("client_v2.mjs", "stdio", mode, "execute_tool_script", json.dumps(SCRIPT),
                                         PROGRAM, "serve", self.cwd / "larkspur.yaml", "--stdio"))
                self.assertEqual(answer["version"], version)
                self.check_script(answer)

    def test_servers_of_both_eras_stand_side_by_side(self):
        for tool in ("new_repeat", "both_repeat"):
            result = self.server.call(tool, {"message": "hi"})
            self.assertEqual(result["structuredContent"], {"message": "hi"})
        text = self.server.call("files_read_text_file", {"path": str(self.cwd / "files/hello.txt")})
        self.assertEqual(text["content"][0]["text"], "hello from a file\n")

    def test_the_inspectors_command_line(self):
        for era in ("legacy", "modern"):
            with self.subTest(era):
                out = node(BIN / "mcp-inspector", "--cli", self.server.url, "--transport", "http", "--protocol-era", era,
                           "--method", "tools/call", "--tool-name", "both_repeat",
                           "--tool-args-json", '{"message":"seen"}', "--format", "json")
                self.assertIn("seen", out)


if __name__ == "__main__":
    unittest.main()
