"""Deadline: a matter comes near its due time, or passes it, and is not closed yet.

    deadline: {due: attrs.due_at, closed_by: [permit_decided]}
    with by: [subject], above: {yellow: '-2h', orange: 0s, red: 1d}

Levels are how long after the due time, negative ones before it. Any event opens a matter that
names a due time and is not of a kind in `closed_by`; a newer one moves the due time, or opens
it again. Time alone raises the level; a due time that is moved, or an event that closes, ends it.

Due times are ISO 8601, in the city's time zone where they name none, or seconds or milliseconds
since 1970; a date alone means the end of that day.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.clock import from_millis, millis
from citybrain.floor.duration import words, words_zh
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.ruling.condition import Condition, ConditionKind, RuleTime
from streams.ruling.fold import CLEAR, Observation, Spell, code
from streams.ruling.intake.rows import ATTRIBUTE, EventRows, Ints
from streams.ruling.intake.selection import Slots

NEVER = 2**62
SETTLE_MS = 60_000
"""How much time has to pass before the matters are looked through again for what is over."""
_MS_FROM = 10**11
"""Numbers from here on are milliseconds: as seconds it would be the year 5138."""
_LAST_MS = 4_102_444_800_000
"""The year 2100: what is due later, or before 1970, is no due time but a mistake."""
_DATE = len("2026-03-02")

Mark = tuple[int, int, int]
"""Instant of an event, 1 if it closes (then it comes after one that opens), due time; in ms."""


@dataclass(frozen=True)
class Options:
    """Where the due time stands, and what ends the wait.

    Attributes:
        due: the attribute that holds it, for example ``attrs.due_at``.
        closed_by: kinds of events that close a matter; they stand in the rule's `kinds` too.
    """

    due: str
    closed_by: tuple[str, ...] = ()


class Deadline(Condition):
    """The matters of one rule that are open, or were a moment ago."""

    rests = True

    def __init__(self, rule: Rule, slots: Slots, zone: ZoneInfo) -> None:
        """Watch the matters of `rule`; `zone` is that of due times without an offset."""
        super().__init__(slots)
        options: Options = rule.condition
        self._column, self._closing, self._zone = options.due, frozenset(options.closed_by), zone
        self._levels = rule.thresholds
        self._steps = [round(value * 1000) for value in self._levels.values]
        self._marks: dict[int, list[Mark]] = {}
        self._next: dict[int, int] = {}
        self._heap: list[tuple[int, int]] = []
        self._now_ms = self._settled_ms = 0
        self._changed: set[int] = set()

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Note what opens and closes matters."""
        kinds, due = rows.words("kind"), rows.words(self._column)
        closes = [kind in self._closing for kind in kinds.values]
        instants = [due_ms(word, self._zone) for word in due.values]
        found = zip(
            slots.tolist(),
            rows.at_ms[index].tolist(),
            kinds.codes[index].tolist(),
            due.codes[index].tolist(),
            strict=True,
        )
        for slot, at_ms, kind, word in found:
            instant = instants[word]
            if closes[kind]:
                self._note(slot, (at_ms, 1, 0))
            elif instant is not None:
                self._note(slot, (at_ms, 0, instant))

    def advance(self, time: RuleTime) -> None:
        """Find the matters that have come to another level."""
        self._now_ms = time.now_ms
        while self._heap and self._heap[0][0] <= self._now_ms:
            instant, slot = heapq.heappop(self._heap)
            if self._next.get(slot) == instant:
                self._changed.add(slot)
                self._remind(slot)

    def changed(self) -> Iterable[int]:
        """Return the matters that were heard of, or came to another level."""
        changed, self._changed = self._changed, set()
        return sorted(changed)

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return how far each matter is from its due time, at events and as it reaches a level."""
        marks = self._marks.get(slot, [])
        for number, (at_ms, closes, due) in enumerate(marks):
            over = marks[number + 1][0] if number + 1 < len(marks) else self._now_ms + 1
            if at_ms >= since_ms:
                past = (at_ms - due) / 1000
                rank = CLEAR if closes else code(past, self._levels)
                yield Observation(at_ms, rank, 0.0 if closes else past)
            if closes:
                continue
            for rank, step in zip(self._levels.ranks, self._steps, strict=True):
                if max(since_ms, at_ms + 1) <= due + step < over:
                    yield Observation(due + step, rank, step / 1000)

    def settle(self, before_ms: int) -> None:
        """Forget matters that were closed, and what was said of others, before `before_ms`."""
        if before_ms < self._settled_ms + SETTLE_MS:
            return
        self._settled_ms = before_ms
        for slot in list(self._marks):
            marks = self._marks[slot]
            old = [mark for mark in marks if mark[0] < before_ms]
            kept = [mark for mark in old[-1:] if not mark[1]] + marks[len(old) :]
            if kept:
                self._marks[slot] = kept
            else:
                del self._marks[slot]

    def knows(self, slot: int) -> bool:
        """Return whether a matter is open, or was a moment ago."""
        return slot in self._marks

    def words(self, slot: int, spell: Spell) -> Text:
        """Return how late it is, and when it was due."""
        del slot
        late_s = round(spell.value)
        due = from_millis(spell.at_ms - late_s * 1000).astimezone(self._zone)
        when = f"{due:%Y-%m-%d %H:%M}"
        long, long_zh = words(abs(late_s)), words_zh(abs(late_s))
        if late_s < 0:
            return Text(f"距到期还有{long_zh}，期限{when}", f"due in {long}, at {when}")
        return Text(f"已超期{long_zh}，期限{when}", f"overdue for {long}, since {when}")

    def pack(self) -> dict[str, Any]:
        """Return the matters."""
        return {"marks": list(self._marks.items()), "now": self._now_ms}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over matters."""
        self._now_ms = state["now"]
        self._marks = {slot: [(at, end, due) for at, end, due in m] for slot, m in state["marks"]}
        for slot in self._marks:
            self._remind(slot)

    def _note(self, slot: int, mark: Mark) -> None:
        marks = self._marks.setdefault(slot, [])
        if mark in marks:
            return
        insort(marks, mark)
        self._remind(slot)
        lowest = min((due for _, closes, due in marks if not closes), default=NEVER)
        if self._is_live(slot) or lowest + self._steps[0] <= max(self._now_ms, marks[-1][0]):
            self._changed.add(slot)

    def _is_live(self, slot: int) -> bool:
        return slot < len(self.live) and bool(self.live[slot])

    def _remind(self, slot: int) -> None:
        """Remember when time alone brings a matter to its next level."""
        self._next.pop(slot, None)
        _, closes, due = self._marks[slot][-1]
        later = (due + step for step in self._steps if due + step > self._now_ms)
        instant = None if closes else next(later, None)
        if instant is not None:
            self._next[slot] = instant
            heapq.heappush(self._heap, (instant, slot))


def due_ms(text: str, zone: ZoneInfo) -> int | None:
    """Return the instant that `text` names, ms since 1970 UTC; None where it names none."""
    text = text.strip().replace("/", "-")
    try:
        found = _read(text, zone)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= _LAST_MS else None


def _read(text: str, zone: ZoneInfo) -> int:
    if text.isdecimal() and len(text) > len("20260302"):
        number = int(text)
        return number if number >= _MS_FROM else number * 1000
    found = datetime.fromisoformat(text)
    if len(text) <= _DATE:
        found += timedelta(days=1)
    return millis(found if found.tzinfo else found.replace(tzinfo=zone))


def _check(rule: Rule) -> Iterator[RecordFault]:
    options: Options = rule.condition
    if not options.due.startswith(ATTRIBUTE) or options.due == ATTRIBUTE:
        problem = f"{options.due!r} is no attribute"
        yield RecordFault("due", problem, "give for example attrs.due_at")
    for index, kind in enumerate(options.closed_by):
        if kind not in rule.kinds:
            problem = f"the rule does not read {kind!r}"
            yield RecordFault(f"closed_by[{index}]", problem, "add it to the rule's kinds")
    if rule.kinds and not set(rule.kinds) - set(options.closed_by):
        yield RecordFault("closed_by", "nothing opens a matter", "add the kinds that do to kinds")
    yield from _check_rule(rule)


def _check_rule(rule: Rule) -> Iterator[RecordFault]:
    if not rule.by:
        yield RecordFault("", "takes all matters for one", "say by: [subject]")
    if rule.below:
        yield RecordFault("", "lateness never sinks", "give above instead of below")
    for level, text in rule.above.items():
        if text.lstrip("-").replace(".", "", 1).isdigit():
            yield RecordFault(
                "", f"{level} at {text!r} is no duration", "give for example -2h, 0s, 1d"
            )


def _measure(rule: Rule) -> str:
    return f"time since {rule.condition.due.removeprefix(ATTRIBUTE)}"


def _make(rule: Rule, slots: Slots, _lateness_ms: int, city: City) -> Deadline:
    return Deadline(rule, slots, ZoneInfo(city.time_zone))


KIND = ConditionKind(Options, _make, _check, _measure, lambda _rule, _city: "s", durations=True)
