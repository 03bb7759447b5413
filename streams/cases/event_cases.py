"""Which records of feeds become a case by themselves, and what moves it on; pure.

A record opens one case, whatever its later versions say: the command bears the same id whenever it
is made again. What its source says of it later (a status, an event of another kind for the same
matter) is reported to that case. What a backfill brings of long ago is history, and opens nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from citybrain.cases.case_engine import OPEN
from citybrain.cases.dispatching import Matter
from citybrain.cases.machine_steps import ITSELF, REPORT
from citybrain.cases.opening import (
    ATTRIBUTE,
    LONGEST_TEXT,
    LONGEST_TITLE,
    CaseOpening,
    EventMatter,
)
from citybrain.cases.personal_numbers import masked
from citybrain.cases.workflow_files import CaseSetup
from citybrain.floor.duration import seconds
from citybrain.floor.event_columns import CLOSED
from citybrain.floor.event_columns import OPEN as STILL_OPEN
from citybrain.floor.origins import EXERCISE
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Command
from streams.windows.partials import EnvelopeAt

_NAMESPACE = UUID("2f8b9c1e-6c0a-5d4b-8d55-1503000c1e27")
_LONGEST_NAME = 200


def case_of_record(feed: str, record: str) -> str:
    """Return the id of the case that a record of a feed becomes (UUID)."""
    return str(uuid5(_NAMESPACE, f"{feed}\x1f{record}"))


@dataclass(frozen=True)
class _Row:
    """One record as an envelope tells of it.

    Attributes:
        columns: of the event.
        record: what names the matter.
        before: its status in the version that this one takes back; None: it takes none back.
    """

    columns: Mapping[str, Any]
    record: str
    before: str | None

    @property
    def status(self) -> str:
        return str(self.columns["status"] or "")

    @property
    def since(self) -> datetime:
        """Since when it is so."""
        found: datetime = self.columns["updated_at"] or self.columns["occurred_at"]
        return found


class EventCases:
    """Makes the commands, by a city's cases.yaml."""

    def __init__(self, setup: CaseSetup, seal: CommandSeal) -> None:
        """Go by `setup`; sign with `seal`."""
        self._setup, self._seal = setup, seal
        self._zone = ZoneInfo(setup.city.time_zone)
        self._matters: dict[str, list[EventMatter]] = defaultdict(list)
        for one in setup.cases.events:
            for feed in one.feeds:
                self._matters[feed].append(one)

    def commands(self, source: EnvelopeAt) -> list[Command]:
        """Return what the records of an envelope ask for, in their order; mostly nothing."""
        found = self._matters.get(source.envelope.feed, ())
        return [one for matter in found for one in self._of_matter(matter, source.envelope.table)]

    def _of_matter(self, matter: EventMatter, table: pa.Table) -> Iterator[Command]:
        for row in _rows(matter, table):
            kind = row.columns["kind"]
            if row.columns["origin"] == EXERCISE or not row.record:
                continue
            if kind in matter.closed_by or row.status == CLOSED:
                if row.before != CLOSED:
                    yield self._report(row, CLOSED)
            elif row.before == CLOSED:
                yield self._report(row, STILL_OPEN)
            elif row.before is None and (not matter.kinds or kind in matter.kinds):
                yield self._open(matter, row)

    def _report(self, row: _Row, status: str) -> Command:
        details = {"status": status, "comment": masked(str(row.columns["text"]))[:LONGEST_TITLE]}
        name = f"report {row.record} {status} {row.since.isoformat()}"
        return self._command(REPORT, row, name, details=details)

    def _open(self, matter: EventMatter, row: _Row) -> Command:
        record = self._opening(matter, row).as_record()
        return self._command(OPEN, row, f"open {row.record}", record=record)

    def _command(self, action: str, row: _Row, name: str, **given: Any) -> Command:
        feed = row.columns["feed"]
        command = Command(
            id=str(uuid5(_NAMESPACE, f"{feed}\x1f{name}")),
            action=action,
            target=case_of_record(feed, row.record),
            actor=ITSELF,
            at=row.columns["received_at"],
            noun="case",
            **given,
        )
        return self._seal.signed(command)

    def _opening(self, matter: EventMatter, row: _Row) -> CaseOpening:
        columns, city = row.columns, self._setup.city
        kind = columns["kind"]
        area = columns["area"] if columns["area"] in city.areas else ""
        day = columns["received_at"].astimezone(self._zone).date()
        text = str(columns["text"]).strip()
        about = Matter(kind, self._setup.theme_of(kind), "", area)
        return CaseOpening(
            kind=kind,
            workflow=matter.workflow,
            title=(text or city.kinds[kind].title.zh)[:LONGEST_TITLE],
            text=text[:LONGEST_TEXT] if len(text) > LONGEST_TITLE else "",
            source="event",
            handler=self._setup.dispatch.destination(about, day).unit,
            area=area,
            lon=columns["lon"],
            lat=columns["lat"],
            origin=columns["origin"],
            outside={columns["feed"]: row.record},
            severity=columns["severity"],
            events=(str(UUID(bytes=columns["event_id"])),),
        )


def _rows(matter: EventMatter, table: pa.Table) -> Iterator[_Row]:
    """Yield the records that are news of a matter, as they are after the envelope."""
    fresh = _fresh(table, seconds(matter.within) * 1000)
    taken: dict[bytes, str] = {}
    for columns in table.filter(pa.array(fresh)).to_pylist() if fresh.any() else ():
        if columns["sign"] < 0:
            taken.setdefault(columns["event_id"], str(columns["status"] or ""))
        else:
            before = taken.pop(columns["event_id"], None)
            yield _Row(columns, _named(matter, columns), before)


def _fresh(table: pa.Table, within_ms: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which rows tell of what was so no longer ago than that, as they came.

    What takes a version back has that version's instants: it is there where anything is.
    """
    received, occurred, updated = (
        table[name].cast(pa.int64()).fill_null(-1).to_numpy()
        for name in ("received_at", "occurred_at", "updated_at")
    )
    since = np.where(updated < 0, occurred, updated)
    signs = table["sign"].to_numpy()
    fresh: np.ndarray[Any, np.dtype[np.bool_]] = np.less_equal(received - since, within_ms)
    return np.logical_or(fresh, signs < 0) if fresh.any() else fresh


def _named(matter: EventMatter, columns: Mapping[str, Any]) -> str:
    if not matter.record:
        return str(UUID(bytes=columns["event_id"]))
    attributes: Sequence[tuple[str, str]] = columns["attrs"] or ()
    return dict(attributes).get(matter.record.removeprefix(ATTRIBUTE), "")[:_LONGEST_NAME]
