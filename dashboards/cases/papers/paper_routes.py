"""The doors of files: a list of cases by POST to /cases/api/export, and the sheet of a case."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request, Response

from dashboards.cases.papers.case_sheet import sheet_of
from dashboards.cases.papers.export_service import LONGEST_BODY, ExportForm, ExportService
from dashboards.cases.papers.sheet_paper import sheet_pdf
from dashboards.desks.desk_requests import Answered, answer, own_post, signed_in
from dashboards.desks.desk_session import DeskGate
from dashboards.desks.forms import read


def add_paper_routes(server: FastAPI, service: ExportService, gate: DeskGate) -> None:
    """Add the routes of files to `server`; all but signed-in people are refused."""

    @server.post("/cases/api/export")
    async def export(request: Request) -> Response:
        async def make() -> Answered:
            session, body = await own_post(request, gate, longest=LONGEST_BODY)
            file = await service.export(session, read(body, ExportForm))
            headers = {
                "content-disposition": f'attachment; filename="{file.name}"',
                "cache-control": "no-store",
                "x-rows": str(file.rows),
                "x-rows-wanted": str(file.wanted),
            }
            return Answered(file.content, file.media_type, headers)

        return await answer(make)

    @server.get("/cases/api/cases/{name}/sheet")
    async def sheet(request: Request, name: str, lang: str = "zh") -> Response:
        async def make() -> Answered:
            cases = service.cases
            case, shown = await cases.look(signed_in(request, gate), name)
            told = sheet_of(case, shown, cases.book, cases.clock.now(), english=lang == "en")
            headers = {
                "content-disposition": f'inline; filename="{case.number}.pdf"',
                "cache-control": "no-store",
            }
            return Answered(await asyncio.to_thread(sheet_pdf, told), "application/pdf", headers)

        return await answer(make)
