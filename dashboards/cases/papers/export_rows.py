"""The rows of an export: which columns, from where, and in whose words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from clickhouse_connect.driver.client import Client

from citybrain.cases.case_words import HELD_STATES
from citybrain.floor.text import Text
from citybrain.workflow.scope import Scope
from dashboards.cases.case_book import SOURCES, CaseBook
from dashboards.cases.figures.figure_queries import CASES
from dashboards.cases.papers.spreadsheets import Cell

MOST = 50_000
"""Cases in one export."""
COLUMNS: Mapping[str, Text] = {
    "number": Text("编号", "number"),
    "title": Text("标题", "title"),
    "kind": Text("类型", "kind"),
    "area": Text("地点", "place"),
    "handler": Text("单位", "unit"),
    "state": Text("环节", "stage"),
    "source": Text("来源", "source"),
    "severity": Text("紧急程度 0-4", "urgency 0-4"),
    "origin": Text("数据性质", "origin"),
    "opened_at": Text("立案", "opened"),
    "closed_at": Text("首次办结", "first closed"),
    "last_closed_at": Text("最近办结", "last closed"),
    "redos": Text("重办", "redone"),
    "moves": Text("退转", "returned or transferred"),
    "rating": Text("评价 1-5", "rating 1-5"),
    "late": Text("超时的时限", "limits that ran out"),
}
"""Columns of ``case_figures`` → what they are called."""
ORIGINS: Mapping[str, Text] = {
    "live": Text("真实", "live"),
    "replay": Text("回放", "replay"),
    "simulated": Text("模拟", "simulated"),
    "exercise": Text("演练", "exercise"),
}
_AREA_DIGITS = (6, 9, 12, 15)


def export_rows(client: Client, ids: Sequence[str], scope: Scope) -> list[dict[str, Any]]:
    """Return those of the cases `ids` that `scope` may see, the newest first."""
    seen, values = scope.condition(CASES)
    columns = ", ".join([*COLUMNS, "workflow"])
    sql = f"""
        SELECT {columns} FROM case_figures FINAL
        WHERE id IN {{ids:Array(String)}} AND {seen}
        ORDER BY opened_at DESC, id"""  # noqa: S608  the condition binds its values
    found = client.query(sql, parameters={"ids": list(ids), **values})
    return list(found.named_results())


class ExportWords:
    """Says what stands in a row of the store."""

    def __init__(self, book: CaseBook, zone: ZoneInfo, *, english: bool) -> None:
        """Speak as `book` does, of instants in `zone`."""
        self._book, self._zone, self._english = book, zone, english
        self._setup = book.engine.setup
        flows = sorted(self._setup.every_version(), key=lambda one: one.version)
        self._stages = {
            (one.id, name): stage.title for one in flows for name, stage in one.stages.items()
        }

    def header(self) -> list[str]:
        """Return the names of the columns."""
        return [self.say(title) for title in COLUMNS.values()]

    def row(self, found: Mapping[str, Any]) -> list[Cell]:
        """Return the cells of one case."""
        return [self._cell(name, found) for name in COLUMNS]

    def say(self, text: Text) -> str:
        """Return a text in the language of the export."""
        return text.en if self._english else text.zh

    def _cell(self, name: str, found: Mapping[str, Any]) -> Cell:
        value = found[name]
        if isinstance(value, datetime):
            return value.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")
        if name == "late":
            limits = (str(one).partition("/")[2] for one in value)
            return "、".join(self.say(self._book.limit(one)) for one in limits)
        if name in _WORDED:
            return self.say(_WORDED[name](self, str(value), found))
        return "" if value is None or (name == "rating" and not value) else value

    def _area(self, code: str, _found: Mapping[str, Any]) -> Text:
        areas = self._setup.city.areas
        known = [
            areas[code[:n]].title for n in _AREA_DIGITS if len(code) >= n and code[:n] in areas
        ]
        zh, en = "".join(one.zh for one in known), ", ".join(one.en for one in known)
        return Text(zh, en) if known else Text(code, code)

    def _state(self, state: str, found: Mapping[str, Any]) -> Text:
        stage = self._stages.get((str(found["workflow"]), state), Text(state, state))
        return HELD_STATES.get(state) or stage

    def _kind(self, kind: str, _found: Mapping[str, Any]) -> Text:
        return self._book.kind(kind)

    def _unit(self, unit: str, _found: Mapping[str, Any]) -> Text:
        return self._book.unit(unit)

    def _source(self, source: str, _found: Mapping[str, Any]) -> Text:
        return SOURCES.get(source, Text(source, source))

    def _origin(self, origin: str, _found: Mapping[str, Any]) -> Text:
        return ORIGINS.get(origin, Text(origin, origin))


_WORDED = {
    "area": ExportWords._area,  # noqa: SLF001  its own
    "state": ExportWords._state,  # noqa: SLF001
    "kind": ExportWords._kind,  # noqa: SLF001
    "handler": ExportWords._unit,  # noqa: SLF001
    "source": ExportWords._source,  # noqa: SLF001
    "origin": ExportWords._origin,  # noqa: SLF001
}
