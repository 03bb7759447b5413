"""`citybrain cases …`: a case and its history, and its clocks counted so that anybody can check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from citybrain.cases import stored_cases
from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.clock_explained import PHRASES, explain
from citybrain.cases.clock_reading import ClockReading
from citybrain.cases.files.file_store import FileStore
from citybrain.cases.limits import LimitKey
from citybrain.cases.records import Case, CaseStep
from citybrain.cases.working_time import WorkingTime
from citybrain.city import load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.errors import CityBrainError
from citybrain.floor.settings import from_environment
from citybrain.floor.store import connect_reader
from citybrain.floor.terminal import say

cases = typer.Typer(help="Cases: show one, count its clocks.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="CASE", help="its number or its id")]
MOST_STEPS, AT_ONCE = 1_000, 1_000
SETTLES = timedelta(days=2)
"""Until then a case is in the store that carries a file, or never will be."""
_ONE = "SELECT case_record FROM cases FINAL WHERE number = {name:String} OR id = {name:String}"
_STEPS = """SELECT change FROM case_changes WHERE case_record = {id:String}
    ORDER BY version, kafka_offset LIMIT 1 BY version LIMIT {most:UInt32}"""


class NoSuchCase(CityBrainError):
    """The store has no case of that name."""


@cases.command("show")
def show(name: Name) -> None:
    """Print a case, and every step of its life."""
    settings = from_environment()
    zone = ZoneInfo(load_city(settings.city_folder).time_zone)
    with connect_reader(settings) as client:
        case = _found(client.query(_ONE, {"name": name}).result_rows, name)
        asked = {"id": case.id, "most": MOST_STEPS}
        steps = [
            msgspec.json.decode(text, type=CaseStep)
            for (text,) in client.query(_STEPS, asked).result_rows
        ]
    say(f"{case.number}  {case.title}")
    say(f"id {case.id}, {case.workflow} {case.workflow_version}, {case.kind}, {case.origin}")
    say(f"stage {case.stage}, state {case.state}, with {case.unit} {case.person}".rstrip())
    table = _table("version", "at", "what", "by", "words")
    for step in steps:
        words = step.details.get("comment", "")
        table.add_row(str(step.version), _at(step.at, zone), step.what, step.by, words)
    _print(table)


@cases.command("clock")
def clock(name: Name) -> None:
    """Print each clock of a case: what counted, what did not and why; it adds up to the second."""
    settings, now = from_environment(), SystemClock().now()
    city = load_city(settings.city_folder)
    clocks = CaseEngine.of(city).clocks
    with connect_reader(settings) as client:
        case = _found(client.query(_ONE, {"name": name}).result_rows, name)
    say(f"{case.number}  {case.title}")
    readings = clocks.readings(case, now)
    if not readings:
        say(f"no limit applies to it; profiles: {', '.join(city.limits) or 'none'}")
    for limit, reading in readings.items():
        for line in _heading(clocks, case, limit, reading):
            say(line)
        _print(_spans(reading, clocks.time, now))


@cases.command("files")
def files(
    drop: Annotated[bool, typer.Option("--drop", help="Delete them.")] = False,
) -> None:
    """List the photos and papers that no case carries.

    They were of cases that retention deleted, or of a command that was refused. Those of the last
    two days are left alone.
    """
    settings, until = from_environment(), SystemClock().now() - SETTLES
    store, count, size = FileStore(settings.files_address), 0, 0
    notes = (note for note in store.all_kept() if note.at < until)
    with connect_reader(settings) as client:
        while some := list(islice(notes, AT_ONCE)):
            carried = stored_cases.files_of(client, sorted({note.case for note in some}))
            for note in some:
                if note.id in carried.get(note.case, ()):
                    continue
                count, size = count + 1, size + note.size
                say(f"{note.id}  {note.at:%Y-%m-%d}  {note.size:>9}  {note.name}")
                if drop:
                    store.drop(note)
    what = "dropped" if drop else "carried by no case; '--drop' deletes them"
    say(f"{count} files, {size} bytes: {what}" if count else "every file is carried by a case")


def _found(rows: Sequence[Sequence[str]], name: str) -> Case:
    if not rows:
        raise NoSuchCase(
            f"store: cases: no case {name!r}; give a number such as WH-20261130-000001"
        )
    return msgspec.json.decode(rows[0][0], type=Case)


def _heading(clocks: CaseClocks, case: Case, limit: str, reading: ClockReading) -> Iterator[str]:
    zone = clocks.time.zone
    allowed = reading.limit.said.en if reading.limit else "–"
    yield ""
    yield f"{limit}: {allowed}, {reading.state}; used {_span(reading.used_s)} of " + (
        f"{_span(reading.allowed_s)}"
    )
    found = clocks.choice(LimitKey(limit, case.kind, case.condition))
    yield f"  source: {found.source if found else '–'}"
    if reading.due_at:
        sure = " (provisional: a year without a published calendar)" if reading.provisional else ""
        yield f"  due {_at(reading.due_at, zone)}{sure}"
    if reading.breached_at:
        yield f"  used up at {_at(reading.breached_at, zone)}"


def _spans(reading: ClockReading, time: WorkingTime, now: datetime) -> Table:
    table, total = _table("leg", "from", "until", "counted", "why"), 0
    for number, leg in enumerate(reading.legs, 1):
        for span in explain(leg, time, now):
            said = PHRASES.say(span.reason).en
            why = f"{said}: {span.given.arguments.get('stage', '')}" if span.given else said
            start, end = _at(span.start, time.zone), _at(span.end, time.zone)
            table.add_row(str(number), start, end, _span(span.counted_s), why)
            total += span.counted_s if leg is reading.legs[-1] else 0
    table.add_section()
    table.add_row("", "", "", _span(total), "counted in the last leg")
    return table


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _at(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in {"counted", "version", "leg"} else "left")
    return table


def _print(table: Table) -> None:
    Console(highlight=False, markup=False).print(table)
