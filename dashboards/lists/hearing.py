"""What every live list hears by: followers in threads, an outage told once, fates of commands."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog

from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import Clock, millis
from dashboards.lists.log_tail import Deliver, Heard

log = structlog.get_logger(__name__)

BEAT_S = 1.0
PATIENCE = timedelta(seconds=5)
"""Who hears nothing for so long, not even that nothing happened, has no broker."""
MOST_OUTCOMES = 20_000
_ENTRY = msgspec.json.Decoder(AuditEntry)
Hear = Callable[[Heard], None]


class Follower(Protocol):
    """What tells of a log; `dashboards.lists.log_tail.LogTail` is one."""

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        """Tell `deliver` what is heard until `stop`; blocks."""
        ...


class Hearing:
    """Whether a log is heard, and since when it is not.

    Attributes:
        down_since: since when nothing is heard; None: all is well.
        ready: whether its end was reached once.
    """

    def __init__(self, clock: Clock, what: str) -> None:
        """Know nothing yet of the log of `what`, a plural noun."""
        self._clock = clock
        self._lost, self._again = f"{what}_not_heard", f"{what}_heard_again"
        self._heard_at: datetime | None = None
        self.ready = False
        self.down_since: datetime | None = None

    @property
    def whole(self) -> bool:
        """Whether all of it is known, as of now."""
        return self.ready and not self.silent(self._clock.now())

    def note(self, heard: Heard) -> None:
        """Take note that something was heard, or that nothing happened."""
        self._heard_at = self._clock.now()
        self.ready = self.ready or heard.caught_up

    def silent(self, now: datetime) -> bool:
        """Return whether nothing is heard any more at `now`."""
        return self._heard_at is None or now - self._heard_at > PATIENCE

    def outage(self, now: datetime) -> dict[str, int | None] | None:
        """Return since when nothing is heard, as pages are told; None: all is well."""
        since = self._heard_at or self.down_since
        return {"since": millis(since) if since else None} if self.silent(now) else None

    def look(self) -> None:
        """Say once that nothing is heard any more, and once that it is again."""
        now = self._clock.now()
        if self.silent(now):
            if self.down_since is None:
                self.down_since = self._heard_at or now
                log.warning(self._lost, since=self.down_since.isoformat())
        elif self.down_since is not None:
            away_s = round((now - self.down_since).total_seconds())
            log.info(self._again, away_s=away_s)
            self.down_since = None


class CommandOutcomes:
    """What became of the last commands, as the audit log tells; one for all lists of a process."""

    def __init__(self) -> None:
        """Know of none."""
        self._entries: dict[str, AuditEntry] = {}

    def hear(self, heard: Heard) -> None:
        """Take entries in."""
        for value in heard.records:
            try:
                entry = _ENTRY.decode(value)
            except msgspec.MsgspecError:
                continue  # the sink says so, once
            self._entries[entry.id] = entry
            if len(self._entries) > MOST_OUTCOMES:
                del self._entries[next(iter(self._entries))]

    def of(self, command: str) -> AuditEntry | None:
        """Return what became of a command; None where that is not known (any more)."""
        return self._entries.get(command)

    def own(self, commands: Iterable[str], user: str) -> dict[str, AuditEntry]:
        """Return what became of those of `commands` that `user` gave."""
        found = {name: entry for name in commands if (entry := self.of(name))}
        return {name: entry for name, entry in found.items() if entry.user == user}


async def follow(followers: Sequence[tuple[Follower, Hear]], beat: Callable[[], None]) -> None:
    """Hear `followers` on this loop, each in a thread, and `beat` each second, until cancelled."""
    loop, stop = asyncio.get_running_loop(), threading.Event()
    for follower, hear in followers:
        deliver = _on(loop, hear)
        thread = threading.Thread(target=follower.run, args=(deliver, stop), daemon=True)
        thread.start()
    try:
        while True:
            beat()
            await asyncio.sleep(BEAT_S)
    finally:
        stop.set()


def _on(loop: asyncio.AbstractEventLoop, hear: Hear) -> Deliver:
    """Return what hears on `loop`, whatever thread it is called in."""

    def deliver(heard: Heard) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(hear, heard)

    return deliver
