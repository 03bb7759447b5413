"""One hub a screen: what is published is encoded once, and every viewer gets the newest of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator


class Hub:
    """Holds the newest text of each channel (``snapshot``, ``pulse``) and wakes those who follow.

    A viewer that is slower than the publisher skips what was overtaken; nothing queues up for it.
    """

    def __init__(self) -> None:
        """Start with nothing published and nobody watching."""
        self._texts: dict[str, tuple[int, str]] = {}
        self._published = 0
        self._changed = asyncio.Event()
        self.viewers = 0

    def publish(self, channel: str, text: str) -> None:
        """Make `text` the newest of `channel`; call it on the event loop."""
        self._published += 1
        self._texts[channel] = (self._published, text)
        self._changed.set()
        self._changed = asyncio.Event()

    def forget(self) -> None:
        """Drop what was published: nobody followed, so it may be old."""
        self._texts.clear()

    async def follow(self) -> AsyncIterator[str]:
        """Yield the newest text of each channel, then each newer one that is still the newest."""
        seen = 0
        while True:
            changed = self._changed
            unseen = [item for item in self._texts.values() if item[0] > seen]
            if unseen:
                seen, text = min(unseen)
                yield text
            else:
                await changed.wait()
