"""A Kubernetes API server's stand-in: as much of the API as kubectl asks for when it gets, describes, follows
logs, watches, applies and measures. Counts what reaches it; refuses whoever has not its token."""

import base64
import copy
import http.server
import json
import pathlib
import ssl
import subprocess
import tempfile
import threading
import urllib.parse

TOKEN = "kube-canary-token-4711"
SECRET_VALUE = "c2VjcmV0LWNhbmFyeS00NzEx"
NAMESPACED = {"pods": "Pod", "events": "Event", "secrets": "Secret", "configmaps": "ConfigMap", "deployments": "Deployment",
              "recommendations": "Recommendation"}
LOG_LINES = {"web-1": ["listening on :8080", "GET /health 200"],
             "crash-1": ["starting", "panic: no database", "exit status 2"]}


def pod(name, ready, waiting="", restarts=0):
    state = {"waiting": {"reason": waiting, "message": "back-off restarting failed container"}} if waiting else \
        {"running": {"startedAt": "2026-01-15T07:00:00Z"}}
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}", "resourceVersion": "7",
                         "creationTimestamp": "2026-01-15T07:00:00Z", "labels": {"app": name.split("-")[0]}},
            "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "example/app:1",
                                                           "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}}}]},
            "status": {"phase": "Running", "podIP": "10.0.0.7", "conditions": [{"type": "Ready", "status": str(ready)}],
                       "containerStatuses": [{"name": "app", "ready": ready, "restartCount": restarts, "image": "example/app:1",
                                              "imageID": "", "state": state}]}}


OBJECTS = {
    "pods": [pod("web-1", True), pod("crash-1", False, "CrashLoopBackOff", 12)],
    "events": [{"apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "BackOff", "count": 12,
                "message": "Back-off restarting failed container app in pod crash-1",
                "metadata": {"name": "crash-1.1", "namespace": "default", "resourceVersion": "8",
                             "creationTimestamp": "2026-01-15T07:30:00Z"},
                "firstTimestamp": "2026-01-15T07:00:00Z", "lastTimestamp": "2026-01-15T07:30:00Z", "source": {"component": "kubelet"},
                "involvedObject": {"kind": "Pod", "namespace": "default", "name": "crash-1", "uid": "uid-crash-1"}}],
    "secrets": [{"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"password": SECRET_VALUE},
                 "metadata": {"name": "db", "namespace": "default", "resourceVersion": "3",
                              "annotations": {"kubectl.kubernetes.io/last-applied-configuration":
                                              json.dumps({"kind": "Secret", "data": {"password": SECRET_VALUE}})},
                              "creationTimestamp": "2026-01-15T07:00:00Z"}}],
    "configmaps": [], "deployments": [], "recommendations": [],
}
COLUMNS = {"pods": ["Name", "Ready", "Status", "Restarts", "Age"]}


def row(plural, thing):
    if plural != "pods":
        return [thing["metadata"]["name"], "1h"]
    status = thing["status"]["containerStatuses"][0]
    waiting = status["state"].get("waiting", {}).get("reason")
    return [thing["metadata"]["name"], "1/1" if status["ready"] else "0/1", waiting or thing["status"]["phase"],
            status["restartCount"], "1h"]


def table(plural, items):
    names = COLUMNS.get(plural, ["Name", "Age"])
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "9"},
            "columnDefinitions": [{"name": n, "type": "integer" if n == "Restarts" else "string", "format": "name" if n == "Name" else "",
                                   "description": n, "priority": 0} for n in names],
            "rows": [{"cells": row(plural, i), "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                                                           "metadata": i["metadata"]}} for i in items]}


def merge(into, patch):
    """A merge patch (RFC 7386), as far as apply sends one."""
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def resources(version, items):
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": items}


def resource(name, kind, namespaced=True, short=()):
    return {"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "shortNames": list(short),
            "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"]}


DISCOVERY = {
    "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
        {"name": g, "versions": [{"groupVersion": f"{g}/{v}", "version": v}], "preferredVersion": {"groupVersion": f"{g}/{v}", "version": v}}
        for g, v in (("metrics.k8s.io", "v1beta1"), ("authorization.k8s.io", "v1"), ("apps", "v1"))]},
    "/api/v1": resources("v1", [resource("pods", "Pod", short=["po"]), resource("pods/log", "Pod"), resource("events", "Event", short=["ev"]),
                                resource("secrets", "Secret"), resource("configmaps", "ConfigMap", short=["cm"]),
                                resource("namespaces", "Namespace", False, ["ns"]), resource("nodes", "Node", False, ["no"])]),
    "/apis/metrics.k8s.io/v1beta1": resources("metrics.k8s.io/v1beta1", [resource("pods", "PodMetrics")]),
    "/apis/apps/v1": resources("apps/v1", [resource("deployments", "Deployment", short=["deploy"])]),
    "/apis/authorization.k8s.io/v1": resources("authorization.k8s.io/v1", [resource("selfsubjectaccessreviews", "SelfSubjectAccessReview", False)]),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, body):
        data = json.dumps(body).encode() if not isinstance(body, bytes) else body
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, code, reason, message):
        self.answer(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
                           "message": message, "metadata": {}})

    def chunks(self, pieces):
        """Streams them, then holds the line as a watch does, until the client leaves."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in pieces:
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                self.wfile.flush()
            while not self.server.closing:
                self.connection.settimeout(0.1)
                try:
                    if not self.connection.recv(1):
                        break
                except TimeoutError:
                    pass
        except OSError:
            pass
        self.close_connection = True

    def matching(self, plural, query):
        items = self.server.objects[plural]
        for term in query.get("labelSelector", [""])[0].split(","):
            if "=" in term:
                key, value = term.split("=", 1)
                items = [i for i in items if i["metadata"].get("labels", {}).get(key) == value]
        for term in query.get("fieldSelector", [""])[0].split(","):
            if term.startswith("involvedObject.name="):
                items = [i for i in items if i["involvedObject"]["name"] == term.split("=", 1)[1]]
            elif term.startswith("metadata.name="):
                items = [i for i in items if i["metadata"]["name"] == term.split("=", 1)[1]]
        return items

    def handle_request(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        self.server.hits.append((self.command, url.path))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.refuse(401, "Unauthorized", "Unauthorized")
        if url.path in ("/healthz", "/livez", "/readyz"):
            return self.answer(200, b"ok")
        if url.path == "/openapi/v2":  # of which nothing is said: an empty message of protobuf
            return self.answer(200, b"")
        if url.path in DISCOVERY:
            return self.answer(200, DISCOVERY[url.path])
        parts = url.path.strip("/").split("/")
        if url.path.endswith("selfsubjectaccessreviews"):
            # New clients send protobuf; either way the verb stands in it as it is.
            return self.answer(201, {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}, "spec": {},
                                     "status": {"allowed": b"get" in body}})
        if "metrics.k8s.io" in url.path:
            return self.answer(200, {"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": [
                {"metadata": {"name": p["metadata"]["name"], "namespace": "default"}, "timestamp": "2026-01-15T08:00:00Z", "window": "30s",
                 "containers": [{"name": "app", "usage": {"cpu": "250m", "memory": "64Mi"}}]} for p in self.matching("pods", query)]})
        if parts[:3] == ["api", "v1", "namespaces"] and len(parts) > 3:
            namespace, rest = parts[3], parts[4:]
        elif parts[0] == "apis" and parts[3:4] == ["namespaces"] and len(parts) > 5:
            namespace, rest = parts[4], parts[5:]
        elif parts[:2] == ["api", "v1"]:
            namespace, rest = None, parts[2:]
        else:
            return self.refuse(404, "NotFound", "the server could not find the requested resource")
        if namespace == "forbidden":
            return self.refuse(403, "Forbidden", f'{rest[0]} is forbidden: User "larkspur" cannot list resource "{rest[0]}"')
        if not rest or rest[0] not in NAMESPACED:
            return self.refuse(404, "NotFound", "the server could not find the requested resource")
        return self.objects(rest, query, body)

    def objects(self, rest, query, body):
        plural, name, sub = (rest + [None, None])[:3]
        as_table = "as=Table" in self.headers.get("Accept", "")
        if self.command in ("POST", "PATCH"):
            if self.command == "POST":
                made = json.loads(body)
                made["metadata"].update({"resourceVersion": "10", "creationTimestamp": "2026-01-15T08:00:00Z"})
                self.server.objects[plural].append(made)
                return self.answer(201, made)
            [thing] = self.matching(plural, {"fieldSelector": [f"metadata.name={name}"]})
            merge(thing, json.loads(body))
            return self.answer(200, thing)
        if self.command == "DELETE":
            self.server.objects[plural] = [i for i in self.server.objects[plural] if i["metadata"]["name"] != name]
            return self.answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success", "metadata": {}})
        if name is None:
            items = self.matching(plural, query)
            if query.get("watch", [""])[0] in ("1", "true"):
                thing = copy.deepcopy(items[0])
                shown = table(plural, [thing]) if as_table else thing
                return self.chunks([json.dumps({"type": "MODIFIED", "object": shown}).encode() + b"\n"])
            if as_table:
                return self.answer(200, table(plural, items))
            return self.answer(200, {"kind": f"{NAMESPACED[plural]}List", "apiVersion": "v1", "metadata": {"resourceVersion": "9"}, "items": items})
        found = self.matching(plural, {"fieldSelector": [f"metadata.name={name}"]})
        if not found:
            return self.refuse(404, "NotFound", f'{plural} "{name}" not found')
        if sub == "log":
            lines = [f"{line}\n".encode() for line in LOG_LINES[name]]
            if query.get("tailLines"):
                lines = lines[-int(query["tailLines"][0]):]
            if query.get("follow", [""])[0] == "true":
                return self.chunks(lines)
            return self.answer(200, b"".join(lines))
        return self.answer(200, table(plural, found) if as_table else found[0])

    do_GET = do_POST = do_PATCH = do_DELETE = handle_request


class KubeApi:
    """Listens on a free port; `hits` holds (method, path) of every request, `kubeconfig()` reaches it."""

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        with tempfile.TemporaryDirectory() as directory:  # kubectl sends credentials over TLS only
            key, cert = pathlib.Path(directory, "key.pem"), pathlib.Path(directory, "cert.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                            "-subj", "/CN=stand-in", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                           check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            self.authority = base64.b64encode(cert.read_bytes()).decode()
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.closing = False
        self.server.hits = []
        self.server.objects = copy.deepcopy(OBJECTS)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def hits(self):
        return self.server.hits

    def kubeconfig(self, path, token=TOKEN):
        url = f"https://127.0.0.1:{self.server.server_port}"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": url, "certificate-authority-data": self.authority}}],
            "users": [{"name": "me", "user": {"token": token}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "default"}}]}))
        return path

    def close(self):
        self.server.closing = True
        self.server.shutdown()
        self.server.server_close()
