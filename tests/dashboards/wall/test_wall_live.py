"""The loops go on whatever the store does, and say what it does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from structlog.testing import capture_logs

from citybrain.city import City
from citybrain.floor.clock import ManualClock, millis
from citybrain.floor.errors import StoreError
from citybrain.floor.text import Text
from dashboards.tiles.alerts import Alerts
from dashboards.tiles.counter import Counter
from dashboards.tiles.event_list import EventList
from dashboards.wall import wall_live as module
from dashboards.wall.honesty import PATIENCE
from dashboards.wall.queries import PULSE, TOTALS
from dashboards.wall.screen import Screen
from dashboards.wall.store_picture import StorePicture
from dashboards.wall.store_reader import SlowStoreError
from dashboards.wall.tile_query import TileQuery
from dashboards.wall.wall_live import Live
from tests.dashboards.conftest import NOW
from tests.waiting import until

TITLE = Text("交通", "Traffic")
SCREEN = Screen(
    order=1,
    title=TITLE,
    themes=("traffic",),
    tiles=(
        Counter(id="count", title=TITLE, zone="top"),
        EventList(id="events", title=TITLE, zone="right"),
        Alerts(id="alerts", title=TITLE, zone="bottom"),
    ),
)

ONE_ALERT = pl.DataFrame(
    {
        "state": "firing",
        "level": "red",
        "theme": "traffic",
        "street": "150302001",
        "origin": "live",
        "muted": "",
        "waits": True,
        "red": True,
        "title_zh": "拥堵",
        "title_en": "Jam",
        "opened_at": NOW,
    }
)


class FakeReader:
    """Answers from a given picture, or not at all."""

    def __init__(self, picture: StorePicture) -> None:
        self.picture = picture
        self.version = 0
        self.asked = {"pulse": 0, "base": 0, "slow": 0}
        self.error: Exception | None = None

    def _answer(self, name: str, now: datetime) -> None:
        self.asked[name] += 1
        if self.error:
            raise self.error
        picture = self.picture
        self.picture = picture.updated(
            now, pulse=picture.frame(PULSE), totals=picture.frame(TOTALS)
        )

    def tell(self, query: TileQuery, frame: pl.DataFrame, now: datetime) -> None:
        self.picture = self.picture.updated(now, **{query.name: frame})

    def read_pulse(self, now: datetime) -> None:
        self._answer("pulse", now)

    def read_base(self, now: datetime) -> None:
        self._answer("base", now)

    def read_slow(self, now: datetime) -> None:
        self._answer("slow", now)


class FakeAlerts:
    """Open alerts as a live list tells them."""

    def __init__(self) -> None:
        self.alerts = ONE_ALERT.clear()
        self.heard = True

    def frame(self) -> pl.DataFrame:
        return self.alerts


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def reader(picture: StorePicture) -> FakeReader:
    return FakeReader(picture)


@pytest.fixture
def fed() -> FakeAlerts:
    return FakeAlerts()


@pytest.fixture
def live(
    city: City, reader: FakeReader, clock: ManualClock, fed: FakeAlerts, monkeypatch: Any
) -> Live:
    for name, seconds in {"PULSE_S": 0.01, "BASE_S": 0.05, "SLOW_S": 0.1, "RETRY_S": 0.01}.items():
        monkeypatch.setattr(module, name, seconds)
    return Live(city, {"traffic": SCREEN}, reader, clock, {"alerts": fed})  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(live: Live) -> AsyncIterator[None]:
    task = asyncio.create_task(live.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_snapshot_when_built_then_tiles_with_data_and_freshness(live: Live) -> None:
    snapshot = live.snapshot("traffic", NOW)
    assert (snapshot["type"], snapshot["screen"], snapshot["outage"]) == (
        "snapshot",
        "traffic",
        None,
    )
    count = snapshot["tiles"]["count"]
    assert (count["data"]["matters"], count["data"]["readings"]) == (9, 10)
    assert count["fresh"] == {
        "state": "live",
        "as_of": 1795494619000,
        "live": 1,
        "expected": 2,
        "marks": {"simulated": 1.0},
    }
    assert snapshot["marks"] == {"simulated": 0.4737}


@pytest.mark.parametrize(
    ("age_s", "state", "lost"),
    [(5, "live", None), (6, "slow", False), (30, "slow", False), (31, "stale", True)],
)
def test_snapshot_when_the_store_is_silent_then_the_outage_and_its_tiles_are_graded(
    live: Live, age_s: int, state: str, lost: bool | None
) -> None:
    snapshot = live.snapshot("traffic", NOW + timedelta(seconds=age_s))
    told = {"since": 1795494620000, "reached": True, "lost": lost}
    assert snapshot["outage"] == (None if lost is None else told)
    assert snapshot["tiles"]["count"]["fresh"]["state"] == state


@pytest.mark.parametrize(
    ("error", "reached"), [(SlowStoreError("late"), True), (StoreError("away"), False)]
)
async def test_snapshot_when_the_store_fails_then_slow_is_told_from_away(
    live: Live, reader: FakeReader, error: StoreError, reached: bool
) -> None:
    live.enter("traffic")
    async with running(live):
        reader.error = error
        await until(lambda: live.down_since is not None)
        outage = live.snapshot("traffic", NOW + timedelta(seconds=9))["outage"]
    assert (outage["reached"], outage["lost"]) == (reached, False)


def test_snapshot_when_the_store_never_answered_then_there_is_no_since(
    live: Live, reader: FakeReader
) -> None:
    reader.picture = StorePicture()
    assert live.snapshot("traffic", NOW)["outage"] == {
        "since": None,
        "reached": True,
        "lost": False,
    }


def test_pulse_when_no_new_event_came_then_the_list_is_left_out(
    live: Live, reader: FakeReader
) -> None:
    first, second = live.pulse("traffic", NOW), live.pulse("traffic", NOW)
    assert (first["matters"], first["readings"], first["counts"]) == (9, 10, {"traffic": 9})
    assert first["list"] == []
    assert "list" not in second
    reader.version += 1
    assert "list" in live.pulse("traffic", NOW)


@pytest.mark.parametrize(("below", "is_calm"), [(0, False), (1, True)])
async def test_read_when_little_comes_then_the_store_is_asked_less_often(
    live: Live, reader: FakeReader, monkeypatch: Any, below: float, is_calm: bool
) -> None:
    monkeypatch.setattr(module, "CALM_TIMES", 1_000_000)
    rates = {("traffic", False): module.CALM_PER_S * 60 - below}
    reader.picture = reader.picture.updated(NOW, rates=rates)
    live.enter("traffic")
    async with running(live):
        await until(lambda: reader.asked["slow"] > 3)
    assert (reader.asked["pulse"] == 1) is is_calm


async def test_enter_when_nobody_watched_for_hours_then_the_first_sight_is_of_now(
    live: Live, clock: ManualClock
) -> None:
    viewer = live.enter("traffic").follow()
    assert json.loads(await anext(viewer))["at"] == millis(NOW)
    live.leave("traffic")
    clock.advance(timedelta(hours=3))
    async with running(live):
        viewer = live.enter("traffic").follow()
        first = json.loads(await anext(viewer))
    assert (first["at"], first["outage"]) == (millis(NOW + timedelta(hours=3)), None)


async def test_enter_when_the_store_was_left_alone_then_old_numbers_show_after_patience_alone(
    live: Live, reader: FakeReader, clock: ManualClock, monkeypatch: Any
) -> None:
    reader.error = SlowStoreError("late")
    clock.advance(timedelta(seconds=50))
    hub = live.enter("traffic")
    published: list[str] = []
    monkeypatch.setattr(hub, "publish", lambda _channel, text: published.append(text))
    async with running(live):
        await until(lambda: reader.asked["pulse"] > 3)
        live.hear()
        await until(lambda: reader.asked["pulse"] > 20)
        assert published == []
        clock.advance(PATIENCE + timedelta(seconds=1))
        live.hear()
        await until(lambda: bool(published))
    assert json.loads(published[0])["outage"] == {
        "since": millis(NOW),
        "reached": True,
        "lost": True,
    }


def test_viewers_when_they_come_and_go_then_their_number_is_told(live: Live) -> None:
    heard: list[int] = []
    live.told = heard.append
    live.enter("traffic")
    live.enter("traffic")
    live.leave("traffic")
    live.leave("traffic")
    assert heard == [1, 2, 1, 0]


async def test_run_when_somebody_watches_then_pulses_and_snapshots_come(live: Live) -> None:
    async with running(live):
        viewer = live.enter("traffic").follow()
        kinds = {json.loads(await anext(viewer))["type"] for _ in range(6)}
    assert kinds == {"pulse", "snapshot"}


async def test_run_when_an_alert_changes_then_the_snapshot_does_not_wait_for_its_turn(
    live: Live, fed: FakeAlerts, monkeypatch: Any
) -> None:
    monkeypatch.setattr(module, "BASE_S", 3600)
    monkeypatch.setattr(module, "PUBLISH_S", 3600)
    hub = live.enter("traffic")
    published: list[str] = []
    monkeypatch.setattr(hub, "publish", lambda channel, text: published.append(channel))
    async with running(live):
        await until(lambda: published.count("pulse") > 5)
        before = published.count("snapshot")
        assert before <= 2, "one at the start, one with the only base that was read"
        fed.alerts = ONE_ALERT
        live.hear()
        await until(lambda: published.count("snapshot") == before + 1)


async def test_run_when_a_base_was_read_then_its_snapshot_comes_at_once(
    live: Live, reader: FakeReader, monkeypatch: Any
) -> None:
    monkeypatch.setattr(module, "PUBLISH_S", 3600)
    hub = live.enter("traffic")
    published: list[str] = []
    monkeypatch.setattr(hub, "publish", lambda channel, text: published.append(channel))
    async with running(live):
        await until(lambda: published.count("snapshot") > 3)
    assert reader.asked["base"] >= 3


async def test_run_when_nobody_watches_then_the_store_is_left_alone(
    live: Live, reader: FakeReader
) -> None:
    async with running(live):
        await until(lambda: reader.asked["slow"] == 1 and reader.asked["pulse"] == 1)
        await asyncio.sleep(0.3)
        assert reader.asked == {"pulse": 1, "base": 1, "slow": 1}
        live.enter("traffic")
        await until(lambda: reader.asked["pulse"] > 3)
        live.leave("traffic")
        assert not live.watched()


async def test_run_when_the_store_goes_away_and_comes_back_then_each_is_logged_once(
    live: Live, reader: FakeReader, clock: ManualClock
) -> None:
    live.enter("traffic")
    with capture_logs() as logs:
        async with running(live):
            await until(lambda: reader.asked["pulse"] > 2)
            reader.error = StoreError("away")
            await until(lambda: live.down_since is not None)
            asked = reader.asked["pulse"]
            await until(lambda: reader.asked["pulse"] > asked + 3)
            clock.advance(timedelta(seconds=42))
            reader.error = None
            await until(lambda: live.down_since is None)
    assert [(line["event"], line.get("away_s")) for line in logs] == [
        ("first_numbers", None),
        ("store_away", None),
        ("store_back", 42),
    ]


async def test_run_when_a_reading_fails_unforeseen_then_it_is_logged_and_tried_again(
    live: Live, reader: FakeReader
) -> None:
    live.enter("traffic")
    reader.error = RuntimeError("bad frame")
    with capture_logs() as logs:
        async with running(live):
            await until(lambda: reader.asked["pulse"] > 3)
            reader.error = None
            hub = live.hubs["traffic"]
            viewer = hub.follow()
            types = {json.loads(await anext(viewer))["type"] for _ in range(6)}
    assert "pulse" in types
    assert [line["part"] for line in logs if line["event"] == "screens_fault"].count("read") == 1


def test_snapshot_when_the_ruler_stands_then_the_wall_is_told_without_store_or_ruler(
    city: City, reader: FakeReader, clock: ManualClock
) -> None:
    standing = [{"process": "ruler", "since": 1}]
    live = Live(city, {"traffic": SCREEN}, reader, clock, alarm=lambda _now: standing)  # type: ignore[arg-type]
    assert live.snapshot("traffic", NOW)["alarm"] == standing
    assert live.pulse("traffic", NOW)["alarm"] == standing
