"""The road to a store, which a test can make slow, or cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit

CHUNK = 65_536


class SlowStore:
    """Stands before a store: passes questions on at once, and answers when it is let."""

    def __init__(self, store_url: str) -> None:
        """Stand before the store at `store_url`, on a free port."""
        parts = urlsplit(store_url)
        self._store = (parts.hostname or "127.0.0.1", parts.port or 8123)
        self._answers = threading.Event()
        self._answers.set()
        self._cut = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        """Keep every answer back until `release`."""
        self._answers.clear()

    def cut(self) -> None:
        """End every connection, and each that is tried, until `release`."""
        self._cut = True
        self._close_all()

    def release(self) -> None:
        """Be a plain road again."""
        self._cut = False
        self._answers.set()

    def close(self) -> None:
        """End it for good."""
        self.release()
        self._listener.close()
        self._close_all()

    def _close_all(self) -> None:
        for one in [end for pair in self._pairs for end in pair]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._pairs.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                if self._cut:
                    near.close()
                    continue
                far = socket.create_connection(self._store)
                self._pairs.append((near, far))
                for source, target, waits in ((near, far, False), (far, near, True)):
                    pumping = threading.Thread(
                        target=self._pump, args=(source, target, waits), daemon=True
                    )
                    pumping.start()

    def _pump(self, source: socket.socket, target: socket.socket, waits: bool) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(CHUNK):
                if waits:
                    self._answers.wait()
                target.sendall(part)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
