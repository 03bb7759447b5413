"""Open for: a record is open for so long, and nobody has closed it.

    open_for: {}
    with by: [subject], above: {yellow: 2h, orange: 8h, red: 1d}

For feeds whose records have a `status`. The time runs from when the record occurred to the version
that says that it is closed; one that opens it again lets it run on. Time alone raises the level.
A record of which nothing was heard since the rule runs is not known to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.clock import from_millis
from citybrain.floor.duration import words, words_zh
from citybrain.floor.event_columns import OPEN
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.ruling.condition import ConditionKind
from streams.ruling.fold import Spell
from streams.ruling.intake.rows import EventRows, Ints
from streams.ruling.intake.selection import Slots
from streams.ruling.memory.due_matters import DueMatters, check_durations


@dataclass(frozen=True)
class Options:
    """Nothing more is to be said."""


class OpenFor(DueMatters):
    """The records of one rule; each is due when it occurred."""

    def __init__(self, rule: Rule, slots: Slots, zone: ZoneInfo) -> None:
        """Watch the records of `rule`; instants are told in `zone`."""
        super().__init__(rule, slots)
        self._zone = zone

    def due(self, rows: EventRows, index: Ints) -> Iterable[int | None]:
        """Return when each record that is open occurred."""
        statuses = rows.words("status")
        is_open = np.array([status == OPEN for status in statuses.values], np.bool_)
        occurred = rows.table["occurred_at"].cast(pa.int64()).to_numpy()[index].tolist()
        there = is_open[statuses.codes[index]].tolist()
        return [at if known else None for at, known in zip(occurred, there, strict=True)]

    def words(self, slot: int, spell: Spell) -> Text:
        """Return for how long it is open, and since when."""
        del slot
        open_s = round(spell.value)
        since = from_millis(spell.at_ms - open_s * 1000).astimezone(self._zone)
        when = f"{since:%Y-%m-%d %H:%M}"
        return Text(
            f"{when}起未办结，已{words_zh(open_s)}", f"open since {when}, for {words(open_s)}"
        )


def _check(rule: Rule) -> Iterator[RecordFault]:
    yield from check_durations(rule)
    if any(text.startswith("-") for text in rule.above.values()):
        yield RecordFault("", "nothing is open for less than no time", "give for example 2h, 1d")


def _make(rule: Rule, slots: Slots, _lateness_ms: int, city: City) -> OpenFor:
    return OpenFor(rule, slots, ZoneInfo(city.time_zone))


KIND = ConditionKind(
    Options,
    _make,
    _check,
    lambda rule: f"time open of {' + '.join(rule.kinds)}",
    lambda _rule, _city: "s",
    changes=True,
    status=True,
    durations=True,
)
