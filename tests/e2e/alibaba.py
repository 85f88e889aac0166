"""A stand-in for Container Service, ARMS, STS, the Log Service, a managed Prometheus and the metadata service of ECS on
one port. It checks every signature with code of its own, counts its hits, and can throttle, fail, delay, cut short,
compress, lie, echo what it was sent and disagree about the time."""

import email.utils
import hashlib
import hmac
import http.server
import json
import select
import socket
import threading
import time
import urllib.parse

from alibaba_identity import Identity

VERSIONS = {"/": {"GetPrometheusInstance": "2019-08-08", "AssumeRole": "2015-04-01"}}  # RPC style: all on one path
CONTAINERS = "2015-12-15"
CLUSTER = "c0123456789abcdef0123456789abcdef"
REGION = "cn-hangzhou"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def quote(text):
    return urllib.parse.quote(text, safe="-_.~")


def lz4_block(data):
    """Literals, then a match that overlaps itself, then literals: what a decoder must know."""

    def literals(chunk, match=None):
        n, low = len(chunk), 0 if match is None else min(match[1] - 4, 15)
        out = bytearray([min(n, 15) << 4 | low])
        if n >= 15:
            rest = n - 15
            while rest >= 255:
                out.append(255)
                rest -= 255
            out.append(rest)
        out += chunk
        if match is not None:
            out += match[0].to_bytes(2, "little")
        return bytes(out)

    run = data.find(b"aaaaaaaaaa")
    if run < 0:
        return literals(data)
    return literals(data[:run + 1], (1, 9)) + literals(data[run + 10:])


class Services:
    """Answers on threads of its own until close(). `answers` and once() say what differs from the usual."""

    def __init__(self, keys):
        self.keys = dict(keys)  # access key id -> (secret, token or "")
        self.identity = Identity(self)
        self.hits, self.problems, self.rules, self.lock = [], [], [], threading.Lock()
        self.signed_by = []  # access key ids, in the order of the requests that they signed
        self.nonces = set()
        self.closed = threading.Event()  # a client left while its answer was awaited
        self.arms_token = ""  # what the managed Prometheus wants in Authorization; "" for nothing
        self.skew = 0
        self.polls = 0
        self.answers = {}  # path -> JSON
        services = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def date_time_string(self, timestamp=None):
                return email.utils.formatdate(time.time() + services.skew, usegmt=True)

            def do_GET(self):
                services.handle(self)

            do_POST = do_PUT = do_GET

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def endpoints(self):
        here = f"http://127.0.0.1:{self.port}"
        return {"cs": here, "sts": here, "arms": here, "metadata": here,
                "sls": f"http://{{project}}.{{region}}.localhost:{self.port}"}

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def once(self, path_part, action):
        """The next request whose path (or action) holds `path_part`, if it is signed well, is answered by
        action(request)."""
        self.rules.append((path_part, action))

    def throttle(self, path_part, milliseconds):
        self.once(path_part, lambda r: self.reply(r, 429, {"Code": "Throttling.User"}, {"x-acs-retry-after": str(milliseconds)}))

    def cut_short(self, path_part):
        def act(request):
            request.send_response(200)
            request.send_header("Content-Length", "1000")
            request.end_headers()
            request.wfile.write(b"{")
            request.close_connection = True
        self.once(path_part, act)

    def never_answer(self, path_part):
        """Holds the request until its client leaves, which sets `closed`."""
        def act(request):
            request.close_connection = True
            end = time.monotonic() + 120
            while time.monotonic() < end:
                readable, _, _ = select.select([request.connection], [], [], 0.2)
                if readable and not request.connection.recv(1, socket.MSG_PEEK):
                    return self.closed.set()
        self.once(path_part, act)

    def echo(self, path_part, status):
        """The worst of services: its answer holds every header that it was sent, where it can in several spellings."""
        def act(request):
            sent = dict(request.headers.items())
            known = [secret for key in self.keys.values() for secret in key if secret]
            told = {"Code": "Odd", "Message": f"you sent {json.dumps(sent)} {' '.join(known)}", "known": known, "sent": sent,
                    "quoted": [quote(secret) for secret in known], "clusters": [{"name": " ".join(known), "cluster_id": CLUSTER}]}
            self.reply(request, status, told, {"x-acs-request-id": (known or ["x"])[-1]})
        self.once(path_part, act)

    # ---- answering

    def handle(self, request):
        request.body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        request.url = urllib.parse.urlsplit(request.path)
        request.query = dict(urllib.parse.parse_qsl(request.url.query, keep_blank_values=True))
        action = request.headers.get("x-acs-action") or request.query.get("Action", "")
        unsigned = self.identity.handles(request, action) or self.is_prometheus(request)
        with self.lock:
            self.hits.append(f"{request.command} {request.url.path}")
            problem = None if unsigned else self.check(request)
            rule = None if problem else next((r for r in self.rules if r[0] in request.url.path or r[0] == action), None)
            if rule:
                self.rules.remove(rule)
            if problem:
                self.problems.append(problem)
        if problem:
            return self.reply(request, 400, {"Code": problem, "Message": problem})
        if rule:
            return rule[1](request)
        if self.is_prometheus(request):
            return self.prometheus(request)
        if unsigned or action == "AssumeRole":
            return self.identity.answer(request, action)
        if action == "GetPrometheusInstance":
            return self.arms(request)
        if request.url.path.endswith("/logs"):
            return self.logs(request)
        answer = self.answers.get(request.url.path) or self.default(request)
        if answer is None:
            return self.reply(request, 404, {"code": "ErrorClusterNotFound", "message": "no such thing"})
        self.reply(request, 200, answer)

    def reply(self, request, status, body, headers=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(data)))
        for name, value in {"x-acs-request-id": f"REQ-{len(self.hits)}", **(headers or {})}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    def default(self, request):
        path = request.url.path
        if path == f"/clusters/{CLUSTER}":
            return {"cluster_id": CLUSTER, "region_id": REGION}
        if path.endswith("/diagnosis"):
            return {"diagnosis_id": "d-1", "request_id": "R"}
        if path.endswith("/result"):
            self.polls += 1
            done = self.polls >= 3
            return {"status": 2 if done else self.polls - 1, "code": 0, "result": "all is well" if done else "",
                    "finished": "2026-01-15T08:00:00Z"}
        return None

    # ---- ARMS and its Prometheus

    def arms(self, request):
        if request.query != {"ClusterId": CLUSTER, "RegionId": REGION}:
            return self.reply(request, 200, {"Code": 404, "Message": "no such instance", "RequestId": "ARMS-1"})
        here = f"http://127.0.0.1:{self.port}/api/v1/prometheus/hashCANARYhash0123/uid/{CLUSTER}"
        self.reply(request, 200, self.answers.get("arms", {"Code": 200, "RequestId": "ARMS-1", "Data": {
            "ClusterId": CLUSTER, "HttpApiInterUrl": f"{here}/public/", "HttpApiIntraUrl": f"{here}/intranet/",
            "AuthToken": "authTokenCANARY0123", "Version": "V2"}}))

    @staticmethod
    def is_prometheus(request):
        return request.url.path.startswith("/api/v1/prometheus/")

    def prometheus(self, request):
        if request.headers.get("Authorization", "") != self.arms_token:
            return self.reply(request, 401, b"who are you? " + request.headers.get("Authorization", "").encode())
        network = request.url.path.split("/")[7]
        self.reply(request, 200, {"status": "success", "data": {"resultType": "vector", "result": [
            {"metric": {"network": network}, "value": [1768464000, "1"]}]}})

    def logs(self, request):
        rows = self.answers.get("logs", {"meta": {"progress": "Complete", "count": 1}, "data": [
            {"__time__": "1768464000", "verb": "delete", "auditID": "aaaaaaaaaaaaaaaaaaaa",
             "user": json.dumps({"username": "alice"})}]})
        raw = json.dumps(rows).encode()
        self.reply(request, 200, lz4_block(raw), {
            "x-log-compresstype": "lz4", "x-log-bodyrawsize": str(len(raw)), "x-log-requestid": "LOG-1"})

    # ---- signatures

    def check(self, request):
        given = request.headers.get("Authorization", "")
        return self.check_sls(request, given) if given.startswith("SLS4") else self.check_acs(request, given)

    def secret_of(self, request, credential):
        secret, token = self.keys.get(credential, (None, ""))
        self.signed_by.append(credential)
        if secret is None:
            return None, "InvalidAccessKeyId.NotFound"
        if request.headers.get("x-acs-security-token", "") != token:
            return None, "InvalidSecurityToken.MismatchWithAccessKey"
        return secret, None

    def check_acs(self, request, given):
        fields = dict(part.split("=", 1) for part in given.partition(" ")[2].split(",") if "=" in part)
        secret, problem = self.secret_of(request, fields.get("Credential"))
        if problem:
            return problem
        if sha256(request.body) != request.headers["x-acs-content-sha256"]:
            return "ContentMismatch"
        when = time.mktime(time.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        if abs(when - time.time() - self.skew) > 900:
            return "InvalidTimeStamp.Expired"
        names = fields["SignedHeaders"].split(";")
        must = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
        must |= {name for name in map(str.lower, request.headers.keys()) if name.startswith("x-acs-") or name == "content-type"}
        if must - set(names) or names != sorted(names):
            return "IncompleteSignature"
        if request.headers["x-acs-version"] != VERSIONS.get(request.url.path, {}).get(request.headers["x-acs-action"], CONTAINERS):
            return "InvalidVersion"
        if request.headers["x-acs-signature-nonce"] in self.nonces:
            return "SignatureNonceUsed"
        self.nonces.add(request.headers["x-acs-signature-nonce"])
        query = sorted(urllib.parse.parse_qsl(request.url.query, keep_blank_values=True))
        canonical = "\n".join([
            request.command, request.url.path, "&".join(f"{quote(k)}={quote(v)}" for k, v in query),
            "".join(f"{n}:{request.headers[n].strip()}\n" for n in names), fields["SignedHeaders"],
            request.headers["x-acs-content-sha256"]])
        right = mac(secret.encode(), "ACS3-HMAC-SHA256\n" + sha256(canonical.encode())).hex()
        return None if hmac.compare_digest(right, fields["Signature"]) else "SignatureDoesNotMatch"

    def check_sls(self, request, given):
        credential, signature = given.removeprefix("SLS4-HMAC-SHA256 Credential=").split(",Signature=")
        key_id, day, region, service, end = credential.split("/")
        secret, problem = self.secret_of(request, key_id)
        if problem:
            return problem
        if not request.headers["Host"].startswith(f"k8s-log-{CLUSTER}.{region}."):
            return "ProjectNotExist"
        headers = sorted((k.lower(), v.strip()) for k, v in request.headers.items())
        signed = [(k, v) for k, v in headers if k in ("host", "content-type") or k.startswith(("x-log-", "x-acs-"))]
        canonical = "\n".join([request.command, request.url.path, "", "".join(f"{k}:{v}\n" for k, v in signed),
                               ";".join(k for k, _ in signed), sha256(request.body)])
        scope = "/".join([day, region, service, end])
        key = b"aliyun_v4" + secret.encode()
        for part in (day, region, service, end):
            key = mac(key, part)
        text = "\n".join(["SLS4-HMAC-SHA256", request.headers["x-log-date"], scope, sha256(canonical.encode())])
        return None if hmac.compare_digest(mac(key, text).hex(), signature) else "SignatureNotMatch"
