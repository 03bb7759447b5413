"""Feed silence: a whole feed sends nothing any more.

    feed_silence: {cadences: true}   with above {yellow: 3, red: 12}, by: [feed]
    feed_silence: {}                 with above {orange: 2h}

Every feed of the city is watched from the first envelope on that came of it; `feeds` narrows that
down. An envelope without events is a sign of life, one of nothing but refused rows is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from citybrain.config import City
from citybrain.config.checks import Finding
from streams.conditions.absence import Silence, check_silence
from streams.rules.condition import Kind
from streams.rules.inputs import Header
from streams.rules.rule import Rule
from streams.rules.selection import Slots


@dataclass(frozen=True)
class Options:
    """Which feeds, and how silence is counted.

    Attributes:
        cadences: thresholds are multiples of each feed's cadence.
        feeds: ids of the feeds that are watched; none: all.
    """

    cadences: bool = False
    feeds: tuple[str, ...] = ()


class FeedSilence(Silence):
    """When each feed was heard of."""

    def __init__(self, rule: Rule, slots: Slots, city: City) -> None:
        """Watch the feeds of `city`."""
        super().__init__(rule, slots, city, cadences=rule.condition.cadences)
        self._watched = frozenset(rule.condition.feeds or city.feeds)

    def hear(self, header: Header) -> None:
        """Take note of an envelope."""
        if header.feed in self._watched and (header.accepted or not header.rejected):
            slot = np.array([self.slots.slot((header.feed,))])
            self._heard(slot, np.array([header.received_ms]))


def _check(rule: Rule) -> Iterator[Finding]:
    if rule.by != ("feed",):
        yield Finding("", "watches feeds", "say by: [feed]")
    yield from check_silence(rule, cadences=rule.condition.cadences)


def _measure(_rule: Rule) -> str:
    return "time since the feed's last envelope"


def _unit(rule: Rule, _city: City) -> str:
    return "cadences" if rule.condition.cadences else "s"


def _make(rule: Rule, slots: Slots, _lateness_ms: int, city: City) -> FeedSilence:
    return FeedSilence(rule, slots, city)


def _feeds(rule: Rule) -> tuple[str, ...]:
    options: Options = rule.condition
    return options.feeds


KIND = Kind(
    Options,
    _make,
    _check,
    _measure,
    _unit,
    reads="feeds",
    feeds=_feeds,
    durations=True,
    exercised=False,
)
