"""An OTLP/HTTP receiver for tests, and a reader of its protobuf messages.

The messages are read by field number (opentelemetry-proto 1.x), so that nothing needs to be installed.
"""

import http.server
import struct
import threading

# How a receiver may behave.
ACCEPT, REFUSE, HANG = "accept", "refuse", "hang"


def fields(data):
    """(field number, value) of one message: int for varints, bytes for the rest."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(kind) or varint()
        yield key >> 3, data[at:at + size]
        at += size


def get(data, number, default=b""):
    return next((value for field, value in fields(data) if field == number), default)


def every(data, *path):
    """All messages at the end of a path of field numbers."""
    for number in path:
        data = [value for each in ([data] if isinstance(data, bytes) else data)
                for field, value in fields(each) if field == number]
    return data


def fixed(raw):
    return int.from_bytes(raw, "little")


def any_value(data):
    for field, value in fields(data):
        if field == 1:
            return value.decode()
        if field == 2:
            return bool(value)
        if field == 3:
            return value - (1 << 64) if value >> 63 else value
        if field == 4:
            return struct.unpack("<d", value)[0]
    return None


def attributes(data, number):
    return {get(each, 1).decode(): any_value(get(each, 2)) for each in every(data, number)}


KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT"}


def read_span(data):
    return {"trace_id": get(data, 1).hex(), "span_id": get(data, 2).hex(), "parent": get(data, 4).hex(),
            "name": get(data, 5).decode(), "kind": KINDS[get(data, 6, 0)],
            "start": fixed(get(data, 7)), "end": fixed(get(data, 8)), "attributes": attributes(data, 9),
            "links": [(get(link, 1).hex(), get(link, 2).hex()) for link in every(data, 13)],
            "events": [attributes(event, 3) for event in every(data, 11)],
            "failed": get(get(data, 15), 3, 0) == 2}


def read_log(data):
    return {"severity": get(data, 2, 0), "body": any_value(get(data, 5)), "attributes": attributes(data, 6),
            "trace_id": get(data, 9).hex(), "span_id": get(data, 10).hex()}


def read_metric(data):
    """(name, unit, [(attributes, value or count)])"""
    points = [(attributes(point, 7), fixed(get(point, 6))) for point in every(data, 5, 1) + every(data, 7, 1)]
    points += [(attributes(point, 9), fixed(get(point, 4))) for point in every(data, 9, 1)]
    return get(data, 1).decode(), get(data, 3).decode(), points


class Receiver:
    """Listens on 127.0.0.1 and keeps what arrives. `behaviour` may be changed at any time."""

    def __init__(self, behaviour=ACCEPT):
        self.behaviour = behaviour
        self.posts = []  # (path, body)
        self.released = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.behaviour == HANG:
                    outer.released.wait(120)
                outer.posts.append((self.path, body))
                self.send_response(200 if outer.behaviour == ACCEPT else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def bodies(self, path):
        return [body for where, body in list(self.posts) if where == path]

    def spans(self):
        return [read_span(data) for body in self.bodies("/v1/traces") for data in every(body, 1, 2, 2)]

    def logs(self):
        return [read_log(data) for body in self.bodies("/v1/logs") for data in every(body, 1, 2, 2)]

    def metrics(self):
        """The newest points of every metric: {name: [(attributes, value or count)]}"""
        found = {}
        for body in self.bodies("/v1/metrics"):
            for data in every(body, 1, 2, 2):
                name, _, points = read_metric(data)
                found[name] = points
        return found

    def scopes(self):
        return {get(scope, 1).decode() for path in ("/v1/traces", "/v1/logs", "/v1/metrics")
                for body in self.bodies(path) for scope in every(body, 1, 2, 1)}

    def resource(self):
        return attributes(every(self.posts[0][1], 1, 1)[0], 1)
