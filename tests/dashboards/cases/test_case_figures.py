"""Figures of cases against the real store: numbers counted by hand, and the cases behind each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client
from msgspec.structs import replace

from citybrain.cases.case_parts import CaseFlag
from citybrain.cases.files.file_store import FileStore
from citybrain.cases.records import Case
from citybrain.floor.clock import ManualClock
from citybrain.floor.settings import Settings
from citybrain.workflow.scope import Scope
from dashboards.cases.case_desk import case_desk_of
from dashboards.cases.figures import figure_queries
from dashboards.cases.figures.figure import FIGURES
from dashboards.cases.figures.figure_queries import FigureAsk, FigureList
from dashboards.cases.figures.figure_service import FigureService, closing_limits, sign_limit
from dashboards.cases.figures.period import PeriodForm, periods
from dashboards.desks.forms import FormRefusal
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.hearing import CommandOutcomes
from sinks.tables import case_figures
from tests.dashboards.cases.house import StoredRegistry
from tests.dashboards.cases.staff import CLERK, DISPATCHER, Staff
from tests.dashboards.desk.house import Doorman
from tests.dashboards.desk.stored import make_tables

pytestmark = pytest.mark.services

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 20, 4, 0, tzinfo=UTC)
MARCH = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
JUNE, MAY = datetime(2026, 6, 10, 1, 0, tzinfo=UTC), datetime(2026, 5, 10, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RESOLVED = ("resolve", {"comment": "已清理"})
DONE = (RESOLVED, ("revisit", {"result": "satisfied"}))
SIGNED = ("accept", {})
SEEN_BY_PARKS = {"opened", "open"}


class Stored:
    """Cases of May and June, most of the sanitation, two of the parks, one simulated."""

    def __init__(self, settings: Settings) -> None:
        registry = self.registry = StoredRegistry(settings)
        make_tables(registry.client)
        self.client: Client = registry.client
        signal = {"signal": "s", "watch_s": 3600, "alerts": ("a",)}
        self.plain = self.closed(JUNE, "按时", **signal)
        flag = CaseFlag(at=JUNE, by="engine", what="not_seen", leg=0)
        self.plain = self.told_of(self.plain, flags=(flag,))
        self.late = self.told_late(self.signed(JUNE, "超时"), "sign/0/breach/100")
        self.late = self.told_late(self.late, "handle/0/breach/100")
        self.late = registry.walk(self.late, JUNE + 9 * HOUR, *DONE)
        redone = self.signed(JUNE, "重办")
        again = (RESOLVED, ("redo", {"comment": "没扫干净"}))
        registry.walk(redone, JUNE + 2 * HOUR, *again)
        self.redone = registry.walk(redone, JUNE + 5 * HOUR, *DONE)
        back = registry.handled(registry.open(JUNE, "退回"), JUNE, "parks")
        registry.walk(back, JUNE + HOUR, ("return", {"comment": "不是我们的"}))
        registry.walk(back, JUNE + HOUR, ("dispatch", {"unit": "sanitation"}), SIGNED)
        self.returned = registry.walk(back, JUNE + 4 * HOUR, *DONE)
        self.reopened = self.closed(MAY, "重开")
        registry.walk(self.reopened, JUNE, ("reopen", {"comment": "又脏了"}))
        self.before = self.closed(MAY, "上月")
        self.still = self.signed(MAY, "在办")
        self.unsigned = registry.handled(registry.open(JUNE, "未签"), JUNE, "parks")
        self.made_up = self.told_of(registry.open(JUNE, "模拟"), origin="simulated")

    def signed(self, at: datetime, title: str, **more: Any) -> Case:
        case = self.registry.handled(self.registry.open(at, title, **more), at)
        return self.registry.walk(case, at + HOUR, SIGNED)

    def closed(self, at: datetime, title: str, **more: Any) -> Case:
        return self.registry.walk(self.signed(at, title, **more), at + 3 * HOUR, *DONE)

    def told_of(self, case: Case, **changed: Any) -> Case:
        """Write a step after which the case is `changed`, as its owner would."""
        last = self.registry.all_steps[-1]
        after = replace(case, version=case.version + 1, **changed)
        step = replace(last, id=case.id, version=after.version, what="overdue", after=after)
        self.registry.told([step])
        self.registry.cases[case.id] = after
        return after

    def told_late(self, case: Case, timer: str) -> Case:
        return self.told_of(case, told={**case.told, timer: case.updated_at})


@pytest.fixture(scope="module")
def stored(store_settings: Settings) -> Iterator[Stored]:
    stored = Stored(store_settings)
    yield stored
    stored.client.close()


def asked(stored: Stored, scope: Scope = Scope(), origin: str = "live") -> FigureAsk:  # noqa: B008  frozen
    period, before = periods(PeriodForm("month"), NOW, ZONE)
    setup = stored.registry.engine.setup
    return FigureAsk(period, before, origin, scope, sign_limit(setup), closing_limits(setup))


def test_counts_when_asked_then_those_that_are_counted_by_hand(stored: Stored) -> None:
    whole = figure_queries.counts(stored.client, asked(stored), "unit")
    told = {
        (unit, name): (now[:2], before[:2])
        for unit, found in whole.items()
        for name, (now, before) in found.items()
        if now.about or before.about
    }
    assert told == {
        ("sanitation", "opened"): ((4, 4), (3, 3)),
        ("parks", "opened"): ((1, 1), (0, 0)),
        ("sanitation", "closed"): ((4, 4), (2, 2)),
        ("sanitation", "open"): ((2, 2), (1, 1)),
        ("parks", "open"): ((1, 1), (0, 0)),
        ("sanitation", "signed"): ((3, 2), (3, 3)),
        ("parks", "signed"): ((1, 1), (0, 0)),
        ("sanitation", "on_time"): ((4, 3), (2, 2)),
        ("sanitation", "redone"): ((4, 1), (2, 0)),
        ("sanitation", "reopened"): ((4, 0), (2, 0)),
        ("sanitation", "moved"): ((3, 0), (2, 0)),
        ("sanitation", "not_seen"): ((1, 1), (0, 0)),
        ("parks", "moved"): ((1, 1), (0, 0)),
    }


@pytest.mark.parametrize(("scope", "by"), [(Scope(), "unit"), (Scope(("parks",)), "street")])
def test_list_when_any_number_is_clicked_then_it_is_as_long_as_the_number_says(
    stored: Stored, scope: Scope, by: str
) -> None:
    ask = asked(stored, scope)
    counts = figure_queries.counts(stored.client, ask, by)
    clicked = [
        (FigureList(name, part, by, group, earlier=earlier), number)
        for group, found in counts.items()
        for name, both in found.items()
        for earlier, told in enumerate(both)
        for part, number in (("all", told.about), ("hits", told.counts))
        if told.about
    ]
    unrated = {*FIGURES} - {"satisfied"}
    assert {which.figure for which, _ in clicked} == (unrated if by == "unit" else SEEN_BY_PARKS)
    for which, number in clicked:
        count, ids = figure_queries.listed(stored.client, ask, which, 100)
        assert (count, len(set(ids))) == (number, number), which


def test_list_when_it_is_of_those_too_late_then_the_cases_that_were(stored: Stored) -> None:
    for figure in ("on_time", "signed"):
        which = FigureList(figure, "rest")
        assert figure_queries.listed(stored.client, asked(stored), which, 9) == (
            1,
            [stored.late.id],
        )


def test_stage_times_when_asked_then_those_of_the_cases_closed_and_their_list(
    stored: Stored,
) -> None:
    ask = asked(stored)
    found = {one.stage: one for one in figure_queries.stage_times(stored.client, ask)}
    handling = found["city_management/handling"]
    # 3 h, 9 h, 2 + 3 h; of the returned one 1 h before it went back, and 3 h.
    assert (handling.cases, handling.median, handling.p90) == (4, 18_000.0, 32_400.0)
    which = FigureList(stage=handling.stage)
    assert figure_queries.listed(stored.client, ask, which, 9)[0] == 4


def test_figures_when_only_what_is_simulated_is_seen_then_it_is_counted_and_said(
    stored: Stored,
) -> None:
    assert figure_queries.origins(stored.client, Scope()) == {"live", "simulated"}
    made_up = figure_queries.counts(stored.client, asked(stored, origin="simulated"), "unit")
    assert sum(found["opened"][0].about for found in made_up.values()) == 1


def test_fill_when_the_store_held_cases_before_then_they_are_read_alike(stored: Stored) -> None:
    def rows() -> Any:
        sql = "SELECT * FROM case_figures FINAL ORDER BY id"
        return stored.client.query(sql).result_rows

    before = rows()
    stored.client.command("TRUNCATE TABLE case_figures")
    (statement,) = case_figures.TABLE.migrations[1].statements
    stored.client.command(statement)
    assert len(before) == len(stored.registry.cases)
    assert rows() == before


def service(stored: Stored) -> FigureService:
    actions: Any = stored.registry
    desk = case_desk_of(
        stored.registry.steps,
        CommandOutcomes(),
        StoreArchive(lambda: stored.client),
        actions,
        ManualClock(NOW),
        Doorman(),
        version="page",
        engine=stored.registry.engine,
        directory=Staff(),
        files=FileStore("memory://files"),
    )
    return FigureService(desk.service)


def test_panel_when_a_unit_has_few_cases_then_counts_and_no_rate(stored: Stored) -> None:
    told = asyncio.run(service(stored).figures(DISPATCHER, PeriodForm("month"), "unit"))
    assert (told["origin"], told["beside"]) == ("live", ["simulated"])
    on_time = told["total"]["on_time"]
    assert (on_time["about"], on_time["counts"], on_time["rate"]) == (4, 3, None)
    assert on_time["before"] == {"about": 2, "counts": 2, "rate": None}
    assert [one["title"][0] for one in told["groups"]] == ["园林绿化中心", "环境卫生服务中心"]
    assert told["stages"][0]["title"] == [
        "城市管理案件 · 派遣",
        "City management case · To be dispatched",
    ]


def test_behind_when_the_person_sees_one_unit_then_its_cases_alone(stored: Stored) -> None:
    ours = asyncio.run(service(stored).behind(CLERK, PeriodForm("month"), FigureList("opened")))
    assert (ours["count"], {row["title"] for row in ours["rows"]}) == (
        4,
        {"按时", "超时", "重办", "退回"},
    )
    with pytest.raises(FormRefusal, match="no such figure"):
        asyncio.run(service(stored).behind(CLERK, PeriodForm("month"), FigureList("' OR 1")))
