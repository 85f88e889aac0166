"""A stand-in for Container Service, ARMS, STS and the Log Service on one port. It checks every signature with code of
its own, counts its hits, and can throttle, fail, delay, cut short, compress and disagree about the time."""

import email.utils
import hashlib
import hmac
import http.server
import json
import threading
import time
import urllib.parse

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
        self.keys = keys  # access key id -> (secret, token or "")
        self.hits, self.problems, self.rules, self.lock = [], [], [], threading.Lock()
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
        """The next request whose path holds `path_part` is answered by action(request), unchecked."""
        self.rules.append((path_part, action))

    # ---- answering

    def handle(self, request):
        request.body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        request.url = urllib.parse.urlsplit(request.path)
        with self.lock:
            self.hits.append(request.command + " " + request.url.path)
            rule = next((r for r in self.rules if r[0] in request.url.path), None)
            if rule:
                self.rules.remove(rule)
        if rule:
            return rule[1](request)
        problem = self.check(request)
        if problem:
            self.problems.append(problem)
            return self.reply(request, 400, {"Code": problem, "Message": problem})
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
        request.send_header("x-acs-request-id", f"REQ-{len(self.hits)}")
        for name, value in (headers or {}).items():
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
        if must - set(names):
            return "IncompleteSignature"
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
