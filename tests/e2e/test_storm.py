"""A thousand clients of both eras at once, who call, run scripts, listen, cancel, hang up and come back as a seeded die
says: in the end nothing is left of them."""

import asyncio
import collections
import json
import os
import random
import re
import signal
import unittest

from harness import LEGACY, MODERN, PATIENCE, PEERS, NODE, EndToEnd, Process, http_backend_entry, wait_until
from test_transports import in_progress

CLIENTS = 1000
SEED = int(os.environ.get("LARKSPUR_STORM_SEED", "20261120"))
TIME = 40 * PATIENCE  # for one exchange: everybody shares two cores
ELICIT = {"elicitation": {}}


class Left(Exception):
    """The client has hung up, as it wanted to."""


class Client:
    """HTTP by hand, one connection for each request, so that it can be broken at any time."""

    def __init__(self, port, dice, done):
        self.port, self.dice, self.done = port, dice, done
        self.headers = {}
        self.next_id = 0

    async def send(self, method, headers, message=None, until=None, leave_after=None):
        """(status, headers, text) of the answer, up to `until` where it is a stream. Hangs up after `leave_after` s."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port), TIME)
        body = b"" if message is None else json.dumps(message).encode()
        head = [f"{method} /mcp HTTP/1.1", "Host: localhost", "Connection: close", f"Content-Length: {len(body)}",
                "Content-Type: application/json", "Accept: application/json, text/event-stream",
                *(f"{k}: {v}" for k, v in {**self.headers, **headers}.items())]
        try:
            writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
            text = b""

            async def read():
                nonlocal text
                while piece := await reader.read(65536):
                    text += piece
                    if until and re.search(until, text):
                        return

            try:
                await asyncio.wait_for(read(), TIME if leave_after is None else leave_after)
            except asyncio.TimeoutError:
                if leave_after is None:
                    raise
                self.done["hung up"] += 1
                raise Left from None
            head, _, rest = text.partition(b"\r\n\r\n")
            status = int(head.split()[1])
            fields = dict(re.findall(r"([^\r\n:]+): ([^\r\n]*)", head.decode().lower()))
            return status, fields, rest.decode()
        finally:
            writer.close()

    def request(self, method, params):
        self.next_id += 1
        return {"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params}

    def some_call(self):
        kind = self.dice.choice(["echo", "sleep", "progress", "script", "script", "ask"])
        if kind == "script":
            return "execute_tool_script", {"script": "a = parallel([lambda: sleep(ms=40), lambda: echo(message='x')])\n"
                                                     "return len(a)"}
        return {"echo": ("echo", {"message": "hello"}), "sleep": ("sleep", {"ms": self.dice.choice([1, 50, 200])}),
                "progress": ("progress", {"steps": 3}), "ask": ("test_elicitation", {"message": "who?"})}[kind]


class Legacy(Client):
    async def run(self):
        init = {"protocolVersion": LEGACY, "capabilities": ELICIT, "clientInfo": {"name": "storm", "version": "1"}}
        status, fields, text = await self.send("POST", {}, self.request("initialize", init))
        assert status == 200, (status, text)
        self.headers = {"Mcp-Session-Id": fields["mcp-session-id"], "MCP-Protocol-Version": LEGACY}
        await self.send("POST", {}, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        listening = asyncio.create_task(self.listen()) if self.dice.random() < 0.5 else None
        for _ in range(self.dice.randint(1, 3)):
            await self.dice.choice([self.call, self.call, self.call_and_cancel, self.call_and_come_back])()
        end = self.dice.random()
        if end < 0.4:  # the others let their session run out
            pending = asyncio.create_task(self.call()) if end < 0.1 else None
            status, _, _ = await self.send("DELETE", {})
            assert status == 200, status
            self.done["deleted"] += 1
            status, _, _ = await self.send("POST", {}, self.request("ping", {}))
            assert status == 404, status
            if pending:
                await pending
        if listening:
            await listening

    async def listen(self):
        try:
            await self.send("GET", {}, leave_after=self.dice.uniform(0.1, 3))
        except Left:
            pass

    async def answer(self, text):
        for line in re.findall(r"^data: (\{.*)$", text, re.M):
            message = json.loads(line)
            if message.get("method") == "elicitation/create" and self.dice.random() < 0.8:
                await self.send("POST", {}, {"jsonrpc": "2.0", "id": message["id"], "result": {"action": "decline"}})
                self.done["answered"] += 1

    async def call(self, leave_after=None):
        name, arguments = self.some_call()
        message = self.request("tools/call", {"name": name, "arguments": arguments, "_meta": {"progressToken": 1}})
        if name == "test_elicitation":
            status, _, text = await self.send("POST", {}, message, until=rb"elicitation/create.*\n\n|[}]$")
            await self.answer(text)
        else:
            status, _, text = await self.send("POST", {}, message, leave_after=leave_after)
        assert status in (200, 404), (status, text)
        return text

    async def call_and_cancel(self):
        message = self.request("tools/call", {"name": "sleep", "arguments": {"ms": 400}})
        call = asyncio.create_task(self.send("POST", {}, message))
        await asyncio.sleep(self.dice.uniform(0, 0.3))
        status, _, _ = await self.send("POST", {}, {"jsonrpc": "2.0", "method": "notifications/cancelled",
                                                    "params": {"requestId": message["id"]}})
        assert status == 202, status
        _, _, text = await call
        self.done["cancelled"] += '"result"' not in text

    async def call_and_come_back(self):
        message = self.request("tools/call", {"name": "progress", "arguments": {"steps": 3},
                                              "_meta": {"progressToken": 1}})
        _, _, text = await self.send("POST", {}, message, until=rb"id: \S+\n")
        ids = re.findall(r"^id: (\S+)$", text, re.M)
        if ids:
            # Maybe all has come already, and nothing follows.
            status, _, text = await self.send("GET", {"Last-Event-ID": ids[-1]}, until=rb'"result"')
            assert status == 200, (status, text)
            self.done["resumed"] += 1


class Modern(Client):
    async def run(self):
        for _ in range(self.dice.randint(1, 4)):
            await self.dice.choice([self.call, self.call, self.leave, self.listen])()

    def message(self, method, params):
        return self.request(method, {**params, "_meta": {
            "io.modelcontextprotocol/protocolVersion": MODERN, "progressToken": self.next_id,
            "io.modelcontextprotocol/clientCapabilities": ELICIT}})

    async def post(self, method, params, **more):
        headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
        return await self.send("POST", headers, self.message(method, params), **more)

    async def call(self, **more):
        name, arguments = self.some_call()
        params = {"name": name, "arguments": arguments}
        status, _, text = await self.post("tools/call", params, **more)
        assert status == 200, (status, text)
        while '"input_required"' in text:
            result = json.loads(re.findall(r"(\{.*\})", text)[-1])["result"]
            again = {**params, "requestState": result["requestState"],
                     "inputResponses": {key: {"action": "decline"} for key in result["inputRequests"]}}
            status, _, text = await self.post("tools/call", again)
            assert status == 200, (status, text)
            self.done["asked twice"] += 1

    async def leave(self):
        try:
            name, arguments = self.dice.choice([("sleep", {"ms": 500}), ("execute_tool_script", {
                "script": "return sleep(ms=500)"}), ("progress", {"steps": 3})])
            await self.post("tools/call", {"name": name, "arguments": arguments},
                            leave_after=self.dice.uniform(0.05, 0.3))
        except Left:
            pass

    async def listen(self):
        try:
            await self.post("subscriptions/listen", {"notifications": {"toolsListChanged": True}},
                            leave_after=self.dice.uniform(0.1, 2))
        except Left:
            pass


class Storm(EndToEnd):
    def test_nothing_is_left_of_a_thousand_clients(self):
        backend = self.http_backend()
        asking = Process([NODE, str(PEERS / "conformance_server.mjs"), "legacy"], self.cwd)
        self.addCleanup(asking.stop, signal.SIGKILL)
        port = asking.wait_for(r"listening on (\d+)").group(1)
        server = self.gateway({
            "backends": [http_backend_entry(backend), {"name": "asking", "url": f"http://127.0.0.1:{port}/mcp"}],
            "aggregation": {"conflictResolution": "priority"}, "codeMode": {"enabled": True},
            "telemetry": {"enablePrometheusMetricsPath": True},
            "sessions": {"idleTimeout": f"{6 * PATIENCE:.0f}s", "resumeTime": f"{6 * PATIENCE:.0f}s", "keepAlive": "500ms"}})
        wait_until(lambda: {"sleep", "test_elicitation"} <= set(server.tools()), 30, "the tools of both backends")

        done = collections.Counter()

        async def everybody():
            dice = random.Random(SEED)
            clients = [(Legacy if i % 2 else Modern)(server.port, random.Random(dice.random()), done)
                       for i in range(CLIENTS)]
            return await asyncio.gather(*(client.run() for client in clients), return_exceptions=True)

        failures = [f for f in asyncio.run(everybody()) if f is not None]
        self.assertEqual(failures[:5], [], f"{len(failures)} of {CLIENTS}, with the seed {SEED}")
        for what in ("hung up", "deleted", "answered", "cancelled", "resumed", "asked twice"):
            self.assertGreater(done[what], 0, f"clients that have done it: {dict(done)}")
        self.assertIsNone(server.child.poll())
        self.assertEqual(set(in_progress(server)), {"session", "session_call", "stream", "resumable_stream",
                                                    "parked_call", "backend_call"})
        wait_until(lambda: not any(in_progress(server).values()), 40, "everything to end")
        self.assertFalse(server.call("echo", {"message": "still here"}).get("isError"))
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
