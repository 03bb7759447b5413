"""What is wrong with the tests beside a rule: what could only fail, or fail to run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.event_columns import STATUSES
from citybrain.floor.levels import LEVELS
from citybrain.floor.origins import ORIGINS
from citybrain.floor.strict import suggest
from citybrain.rules.rule import ExpectedAlert, Rule, RuleEpisode, RuleEvent, RuleTest

STATES = ("pending", "firing", "ended", "revised")
_YEARS = (1971, 2099)
_TIME = re.compile(r"(\+\d{1,3}d )?([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")


def check_tests(
    rule: Rule, reads: str, refers: tuple[str, ...], city: City
) -> Iterator[RecordFault]:
    """Yield what is wrong with the tests of `rule`.

    Args:
        rule: the rule.
        reads: what it reads: events, feeds or alerts.
        refers: the rules that it reads.
        city: whose kinds and feeds its events are of.
    """
    for index, test in enumerate(rule.tests):
        for found in _test(rule, test, reads, refers, city):
            item = f"tests[{index}].{found.item}"
            yield RecordFault(item, found.problem, found.remedy)


def _test(
    rule: Rule, test: RuleTest, reads: str, refers: tuple[str, ...], city: City
) -> Iterator[RecordFault]:
    if test.events and reads == "alerts":
        yield RecordFault("events", "the rule reads alerts", "give alerts instead")
    if test.alerts and reads != "alerts":
        yield RecordFault("alerts", f"the rule reads {reads}", "give events instead")
    try:
        known = _YEARS[0] <= date.fromisoformat(test.day).year <= _YEARS[1]
    except ValueError:
        known = False
    if not known:
        yield RecordFault("day", f"{test.day!r} is no date", "give for example '2026-03-02'")
    yield from _times("", {"until": test.until})
    for number, event in enumerate(test.events):
        yield from _event(f"events[{number}]", event, city)
    for number, alert in enumerate(test.alerts):
        yield from _alert(f"alerts[{number}]", alert, refers)
    for number, expected in enumerate(test.expect):
        yield from _expected(f"expect[{number}]", expected, rule)


def _event(item: str, event: RuleEvent, city: City) -> Iterator[RecordFault]:
    times = {"at": event.at, "until": event.until, "arrives": event.arrives}
    yield from _times(f"{item}.", times)
    if event.kind is not None and event.kind not in city.kinds:
        remedy = suggest(event.kind, city.kinds)
        yield RecordFault(f"{item}.kind", f"unknown kind {event.kind!r}", remedy)
    if event.feed is not None and event.feed not in city.feeds:
        remedy = suggest(event.feed, city.feeds)
        yield RecordFault(f"{item}.feed", f"unknown feed {event.feed!r}", remedy)
    if event.origin not in ORIGINS:
        remedy = suggest(event.origin, ORIGINS)
        yield RecordFault(f"{item}.origin", f"unknown origin {event.origin!r}", remedy)
    if event.status not in ("", *STATUSES):
        remedy = suggest(event.status, STATUSES)
        yield RecordFault(f"{item}.status", f"unknown status {event.status!r}", remedy)
    if (event.every is None) != (event.until is None):
        yield RecordFault(item, "half a series", "give both until and every, or none")
    elif event.every is not None and not event.every:
        yield RecordFault(f"{item}.every", "0s is no step", "give for example 1m")


def _alert(item: str, alert: RuleEpisode, refers: tuple[str, ...]) -> Iterator[RecordFault]:
    yield from _times(f"{item}.", {"at": alert.at, "until": alert.until})
    if refers and alert.rule not in refers:
        problem = f"the rule does not read {alert.rule!r}"
        yield RecordFault(f"{item}.rule", problem, suggest(alert.rule, refers))
    yield from _level(item, alert.level, LEVELS)


def _expected(item: str, expected: ExpectedAlert, rule: Rule) -> Iterator[RecordFault]:
    yield from _times(f"{item}.", {"at": expected.at})
    yield from _level(item, expected.level, LEVELS)
    levels = rule.above or rule.below or ({rule.level: ""} if rule.level else {})
    if expected.level in LEVELS and levels and expected.level not in levels:
        problem = f"the rule has no {expected.level}"
        yield RecordFault(f"{item}.level", problem, f"it has {', '.join(map(str, levels))}")
    if expected.state is not None and expected.state not in STATES:
        remedy = suggest(expected.state, STATES)
        yield RecordFault(f"{item}.state", f"unknown state {expected.state!r}", remedy)
    for name in expected.key:
        if rule.by and name not in rule.by:
            problem = f"the rule does not tell apart by {name!r}"
            yield RecordFault(f"{item}.key.{name}", problem, suggest(name, rule.by))


def _level(item: str, level: str, known: tuple[str, ...]) -> Iterator[RecordFault]:
    if level not in known:
        yield RecordFault(f"{item}.level", f"unknown level {level!r}", suggest(level, known))


def _times(prefix: str, times: dict[str, str | None]) -> Iterator[RecordFault]:
    for name, text in times.items():
        if text is not None and not _TIME.fullmatch(text):
            remedy = "give for example '08:00' or '+1d 08:00'"
            yield RecordFault(f"{prefix}{name}", f"{text!r} is no time of day", remedy)
