"""The doors of figures: JSON under /cases/api/figures."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from dashboards.cases.figures.figure_queries import FigureList
from dashboards.cases.figures.figure_service import FigureService
from dashboards.cases.figures.period import PeriodForm
from dashboards.desks.desk_requests import answer, signed_in
from dashboards.desks.desk_session import DeskGate

API = "/cases/api/figures"


def add_figure_routes(server: FastAPI, service: FigureService, gate: DeskGate) -> None:
    """Add the routes of figures to `server`; all but signed-in people are refused."""

    @server.get(API)
    async def figures(request: Request, by: str = "unit") -> Response:
        async def ask() -> object:
            return await service.figures(signed_in(request, gate), period_of(request), by)

        return await answer(ask)

    @server.get(f"{API}/cases")
    async def behind(request: Request) -> Response:
        async def ask() -> object:
            session = signed_in(request, gate)
            return await service.behind(session, period_of(request), list_of(request))

        return await answer(ask)


def period_of(request: Request) -> PeriodForm:
    """Return which period a request asks for."""
    asked = request.query_params
    return PeriodForm(asked.get("period", "month"), asked.get("first", ""), asked.get("last", ""))


def list_of(request: Request) -> FigureList:
    """Return which cases a request asks for; whether there are such is for others to say."""
    asked = request.query_params
    words = {name: asked.get(name, "") for name in ("figure", "by", "group", "stage")}
    part = asked.get("part", "hits")
    return FigureList(**words, part=part, earlier=asked.get("earlier") == "yes")  # type: ignore[arg-type]  # looked at by `FigureService.asked`
