"""The contract of a kind of condition; one file in `streams/conditions/` is one kind.

A kind offers ``KIND``, a `ConditionKind`: the dataclass of its options (read strictly from
YAML), what only a person could get wrong, and how the state of one rule in one shard is made. The
engine does the rest: it chooses the events, numbers the keys, folds observations into spells with
the rule's damping, gives alerts their ids and tells them, keeps and restores the state.

The life of a `Condition`: `take` is called with every batch that holds events of the rule, then
`advance` with the event time that was reached, then `changed` once; for each key in it the engine
asks for `observations`. Everything must be a function of the set of events that were taken and of
the time reached, not of their order: an observation of an instant may be asked for again and may
have changed by late events, until the horizon has passed it.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

import numpy as np

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.discover import discover
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.ruling.fold import Observation, Spell
from streams.ruling.intake.inputs import ExcerptHeader
from streams.ruling.intake.rows import EventRows, Ints, Truths
from streams.ruling.intake.selection import Slots
from streams.ruling.intake.witnesses import Witness


@dataclass(frozen=True)
class RuleTime:
    """How far the flow has come for one rule, ms since 1970 UTC.

    Attributes:
        now_ms: instant up to which the flow was read.
        watermark_ms: event time that all feeds which carry the rule's kinds have reached; idle
            feeds are not waited for.
        horizon_ms: what happened before it cannot change any more.
    """

    now_ms: int
    watermark_ms: int
    horizon_ms: int


class Condition(ABC):
    """What one rule knows in one shard.

    Attributes:
        slots: the keys; `take` gets each event's slot, or 0 where the condition makes the keys.
        live: slot → whether the key holds or may soon hold; kept by the engine, read by `changed`.
    """

    makes_keys: ClassVar[bool] = False
    """Whether it finds its keys by itself, and keeps the events behind them (clusters)."""
    takes_back: bool = False
    """Whether `take` takes off what a row with `sign` -1 says; else it never sees such rows, and of
    a newer version of a record only what is news."""
    news: tuple[str, ...] | None = ("status", "severity", "value")
    """Columns that make a newer version news where they differ from the one before, beside its
    instant and the rule's `by`; None: every version is."""
    sleeps: ClassVar[bool] = False
    """Whether time changes nothing for it while it has no key, as with all that only knows what
    events told of their keys."""

    def __init__(self, slots: Slots) -> None:
        """Start with nothing known."""
        self.slots = slots
        self.live: Truths

    delay_ms: int = 0
    """How far behind the watermark the newest reading that it has judged may be, ms."""

    def chosen(self, rows: EventRows, index: Ints) -> Ints:
        """Return which of the events at `index` can matter at all; by default all of them."""
        del rows
        return index

    @abstractmethod
    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Take the events of `rows` at `index` in; `slots` says whose each is."""

    def hear(self, header: ExcerptHeader) -> None:
        """Take note of a sign of life of a feed; only kinds that read feeds are told."""
        raise NotImplementedError

    def evidence(self, slot: int) -> list[Witness]:
        """Return the newest events behind a key; only conditions that make keys are asked."""
        raise NotImplementedError

    def centre(self, slot: int) -> tuple[float, float] | None:
        """Return longitude and latitude of a key; None: those of the newest event."""
        del slot
        return None

    def witnesses(self, rows: EventRows, index: Ints) -> Truths:
        """Return which of the events at `index` may be evidence; by default all."""
        del rows
        return np.ones(len(index), np.bool_)

    @abstractmethod
    def advance(self, time: RuleTime) -> None:
        """Take note of the time that was reached; `time` never goes back."""

    @abstractmethod
    def changed(self) -> Iterable[int]:
        """Return the slots whose observations may have changed since the last call.

        A slot may be left out when none of its observations after the horizon holds a level and
        it is not live.
        """

    @abstractmethod
    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return what was observed of a key at and after `since_ms`, in the order of time."""

    @abstractmethod
    def settle(self, before_ms: int) -> None:
        """Forget what is only needed for observations before `before_ms`."""

    def knows(self, slot: int) -> bool:
        """Return whether anything is known of a key; by default always.

        Its slot is given to another key when nothing is, so it must leave nothing behind.
        """
        del slot
        return True

    def boundary(self, horizon_ms: int) -> int:
        """Return the instant up to which observations are final, given the horizon."""
        return horizon_ms

    def points(self, slot: int, at_ms: int) -> list[tuple[int, float]]:
        """Return (instant, measure) around `at_ms` for the chart of the evidence."""
        return [(seen.at_ms, seen.value) for seen in self.observations(slot, at_ms - 3_600_000)]

    def words(self, slot: int, spell: Spell) -> Text:
        """Return the reason as a sentence, empty where the numbers say it all."""
        del slot, spell
        return Text("", "")

    @abstractmethod
    def pack(self) -> dict[str, Any]:
        """Return all that is known as plain msgpack values (bytes, numbers, lists, dicts)."""

    @abstractmethod
    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what `pack` returned."""


@dataclass(frozen=True)
class ConditionKind:
    """A kind of condition.

    Attributes:
        options: dataclass of what is written under its name in a rule.
        make: (rule, slots, lateness in ms, city) → the state of a rule in a shard.
        check: yields what is wrong with a rule's options beyond their types.
        measure: rule → what is measured, in words, for the evidence.
        unit: rule, city → unit of the measure.
        reads: ``events``, ``feeds`` (whole feeds' signs of life) or ``alerts`` (other rules').
        refers: rule → ids of the other rules that it reads.
        feeds: rule → ids of the feeds that its options name.
        by_cadence: rule → whether it measures by the cadences of feeds.
        rests: rule → whether it rests on readings, and nothing is known where none come.
        changes: whether it takes records as they change: each row at the instant since which its
            record is so, however late that is told.
        status: whether it asks what is open, and needs a feed that says so.
        durations: whether thresholds are durations.
        single: whether the rule has one `level` instead of thresholds.
        places: whether it finds its places by itself.
        extent: rule, city → the least and the greatest that its measure can be.
        exercised: whether it is judged in exercises: not what waits for silence, as a drill's
            sensors are silent ever after, and not what learns what is usual.
    """

    options: type[Any]
    make: Callable[[Rule, Slots, int, City], Any]
    check: Callable[[Rule], Iterator[RecordFault]]
    measure: Callable[[Rule], str]
    unit: Callable[[Rule, City], str] = lambda _rule, _city: ""
    reads: str = "events"
    refers: Callable[[Rule], Iterable[str]] = lambda _rule: ()
    feeds: Callable[[Rule], Iterable[str]] = lambda _rule: ()
    by_cadence: Callable[[Rule], bool] = lambda _rule: False
    extent: Callable[[Rule, City], tuple[float, float]] = lambda _rule, _city: (-inf, inf)
    rests: Callable[[Rule], bool] = lambda _rule: False
    changes: bool = False
    status: bool = False
    durations: bool = False
    single: bool = False
    places: bool = False
    exercised: bool = True


@functools.cache
def find_kinds() -> dict[str, ConditionKind]:
    """Return the kinds of conditions by name.

    Raises:
        TypeError: a module of `streams/conditions/` offers none.
    """
    from streams import conditions  # noqa: PLC0415  the conditions import this module

    return discover(conditions, "KIND", ConditionKind)


def kind_of(rule: Rule) -> ConditionKind:
    """Return the kind of a rule's condition.

    Raises:
        TypeError: no kind has options of that class.
    """
    return named_kind_of(rule)[1]


def named_kind_of(rule: Rule) -> tuple[str, ConditionKind]:
    """Return the kind of a rule's condition, with its name.

    Raises:
        TypeError: no kind has options of that class.
    """
    for name, kind in find_kinds().items():
        if isinstance(rule.condition, kind.options):
            return name, kind
    raise TypeError(f"{rule.id}: no kind of condition has options {rule.condition!r}")


def unit_of_kind(rule: Rule, city: City) -> str:
    """Return the catalogue's unit of the first kind that `rule` reads."""
    return city.kinds[rule.kinds[0]].unit if rule.kinds else ""
