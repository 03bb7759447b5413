"""For how long a reading says something: after that nobody knows whether a rule's condition holds.

A sensor that fell silent holds no level. What was pending is so no more, and a firing alert stays
open but says since when there is no reading; the next reading decides.
"""

from __future__ import annotations

from citybrain.city import City
from citybrain.floor.origins import EXERCISE
from citybrain.rules.rule import Rule
from streams.ruling.condition import ConditionKind

MISSED = 3
"""Cadences without a reading."""
LEAST_S, IRREGULAR_S = 600, 28_800
"""At least; and the cadence of a kind that has none, or its feeds' where that is longer."""


def stale_ms_of(rule: Rule, kind: ConditionKind, city: City) -> int:
    """Return how long after a reading nobody knows what is, ms; 0: the rule rests on none."""
    if not kind.rests(rule):
        return 0
    if rule.stale_after is not None:
        return round(rule.stale_after.total_seconds() * 1000)
    longest = max(_cadence_s(name, city) for name in rule.kinds)
    return max(rule.damping.for_ms, 1000 * max(MISSED * longest, LEAST_S))


def _cadence_s(kind: str, city: City) -> int:
    """Return within how long the next reading of a sensor is expected; long where nobody knows."""
    feeds = (feed for feed in city.feeds.values() if kind in feed.kinds)
    slowest = max((feed.cadence_s for feed in feeds if feed.origin != EXERCISE), default=0)
    return city.kinds[kind].cadence_s or max(slowest, IRREGULAR_S)
