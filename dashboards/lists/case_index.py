"""The facts of all open cases, kept as the log goes on: pages for desks, counts for walls.

When a case is due has to be counted, some ten thousand in a second. A snapshot of many is taken in
piece by piece between other work; until all are known, `whole` says no.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from citybrain.cases.records import Case
from citybrain.floor.clock import monotonic
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards.lists.case_columns import CaseColumns
from dashboards.lists.case_facts import CaseFacts
from dashboards.lists.case_nearby import CaseKinds
from dashboards.lists.case_queue import Looker, QueueFilters
from dashboards.lists.case_tally import CaseTally
from dashboards.lists.cases_live import CasesLive
from dashboards.lists.live_list import FirstRows

log = structlog.get_logger(__name__)

AT_ONCE = 200
"""So many changes are taken in when they are heard: what is live waits for nothing."""
PIECE_S = 0.02
MOST_WHOLE, FIRST = 2_000, 300
"""So many cases of a scope are sent whole; of more, so many first ones."""


class CaseIndex:
    """Follows the open cases of a list.

    Attributes:
        columns: finds the first of them by what somebody wants to see.
        tally: counts all of them.
        kinds: finds those of a kind that are near by.
        changes: rises with every change.
    """

    def __init__(self, live: CasesLive, facts_of: Callable[[Case], CaseFacts]) -> None:
        """Follow `live`; `facts_of` says what is asked of a case."""
        self._live, self._facts_of = live, facts_of
        self._known: dict[str, CaseFacts] = {}
        self._waiting: dict[str, None] = {}
        self._news = asyncio.Event()
        self.columns, self.tally, self.kinds = CaseColumns(), CaseTally(), CaseKinds()
        self.changes = 0
        live.listeners.append(self.hear)
        live.cases.bound = FirstRows(MOST_WHOLE, self.first)

    @property
    def whole(self) -> bool:
        """Whether every case that the list knows is taken in."""
        return not self._waiting

    async def run(self) -> None:
        """Take in what is too much for once, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            began, count = monotonic(), len(self._waiting)
            while self._waiting:
                self._take_piece()
                await asyncio.sleep(0)
            log.info("cases_counted", cases=count, took_s=round(monotonic() - began, 1))

    def hear(self, changed: Sequence[str]) -> None:
        """Take in which cases have changed."""
        if self._waiting or len(changed) > AT_ONCE:
            self._waiting |= dict.fromkeys(changed)
            self._news.set()
            return
        for name in changed:
            self._take(name)

    def renew(self) -> None:
        """Ask everything anew: what cases go by has changed."""
        self.hear([*self._known])

    def first(self, scope: Scope) -> list[str]:
        """Return the ids of the first cases of a scope, as a page that just came shows them."""
        return self.columns.page(scope, QueueFilters(), Looker(""), FIRST).ids

    def find(self, name: str) -> CaseFacts | None:
        """Return the facts of an open case; None: it is not known."""
        return self._known.get(name)

    def _take_piece(self) -> None:
        until = monotonic() + PIECE_S
        while self._waiting and monotonic() < until:
            self._take(self._waiting.popitem()[0])

    def _take(self, name: str) -> None:
        """Take one case in as it is now, in the place of what was known of it."""
        before = self._known.pop(name, None)
        case = self._live.cases.find(name, WHOLE_CITY)
        after = self._facts_of(case) if case is not None else None
        self.changes += 1
        if before is not None:
            self.columns.discard(before)
            self.tally.discard(before)
            self.kinds.discard(before)
        if after is not None:
            self._known[name] = after
            self.columns.add(after)
            self.tally.add(after)
            self.kinds.add(after)
