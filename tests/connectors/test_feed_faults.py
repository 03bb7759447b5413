"""Feeds that are wrong as a whole are alerts of the platform, once, and end when they are right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from citybrain.alerts.records import Episode
from citybrain.city.records import Feed
from citybrain.floor.clock import ManualClock
from citybrain.floor.errors import BusError, Fault
from connectors.feed_faults import FeedFaultTeller
from connectors.fetch.checkpoint import Checkpoints
from connectors.mapping.feed_mapping import Mapped, Mapper
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from tests.fakes import make_city, make_feed

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
DAY = timedelta(days=1)


class Gateway:
    """A feed's mapper and what looks after it; a second one goes on with the first one's notes."""

    def __init__(self, folder: Path, feed: Feed | None = None) -> None:
        self.feed = feed or make_feed()
        self.mapper = Mapper(self.feed, make_city(self.feed))
        self.clock = ManualClock(START)
        self.told: list[tuple[str, str, dict[str, str]]] = []
        self.episodes: list[Episode] = []
        self.away = False
        self.gone = False
        self.refused: tuple[Fault, ...] = ()
        self.teller = FeedFaultTeller(
            lambda: [] if self.gone else [(self.feed.id, self.mapper.pace)],
            self.send,
            Checkpoints(folder),
            self.clock,
            lambda: self.refused,
        )

    def send(self, episodes: Sequence[Episode], _letters: Sequence[Any]) -> None:
        if self.away:
            raise BusError("Kafka is away")
        self.episodes += episodes
        self.told += [(one.rule, one.state, one.key) for one in episodes]

    def take(self, at: datetime, rows: int = 30, **fields: Any) -> Mapped:
        plain = {"kind": "pothole", "time": at.isoformat(), "subject": "s"}
        row = {name: value for name, value in (plain | fields).items() if value is not None}
        lines = [json.dumps(row | {"id": f"{n}"}).encode() for n in range(rows)]
        frame = JsonRows(self.feed).read(b"\n".join(lines)).frame
        batch = RawBatch(frame, "push b:{}".format, lambda n: lines[n], "application/json")
        return self.mapper.apply(batch, at, "b")

    def look(self, at: datetime) -> None:
        self.clock.advance(at - self.clock.now())
        with capture_logs():
            self.teller.look()


def week(gateway: Gateway, **fields: Any) -> datetime:
    for hour in range(0, 7 * 24, 2):
        gateway.take(START + timedelta(hours=hour), **fields)
    return START + 7 * DAY


def test_field_when_it_was_there_for_a_week_and_ends_then_is_told_until_it_is_there_again(
    tmp_path: Path,
) -> None:
    gateway = Gateway(tmp_path, make_feed(origin="replay"))
    at = week(gateway)
    gateway.look(at)
    assert gateway.told == []

    warnings = [gateway.take(at + timedelta(hours=n), subject=None).warnings for n in range(3)]
    gateway.look(at)
    gateway.look(at)

    assert warnings[-1] == (
        "field 'subject' was there in 100% of the rows of the week before, and is in none of the "
        "last 90 that were looked at",
    )
    key = {"feed": "reports", "field": "subject"}
    assert gateway.told == [("platform_feed_field", "firing", key)]
    first = gateway.episodes[0]
    assert (first.feeds, first.departments, first.origin) == (("reports",), ("works",), "replay")

    gateway.take(at + DAY)
    gateway.look(at + DAY)

    assert gateway.told[1:] == [("platform_feed_field", "ended", key)]


@pytest.mark.parametrize("name", ["Subject", "SUBJECT", "ｓｕｂｊｅｃｔ", " subject"])
def test_field_when_it_is_only_written_otherwise_then_the_warning_says_how(
    tmp_path: Path, name: str
) -> None:
    gateway = Gateway(tmp_path)
    at = week(gateway)

    (warning,) = gateway.take(at, **{"subject": None, name: "s"}).warnings

    assert warning.endswith(f"; it is there as {name!r}")


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([{"value": 1}, {}], id="there in every other batch"),
        pytest.param([{}, {}, {}, {"value": 1}], id="there in a quarter"),
        pytest.param([{}], id="never there"),
        pytest.param([{"value": 1}, {"value": ""}, {}], id="empty now and then"),
    ],
)
def test_field_when_it_comes_and_goes_then_is_not_missed(
    tmp_path: Path, fields: list[dict[str, Any]]
) -> None:
    gateway = Gateway(tmp_path)

    for hour in range(14 * 24):
        at = START + timedelta(hours=hour)
        assert gateway.take(at, **fields[hour % len(fields)]).warnings == ()
        gateway.look(at)

    assert gateway.told == []


def test_batch_when_a_needed_field_is_in_no_row_then_it_is_one_warning_with_a_hint(
    tmp_path: Path,
) -> None:
    found = Gateway(tmp_path).take(START, kind=None, Kind="pothole")

    assert (found.table.num_rows, len(found.letters)) == (0, 30)
    assert found.warnings == (
        "field 'kind', which the feed's mapping needs, is in none of the rows; it is there as "
        "'Kind'",
    )


def shifted(gateway: Gateway, hours: float, start: datetime) -> datetime:
    for minute in range(0, 120, 10):
        at = start + timedelta(minutes=minute)
        gateway.take(at, time=(at + timedelta(hours=hours)).isoformat())
    return start + timedelta(hours=2)


@pytest.mark.parametrize(("hours", "zh"), [(8, "超前"), (-8, "滞后")])
def test_clock_when_it_is_off_by_the_zone_then_is_told_until_it_is_right(
    tmp_path: Path, hours: int, zh: str
) -> None:
    gateway = Gateway(tmp_path)
    end = shifted(gateway, hours, START)

    gateway.look(end)

    assert gateway.told == [("platform_feed_clock", "firing", {"feed": "reports"})]
    assert gateway.episodes[0].summary.both()[0] == f"reports：时间{zh} 8 小时。"

    gateway.take(end + timedelta(minutes=5))
    gateway.look(end + timedelta(minutes=5))

    assert [state for _, state, _ in gateway.told] == ["firing", "ended"]


def test_batch_when_its_times_lie_ahead_by_the_zone_then_its_own_answer_says_so(
    tmp_path: Path,
) -> None:
    found = Gateway(tmp_path).take(START, time=(START + timedelta(hours=8)).isoformat())

    assert found.table.num_rows == 0
    assert found.warnings == (
        "the times are 8 hours ahead, the offset of Asia/Shanghai: local time is marked as UTC; "
        "send the offset with the times, or none and set time_zone: Asia/Shanghai",
    )


def test_gateway_when_it_is_another_then_it_knows_what_was_open_and_the_week_before(
    tmp_path: Path,
) -> None:
    first = Gateway(tmp_path)
    at = week(first)
    at = shifted(first, -8, at)
    first.look(at)
    first.teller.stop()
    second = Gateway(tmp_path)

    second.look(at)  # nothing came: nothing is known
    assert second.told == []
    second.take(at + timedelta(hours=1), subject=None)
    second.look(at + timedelta(hours=1))

    assert [(rule, state) for rule, state, _ in second.told] == [
        ("platform_feed_field", "firing"),
        ("platform_feed_clock", "ended"),
    ]
    assert second.episodes[1].alert == first.episodes[0].alert


def test_faults_when_kafka_is_away_then_are_told_later(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    end = shifted(gateway, 8, START)
    gateway.away = True
    gateway.look(end)

    gateway.away = False
    gateway.look(end)

    assert [state for _, state, _ in gateway.told] == ["firing"]


def test_notes_when_they_are_of_another_version_then_are_left(tmp_path: Path) -> None:
    Checkpoints(tmp_path).save("fields", {"reports": "nonsense"})

    gateway = Gateway(tmp_path)
    gateway.look(START)

    assert gateway.told == []


def test_city_when_what_was_saved_is_faulty_then_is_told_until_it_is_mended(
    tmp_path: Path,
) -> None:
    gateway = Gateway(tmp_path)
    faults = [Fault("feeds/works.yaml:3", "feeds.reports.kinds[0]", "unknown kind 'x'", "mend it")]
    gateway.refused = (*faults, *faults)
    gateway.look(START)
    gateway.look(START)
    gateway.refused = ()
    gateway.look(START)

    rule = "platform_city_refused"
    assert [(one.rule, one.state) for one in gateway.episodes] == [
        (rule, "firing"),
        (rule, "ended"),
    ]
    assert gateway.episodes[0].summary.en == (
        "what was saved has 2 faults, the version before goes on: "
        "feeds/works.yaml:3: feeds.reports.kinds[0]: unknown kind 'x'; mend it"
    )


def test_feed_when_it_is_gone_then_what_was_wrong_with_it_is_over(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    at = week(gateway)
    for hour in range(3):
        gateway.take(at + timedelta(hours=hour), subject=None)
    gateway.look(at)
    gateway.gone = True
    gateway.look(at)

    assert [(one.rule, one.state) for one in gateway.episodes] == [
        ("platform_feed_field", "firing"),
        ("platform_feed_field", "ended"),
    ]
