"""What each shipped rule costs: µs per 1,000 events that it looks at, in one process.

Values are as the simulator makes them, so the rules watch and seldom fire.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from benchmarks.harness import ROOT
from citybrain.city import City, load_city
from citybrain.city.records import Feed
from citybrain.floor.events import conform
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import COLUMNS, Excerpt, ExcerptHeader, Pulse
from streams.ruling.rulebook import load_rules

EVENTS = 1_000
"""Readings in an envelope; reports by people are rarer."""
REPORTS = 10
ROUNDS = 300
STEP_MS = 1_000
START_MS = 1_772_424_000_000
SUBJECTS = 200


def cost_of_rules() -> list[dict[str, Any]]:
    """Return rule, kind of condition, events and cost of each shipped rule, the dearest first."""
    city = load_city(ROOT / "cities" / "wuhai")
    rules = list(load_rules(city).over_events())
    engine = RuleEngine(rules, city)
    random = np.random.default_rng(15)
    feeds = list(city.feeds.values())
    engine.take([Pulse(START_MS, {"0": START_MS})])
    for number in range(ROUNDS):
        at = START_MS + number * STEP_MS
        feed = feeds[number % len(feeds)]
        engine.take([_excerpt(random, city, feed, (number, at)), Pulse(at, {"0": at})])
    found = [
        {
            "rule": name,
            "condition": type(running.rule.condition).__module__.rpartition(".")[2],
            "events": running.events,
            "ms": 1e3 * running.seconds,
            "us_per_1000": 1e9 * running.seconds / running.events,
        }
        for name, running in engine.running.items()
        if running.events
    ]
    return sorted(found, key=lambda one: -float(one["ms"]))


@functools.cache
def _usual(city_id: str) -> dict[str, float]:
    """Return the mean that the simulator gives to the values of each kind."""
    plan = yaml.safe_load((ROOT / "cities" / city_id / "simulation.yaml").read_text())
    return {kind: float(one["mean"]) for kind, one in plan["values"].items()}


def _excerpt(random: np.random.Generator, city: City, feed: Feed, spot: tuple[int, int]) -> Excerpt:
    number, at_ms = spot
    usual = _usual(city.id)
    rows = EVENTS if usual.keys() & {*feed.kinds} else REPORTS

    def words(values: list[str]) -> pa.Array:
        codes = pa.array(random.integers(0, len(values), rows), pa.int32())
        return pa.DictionaryArray.from_arrays(codes, pa.array(values))

    kinds = words(list(feed.kinds))
    values = np.array([usual.get(kind, 0.0) for kind in feed.kinds])
    subjects = np.array([f"{feed.id}-{index}" for index in range(SUBJECTS)])
    given = pa.table(
        {
            "event_id": pa.array([random.bytes(16) for _ in range(rows)], pa.binary(16)),
            "feed": words([feed.id]),
            "department": words([feed.department]),
            "kind": kinds,
            "occurred_at": pa.array(
                at_ms - random.integers(0, STEP_MS, rows), pa.timestamp("ms", tz="UTC")
            ),
            "area": words([code for code in city.areas if len(code) > 6]),
            "lon": pa.array(106.8 + random.random(rows) / 10),
            "lat": pa.array(39.6 + random.random(rows) / 10),
            "severity": pa.array(random.integers(0, 3, rows), pa.uint8()),
            "value": pa.array(values[kinds.indices.to_numpy()]),
            "subject": pa.array(subjects[random.integers(0, SUBJECTS, rows)]),
            "text": pa.array(["匿名"] * rows),
            "attrs": pa.array([[]] * rows, pa.map_(pa.utf8(), pa.utf8())),
            "origin": words(["live"]),
        }
    )
    table = conform(given, COLUMNS)
    header = ExcerptHeader(
        partition=0,
        offset=number,
        feed=feed.id,
        department=feed.department,
        accepted=rows,
        rejected=0,
        newest_ms=at_ms,
        received_ms=at_ms,
    )
    return Excerpt(header, table)
