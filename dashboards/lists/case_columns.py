"""The open cases in columns, so that a page out of two hundred thousand takes milliseconds; pure.

A case has a slot, a place in every column, for as long as it is open. Words (units, people, kinds,
areas, the units that a case concerns) are codes: a question is asked once of each different word,
not of each case. Nothing is kept in order; the first cases are picked out when they are asked for.

May be read in a thread while the event loop changes it: a case that changes meanwhile may be missed
or misplaced, and the page is asked for again. Only more room has to wait for who reads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from itertools import repeat
from operator import contains
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from citybrain.workflow.scope import WHOLE_CITY, Belonging, Scope
from dashboards.lists.case_facts import CaseFacts
from dashboards.lists.case_queue import CaseWord, Looker, QueueFilters, QueuePage

FIRST_SIZE = 1024
T = TypeVar("T", bound=Hashable)
Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]

_TAKEN, _DISPATCH, _ASKS, _SUPERVISED, _FOLLOWS = 1, 2, 4, 8, 16
_DUE_BITS, _SEVERITY_BITS = 45, 3
_LAST_DUE = (1 << _DUE_BITS) - 1


class _Codes(Generic[T]):
    """A column of few different words: which code each case has, and what the codes stand for."""

    def __init__(self) -> None:
        self.words: list[T] = []
        self._known: dict[T, int] = {}
        self.column = np.zeros(FIRST_SIZE, np.int64)

    def put(self, slot: int, word: T) -> None:
        code = self._known.get(word)
        if code is None:
            code = self._known[word] = len(self.words)
            self.words.append(word)
        self.column[slot] = code

    def where(self, fits: Callable[[T], bool]) -> Mask:
        """Return of each slot whether its word fits."""
        words = self.words[:]
        fitting = np.fromiter((fits(word) for word in words), np.bool_, len(words))
        codes = self.column
        return fitting[np.minimum(codes, len(words) - 1)] if len(words) else codes < 0


class CaseColumns:
    """The open cases."""

    def __init__(self) -> None:
        """Begin with none."""
        self._slots: dict[str, int] = {}
        self._free: list[int] = list(range(FIRST_SIZE - 1, -1, -1))
        self._ids: list[str] = [""] * FIRST_SIZE
        self._texts: list[str] = [""] * FIRST_SIZE
        self._flags = np.zeros(FIRST_SIZE, np.int64)
        self._urgency = np.zeros(FIRST_SIZE, np.int64)
        self._age = np.zeros(FIRST_SIZE, np.int64)
        self._parts: dict[str, set[int]] = {}
        self._unit, self._person, self._kind = _Codes[str](), _Codes[str](), _Codes[str]()
        self._area, self._concerned = _Codes[str](), _Codes[tuple[str, ...]]()
        self._size = threading.Lock()  # columns are of one length while they are looked through

    def __len__(self) -> int:
        """Return how many cases there are, also those that follow another."""
        return len(self._slots)

    def add(self, case: CaseFacts) -> None:
        """Take a case in that was not there."""
        if not self._free:
            with self._size:
                self._grow()
        slot = self._slots[case.id] = self._free.pop()
        self._ids[slot], self._texts[slot] = case.id, case.text
        due = min(case.due, _LAST_DUE)  # an instant of the year 3084; what is never due is last
        urgent = (1 << _SEVERITY_BITS) - 1 - case.severity
        place = ((case.rank << _DUE_BITS | due) << 1 | (not case.supervised)) << _SEVERITY_BITS
        self._urgency[slot], self._age[slot] = place | urgent, case.opened
        self._unit.put(slot, case.unit)
        self._person.put(slot, case.person)
        self._kind.put(slot, case.kind)
        self._area.put(slot, case.area)
        self._concerned.put(slot, case.concerned)
        for unit in case.parts:
            self._parts.setdefault(unit, set()).add(slot)
        self._flags[slot] = (
            _TAKEN
            | _DISPATCH * case.dispatch
            | _ASKS * case.asks
            | _SUPERVISED * case.supervised
            | _FOLLOWS * case.follows
        )

    def discard(self, case: CaseFacts) -> None:
        """Take a case out as it was taken in."""
        slot = self._slots.pop(case.id)
        self._flags[slot] = 0
        for unit in case.parts:
            self._parts[unit].discard(slot)
        self._free.append(slot)

    def page(self, scope: Scope, filters: QueueFilters, looker: Looker, most: int) -> QueuePage:
        """Return the first cases of `scope` that fit, so many `most`."""
        with self._size:
            return self._page(scope, filters, looker, most)

    def _page(self, scope: Scope, filters: QueueFilters, looker: Looker, most: int) -> QueuePage:
        flags = self._flags
        seen = self._seen(scope)
        alone = seen & ((flags & _FOLLOWS) == 0)
        mine = alone & self._person.where(lambda one: bool(one) and one == looker.user)
        to_dispatch = alone & ((flags & _DISPATCH) != 0)
        fitting = seen.copy() if filters.words else alone.copy()
        if filters.mine:
            fitting &= mine
        if filters.unit:
            fitting &= self._unit.where(looker.units.__contains__) | self._with_part(looker.units)
        for asked, flag in (
            (filters.dispatch, _DISPATCH),
            (filters.asks, _ASKS),
            (filters.supervised, _SUPERVISED),
        ):
            if asked:
                fitting &= (flags & flag) != 0
        for word in filters.words:
            fitting &= self._found(word, fitting)
        counts = (int(np.count_nonzero(one)) for one in (fitting, alone, mine, to_dispatch))
        return QueuePage(self._first(fitting, most, newest=filters.newest), *counts)

    def waiting_for(self, scope: Scope, looker: Looker, most: int) -> list[str]:
        """Return the ids of the first cases of `scope` that wait for somebody, so many `most`.

        First what the person has; then of which a unit has a part to do; what is to be dispatched
        or answered; what nobody of a unit has taken.
        """
        with self._size:
            return self._waiting_for(scope, looker, most)

    def _waiting_for(self, scope: Scope, looker: Looker, most: int) -> list[str]:
        flags, alone = self._flags, self._seen(scope) & ((self._flags & _FOLLOWS) == 0)
        asked = _DISPATCH * looker.dispatches | _ASKS * looker.answers
        sorts = (
            self._person.where(lambda one: bool(one) and one == looker.user),
            self._with_part(looker.units),
            (flags & asked) != 0,
            self._unit.where(looker.units.__contains__) & self._person.where(lambda one: not one),
        )
        found: list[str] = []
        for fits in sorts:
            found += self._first(alone & fits, most - len(found))
            alone &= ~fits
        return found

    def _seen(self, scope: Scope) -> Mask:
        """Return of each slot whether there is a case in it that `scope` covers."""
        taken: Mask = (self._flags & _TAKEN) != 0
        if scope == WHOLE_CITY:
            return taken
        units, areas = Scope(departments=scope.departments), Scope(areas=scope.areas)
        taken &= self._concerned.where(lambda one: units.covers(_Concerning(one, "")))
        taken &= self._area.where(lambda one: areas.covers(_Concerning((), one)))
        return taken

    def _with_part(self, units: frozenset[str]) -> Mask:
        found = np.zeros(len(self._flags), np.bool_)
        for unit in units & self._parts.keys():
            found[list(self._parts[unit])] = True
        return found

    def _found(self, word: CaseWord, among: Mask) -> Mask:
        """Return of each slot whether a word is found in its case, of those that are looked at."""
        text, texts = word.text, self._texts
        found = (
            self._kind.where(word.kinds.__contains__)
            | self._unit.where(word.units.__contains__)
            | self._person.where(word.people.__contains__)
            | self._area.where(lambda one: one.startswith(word.areas))
        )
        left = np.flatnonzero(among & ~found)
        if 2 * len(left) > len(found):
            return found | np.fromiter(map(contains, texts, repeat(text)), np.bool_, len(found))
        found[[slot for slot in left.tolist() if text in texts[slot]]] = True
        return found

    def _first(self, fitting: Mask, most: int, *, newest: bool = False) -> list[str]:
        """Return the ids of the first `most` cases in the order of the list."""
        if most <= 0:
            return []
        slots = np.flatnonzero(fitting)
        urgency = self._urgency[slots]
        if most < len(slots):
            least = np.partition(urgency, most - 1)[most - 1]
            slots, urgency = slots[urgency <= least], urgency[urgency <= least]
        age = self._age[slots]
        order = np.lexsort((slots, -age if newest else age, urgency))[:most]
        return [self._ids[slot] for slot in slots[order].tolist()]

    def _grow(self) -> None:
        size = len(self._flags)
        self._ids += [""] * size
        self._texts += [""] * size
        self._flags, self._urgency, self._age = map(
            _doubled, (self._flags, self._urgency, self._age)
        )
        codes: Sequence[_Codes[str] | _Codes[tuple[str, ...]]] = (
            *(self._unit, self._person, self._kind, self._area, self._concerned),
        )
        for one in codes:
            one.column = _doubled(one.column)
        self._free = list(range(2 * size - 1, size - 1, -1))


class _Concerning:
    """Something that concerns units, or lies somewhere, for a scope to judge."""

    def __init__(self, departments: tuple[str, ...], area: str) -> None:
        self.belonging = Belonging(departments, area)


def _doubled(column: Numbers) -> Numbers:
    return np.concatenate((column, np.zeros(len(column), column.dtype)))
