"""What the panel of figures asks for: numbers, and the cases behind one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from clickhouse_connect.driver.client import Client

from citybrain.cases.workflow_files import CaseSetup
from citybrain.floor.clock import millis
from citybrain.floor.origins import EXERCISE, leading
from citybrain.floor.text import Text
from dashboards.cases import case_queries
from dashboards.cases.case_service import CaseService
from dashboards.cases.figures import figure_queries
from dashboards.cases.figures.figure import FIGURES
from dashboards.cases.figures.figure_panel import figures_shown, stages_shown
from dashboards.cases.figures.figure_queries import GROUPS, FigureAsk, FigureList
from dashboards.cases.figures.period import PeriodForm, periods
from dashboards.desks.desk_session import DeskSession
from dashboards.desks.forms import FormRefusal
from dashboards.lists.list_rows import instant

ROWS = 300
ACCEPT = "accept"
_UNKNOWN = Text("未知", "unknown")
_PARTS = ("all", "hits", "rest")


@dataclass
class FigureService:
    """Answers one person's questions about figures; knows nothing of HTTP."""

    cases: CaseService

    async def figures(self, session: DeskSession, form: PeriodForm, by: str) -> dict[str, Any]:
        """Return all figures of a period, together and by `by`, and the times in stages.

        Raises:
            FormRefusal: there is no such period or group, or the role sees no cases.
            StoreError: the store does not answer.
        """
        if by not in GROUPS:
            words = f"unknown group {by!r}; known are {', '.join(GROUPS)}"
            raise FormRefusal(400, Text("不能这样分组，请刷新页面", words))
        blank = self._ask(session, form)

        def ask(client: Client) -> dict[str, Any]:
            found, beside = of_origin(client, blank)
            return {
                "origin": found.origin,
                "beside": beside,
                "period": list(map(millis, found.period)),
                "before": list(map(millis, found.before)),
                **figures_shown(figure_queries.counts(client, found, by), self._titles(by)),
                "stages": stages_shown(
                    figure_queries.stage_times(client, found),
                    figure_queries.stage_times(client, found, earlier=True),
                    self._stage,
                ),
            }

        return await self.cases.archive.answer(ask)

    async def behind(
        self, session: DeskSession, form: PeriodForm, wanted: FigureList
    ) -> dict[str, Any]:
        """Return the newest of the cases behind a number, and how many there are.

        Raises:
            FormRefusal: there is no such figure, or the role sees no cases.
            StoreError: the store does not answer.
        """
        blank = self.asked(session, form, wanted)

        def ask(client: Client) -> dict[str, Any]:
            found, _ = of_origin(client, blank)
            count, ids = figure_queries.listed(client, found, wanted, ROWS)
            known = {one.id: one for one in case_queries.cases(client, ids, found.scope)}
            rows = [
                self.cases.rows.row_of(case)
                | {"closed": None if case.open else instant(case.legs[-1].closed_at)}
                for case in (known[name] for name in ids if name in known)
            ]
            return {"count": count, "rows": rows, "origin": found.origin}

        return await self.cases.archive.answer(ask)

    def asked(self, session: DeskSession, form: PeriodForm, wanted: FigureList) -> FigureAsk:
        """Return the question for a list, its origin still open.

        Raises:
            FormRefusal: there is no such figure, group, part or period.
        """
        ask = self._ask(session, form)
        known = wanted.figure in FIGURES or (wanted.stage and not wanted.figure)
        if not known or wanted.part not in _PARTS or (wanted.by and wanted.by not in GROUPS):
            words = f"no such figure: {wanted.figure!r} {wanted.part!r} {wanted.by!r}"
            raise FormRefusal(400, Text("没有这个指标，请刷新页面", words))
        return ask

    def _ask(self, session: DeskSession, form: PeriodForm) -> FigureAsk:
        setup, scope = self.cases.book.engine.setup, self.cases.scope(session)
        now = self.cases.clock.now()
        period, before = periods(form, now, ZoneInfo(setup.city.time_zone))
        return FigureAsk(period, before, "", scope, sign_limit(setup), closing_limits(setup))

    def _titles(self, by: str) -> Any:
        book = self.cases.book
        if by == "unit":
            return book.unit
        areas = book.engine.setup.city.areas

        def area(code: str) -> Text:
            return areas[code].title if code in areas else Text(code, code) if code else _UNKNOWN

        return area

    def _stage(self, name: str) -> Text:
        """Return what ``workflow/stage`` is called, as the newest workflow of that name says."""
        workflow, _, stage = name.partition("/")
        versions = self.cases.book.engine.setup.every_version()
        for one in sorted(versions, key=lambda one: -one.version):
            if one.id == workflow and stage in one.stages:
                title = one.stages[stage].title
                return Text(f"{one.title.zh} · {title.zh}", f"{one.title.en} · {title.en}")
        return Text(name, name)


def sign_limit(setup: CaseSetup) -> str:
    """Return the limit within which units sign for what they are given: that of most `accept`."""
    named = [
        entry.clock
        for one in setup.every_version()
        for _, name, entry in one.placed()
        if (entry.does or name) == ACCEPT and entry.clock
    ]
    return max(sorted(set(named)), key=named.count, default="")


def closing_limits(setup: CaseSetup) -> tuple[str, ...]:
    """Return the limits by which a case is closed in time, as ``workflow/limit``.

    That of the whole case, where a workflow has one; else those of all of its stages.
    """
    found = {
        f"{one.id}/{limit}"
        for one in setup.every_version()
        for limit in ([one.clock] if one.clock else [s.clock for s in one.stages.values()])
        if limit
    }
    return tuple(sorted(found))


def of_origin(client: Client, ask: FigureAsk) -> tuple[FigureAsk, list[str]]:
    """Return the question for the origin that is counted, and which others stand beside it.

    What is live alone is counted where there is any, else the first of the lesser ones; never an
    exercise.
    """
    every = figure_queries.origins(client, ask.scope)
    lead = leading(every - {EXERCISE})
    return replace(ask, origin=lead), sorted(every - {lead})
