"""The SQL of figures: numbers, times in stages, and the cases behind them; values always bound.

Number and list are made of the same conditions (`figure`), over the newest version of each case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from citybrain.floor.clock import millis
from citybrain.workflow.scope import Scope, ScopeColumns
from dashboards.cases.figures.figure import ALIVE, FIGURES, STAGE_PASSED, Part
from dashboards.cases.figures.period import Period

CASES = ScopeColumns("concerned", "area")
"""Whom a row of table ``case_figures`` concerns."""
GROUPS = {
    "unit": ("handler", "first_handler"),
    "district": ("substring(area, 1, 6)",) * 2,
    "street": ("substring(area, 1, 9)",) * 2,
}
"""What figures can be apart by: SQL of the group, of figures by the unit and by the first unit."""
_FROM = "FROM case_figures FINAL"
_SETTINGS = "SETTINGS do_not_merge_across_partitions_select_final = 1"
"""All versions of a case lie in the partition of the month that it was opened in."""


@dataclass(frozen=True)
class FigureAsk:
    """What is asked of the cases.

    Attributes:
        period: of which time.
        before: the time that it is compared with.
        origin: which origin alone is counted.
        scope: of who asks.
        sign_limit: the limit within which a unit signs for what it is given.
        closing_limits: those by which a case is closed in time, as ``workflow/limit``.
    """

    period: Period
    before: Period
    origin: str
    scope: Scope
    sign_limit: str
    closing_limits: tuple[str, ...]


class FigureCount(NamedTuple):
    """How many cases make a figure.

    Attributes:
        about: how many it is about.
        counts: how many of them it counts; of a figure without a rate all.
        rating: sum of their ratings.
    """

    about: int = 0
    counts: int = 0
    rating: int = 0

    def plus(self, other: FigureCount) -> FigureCount:
        """Return both together."""
        return FigureCount(*(one + two for one, two in zip(self, other, strict=True)))


Counts = dict[str, tuple[FigureCount, FigureCount]]
"""Figure → in the period, and in the one before."""


class StageTimes(NamedTuple):
    """How long cases were in a stage, s: of those that were closed in the period.

    Attributes:
        stage: ``workflow/stage``.
        cases: how many; 0: none.
        median, p90: seconds.
    """

    stage: str
    cases: int
    median: float
    p90: float


def origins(client: Client, scope: Scope) -> set[str]:
    """Return the origins of the cases that `scope` may see."""
    seen, values = scope.condition(CASES)
    sql = f"SELECT DISTINCT toString(origin) FROM case_figures WHERE {seen}"  # noqa: S608  bound
    return {str(row[0]) for row in _rows(client, sql, values)}


def counts(client: Client, ask: FigureAsk, by: str) -> dict[str, Counts]:
    """Return the counts of all figures by group: a unit, or the code of an area; "" of none."""
    condition, values = _asked(ask)
    measures = [
        text
        for one in FIGURES.values()
        for part in ("all", "hits")
        for text in _both(one.condition(part))
    ]
    columns = ", ".join(
        [*(f"countIf({text})" for text in measures), *(f"sumIf(rating, {m})" for m in _rated())]
    )
    of, first = GROUPS[by]
    alive = " OR ".join(_both(ALIVE))
    sql = f"""
        SELECT {of} AS _of, {first} AS _first, {columns} {_FROM}
        WHERE {condition} AND ({alive})
        GROUP BY _of, _first {_SETTINGS}"""
    found: dict[str, Counts] = {}
    for of_, first_, *numbers in _rows(client, sql, values):
        _take(found, {"handler": str(of_), "first_handler": str(first_)}, numbers)
    return found


def _take(found: dict[str, Counts], group: Mapping[str, str], numbers: Sequence[int]) -> None:
    rated = iter(numbers[4 * len(FIGURES) :])
    ratings = dict(zip(_means(), zip(rated, rated, strict=True), strict=True))
    for n, (name, one) in enumerate(FIGURES.items()):
        about, about_before, hits, hits_before = numbers[4 * n : 4 * n + 4]
        rating, rating_before = ratings.get(name, (0, 0))
        mine = found.setdefault(group[one.unit], {})
        now, before = mine.get(name, (FigureCount(), FigureCount()))
        mine[name] = (
            now.plus(FigureCount(about, hits, rating)),
            before.plus(FigureCount(about_before, hits_before, rating_before)),
        )


def stage_times(client: Client, ask: FigureAsk, *, earlier: bool = False) -> list[StageTimes]:
    """Return how long cases that were closed in the period, or the one before, were in stages."""
    condition, values = _asked(ask)
    closed = _in(FIGURES["closed"].about, earlier=earlier)
    sql = f"""
        SELECT stage, count(), quantileExact(0.5)(s), quantileExact(0.9)(s)
        FROM (SELECT stages, stages_s {_FROM} WHERE {condition} AND {closed})
        ARRAY JOIN stages AS stage, stages_s AS s
        GROUP BY stage ORDER BY stage {_SETTINGS}"""  # noqa: S608  the conditions bind their values
    return [StageTimes(*row) for row in _rows(client, sql, values)]


@dataclass(frozen=True)
class FigureList:
    """Which of the cases behind a figure are wanted.

    Attributes:
        figure: name of the figure; "": those of `stage`.
        part: which part of it.
        by, group: only of that group; "": of all.
        stage: ``workflow/stage``.
        earlier: of the period before.
    """

    figure: str = ""
    part: Part = "hits"
    by: str = ""
    group: str = ""
    stage: str = ""
    earlier: bool = False

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Return the SQL of its cases, and what it binds."""
        figure = FIGURES.get(self.figure)
        text = figure.condition(self.part) if figure else STAGE_PASSED
        values: dict[str, Any] = {} if figure else {"stage": self.stage}
        if figure and self.by:
            of, first = GROUPS[self.by]
            text += f" AND {of if figure.unit == 'handler' else first} = {{group:String}}"
            values["group"] = self.group
        return _in(text, earlier=self.earlier), values


def listed(client: Client, ask: FigureAsk, wanted: FigureList, limit: int) -> tuple[int, list[str]]:
    """Return how many cases there are behind a number, and the ids of the newest of them."""
    condition, values = _asked(ask)
    text, own = wanted.condition()
    cases = f"{_FROM} WHERE {condition} AND {_in(ALIVE, earlier=wanted.earlier)} AND {text}"
    bound = {**values, **own, "limit": limit}
    ((count,),) = _rows(client, f"SELECT count() {cases} {_SETTINGS}", bound)
    sql = f"""
        SELECT id {cases} ORDER BY opened_at DESC, id LIMIT {{limit:UInt32}}
        {_SETTINGS}"""
    return count, [str(row[0]) for row in _rows(client, sql, bound)]


def _asked(ask: FigureAsk) -> tuple[str, dict[str, Any]]:
    """Return what holds for every question, and what all of its parts bind."""
    seen, values = ask.scope.condition(CASES)
    bound = {**values, "origin": ask.origin}
    for name, period in (("now", ask.period), ("then", ask.before)):
        bound[f"since_{name}"], bound[f"until_{name}"] = map(millis, period)
    bound |= {"sign_limit": ask.sign_limit, "closing_limits": list(ask.closing_limits)}
    return f"origin = {{origin:String}} AND {seen}", bound


def _in(text: str, *, earlier: bool = False) -> str:
    """Return a condition with the instants of one of the periods."""
    name = "then" if earlier else "now"
    for edge in ("since", "until"):
        bound = f"fromUnixTimestamp64Milli({{{edge}_{name}:Int64}}, 'UTC')"
        text = text.replace(f"{{{edge}}}", bound)
    return text


def _both(text: str) -> tuple[str, str]:
    return _in(text), _in(text, earlier=True)


def _means() -> list[str]:
    return [name for name, one in FIGURES.items() if one.has_mean]


def _rated() -> list[str]:
    return [text for name in _means() for text in _both(FIGURES[name].about)]


def _rows(client: Client, sql: str, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    return client.query(sql, parameters=dict(values)).result_rows
