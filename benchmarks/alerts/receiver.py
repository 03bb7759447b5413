"""A receiver on this machine that notes when it was first told of what."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Answers webhooks.

    Attributes:
        first: subject of an alert → when the first attempt came.
        keys: alert (fingerprint) → idempotency keys that it came under.
        port: where it listens.
    """

    def __init__(self, port: int = 0) -> None:
        """Listen on `port`; 0: a free one."""
        self.first: dict[str, float] = {}
        self.keys: defaultdict[str, set[str]] = defaultdict(set)
        self.requests = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                now = time.time()
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()
                outer.note(now, json.loads(body), self.headers.get("Idempotency-Key", ""))

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def note(self, now: float, body: dict[str, Any], key: str) -> None:
        """Take note of one request."""
        self.requests += 1
        for alert in body["alerts"]:
            self.first.setdefault(alert["labels"].get("subject", ""), now)
            self.keys[alert["fingerprint"]].add(alert.get("annotations", {}).get("key") or key)

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
