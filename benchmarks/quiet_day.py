"""How many alerts an ordinary day makes: the simulator's city, through the engine as it ships.

A rulebook that warns on a day on which nothing happens is one that nobody reads. Neither Kafka nor
a store is needed; the days before the first are only learnt from (yesterday, last week, anomalies).
Fails where a day has more than 60 alerts or a red one.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from benchmarks import report
from citybrain.alerts.records import Episode
from citybrain.city import City, load_city
from citybrain.city.records import Feed
from citybrain.floor.clock import millis, monotonic
from citybrain.floor.events import conform, event_ids
from citybrain.floor.levels import LEVELS
from citybrain.floor.settings import from_environment
from citybrain.roof.replay.simulate import Simulator
from citybrain.roof.replay.simulation_plan import load_plan
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader, Pulse
from streams.ruling.rulebook import load_rules
from streams.ruling.tools.backtest import Judge, run

MOST = 60
STEP = timedelta(minutes=5)
Days = Mapping[str, Sequence[Episode]]


def main() -> None:
    """Count, print, write; fail where a day was too loud."""
    options = _options()
    city = load_city(from_environment().city_folder)
    first = datetime.fromisoformat(options.first).replace(tzinfo=ZoneInfo(city.time_zone))
    start, end = first - timedelta(days=options.before), first + timedelta(days=options.days)
    began = monotonic()
    judge = Judge(load_rules(city), city)
    events = run([judge], records(city, start, end))
    judged = judge.judged()
    report.say(f"{events:,} events in {monotonic() - began:.0f} s")
    alerts = [one for one in judged.alerts.values() if _fired(one) >= first]
    days = _by_day(alerts, city)
    report.show("Alerts of ordinary days", ["day", *LEVELS, "all"], _rows(days))
    report.show("By rule", ["rule", *LEVELS, "all"], _rows(_by_rule(alerts)))
    for rule, what in judged.quarantined.items():
        report.say(f"quarantined: {rule}: {what}")
    report.write("quiet_day", {"events": events, "days": _counts(days)})
    raise SystemExit(1 if judged.quarantined or any(map(too_loud, days.values())) else 0)


def records(city: City, start: datetime, end: datetime) -> Iterator[Excerpt | Pulse]:
    """Yield what the simulator makes from `start` to `end`, as the rules get it."""
    simulator = Simulator(city, load_plan(city))
    offset = 0
    while start < end:
        until = start + STEP
        for feed in simulator.feeds:
            found = simulator.between(feed, start.astimezone(UTC), until.astimezone(UTC))
            if len(found):
                offset += 1
                yield excerpt(city.feeds[feed], found, offset, millis(until))
        yield Pulse(millis(until), {"0": millis(until)})
        start = until


def excerpt(feed: Feed, found: pl.DataFrame, offset: int, at_ms: int) -> Excerpt:
    """Return the events of a feed as an envelope that came at `at_ms`."""
    given = found.with_columns(pl.col("value").fill_nan(None)).to_arrow()
    count = len(found)
    own = {
        "event_id": event_ids(feed.id, found["source_id"]),
        "feed": pa.array([feed.id] * count),
        "department": pa.array([feed.department] * count),
        "origin": pa.array(["simulated"] * count),
        "attrs": pa.array([[]] * count, COLUMNS.field("attrs").type),
    }
    whole = pa.table({name: given[name] for name in given.column_names} | own)
    header = ExcerptHeader(
        partition=0,
        offset=offset,
        feed=feed.id,
        department=feed.department,
        accepted=count,
        rejected=0,
        newest_ms=int(found["occurred_at"].dt.epoch("ms").max()),  # type: ignore[arg-type]
        received_ms=at_ms,
    )
    return Excerpt(header, conform(whole, COLUMNS))


def too_loud(alerts: Sequence[Episode]) -> bool:
    """Whether these are too many for a day, or one is red."""
    return len(alerts) > MOST or any(one.peak == "red" for one in alerts)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="first", default="2026-03-02", help="the first day")
    parser.add_argument("--days", type=int, default=1, help="days that are counted")
    parser.add_argument("--before", type=int, default=8, help="days that are only learnt from")
    return parser.parse_args()


def _fired(alert: Episode) -> datetime:
    return alert.fired_at or alert.started_at


def _by_day(alerts: Sequence[Episode], city: City) -> dict[str, list[Episode]]:
    zone, days = ZoneInfo(city.time_zone), dict[str, list[Episode]]()
    for one in sorted(alerts, key=_fired):
        days.setdefault(f"{_fired(one).astimezone(zone):%Y-%m-%d %a}", []).append(one)
    return days


def _by_rule(alerts: Sequence[Episode]) -> dict[str, list[Episode]]:
    loudest = Counter(one.rule for one in alerts).most_common()
    return {rule: [one for one in alerts if one.rule == rule] for rule, _ in loudest}


def _rows(groups: Days) -> Iterator[list[object]]:
    for name, found in groups.items():
        levels = Counter(str(one.peak) for one in found)
        yield [name, *(levels[level] for level in LEVELS), len(found)]


def _counts(days: Days) -> dict[str, dict[str, int]]:
    return {day: dict(Counter(one.rule for one in found)) for day, found in days.items()}


if __name__ == "__main__":
    main()
