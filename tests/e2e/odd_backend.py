"""An MCP server of both eras over HTTP whose answers are kept as text, in every spelling that JSON allows.

  odd_backend.py [--legacy]

ANSWERS below says what there is. The tool "arguments" gives back the bytes of its arguments, as they came.
"""

import json
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SERVER = '"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"odd","version":"1.0"}}'

# A tool's name -> its result.
RESULTS = {
    "numbers": r'{"content":[],"structuredContent":{"a":1.0,"b":1e3,"c":-0,"d":-0.0,"e":12345678901234567890,'
               r'"f":9007199254740993,"g":1E+2,"h":0.10,"i":1e400,"j":[1,1.0,1.00]}}',
    "escapes": r'{"content":[{"type":"text","text":"\u00fc\/\ud83d\ude00 \u0000\u2028 ü 😀 \"\\"}],"\u0078":"\u0041"}',
    "spaces": '{ "content" : [ {"type" :\t"text","text":"x"} ] ,\r\n "structuredContent":{ } }',
    "unknown": '{"future":[null,true,{"":{"n":1.0}}],"content":[{"type":"text","text":"","future":1.50,"_meta":{"a/b":1e0}},'
               '{"type":"future","x":[]}],"isError":false,"_meta":{"z":1.0,"a.example/y":[ ]}}',
    "media": '{"content":[{"type":"image","data":"aGk=","mimeType":"image/png","annotations":{"audience":["user"],'
             '"priority":1.0}},{"mimeType":"audio/wav","type":"audio","data":"aGk="}]}',
    "resources": '{"content":[{"type":"resource","resource":{"uri":"odd://a","text":"x","mimeType":"text/plain","future":1.0}},'
                 '{"type":"resource_link","uri":"odd://b","name":"b","icons":[{"src":"data:,x","sizes":["any"]}],"size":1e2}]}',
    "failure": '{"isError":true,"content":[{"type":"text","text":"no"}],"structuredContent":{"code":1.0}}',
    "stamped": '{"ttlMs":1,"content":[],"x":{"resultType":1.0},"cacheScope":"public","resultType":"complete",' + SERVER + "}",
    "nothing": '{"content":[]}',
}

TOOLS = ",".join(
    r'{"description":"\u0054ool %s","name":"%s","inputSchema":{"type":"object","$schema":"http://json-schema.org/draft-07/schema#",'
    r'"properties":{"n":{"maximum":1e3,"minimum":-0.0,"type":"number"}},"future":1.0},"annotations":{"readOnlyHint":true,"x":1.0},'
    r'"title":"T/\/","icons":[ ],"_meta":{"a/b":12345678901234567890},"future":{ "n" : 1.0}}' % (name, name)
    for name in [*RESULTS, "arguments"])

# A method, and what its params name -> its result.
ANSWERS = {
    ("server/discover", None): '{"resultType":"complete","supportedVersions":["2026-07-28"],"ttlMs":0,"cacheScope":"private",'
                               '"capabilities":{"tools":{},"prompts":{},"resources":{},"completions":{}},' + SERVER + "}",
    ("tools/list", None): '{"tools":[' + TOOLS + "]}",
    ("prompts/list", None): r'{"prompts":[{"arguments":[{"required":true,"name":"who","future":1.0}],"name":"greet","title":"\u0047"},'
                               '{"name":"broken"}]}',
    ("resources/list", None): '{"resources":[{"size":1e2,"uri":"odd://a","name":"a","annotations":{"priority":0.50}}]}',
    ("resources/templates/list", None): '{"resourceTemplates":[{"uriTemplate":"odd://t/{id}","name":"t","future":[1.0]}]}',
    ("prompts/get", "greet"): r'{"messages":[{"role":"user","content":{"text":"\u0048i 1.0","type":"text"}}],"description":"d","f":1.0}',
    ("resources/read", "odd://a"): r'{"contents":[{"text":"\u0061","uri":"odd://a","future":1e0},{"uri":"odd://a#1","blob":"aGk="}]}',
    ("completion/complete", None): '{"completion":{"values":["a"],"total":1.0,"future":1e1}}',
    **{("tools/call", name): result for name, result in RESULTS.items()},
}

# What fails: the error, in the spelling that goes over the wire.
ERRORS = {
    ("prompts/get", "broken"): r'{"code":-32602,"message":"\u006eo, 1.0","data":{"n":1.0,"big":12345678901234567890}}',
}


def named(message):
    params = message.get("params", {})
    return params.get("name") if message["method"] in ("tools/call", "prompts/get") else (
        params.get("uri") if message["method"] == "resources/read" else None)


def split(text):
    """The members of an object: (key, the value's text)."""
    decoder = json.JSONDecoder()

    def skip(at):
        return next(i for i in range(at, len(text)) if text[i] not in " \t\r\n")

    at, members = skip(skip(0) + 1), []
    while text[at] != "}":
        key, at = decoder.raw_decode(text, at)
        start = skip(skip(at) + 1)
        end = decoder.raw_decode(text, start)[1]
        members.append((key, text[start:end]))
        at = skip(end)
        at = skip(at + 1) if text[at] == "," else at
    return members


def answer(text):
    message, members = json.loads(text), dict(split(text))
    what = (message["method"], named(message))
    if what == ("tools/call", "arguments"):
        result = json.dumps({"content": [{"type": "text", "text": dict(split(members["params"]))["arguments"]}]})
    elif what[0] == "initialize":
        result = '{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"prompts":{},"resources":{},"completions":{}},' \
                 '"serverInfo":{"name":"odd","version":"1.0"}}'
    elif what in ERRORS:
        return f'{{"jsonrpc":"2.0","id":{members["id"]},"error":{ERRORS[what]}}}'
    else:
        result = ANSWERS.get(what)
    if result is None:
        return f'{{"jsonrpc":"2.0","id":{members["id"]},"error":{{"code":-32601,"message":"no {what}"}}}}'
    return f'{{"result":{result},"jsonrpc":"2.0","id":{members["id"]}}}'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def finish_with(self, status, body="", **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "--legacy" in sys.argv and self.headers.get("MCP-Protocol-Version") == "2026-07-28":
            return self.finish_with(400)
        message = json.loads(text)
        if "id" not in message:
            return self.finish_with(202)
        more = {"Mcp_Session_Id": uuid.uuid4().hex} if message["method"] == "initialize" else {}
        return self.finish_with(200, answer(text), Content_Type="application/json", **more)

    def do_GET(self):
        self.finish_with(405)

    def do_DELETE(self):
        self.finish_with(200)


class Server(ThreadingHTTPServer):
    daemon_threads = True


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print(f"listening on {server.server_address[1]}", file=sys.stderr, flush=True)
    server.serve_forever()
