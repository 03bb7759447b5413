"""Feeding: the past first, then the present; nothing skipped, nothing twice, nobody held up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from citybrain.city import City
from citybrain.floor.clock import millis
from citybrain.roof.replay.department_doors import DoorAway, DoorRefused, ReplayParcel
from citybrain.roof.replay.feeder import Feeder, FeederOptions
from citybrain.roof.replay.replay_state import StateFile
from citybrain.roof.replay.simulate import Simulator

NOON = millis(datetime(2026, 11, 23, 4, 0, tzinfo=UTC))
DAY = 86_400_000


class CollectingDoor:
    """Takes every parcel, unless told to fail."""

    def __init__(self) -> None:
        self.parcels: list[ReplayParcel] = []
        self.tried: list[str] = []
        self.failure: Exception | None = None

    def bring(self, parcel: ReplayParcel) -> int:
        self.tried.append(parcel.batch)
        if self.failure is not None:
            raise self.failure
        self.parcels.append(parcel)
        return 0

    def close(self) -> None:
        pass

    def sent(self, feed: str) -> pl.DataFrame:
        return pl.concat(one.records for one in self.parcels if one.feed.id == feed)


@pytest.fixture
def door() -> CollectingDoor:
    return CollectingDoor()


class Bench:
    """A feeder with one door for all, and a way to start it anew."""

    def __init__(self, city: City, simulator: Simulator, door: CollectingDoor, folder: Path):
        self._parts = city, simulator, dict.fromkeys(("http_push", "file_drop", "kafka"), door)
        self._folder = folder
        self.feeder: Feeder | None = None

    def start(self, **options: object) -> Feeder:
        if self.feeder is not None:
            self.feeder.close()
        state = StateFile(self._folder)
        self.feeder = Feeder(*self._parts, state, FeederOptions(**options))  # type: ignore[arg-type]
        return self.feeder


@pytest.fixture
def bench(
    wuhai: City, simulator: Simulator, door: CollectingDoor, tmp_path: Path
) -> Iterator[Bench]:
    made = Bench(wuhai, simulator, door, tmp_path)
    yield made
    if made.feeder is not None:
        made.feeder.close()


def caught_up(feeder: Feeder, now: int) -> None:
    while feeder.round(now):
        pass


def test_round_when_first_started_then_the_past_days_are_filled_in(
    bench: Bench, door: CollectingDoor, simulator: Simulator
) -> None:
    caught_up(bench.start(only="permits", days=2), NOON)

    now = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    expected = simulator.between("permits", now - timedelta(days=2), now)
    assert door.sent("permits")["编号"].to_list() == expected["source_id"].to_list()
    assert len(door.parcels) == 3


def test_round_when_started_again_then_goes_on_where_it_was(
    bench: Bench, door: CollectingDoor
) -> None:
    caught_up(bench.start(only="permits", days=1), NOON)
    before = len(door.sent("permits"))

    caught_up(bench.start(only="permits", days=1), NOON + 600_000)

    ids = door.sent("permits")["编号"]
    assert len(ids) > before
    assert ids.is_unique().all()
    assert door.parcels[-1].batch == f"permits-{NOON}-{NOON + 600_000}"


def test_round_when_away_for_long_then_only_the_last_days_are_filled_in(
    bench: Bench, door: CollectingDoor
) -> None:
    caught_up(bench.start(only="permits", days=1), NOON)
    door.parcels.clear()

    caught_up(bench.start(only="permits", days=1), NOON + 30 * DAY)

    assert door.parcels[0].batch.startswith(f"permits-{NOON + 29 * DAY}-")


def test_round_when_the_door_fails_then_the_same_parcel_comes_again(
    bench: Bench, door: CollectingDoor
) -> None:
    feeder = bench.start(only="permits", days=1)
    door.failure = DoorAway("http_push", "gateway does not answer", wait_s=0.0)
    feeder.round(NOON)
    feeder.round(NOON + 60_000)
    door.failure = None

    caught_up(feeder, NOON + 120_000)

    assert door.tried[:3] == [door.tried[0]] * 3
    assert door.parcels[0].batch == door.tried[0]
    assert door.sent("permits")["编号"].is_unique().all()


def test_round_when_killed_before_the_answer_then_the_same_parcel_comes_again(
    bench: Bench, door: CollectingDoor
) -> None:
    feeder = bench.start(only="permits", days=1)
    door.failure = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        feeder.round(NOON)
    door.failure = None

    caught_up(bench.start(only="permits", days=1), NOON + 5_000)

    assert door.tried[1] == door.tried[0]


def test_round_when_asked_to_wait_then_it_does(bench: Bench, door: CollectingDoor) -> None:
    feeder = bench.start(only="permits", days=1)
    door.failure = DoorAway("http_push", "gateway answers 429", wait_s=60.0)

    assert feeder.round(NOON) is False
    assert feeder.round(NOON) is False

    assert len(door.tried) == 1


def test_round_when_a_parcel_is_unwanted_then_it_goes_on(
    bench: Bench, door: CollectingDoor
) -> None:
    feeder = bench.start(only="permits", days=1)
    door.failure = DoorRefused("gateway answers 400")
    caught_up(feeder, NOON)
    door.failure = None

    caught_up(feeder, NOON + 3_600_000)

    assert door.parcels[0].batch == f"permits-{NOON}-{NOON + 3_600_000}"


def test_round_when_playing_then_due_rows_are_sent_with_their_time(
    bench: Bench, door: CollectingDoor
) -> None:
    feeder = bench.start(only="ndw_lanes")

    feeder.round(NOON)
    feeder.round(NOON + 1_000)

    sent = door.sent("ndw_lanes")
    assert len(sent) == 76
    assert sent["sent_ms"].unique().sort().to_list() == [NOON, NOON + 1_000]


def test_round_when_the_door_was_away_then_playing_pauses(
    bench: Bench, door: CollectingDoor
) -> None:
    feeder = bench.start(only="ndw_lanes")
    door.failure = DoorAway("kafka", "no broker", wait_s=0.0)
    feeder.round(NOON)
    feeder.round(NOON + 600_000)
    door.failure = None

    feeder.round(NOON + 1_200_000)

    assert len(door.sent("ndw_lanes")) == 76
    assert door.sent("ndw_lanes")["recorded_at"].unique().sort().to_list() == [
        "2017-03-15 14:41:00",
        "2017-03-15 14:42:00",
    ]


def test_round_when_a_set_is_dropped_as_files_then_rows_are_gathered(
    bench: Bench, door: CollectingDoor
) -> None:
    feeder = bench.start(only="pems_detector")

    for second in range(0, 121, 5):
        feeder.round(NOON + second * 1_000)

    assert [len(one.records) for one in door.parcels] == [1, 12, 12]


def test_round_when_all_feeds_then_every_simulated_and_replayed_feed_is_fed(
    bench: Bench, door: CollectingDoor, wuhai: City
) -> None:
    caught_up(bench.start(days=1), NOON)

    fed = {one.feed.id for one in door.parcels}
    assert wuhai.feeds.keys() - fed <= {
        "drills",
        "manual_reports",
        "earthquakes",
        "weather_warnings",
        "gas_faults",
        "case_limits",
        "case_limits_simulated",
    }
