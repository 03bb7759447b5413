"""`citybrain drill list|run`: push a scenario, follow it over the bus, print the times."""

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
from citybrain.roof.drills.scenario import Drill, feed_of, load_drills, record
from citybrain.roof.replay.department_doors import DoorAway, HttpDoor, ReplayParcel

drill = typer.Typer(help="Exercise the city: a scenario through the real path.")

POLL_MS = 200
SETTLE_S = 4.0
LATE = "not every alert reached a receiver in time"
NONE = "no alert, unless it belongs to one that an earlier drill left open: see the desk"
_STEP = msgspec.json.Decoder(AlertChange | Silence)
_NOTICE = msgspec.json.Decoder(Notice | DeliveryReceipt)


@drill.command("list")
def list_drills() -> None:
    """Print the scenarios of the city."""
    city = load_city(from_environment().city_folder)
    for one in load_drills(city).values():
        last = max((step.after for step in one.events), default=timedelta())
        Console(highlight=False).print(
            f"{one.id}: {one.title.zh} · {one.title.en}; {len(one.events)} events in {last}"
        )


@drill.command("run")
def run_drill(
    name: Annotated[str, typer.Argument(metavar="SCENARIO")],
    wait: Annotated[float, typer.Option(help="seconds to wait for alerts and deliveries")] = 60,
    acknowledgement: Annotated[
        bool, typer.Option("--ack", help="Wait until all are acknowledged, too.")
    ] = False,
) -> None:
    """Push a scenario and print when each alert fired, was sent and was acknowledged.

    Exits with 1 when an alert reached nobody in time, or none fired.
    """
    settings = from_environment()
    city = load_city(settings.city_folder)
    scenario = _named(load_drills(city), name, city)
    console = Console(highlight=False)
    console.print(f"演练 / drill: {scenario.title.zh} · {scenario.title.en}")
    times = DrillTimes()
    with _Follower(settings) as follower:
        for _ in _pushed(settings, feed_of(city), scenario, times, ZoneInfo(city.time_zone)):
            times.note(follower.poll())
        began = monotonic()
        while monotonic() - began < wait:
            times.note(follower.poll())
            settled = monotonic() - began > SETTLE_S  # the last event may raise an alert
            if settled and times.done(acknowledged=acknowledgement):
                break
    console.print(table(times.rows(), ZoneInfo(city.time_zone)))
    if not times.done():
        console.print(LATE if times.rows() else NONE)
        raise typer.Exit(1)


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
    settings: Settings, feed: Feed, scenario: Drill, times: DrillTimes, zone: ZoneInfo
) -> Iterator[None]:
    """Push each event when its time has come, noted in `times`; yield between and meanwhile."""
    door, began = HttpDoor(settings), monotonic()
    run = f"{SystemClock().now().astimezone(zone):%m%d_%H%M%S}"
    try:
        for number, step in enumerate(sorted(scenario.events, key=lambda one: one.after)):
            while monotonic() - began < step.after.total_seconds():
                yield
            name, now = f"drill-{scenario.id}-{run}-{number}", SystemClock().now()
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
