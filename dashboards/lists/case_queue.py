"""What somebody wants to see of the open cases, and the first of them as an answer; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class CaseWord(NamedTuple):
    """One word that somebody looks for, small letters, with all that it may stand for.

    Attributes:
        text: as it was typed; found in numbers, titles, ids, accounts.
        kinds, units, people: ids of kinds and units, and accounts, that are called so.
        areas: codes of areas that are called so; all below them are meant.
    """

    text: str
    kinds: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Looker:
    """Who looks.

    Attributes:
        user: the account.
        units: that it acts for.
        dispatches: whether it dispatches.
        answers: whether it answers what is asked for.
    """

    user: str
    units: frozenset[str] = frozenset()
    dispatches: bool = False
    answers: bool = False


@dataclass(frozen=True)
class QueueFilters:
    """What somebody wants to see of the open cases.

    Attributes:
        mine, unit, dispatch, asks, supervised: each leaves what fits it alone.
        newest: the newest first among what is equally due and urgent; else the oldest.
        words: all of which are found; what follows another case shows only where there are some.
    """

    mine: bool = False
    unit: bool = False
    dispatch: bool = False
    asks: bool = False
    supervised: bool = False
    newest: bool = False
    words: tuple[CaseWord, ...] = ()


class QueuePage(NamedTuple):
    """The first cases that somebody wants to see.

    Attributes:
        ids: of them, in order.
        found: how many there are by the filters.
        all, mine, dispatch: how many there are without them, that stand alone.
    """

    ids: list[str]
    found: int
    all: int
    mine: int
    dispatch: int
