"""Put the case desk together: its live list, its service, and who may sit at it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

import msgspec
from fastapi import FastAPI

from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.files.file_store import FileStore
from citybrain.floor.clock import Clock
from citybrain.floor.settings import Settings
from citybrain.floor.topics import CASE_SNAPSHOTS, CASES
from dashboards.cases.case_book import CaseBook
from dashboards.cases.case_pages import CasePages
from dashboards.cases.case_people import CasePeople
from dashboards.cases.case_routes import add_case_routes
from dashboards.cases.case_service import CaseService
from dashboards.cases.figures.figure_routes import add_figure_routes
from dashboards.cases.figures.figure_service import FigureService
from dashboards.cases.files.file_routes import add_file_routes
from dashboards.cases.files.file_service import FileService
from dashboards.cases.forecasts import CaseForecasts
from dashboards.cases.leavers import Leavers
from dashboards.cases.papers.export_service import ExportService, Note
from dashboards.cases.papers.paper_routes import add_paper_routes
from dashboards.command_sender import CommandSender
from dashboards.desk.colleagues import Directory
from dashboards.desks.desk_session import DeskGate
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.case_facts import facts_of_case
from dashboards.lists.case_index import CaseIndex
from dashboards.lists.case_rows import CaseRows
from dashboards.lists.cases_live import CasesLive
from dashboards.lists.hearing import CommandOutcomes, Follower
from dashboards.lists.log_tail import LogTail

_DIGITS = 8


@dataclass(frozen=True)
class CaseDesk:
    """The case desk of one process.

    Attributes:
        live: the open cases.
        index: what walls and long lists ask of them.
        leavers: gives cases of who left back to their units.
        service: answers requests.
        gate: knows who asks.
    """

    live: CasesLive
    index: CaseIndex
    leavers: Leavers
    service: CaseService
    gate: DeskGate

    async def run(self) -> None:
        """Follow the cases for as long as the process serves."""
        learning = self.service.forecasts.run(lambda: self.service.book.clocks)
        await asyncio.gather(self.live.run(), self.index.run(), self.leavers.run(), learning)

    def add_to(self, server: FastAPI, note: Note) -> None:
        """Add the case desk's routes to `server`; what is taken along as a file is told `note`."""
        figures = FigureService(self.service)
        add_case_routes(server, self.service, self.gate)
        add_figure_routes(server, figures, self.gate)
        add_file_routes(server, self.service, self.gate)
        add_paper_routes(server, ExportService(figures, note), self.gate)

    def reload(self, engine: CaseEngine, version: str) -> None:
        """Go by `engine` from now on; pages of another `version`, or other words, load anew."""
        self.service.book = CaseBook(engine)
        self.service.rows.engine = engine
        self.live.cases.forget_rows()
        self.index.renew()
        self.live.version = version_with(self.service.book, version)


def steps_of(settings: Settings) -> Follower:
    """Return what tells of the real log of cases."""
    return LogTail(settings, CASES, snapshots=CASE_SNAPSHOTS)


def case_desk_of(  # noqa: PLR0913  the parts that it is made of
    steps: Follower,
    outcomes: CommandOutcomes,
    archive: StoreArchive,
    actions: CommandSender,
    clock: Clock,
    gate: DeskGate,
    *,
    version: str,
    engine: CaseEngine,
    directory: Directory,
    files: FileStore,
) -> CaseDesk:
    """Return the case desk; it follows the log once its `live` runs.

    Args:
        steps: tells of city.cases.
        outcomes: hears what became of commands.
        archive: asks the store.
        actions: sends commands.
        clock: the present.
        gate: knows who asks.
        version: tells the page of this process from another.
        engine: what cases go by.
        directory: knows who holds accounts.
        files: keeps photos and papers.
    """
    people, book = CasePeople(directory), CaseBook(engine)
    rows = CaseRows(engine, people.title)
    live = CasesLive(steps, outcomes, clock, version_with(book, version), rows.row_of)
    index = CaseIndex(live, lambda case: facts_of_case(rows.engine, case))
    pages = CasePages(live, index, people)
    kept, forecasts = FileService(files, clock), CaseForecasts(live, archive, clock)
    service = CaseService(archive, live, actions, clock, book, rows, people, pages, kept, forecasts)
    return CaseDesk(live, index, Leavers(live, directory, actions, clock), service, gate)


def version_with(book: CaseBook, version: str) -> str:
    """Return what tells a page from one of another release, or of other workflows and units."""
    words = msgspec.json.encode(book.page(), order="sorted")
    return f"{version}-{hashlib.sha256(words).hexdigest()[:_DIGITS]}"
