"""Exports a list of cases to somebody who may, and notes who took what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from clickhouse_connect.driver.client import Client

from citybrain.accounts.roles import EXPORT_CASES, may
from citybrain.floor.audit_entry import AuditEntry, entry
from citybrain.floor.text import Text
from dashboards.cases.case_service import CaseService
from dashboards.cases.figures import figure_queries
from dashboards.cases.figures.figure_queries import FigureList
from dashboards.cases.figures.figure_service import FigureService, of_origin
from dashboards.cases.figures.period import PeriodForm
from dashboards.cases.papers.export_rows import MOST, ExportWords, export_rows
from dashboards.cases.papers.spreadsheets import csv_of, xlsx_of
from dashboards.desks.desk_session import DeskSession
from dashboards.desks.forms import FormRefusal

Note = Callable[[AuditEntry], None]
"""Takes an entry of the audit log."""
LONGEST_BODY = 4 * 1024 * 1024
"""Bytes of a request: it may name `MOST` cases."""
_TITLE = Text("案件", "cases")
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class FigureWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cases behind a number, as the panel asks for them."""

    period: str = "month"
    first: str = ""
    last: str = ""
    figure: str = ""
    part: Literal["all", "hits", "rest"] = "hits"
    by: str = ""
    group: str = ""
    stage: str = ""


class ExportForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wanted as a file: cases by id, as a list shows them, or those behind a number."""

    format: Literal["csv", "xlsx"]
    ids: tuple[str, ...] = ()
    figure: FigureWanted | None = None
    lang: Literal["zh", "en"] = "zh"


class ExportFile(NamedTuple):
    """A file that somebody gets.

    Attributes:
        content: its bytes.
        name: what it is called.
        media_type: what it is.
        rows: how many cases are in it.
        wanted: how many there are; more where it was cut at `MOST`.
    """

    content: bytes
    name: str
    media_type: str
    rows: int
    wanted: int


@dataclass
class ExportService:
    """Makes the files; knows nothing of HTTP.

    Attributes:
        figures: knows the cases behind numbers.
        note: takes the audit log's entries.
    """

    figures: FigureService
    note: Note

    @property
    def cases(self) -> CaseService:
        """What knows whose cases are seen."""
        return self.figures.cases

    async def export(self, session: DeskSession, form: ExportForm) -> ExportFile:
        """Return the file that `form` wants, of what the person may see.

        Raises:
            FormRefusal: the role may not export, or what is asked for is not there.
            StoreError: the store does not answer.
        """
        if not may(session.role, EXPORT_CASES):
            self._noted(session, form, None)
            raise FormRefusal(403, Text("您的角色不能导出案件", "your role may not export cases"))
        scope = self.cases.scope(session)
        ids, wanted = await self._ids(session, form)
        found = await self.cases.archive.answer(lambda c: export_rows(c, ids, scope))
        zone = ZoneInfo(self.cases.book.engine.setup.city.time_zone)
        words = ExportWords(self.cases.book, zone, english=form.lang == "en")
        content = await asyncio.to_thread(_content, form.format, words, found)
        told = self.cases.clock.now().astimezone(zone).strftime("%Y%m%d-%H%M")
        name = f"cases-{told}.{form.format}"
        file = ExportFile(content, name, _MEDIA[form.format], len(found), wanted)
        self._noted(session, form, file)
        return file

    async def _ids(self, session: DeskSession, form: ExportForm) -> tuple[list[str], int]:
        if form.figure is None:
            return list(form.ids[:MOST]), len(form.ids)
        asked = form.figure
        wanted = FigureList(asked.figure, asked.part, asked.by, asked.group, asked.stage)
        period = PeriodForm(asked.period, asked.first, asked.last)
        blank = self.figures.asked(session, period, wanted)

        def ask(client: Client) -> tuple[int, list[str]]:
            found, _ = of_origin(client, blank)
            return figure_queries.listed(client, found, wanted, MOST)

        count, ids = await self.cases.archive.answer(ask)
        return ids, count

    def _noted(self, session: DeskSession, form: ExportForm, file: ExportFile | None) -> None:
        asked = form.figure
        what = f"{asked.figure or asked.stage} {asked.part} {asked.period}" if asked else "list"
        details = {"format": form.format, "what": what, "group": asked.group if asked else ""}
        if file:
            details |= {"rows": str(file.rows), "wanted": str(file.wanted)}
        told = entry(
            self.cases.clock.now(),
            "export_cases",
            "accepted" if file else "refused",
            user=session.user,
            role=session.role,
            target=file.name if file else "",
            reason="" if file else "role",
            details=details,
        )
        self.note(told)


def _content(form: str, words: ExportWords, found: list[dict[str, object]]) -> bytes:
    rows = [words.row(one) for one in found]
    if form == "csv":
        return csv_of(words.header(), rows)
    return xlsx_of(words.header(), rows, words.say(_TITLE))
