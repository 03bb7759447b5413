"""Whether an alarm can come at all: the signs of life of those who make and send it. Pure.

The ruler and the sender each put a sign of life on `city.heartbeats`, on the way that alarms take.
Who depends on alarms (desks, walls, somebody outside) watches for its absence by itself: whoever
is dead cannot say so.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

RULER = "ruler"
NOTIFIER = "notify"
SINK = "sink"
"""Whoever's sign begins so tells of rows that do not get into the store; it is not missed."""
SIGN_EVERY_S = 5.0
SIGNS_BACK = 50
"""Records of `city.heartbeats` among which each process's newest is."""
SILENT = timedelta(seconds=45)
"""Without a sign for so long it stands; longer than a slow one needs, shorter than a restart."""


class SignOfLife(msgspec.Struct, frozen=True):
    """A process was at work at `at`.

    Attributes:
        process: `RULER`, `NOTIFIER`, or a sink: ``sink:<name>``.
        at: when.
        aside_since: of a sink: since when rows do not get into the store; None: all do.
    """

    process: str
    at: datetime
    aside_since: datetime | None = None


class StandingProcess(msgspec.Struct, frozen=True):
    """Who stands, and since when; None: never heard of."""

    process: str
    since: datetime | None


class AlarmPath:
    """What was heard of those who make and send alarms."""

    def __init__(self, began: datetime) -> None:
        """Listen from `began` on; nobody is missed before they could have been heard."""
        self._began = began
        self._heard: dict[str, datetime] = {}
        self._aside: dict[str, datetime | None] = {}

    def hear(self, sign: SignOfLife) -> None:
        """Take a sign of life in; an older one changes nothing."""
        if sign.process not in self._heard or sign.at > self._heard[sign.process]:
            self._heard[sign.process] = sign.at
            self._aside[sign.process] = sign.aside_since

    def aside(self) -> StandingProcess | None:
        """Return since when rows do not get into the store; None: all do, as far as known."""
        since = [at for at in self._aside.values() if at is not None]
        return StandingProcess(SINK, min(since)) if since else None

    def standing(self, now: datetime) -> list[StandingProcess]:
        """Return who stands at `now`, the ruler first."""
        return [
            StandingProcess(process, self._heard.get(process))
            for process in (RULER, NOTIFIER)
            if now - self._heard.get(process, self._began) > SILENT
        ]


_decoder = msgspec.json.Decoder(SignOfLife)


def read_sign(value: bytes) -> SignOfLife | None:
    """Return a record of `city.heartbeats`; None: it is none that we know."""
    try:
        return _decoder.decode(value)
    except msgspec.MsgspecError:
        return None
