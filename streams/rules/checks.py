"""What no type can say about a rule: references to nothing, impossible thresholds and sentences.

Each check takes one rule and what it may refer to, and yields what is wrong; no files, no lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from citybrain.alerts.levels import LEVELS
from citybrain.config import City
from citybrain.config.checks import Finding, check_id
from citybrain.config.strict import suggest
from streams.rules.condition import Kind
from streams.rules.rows import ATTRIBUTE
from streams.rules.rule import Rule, amount
from streams.rules.tell import NAMES, names_in
from streams.rules.where import check_where

KEYS = ("area", "district", "street", "department", "feed", "kind", "subject")


def check_rule(
    rule: Rule, kind: Kind, option: str, city: City, rules: Mapping[str, Rule]
) -> Iterator[Finding]:
    """Yield what is wrong with `rule`.

    Args:
        rule: the rule.
        kind: its kind of condition.
        option: where its condition's options stand inside the rule.
        city: whose kinds it reads.
        rules: all rules, which it may refer to.
    """
    yield from check_id(rule.id)
    yield from _reads(rule, kind, city)
    yield from check_where(rule.where)
    yield from _keys(rule)
    yield from _levels(rule, kind)
    yield from _damping(rule)
    yield from _summary(rule)
    for found in kind.check(rule):
        item = f"{option}.{found.item}" if found.item else option
        yield Finding(item, found.problem, found.remedy)
    for other in kind.refers(rule):
        if other not in rules:
            yield Finding(option, f"unknown rule {other!r}", suggest(other, rules))
    if not rule.tests:
        yield Finding("", "no tests", "add 'tests:' with at least one case that fires")
    yield from _tests(rule, city)


def _reads(rule: Rule, kind: Kind, city: City) -> Iterator[Finding]:
    if kind.reads != "events":
        if rule.kinds:
            yield Finding("kinds", f"its condition reads {kind.reads}", "take kinds away")
        return
    if not rule.kinds:
        yield Finding("kinds", "no kind", "list the kinds of events that it reads")
    for index, name in enumerate(rule.kinds):
        if name not in city.kinds:
            remedy = suggest(name, city.kinds)
            yield Finding(f"kinds[{index}]", f"unknown kind {name!r}", remedy)
        elif not any(name in feed.kinds for feed in city.feeds.values()):
            remedy = "add it to a feed, or take it away"
            yield Finding(f"kinds[{index}]", f"no feed carries {name!r}", remedy)


def _keys(rule: Rule) -> Iterator[Finding]:
    for index, name in enumerate(rule.by):
        if name not in KEYS and not name.startswith(ATTRIBUTE):
            yield Finding(f"by[{index}]", f"unknown column {name!r}", suggest(name, KEYS))


def _levels(rule: Rule, kind: Kind) -> Iterator[Finding]:
    given = [name for name in ("above", "below", "level") if getattr(rule, name)]
    wanted = ("level",) if kind.single else ("above", "below")
    if len(given) != 1 or given[0] not in wanted:
        problem = f"{' and '.join(given)} given" if given else "no level"
        remedy = "give 'level: yellow'" if kind.single else "give one of above and below"
        yield Finding("", problem, f"{remedy}, with what this kind of condition takes")
        return
    if rule.level is not None and rule.level not in LEVELS:
        yield Finding("level", f"unknown level {rule.level!r}", suggest(rule.level, LEVELS))
    yield from _thresholds(rule, given[0])


def _thresholds(rule: Rule, side: str) -> Iterator[Finding]:
    numbers: dict[str, float] = {}
    for level, text in (rule.above or rule.below).items():
        if level not in LEVELS:
            yield Finding(f"{side}.{level}", f"unknown level {level!r}", suggest(level, LEVELS))
            continue
        try:
            numbers[level] = amount(text)
        except ValueError:
            problem = f"{text!r} is neither a number nor a duration"
            yield Finding(f"{side}.{level}", problem, "give for example 75 or 10m")
    sign = 1 if side == "above" else -1
    ordered = [(level, numbers[level]) for level in LEVELS if level in numbers]
    for (lower, low), (higher, high) in pairwise(ordered):
        if sign * high <= sign * low:
            problem = f"{higher} at {high:g} is never reached without {lower} at {low:g}"
            remedy = f"{'raise' if sign > 0 else 'lower'} {higher}"
            yield Finding(f"{side}.{higher}", problem, remedy)
    if ordered and rule.clear is not None:
        yield from _clear(rule.clear, side, ordered[0][1])


def _clear(text: str, side: str, lowest: float) -> Iterator[Finding]:
    try:
        clear = amount(text)
    except ValueError:
        problem = f"{text!r} is neither a number nor a duration"
        yield Finding("clear", problem, "give for example 60 or 5m")
        return
    beyond = clear >= lowest if side == "above" else clear <= lowest
    if beyond:
        word = "below" if side == "above" else "above"
        problem = f"clears at {clear:g}, where it fires already at {lowest:g}"
        yield Finding("clear", problem, f"give a value {word} {lowest:g}")


def _damping(rule: Rule) -> Iterator[Finding]:
    for name in ("fires_after", "clears_after"):
        count = getattr(rule, name)
        if count < 1:
            yield Finding(name, f"{count} is impossible", "give 1 or more")


def _summary(rule: Rule) -> Iterator[Finding]:
    known = {*NAMES, *KEYS, *(name.removeprefix(ATTRIBUTE) for name in rule.by)}
    for language in ("zh", "en"):
        try:
            unknown = names_in(getattr(rule.summary, language)) - known
        except ValueError as error:
            yield Finding(f"summary.{language}", str(error), "write {{ for a brace")
            continue
        for name in sorted(unknown):
            yield Finding(f"summary.{language}", f"unknown name {name!r}", suggest(name, known))


def _tests(rule: Rule, city: City) -> Iterator[Finding]:
    for index, test in enumerate(rule.tests):
        for number, event in enumerate(test.events):
            item = f"tests[{index}].events[{number}]"
            if event.kind is not None and event.kind not in city.kinds:
                remedy = suggest(event.kind, city.kinds)
                yield Finding(f"{item}.kind", f"unknown kind {event.kind!r}", remedy)
            if (event.every is None) != (event.until is None):
                yield Finding(item, "half a series", "give both until and every, or none")
        for number, expected in enumerate(test.expect):
            if expected.level not in LEVELS:
                item = f"tests[{index}].expect[{number}].level"
                remedy = suggest(expected.level, LEVELS)
                yield Finding(item, f"unknown level {expected.level!r}", remedy)
