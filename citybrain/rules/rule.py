"""A warning rule as its YAML entry says it; frozen, comparable, hashed into its version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from citybrain.floor.clock import millis
from citybrain.floor.duration import seconds as seconds_of
from citybrain.floor.levels import LEVELS, RANKS
from citybrain.floor.text import NOTHING, Text

VERSION_DIGITS = 12


@dataclass(frozen=True)
class RuleEvent:
    """One event, or a series of them, in a test beside a rule; what is not given is made up.

    Attributes:
        at: local wall time ``HH:MM`` or ``HH:MM:SS``, ``+1d HH:MM`` on a later day.
        until, every: with them it is a series from `at` to `until`, each `every`.
        arrives: when it came, where that is later than it happened.
        step: added to `value` from each event of a series to the next.
        record: the record that it is a version of: it takes back the one that came before.
        status: what it says of its record, ``open`` or ``closed``.
    """

    at: str
    kind: str | None = None
    value: float | None = None
    severity: int | None = None
    area: str = ""
    subject: str = ""
    feed: str | None = None
    text: str = ""
    lon: float | None = None
    lat: float | None = None
    attrs: Mapping[str, str] = field(default_factory=dict)
    arrives: str | None = None
    until: str | None = None
    every: timedelta | None = None
    step: float = 0.0
    origin: str = "live"
    record: str = ""
    status: str = ""


@dataclass(frozen=True)
class RuleEpisode:
    """An alert of another rule, in a test of a rule over alerts."""

    rule: str
    at: str
    key: Mapping[str, str] = field(default_factory=dict)
    until: str | None = None
    level: str = "yellow"
    area: str = ""


@dataclass(frozen=True)
class ExpectedAlert:
    """An alert that a test expects.

    Attributes:
        level: its highest level.
        key: what the rule distinguishes by, or a part of it.
        at: local time of firing; not given: any.
        state: ``firing``, ``ended``, ``revised`` or ``pending`` at the test's end.
    """

    level: str
    key: Mapping[str, str] = field(default_factory=dict)
    at: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class RuleTest:
    """A test beside a rule.

    Attributes:
        name: what it shows.
        events: what comes in.
        alerts: alerts of other rules that come in.
        until: local time that the clock runs to; not given: a minute after the last event.
        expect: all alerts that there shall be; none: silence.
        day: date of the first day.
    """

    name: str
    events: tuple[RuleEvent, ...] = ()
    alerts: tuple[RuleEpisode, ...] = ()
    until: str | None = None
    expect: tuple[ExpectedAlert, ...] = ()
    day: str = "2026-03-02"

    def instant(self, text: str, zone: ZoneInfo) -> int:
        """Return a local time (``HH:MM``, ``HH:MM:SS``, ``+2d HH:MM``) as ms since 1970 UTC.

        It is what clocks show; where they show it twice, the first time.
        """
        days, _, clock = text.rpartition(" ")
        hours, minutes, *seconds = (int(part) for part in clock.split(":"))
        passed = timedelta(
            days=int(days.strip("+d") or 0) if days else 0,
            hours=hours,
            minutes=minutes,
            seconds=seconds[0] if seconds else 0,
        )
        shown = datetime.fromisoformat(self.day) + passed
        return millis(shown.replace(tzinfo=zone))


@dataclass(frozen=True)
class Damping:
    """What keeps an alert from flapping.

    Attributes:
        for_ms: how long the condition has to hold before it fires.
        fires_after: how many observations in a row have to hold before it fires.
        clears_after: how many observations in a row have to be clear before it ends, or lower
            before its level sinks.
        hold_ms: how long it stays open after it has become clear.
        stale_ms: how long after a reading nobody knows what is; 0: it rests on no readings.
    """

    for_ms: int = 0
    fires_after: int = 1
    clears_after: int = 1
    hold_ms: int = 0
    stale_ms: int = field(default=0, repr=False)

    @property
    def at_once(self) -> bool:
        """Whether the first observation that holds fires."""
        return self.for_ms == 0 and self.fires_after == 1


@dataclass(frozen=True)
class Rule:
    """One warning rule.

    Attributes:
        id: unique among all rules.
        theme: id of the theme, the name of its file.
        title: what the alert is called.
        summary: a sentence about what was found; ``{place}``, ``{value}``, ``{threshold}``,
            ``{unit}``, ``{level}``, ``{words}``, ``{kind}``, ``{subject}`` (name and address, where
            the city has them), ``{text}`` (of the newest event) and the key's names stand in it.
        condition: kind of condition and its options (an options record of that kind).
        kinds: ids of the kinds that it reads; of rules over alerts or feeds none.
        where: column → what its value must be, see docs/rules.md.
        by: columns that it distinguishes by: area, district, street, department, feed, kind,
            subject, ``attrs.<name>``; none: the city as a whole.
        above, below: level → threshold, a number or a duration; exactly one of them, or `level`.
        level: the only level, of a condition that holds or does not.
        clear: threshold that has to be passed back to clear; not given: the lowest one.
        for_, fires_after, clears_after, hold: see `Damping`.
        stale_after: how long after a reading nobody knows what is; not given: as long as `for_`,
            or three cadences.
        response: what to do.
        labels: for routing.
        basis: where the thresholds come from; ``example`` where somebody chose them.
        enabled: whether it runs.
        tests: its rule tests, beside it.
    """

    id: str
    theme: str
    title: Text
    summary: Text
    condition: Any
    kinds: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    above: Mapping[str, str] = field(default_factory=dict)
    below: Mapping[str, str] = field(default_factory=dict)
    level: str | None = None
    clear: str | None = None
    for_: timedelta = timedelta()
    fires_after: int = 1
    clears_after: int = 1
    hold: timedelta = timedelta()
    stale_after: timedelta | None = None
    response: Text | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    basis: str = "example"
    enabled: bool = True
    tests: tuple[RuleTest, ...] = ()
    version: str = ""

    @property
    def damping(self) -> Damping:
        """What keeps it from flapping."""
        return Damping(_ms(self.for_), self.fires_after, self.clears_after, _ms(self.hold))

    @cached_property
    def thresholds(self) -> Thresholds:
        """Its levels as numbers."""
        return Thresholds.of(self)

    @cached_property
    def judgement(self) -> str:
        """Hash of what decides when it fires: rules that differ only in words have the same."""
        read = (self.kinds, self.where, self.by, self.condition)
        levels = (self.above, self.below, self.level, self.clear)
        text = repr((read, levels, self.damping))
        text += repr(self.stale_after) if self.stale_after else ""
        for name, before in _NAMES_IN_JUDGEMENTS.items():
            text = text.replace(f"{name}(", f"{before}(")
        return version_of(text)


_NAMES_IN_JUDGEMENTS = {"SequenceStep": "Step", "AlertStep": "Step"}
"""Snapshots carry the hash, and names of classes are in it: one that is renamed keeps in it the
name that it had, or its rules would begin anew and their open alerts be revised."""


@dataclass(frozen=True)
class RuleFacts:
    """What a rule's entry says of its alerts, as far as it can be read; see `Rule`.

    Attributes:
        theme: "" where its file is named after none.
    """

    id: str
    theme: str = ""
    title: Text = NOTHING
    kinds: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Thresholds:
    """The levels of a rule as numbers, durations in seconds.

    Attributes:
        above: whether a level is reached at or above its threshold (else at or below).
        ranks: the levels' ranks, from the lowest level.
        values: their thresholds, in the same order.
        clear: at this value and beyond it the rule is clear; None: whatever reaches no level.
    """

    above: bool
    ranks: tuple[int, ...]
    values: tuple[float, ...]
    clear: float | None

    @classmethod
    def of(cls, rule: Rule) -> Thresholds:
        """Return the thresholds of `rule`."""
        given = rule.above or rule.below or {str(rule.level): "1"}
        levels = [level for level in LEVELS if level in given]
        return cls(
            above=not rule.below,
            ranks=tuple(RANKS[level] for level in levels),
            values=tuple(amount(given[level]) for level in levels),
            clear=None if rule.clear is None else amount(rule.clear),
        )

    def of_rank(self, rank: int) -> float | None:
        """Return the threshold of the level of `rank`."""
        pairs = dict(zip(self.ranks, self.values, strict=True))
        return pairs.get(rank)


def amount(text: str) -> float:
    """Return a threshold as a number; a duration becomes seconds.

    Raises:
        ValueError: it is neither.
    """
    try:
        return float(text)
    except ValueError:
        return float(seconds_of(text.removeprefix("-"))) * (-1 if text.startswith("-") else 1)


def version_of(text: str) -> str:
    """Return the version of a rule whose YAML, without its tests, is `text`: 12 hex digits."""
    return hashlib.blake2b(text.encode(), digest_size=VERSION_DIGITS // 2).hexdigest()


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)
