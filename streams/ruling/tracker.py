"""One rule in one shard: follows the spells of its keys, and says what changed about them.

What was told of a spell is remembered until the horizon has passed its end; so late data that
undoes a spell is noticed, and it is told as *revised*.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec
import numpy as np

from citybrain.rules.rule import Damping, Rule
from streams.ruling.condition import Condition, ConditionKind, RuleTime
from streams.ruling.fold import CLEAR, QUIET, Memory, Observation, Spell, fold, lost_at

SWEEP = 50
"""Live keys that are looked at again on each pulse, to forget what is final."""
LOOKED_AT, ROUND = 5, 600
"""Keys that are looked at on each pulse, to release those of which nothing is known any more: so
many at least, and all of them within so many pulses."""

State = Literal["pending", "firing", "ended", "revised"]


@dataclass(frozen=True)
class Telling:
    """One thing to tell: the state of a spell of a key.

    Attributes:
        slot: the key.
        spell: the spell as it is known now.
        state: what it is in.
        supersedes: start of the spell that goes on in this one, None mostly.
        first: whether nothing was told of the spell before.
    """

    slot: int
    spell: Spell
    state: State
    supersedes: int | None = None
    first: bool = False


@dataclass
class KeyState:
    """What is known of a live key.

    Attributes:
        settled_ms: observations before it are final and folded into `memory`.
        memory: what was known then.
        told: start of a spell → the spell and state that were told last.
        due_ms: when time alone changes something; None: never.
    """

    settled_ms: int
    memory: Memory = QUIET
    told: dict[int, tuple[Spell, State]] = field(default_factory=dict)
    due_ms: int | None = None


class Tracker:
    """The live keys of one rule.

    Attributes:
        rule: the rule.
        kind: its kind of condition.
        condition: what it knows.
    """

    def __init__(
        self, rule: Rule, kind: ConditionKind, condition: Condition, stale_ms: int = 0
    ) -> None:
        """Follow `condition`; no key is live yet.

        Args:
            rule: the rule.
            kind: its kind of condition.
            condition: what it knows.
            stale_ms: how long after a reading nobody knows what is; 0: it rests on no readings.
        """
        self.rule, self.kind, self.condition = rule, kind, condition
        self._damping: Damping = replace(rule.damping, stale_ms=stale_ms)
        self._keys: dict[int, KeyState] = {}
        self._due: list[tuple[int, int]] = []
        self._swept = self._looked = 0
        self._boundary = 0
        condition.live = np.zeros(0, np.bool_)

    @property
    def slots(self) -> Iterable[int]:
        """The keys that hold, or of which something may still be told."""
        return self._keys.keys()

    @property
    def live(self) -> int:
        """How many keys hold, or held a moment ago."""
        return len(self._keys)

    def room(self) -> None:
        """Make `condition.live` as long as there are slots."""
        have, size = len(self.condition.live), len(self.condition.slots)
        if have < size:
            more = np.zeros(max(size, 2 * have, 64) - have, np.bool_)
            self.condition.live = np.concatenate([self.condition.live, more])

    def judge(self, time: RuleTime, since_ms: int, *, sweep: bool = False) -> list[Telling]:
        """Return what is to be told now.

        Args:
            time: how far the flow has come; the condition knows it already.
            since_ms: spells that were over before it and never told are history.
            sweep: also look at some live keys to which nothing happened.
        """
        self.room()
        slots = {*self.condition.changed(), *self._ripe(time.watermark_ms)}
        if sweep:
            slots.update(self._next_live())
        boundary = self.condition.boundary(time.horizon_ms)
        tellings = [
            telling for slot in sorted(slots) for telling in self._judge(slot, time, boundary)
        ]
        self._boundary = max(self._boundary, boundary)
        if sweep:
            self.condition.settle(self._oldest(boundary))
        return [one for one in tellings if not _history(one, since_ms)]

    def forget(self, told: Iterable[Telling]) -> list[int]:
        """Release some keys of which nothing is known any more; return their slots.

        Numbers of matters come by the hundred thousand a year, and are never heard of again. What
        was just `told` is said with its key.
        """
        slots = self.condition.slots
        if not len(slots):
            return []
        kept = {telling.slot for telling in told} | self._keys.keys()
        start = self._looked if self._looked < len(slots) else 0
        self._looked = start + max(LOOKED_AT, len(slots) // ROUND)
        return [
            slot
            for slot in range(start, min(self._looked, len(slots)))
            if slot not in kept and not self.condition.knows(slot) and slots.release(slot)
        ]

    def open(self) -> Iterator[tuple[int, Spell]]:
        """Yield (slot, spell) of what was told as pending or firing."""
        for slot, key in self._keys.items():
            for spell, state in key.told.values():
                if state in ("pending", "firing"):
                    yield slot, spell

    def pack(self) -> dict[str, Any]:
        """Return all that is known as plain values."""
        keys = {str(slot): msgspec.to_builtins(_Packed.of(key)) for slot, key in self._keys.items()}
        return {
            "slots": self.condition.slots.keys,
            "free": list(self.condition.slots.free),
            "keys": keys,
            "condition": self.condition.pack(),
            "boundary": self._boundary,
        }

    def unpack(self, state: dict[str, Any]) -> None:
        """Take over what `pack` returned."""
        self.condition.slots.restore(state["slots"], state.get("free", ()))
        self.condition.unpack(state["condition"])
        self._boundary = state["boundary"]
        self.room()
        for slot, packed in state["keys"].items():
            key = msgspec.convert(packed, _Packed).key()
            self._keys[int(slot)] = key
            self.condition.live[int(slot)] = True
            self._remind(int(slot), key)

    def _judge(self, slot: int, time: RuleTime, boundary: int) -> list[Telling]:
        key = self._keys.get(slot)
        if key is None:
            key = KeyState(min(self._boundary, boundary))  # nobody looked at what came since
        seen = list(self.condition.observations(slot, key.settled_ms))
        ended = self._settle(key, seen, boundary)
        final = [spell.start_ms for spell in ended]
        fresh = [one for one in seen if one.at_ms >= key.settled_ms]
        memory, later = fold(key.memory, fresh, self._damping, time.watermark_ms)
        spells = [*ended, *later, *([memory.spell] if memory.spell else [])]
        tellings = list(_compare(slot, key.told, spells, self._damping))
        tellings += _lapsed(slot, key.told, spells, time.watermark_ms)
        key.told = {
            spell.start_ms: (spell, _state(spell))
            for spell in spells
            if spell.start_ms not in final and (spell.fired_ms or not self._damping.at_once)
        }
        key.due_ms = _due(memory, self._damping)
        quiet = memory == key.memory == QUIET and not key.told and not _held(fresh)
        self._keep(slot, key, quiet=quiet)
        return tellings

    def _settle(self, key: KeyState, seen: list[Observation], boundary: int) -> list[Spell]:
        """Fold into the key's memory what is final; return the spells that ended in it."""
        if boundary <= key.settled_ms:
            return []
        final = [one for one in seen if one.at_ms < boundary]
        key.memory, ended = fold(key.memory, final, self._damping, boundary)
        key.settled_ms = boundary
        return ended

    def _keep(self, slot: int, key: KeyState, *, quiet: bool) -> None:
        if quiet:
            self._keys.pop(slot, None)
            self.condition.live[slot] = False
            return
        self._keys[slot] = key
        self.condition.live[slot] = True
        self._remind(slot, key)

    def _remind(self, slot: int, key: KeyState) -> None:
        if key.due_ms is not None:
            heapq.heappush(self._due, (key.due_ms, slot))

    def _ripe(self, watermark_ms: int) -> list[int]:
        slots = []
        while self._due and self._due[0][0] <= watermark_ms:
            due, slot = heapq.heappop(self._due)
            key = self._keys.get(slot)
            if key is not None and key.due_ms == due:
                slots.append(slot)
        return slots

    def _next_live(self) -> list[int]:
        slots = list(self._keys)
        if not slots:
            return []
        start = self._swept % len(slots)
        self._swept = start + SWEEP
        return slots[start : start + SWEEP]

    def _oldest(self, boundary: int) -> int:
        return min((key.settled_ms for key in self._keys.values()), default=boundary)


def _compare(
    slot: int, told: dict[int, tuple[Spell, State]], spells: Iterable[Spell], damping: Damping
) -> Iterator[Telling]:
    """Yield what differs between what was `told` and the `spells` as they are known now."""
    known = {spell.start_ms: spell for spell in spells}
    gone = {start: item for start, item in told.items() if start not in known}
    for start, spell in known.items():
        state = _state(spell)
        if state == "pending" and damping.at_once:
            continue
        before = told.get(start)
        if before and _told_of(before[0]) == _told_of(spell):
            continue
        old = None if before else _superseded(spell, gone)
        yield Telling(slot, spell, state, old, first=before is None)
    for spell, state in gone.values():
        if state != "pending":
            yield Telling(slot, spell, "revised")


def _told_of(spell: Spell) -> tuple[int | None, ...]:
    """Return what is told again when it changes; late data moves also firing and end."""
    return spell.rank, spell.peak, spell.fired_ms, spell.ended_ms, spell.unknown_ms


def _lapsed(
    slot: int, told: dict[int, tuple[Spell, State]], spells: Iterable[Spell], now_ms: int
) -> list[Telling]:
    """Return what was pending and is so no more: it never held for long enough."""
    known = {spell.start_ms for spell in spells}
    return [
        Telling(slot, replace(spell, ended_ms=max(now_ms, spell.start_ms)), "ended")
        for start, (spell, state) in told.items()
        if start not in known and state == "pending"
    ]


def _history(telling: Telling, since_ms: int) -> bool:
    ended = telling.spell.ended_ms
    return telling.first and ended is not None and ended < since_ms


def _superseded(spell: Spell, gone: dict[int, tuple[Spell, State]]) -> int | None:
    """Return the start of the spell that `spell` goes on from, under another beginning."""
    end = spell.ended_ms
    for start, (old, _) in gone.items():
        if (end is None or start <= end) and (
            old.ended_ms is None or spell.start_ms <= old.ended_ms
        ):
            return start
    return None


def _state(spell: Spell) -> State:
    if spell.ended_ms is not None:
        return "ended"
    return "pending" if spell.fired_ms is None else "firing"


def _due(memory: Memory, damping: Damping) -> int | None:
    spell = memory.spell
    if spell is None:
        return None
    due, lost = None, lost_at(memory, damping)
    if spell.fired_ms is None:
        if memory.held >= damping.fires_after and memory.covers(damping):
            due = spell.start_ms + damping.for_ms
    elif memory.clear >= damping.clears_after:
        due = memory.clear_ms + damping.hold_ms
    return min((one for one in (due, lost) if one is not None), default=None)


def _held(seen: Iterable[Observation]) -> bool:
    return any(one.code > CLEAR for one in seen)


class _Packed(msgspec.Struct, array_like=True):
    """A `KeyState` as it is kept."""

    settled_ms: int
    memory: Memory
    told: list[tuple[Spell, State]]
    due_ms: int | None

    @classmethod
    def of(cls, key: KeyState) -> _Packed:
        return cls(key.settled_ms, key.memory, list(key.told.values()), key.due_ms)

    def key(self) -> KeyState:
        told = {spell.start_ms: (spell, state) for spell, state in self.told}
        return KeyState(self.settled_ms, replace(self.memory), told, self.due_ms)
