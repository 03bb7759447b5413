"""Excerpts and rules for the tests of the engine, written in seconds after noon."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from citybrain.alerts.records import Episode
from citybrain.city import City, load_city
from citybrain.floor.clock import millis
from citybrain.floor.events import event_ids
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.ruling.condition import find_kinds
from streams.ruling.engine import HISTORY_MS, RuleEngine
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader, Pulse
from tests.repository import WUHAI

NOON = millis(datetime(2026, 3, 2, 4, 0, tzinfo=UTC))
"""Noon in the city."""
FOREVER_MS = 10**15
Record = Excerpt | Pulse


@functools.cache
def wuhai() -> City:
    """Return the city of the tests."""
    return load_city(WUHAI)


@dataclass(frozen=True)
class Seen:
    """One event, `at_s` seconds after noon."""

    at_s: int
    value: float | None = None
    subject: str = "s"
    kind: str = "traffic_flow"
    feed: str = "ndw_lanes"
    area: str = "150302003"
    lon: float | None = None
    lat: float | None = None
    severity: int = 1
    text: str = ""
    attrs: Mapping[str, str] = field(default_factory=dict)
    origin: str = "live"
    status: str = ""
    updated_s: int | None = None
    sign: int = 1

    @property
    def row(self) -> dict[str, Any]:
        """The event as a row of an excerpt; its id says all that it is."""
        return {
            "event_id": event_ids(self.feed, pl.Series([repr(self)]))[0].as_py(),
            "feed": self.feed,
            "department": wuhai().feeds[self.feed].department,
            "kind": self.kind,
            "occurred_at": NOON + self.at_s * 1000,
            "area": self.area,
            "lon": self.lon,
            "lat": self.lat,
            "severity": self.severity,
            "value": self.value,
            "subject": self.subject,
            "text": self.text,
            "attrs": list(self.attrs.items()),
            "origin": self.origin,
            "status": self.status,
            "updated_at": None if self.updated_s is None else NOON + self.updated_s * 1000,
            "sign": self.sign,
        }


def table(events: Iterable[Seen]) -> pa.Table:
    """Return `events` as columns of an excerpt."""
    return pa.Table.from_pylist([one.row for one in events], schema=COLUMNS)


def excerpt(events: Sequence[Seen], *, offset: int, received_s: int | None = None) -> Excerpt:
    """Return events of one feed, received when the newest occurred unless `received_s` says."""
    newest = max(one.at_s for one in events)
    received = newest if received_s is None else received_s
    header = ExcerptHeader(
        partition=0,
        offset=offset,
        feed=events[0].feed,
        department=wuhai().feeds[events[0].feed].department,
        accepted=len(events),
        rejected=0,
        newest_ms=NOON + min(newest, received) * 1000,
        received_ms=NOON + received * 1000,
    )
    return Excerpt(header, table(events))


def pulse(at_s: int) -> Pulse:
    """Return a pulse that says that everything was read up to `at_s`."""
    at = NOON + at_s * 1000
    return Pulse(at, {"0": at})


def rule(condition: str = "threshold", options: dict[str, Any] | None = None, **given: Any) -> Rule:
    """Return a rule whose condition is of kind `condition`."""
    base: dict[str, Any] = {
        "id": "r",
        "theme": "traffic",
        "title": Text("标题", "title"),
        "summary": Text("{value}", "{value}"),
        "condition": find_kinds()[condition].options(**(options or {})),
        "kinds": ("traffic_flow",),
        "by": ("subject",),
        "version": "v1",
    }
    return Rule(**(base | given))


def engine(rules: Iterable[Rule], *, history_ms: int = HISTORY_MS) -> RuleEngine:
    """Return an engine of the city that knows nothing."""
    return RuleEngine(rules, wuhai(), history_ms=history_ms)


def repacked(
    before: RuleEngine, rules: Iterable[Rule], *, history_ms: int = HISTORY_MS
) -> RuleEngine:
    """Return another engine that took over what `before` knew."""
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(before.pack()))
    after = engine(rules, history_ms=history_ms)
    after.unpack(state)
    return after


def told(rules: Iterable[Rule], *batches: Sequence[Record]) -> list[Episode]:
    """Return all that a new engine tells of `batches`."""
    running = engine(rules)
    found = [one for batch in batches for one in running.take(batch)]
    assert not running.quarantined
    return found


def outline(episodes: Iterable[Episode]) -> set[tuple[Any, ...]]:
    """Return what stands of `episodes` at last: what was taken back or never fired is left out."""
    last = {one.alert: one for one in episodes}
    return {
        (one.alert, one.state, one.peak, one.fired_at, one.ended_at)
        for one in last.values()
        if one.state != "revised" and (one.fired_at or one.state == "pending")
    }
