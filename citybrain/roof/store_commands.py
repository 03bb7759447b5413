"""`citybrain store`: run the local store; `store check`, `store repair`: its rollups."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import sleep
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from clickhouse_connect.driver.client import Client
from rich.console import Console
from rich.table import Table

from citybrain.city import City, load_city
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock, monotonic
from citybrain.floor.errors import CityBrainError
from citybrain.floor.settings import Settings, from_environment
from citybrain.floor.store import connect, connect_reader
from citybrain.floor.topics import EVENTS
from citybrain.roof.local.entries import entry
from sinks.migrations import Dialect
from sinks.repair import Repairer
from sinks.repair_requests import MENDED, RepairAnswer, answers, ask
from sinks.retention import horizons
from sinks.store_check import StoreCheck, WrongRollup, feeds_between
from sinks.table import find_tables
from streams.ruling.tools.arguments import stretch

store = typer.Typer(help="The local store; check, repair: the rollups of any store.")

DIFFERS = 3
"""Exit code where something differs from a recount, or is not repaired."""
LOOK_AGAIN_S = 2.0
ASK_EVERY_S = 1.0
TIMEOUT_S = 300
_STILL_COMES = timedelta(seconds=30)

Since = Annotated[str, typer.Option(help="begin: an instant, or a duration before the end: 30d")]
Until = Annotated[str, typer.Option(help="end: an instant, or a duration before now; '': now")]
Feeds = Annotated[list[str] | None, typer.Option(help="only of that feed; may be repeated")]


@store.callback(invoke_without_command=True)
def run(ctx: typer.Context) -> None:
    """Run the local store (a cluster has its own)."""
    if ctx.invoked_subcommand is None:
        entry("store")(from_environment())


@store.command("check")
def check(since: Since = "7d", until: Until = "", feed: Feeds = None) -> None:
    """Count the rollups anew from the events and say where they differ; exit 0: nowhere, 3: some.

    Buckets that are not over yet are left out, and those that retention may have touched.
    """
    settings, city, now = _start()
    begin, end = stretch(since, until, now, ZoneInfo(city.time_zone), "store check")
    end = min(end, now - _STILL_COMES)
    with connect_reader(settings, timeout_s=TIMEOUT_S) as client:
        feeds = feed or feeds_between(client, begin, end)
        looks = StoreCheck(_mender(client, city), lambda: sleep(LOOK_AGAIN_S))
        found = list(looks.wrong(begin, end, feeds, now))
    _console().print(_wrong_table(found) if found else _well(feeds, begin, end))
    raise typer.Exit(DIFFERS if found else 0)


@store.command("repair")
def repair(
    since: Since = "7d",
    until: Until = "",
    feed: Feeds = None,
    wait: Annotated[float, typer.Option(help="seconds to wait for the sinks")] = 600.0,
) -> None:
    """Have the sinks count the rollups anew and make good what differs; exit 0: all is right.

    The sink that owns a feed does it between its inserts, a piece at a time. What was asked stays
    asked for 7 days, so it is done also where no sink runs now.
    """
    settings, city, now = _start()
    begin, end = stretch(since, until, now, ZoneInfo(city.time_zone), "store repair")
    if not bus.partitions(settings, EVENTS):
        raise CityBrainError(f"Kafka: no topic {EVENTS.name}; start the system with ./city up")
    with connect(settings, timeout_s=TIMEOUT_S) as client:
        feeds = feed or feeds_between(client, begin, end)
        request = ask(client, feeds, begin, end)
        found = _awaited(client, request, len(feeds), wait)
    _console().print(_answers_table(found))
    missing = sorted(set(feeds) - {one.feed for one in found})
    if missing:
        raise CityBrainError(
            f"store repair: no sink did it within {wait:.0f} s for {', '.join(missing)}; is one "
            "running? See './city status'. It stays asked, and is done as soon as one runs"
        )
    raise typer.Exit(0 if all(one.step == MENDED for one in found) else DIFFERS)


def _start() -> tuple[Settings, City, datetime]:
    settings = from_environment()
    return settings, load_city(settings.city_folder), SystemClock().now()


def _mender(client: Client, city: City) -> Repairer:
    tables, (gone, there) = find_tables(), horizons(city)
    return Repairer(client, tables, tables["events"], gone, Dialect(city.time_zone), there)


def _awaited(
    client: Client, request: uuid.UUID, count: int, wait_s: float
) -> Sequence[RepairAnswer]:
    end = monotonic() + wait_s
    while len(found := answers(client, request)) < count and monotonic() < end:
        sleep(ASK_EVERY_S)
    return found


def _well(feeds: Sequence[str], begin: datetime, end: datetime) -> str:
    span = f"{begin.isoformat(timespec='seconds')} to {end.isoformat(timespec='seconds')}"
    return f"{len(feeds)} feeds, {span}: all rollups are what a recount gives"


def _wrong_table(found: Sequence[WrongRollup]) -> Table:
    table = Table(
        "feed", "rollup", "buckets", "events off", "first", "last", box=None, pad_edge=False
    )
    for one in found:
        wrong = one.found
        first, last = (at.strftime("%Y-%m-%d %H:%MZ") for at in (wrong.first, wrong.last))
        table.add_row(one.feed, one.table, str(wrong.buckets), str(wrong.events), first, last)
    return table


def _answers_table(found: Sequence[RepairAnswer]) -> Table:
    table = Table("feed", "outcome", "rollups", "buckets", "events off", box=None, pad_edge=False)
    for one in found:
        rollups = ", ".join(one.tables) or "all were right"
        words = f"{one.step}: {one.words}" if one.words else one.step
        table.add_row(one.feed, words, rollups, str(one.buckets), str(one.events))
    return table


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
