"""Pages of the open cases, for lists that are too long to be sent whole; what is near a case.

Each answer is picked out of columns in a thread, so that neither the log nor other viewers wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec

from citybrain.accounts.roles import DISPATCH_CASES, SUPERVISE_CASES, may
from citybrain.cases.records import Case
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor
from citybrain.workflow.scope import Scope
from dashboards.cases.case_book import CaseBook
from dashboards.cases.case_people import CasePeople
from dashboards.lists.case_index import CaseIndex
from dashboards.lists.case_queue import CaseWord, Looker, QueueFilters
from dashboards.lists.cases_live import CasesLive

PAGE = 300
"""Rows of a list that is too long, where nobody asked for more."""
MOST = 3_000
MOST_TASKS = 60
MOST_WORDS = 8
LONGEST_SEARCH = 200


class QueueAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a page asks for.

    Attributes:
        mine, unit, dispatch, asks, supervised, newest: as of `QueueFilters`.
        words: to be found, parted by blanks.
        most: how many rows.
        tasks: whether it also shows what waits for the person.
    """

    mine: bool = False
    unit: bool = False
    dispatch: bool = False
    asks: bool = False
    supervised: bool = False
    newest: bool = False
    words: str = ""
    most: int = PAGE
    tasks: bool = False


class CasePages:
    """Answers with the first of the open cases."""

    def __init__(self, live: CasesLive, index: CaseIndex, people: CasePeople) -> None:
        """Answer from `live` by `index`; `people` says what the holders of accounts are called."""
        self._live, self._index, self._people = live, index, people

    async def page(
        self, actor: Actor, scope: Scope, asked: QueueAsked, book: CaseBook
    ) -> dict[str, Any]:
        """Return rows of the first cases that somebody wants to see, and how many there are.

        Args:
            actor: who asks, with all units that it acts for.
            scope: of it.
            asked: what it wants to see.
            book: what kinds and units are called.
        """
        columns = self._index.columns
        dispatches, answers = (may(actor.role, one) for one in (DISPATCH_CASES, SUPERVISE_CASES))
        looker = Looker(actor.user, frozenset(actor.departments), dispatches, answers)
        filters = self._filters(asked, book)
        most = max(1, min(asked.most, MOST))
        found = await asyncio.to_thread(columns.page, scope, filters, looker, most)
        tasks: list[str] = []
        if asked.tasks:
            tasks = await asyncio.to_thread(columns.waiting_for, scope, looker, MOST_TASKS)
        return {
            "rows": self._live.cases.rows_of(found.ids, scope),
            "found": found.found,
            "all": found.all,
            "mine": found.mine,
            "dispatch": found.dispatch,
            "tasks": self._live.cases.rows_of(tasks, scope),
            "whole": self._index.whole,
        }

    def near(self, case: Case, scope: Scope) -> list[dict[str, Any]]:
        """Return the open cases of `scope` that may be the same matter as an open one."""
        facts = self._index.find(case.id)
        if facts is None or facts.follows:
            return []
        return [
            {"row": row, "far": far}
            for name, far in self._index.kinds.near(facts, scope.covers)
            for row in self._live.cases.rows_of([name], scope)
        ]

    def _filters(self, asked: QueueAsked, book: CaseBook) -> QueueFilters:
        words = asked.words[:LONGEST_SEARCH].lower().split()[:MOST_WORDS]
        return QueueFilters(
            mine=asked.mine,
            unit=asked.unit,
            dispatch=asked.dispatch,
            asks=asked.asks,
            supervised=asked.supervised,
            newest=asked.newest,
            words=tuple(self._word(word, book) for word in words),
        )

    def _word(self, text: str, book: CaseBook) -> CaseWord:
        setup = book.engine.setup
        city = setup.city
        return CaseWord(
            text,
            frozenset(_called(text, ((one.id, one.title) for one in city.kinds.values()))),
            frozenset(_called(text, ((one, book.unit(one)) for one in setup.units.by_id))),
            frozenset(_called(text, self._people.titles.items())),
            tuple(_called(text, ((code, one.title) for code, one in city.areas.items()))),
        )


def _called(text: str, titles: Iterable[tuple[str, Text]]) -> list[str]:
    return [name for name, title in titles if text in title.zh.lower() or text in title.en.lower()]
