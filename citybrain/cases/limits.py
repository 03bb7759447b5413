"""How long what may take: named profiles of limits, the choice of one, and what a change would do.

The key of a limit is what has to be done (its name), of what (kind), in which case (condition):
one kind has several limits, a manhole cover that is gone two hours, one that rattles two days.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, cast

import msgspec

from citybrain.cases.case_clock import read_clock
from citybrain.cases.clock_events import ClockEvent, ClockReopened, ClockStarted, LimitWord
from citybrain.cases.clock_timers import clock_timers
from citybrain.cases.time_units import TimeLimit, UnitName
from citybrain.cases.working_time import WorkingTime
from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import NOTHING, Text


class LimitKey(NamedTuple):
    """What a limit is of.

    Attributes:
        name: what has to be done: what a clock is called by.
        kind: of which kind of event; "": of any.
        condition: in which case; "": in any.
    """

    name: str
    kind: str = ""
    condition: str = ""


@dataclass(frozen=True)
class CaseLimit:
    """One limit of a profile.

    Attributes:
        name, kind, condition: its key.
        amount: how many units.
        unit: of `citybrain.cases.time_units.TIME_UNITS`.
        source: where it is written, for whoever wants to check it.
        closing: what has to be so that it counts as done, "" where the source does not say.
    """

    name: str
    amount: int
    unit: str
    source: str
    kind: str = ""
    condition: str = ""
    closing: Text = NOTHING

    @property
    def key(self) -> LimitKey:
        """Its key."""
        return LimitKey(self.name, self.kind, self.condition)

    @property
    def limit(self) -> TimeLimit:
        """It as a clock takes it."""
        return TimeLimit(self.amount, cast("UnitName", self.unit))


@dataclass(frozen=True)
class LimitChoice:
    """The limit that was found, and why that one.

    Attributes:
        found: None: the profile has none.
        reason: a code of `PHRASES`.
    """

    found: CaseLimit | None
    reason: Reason


@dataclass(frozen=True)
class LimitProfile:
    """The limits of one city or one regulation.

    Attributes:
        id: the file's name.
        title: what it is called.
        names: what has to be done, id → title.
        conditions: id → title.
        kinds: kinds that the city's catalogue does not have, id → title.
        limits: its limits; a key stands there once.
        example: whether somebody has yet to check it against the regulation.
    """

    id: str
    title: Text
    names: Mapping[str, Text]
    limits: tuple[CaseLimit, ...]
    conditions: Mapping[str, Text] = field(default_factory=dict)
    kinds: Mapping[str, Text] = field(default_factory=dict)
    example: bool = False

    def find(self, key: LimitKey) -> LimitChoice:
        """Return the limit of `key`, or of the nearest key that stands for more."""
        name, kind, condition = key
        said = {"profile": self.id, **key._asdict()}
        for wider in (key, LimitKey(name, kind), LimitKey(name, "", condition), LimitKey(name)):
            if wider in self._by_key:
                return LimitChoice(self._by_key[wider], Reason(_why(wider), said))
        return LimitChoice(None, Reason("no_limit", said))

    @functools.cached_property
    def _by_key(self) -> dict[LimitKey, CaseLimit]:
        return {one.key: one for one in self.limits}


@dataclass(frozen=True)
class MeasuredCase:
    """What one clock of a case went through.

    Attributes:
        key: of what its limit was.
        events: of its clock.
    """

    key: LimitKey
    events: tuple[ClockEvent, ...]


@dataclass(frozen=True)
class LimitEffect:
    """What another profile would make of one key.

    Attributes:
        key: the key.
        before, after: its limit in either profile; None: there is none.
        cases: how many there were.
        late_before, late_after: how many of them were, or would have been, late.
    """

    key: LimitKey
    before: CaseLimit | None
    after: CaseLimit | None
    cases: int = 0
    late_before: int = 0
    late_after: int = 0

    @property
    def changes(self) -> bool:
        """Whether the limit is another one."""
        return (self.before and self.before.limit) != (self.after and self.after.limit)


def find_limit(profiles: Sequence[LimitProfile], key: LimitKey) -> LimitChoice:
    """Return the limit of `key` in the first of `profiles`, at least one, that has one."""
    choices = [profile.find(key) for profile in profiles]
    return next((one for one in choices if one.found is not None), choices[0])


Late = Callable[[MeasuredCase, TimeLimit], bool]
"""Whether a case would have been late by a limit."""


def compare(
    before: LimitProfile,
    after: LimitProfile,
    cases: Iterable[MeasuredCase] = (),
    late: Late = lambda _case, _limit: False,
) -> tuple[LimitEffect, ...]:
    """Return what `after` in the place of `before` does to each key of either, and to `cases`.

    A case counts where the limit stands that it has by the one or the other: of one kind and
    condition perhaps, perhaps of any.

    Args:
        before: a profile.
        after: the other.
        cases: what was measured, of any keys.
        late: says who would have been late; `late_by` makes one.
    """

    def of(key: LimitKey) -> LimitEffect:
        return LimitEffect(key, before.find(key).found, after.find(key).found)

    found = {one.key: of(one.key) for profile in (before, after) for one in profile.limits}
    for case in cases:
        key = _told_by(before, after, case.key)
        effect = found.get(key) or of(key)
        lates = [one is not None and late(case, one.limit) for one in (effect.before, effect.after)]
        found[key] = replace(
            effect,
            cases=effect.cases + 1,
            late_before=effect.late_before + lates[0],
            late_after=effect.late_after + lates[1],
        )
    return tuple(found.values())


def _told_by(before: LimitProfile, after: LimitProfile, key: LimitKey) -> LimitKey:
    """Return the key of the narrower of both limits, where that says all that is said of `key`."""
    found = [profile.find(key).found for profile in (before, after)]
    keys = [one.key for one in found if one is not None]
    narrower = max(keys, key=lambda one: sum(map(bool, one)), default=key)
    same = [profile.find(narrower).found for profile in (before, after)]
    return narrower if same == found else key


def late_by(time: WorkingTime, now: datetime) -> Late:
    """Return who says whether a case was late by another limit, until `now` (aware).

    Its pauses stay; its extensions are left out.
    """

    def late(case: MeasuredCase, limit: TimeLimit) -> bool:
        reading = read_clock(_limited(case.events, limit), time, now)
        timers = clock_timers(reading, time, warn_at=())
        return any(one.kind == "breach" and one.at <= now for one in timers)

    return late


def _limited(events: Iterable[ClockEvent], limit: TimeLimit) -> Iterable[ClockEvent]:
    """Return the events of a clock as they were, under another limit."""
    for event in events:
        if isinstance(event, (ClockStarted, ClockReopened)):
            yield msgspec.structs.replace(event, limit=limit)
        elif not isinstance(event, LimitWord):
            yield event


def _why(key: LimitKey) -> str:
    if key.kind:
        return "by_kind_and_condition" if key.condition else "by_kind"
    return "by_condition" if key.condition else "by_name"


PHRASES = Phrases(
    {
        "by_kind_and_condition": Text(
            "{profile}：按类别 {kind}、情形 {condition}",
            "{profile}: by kind {kind} and {condition}",
        ),
        "by_kind": Text("{profile}：按类别 {kind}", "{profile}: by kind {kind}"),
        "by_condition": Text(
            "{profile}：按情形 {condition}", "{profile}: by condition {condition}"
        ),
        "by_name": Text("{profile}：按环节 {name}", "{profile}: by {name} alone"),
        "no_limit": Text("{profile} 未规定 {name} 的时限", "{profile} has no limit {name} for it"),
    }
)
"""Words of the choice of a limit."""
