"""What an origin may do to another: one order, asked wherever one record acts on another.

    live > replay > simulated > exercise

An origin quietens, groups, counts with, outranks and rings for only its own or a lesser one, so
what is made up never touches a decision about what is real. Exercises are apart by run as well: one
drill's leftovers do nothing to the next one. What names an origin, and for exercises perhaps a run
(``exercise-0302_120000``), is called a *world* here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Literal, TypeVar, get_args

Origin = Literal["live", "replay", "simulated", "exercise"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
"""The order: what stands first outranks what follows."""
LIVE, EXERCISE = ORIGINS[0], ORIGINS[-1]
DRILL, DRILL_END = "drill", "drill_end"
"""Attributes of the events of a drill: the run; and, of the last one, that it is over."""
_RANKS: dict[str, int] = {origin: rank for rank, origin in enumerate(ORIGINS)}
_T = TypeVar("_T")


class Deed(StrEnum):
    """What one record can do to another; one order holds for all (`permits`)."""

    QUIETEN = "quieten"
    GROUP = "group"
    COUNT = "count"
    OUTRANK = "outrank"
    RING = "ring"


def permits(_deed: Deed, doer: str, other: str) -> bool:
    """Return whether what is of world `doer` may do a deed to what is of world `other`.

    Args:
        _deed: which; all follow the same order, the name is for who reads the call.
        doer: origin or world.
        other: origin or world.
    """
    above, below = origin_rank(doer), origin_rank(other)
    return above < below or doer == other


def origin_rank(world: str) -> int:
    """Return the place of an origin or world in the order, 0 for what is live.

    What is not known is least of all: it may do nothing to what is known.
    """
    return _RANKS.get(origin_of_world(world), len(ORIGINS))


def origin_of_world(world: str) -> str:
    """Return the origin of a world."""
    return world.partition("-")[0]


def least(origins: Iterable[str]) -> Origin:
    """Return the origin of what rests on records of `origins`: the least of them; live of none."""
    found = set(origins)
    return next((origin for origin in reversed(ORIGINS) if origin in found), LIVE)


def leading(origins: Iterable[str]) -> Origin:
    """Return the origin that is counted where several stand together: the first; live of none."""
    found = set(origins)
    return next((origin for origin in ORIGINS if origin in found), LIVE)


def counted(records: Iterable[_T], origin: Callable[[_T], str]) -> tuple[list[_T], list[_T]]:
    """Return the records of the leading origin, and the others.

    What is counted is of one origin: lesser ones stand beside it and are said apart. An exercise
    is never counted, also where it is alone.
    """
    every = list(records)
    lead = leading(origin(one) for one in every)
    mine = [one for one in every if origin(one) == lead and lead != EXERCISE]
    return mine, [one for one in every if origin(one) != lead or lead == EXERCISE]


def plain_of(origins: Iterable[str]) -> str:
    """Return the world whose names bear no mark in a city whose feeds are of `origins`.

    It is what is live, or, where all that is no exercise is of one origin, that one.
    """
    found = {*origins} - {EXERCISE}
    return found.pop() if len(found) == 1 else LIVE


def mark(world: str, plain: str = LIVE) -> str:
    """Return what is added to a name so that worlds stay apart: nothing to that of `plain`."""
    return "" if world == plain else f"-{world}"


def world_of(origin: str, name: str) -> str:
    """Return the world that a name made with `mark` says; of `origin` where it says none."""
    _, found, run = name.partition(f"-{EXERCISE}")
    return f"{EXERCISE}{run}" if origin == EXERCISE and found else origin
