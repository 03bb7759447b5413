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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from citybrain.alerts.records import Episode
from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.clock import from_millis, millis
from citybrain.floor.duration import words, words_zh
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.ruling.condition import ConditionKind
from streams.ruling.intake.selection import Slots
from streams.ruling.memory.step_plans import (
    Chain,
    SeenStep,
    chains,
    check_plan,
    measure,
    overdue,
    plan_of,
    seen,
)
from streams.ruling.over_alerts.spans import AlertSpan, OverAlerts, fired, in_order

LONGEST = timedelta(hours=6)
"""Alerts that are over are known for a day, which has to be much more than a sequence needs."""


@dataclass(frozen=True)
class AlertStep:
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

    steps: tuple[AlertStep, ...]
    within: timedelta
    any_: int | None = None


class AlertSequence(OverAlerts):
    """Holds for a while from the alert that completes the steps, or once one is overdue."""

    exact = False

    def __init__(self, options: Options, zone: ZoneInfo) -> None:
        """Look for the steps of `options`; times are said in `zone`."""
        self._options, self._zone = options, zone
        self._plan = plan_of(options.steps, options.within, options.any_)
        self.keeps = (3 if self._plan.missing else 2) * options.within

    def spans(self, known: Sequence[Episode]) -> list[AlertSpan]:
        """Return when it holds."""
        found = self._seen(known)
        if self._plan.missing:
            return list(self._missing(known, found))
        starts = (from_millis(chain[-1][0]) for chain in chains(self._plan, found))
        return [AlertSpan(start, start + self._options.within) for start in starts]

    def behind(self, known: Sequence[Episode], span: AlertSpan) -> list[Episode]:
        """Return the alerts that completed it at the beginning of `span`, or later in it."""
        wanted = set()
        for at, chain in self._completed(self._seen(known)):
            if span.start <= from_millis(at) and (span.end is None or from_millis(at) <= span.end):
                wanted |= {(at, self._options.steps[step].rule) for at, step in chain}
        found = in_order(one for one in known if (millis(fired(one)), one.rule) in wanted)
        return found or in_order(known)  # its beginning is forgotten

    def words(self, behind: Sequence[Episode]) -> Text:
        """Return the alerts with their times."""
        parts = [(f"{fired(one).astimezone(self._zone):%H:%M}", one.title) for one in behind]
        zh = " → ".join(f"{at} {title.zh}" for at, title in parts)
        en = " → ".join(f"{at} {title.en}" for at, title in parts)
        if not self._plan.missing:
            return Text(zh, en)
        span, last = self._plan.within_ms // 1000, self._options.steps[-1].rule
        return Text(
            f"{zh}；{words_zh(span)}内未见预警 {last}",
            f"{en}; no alert of {last} within {words(span)}",
        )

    def _seen(self, known: Iterable[Episode]) -> list[SeenStep]:
        steps = self._options.steps
        fits = {
            name: sum(1 << number for number, step in enumerate(steps) if step.rule == name)
            for name in {step.rule for step in steps}
        }
        return sorted(seen(millis(fired(one)), fits[one.rule]) for one in known if one.rule in fits)

    def _completed(self, found: Sequence[SeenStep]) -> Iterator[tuple[int, Chain]]:
        """Yield (instant from which it holds, what came) of all that holds."""
        if self._plan.missing:
            yield from overdue(self._plan, found)
        else:
            yield from ((chain[-1][0], chain) for chain in chains(self._plan, found))

    def _missing(self, known: Sequence[Episode], found: Sequence[SeenStep]) -> Iterator[AlertSpan]:
        final = self._plan.steps - 1
        came = [one.at_ms for one in found if one.fits >> final & 1]
        for due, chain in overdue(self._plan, found):
            start, late = from_millis(due), next((at for at in came if at > due), None)
            end = self._over(known, chain[-1][0], start + self._options.within)
            if late is not None and (end is None or from_millis(late) < end):
                end = from_millis(late)
            yield AlertSpan(start, end)

    def _over(self, known: Iterable[Episode], at_ms: int, least: datetime) -> datetime | None:
        """Return when the alert of `at_ms`, before the missing step, is over; at `least` then."""
        rule = self._options.steps[-2].rule
        ends = [one.ended_at for one in known if one.rule == rule and millis(fired(one)) == at_ms]
        return None if None in ends else max([least, *(end for end in ends if end is not None)])


def refers(rule: Rule) -> Iterable[str]:
    """Return the ids of the rules that it reads."""
    options: Options = rule.condition
    return tuple(dict.fromkeys(step.rule for step in options.steps))


def _check(rule: Rule) -> Iterator[RecordFault]:
    options: Options = rule.condition
    yield from check_plan(options.steps, options.within, options.any_, LONGEST)
    if rule.id in refers(rule):
        yield RecordFault("steps", f"{rule.id!r} reads itself", "take it away")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    return measure([step.rule for step in options.steps], options)


def _make(rule: Rule, _slots: Slots, _lateness_ms: int, city: City) -> AlertSequence:
    return AlertSequence(rule.condition, ZoneInfo(city.time_zone))


KIND = ConditionKind(Options, _make, _check, _measure, reads="alerts", refers=refers, single=True)
