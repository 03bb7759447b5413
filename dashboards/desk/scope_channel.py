"""What those of one scope follow: the whole list once, then only what changed, encoded once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import msgspec

from citybrain.workflow.scope import Scope
from dashboards.desk.open_list import OpenList

KEPT = 64


class ScopeChannel:
    """The live list of one scope; call it on the event loop.

    A viewer that is slower than the last `KEPT` messages gets the whole list anew; nothing queues
    up for it.
    """

    def __init__(self, scope: Scope, book: OpenList, head: Callable[[], dict[str, Any]]) -> None:
        """Show of `book` what `scope` sees; `head` says what every message begins with."""
        self._scope = scope
        self._book = book
        self._head = head
        self._ids = {alert.id for alert in book.alerts.values() if scope.covers(alert)}
        self._sent = 0
        self._messages: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._whole: tuple[int, str] = (-1, "")
        self._news = asyncio.Event()
        self.viewers = 0

    def note(self, changed: Iterable[str]) -> None:
        """Tell of the alerts `changed`, as far as they are or were to be seen."""
        rows, removed = [], []
        for alert_id in changed:
            alert = self._book.alerts.get(alert_id)
            if alert is not None and self._scope.covers(alert):
                self._ids.add(alert_id)
                rows.append(self._book.row(alert_id))
            elif alert_id in self._ids:
                self._ids.discard(alert_id)
                removed.append(alert_id)
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
            rows = [self._book.row(alert) for alert in self._ids]
            text = msgspec.json.encode({"type": "whole", **self._head(), "rows": rows}).decode()
            self._whole = (self._sent, text)
        return self._whole

    def _say(self, message: dict[str, Any]) -> None:
        self._sent += 1
        self._messages.append((self._sent, msgspec.json.encode(message).decode()))
        self._news.set()
        self._news = asyncio.Event()
