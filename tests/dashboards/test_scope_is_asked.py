"""Whoever gives out records of alerts or cases has to say for whom: by types, not by memory."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from citybrain.workflow.scope import Scope, Sealed
from dashboards import alert_queries
from dashboards.cases import case_queries
from dashboards.cases.figures import figure_queries
from dashboards.cases.figures.figure_queries import FigureAsk
from dashboards.cases.papers.export_rows import export_rows
from dashboards.desk import handover_queries, queries
from dashboards.lists.alerts_live import AlertsLive
from dashboards.lists.cases_live import CasesLive
from dashboards.lists.live_list import LiveList

OF_RECORDS = {"Alert", "AlertChange", "Silence", "ShiftSummary", "Case", "CaseStep"}
OF_ONE_THAT_WAS_SEEN = {"changes": "alert_id", "sent": "alert_id", "steps": "case_id"}
"""They ask by the id of what the caller was let see (`DeskService.alert`, `CaseService.case`)."""
MODULES = (alert_queries, queries, handover_queries, case_queries)


def public(module: ModuleType) -> list[Callable[..., Any]]:
    found = inspect.getmembers(module, inspect.isfunction)
    return [one for name, one in found if one.__module__ == module.__name__ and name[0] != "_"]


def words(annotation: object) -> str:
    return getattr(annotation, "__name__", "") + str(annotation)


@pytest.mark.parametrize(
    "query",
    [one for module in MODULES for one in public(module)],
    ids=lambda query: query.__qualname__,
)
def test_query_when_it_gives_alerts_out_then_it_takes_a_scope_or_they_are_sealed(
    query: Callable[..., Any],
) -> None:
    hints = typing.get_type_hints(query)
    given = words(hints.pop("return"))
    if not any(f".{name}" in given or given.startswith(name) for name in OF_RECORDS):
        return
    if query.__name__ in OF_ONE_THAT_WAS_SEEN:
        assert OF_ONE_THAT_WAS_SEEN[query.__name__] in hints
        return
    assert Scope in hints.values() or "Sealed[" in given


@pytest.mark.parametrize(
    "query", [*public(figure_queries), export_rows], ids=lambda query: query.__qualname__
)
def test_query_when_it_counts_cases_or_lists_them_then_it_takes_a_scope(
    query: Callable[..., Any],
) -> None:
    hints = typing.get_type_hints(query)
    assert Scope in hints.values() or FigureAsk in hints.values()
    assert typing.get_type_hints(FigureAsk)["scope"] is Scope


@pytest.mark.parametrize(
    ("owner", "name"),
    [(AlertsLive, "silences"), (LiveList, "records")],
    ids=["silences", "records"],
)
def test_list_when_it_gives_its_records_out_then_they_are_sealed(owner: type, name: str) -> None:
    returned = typing.get_type_hints(getattr(owner, name).fget)["return"]
    assert typing.get_origin(returned) is Sealed


@pytest.mark.parametrize(
    "owner", [AlertsLive, CasesLive, LiveList], ids=lambda owner: owner.__name__
)
def test_list_when_asked_otherwise_then_it_gives_out_no_record(owner: type) -> None:
    for name, member in inspect.getmembers(owner, inspect.isfunction):
        if name.startswith("_"):
            continue
        hints = typing.get_type_hints(member)
        returned = words(hints.pop("return", None))
        gives = any(one in returned for one in ("Alert]", "Case]", "records.Alert'", "~R"))
        assert not gives or Scope in hints.values(), name
