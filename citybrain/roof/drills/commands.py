"""`citybrain drill list|run|end`: push a scenario, follow it, say whether it came as expected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import polars as pl
import typer
from kafka import KafkaConsumer, TopicPartition
from rich import box
from rich.console import Console
from rich.table import Table

from citybrain.alerts.records import AlertChange
from citybrain.alerts.silence_records import Silence
from citybrain.city import City, Feed, load_city
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock, monotonic
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.events import event_ids
from citybrain.floor.settings import Settings, from_environment
from citybrain.floor.strict import suggest
from citybrain.floor.topics import ALERTS, NOTIFICATIONS
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.roof.drills.drill_times import DrillRow, DrillTimes
from citybrain.roof.drills.expectations import longest, unmet
from citybrain.roof.drills.scenario import Drill, end_records, feed_of, load_drills, record
from citybrain.roof.replay.department_doors import DoorAway, HttpDoor, ReplayParcel

drill = typer.Typer(help="Exercise the city: a scenario through the real path.")

POLL_MS = 200
SETTLE_S = 4.0
LATE = "not every alert reached a receiver in time"
NONE = "no alert"
_STEP = msgspec.json.Decoder(AlertChange | Silence)
_NOTICE = msgspec.json.Decoder(Notice | DeliveryReceipt)


@drill.command("list")
def list_drills() -> None:
    """Print the scenarios of the city."""
    city = load_city(from_environment().city_folder)
    for one in load_drills(city).values():
        last = max((step.after for step in one.events), default=timedelta())
        Console(highlight=False).print(
            f"{one.id}: {one.title.zh} · {one.title.en}; {len(one.events)} events in {last}; "
            f"expects {', '.join(one.expect) or 'that every alert is told'}"
        )


@drill.command("run")
def run_drill(
    name: Annotated[str, typer.Argument(metavar="SCENARIO")],
    wait: Annotated[float, typer.Option(help="seconds to wait for alerts and deliveries")] = 60,
    acknowledgement: Annotated[
        bool, typer.Option("--ack", help="Wait until all are acknowledged, too.")
    ] = False,
) -> None:
    """Push a scenario, print when each alert fired, was sent and acknowledged, and what is amiss.

    Exits with 1 when something that the scenario expects did not come true, an alert reached
    nobody in time, or none fired. What it left open is ended by `citybrain drill end`.
    """
    settings = from_environment()
    city = load_city(settings.city_folder)
    scenario = _named(load_drills(city), name, city)
    feed, zone = feed_of(city), ZoneInfo(city.time_zone)
    run = f"{scenario.id}_{SystemClock().now().astimezone(zone):%m%d_%H%M%S_%f}"
    console = Console(highlight=False)
    named = f"{scenario.title.zh} · {scenario.title.en} · {run}"
    console.print(f"演练 / drill: {named}", soft_wrap=True)
    times = DrillTimes()
    with _Follower(settings) as follower:
        for _ in _pushed(settings, feed, scenario, times, run):
            times.note(follower.poll())
        began = monotonic()
        while monotonic() - began < max(wait, longest(scenario.expectations).total_seconds()):
            times.note(follower.poll())
            settled = monotonic() - began > SETTLE_S  # the last event may raise an alert
            met = not unmet(scenario.expectations, times.rows())
            if settled and met and times.done(acknowledged=acknowledgement):
                break
    console.print(table(times.rows(), zone))
    console.print(f"citybrain drill end {run}", soft_wrap=True)
    if problems := _problems(scenario, times):
        for problem in problems:
            console.print(f"✗ {problem}", markup=False)
        raise typer.Exit(1)
    console.print("✓ " + (", ".join(scenario.expect) or "every alert was told"), markup=False)


@drill.command("end")
def end_drill(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="as `drill run` printed it; none: every run")
    ] = "",
) -> None:
    """End a run: all alerts that its events left open end, those that rest on them too."""
    settings = from_environment()
    feed, now = feed_of(load_city(settings.city_folder)), SystemClock().now()
    rows = pl.DataFrame(end_records(feed, now, run), infer_schema_length=None)
    door = HttpDoor(settings)
    try:
        _bring(door, ReplayParcel(feed, f"drill-over-{now:%Y%m%d%H%M%S%f}", rows))
    finally:
        door.close()
    Console(highlight=False).print(f"演练结束 / over: {run or '全部 / every run'}")


def _problems(scenario: Drill, times: DrillTimes) -> list[str]:
    """Return, in words, what did not come as it should have."""
    found = unmet(scenario.expectations, times.rows())
    if not times.rows():
        return found or [NONE]
    return found if times.done() else [*found, LATE]


def table(rows: list[DrillRow], zone: ZoneInfo) -> Table:
    """Return the table of times, of the city's `zone`: how long after the event each came."""
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("alert", "level", "event", "→ alert", "→ sent", "→ acked", "receivers"):
        shown.add_column(name, overflow="fold")
    for row in rows:
        shown.add_row(
            row.title,
            row.level,
            f"{row.event_at.astimezone(zone):%H:%M:%S}",
            _after(row.event_at, row.alert_at),
            f"muted: {row.muted}" if row.muted else _after(row.event_at, row.sent_at),
            _after(row.event_at, row.acknowledged_at) + (f" {row.by}" if row.by else ""),
            ", ".join(row.receivers),
        )
    return shown


def _pushed(
    settings: Settings, feed: Feed, scenario: Drill, times: DrillTimes, run: str
) -> Iterator[None]:
    """Push each event when its time has come, noted in `times`; yield between and meanwhile."""
    door, began = HttpDoor(settings), monotonic()
    try:
        for number, step in enumerate(sorted(scenario.events, key=lambda one: one.after)):
            while monotonic() - began < step.after.total_seconds():
                yield
            name, now = f"drill-{run}-{number}", SystemClock().now()
            frame = pl.DataFrame([record(step, name, now, run)], infer_schema_length=None)
            times.pushed(_id(feed, name), now)
            _bring(door, ReplayParcel(feed, name, frame))
            yield
    finally:
        door.close()


def _id(feed: Feed, name: str) -> str:
    """Return the id that the event called `name` by its source gets, UUID text."""
    return str(UUID(bytes=event_ids(feed.id, pl.Series([name]))[0].as_py()))


def _bring(door: HttpDoor, parcel: ReplayParcel) -> None:
    try:
        rejected = door.bring(parcel)
    except DoorAway as error:
        raise _failed(str(error), "is the system up? './city up'") from error
    if rejected:
        raise _failed("the door refused the event", "see 'citybrain dead-letters list'")


def _failed(problem: str, remedy: str) -> ConfigError:
    return ConfigError([Fault("citybrain drill", "push", problem, remedy)])


def _named(drills: Any, name: str, city: City) -> Drill:
    if name not in drills:
        place = str(city.folder / "drills.yaml")
        raise ConfigError([Fault(place, name, "no such drill", suggest(name, drills))])
    found: Drill = drills[name]
    return found


def _after(start: datetime, end: datetime | None) -> str:
    return "–" if end is None else f"{(end - start).total_seconds():.2f} s"


class _Follower:
    """Reads what is written about alerts from now on."""

    def __init__(self, settings: Settings) -> None:
        self._reader: KafkaConsumer = bus.consumer(settings, fetch_max_wait_ms=POLL_MS)
        spots = [TopicPartition(topic.name, 0) for topic in (ALERTS, NOTIFICATIONS)]
        self._reader.assign(spots)
        self._reader.seek_to_end(*spots)
        for spot in spots:
            self._reader.position(spot)

    def __enter__(self) -> _Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def poll(self) -> list[AlertChange | Notice | DeliveryReceipt]:
        """Return what came."""
        found: list[AlertChange | Silence | Notice | DeliveryReceipt] = []
        for spot, records in self._reader.poll(timeout_ms=POLL_MS).items():
            decoder = _STEP if spot.topic == ALERTS.name else _NOTICE
            found += [decoder.decode(one.value) for one in records]
        return [one for one in found if not isinstance(one, Silence)]
