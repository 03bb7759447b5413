"""Deadline: a matter comes near its due time, or passes it, and is not closed yet.

    deadline: {due: attrs.due_at, closed_by: [permit_decided]}
    with by: [subject], above: {yellow: '-2h', orange: 0s, red: 1d}

Levels are how long after the due time, negative ones before it. Any event opens a matter that
names a due time, is not of a kind in `closed_by` and does not say that its record is closed; a
newer one, or a newer version of its record, moves the due time, or opens it again. Time alone
raises the level; a due time that is moved, or what closes it, ends it.

Due times are ISO 8601, in the city's time zone where they name none, or seconds or milliseconds
since 1970; a date alone means the end of that day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.clock import from_millis, millis
from citybrain.floor.duration import words, words_zh
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.ruling.condition import ConditionKind
from streams.ruling.fold import Spell
from streams.ruling.intake.rows import ATTRIBUTE, EventRows, Ints, Truths
from streams.ruling.intake.selection import Slots
from streams.ruling.memory.due_matters import DueMatters, check_durations

_MS_FROM = 10**11
"""Numbers from here on are milliseconds: as seconds it would be the year 5138."""
_LAST_MS = 4_102_444_800_000
"""The year 2100: what is due later, or before 1970, is no due time but a mistake."""
_DATE = len("2026-03-02")


@dataclass(frozen=True)
class Options:
    """Where the due time stands, and what ends the wait.

    Attributes:
        due: the attribute that holds it, for example ``attrs.due_at``.
        closed_by: kinds of events that close a matter; they stand in the rule's `kinds` too.
    """

    due: str
    closed_by: tuple[str, ...] = ()


class Deadline(DueMatters):
    """The matters of one rule, which name when they are due."""

    def __init__(self, rule: Rule, slots: Slots, zone: ZoneInfo) -> None:
        """Watch the matters of `rule`; `zone` is that of due times without an offset."""
        super().__init__(rule, slots)
        options: Options = rule.condition
        self._column, self._closing, self._zone = options.due, frozenset(options.closed_by), zone

    def due(self, rows: EventRows, index: Ints) -> Iterable[int | None]:
        """Return the due time that each event names."""
        words = rows.words(self._column)
        instants = [due_ms(word, self._zone) for word in words.values]
        return [instants[code] for code in words.codes[index].tolist()]

    def closes(self, rows: EventRows, index: Ints) -> Truths:
        """Return which events are of a kind that closes, or say that their record is closed."""
        kinds = rows.words("kind")
        closing = np.array([kind in self._closing for kind in kinds.values], np.bool_)
        found: Truths = super().closes(rows, index) | closing[kinds.codes[index]]
        return found

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
    yield from check_durations(rule)


def _measure(rule: Rule) -> str:
    return f"time since {rule.condition.due.removeprefix(ATTRIBUTE)}"


def _make(rule: Rule, slots: Slots, _lateness_ms: int, city: City) -> Deadline:
    return Deadline(rule, slots, ZoneInfo(city.time_zone))


KIND = ConditionKind(
    Options,
    _make,
    _check,
    _measure,
    lambda _rule, _city: "s",
    changes=True,
    durations=True,
)
