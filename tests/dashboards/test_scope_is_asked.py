"""Whoever gives out records of alerts has to say for whom: by the types, not by remembering."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from citybrain.workflow.scope import Scope, Sealed
from dashboards import alert_queries
from dashboards.desk import handover_queries, queries
from dashboards.lists.alerts_live import AlertsLive
from dashboards.lists.live_list import LiveList

OF_ALERTS = {"Alert", "AlertChange", "Silence", "ShiftSummary"}
OF_ONE_THAT_WAS_SEEN = {"changes", "sent"}
"""They ask by the id of an alert that the caller was let see (`DeskService.alert`)."""


def public(module: ModuleType) -> list[Callable[..., Any]]:
    found = inspect.getmembers(module, inspect.isfunction)
    return [one for name, one in found if one.__module__ == module.__name__ and name[0] != "_"]


def words(annotation: object) -> str:
    return getattr(annotation, "__name__", "") + str(annotation)


@pytest.mark.parametrize(
    "query",
    [one for module in (alert_queries, queries, handover_queries) for one in public(module)],
    ids=lambda query: query.__qualname__,
)
def test_query_when_it_gives_alerts_out_then_it_takes_a_scope_or_they_are_sealed(
    query: Callable[..., Any],
) -> None:
    hints = typing.get_type_hints(query)
    given = words(hints.pop("return"))
    if not any(f".{name}" in given or given.startswith(name) for name in OF_ALERTS):
        return
    if query.__name__ in OF_ONE_THAT_WAS_SEEN:
        assert "alert_id" in hints
        return
    assert Scope in hints.values() or "Sealed[" in given


@pytest.mark.parametrize(
    ("owner", "name"),
    [(AlertsLive, "silences"), (LiveList, "records")],
    ids=["silences", "records"],
)
def test_list_when_it_gives_its_records_out_then_they_are_sealed(owner: type, name: str) -> None:
    returned = typing.get_type_hints(getattr(owner, name).fget)["return"]
    assert typing.get_origin(returned) is Sealed


@pytest.mark.parametrize("owner", [AlertsLive, LiveList], ids=lambda owner: owner.__name__)
def test_list_when_asked_otherwise_then_it_gives_out_no_record(owner: type) -> None:
    for name, member in inspect.getmembers(owner, inspect.isfunction):
        if name.startswith("_"):
            continue
        returned = words(typing.get_type_hints(member).get("return"))
        assert not any(one in returned for one in ("Alert]", "records.Alert'", "~R")), name
