"""Sessions that were signed out before their cookies ran out, in a file that replicas share."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import msgspec

from citybrain.accounts import private_files


class Ended:
    """The ids of ended sessions; each is forgotten once its cookie has run out anyway."""

    def __init__(self, path: Path) -> None:
        """Keep them in `path`."""
        self._path = path
        self._ids: dict[str, datetime] = {}
        self._seen: tuple[int, int, int] | None = None
        self._lock = threading.Lock()

    def has(self, ident: str) -> bool:
        """Return whether the session was ended."""
        with self._lock:
            look = private_files.look(self._path)
            if look != self._seen:
                self._ids, self._seen = self._read(), look
            return ident in self._ids

    def add(self, ident: str, now: datetime, until: datetime) -> None:
        """Remember until `until` that the session was ended; blocks for a moment."""
        with self._lock, private_files.alone(self._path):
            known = {one: end for one, end in self._read().items() if end > now}
            self._ids = known | {ident: until}
            private_files.write(self._path, msgspec.json.encode(self._ids))
            self._seen = private_files.look(self._path)

    def _read(self) -> dict[str, datetime]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, datetime])
        except (OSError, msgspec.MsgspecError):
            return {}
