"""Feed silence: a whole feed sends nothing any more.

    feed_silence: {cadences: true}   with above {yellow: 3, red: 12}, by: [feed]
    feed_silence: {}                 with above {orange: 2h}

Every feed of the city is watched from the first envelope on that came of it, but for irregular
ones; `feeds` narrows that down, and may name an irregular one where silence is no matter of
cadences. What is watched no more holds nothing. An envelope without events is a sign of life, one
of nothing but refused rows is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.rules.rule import Rule
from streams.conditions.absence import NEVER_DUE, AbsenceState, check_silence
from streams.ruling.condition import ConditionKind
from streams.ruling.fold import CLEAR, Observation
from streams.ruling.intake.inputs import ExcerptHeader
from streams.ruling.intake.selection import Slots


@dataclass(frozen=True)
class Options:
    """Which feeds, and how silence is counted.

    Attributes:
        cadences: thresholds are multiples of each feed's cadence.
        feeds: ids of the feeds that are watched; none: all.
    """

    cadences: bool = False
    feeds: tuple[str, ...] = ()


class FeedSilence(AbsenceState):
    """When each feed was heard of."""

    def __init__(self, rule: Rule, slots: Slots, city: City) -> None:
        """Watch the feeds of `city`."""
        super().__init__(rule, slots, city, cadences=rule.condition.cadences)
        regular = (name for name, feed in city.feeds.items() if not feed.irregular)
        self._watched = frozenset(rule.condition.feeds or regular)
        self._left: dict[int, int] = {}

    def hear(self, header: ExcerptHeader) -> None:
        """Take note of an envelope."""
        if header.feed in self._watched and (header.accepted or not header.rejected):
            slot = self.slots.slot((header.feed,))
            self._left.pop(slot, None)  # it may have been another feed's
            self._heard(np.array([slot]), np.array([header.received_ms]))

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return what silences reach; a feed that is watched no more is clear from then on."""
        left_ms = self._left.get(slot)
        for seen in super().observations(slot, since_ms):
            if left_ms is None or seen.at_ms < left_ms:
                yield seen
        if left_ms is not None and left_ms >= since_ms:
            yield Observation(left_ms, CLEAR, 0.0)

    def pack(self) -> dict[str, Any]:
        """Return what was heard, and since when feeds are watched no more."""
        return super().pack() | {"left": list(self._left.items())}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what was heard; what is watched no more is so from now on, or was already."""
        super().unpack(state)
        left, keys = dict(state.get("left", ())), self.slots.keys
        gone = [slot for slot, (feed,) in enumerate(keys) if feed not in self._watched]
        self._left = {slot: left.get(slot, self._now_ms) for slot in gone}
        self._due[gone] = NEVER_DUE
        self._changed.update(gone)


def _check(rule: Rule) -> Iterator[RecordFault]:
    if rule.by != ("feed",):
        yield RecordFault("", "watches feeds", "say by: [feed]")
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


KIND = ConditionKind(
    Options,
    _make,
    _check,
    _measure,
    _unit,
    reads="feeds",
    feeds=_feeds,
    by_cadence=lambda rule: bool(rule.condition.cadences),
    durations=True,
    exercised=False,
)
