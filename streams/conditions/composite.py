"""Composite: other rules' alerts together; all of some, any of some, none of some.

    composite: {all: [gas_leak, gas_pressure_drop], within: 10m}     both at one place
    composite: {any: [rule_a, rule_b], none: [rule_c]}               either, unless the third

Alerts belong together by the rule's `by`: area, district, street (of the alert's place), or names
of the other rules' keys; without `by` the city is one place. It holds while they hold; with
`within` an alert counts for so long after its end too, so that what just misses comes together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from citybrain.config import City
from citybrain.config.checks import Finding
from citybrain.config.duration import words
from streams.rules.condition import Kind
from streams.rules.rule import Rule
from streams.rules.selection import Slots

LONGEST = timedelta(hours=24)
"""Alerts that are over for longer are forgotten."""


@dataclass(frozen=True)
class Options:
    """Which rules.

    Attributes:
        all_: every one of them holds.
        any_: at least one of them holds.
        none: none of them holds.
        within: how long an alert still counts after its end.
    """

    all_: tuple[str, ...] = ()
    any_: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    within: timedelta = timedelta()


def refers(rule: Rule) -> Iterable[str]:
    """Return the ids of the rules that a composite reads."""
    options: Options = rule.condition
    return (*options.all_, *options.any_, *options.none)


def _check(rule: Rule) -> Iterator[Finding]:
    options: Options = rule.condition
    if not options.all_ and not options.any_:
        yield Finding("all", "no rule that has to hold", "name some under all or any")
    if options.within > LONGEST:
        long = words(round(options.within.total_seconds()))
        yield Finding("within", f"{long} is too long", "give at most 24h")
    if rule.id in refers(rule):
        yield Finding("all", f"{rule.id!r} reads itself", "take it away")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    parts = [" and ".join(options.all_), " or ".join(options.any_)]
    parts += [f"not {name}" for name in options.none]
    return ", ".join(part for part in parts if part)


def _make(_rule: Rule, _slots: Slots, _lateness_ms: int, _city: City) -> Any:
    raise TypeError("rules over alerts are evaluated by the composer")


KIND = Kind(Options, _make, _check, _measure, reads="alerts", refers=refers, single=True)
