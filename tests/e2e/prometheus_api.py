"""A stand-in of Prometheus's HTTP API for what a real one does not do on demand: it fails, is slow, holds the line, and counts
its hits. The real one is in test_prometheus.py."""

import http.server
import json
import threading
import time

UP = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"job": "x"}, "value": [1, "1"]}]}}
ARMS_SECRET = "8cba801fff65546a3012e9a684canary"
ARMS_PATH = f"/api/v1/prometheus/{ARMS_SECRET}/1234567890/c0123/cn-hangzhou"


class PrometheusApi:
    """Answers with `answers`, one after the other, then with UP; an answer is (status, object), or HOLD."""

    HOLD = "hold"

    def __init__(self):
        self.hits, self.authorizations, self.answers = [], [], []
        self.delay = 0
        self.held, self.left = threading.Event(), threading.Event()
        self.closing = False
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                api.hits.append((self.command, self.path, body))
                api.authorizations.append(self.headers.get("Authorization"))
                answer = api.answers.pop(0) if api.answers else (200, UP)
                if answer == api.HOLD:
                    return api.hold(self)
                time.sleep(api.delay)
                data = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                try:
                    self.wfile.write(data)
                except OSError:  # nobody waits for it any more
                    pass

            do_GET = do_POST

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def hold(self, request):
        """Says nothing; `left` is set when the client closes its end."""
        request.close_connection = True
        request.connection.settimeout(0.1)
        self.held.set()
        while not self.closing:
            try:
                if not request.connection.recv(1):
                    return self.left.set()
            except TimeoutError:
                pass
            except OSError:
                return self.left.set()

    def close(self):
        self.closing = True
        self.server.shutdown()
        self.server.server_close()
