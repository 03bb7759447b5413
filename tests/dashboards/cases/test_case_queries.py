"""Every query of the case desk against the real store, with rows as the sinks write them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from citybrain.cases.files.file_store import FileStore
from citybrain.cases.records import Case
from citybrain.floor.clock import ManualClock, SystemClock
from citybrain.floor.settings import Settings
from citybrain.workflow.scope import Scope
from dashboards.cases import case_queries
from dashboards.cases.case_desk import case_desk_of
from dashboards.desks.forms import CommandForm
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.hearing import CommandOutcomes
from tests.dashboards.cases.house import CaseHouse
from tests.dashboards.cases.staff import CLERK, DISPATCHER, Staff
from tests.dashboards.desk.house import Doorman

pytestmark = pytest.mark.services

NOW = SystemClock().now().replace(microsecond=0)
EVERYTHING = Scope()
OURS, ELSEWHERE = Scope(departments=("sanitation",)), Scope(areas=("150304",))
DONE = (("resolve", {"comment": "已清理"}), ("revisit", {"result": "satisfied"}))


class Stored:
    """A house with four cases: one open, one closed, one closed of another unit, one merged."""

    def __init__(self, settings: Settings) -> None:
        self.house = CaseHouse(settings)
        registry = self.house.registry
        self.open = registry.handled(registry.open(NOW, "人民路垃圾", kind="exposed_rubbish"), NOW)
        ours = registry.handled(registry.open(NOW, "河边垃圾", kind="exposed_rubbish"), NOW)
        self.closed = registry.walk(ours, NOW + timedelta(minutes=1), *DONE)
        theirs = registry.handled(registry.open(NOW, "树木折断"), NOW, "parks")
        self.theirs = registry.walk(theirs, NOW + timedelta(minutes=2), *DONE)
        again = registry.handled(registry.open(NOW, "人民路又报"), NOW)
        into = {"into": self.open.id, "comment": "同一处"}
        self.merged = registry.walk(again, NOW, ("merge", into))
        self.client = registry.client
        setup = registry.engine.setup
        self.ends = [
            f"{one.id}/{name}"
            for one in setup.every_version()
            for name, stage in one.stages.items()
            if stage.ends
        ]

    def closed_ones(self, words: str = "", scope: Scope = EVERYTHING) -> list[str]:
        looked_for = [case_queries.SearchWord(word) for word in words.split()]
        found = case_queries.closed_cases(self.client, self.ends, looked_for, scope, 10)
        return [one.title for one in found]


@pytest.fixture(scope="module")
def stored(store_settings: Settings) -> Iterator[Stored]:
    stored = Stored(store_settings)
    yield stored
    stored.client.close()


def test_case_when_asked_by_id_or_number_then_its_newest_version_within_the_scope(
    stored: Stored,
) -> None:
    for name in (stored.closed.id, stored.closed.number):
        assert case_queries.case(stored.client, name, OURS) == stored.closed
        assert case_queries.case(stored.client, name, ELSEWHERE) is None
    assert case_queries.case(stored.client, stored.theirs.id, OURS) is None
    assert case_queries.case(stored.client, "nothing", EVERYTHING) is None


def test_steps_when_asked_then_all_of_one_case_oldest_first(stored: Stored) -> None:
    steps = case_queries.steps(stored.client, stored.closed.id, 100)
    assert [step.what for step in steps] == [
        *("opened", "accepted", "file", "dispatched", "resolved", "revisited"),
    ]
    assert steps[-1].after == stored.closed
    assert [one.what for one in case_queries.steps(stored.client, stored.closed.id, 2)] == [
        "resolved",
        "revisited",
    ]


@pytest.mark.parametrize(
    ("words", "scope", "titles"),
    [
        ("", EVERYTHING, ["树木折断", "河边垃圾"]),
        ("", OURS, ["河边垃圾"]),
        ("", ELSEWHERE, []),
        ("河边", EVERYTHING, ["河边垃圾"]),
        ("垃圾 河边", EVERYTHING, ["河边垃圾"]),
        ("垃圾 树木", EVERYTHING, []),
        ("WH-", EVERYTHING, ["树木折断", "河边垃圾"]),
        ("' OR 1=1 --", EVERYTHING, []),
    ],
)
def test_closed_when_looked_for_then_those_within_the_scope_newest_first(
    stored: Stored, words: str, scope: Scope, titles: list[str]
) -> None:
    assert stored.closed_ones(words, scope) == titles


def test_cases_when_linked_then_those_that_may_be_seen(stored: Stored) -> None:
    ids = [stored.open.id, stored.theirs.id]
    assert [one.id for one in case_queries.cases(stored.client, ids, OURS)] == [stored.open.id]
    assert case_queries.cases(stored.client, [], EVERYTHING) == []


def service(stored: Stored) -> Any:
    """Return a service that knows nothing but the store."""
    actions: Any = stored.house.registry
    desk = case_desk_of(
        stored.house.registry.steps,
        CommandOutcomes(),
        StoreArchive(lambda: stored.client),
        actions,
        ManualClock(NOW + timedelta(hours=1)),
        Doorman(),
        version="page",
        engine=stored.house.registry.engine,
        directory=Staff(),
        files=FileStore("memory://files"),
    )
    return desk.service


def test_detail_when_closed_then_history_in_words_and_the_stages_it_went_through(
    stored: Stored,
) -> None:
    answer = asyncio.run(service(stored).case(CLERK, stored.closed.number))
    assert answer["visited"] == [
        "reporting",
        "filing",
        "dispatching",
        "handling",
        "feedback",
        "closed",
    ]
    assert [line["words"][0] for line in answer["history"]][1:] == [
        *("受理", "立案", "派遣", "处置完成", "核查"),
    ]
    sent = answer["history"][3]
    assert sent["facts"] == [
        [["环节", "stage"], ["处置", "Being handled"]],
        [["单位", "unit"], service(stored).book.unit("sanitation").both()],
    ]
    last = answer["history"][-1]
    assert (last["by"], last["role"]) == (["admin", "admin"], ["管理员", "administrator"])
    assert last["facts"][-1] == [["结果", "result"], ["满意", "satisfied"]]
    assert answer["case"]["closed"] is not None


def test_detail_when_merged_then_it_names_the_case_that_it_follows(stored: Stored) -> None:
    (link,) = asyncio.run(service(stored).case(DISPATCHER, stored.merged.id))["case"]["links"]
    assert (link["what"], link["number"], link["title"]) == (
        *("into", stored.open.number, "人民路垃圾"),
    )
    (child,) = asyncio.run(service(stored).case(DISPATCHER, stored.open.id))["case"]["links"]
    assert (child["what"], child["number"], child["state"]) == (
        *("children", stored.merged.number, ["已并案", "merged into another case"]),
    )


def test_command_when_the_case_was_closed_long_ago_then_it_brings_it_along(stored: Stored) -> None:
    registry = stored.house.registry
    registry.obeys = False
    form = CommandForm("reopen", stored.closed.id, stored.closed.version, {"comment": "又脏了"})
    asyncio.run(service(stored).command(DISPATCHER, [form]))
    brought = msgspec.json.decode(registry.sent[-1].record, type=Case)
    assert brought == stored.closed
    asyncio.run(service(stored).command(CLERK, [CommandForm("reopen", stored.theirs.id)]))
    assert bytes(registry.sent[-1].record) == b"null"  # of another unit


def test_last_closed_when_asked_then_the_newest_first_within_the_scope(stored: Stored) -> None:
    def titles(scope: Scope, limit: int = 10) -> list[str]:
        return [one.title for one in case_queries.last_closed(stored.client, scope, limit)]

    assert titles(EVERYTHING) == ["树木折断", "河边垃圾"]
    assert titles(EVERYTHING, 1) == ["树木折断"]
    assert titles(OURS) == ["河边垃圾"]
