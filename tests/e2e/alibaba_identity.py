"""Where keys come from, as a stand-in: STS (AssumeRole, AssumeRoleWithOIDC), the metadata service of an ECS instance in
both versions, and a credentials URI. The keys that it gives out are good for the services of alibaba.py."""

import datetime
import json
import time
import urllib.parse

ROLE = "acs:ram::1:role/ops"
PROVIDER = "acs:ram::1:oidc-provider/ack"
INSTANCE_ROLE = "EcsOps"
URI = "/credentials-of-this-pod"


class Identity:
    """Issues keys that live `life` seconds. `oidc_token` is the one that is taken at present."""

    def __init__(self, services):
        self.services = services
        self.life = 3600
        self.oidc_token = "oidcCANARYtoken.first.0123"
        self.imds_token = "imdsCANARYtoken0123"
        self.only_version_2 = True
        self.issued = []  # access key ids
        self.delay = 0

    def handles(self, request, action):
        """Requests that nobody signs."""
        return action == "AssumeRoleWithOIDC" or request.url.path.startswith(("/latest/", URI))

    def issue(self):
        number = len(self.issued) + 1
        key = f"STS.CANARYissued{number:08d}"
        secret, token = f"issuedSecretCANARY{number:08d}", f"issuedTokenCANARY/{number:08d}+=="
        self.services.keys[key] = (secret, token)
        self.issued.append(key)
        expires = datetime.datetime.fromtimestamp(time.time() + self.life, datetime.timezone.utc)
        time.sleep(self.delay)
        return {"AccessKeyId": key, "AccessKeySecret": secret, "SecurityToken": token,
                "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def answer(self, request, action):
        path = request.url.path
        if action == "AssumeRoleWithOIDC":
            return self.with_oidc(request)
        if action == "AssumeRole":
            query = request.query
            if query.get("RoleArn") != ROLE or not query.get("RoleSessionName") or int(query.get("DurationSeconds", 0)) < 900:
                return self.refuse(request, 400, "InvalidParameter")
            return self.services.reply(request, 200, {"RequestId": "STS-1", "Credentials": self.issue()})
        if path.startswith("/latest/"):
            return self.metadata(request, path)
        self.services.reply(request, 200, {"Code": "Success", **self.issue()})

    def refuse(self, request, status, code):
        self.services.problems.append(code)
        self.services.reply(request, status, {"Code": code, "Message": code, "RequestId": "STS-9"})

    def with_oidc(self, request):
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        given = {**request.query, **form}
        wanted = {"Action": "AssumeRoleWithOIDC", "Version": "2015-04-01", "Format": "JSON", "RoleArn": ROLE,
                  "OIDCProviderArn": PROVIDER}
        when = time.strptime(given.get("Timestamp", "1970-01-01T00:00:00Z"), "%Y-%m-%dT%H:%M:%SZ")
        if any(given.get(name) != value for name, value in wanted.items()) or "OIDCToken" in request.query:
            return self.refuse(request, 400, "InvalidParameter")
        if request.headers.get("Authorization") or abs(time.mktime(when) - time.timezone - time.time()) > 900:
            return self.refuse(request, 400, "InvalidTimeStamp.Expired")
        if given.get("OIDCToken") != self.oidc_token:
            return self.refuse(request, 400, "AuthenticationFail.OIDCToken.Invalid")
        self.services.reply(request, 200, {"RequestId": "STS-2", "Credentials": self.issue()})

    def metadata(self, request, path):
        if path == "/latest/api/token":
            ttl = request.headers.get("X-aliyun-ecs-metadata-token-ttl-seconds", "")
            good = request.command == "PUT" and ttl.isdigit() and 1 <= int(ttl) <= 21600
            return self.services.reply(request, 200 if good else 400, self.imds_token.encode())
        if self.only_version_2 and request.headers.get("X-aliyun-ecs-metadata-token") != self.imds_token:
            return self.refuse(request, 403, "NoToken")
        base = "/latest/meta-data/ram/security-credentials/"
        if path == base:
            return self.services.reply(request, 200, INSTANCE_ROLE.encode())
        if path != base + INSTANCE_ROLE:
            return self.services.reply(request, 404, b"")
        self.services.reply(request, 200, json.dumps({"Code": "Success", **self.issue()}).encode())
