"""Run the tests beside a rule: events, silence and late events in, alerts out, by the real engine.

Every rule test has a clock of its own: events come as they are written, a pulse goes by every half
minute of the test's time (more rarely in tests of days), and what the engine told is compared with
what was expected.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from citybrain.alerts.records import Episode
from citybrain.city import City
from citybrain.city.records import Feed
from citybrain.floor.clock import millis
from citybrain.floor.event_columns import COUNTS, TAKEN_BACK
from citybrain.floor.events import event_ids
from citybrain.rules.rule import ExpectedAlert, Rule, RuleEvent, RuleTest
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader, Pulse
from streams.ruling.rule_run import feeds_of
from streams.ruling.rulebook import reads
from streams.ruling.tools.alert_rule_tests import composed

PULSE_MS = 30_000
MOST_PULSES = 3_000
AFTER_MS = 60_000


@dataclass(frozen=True)
class Failure:
    """A test that came out differently: what was expected and did not come, and the reverse."""

    rule: str
    test: str
    problem: str

    def __str__(self) -> str:
        """Render as one line."""
        return f"{self.rule}: {self.test}: {self.problem}"


def run_rule_test(rule: Rule, test: RuleTest, city: City) -> list[Failure]:
    """Return what came out differently than `test` expects."""
    found = list(episodes_of(rule, test, city).values())
    zone = ZoneInfo(city.time_zone)
    failures = []
    for expected in test.expect:
        match = next((one for one in found if _matches(one, expected, test, zone)), None)
        if match is None:
            problem = f"expected {_words(expected)}, got {_got(found, zone)}"
            failures.append(Failure(rule.id, test.name, problem))
        else:
            found.remove(match)
    if not failures and found:
        problem = f"expected nothing more, got {_got(found, zone)}"
        failures.append(Failure(rule.id, test.name, problem))
    return failures


def episodes_of(rule: Rule, test: RuleTest, city: City) -> dict[str, Episode]:
    """Return the last that was told of each alert in `test`; what never fired is left out."""
    if reads(rule) == "alerts":
        return composed(rule, test, city)
    engine = RuleEngine([replace(rule, enabled=True)], city, history_ms=10**15)
    told: dict[str, Episode] = {}
    for record in records_of(rule, test, city):
        for episode in engine.take([record]):
            told[episode.alert] = episode
    return {name: one for name, one in told.items() if one.fired_at or one.state == "pending"}


def records_of(rule: Rule, test: RuleTest, city: City) -> Iterator[Excerpt | Pulse]:
    """Yield what the engine gets in `test`, in the order of arrival."""
    zone = ZoneInfo(city.time_zone)
    arrivals = sorted(_arrivals(test, zone), key=lambda one: one[0])
    start = arrivals[0][0] if arrivals else test.instant("00:00", zone)
    last = arrivals[-1][0] if arrivals else start
    end = test.instant(test.until, zone) if test.until else last + AFTER_MS
    step = max(PULSE_MS, (end - start) // MOST_PULSES)
    feeds = feeds_of(rule, city)
    pulses = iter(range(start, end + 1, step))
    due = next(pulses, None)
    last_rows: dict[str, dict[str, Any]] = {}
    for number, (arrived, at, event) in enumerate(arrivals):
        while due is not None and due < arrived:
            yield Pulse(due, {"0": due})
            due = next(pulses, None)
        feed = _feed(rule, event, city, feeds)
        whole = replace(event, kind=_kind(rule, event, feed))
        yield _excerpt(number, arrived, at, whole, feed, last_rows)
    while due is not None:
        yield Pulse(due, {"0": due})
        due = next(pulses, None)
    yield Pulse(end, {"0": end})


def _arrivals(test: RuleTest, zone: ZoneInfo) -> Iterator[tuple[int, int, RuleEvent]]:
    """Yield (arrival, instant, event), series as single events."""
    for event in test.events:
        first = test.instant(event.at, zone)
        last = test.instant(event.until, zone) if event.until else first
        step = round(event.every.total_seconds() * 1000) if event.every else 1
        for number, at in enumerate(range(first, last + 1, step)):
            arrived = test.instant(event.arrives, zone) if event.arrives else at
            value = None if event.value is None else event.value + number * event.step
            yield arrived, at, replace(event, value=value)


def _feed(rule: Rule, event: RuleEvent, city: City, feeds: Sequence[str]) -> Feed:
    if event.feed is not None:
        return city.feeds[event.feed]
    kind = event.kind or next(iter(rule.kinds), "")
    carriers = (city.feeds[name] for name in feeds if kind in city.feeds[name].kinds)
    return next(carriers, city.feeds[feeds[0]])


def _kind(rule: Rule, event: RuleEvent, feed: Feed) -> str:
    """Return the kind of a test's event: the rule's first that its feed carries, if not given."""
    carried = (kind for kind in rule.kinds if kind in feed.kinds)
    return event.kind or next(carried, next(iter(feed.kinds)))


def _excerpt(
    number: int,
    arrived: int,
    at: int,
    event: RuleEvent,
    feed: Feed,
    last_rows: dict[str, dict[str, Any]],
) -> Excerpt:
    """Return an event as it comes; `last_rows` has the last version of each record."""
    header = ExcerptHeader(
        partition=0,
        offset=number,
        feed=feed.id,
        department=feed.department,
        accepted=1,
        rejected=0,
        newest_ms=min(at, arrived),
        received_ms=arrived,
    )
    before = last_rows.get(event.record) if event.record else None
    row = {
        "event_id": _event_id(feed.id, event.record or str(number)),
        "feed": feed.id,
        "department": feed.department,
        "kind": event.kind,
        "occurred_at": at,
        "area": event.area,
        "lon": event.lon,
        "lat": event.lat,
        "severity": 1 if event.severity is None else event.severity,
        "value": event.value,
        "subject": event.subject,
        "text": event.text,
        "attrs": list(event.attrs.items()),
        "origin": event.origin,
        "status": event.status,
        "updated_at": (arrived if before else at) if event.record or event.status else None,
        "sign": COUNTS,
    }
    rows = [row]
    if before is not None:
        rows = [before | {"updated_at": row["updated_at"], "sign": TAKEN_BACK}, row]
    if event.record:
        last_rows[event.record] = row
    return Excerpt(header, pa.Table.from_pylist(rows, schema=COLUMNS))


@functools.lru_cache(maxsize=16_384)
def _event_id(feed: str, source_id: str) -> bytes:
    """Return the id of one event; tests of many rules give the same ones again and again."""
    found: bytes = event_ids(feed, pl.Series([source_id]))[0].as_py()
    return found


def _matches(episode: Episode, expected: ExpectedAlert, test: RuleTest, zone: ZoneInfo) -> bool:
    key = all(episode.key.get(name) == value for name, value in expected.key.items())
    state = expected.state is None or episode.state == expected.state
    return key and state and episode.peak == expected.level and _at(episode, expected, test, zone)


def _at(episode: Episode, expected: ExpectedAlert, test: RuleTest, zone: ZoneInfo) -> bool:
    if expected.at is None:
        return True
    fired = episode.fired_at or episode.started_at
    return millis(fired) == test.instant(expected.at, zone)


def _words(expected: ExpectedAlert) -> str:
    key = _keys(expected.key)
    parts = [expected.level, key, f"at {expected.at}" if expected.at else "", expected.state or ""]
    return " ".join(part for part in parts if part)


def _got(episodes: Iterable[Episode], zone: ZoneInfo) -> str:
    lines = []
    for one in episodes:
        at = (one.fired_at or one.started_at).astimezone(zone)
        lines.append(f"{one.peak} {_keys(one.key)} at {at:%H:%M:%S} {one.state}")
    return "; ".join(lines) or "silence"


def _keys(key: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in key.items())
