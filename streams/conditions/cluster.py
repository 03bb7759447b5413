"""Cluster: many matters near each other, in place and in time, wherever that is.

    cluster: {radius_m: 300, within: 30m}    with above {yellow: 5, orange: 10}

Measured is how many events lie within the radius of one of them, in a time of that length. The
places are found, not given: events that are near each other are one group, and a group is one
alert however it grows; its key is where its first event was. A group that another one grows into
stays an alert of its own. Events without a position are left out, or, with `streets: true`, all of
one street are near each other and its code is their key.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.duration import words
from citybrain.rules.rule import Rule
from streams.ruling.condition import Condition, ConditionKind, RuleTime
from streams.ruling.fold import Observation, codes
from streams.ruling.intake.rows import EventRows, Floats, Ints
from streams.ruling.intake.selection import Slots
from streams.ruling.intake.witnesses import KEPT, Witness, witnesses_of
from streams.ruling.memory.grid import Around
from streams.ruling.memory.place_groups import MOST, PlaceGroups
from streams.ruling.memory.spotted_events import Event, Group

MOST_RADIUS_M = 5_000.0
LONGEST = timedelta(days=1)
NEVER = 2**62


@dataclass(frozen=True)
class Options:
    """What is near.

    Attributes:
        radius_m: distance in metres; within: time between the first and the last that count.
        streets: whether events without a position count for their street, not at all.
    """

    radius_m: float
    within: timedelta
    streets: bool = False


class Cluster(Condition):
    """The events of one rule that may still be part of a cluster."""

    makes_keys = True
    news = ()

    def __init__(self, rule: Rule, slots: Slots) -> None:
        """Look for groups as `rule` says."""
        super().__init__(slots)
        options: Options = rule.condition
        self._levels = rule.thresholds
        self._within_ms = round(options.within.total_seconds() * 1000)
        most = max(MOST, math.ceil(max(self._levels.values)))
        self._places = PlaceGroups(
            options.radius_m, self._within_ms, streets=options.streets, most=most
        )
        self._groups: dict[int, list[Group]] = {}
        self._kept: dict[int, list[Witness]] = {}
        self._due: dict[int, int] = {}
        self._watermark_ms = 0
        self._changed: set[int] = set()

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Put events into groups; a group that reaches a level becomes a key."""
        del slots
        centres, loosened = self._places.add(witnesses_of(rows, index))
        for group in dict.fromkeys([*loosened, *self._reached(centres)]):
            self._touch(group)

    def evidence(self, slot: int) -> list[Witness]:
        """Return the newest events of the place."""
        known = [member.witness for member in self._members(slot)[-KEPT:]]
        return sorted({*self._kept.get(slot, ()), *known})[-KEPT:]

    def centre(self, slot: int) -> tuple[float, float] | None:
        """Return the middle of the events of the place that are known."""
        found = [one.witness for one in self._members(slot) if not math.isnan(one.witness.lon)]
        if not found:
            return None
        lon = sum(one.lon for one in found) / len(found)
        lat = sum(one.lat for one in found) / len(found)
        return round(lon, 6), round(lat, 6)

    def advance(self, time: RuleTime) -> None:
        """Find the groups whose events are not of this time any more."""
        self._watermark_ms = time.watermark_ms
        for slot, due in list(self._due.items()):
            if due <= self._watermark_ms:
                self._changed.add(slot)
                self._remind(slot)

    def changed(self) -> Iterable[int]:
        """Return the places to which an event came, or of which one is over."""
        changed, self._changed = self._changed, set()
        return sorted(changed)

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return how many there were around the busiest member, whenever that changed."""
        members = self._members(slot)
        if not members:
            return
        around = list(self._places.around(members))
        instants = self._instants(around)
        newest = int(instants[-1]) - self._within_ms
        reached = max(self._watermark_ms, newest)
        instants = instants[(instants >= since_ms) & (instants <= reached)]
        most = self._most(around, instants)
        ranks = codes(most, self._levels)
        for at_ms, rank, count in zip(
            instants.tolist(), ranks.tolist(), most.tolist(), strict=True
        ):
            yield Observation(at_ms, rank, count)

    def settle(self, before_ms: int) -> None:
        """Forget the events that are in no time that is still counted."""
        self._kept = {slot: kept for slot, kept in self._kept.items() if self.live[slot]}
        before_ms -= self._within_ms
        for slot in self._groups:
            if self.live[slot]:
                self._kept[slot] = self.evidence(slot)
        for group in self._places.forget(before_ms):
            self._touch(group)

    def knows(self, slot: int) -> bool:
        """Return whether a group is at the place, or its alert open."""
        return slot in self._groups or slot in self._kept or slot in self._changed

    def pack(self) -> dict[str, Any]:
        """Return the events and their groups."""
        groups = {event.group: None for event in self._places.events if event.group is not None}
        numbers = {group: number for number, group in enumerate(groups)}
        return {
            "groups": [[list(group.seed), group.place] for group in groups],
            "events": [
                [list(event.witness), numbers[event.group]]
                for event in self._places.events
                if event.group is not None
            ],
            "keys": {
                str(slot): [numbers[group] for group in found if group in numbers]
                for slot, found in self._groups.items()
            },
            "kept": [[slot, list(kept)] for slot, kept in self._kept.items()],
            "watermark": self._watermark_ms,
        }

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over events and groups."""
        groups = [Group((at_ms, name), place) for (at_ms, name), place in state["groups"]]
        self._places.restore(
            (Witness(*witness), groups[number]) for witness, number in state["events"]
        )
        self._watermark_ms = state["watermark"]
        self._kept = {slot: [Witness(*one) for one in kept] for slot, kept in state["kept"]}
        for slot, numbers in state["keys"].items():
            self._groups[int(slot)] = [groups[number] for number in numbers]
            for group in self._groups[int(slot)]:
                group.reached = True
            self._remind(int(slot))

    def _reached(self, centres: Iterable[Event]) -> Iterator[Group]:
        """Yield the groups of `centres` that have a key; make one that reaches the lowest level."""
        lowest = self._levels.values[0]
        for centre in centres:
            group = centre.group
            if group is None:
                continue
            if not group.reached and centre.met >= lowest and self._ever(centre) >= lowest:
                group.reached = True
                slot = self.slots.slot((group.place,))
                self._groups.setdefault(slot, []).append(group)
            if group.reached:
                yield group

    def _ever(self, centre: Event) -> float:
        """Return how many there ever were near `centre` at a time."""
        around = list(self._places.around([centre]))
        return float(self._most(around, self._instants(around)).max())

    def _instants(self, around: Iterable[Around]) -> Ints:
        """Return the instants at which one more, or one less, is near a centre."""
        begun = np.concatenate([one.times[one.near.any(axis=0)] for one in around])
        return np.unique(np.concatenate([begun, begun + self._within_ms]))

    def _most(self, around: Iterable[Around], instants: Ints) -> Floats:
        """Return how many there were at `instants` around the busiest centre."""
        counts = [one.counts(instants, self._within_ms).max(axis=0) for one in around]
        return np.asarray(np.max(counts, axis=0), np.float64)

    def _members(self, slot: int) -> list[Event]:
        groups = self._groups.get(slot, [])
        if len(groups) == 1:
            return groups[0].members
        return sorted(one for group in groups for one in group.members)

    def _slot(self, group: Group) -> int:
        slot = self.slots.find((group.place,))
        return -1 if slot is None else slot

    def _touch(self, group: Group) -> None:
        """Have the place of `group` looked at again; a group that has no members any more goes."""
        slot = self._slot(group)
        if slot not in self._groups:
            return
        self._changed.add(slot)
        self._groups[slot] = [one for one in self._groups[slot] if one.members]
        if self._groups[slot]:
            self._remind(slot)
        else:
            del self._groups[slot]
            self._due.pop(slot, None)

    def _remind(self, slot: int) -> None:
        """Remember when the next event of a place is over."""
        members = self._members(slot)
        now = self._watermark_ms - self._within_ms
        at = bisect_right(members, now, key=lambda one: one.witness.at_ms)
        due = members[at].witness.at_ms + self._within_ms if at < len(members) else NEVER
        self._due[slot] = due


def _check(rule: Rule) -> Iterator[RecordFault]:
    options: Options = rule.condition
    if not 0 < options.radius_m <= MOST_RADIUS_M:
        problem, remedy = f"{options.radius_m:g} is impossible", "give metres, at most 5000"
        yield RecordFault("radius_m", problem, remedy)
    if not timedelta() < options.within <= LONGEST:
        span = words(round(options.within.total_seconds()))
        yield RecordFault("within", f"{span} is impossible", "give a time, at most 1d")
    if rule.by:
        yield RecordFault("", "finds its places by itself", "take by away")
    if rule.below:
        yield RecordFault("", "few matters are no cluster", "give above instead of below")
    for level, text in rule.above.items():
        if text.replace(".", "", 1).isdigit() and float(text) <= 1:
            yield RecordFault("", f"{level} at {text}: one alone is no cluster", "give 2 or more")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    span = words(round(options.within.total_seconds()))
    return f"{' + '.join(rule.kinds)} within {options.radius_m:g} m and {span}"


def _make(rule: Rule, slots: Slots, _lateness_ms: int, _city: City) -> Cluster:
    return Cluster(rule, slots)


def _extent(_rule: Rule, _city: City) -> tuple[float, float]:
    return 0, math.inf


KIND = ConditionKind(Options, _make, _check, _measure, extent=_extent, places=True)
