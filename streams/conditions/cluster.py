"""Cluster: many matters near each other, in place and in time, wherever that is.

    cluster: {radius_m: 300, within: 30m}    with above {yellow: 5, orange: 10}

Measured is how many events lie within the radius of one of them, in a time of that length. The
places are found, not given: events that are near each other are one group, and a group is one
alert however it grows; its key is where its first event was. A group that another one grows into
stays an alert of its own. Events without a position are left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from citybrain.config import City
from citybrain.config.checks import Finding
from citybrain.config.duration import words
from streams.rules.condition import Condition, Kind, RuleTime
from streams.rules.fold import Observation
from streams.rules.levels import code
from streams.rules.places import Event, Group, Places
from streams.rules.rows import Ints, Rows
from streams.rules.rule import Rule
from streams.rules.selection import Slots
from streams.rules.witnesses import KEPT, Witness, witnesses_of

CENTRES = 200
"""Members of a group, the newest, around which is counted."""
MOST_RADIUS_M = 5_000.0
LONGEST = timedelta(days=1)
NEVER = 2**62


@dataclass(frozen=True)
class Options:
    """What is near.

    Attributes:
        radius_m: distance in metres; within: time between the first and the last that count.
    """

    radius_m: float
    within: timedelta


class Cluster(Condition):
    """The events of one rule that may still be part of a cluster."""

    makes_keys = True

    def __init__(self, rule: Rule, slots: Slots) -> None:
        """Look for groups as `rule` says."""
        super().__init__(slots)
        options: Options = rule.condition
        self._levels = rule.thresholds
        self._within_ms = round(options.within.total_seconds() * 1000)
        self._places = Places(options.radius_m, self._within_ms)
        self._groups: dict[int, list[Group]] = {}
        self._kept: dict[int, list[Witness]] = {}
        self._due: dict[int, int] = {}
        self._watermark_ms = 0
        self._changed: set[int] = set()

    def take(self, rows: Rows, index: Ints, slots: Ints) -> None:
        """Put events into groups; a group that reaches a level becomes a key."""
        del slots
        found, loosened = self._places.add(witnesses_of(rows, index))
        for group in loosened:
            self._touch(group)
        for event in found:
            self._count(event)

    def evidence(self, slot: int) -> list[Witness]:
        """Return the newest events of the place."""
        known = [member.witness for member in self._members(slot)[-KEPT:]]
        return sorted({*self._kept.get(slot, ()), *known})[-KEPT:]

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
        centres = [
            (member.witness.at_ms, self._times_near(member))
            for member in self._members(slot)[-CENTRES:]
        ]
        begun = {at_ms for _, times in centres for at_ms in times}
        over = {at_ms + self._within_ms for at_ms in begun}
        reached = max(self._watermark_ms, max(begun, default=0))
        for at_ms in sorted(begun | over):
            if since_ms <= at_ms <= reached:
                most = max(self._at(centre, times, at_ms) for centre, times in centres)
                yield Observation(at_ms, code(most, self._levels), float(most))

    def settle(self, before_ms: int) -> None:
        """Forget the events that are in no time that is still counted."""
        self._kept = {slot: kept for slot, kept in self._kept.items() if self.live[slot]}
        before_ms -= self._within_ms
        for slot in self._groups:
            if self.live[slot]:
                self._kept[slot] = self.evidence(slot)
        for group in self._places.forget(before_ms):
            self._touch(group)

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
            Event(Witness(*witness), groups[number]) for witness, number in state["events"]
        )
        self._watermark_ms = state["watermark"]
        self._kept = {slot: [Witness(*one) for one in kept] for slot, kept in state["kept"]}
        for slot, numbers in state["keys"].items():
            self._groups[int(slot)] = [groups[number] for number in numbers]
            self._remind(int(slot))

    def _count(self, event: Event) -> None:
        """Make keys of the groups in which `event` is the one that reaches a level."""
        at_ms, lowest = event.witness.at_ms, self._levels.values[0]
        since = at_ms - self._within_ms
        near = list(self._places.near(event, since, at_ms + self._within_ms))
        for centre in near:
            if centre.group is None:
                continue
            if centre.group in self._groups.get(self._slot(centre.group), ()):
                self._touch(centre.group)
            elif self._most(centre) >= lowest:
                self._groups.setdefault(self.slots.slot((centre.group.place,)), []).append(
                    centre.group
                )
                self._touch(centre.group)

    def _most(self, centre: Event) -> int:
        """Return how many there ever were near `centre` at a time."""
        times = self._times_near(centre)
        return max(self._at(centre.witness.at_ms, times, at_ms) for at_ms in times)

    def _times_near(self, centre: Event) -> list[int]:
        """Return the instants of the events near `centre` that count while it does."""
        at_ms = centre.witness.at_ms
        near = self._places.near(centre, at_ms - self._within_ms, at_ms + self._within_ms - 1)
        return sorted(one.witness.at_ms for one in near)

    def _at(self, centre_ms: int, times: list[int], at_ms: int) -> int:
        """Return how many of `times` count at `at_ms`; none where their centre does not."""
        if not centre_ms <= at_ms < centre_ms + self._within_ms:
            return 0
        return bisect_right(times, at_ms) - bisect_right(times, at_ms - self._within_ms)

    def _members(self, slot: int) -> list[Event]:
        return sorted(one for group in self._groups.get(slot, ()) for one in group.members)

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
        over = (member.witness.at_ms + self._within_ms for member in self._members(slot))
        later = (at_ms for at_ms in over if at_ms > self._watermark_ms)
        self._due[slot] = min(later, default=NEVER)


def _check(rule: Rule) -> Iterator[Finding]:
    options: Options = rule.condition
    if not 0 < options.radius_m <= MOST_RADIUS_M:
        problem, remedy = f"{options.radius_m:g} is impossible", "give metres, at most 5000"
        yield Finding("radius_m", problem, remedy)
    if not timedelta() < options.within <= LONGEST:
        span = words(round(options.within.total_seconds()))
        yield Finding("within", f"{span} is impossible", "give a time, at most 1d")
    if rule.by:
        yield Finding("", "finds its places by itself", "take by away")
    if rule.below:
        yield Finding("", "few matters are no cluster", "give above instead of below")
    for level, text in rule.above.items():
        if text.replace(".", "", 1).isdigit() and float(text) <= 1:
            yield Finding("", f"{level} at {text}: one alone is no cluster", "give 2 or more")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    span = words(round(options.within.total_seconds()))
    return f"{' + '.join(rule.kinds)} within {options.radius_m:g} m and {span}"


def _make(rule: Rule, slots: Slots, _lateness_ms: int, _city: City) -> Cluster:
    return Cluster(rule, slots)


KIND = Kind(Options, _make, _check, _measure)
