"""A caller that leaves ends the work that was done for it: at the tool, and through a script."""

import http.client
import json
import pathlib
import unittest

from harness import MODERN, LegacySession, PATIENCE, wait_until
from operations import Operations


def alive(pid):
    """Whether it still runs; who has ended and was not yet waited for does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Leaving(Operations):
    def leave(self, gateway, tool, arguments, begun):
        """Calls, waits until the work has begun, and closes the connection."""
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30 * PATIENCE)
        self.addCleanup(connection.close)
        meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
        connection.request("POST", "/mcp", json.dumps({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments, "_meta": meta}}).encode(),
            {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": MODERN,
             "Mcp-Method": "tools/call", "Mcp-Name": tool})
        wait_until(begun, 30, "the work")
        connection.close()

    def check(self, gateway, tool, calls, last=("cancelled",)):
        records = self.settled(gateway, calls)
        self.assertEqual({record["status"] for record in records}, {"cancelled"}, records)
        [record] = [each for each in records if each["tool_name"] == tool]
        self.assertIn(record["api_calls"][-1]["status"], last)
        self.assertIn(record["metadata"]["failure_stage"], ("cancelled", "prometheus_query"))
        self.assertTrue(record["end_time"])


class AckKubectl(Leaving):
    # A kubectl that has started others, in the background and in the foreground, all of whom would stay for long and none of
    # whom cares for a polite request.
    PROGRAM = """#!/bin/sh
[ "$1" = version ] && exit 0
trap '' TERM
sleep 1000 & echo $! >> "$PIDS"
(trap '' TERM; sleep 1000 & echo $! >> "$PIDS"; wait) &
echo $! >> "$PIDS"
echo $$ >> "$PIDS"
sleep 1000
"""

    def start(self):
        self.pids = self.cwd / "pids"
        program = self.cwd / "kubectl"
        program.write_text(self.PROGRAM.replace("$PIDS", str(self.pids)))
        program.chmod(0o700)
        return self.serve(ack=True, kubectl={"command": str(program)})

    def running(self):
        return [int(pid) for pid in self.pids.read_text().split()] if self.pids.exists() else []

    def everybody_goes(self, gateway, calls):
        pids = self.running()
        wait_until(lambda: not any(alive(pid) for pid in pids), 10, f"the end of {pids}")
        self.check(gateway, "ack_kubectl", calls)

    def test_a_direct_call(self):
        gateway = self.start()
        self.leave(gateway, "ack_kubectl", {"command": "get pods", "cluster_id": "c1"}, lambda: len(self.running()) == 4)
        self.everybody_goes(gateway, 1)

    def test_a_script(self):
        gateway = self.start()
        self.leave(gateway, "execute_tool_script", {"script": 'return ack_kubectl(command="logs -f web-1", cluster_id="c1")'},
                   lambda: len(self.running()) == 4)
        self.everybody_goes(gateway, 2)

    def test_a_legacy_client_that_says_so(self):
        gateway = self.start()
        session = LegacySession(gateway)
        call = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
                           "params": {"name": "ack_kubectl", "arguments": {"command": "get pods", "cluster_id": "c1"}}})
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30 * PATIENCE)
        self.addCleanup(connection.close)
        connection.request("POST", "/mcp", call.encode(), {"Content-Type": "application/json",
                                                          "Accept": "application/json, text/event-stream", **session.headers})
        wait_until(lambda: len(self.running()) == 4, 30, "the work")
        gateway.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}, session.headers)
        self.everybody_goes(gateway, 1)

    def test_one_that_waits_for_its_turn(self):
        """Whoever leaves the queue takes no place, and kubectl is not started for them."""
        program, runs = self.counting_kubectl()
        gateway = self.serve(ack=True, kubectl={"command": str(program), "maxConcurrentPerCluster": 1})
        stream = {"command": "logs -f web-1", "cluster_id": "c1"}
        self.leave(gateway, "execute_tool_script", {"script": "def follow():\n    return ack_kubectl(command='logs -f web-1', cluster_id='c1')\n"
                                                              "return parallel([follow, follow, follow])"},
                   lambda: any(path.endswith("/log") for _, path in self.kubernetes.hits))
        records = self.settled(gateway, 4)
        self.assertEqual({record["status"] for record in records}, {"cancelled"}, records)
        self.assertEqual(len(runs.read_text().split()), 1)
        self.assertFalse(gateway.call("ack_kubectl", {**stream, "command": "get pods"}).get("isError", False))  # the place is free


class QueryPrometheus(Leaving):
    def held(self):
        return self.prometheus.held.is_set()

    def gone(self, gateway, calls):
        self.assertTrue(self.prometheus.left.wait(20 * PATIENCE))
        self.check(gateway, "query_prometheus", calls)

    def test_a_direct_call(self):
        gateway = self.serve()
        self.prometheus.answers = [self.prometheus.HOLD]
        self.leave(gateway, "query_prometheus", {"promql": "up"}, self.held)
        self.gone(gateway, 1)

    def test_a_script(self):
        gateway = self.serve()
        self.prometheus.answers = [self.prometheus.HOLD]
        self.leave(gateway, "execute_tool_script", {"script": 'return query_prometheus(promql="up")'}, self.held)
        self.gone(gateway, 2)

    def test_between_two_attempts(self):
        gateway = self.serve()
        self.prometheus.answers = [(503, {})] * 3
        self.leave(gateway, "query_prometheus", {"promql": "up"}, lambda: self.prometheus.hits)
        self.check(gateway, "query_prometheus", 1, last=("failed", "cancelled"))  # as the attempt before it, or in the one after
        self.assertLess(len(self.prometheus.hits), 3)


if __name__ == "__main__":
    unittest.main()
