"""Keep the desk live: one reader for all who look, which asks only for what is new.

The alerts' topic has one partition, so the offset of a row in table ``alerts`` orders all steps of
all alerts: whatever lies behind the last offset that was read is new.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import structlog

from citybrain.floor.clock import Clock, millis, monotonic
from citybrain.floor.errors import StoreError
from citybrain.workflow.scope import Scope
from dashboards import alert_queries
from dashboards.desk import queries
from dashboards.desk.open_list import OpenList
from dashboards.desk.scope_channel import ScopeChannel
from dashboards.desk.silence_list import state_of
from dashboards.desk.store_archive import StoreArchive
from dashboards.wall.honesty import PATIENCE

log = structlog.get_logger(__name__)

READ_S = 0.3
LOOK_S = 2.0
BEAT_S = 1.0
RETRY_S = 1.0
IDLE_S = 3.0
AT_ONCE = 2_000


class DeskLive:
    """The open alerts, and a channel for each scope that somebody looks at."""

    def __init__(self, archive: StoreArchive, clock: Clock, version: str) -> None:
        """Read from `archive`; nothing runs before `run`. `version` tells one page from another."""
        self._archive = archive
        self._clock = clock
        self._version = version
        self._waits: list[str] = []
        self._offset: int | None = None
        self._answered_at: datetime | None = None
        self._wanted = asyncio.Event()
        self._broken = False
        self.down_since: datetime | None = None
        self.book = OpenList()
        self.channels: dict[Scope, ScopeChannel] = {}

    async def run(self) -> None:
        """Read and tell until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_forever())
            group.create_task(self._beat_forever())
            group.create_task(self._look_forever())

    def enter(self, scope: Scope) -> ScopeChannel:
        """Count a viewer in, and return what it follows."""
        channel = self.channels.get(scope)
        if channel is None:
            channel = self.channels[scope] = ScopeChannel(scope, self.book, self.head)
        channel.viewers += 1
        self._wanted.set()
        return channel

    def leave(self, scope: Scope) -> None:
        """Count a viewer out."""
        channel = self.channels[scope]
        channel.viewers -= 1
        if not channel.viewers:
            del self.channels[scope]
        if not self.channels:
            self._wanted.clear()

    def head(self) -> dict[str, Any]:
        """Return what every message begins with.

        Which page it belongs to, who made the silences that wait for approval, when it is, and
        whether the desk sees.
        """
        now, answered = self._clock.now(), self._answered_at
        silent = answered is None or now - answered > PATIENCE
        since = answered or self.down_since
        return {
            "version": self._version,
            "waits": self._waits,
            "at": millis(now),
            "ready": self._offset is not None,
            "outage": {"since": millis(since) if since else None} if silent else None,
        }

    async def read(self) -> bool:
        """Read once and tell what changed; return whether there may be more at once.

        Raises:
            StoreError: the store does not answer.
        """
        if self._offset is None:
            found, offset = await self._archive.answer(alert_queries.open_alerts)
        else:
            known = self._offset
            found, offset = await self._archive.answer(
                lambda client: queries.alerts_after(client, known, AT_ONCE)
            )
        self._note_answer()
        changed = self.book.take(found)
        self._offset = offset
        for channel in self.channels.values():
            channel.note(changed)
        return len(found) >= AT_ONCE

    async def look(self) -> None:
        """Look once which silences wait for approval.

        Raises:
            StoreError: the store does not answer.
        """
        found, now = await self._archive.answer(queries.silences), self._clock.now()
        self._waits = sorted(one.creator for one in found if state_of(one, now) == "waits")

    async def _look_forever(self) -> None:
        while True:
            try:
                if self.channels:
                    await self.look()
            except StoreError:
                pass  # what reads alerts tells of the outage; what was known stands
            except Exception:
                self._note_fault()
            await asyncio.sleep(LOOK_S)

    async def _read_forever(self) -> None:
        while True:
            started = monotonic()
            try:
                more = await self.read()
            except StoreError as error:
                self._note_outage(error)
                await asyncio.sleep(RETRY_S)
            except Exception:
                # One bad answer must not end the reading for good; the badge turns red meanwhile.
                self._note_fault()
                await asyncio.sleep(RETRY_S)
            else:
                self._broken = False
                await self._pause(0 if more else started + READ_S - monotonic())

    async def _beat_forever(self) -> None:
        while True:
            for channel in self.channels.values():
                channel.beat()
            await asyncio.sleep(BEAT_S)

    async def _pause(self, seconds: float) -> None:
        if self.channels:
            await asyncio.sleep(max(0.0, seconds))
            return
        try:
            await asyncio.wait_for(self._wanted.wait(), IDLE_S)
        except TimeoutError:
            return

    def _note_answer(self) -> None:
        self._answered_at = self._clock.now()
        if self.down_since is not None:
            log.info("desk_store_back", away_s=round((self._answered_at - self.down_since).seconds))
            self.down_since = None

    def _note_outage(self, error: StoreError) -> None:
        if self.down_since is None:
            self.down_since = self._clock.now()
            log.warning("desk_store_away", error=str(error))

    def _note_fault(self) -> None:
        if not self._broken:
            self._broken = True
            log.exception("desk_fault")
