"""Alert sequence: one rule's alert after another's within a time, or the second one missing.

    alert_sequence: {steps: [{rule: heavy_rain}, {rule: ponding_street}], within: 2h}
    alert_sequence: {steps: [{rule: fire_alarm}, {rule: rescue, absent: true}], within: 30m}
    alert_sequence: {steps: [{rule: a}, {rule: b}, {rule: c}], any: 2, within: 1h}

A step is the instant at which an alert of that rule fires. As in `sequence`, it holds from the
instant that completes it for as long as `within`. A missing step has `within` from the one before
it; the alert begins when that time is over, and ends when the step comes after all, or with the
alert before it, but not sooner than after another `within`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from citybrain.config import City
from citybrain.config.checks import Finding
from streams.rules.condition import Kind
from streams.rules.rule import Rule
from streams.rules.selection import Slots
from streams.rules.steps import check_plan, measure

LONGEST = timedelta(hours=6)
"""Alerts that are over are known for a day, which has to be much more than a sequence needs."""


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        rule: id of the rule whose alert it is.
        absent: it has to be missing; only the last step can be.
    """

    rule: str
    absent: bool = False


@dataclass(frozen=True)
class Options:
    """The steps.

    Attributes:
        steps: two or more.
        within: time from the first to the last; to a missing one from the one before it.
        any_: how many different ones of them, in any order; not given: all, in order.
    """

    steps: tuple[Step, ...]
    within: timedelta
    any_: int | None = None


def refers(rule: Rule) -> Iterable[str]:
    """Return the ids of the rules that it reads."""
    options: Options = rule.condition
    return tuple(dict.fromkeys(step.rule for step in options.steps))


def _check(rule: Rule) -> Iterator[Finding]:
    options: Options = rule.condition
    yield from check_plan(options.steps, options.within, options.any_, LONGEST)
    if rule.id in refers(rule):
        yield Finding("steps", f"{rule.id!r} reads itself", "take it away")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    return measure([step.rule for step in options.steps], options)


def _make(_rule: Rule, _slots: Slots, _lateness_ms: int, _city: City) -> Any:
    raise TypeError("rules over alerts are evaluated by the composer")


KIND = Kind(Options, _make, _check, _measure, reads="alerts", refers=refers, single=True)
