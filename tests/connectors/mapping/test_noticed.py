"""What is noticed of rows: older than they would be kept, late, where they cannot be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from citybrain.city import City, load_city
from citybrain.city.records import Feed
from connectors.door.bodies import media_of
from connectors.door.intake import Intake
from connectors.mapping.feed_mapping import Mapped, Mapper
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from tests.fakes import make_city, make_feed
from tests.repository import WUHAI

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
IN_TOWN = (106.81, 39.67)
WUHAI_GEO = load_city(WUHAI).geo


def city(feed: Feed, **retention: int) -> City:
    made = replace(make_city(feed), geo=WUHAI_GEO, retention_days={"events": 400})
    kinds = {
        name: replace(kind, retention_days=retention.get(name, 0))
        for name, kind in made.kinds.items()
    }
    return replace(made, kinds=kinds)


def apply(
    mapper: Mapper, feed: Feed, rows: Sequence[dict[str, Any]], now: datetime = NOW
) -> Mapped:
    plain = {"kind": "pothole", "time": now.isoformat()}
    lines = [json.dumps(plain | {"id": f"{at}"} | row).encode() for at, row in enumerate(rows)]
    frame = JsonRows(feed).read(b"\n".join(lines)).frame
    batch = RawBatch(frame, "push b:{}".format, lambda row: lines[row], "application/json")
    return mapper.apply(batch, now, "b")


def mapped(
    rows: Sequence[dict[str, Any]], retention: dict[str, int] | None = None, **feed: Any
) -> Mapped:
    made = make_feed(**feed)
    return apply(Mapper(made, city(made, **(retention or {}))), made, rows)


def days_old(days: float, **more: Any) -> dict[str, Any]:
    return {"time": (NOW - timedelta(days=days)).isoformat(), **more}


def noticed(found: Mapped) -> dict[str, list[int]]:
    return {word: rows.tolist() for word, rows in found.noticed}


def test_row_when_it_is_older_than_it_would_be_kept_then_it_is_refused_with_the_remedy() -> None:
    found = mapped([days_old(1), days_old(399.9), days_old(400.1), days_old(9_000)])

    assert found.table.num_rows == 2
    assert noticed(found) == {"expired": [2, 3]}
    assert [(one.field, one.reason) for one in found.letters[:1]] == [
        (
            "occurred_at",
            "'2025-04-28T01:36:00+00:00' is older than the 400 days that such events are kept; "
            "to keep them, raise retention_days first",
        )
    ]


def test_row_when_it_is_too_old_and_the_feed_skips_those_then_it_is_counted_alone() -> None:
    found = mapped([days_old(1), days_old(500), days_old(500, kind="ufo")], expired="skip")

    assert (found.table.num_rows, found.rows, found.skipped.tolist()) == (1, [2], [1])
    assert noticed(found) == {"expired": [1, 2]}


@pytest.mark.parametrize(
    ("feed", "kinds", "accepted"),
    [
        pytest.param(0, {}, [100, 390], id="the city says"),
        pytest.param(1_000, {}, [100, 390, 410, 900], id="the feed keeps longer"),
        pytest.param(200, {"pothole": 1_000}, [100], id="the feed's word is before the kind's"),
        pytest.param(0, {"pothole": 1_000}, [100, 390, 410, 900], id="the kind keeps longer"),
        pytest.param(0, {"flow": 1_000}, [100, 390], id="another kind keeps longer"),
    ],
)
def test_row_when_feed_or_kind_says_how_long_then_that_counts(
    feed: int, kinds: dict[str, int], accepted: list[int]
) -> None:
    ages = [100, 390, 410, 900]

    found = mapped([days_old(age, value=age) for age in ages], kinds, retention_days=feed)

    assert found.table["value"].to_pylist() == accepted


def test_row_when_kinds_are_kept_differently_then_each_goes_by_its_own() -> None:
    rows = [days_old(500, kind=kind) for kind in ("pothole", "flow", "pothole")]

    found = mapped(rows, {"flow": 1_000})

    assert found.table["kind"].to_pylist() == ["flow"]
    assert noticed(found) == {"expired": [0, 2]}


def test_row_when_the_feed_had_come_further_than_its_lateness_then_it_is_late() -> None:
    feed = make_feed(lateness_s=600)
    mapper = Mapper(feed, city(feed))
    ago = [{"time": (NOW - timedelta(minutes=age)).isoformat()} for age in (5, 30, 90)]

    first, second = apply(mapper, feed, ago), apply(mapper, feed, ago)

    assert noticed(first) == {}  # what came together is never late
    assert noticed(second) == {"late": [1, 2]}
    assert (second.table.num_rows, mapper.pace.totals["late"]) == (3, 2)


POINTS = {
    "zero": (0, 0),
    "outside": (116.4, 39.9),
    "swapped": (39.67, 106.81),
    "far": (107.2, 39.3),
}


def place_row(word: str) -> dict[str, Any]:
    lon, lat = POINTS[word]
    return {"lon": lon, "lat": lat, "area": "150302"}


@pytest.mark.parametrize("word", POINTS)
@pytest.mark.parametrize("policy", ["drop", "refuse", "mark"])
def test_position_when_it_cannot_be_true_then_goes_by_the_feeds_policy(
    word: str, policy: str
) -> None:
    rows = [place_row(word), {"lon": IN_TOWN[0], "lat": IN_TOWN[1], "area": "150302"}]

    found = mapped(rows, places=policy)

    refused = policy == "refuse" or (policy, word) == ("drop", "swapped")
    assert noticed(found) == {word: [0]}
    assert found.rows == ([0] if refused else [])
    town = found.table.slice(found.table.num_rows - 1)
    assert (town["lon"].to_pylist(), town["attrs"].to_pylist()) == ([IN_TOWN[0]], [[]])
    if not refused:
        kept = POINTS[word][0] if word == "far" else None
        assert found.table["lon"].to_pylist()[0] == kept
        marks = [("place_fault", word), ("place_sent", "{}, {}".format(*POINTS[word]))]
        assert found.table["attrs"].to_pylist()[0] == (marks if policy == "mark" else [])


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("zero", "0, 0 is no position"),
        ("outside", "116.4, 39.9 lies outside of testville"),
        ("swapped", "39.67, 106.81: longitude and latitude are swapped"),
        ("far", "107.2, 39.3 is far from the area that the row states"),
    ],
)
def test_position_when_it_is_refused_then_the_reason_says_why(word: str, reason: str) -> None:
    (letter,) = mapped([place_row(word)], places="refuse").letters

    assert (letter.field, letter.reason) == ("lon", reason)


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_position_when_it_is_swapped_in_another_system_then_is_known_all_the_same(
    system: str,
) -> None:
    assert noticed(mapped([place_row("swapped")], coordinates=system)) == {"swapped": [0]}


def test_letter_when_the_retention_was_raised_then_its_row_is_an_event() -> None:
    feed = make_feed()
    row = days_old(500, id="r", kind="pothole")
    made = city(feed)
    (letter,) = apply(Mapper(feed, made), feed, [row]).letters
    longer = replace(made, retention_days={"events": 600})

    hauls = list(Intake(feed, longer).take(letter.raw, media_of(letter.media_type), "b", NOW))

    assert [haul.outcome.accepted for haul in hauls] == [1]
