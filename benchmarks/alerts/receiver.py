"""A receiver on this machine that notes when it was first told of what.

`python -m benchmarks.alerts.receiver PORT FILE` is one of its own process, which can be killed: it
writes each request into FILE before it answers.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import typer


class Notes:
    """What a receiver was told.

    Attributes:
        first: subject of an alert → when the first attempt came.
        keys: alert (fingerprint) and purpose → idempotency keys that it came under.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.first: dict[str, float] = {}
        self.keys: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    @classmethod
    def of(cls, file: Path) -> Notes:
        """Return what a receiver that writes into `file` was told so far."""
        notes = cls()
        for line in file.read_bytes().split(b"\n")[:-1]:
            said = json.loads(line)
            notes.add(said["at"], said["alerts"])
        return notes

    def add(self, now: float, alerts: list[dict[str, Any]]) -> None:
        """Take note of one request."""
        for alert in alerts:
            self.first.setdefault(alert["labels"].get("subject", ""), now)
            said = alert["annotations"]
            self.keys[alert["fingerprint"], said["purpose"]].add(said["idempotency_key"])


def serve(port: int, note: Callable[[float, list[dict[str, Any]]], None]) -> ThreadingHTTPServer:
    """Listen on `port` (0: a free one) of loopback; `note` hears of a request before its answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            now = time.time()
            note(now, json.loads(self.rfile.read(int(self.headers["content-length"])))["alerts"])
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


class Receiver(Notes):
    """Answers webhooks on `port`, in a thread."""

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__()
        self._server = serve(0, self.add)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def main(port: int, file: Path) -> None:
    """Listen on `port`; append each request to `file` before it is answered."""
    with file.open("ab") as log:
        lock = threading.Lock()

        def note(now: float, alerts: list[dict[str, Any]]) -> None:
            line = json.dumps({"at": now, "alerts": alerts}).encode() + b"\n"
            with lock:
                log.write(line)
                log.flush()

        serve(port, note).serve_forever()


if __name__ == "__main__":
    typer.run(main)
