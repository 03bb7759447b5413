"""What no type can say about a rule: references to nothing, impossible thresholds and sentences.

Each check takes one rule and what it may refer to, and yields what is wrong; no files, no lines.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

from citybrain.city import City
from citybrain.city.references import RecordFault, check_id
from citybrain.floor.duration import TooLongError, shortened
from citybrain.floor.event_columns import STATUS
from citybrain.floor.levels import LEVELS
from citybrain.floor.strict import suggest
from citybrain.rules.rule import Rule, amount
from streams.ruling.checks.damping_checks import check_damping
from streams.ruling.checks.joint_keys import check_joint_keys
from streams.ruling.checks.reach import Extent, check_clear, check_reach, check_values
from streams.ruling.checks.test_checks import check_tests
from streams.ruling.checks.where_checks import check_names
from streams.ruling.condition import ConditionKind
from streams.ruling.intake.rows import ATTRIBUTE
from streams.ruling.intake.where import check_where
from streams.ruling.telling.teller import NAMES, names_in

_EXAMPLES = {False: "give for example 75", True: "give for example 10m"}
KEYS = ("area", "district", "street", "department", "feed", "kind", "subject")


def check_rule(
    rule: Rule, kind: ConditionKind, option: str, city: City, rules: Mapping[str, Rule | None]
) -> Iterator[RecordFault]:
    """Yield what is wrong with `rule`.

    Args:
        rule: the rule.
        kind: its kind of condition.
        option: where its condition's options stand inside the rule.
        city: whose kinds it reads.
        rules: all rules, which it may refer to; None: one that could not be read.
    """
    yield from check_id(rule.id)
    yield from _reads(rule, kind, city)
    if kind.reads == "events":
        yield from check_where(rule.where)
        yield from check_names(rule, option, city)
    yield from _keys(rule)
    yield from _levels(rule, kind, city)
    yield from check_damping(rule, kind)
    yield from check_values(rule, city)
    yield from _summary(rule)
    for found in kind.check(rule):
        item = f"{option}.{found.item}" if found.item else option
        yield RecordFault(item, found.problem, found.remedy)
    refers = tuple(kind.refers(rule))
    yield from _referred(rule, kind, option, city, rules)
    yield from check_joint_keys(rule, refers, rules)
    if not rule.tests:
        yield RecordFault("", "no tests", "add 'tests:' with at least one test that fires")
    yield from check_tests(rule, kind.reads, refers, city)


def _referred(
    rule: Rule, kind: ConditionKind, option: str, city: City, rules: Mapping[str, Rule | None]
) -> Iterator[RecordFault]:
    """Yield the feeds and rules in its options that are not there, or do not run."""
    for index, name in enumerate(kind.feeds(rule)):
        if name not in city.feeds:
            remedy = suggest(name, city.feeds)
            yield RecordFault(f"{option}.feeds[{index}]", f"unknown feed {name!r}", remedy)
    if kind.by_cadence(rule):
        yield from _irregular(rule, kind, option, city)
    for name in dict.fromkeys(kind.refers(rule)):
        other = rules.get(name)
        if name not in rules:
            yield RecordFault(option, f"unknown rule {name!r}", suggest(name, rules))
        elif rule.enabled and other is not None and not other.enabled:
            remedy = "say enabled: true there, or take it away here"
            yield RecordFault(option, f"rule {name!r} does not run", remedy)


def _irregular(rule: Rule, kind: ConditionKind, option: str, city: City) -> Iterator[RecordFault]:
    """Yield each feed by whose cadence it would measure, and that has none."""
    named, kinds = frozenset(kind.feeds(rule)), frozenset(rule.kinds)
    for feed in city.feeds.values():
        if feed.irregular and (feed.id in named or kinds & frozenset(feed.kinds)):
            problem = f"feed {feed.id!r} is irregular, it has no cadence"
            remedy = "give thresholds as durations (cadences: false), or leave it out"
            yield RecordFault(f"{option}.cadences", problem, remedy)


def _reads(rule: Rule, kind: ConditionKind, city: City) -> Iterator[RecordFault]:
    if kind.reads != "events":
        if rule.kinds:
            yield RecordFault("kinds", f"its condition reads {kind.reads}", "take kinds away")
        return
    if not rule.kinds:
        yield RecordFault("kinds", "no kind", "list the kinds of events that it reads")
    for index, name in enumerate(rule.kinds):
        if name not in city.kinds:
            remedy = suggest(name, city.kinds)
            yield RecordFault(f"kinds[{index}]", f"unknown kind {name!r}", remedy)
        elif not any(name in feed.kinds for feed in city.feeds.values()):
            remedy = "add it to a feed, or take it away"
            yield RecordFault(f"kinds[{index}]", f"no feed carries {name!r}", remedy)
        elif kind.status and not _says_status(name, city):
            problem = f"no feed says of {name!r} whether it is open"
            yield RecordFault(f"kinds[{index}]", problem, "map status in a feed that carries it")


def _says_status(kind: str, city: City) -> bool:
    """Whether a feed that carries `kind` says what is open and what is closed."""
    return any(kind in feed.kinds and STATUS in feed.mapping for feed in city.feeds.values())


def _keys(rule: Rule) -> Iterator[RecordFault]:
    for index, name in enumerate(rule.by):
        if name in rule.by[:index]:
            yield RecordFault(f"by[{index}]", f"{name!r} is there already", "take it away")
        if name not in KEYS and (not name.startswith(ATTRIBUTE) or name == ATTRIBUTE):
            yield RecordFault(f"by[{index}]", f"unknown column {name!r}", suggest(name, KEYS))


def _levels(rule: Rule, kind: ConditionKind, city: City) -> Iterator[RecordFault]:
    given = [name for name in ("above", "below", "level") if getattr(rule, name)]
    wanted = ("level",) if kind.single else ("above", "below")
    if len(given) != 1 or given[0] not in wanted:
        example = "'level: yellow'" if kind.single else "'above: {yellow: 10}' or below"
        problem = f"{' and '.join(given)} given" if given else "no level"
        yield RecordFault("", problem, f"its kind of condition takes {example} alone")
        return
    if rule.level is not None and rule.level not in LEVELS:
        yield RecordFault("level", f"unknown level {rule.level!r}", suggest(rule.level, LEVELS))
    if not kind.single:
        yield from _thresholds(rule, given[0], Extent(*kind.extent(rule, city)), kind)


def _thresholds(
    rule: Rule, side: str, extent: Extent, kind: ConditionKind
) -> Iterator[RecordFault]:
    numbers: dict[str, float] = {}
    for level, text in (rule.above or rule.below).items():
        if level not in LEVELS:
            yield RecordFault(f"{side}.{level}", f"unknown level {level!r}", suggest(level, LEVELS))
            continue
        try:
            numbers[level] = number(text, durations=kind.durations)
        except ValueError as error:
            yield _no_number(f"{side}.{level}", error, durations=kind.durations)
    told = set()
    beyond = check_reach(side, numbers, extent, counted=kind.places)
    for found in (*_order(side, numbers), *beyond):
        if found.item not in told:
            told.add(found.item)
            yield found
    if numbers and rule.clear is not None:
        lowest = next(numbers[level] for level in LEVELS if level in numbers)
        usual = Extent(-math.inf, math.inf)  # the thresholds are told to be beyond it already
        reached = usual if told else extent
        yield from _clear(rule.clear, side, lowest, reached, durations=kind.durations)


def _order(side: str, numbers: Mapping[str, float]) -> Iterator[RecordFault]:
    """Yield the levels that are not further out than the one before them."""
    sign = 1 if side == "above" else -1
    ordered = [(level, numbers[level]) for level in LEVELS if level in numbers]
    for (lower, low), (higher, high) in pairwise(ordered):
        if sign * high <= sign * low:
            problem = f"{higher} at {high:g} is never reached without {lower} at {low:g}"
            remedy = f"{'raise' if sign > 0 else 'lower'} {higher}"
            yield RecordFault(f"{side}.{higher}", problem, remedy)


def number(text: str, *, durations: bool) -> float:
    """Return a threshold as a number; a duration, where it can be one, in seconds.

    Raises:
        ValueError: it is none, in words.
    """
    shown = repr(shortened(text))
    try:
        found = amount(text)
    except TooLongError:
        if durations:
            raise
        raise ValueError(f"{shown} is a duration, and what is measured is none") from None
    except ValueError:
        expected = "neither a number nor a duration" if durations else "no number"
        raise ValueError(f"{shown} is {expected}") from None
    if not math.isfinite(found):
        raise ValueError(f"{shown} is never reached")
    if not durations and text[-1:].isalpha():
        raise ValueError(f"{shown} is a duration, and what is measured is none")
    return found


def _no_number(item: str, error: ValueError, *, durations: bool) -> RecordFault:
    remedy = error.remedy if isinstance(error, TooLongError) else _EXAMPLES[durations]
    return RecordFault(item, str(error), remedy)


def _clear(
    text: str, side: str, lowest: float, extent: Extent, *, durations: bool
) -> Iterator[RecordFault]:
    try:
        clear = number(text, durations=durations)
    except ValueError as error:
        yield _no_number("clear", error, durations=durations)
        return
    beyond = clear >= lowest if side == "above" else clear <= lowest
    if beyond:
        word = "below" if side == "above" else "above"
        problem = f"clears at {clear:g}, where it fires already at {lowest:g}"
        yield RecordFault("clear", problem, f"give a value {word} {lowest:g}")
    else:
        yield from check_clear(side, clear, extent)


def _summary(rule: Rule) -> Iterator[RecordFault]:
    known = {*NAMES, *KEYS, *(name.removeprefix(ATTRIBUTE) for name in rule.by)}
    for language in ("zh", "en"):
        try:
            unknown = names_in(getattr(rule.summary, language)) - known
        except ValueError:
            remedy = "write {name} for a name, {{ and }} for braces"
            yield RecordFault(f"summary.{language}", "braces do not match", remedy)
            continue
        for name in sorted(unknown):
            yield RecordFault(f"summary.{language}", f"unknown name {name!r}", suggest(name, known))
