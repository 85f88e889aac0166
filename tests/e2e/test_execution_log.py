"""The ExecutionLog against the outside world: what a call did is what its record says, and what its caller may see."""

import collections
import unittest

from harness import EndToEnd, http_backend_entry, stdio_backend, wait_until


class ExecutionLog(EndToEnd):
    def serve(self, **more):
        """Two backends, over HTTP and over standard streams, that write down what reaches them."""
        self.hits = {"web": self.cwd / "web.hits", "local": self.cwd / "local.hits"}
        web = self.http_backend("--hits", str(self.hits["web"]))
        return self.gateway({
            "backends": [http_backend_entry(web, "web"), stdio_backend("local", "--hits", str(self.hits["local"]))],
            "codeMode": {"enabled": True}, **more})

    def arrived(self):
        """(backend, tool) -> how many tools/call requests reached it."""
        return collections.Counter((name, tool) for name, file in self.hits.items() if file.exists()
                                   for tool in file.read_text().split())

    def settled(self, gateway, count):
        return wait_until(lambda: len(found := gateway.records("--all")) >= count and found, 10, f"{count} records")


def recorded(records):
    """(backend, tool) -> how many requests the records say were made, attempts included."""
    count = collections.Counter()
    for record in records:
        for call in record["api_calls"]:
            if call["api"] == "tools/call":
                count[(call["backend"], call["tool"])] += call.get("attempts", 1)
    return count


class WhatWasCalledIsRecorded(ExecutionLog):
    """Every request that reaches a server is in the record of the call that made it, and nothing else is."""

    def test_success(self):
        gateway = self.serve()
        gateway.call("web_echo", {"a": 1})
        gateway.call("local_echo", {"a": 1})
        records = self.settled(gateway, 2)
        self.assertEqual(recorded(records), self.arrived())
        for record in records:
            self.assertEqual((record["status"], record["messages"], record["metadata"], record["error"]),
                             ("success", [], None, None))
            self.assertEqual(len(record["api_calls"]), 1)
            call = record["api_calls"][0]
            self.assertEqual((call["kind"], call["status"], call["mcp_method"]), ("mcp", "success", "tools/call"))
            self.assertTrue(call["request_id"])
            self.assertLessEqual(call["start_offset_ms"] + call["duration_ms"], record["duration_ms"] + 1)

    def test_failure(self):
        gateway = self.serve()
        for tool in ("web_fail", "local_fail", "web_null_result", "local_null_result"):
            gateway.modern("tools/call", {"name": tool, "arguments": {"message": "disk full"}})
        gateway.modern("tools/call", {"name": "nobody_has_this", "arguments": {}})
        records = self.settled(gateway, 5)
        self.assertEqual(recorded(records), self.arrived())
        for record in records:
            self.assertEqual(record["status"], "failed")
            self.assertTrue(record["error"])
            for key in ("error_type", "error_code", "failure_stage"):
                self.assertTrue(record["metadata"][key], record)
            known = record["tool_name"] != "nobody_has_this"
            self.assertEqual(len(record["api_calls"]), 1 if known else 0)

    def test_a_script_and_its_parallel_calls(self):
        gateway = self.serve()
        gateway.script("""
parallel([lambda: web_echo(a=1), lambda: local_echo(b=2), lambda: web_echo(c=3)])
for i in range(5):
    local_echo(i=i)
return web_fail(message="no")
""")
        records = self.settled(gateway, 10)
        self.assertEqual(recorded(records), self.arrived())
        self.assertEqual(sum(self.arrived().values()), 9)
        inner = [record for record in records if "parent_id" in record]
        script = next(record for record in records if "script" in record)
        self.assertEqual({record["parent_id"] for record in inner}, {script["tool_call_id"]})
        self.assertEqual(script["status"], "failed")
        self.assertEqual(script["api_calls"], [])  # a script calls tools, and these call outside

    def test_a_retry_is_one_entry_with_its_count(self):
        gateway = self.serve()
        gateway.call("web_forget")
        gateway.call("web_echo", {"a": 1})  # the session is gone: refused, opened anew, sent again
        records = self.settled(gateway, 2)
        self.assertEqual(recorded(records), self.arrived())
        call = next(record for record in records if record["tool_name"] == "web_echo")["api_calls"]
        self.assertEqual([entry.get("attempts") for entry in call], [2])

    def test_a_call_that_takes_too_long(self):
        gateway = self.serve(limits={"requestTimeout": "300ms"})
        gateway.modern("tools/call", {"name": "web_sleep", "arguments": {"ms": 3000}})
        gateway.modern("tools/call", {"name": "local_sleep", "arguments": {"ms": 3000}})
        records = self.settled(gateway, 2)
        self.assertEqual(recorded(records), self.arrived())
        for record in records:
            self.assertEqual((record["status"], record["api_calls"][0]["status"]), ("timeout", "timeout"))


class WhatACallerSees(ExecutionLog):
    META = "dev.larkspur/executionLog"

    def test_nothing_unless_configured(self):
        gateway = self.serve()
        for result in (gateway.call("web_echo"), gateway.script("return 1")):
            self.assertNotIn(self.META, result.get("_meta", {}))
            self.assertNotIn("execution_log", result.get("structuredContent", {}))
        self.assertNotIn("execution_log", str(gateway.modern("tools/list")))

    def test_both(self):
        gateway = self.serve(executionLog={"directory": str(self.cwd / "log"), "inResult": "both"})
        proxied = gateway.call("web_structured")
        self.assertEqual(proxied["structuredContent"], {"id": 12345678901234567890, "ratio": 1.0})
        view = proxied["_meta"][self.META]
        self.assertEqual(set(view), {"tool_call_id", "start_time", "end_time", "duration_ms", "messages", "api_calls",
                                     "warnings", "error", "metadata"})
        self.assertEqual(view["api_calls"][0]["backend"], "web")

        script = gateway.script("return local_structured()")
        data = script["structuredContent"]
        self.assertEqual(data["result"], {"id": 12345678901234567890, "ratio": 1.0})  # inner results have none
        self.assertEqual(data["execution_log"], script["_meta"][self.META])
        stored = {record["tool_call_id"] for record in self.settled(gateway, 3)}
        self.assertLessEqual({view["tool_call_id"], data["execution_log"]["tool_call_id"]}, stored)

        tool = next(tool for tool in gateway.modern("tools/list")[1]["result"]["tools"]
                    if tool["name"] == "execute_tool_script")
        described = tool["outputSchema"]["properties"]["execution_log"]
        self.assertEqual(set(described["properties"]), set(data["execution_log"]))

    def test_structured_and_failed(self):
        gateway = self.serve(executionLog={"directory": str(self.cwd / "log"), "inResult": "structured"})
        failed = gateway.script("return web_fail(message='no')")
        self.assertTrue(failed["isError"])
        self.assertEqual(failed["structuredContent"]["execution_log"]["metadata"]["failure_stage"], "script_run")
        self.assertNotIn(self.META, failed.get("_meta", {}))


if __name__ == "__main__":
    unittest.main()
