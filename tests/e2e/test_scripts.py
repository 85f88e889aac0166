"""execute_tool_script over a real backend: what scripts can do, what comes back, what the log keeps."""

import unittest

from harness import EndToEnd, one_backend, stdio_backend, wait_until


class Scripts(EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = self.gateway(one_backend(stdio_backend()))

    def value(self, source, data=None):
        result = self.server.script(source, data)
        self.assertNotIn("isError", result, result["content"][0]["text"])
        return result["structuredContent"]["result"]

    def test_loops_conditions_data_and_results(self):
        source = """
total = 0
for n in numbers:
    if n % 2:
        total += echo(value=n)["value"]
return {"total": total, "big": structured()["id"]}
"""
        self.assertEqual(self.value(source, {"numbers": [1, 2, 3, 4, 5]}),
                         {"total": 9, "big": 12345678901234567890})

    def test_parallel_calls_overlap_and_keep_their_order(self):
        source = """
def work(i):
    sleep(ms=200)
    return call_tool("echo", i=i)["i"]
return parallel([lambda i=i: work(i) for i in range(10)])
"""
        self.assertEqual(self.value(source), list(range(10)))
        script = wait_until(lambda: self.server.records("--tool", "execute_tool_script"), 5, "the record")[0]
        self.assertLess(script["duration_ms"], 1900)
        inner = [r for r in self.server.records("--all", "--tool", "echo")]
        self.assertEqual({r["parent_id"] for r in inner}, {script["tool_call_id"]})
        self.assertEqual(len({r["place"] for r in inner}), 10)
        self.assertEqual(script["script"]["tool_count"], 20)
        self.assertTrue(script["script"]["parallel_used"])

    def test_a_failure_says_where_and_what_had_run(self):
        result = self.server.script('print("start")\necho(x=1)\nfail_(message="disk full")\n')
        self.assertTrue(result["isError"])
        content = result["structuredContent"]
        self.assertEqual((content["error"]["type"], content["error"]["line"]), ("tool_error", 3))
        self.assertIn("disk full", content["error"]["message"])
        self.assertIn("disk full", result["content"][0]["text"])
        self.assertEqual(content["logs"], ["start"])
        self.assertEqual([c["tool"] for c in content["calls"]], ["echo", "fail"])

    def test_a_tool_that_the_caller_may_not_use_is_named_in_the_record(self):
        # It is found before anything runs, so no inner call leaves a record of its own.
        self.server.script('echo(x=1)\ncall_tool("delete_everything", now=True)\n')
        script = wait_until(lambda: self.server.records("--tool", "execute_tool_script"), 5, "the record")[0]
        self.assertIn("Unknown tool: 'delete_everything'", script["error"])
        self.assertEqual(self.server.records("--all", "--tool", "echo"), [])

    def test_mistakes_are_explained(self):
        for source, kind, says in [
            ("return ecoh(x=1)", "syntax", "did you mean echo"),
            ("x = [1, 2", "syntax", ":1:"),
            ('return call_tool("ecoh")', "syntax", "did you mean echo"),
            ('t = "ecoh"\nreturn call_tool(t)', "tool_error", "did you mean 'echo'"),
            ("return 1 // 0", "runtime", "division by zero"),
            ('return {"a": 1}["b"]', "runtime", "b"),
        ]:
            with self.subTest(source):
                result = self.server.script(source)
                self.assertTrue(result["isError"])
                self.assertEqual(result["structuredContent"]["error"]["type"], kind)
                self.assertIn(says, result["structuredContent"]["error"]["message"])

    def test_calls_are_checked_before_anything_runs(self):
        for source, says in [
            ('sleep(ms="10")', "sleep: for parameter ms: got string, want number"),
            ('sleep(sm=10)', "did you mean ms"),
            ('sleep(10)', "keyword arguments only"),
            ('call_tool("sleep", ms=[1])', "got list, want number"),
            ('call_tool("slep", ms=1)', "Unknown tool: 'slep'"),
        ]:
            with self.subTest(source):
                result = self.server.script("echo(value=1)\n" + source)
                content = result["structuredContent"]
                self.assertEqual((content["error"]["type"], content["error"]["line"]), ("syntax", 2))
                self.assertIn(says, content["error"]["message"])
                self.assertFalse(content.get("calls"))
        # What is computed, and names that a tool does not mention, are the tool's business.
        self.assertEqual(self.value('n = 1\nreturn [sleep(ms=n), echo(other=2)["other"]]')[1], 2)

    def test_a_failing_call_can_be_a_value(self):
        source = """
r = try_call(fail_, message="disk full")
return [r["ok"], "disk full" in r["error"], try_call(echo, value=1)["value"]["value"]]
"""
        self.assertEqual(self.value(source), [False, True, 1])

    def test_the_clock_stands_still(self):
        self.assertEqual(self.value("t = time.now()\nsleep(ms=20)\nreturn [t == time.now(), t.year >= 2024]"),
                         [True, True])

    def test_arguments_that_are_not_valid(self):
        for arguments in ({}, {"script": 7}, {"script": "return 1", "data": []}, {"script": "return 1", "extra": 1},
                          {"script": "return 1", "data": {"not a name": 1}}, {"script": "return 1", "data": {"echo": 1}}):
            with self.subTest(arguments):
                result = self.server.call("execute_tool_script", arguments)
                self.assertEqual(result["structuredContent"]["error"]["type"], "invalid_arguments")

    def test_a_script_cannot_start_a_script(self):
        result = self.server.script('return call_tool("execute_tool_script", script="return 1")')
        self.assertIn("Unknown tool", result["structuredContent"]["error"]["message"])

    def test_the_description_lists_what_can_be_called(self):
        tools = {t["name"]: t for t in self.server.modern("tools/list")[1]["result"]["tools"]}
        description = tools["execute_tool_script"]["description"]
        self.assertIn("- echo(message: str = ...) - Gives back its arguments.", description)
        self.assertNotIn("- execute_tool_script(", description)

    def test_neither_script_nor_data_reach_the_log(self):
        self.server.script('secret = "canary-script-1f3a"\nprint("canary-print-9b")\nreturn echo(message="canary-arg-77")',
                           {"token": "canary-data-c4"})
        wait_until(lambda: len(self.server.records("--all")) >= 2, 5, "the records")
        everything = b"".join(p.read_bytes() for p in self.server.log_directory.iterdir() if p.is_file())
        everything += "\n".join(self.server.lines).encode()
        for canary in (b"canary-script", b"canary-print", b"canary-arg", b"canary-data"):
            self.assertNotIn(canary, everything)

    def test_code_mode_is_off_until_it_is_switched_on(self):
        config = one_backend(stdio_backend())
        del config["codeMode"]
        self.server.stop()
        server = self.gateway(config)
        self.assertNotIn("execute_tool_script", server.tools())
        status, message = server.modern("tools/call", {"name": "execute_tool_script", "arguments": {"script": ""}})
        self.assertEqual(message["error"]["code"], -32602)


if __name__ == "__main__":
    unittest.main()
