"""A tool that needs its user, through all four cells of client and backend era, directly and from a script; and what
clients hear of resources that change."""

import json
import signal
import threading
import unittest

from harness import (LEGACY, NODE, PATIENCE, PEERS, EndToEnd, LegacySession, Process,
                     one_backend, wait_until)

CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
CAN_ELICIT = {"elicitation": {}}


class Answering(LegacySession):
    """A client of 2025-11-25 that answers what it is asked in the course of a call."""

    def __init__(self, gateway, capabilities, answer):
        self.answer = answer
        self.asked = []
        self.capabilities = capabilities
        super().__init__(gateway, LEGACY, capabilities)

    def call_and_answer(self, name, arguments):
        import http.client
        self.next_id += 1
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=30 * PATIENCE)
        connection.request("POST", "/mcp", json.dumps({
            "jsonrpc": "2.0", "id": self.next_id, "method": "tools/call",
            "params": {"name": name, "arguments": arguments}}), {
                "Content-Type": "application/json", "Accept": "application/json, text/event-stream", **self.headers})
        answer = connection.getresponse()
        if answer.headers["Content-Type"] == "application/json":
            return json.loads(answer.read())["result"]
        for line in answer:
            if not line.startswith(b"data: {"):
                continue
            message = json.loads(line[6:])
            if "method" not in message:
                connection.close()
                return message["result"]
            if "id" in message:
                self.asked.append(message)
                self.gateway.post({"jsonrpc": "2.0", "id": message["id"], "result": self.answer(message)}, self.headers)
        raise AssertionError("the stream ended before the answer")


class Input(EndToEnd):
    running = None

    def start(self, eras, **more):
        if self.running is not None:
            self.running.stop()  # the next one writes the same log
        fixture = Process([NODE, str(PEERS / "conformance_server.mjs"), eras], self.cwd)
        self.addCleanup(fixture.stop, signal.SIGKILL)
        port = fixture.wait_for(r"listening on (\d+)").group(1)
        gateway = self.gateway(one_backend({"name": "tools", "transport": "streamable-http",
                                            "url": f"http://127.0.0.1:{port}/mcp"}, **more))
        self.running = gateway
        wait_until(lambda: "test_elicitation" in gateway.tools(), what="the tools")
        return gateway

    def modern(self, gateway, name, arguments, **more):
        status, message = gateway.modern("tools/call", {"name": name, "arguments": arguments,
                                                        "_meta": {CAPABILITIES: CAN_ELICIT}, **more})
        self.assertEqual(status, 200, message)
        return message

    def test_a_legacy_client_is_asked_on_the_stream_of_its_call(self):
        for eras in ("legacy", "modern"):
            with self.subTest(backend=eras):
                client = Answering(self.start(eras), CAN_ELICIT,
                                   lambda _: {"action": "accept", "content": {"username": "a", "email": "b"}})
                result = client.call_and_answer("test_elicitation", {"message": "Who?"})
                self.assertIn("action=accept", result["content"][0]["text"])
                self.assertIn('"username":"a"', result["content"][0]["text"])
                self.assertEqual([each["params"]["message"] for each in client.asked], ["Who?"])

    def test_a_modern_client_gets_input_required_and_retries(self):
        for eras in ("legacy", "modern"):
            with self.subTest(backend=eras):
                gateway = self.start(eras)
                asked = self.modern(gateway, "test_elicitation", {"message": "Who?"})["result"]
                self.assertEqual(asked["resultType"], "input_required")
                (key, question), = asked["inputRequests"].items()
                self.assertEqual(question["params"]["message"], "Who?")
                answers = {key: {"action": "decline"}}
                state = {"requestState": asked["requestState"]} if "requestState" in asked else {}
                done = self.modern(gateway, "test_elicitation", {"message": "Who?"}, inputResponses=answers, **state)
                self.assertIn("action=decline", done["result"]["content"][0]["text"])

    def test_a_state_is_good_for_its_own_request_only(self):
        gateway = self.start("legacy")
        asked = self.modern(gateway, "test_elicitation", {"message": "Who?"})["result"]
        answers = {key: {"action": "accept", "content": {}} for key in asked["inputRequests"]}
        state = asked["requestState"]
        for arguments, forged in (({"message": "Else"}, state), ({"message": "Who?"}, state[:-1] + "9"),
                                  ({"message": "Who?"}, "1.2.3")):
            refused = self.modern(gateway, "test_elicitation", arguments, inputResponses=answers, requestState=forged)
            self.assertEqual(refused["error"]["code"], -32602, refused)
        # What is no answer leaves the question open.
        again = self.modern(gateway, "test_elicitation", {"message": "Who?"}, inputResponses={"input-1": 7},
                            requestState=state)["result"]
        self.assertEqual(again["resultType"], "input_required")
        done = self.modern(gateway, "test_elicitation", {"message": "Who?"}, inputResponses=answers,
                           requestState=again["requestState"])
        self.assertIn("action=accept", done["result"]["content"][0]["text"])
        late = self.modern(gateway, "test_elicitation", {"message": "Who?"}, inputResponses=answers, requestState=state)
        self.assertEqual(late["error"]["code"], -32602)  # the call has ended

    def test_what_a_client_cannot_do_it_is_not_asked(self):
        gateway = self.start("legacy")
        status, message = gateway.modern("tools/call", {"name": "test_sampling", "arguments": {"prompt": "?"},
                                                        "_meta": {CAPABILITIES: CAN_ELICIT}})
        self.assertEqual((status, message["error"]["code"]), (400, -32021))
        self.assertEqual(message["error"]["data"], {"requiredCapabilities": {"sampling": {}}})
        session = LegacySession(gateway)
        self.assertTrue(session.call("test_sampling", {"prompt": "?"})["isError"])

    def test_a_script_waits_for_the_user(self):
        source = 'a = test_elicitation(message="First?")\nb = test_elicitation(message="Second?")\nreturn [a, b]'
        for eras in ("legacy", "modern"):
            with self.subTest(backend=eras):
                gateway = self.start(eras)
                more = {}
                questions = []
                for _ in range(3):
                    message = self.modern(gateway, "execute_tool_script", {"script": source}, **more)
                    result = message["result"]
                    if result["resultType"] == "complete":
                        break
                    questions += [each["params"]["message"] for each in result["inputRequests"].values()]
                    more = {"requestState": result["requestState"],
                            "inputResponses": {key: {"action": "accept", "content": {"username": str(len(questions)), "email": "e"}}
                                               for key in result["inputRequests"]}}
                self.assertEqual(questions, ["First?", "Second?"])
                text = result["content"][0]["text"]
                self.assertLess(text.index('username\\":\\"1'), text.index('username\\":\\"2'), text)
                client = Answering(gateway, CAN_ELICIT, lambda asked: {"action": "cancel"})
                result = client.call_and_answer("execute_tool_script", {"script": source})
                self.assertEqual(len(client.asked), 2, result)

    def test_parallel_questions_come_in_one_round(self):
        gateway = self.start("legacy")
        source = ('return parallel([lambda: test_elicitation(message="A"), lambda: test_elicitation(message="B")])')
        result = self.modern(gateway, "execute_tool_script", {"script": source})["result"]
        self.assertEqual(sorted(each["params"]["message"] for each in result["inputRequests"].values()), ["A", "B"])

    def test_resources_that_change_reach_who_watches_them(self):
        for eras in ("legacy", "modern"):
            with self.subTest(backend=eras):
                gateway = self.start(eras)
                session = LegacySession(gateway)
                self.assertEqual(session.request("resources/subscribe", {"uri": "test://watched-resource"})[1]["result"], {})
                self.assertEqual(session.request("resources/subscribe", {"uri": "test://nothing"})[1]["error"]["code"], -32602)
                heard = []
                thread = threading.Thread(target=self.listen, args=(gateway, session, heard), daemon=True)
                thread.start()
                modern = threading.Thread(target=self.listen_modern, args=(gateway, heard), daemon=True)
                modern.start()

                def both_heard():
                    gateway.call("test_trigger_resource_update")
                    return {"legacy", "modern"} <= {each[0] for each in heard}

                wait_until(both_heard, what="both to hear of the change")
                self.assertEqual({each[1]["params"]["uri"] for each in heard}, {"test://watched-resource"})

    @staticmethod
    def listen(gateway, session, heard):
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20 * PATIENCE)
        connection.request("GET", "/mcp", headers={"Accept": "text/event-stream", **session.headers})
        for line in connection.getresponse():
            if line.startswith(b"data: {"):
                heard.append(("legacy", json.loads(line[6:])))

    @staticmethod
    def listen_modern(gateway, heard):
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20 * PATIENCE)
        connection.request("POST", "/mcp", json.dumps({
            "jsonrpc": "2.0", "id": "watch", "method": "subscriptions/listen",
            "params": {"notifications": {"resourceSubscriptions": ["test://watched-resource", "test://nothing"]},
                       "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28", CAPABILITIES: {}}}}), {
                           "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
                           "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "subscriptions/listen"})
        for line in connection.getresponse():
            if line.startswith(b"data: {"):
                message = json.loads(line[6:])
                if message.get("method") == "notifications/subscriptions/acknowledged":
                    assert message["params"]["notifications"] == {"resourceSubscriptions": ["test://watched-resource"]}
                elif "method" in message:
                    heard.append(("modern", message))

    def test_reads_and_gets_leave_a_record(self):
        gateway = self.start("both")
        status, read = gateway.modern("resources/read", {"uri": "test://template/7/data"},
                                      headers={"Mcp-Name": "test://template/7/data"})
        self.assertEqual((status, read["result"]["contents"][0]["uri"]), (200, "test://template/7/data"))
        gateway.modern("prompts/get", {"name": "test_simple_prompt"}, headers={"Mcp-Name": "test_simple_prompt"})
        gateway.stop()
        records = {record["tool_name"]: record for record in gateway.records()}
        self.assertEqual(set(records), {"resources/read", "prompts/get"})
        self.assertEqual(records["prompts/get"]["status"], "success")


if __name__ == "__main__":
    unittest.main()
