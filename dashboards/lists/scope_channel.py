"""What those of one scope follow: the list once, then only what changed, encoded once.

Of a list that is too long its beginning is sent, with how many there are (``part``).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from typing import Any

import msgspec

KEPT = 64


class ScopeChannel:
    """The live list of one scope; call it on the event loop.

    A viewer that is slower than the last `KEPT` messages gets the whole list anew; nothing queues
    up for it.
    """

    def __init__(
        self,
        head: Callable[[], dict[str, Any]],
        row: Callable[[str], msgspec.Raw],
        ids: Iterable[str],
        sent: Callable[[Collection[str]], Collection[str]] = lambda ids: ids,
    ) -> None:
        """Begin with the records `ids`.

        Args:
            head: what every message begins with.
            row: the encoded row of an open record.
            ids: of the open records that the scope covers.
            sent: of all ids, those that are sent to who comes: a list may be too long.
        """
        self._head, self._row = head, row
        self._ids, self._to_send = set(ids), sent
        self._sent = 0
        self._messages: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._whole: tuple[int, str] = (-1, "")
        self._news = asyncio.Event()
        self.viewers = 0

    def note(self, changed: Iterable[str], seen: Callable[[str], bool]) -> None:
        """Tell of the records `changed`, as far as they are (`seen`) or were to be seen."""
        rows, removed = [], []
        for name in changed:
            if seen(name):
                self._ids.add(name)
                rows.append(self._row(name))
            elif name in self._ids:
                self._ids.discard(name)
                removed.append(name)
        if rows or removed:
            self._say({"type": "delta", **self._head(), "rows": rows, "removed": removed})

    def beat(self) -> None:
        """Tell that nothing is broken, or what is."""
        self._say({"type": "pulse", **self._head(), "total": len(self._ids)})

    async def follow(self) -> AsyncIterator[str]:
        """Yield the whole list, then each message after it."""
        seen, text = self._all()
        yield text
        while True:
            news = self._news
            if self._messages and self._messages[0][0] > seen + 1:
                seen, text = self._all()
                yield text
                continue
            coming = [item for item in self._messages if item[0] > seen]
            for number, text in coming:
                yield text
                seen = number
            if not coming:
                await news.wait()

    def _all(self) -> tuple[int, str]:
        if self._whole[0] != self._sent:
            names = self._to_send(self._ids)
            whole = {"type": "whole", **self._head(), "rows": [self._row(name) for name in names]}
            if len(names) < len(self._ids):
                whole["part"] = len(self._ids)
            text = msgspec.json.encode(whole).decode()
            self._whole = (self._sent, text)
        return self._whole

    def _say(self, message: dict[str, Any]) -> None:
        self._sent += 1
        self._messages.append((self._sent, msgspec.json.encode(message).decode()))
        self._news.set()
        self._news = asyncio.Event()
