"""What the measure of a rule can be at all: thresholds beyond it are reached never, or always."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.rules.rule import Rule

OF_VALUES = ("value", "sum", "mean", "min", "max", "quantile")
"""What `of` can be that looks at the values of events."""
_INSIDE = {"district": ("street", "area"), "street": ("area",)}
"""Part of a place → columns that have only one such part each."""


class Extent(NamedTuple):
    """The least and the greatest that a measure can be."""

    least: float
    most: float


def check_values(rule: Rule, city: City) -> Iterator[RecordFault]:
    """Yield which kinds of `rule` have no value, where it looks at values."""
    of = getattr(rule.condition, "of", "")
    for index, name in enumerate(rule.kinds):
        if of in OF_VALUES and name in city.kinds and not city.kinds[name].unit:
            remedy = "say of: count, or take it away"
            yield RecordFault(f"kinds[{index}]", f"events of {name!r} have no value", remedy)


def check_reach(
    side: str, numbers: Mapping[str, float], extent: Extent, *, counted: bool
) -> Iterator[RecordFault]:
    """Yield which thresholds are reached never, or always.

    Args:
        side: above or below.
        numbers: level → threshold.
        extent: what the measure can be.
        counted: whether what is least is told elsewhere: one alone is no cluster.
    """
    above, (least, most) = side == "above", extent
    for level, value in numbers.items():
        always = value <= least if above else value >= most
        if above and value > most:
            yield _reach(side, level, value, f"is never reached: at most it is {most:.4g}")
        elif not above and value < least:
            yield _reach(side, level, value, f"is never reached: at least it is {least:.4g}")
        elif always and above and not (counted and value == least):
            yield _reach(side, level, value, f"always holds: at least it is {least:.4g}")
        elif always and not above:
            yield _reach(side, level, value, f"always holds: at most it is {most:.4g}")


def check_clear(side: str, value: float, extent: Extent) -> Iterator[RecordFault]:
    """Yield that the measure never comes to the value at which it is clear."""
    if side == "above" and value < extent.least:
        problem = f"never clears at {value:g}: at least it is {extent.least:.4g}"
        yield RecordFault("clear", problem, f"give {extent.least:.4g} or more")
    elif side == "below" and value > extent.most:
        problem = f"never clears at {value:g}: at most it is {extent.most:.4g}"
        yield RecordFault("clear", problem, f"give {extent.most:.4g} or less")


def _reach(side: str, level: str, value: float, problem: str) -> RecordFault:
    less = ("never" in problem) is (side == "above")
    remedy = "lower it" if less else "raise it"
    return RecordFault(f"{side}.{level}", f"{level} at {value:g} {problem}", remedy)


def most_different(rule: Rule, city: City) -> float:
    """Return how many different ones of a column events of one key can have."""
    column: str = rule.condition.column
    if column in rule.by or any(name in rule.by for name in _INSIDE.get(column, ())):
        return 1
    kinds = frozenset(rule.kinds)
    if not kinds <= city.kinds.keys():  # told already
        return math.inf
    carriers = [feed for feed in city.feeds.values() if kinds & frozenset(feed.kinds)]
    known = {
        "kind": kinds,
        "feed": {feed.id for feed in carriers},
        "department": {feed.department for feed in carriers},
    }
    return len(known.get(column, ())) or math.inf
