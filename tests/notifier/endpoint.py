"""A web server on 127.0.0.1 whose behaviour a test sets: answers, errs, or hangs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Endpoint:
    """What came, and what is answered.

    Attributes:
        requests: (headers, JSON body) of each POST, in order.
        statuses: what is answered, one after the other; the last one from then on.
        headers: sent with each answer.
        release: ends the hanging of a server that hangs.
    """

    def __init__(self, *statuses: int, hangs: bool = False) -> None:
        self.statuses = list(statuses or (200,))
        self.hangs = hangs
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[dict[str, str], Any]] = []
        self.release = threading.Event()
        self.url = ""

    def posted(self) -> list[str]:
        """Return the idempotency keys of all requests."""
        return [headers["idempotency-key"] for headers, _ in self.requests]

    def told(self) -> list[str]:
        """Return the keys of all notices in all bodies."""
        return [key for _, body in self.requests for key in body["idempotencyKeys"]]

    def answer(self) -> int:
        """Return the next status."""
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def serving(endpoint: Endpoint) -> Iterator[Endpoint]:
    """Serve `endpoint` while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            endpoint.requests.append((headers, json.loads(body)))
            if endpoint.hangs:
                endpoint.release.wait(30)
            self.send_response(endpoint.answer())
            for name, value in endpoint.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
