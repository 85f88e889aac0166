"""A small authorization server: metadata, keys, and tokens signed by openssl, none of it Larkspur's code."""

import base64
import hashlib
import http.server
import json
import subprocess
import threading
import time
import urllib.parse


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Its options say how it differs: they are laid over the metadata, and `answer` over its redirect's query."""

    def __init__(self, folder, **metadata):
        self.key = folder / "issuer.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(self.key), "2048"], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", str(self.key), "-noout", "-modulus"], check=True,
                                 capture_output=True, text=True).stdout.split("=")[1].strip()
        self.jwks = {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "e": "AQAB",
                               "n": b64(bytes.fromhex(modulus))}]}
        self.codes = {}       # code -> what its token request must repeat
        self.refreshes = []   # refresh tokens that are good, newest last
        self.requests = []    # (path, fields) of every POST
        self.answer = {}
        self.lifetime = 600
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def reply(self, status, body, **headers):
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                path, _, query = self.path.partition("?")
                if path == "/authorize":
                    asked = dict(urllib.parse.parse_qsl(query))
                    code = f"code-{len(issuer.codes)}"
                    issuer.codes[code] = asked
                    answer = {"code": code, "state": asked["state"], "iss": issuer.url, **issuer.answer}
                    answer = {name: value for name, value in answer.items() if value is not None}
                    target = asked["redirect_uri"] + "?" + urllib.parse.urlencode(answer)
                    return self.reply(302, {}, Location=target)
                pages = {"/.well-known/oauth-authorization-server": issuer.metadata, "/jwks": issuer.jwks}
                self.reply(200 if path in pages else 404, pages.get(path, {}))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.path == "/register":
                    issuer.requests.append(("/register", json.loads(body)))
                    return self.reply(201, {"client_id": "registered", "token_endpoint_auth_method": "none"})
                fields = dict(urllib.parse.parse_qsl(body))
                issuer.requests.append((self.path, {**fields, "authorization": self.headers.get("Authorization")}))
                self.reply(*issuer.tokens(fields, self.headers.get("Authorization")))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.metadata = {
            "issuer": self.url, "jwks_uri": self.url + "/jwks", "authorization_endpoint": self.url + "/authorize",
            "token_endpoint": self.url + "/token", "registration_endpoint": self.url + "/register",
            "code_challenge_methods_supported": ["S256"], "token_endpoint_auth_methods_supported":
            ["none", "client_secret_basic"], "authorization_response_iss_parameter_supported": True, **metadata}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def tokens(self, fields, authorization):
        """(status, answer) of the token endpoint."""
        grant = fields.get("grant_type")
        asked = {}
        if grant == "authorization_code":
            asked = self.codes.pop(fields.get("code"), None)
            challenge = b64(hashlib.sha256(fields.get("code_verifier", "").encode()).digest())
            if asked is None or any(fields.get(name) != asked.get(name) for name in
                                    ("client_id", "redirect_uri", "resource")) or challenge != asked["code_challenge"]:
                return 400, {"error": "invalid_grant"}
        elif grant == "refresh_token":
            if fields.get("refresh_token") not in self.refreshes:
                return 400, {"error": "invalid_grant", "error_description": "unknown refresh token"}
            self.refreshes.remove(fields["refresh_token"])  # used once
        elif grant == "client_credentials":
            if authorization != "Basic " + base64.b64encode(b"gateway:s3%20cret").decode():
                return 401, {"error": "invalid_client"}
        self.refreshes.append(f"refresh-{len(self.requests)}")
        token = self.token(sub="gateway", aud=fields["resource"], n=len(self.requests),
                           scope=asked.get("scope", fields.get("scope", "")))
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime,
                     "refresh_token": self.refreshes[-1]}

    def token(self, **claims):
        claims = {"iss": self.url, "exp": int(time.time()) + 600, **claims}
        head = {"alg": "RS256", "typ": "at+jwt", "kid": "one"}
        text = ".".join(b64(json.dumps(part).encode()) for part in (head, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(self.key)], input=text.encode(),
                                   check=True, capture_output=True).stdout
        return f"{text}.{b64(signature)}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
