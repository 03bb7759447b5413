"""Absence: nothing is heard of a key any more, for example of one camera out of ten.

    absence: {}                   with above {yellow: 30m, red: 2h}, by: [subject]
    absence: {cadences: true}     with above {yellow: 3}: three times as long as its feed promises
    absence: {keys: [c1, c2]}     these too, of which nothing was ever heard

Measured are the seconds (or cadences) since the key's last event; a key is watched from its first
event on, one of `keys` from the instant on at which the rule began to look. Time alone makes it
hold, no event is needed; only a new event ends it. For whole feeds, see `feed_silence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.clock import from_millis
from citybrain.floor.duration import shortened, words, words_zh
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.ruling.checks.rule_checks import number
from streams.ruling.condition import Condition, ConditionKind, RuleTime
from streams.ruling.fold import CLEAR, Observation, Spell
from streams.ruling.intake.rows import EventRows, Ints
from streams.ruling.intake.selection import Slots
from streams.ruling.memory.life_signs import LifeSigns

_LONG_MS = 3_600_000
NEVER_DUE = 2**62
MOST_CADENCES = 1000
"""A threshold in cadences; beyond it a feed is not silent, but forgotten."""


@dataclass(frozen=True)
class Options:
    """How silence is counted.

    Attributes:
        cadences: thresholds are multiples of the cadence of the key's feed (of the slowest feed
            that carries the rule's kinds, where `by` does not name the feed).
        keys: keys that are expected, by the one column in `by`.
    """

    cadences: bool = False
    keys: tuple[str, ...] = ()


class AbsenceState(Condition):
    """When each key was heard of, and how long ago that is."""

    def __init__(
        self, rule: Rule, slots: Slots, city: City, *, cadences: bool, keys: tuple[str, ...] = ()
    ) -> None:
        """Watch the keys of `rule`, and `keys` before anything is heard of them."""
        super().__init__(slots)
        self._keys, self._since_ms = keys, 0
        self._rule, self._city, self._cadences = rule, city, cadences
        self._levels = list(zip(rule.thresholds.ranks, rule.thresholds.values, strict=True))
        self._zone = ZoneInfo(city.time_zone)
        self._life_signs = LifeSigns()
        self._pace: list[int] = []
        self._due = np.zeros(0, np.int64)
        self._now_ms = 0
        self._changed: set[int] = set()

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Note when keys were heard of."""
        self._heard(slots, rows.at_ms[index])

    def advance(self, time: RuleTime) -> None:
        """Find the keys that have been silent for another threshold."""
        self._now_ms = time.now_ms
        if self._keys and not self._since_ms and self._now_ms:
            self._since_ms = self._now_ms
            slots = np.array([self.slots.slot((key,)) for key in self._keys])
            self._heard(slots, np.full(len(slots), self._since_ms))
        ripe = np.flatnonzero(self._due <= self._now_ms)
        self._changed.update(ripe.tolist())
        for slot in ripe.tolist():
            self._due[slot] = self._next_due(slot)

    def changed(self) -> Iterable[int]:
        """Return the keys that fell silent, or were heard of after a silence."""
        changed, self._changed = self._changed, set()
        return sorted(changed)

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return clear where there are signs, first after a silence, and what silences reach."""
        runs = self._life_signs.runs(slot)
        limits = [round(value * self._pace[slot]) for _, value in self._levels]
        for place, (start, end) in enumerate(runs):
            if end >= since_ms:  # an old silence may have been filled by data that came late
                yield Observation(max(start, since_ms), CLEAR, 0.0)
            over = runs[place + 1][0] if place + 1 < len(runs) else self._now_ms + 1
            for (rank, value), limit in zip(self._levels, limits, strict=True):
                if since_ms <= end + limit < over:
                    yield Observation(end + limit, rank, value)

    def settle(self, before_ms: int) -> None:
        """Forget silences that ended before `before_ms`."""
        self._life_signs.settle(before_ms)

    def words(self, slot: int, spell: Spell) -> Text:
        """Return for how long nothing was heard, and when it was the last time."""
        silent_s = round(spell.value * self._pace[slot] / 1000)
        last_ms = spell.at_ms - silent_s * 1000
        when = f"{from_millis(last_ms).astimezone(self._zone):%Y-%m-%d %H:%M:%S}"
        long = words(silent_s)
        if last_ms == self._since_ms:
            text = f"nothing heard since watching began, {when}"
            return Text(f"自{when}开始监测以来从无数据", text)
        return Text(
            f"已{words_zh(silent_s)}无数据，最后一次在{when}",
            f"silent for {long}, last heard {when}",
        )

    def points(self, slot: int, at_ms: int) -> list[tuple[int, float]]:
        """Return the silence as a line that begins at the last sign."""
        since = at_ms - _LONG_MS * 24
        return [(seen.at_ms, seen.value) for seen in self.observations(slot, since)]

    def pack(self) -> dict[str, Any]:
        """Return what was heard."""
        known = {"due": self._due.tobytes(), "now": self._now_ms, "since": self._since_ms}
        return known | {"signs": self._life_signs.pack()}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what was heard; thresholds that are due are found again."""
        self._life_signs.unpack(state["signs"])
        self._pace = [self._pace_of(key) for key in self.slots.keys]
        self._due = np.frombuffer(state["due"], np.int64).copy()
        self._now_ms, self._since_ms = state["now"], state["since"]

    def _heard(self, slots: Ints, at_ms: Ints) -> None:
        fresh = [self._pace_of(key) for key in self.slots.keys[len(self._pace) :]]
        lowest = self._levels[0][1]
        self._pace += fresh
        self._life_signs.grow([round(lowest * pace) for pace in fresh])
        self._due = np.concatenate([self._due, np.full(len(fresh), NEVER_DUE)])
        seen, broken = self._life_signs.add(slots, at_ms)
        self._changed.update(broken.tolist())
        self._due[seen] = self._life_signs.last[seen] + self._life_signs.limit[seen]

    def _next_due(self, slot: int) -> int:
        last = int(self._life_signs.last[slot])
        dues = (last + round(value * self._pace[slot]) for _, value in self._levels)
        return next((due for due in dues if due > self._now_ms), NEVER_DUE)

    def _pace_of(self, key: tuple[str, ...]) -> int:
        """Return how many ms a threshold of 1 is for `key`."""
        if not self._cadences:
            return 1000
        feeds = self._city.feeds
        named = dict(zip(self._rule.by, key, strict=False)).get("feed", "")
        if named in feeds:
            return feeds[named].cadence_s * 1000
        kinds = frozenset(self._rule.kinds)
        carriers = [feed.cadence_s for feed in feeds.values() if kinds & frozenset(feed.kinds)]
        return max(carriers, default=60) * 1000


def check_silence(rule: Rule, *, cadences: bool) -> Iterator[RecordFault]:
    """Yield what a rule about silence cannot say."""
    if rule.below:
        yield RecordFault("", "silence never sinks below anything", "give above instead of below")
    if rule.clear is not None:
        yield RecordFault("", "clear counts for nothing here", "take it away: a new event ends it")
    for level, text in rule.above.items():
        yield from _check_threshold(level, text, cadences=cadences)


def _check_threshold(level: str, text: str, *, cadences: bool) -> Iterator[RecordFault]:
    """Yield what is wrong with a threshold; what is no number at all is told elsewhere."""
    try:
        found = number(text, durations=True)
    except ValueError:
        return
    if text[-1:].isalpha() is cadences:
        remedy = "give a number, for example 3" if cadences else "give a duration, as 30m"
        what = "number of cadences" if cadences else "duration"
        yield RecordFault("", f"{level} at {text!r} is no {what}", remedy)
    elif found <= 0:
        yield RecordFault("", f"{level} at {text!r} always holds", "give more than 0")
    elif cadences and found > MOST_CADENCES:
        problem = f"{level} at {shortened(text)!r} is never reached"
        yield RecordFault("", problem, f"give at most {MOST_CADENCES}")


def _check(rule: Rule) -> Iterator[RecordFault]:
    if not rule.by:
        problem = "watches nothing but all its kinds together"
        yield RecordFault("", problem, "say by what it tells apart, for example by: [subject]")
    elif rule.condition.keys and len(rule.by) > 1:
        problem = f"one word each, for {len(rule.by)} columns"
        yield RecordFault("keys", problem, "give one column in by, or take keys away")
    yield from check_silence(rule, cadences=rule.condition.cadences)


def _measure(rule: Rule) -> str:
    return f"time since the last {' or '.join(rule.kinds)}"


def _unit(rule: Rule, _city: City) -> str:
    return "cadences" if rule.condition.cadences else "s"


def _make(rule: Rule, slots: Slots, _lateness_ms: int, city: City) -> AbsenceState:
    options: Options = rule.condition
    return AbsenceState(rule, slots, city, cadences=options.cadences, keys=options.keys)


KIND = ConditionKind(
    Options,
    _make,
    _check,
    _measure,
    _unit,
    by_cadence=lambda rule: bool(rule.condition.cadences),
    durations=True,
    exercised=False,
)
