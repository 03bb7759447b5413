"""The doors of files: brought by POST to /cases/api/files, seen beside the case they belong to."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from fastapi import FastAPI, Request, Response

from citybrain.cases.files.clean_file import LONGEST
from citybrain.cases.files.file_store import FileRecord
from citybrain.floor.text import Text
from dashboards.cases.case_service import CaseService
from dashboards.desks.desk_requests import Answered, answer, own_post, signed_in
from dashboards.desks.desk_session import DeskGate
from dashboards.desks.forms import FormRefusal

SLOWEST_S = 60.0
"""For one file: 20 MB at 2.7 Mbit/s. Before the server gives the body up (`http_server.BODY_S`)."""
KEPT_S = 3_600
"""For how long a browser may show a file again without asking: what has an id does not change."""


def add_file_routes(server: FastAPI, cases: CaseService, gate: DeskGate) -> None:
    """Add the routes of files to `server`; all but signed-in people are refused."""

    @server.post("/cases/api/files")
    async def bring(request: Request, name: str = "") -> Response:
        async def act() -> object:
            session = signed_in(request, gate)
            cases.scope(session)
            with cases.files.one_upload(session.user):
                try:
                    async with asyncio.timeout(SLOWEST_S):
                        session, content = await own_post(request, gate, longest=LONGEST)
                except TimeoutError as error:
                    words = f"the file did not come within {SLOWEST_S:.0f} s; try again"
                    raise FormRefusal(408, Text("文件上传超时，请重试", words)) from error
                return await cases.files.bring(session.user, name, content)

        return await answer(act, done=201)

    @server.get("/cases/api/files/{name}/small")
    async def waiting(request: Request, name: str) -> Response:
        async def act() -> Answered:
            session = signed_in(request, gate)
            cases.scope(session)
            return _answered(*await cases.files.waiting(session.user, name), small=True)

        return await answer(act)

    @server.get("/cases/api/cases/{case_name}/files/{name}")
    async def of_case(request: Request, case_name: str, name: str, small: bool = False) -> Response:
        async def act() -> Answered:
            case = await cases.seen(signed_in(request, gate), case_name)
            found = await cases.files.of_case(case, name, small=small)
            return _answered(*found, small=small)

        return await answer(act)


def _answered(note: FileRecord, content: bytes, *, small: bool) -> Answered:
    shows = "inline" if note.is_photo else "attachment"
    headers = {
        "content-disposition": f"{shows}; filename*=UTF-8''{quote(note.name, safe='')}",
        "cache-control": f"private, max-age={KEPT_S}, immutable",
    }
    return Answered(content, "image/jpeg" if small else note.media_type, headers)
