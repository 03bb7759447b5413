"""From what was measured of one key to the spells in which the rule's condition held.

A measure becomes a code: the level that it reaches, if any. A spell begins *pending*, *fires*
when it held for long enough, and *ends* when it was clear for long enough. Folding is a function of
a memory and of observations in the order of event time, so it can be done again from any memory
when late data changed what was observed since.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from citybrain.floor.nearness import slack
from citybrain.rules.rule import Damping, Thresholds
from streams.ruling.intake.rows import Floats

COVERED = 0.9
"""Share of `for` that lies between readings: the last may come a little before its time."""
HOLD, CLEAR = -1, 0
"""Codes of observations that are no level: between the clear and the lowest threshold; clear."""


class Observation(NamedTuple):
    """What was measured of a key at an instant of event time.

    Attributes:
        at_ms: the instant, ms since 1970 UTC.
        code: rank of the level that it reaches (1 blue … 4 red), `HOLD` or `CLEAR`.
        value: the measure.
        read_ms: instant of the newest reading that it rests on; 0: it rests on none.
    """

    at_ms: int
    code: int
    value: float
    read_ms: int = 0


@dataclass(frozen=True)
class Spell:
    """One time that a condition held.

    Attributes:
        start_ms: event time of the first observation that held.
        rank: level now.
        peak: highest level.
        value: measure when the level was last reached or raised.
        at_ms: instant of that.
        fired_ms: when it had held for long enough; None: pending.
        ended_ms: when it was over; None: not yet.
        unknown_ms: instant of the last reading, where none came for too long since: nobody knows
            whether it still holds; None: it is known.
    """

    start_ms: int
    rank: int
    peak: int
    value: float
    at_ms: int
    fired_ms: int | None = None
    ended_ms: int | None = None
    unknown_ms: int | None = None


@dataclass(frozen=True)
class Memory:
    """All that has to be remembered of a key to fold on from an instant.

    Attributes:
        spell: the spell that is open.
        held: observations in a row that held.
        clear: observations in a row that were clear.
        clear_ms: instant of the first of these.
        lower: observations in a row that held a lower level, and the highest of those.
        first_read_ms, last_read_ms: the reading with which the spell began, and the newest one.
    """

    spell: Spell | None = None
    held: int = 0
    clear: int = 0
    clear_ms: int = 0
    lower: int = 0
    lower_rank: int = 0
    first_read_ms: int = 0
    last_read_ms: int = 0

    def covers(self, damping: Damping) -> bool:
        """Whether readings say that it held for long enough; not where none came since."""
        return _covers(self.last_read_ms - self.first_read_ms, damping)


QUIET = Memory()


def codes(measures: Floats, levels: Thresholds) -> npt.NDArray[np.int8]:
    """Return the code (see `Observation`) of each measure; NaN is clear."""
    sign, edges, ranks, clear = _edges(levels)
    signed = np.where(np.isnan(measures), -np.inf, measures * sign)
    found = ranks[np.searchsorted(edges, signed, side="right")]
    if clear is not None:
        found = np.where((found == 0) & (signed > clear), np.int8(HOLD), found)
    return np.asarray(found, np.int8)


@functools.lru_cache(maxsize=4_096)
def _edges(levels: Thresholds) -> tuple[float, Floats, npt.NDArray[np.int8], float | None]:
    """Return a sign, from where on the measure times it reaches each level, ranks, and clear.

    Each within what floats lose, see `nearness`.
    """
    sign = 1.0 if levels.above else -1.0
    edges = np.array([value * sign - slack(value) for value in levels.values])
    clear = None if levels.clear is None else levels.clear * sign + slack(levels.clear)
    return sign, edges, np.array([0, *levels.ranks], np.int8), clear


def code(measure: float, levels: Thresholds) -> int:
    """Return the code of one measure."""
    return int(codes(np.array([measure]), levels)[0])


def fold(
    memory: Memory, observations: Iterable[Observation], damping: Damping, until_ms: int
) -> tuple[Memory, list[Spell]]:
    """Fold `observations` into `memory`.

    Args:
        memory: what was known before the first of them.
        observations: in the order of event time.
        damping: the rule's damping.
        until_ms: event time that has been reached: a condition that holds may have held for long
            enough by then, one that is clear may have been so.

    Returns:
        The memory afterwards, and the spells that ended on the way and did fire.
    """
    ended: list[Spell] = []
    for seen in observations:
        memory = _passed(memory, damping, seen.at_ms, ended)
        if seen.code > 0:
            memory = _held(memory, seen, damping)
        elif memory.spell is not None:
            memory = _not_held(memory, seen, damping, ended)
    return _passed(memory, damping, until_ms, ended), ended


def _held(memory: Memory, seen: Observation, damping: Damping) -> Memory:
    spell, first = memory.spell, memory.first_read_ms
    if spell is None:
        spell = Spell(seen.at_ms, seen.code, seen.code, seen.value, seen.at_ms)
        first = seen.read_ms
    newest, held = memory.last_read_ms, memory.held
    if not damping.stale_ms:
        held += 1
    elif seen.read_ms > newest:
        newest, held = seen.read_ms, held + 1
        if spell.unknown_ms is not None:
            spell = replace(spell, unknown_ms=None)
    lower, lower_rank = 0, 0
    if seen.code > spell.rank:
        peak = max(seen.code, spell.peak)
        spell = replace(spell, rank=seen.code, peak=peak, value=seen.value, at_ms=seen.at_ms)
    elif seen.code < spell.rank:
        spell, lower, lower_rank = _lowered(memory, spell, seen, damping)
    if (
        spell.fired_ms is None
        and held >= damping.fires_after
        and seen.at_ms - spell.start_ms >= damping.for_ms
        and _covers(newest - first, damping)
    ):
        spell = replace(spell, fired_ms=seen.at_ms)
    return Memory(spell, held, 0, 0, lower, lower_rank, first, newest)


def _lowered(
    memory: Memory, spell: Spell, seen: Observation, damping: Damping
) -> tuple[Spell, int, int]:
    """Return the spell, and how many lower ones there were in a row, and their highest."""
    lower, lower_rank = memory.lower + 1, max(memory.lower_rank, seen.code)
    if lower < damping.clears_after:
        return spell, lower, lower_rank
    return replace(spell, rank=lower_rank, value=seen.value, at_ms=seen.at_ms), 0, 0


def _not_held(memory: Memory, seen: Observation, damping: Damping, ended: list[Spell]) -> Memory:
    spell = memory.spell
    if spell is None or spell.fired_ms is None:
        return QUIET
    newest = memory.last_read_ms
    if seen.read_ms > newest:
        newest = seen.read_ms
        if spell.unknown_ms is not None:
            spell = replace(spell, unknown_ms=None)
    clear, clear_ms = 0, 0
    if seen.code != HOLD:
        clear, clear_ms = memory.clear + 1, memory.clear_ms if memory.clear else seen.at_ms
    marks = (memory.lower, memory.lower_rank, memory.first_read_ms, newest)
    memory = Memory(spell, 0, clear, clear_ms, *marks)
    return _passed(memory, damping, seen.at_ms, ended) if clear else memory


def _passed(memory: Memory, damping: Damping, until_ms: int, ended: list[Spell]) -> Memory:
    """Let time pass: what holds may fire by it, what is clear may end, what is old be unknown."""
    spell = memory.spell
    if spell is None:
        return memory
    lost_ms = lost_at(memory, damping) if damping.stale_ms else None
    if spell.fired_ms is None:
        due = spell.start_ms + damping.for_ms
        if memory.held < damping.fires_after or due > until_ms or not memory.covers(damping):
            return memory if lost_ms is None or until_ms < lost_ms else QUIET
        spell = replace(spell, fired_ms=due)
        memory = replace(memory, spell=spell)
        if not damping.stale_ms:
            return memory
    over = memory.clear_ms + damping.hold_ms
    if memory.clear >= damping.clears_after and over <= until_ms:
        ended.append(replace(spell, ended_ms=over))
        return QUIET
    if lost_ms is not None and lost_ms <= until_ms:
        return replace(memory, spell=replace(spell, unknown_ms=memory.last_read_ms))
    return memory


def _covers(read_ms: int, damping: Damping) -> bool:
    """Whether readings so far apart say that it held for long enough."""
    return not damping.stale_ms or read_ms >= damping.for_ms * COVERED


def lost_at(memory: Memory, damping: Damping) -> int | None:
    """Return from when on it is unknown whether the spell holds, if no reading comes till then."""
    spell = memory.spell
    if not damping.stale_ms or spell is None or not memory.last_read_ms:
        return None
    return None if spell.unknown_ms is not None else memory.last_read_ms + damping.stale_ms
