"""Open alerts with what inhibition looks up, kept in step so that a storm stays cheap.

`AlertContext` is what the decisions about an alert depend on besides the alert itself.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from citybrain.alerts.labels import labels
from citybrain.alerts.matchers import Labels, match
from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence
from citybrain.floor.levels import RANKS
from citybrain.floor.origins import Deed, permits
from citybrain.notices.routing import Inhibition

Cell = tuple[str, ...]
Place = tuple[int, datetime, str]
Allowed = Callable[[str, Place], bool]
MOST_LOOKED_AT = 1_000
"""Alerts that are looked at for whether two of them keep each other quiet."""


class _Sources:
    """The sources of one inhibition, by world and the labels that must be equal."""

    def __init__(self, rule: Inhibition) -> None:
        self.rule = rule
        self._names = (rule.covers,) if rule.covers else rule.equal
        self._worlds: defaultdict[str, defaultdict[Cell, dict[str, Place]]]
        self._worlds = defaultdict(lambda: defaultdict(dict))

    def put(self, alert: Alert, own: Labels) -> None:
        cells = self._worlds[alert.episode.world]
        for cell in self._cells_of(own):
            cells[cell][alert.id] = _place(alert)

    def drop(self, alert: Alert, own: Labels) -> None:
        world = alert.episode.world
        cells = self._worlds[world]
        for cell in self._cells_of(own):
            held = cells.get(cell)
            if held is not None:
                held.pop(alert.id, None)
                if not held:
                    del cells[cell]
        if not cells:
            del self._worlds[world]

    def source_of(self, alert: Alert, own: Labels, allowed: Allowed | None) -> str | None:
        """Return the id of a source that keeps a target quiet, of those that `allowed` lets."""
        found = [
            next((name for name, at in held if allowed is None or allowed(name, at)), None)
            for held in self._held(alert, own)
        ]
        if self.rule.covers:
            return found[0] if found and all(found) else None
        return next((one for one in found if one), None)

    def all_of(self, alert: Alert, own: Labels) -> Iterator[str]:
        """Yield the ids of all that may have a part in keeping a target quiet."""
        return (name for held in self._held(alert, own) for name, _ in held)

    def concerns(self, own: Labels) -> bool:
        """Whether an alert with labels `own` has all that must be equal."""
        return all(own.get(name) for name in self._names)

    def _held(self, alert: Alert, own: Labels) -> Iterator[Iterator[tuple[str, Place]]]:
        """Yield of each cell the sources in it whose origin may quieten the alert's."""
        world = alert.episode.world
        worlds = [cells for w, cells in self._worlds.items() if permits(Deed.QUIETEN, w, world)]
        for cell in self._cells_of(own):
            pairs = (pair for cells in worlds for pair in cells.get(cell, {}).items())
            yield (pair for pair in pairs if pair[0] != alert.id)

    def _cells_of(self, own: Labels) -> Iterator[Cell]:
        return itertools.product(*(own.get(name, ()) for name in self._names))


class _Inhibitors:
    """All inhibitions over the open alerts, of which no circle keeps all in it quiet.

    Where two alerts, perhaps over others, would keep each other quiet, only what stands before an
    alert (the higher level, then the earlier one) keeps it quiet; so the first of any circle is
    always told. A circle of alerts makes one of inhibitions: an alert that is a target of one and
    a source of another links the two. Where these links make none, nothing is looked for.
    """

    def __init__(self, rules: Sequence[Inhibition], open_alerts: OpenAlerts) -> None:
        self.rules = rules
        self._alerts = open_alerts
        self._sources = [_Sources(rule) for rule in rules]
        self._links: Counter[tuple[int, int]] = Counter()
        self._circles: frozenset[tuple[int, int]] | None = frozenset()

    def put(self, alert: Alert, own: Labels) -> None:
        by, of = self._source_by(own), self._target_of(own)
        for number in by:
            self._sources[number].put(alert, own)
        self._link(of, by, 1)

    def drop(self, alert: Alert, own: Labels) -> None:
        by, of = self._source_by(own), self._target_of(own)
        for number in by:
            self._sources[number].drop(alert, own)
        self._link(of, by, -1)

    def sources(self, alert: Alert, own: Labels) -> Iterator[tuple[Inhibition, str]]:
        by, of = self._source_by(own), self._target_of(own)
        circles = self._circling() if by and of else frozenset()
        place = _place(alert)

        def allowed(name: str, at: Place) -> bool:
            return at < place or not self._keeps_quiet(alert.id, name)

        for number in of:
            circling = any((number, other) in circles for other in by)
            found = self._sources[number].source_of(alert, own, allowed if circling else None)
            if found is not None:
                yield self.rules[number], found

    def _source_by(self, own: Labels) -> list[int]:
        rules = enumerate(self.rules)
        return [
            n for n, rule in rules if match(rule.source, own) and self._sources[n].concerns(own)
        ]

    def _target_of(self, own: Labels) -> list[int]:
        """Return the inhibitions of which it is a target: by which it is a source, it is not."""
        return [
            n
            for n, rule in enumerate(self.rules)
            if self._sources[n].concerns(own)
            and match(rule.target, own)
            and not match(rule.source, own)
        ]

    def _keeps_quiet(self, source: str, target: str) -> bool:
        """Whether alert `source` may, over others too, have a part in keeping `target` quiet.

        Where that takes long to find out it may: then more is told, not less.
        """
        seen, ahead = {target}, [target]
        while ahead:
            name = ahead.pop()
            alert, own = self._alerts[name], self._alerts.labels_of(name)
            for number in self._target_of(own):
                for other in self._sources[number].all_of(alert, own):
                    if other == source or len(seen) > MOST_LOOKED_AT:
                        return True
                    if other not in seen:
                        seen.add(other)
                        ahead.append(other)
        return False

    def _link(self, of: Sequence[int], by: Sequence[int], step: int) -> None:
        for pair in itertools.product(of, by):
            self._links[pair] += step
            if self._links[pair] in (0, step):
                self._circles = None

    def _circling(self) -> frozenset[tuple[int, int]]:
        """Return the links that lie on a circle."""
        if self._circles is None:
            self._links = +self._links
            after: defaultdict[int, set[int]] = defaultdict(set)
            for one, other in self._links:
                after[one].add(other)
            self._circles = frozenset(
                (one, other) for one, other in self._links if one in _reached(other, after)
            )
        return self._circles


def _reached(start: int, after: Mapping[int, set[int]]) -> set[int]:
    found, ahead = {start}, [start]
    while ahead:
        new = after.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def _place(alert: Alert) -> Place:
    """Return where an alert stands among those that could keep each other quiet."""
    return -RANKS[alert.episode.level], alert.opened_at, alert.id


class OpenAlerts(MutableMapping[str, Alert]):
    """Alerts by id; use it in the place of a dict, it costs a little more to change.

    Only alerts that fire (also acknowledged ones) keep others quiet; pending ones do not yet.
    """

    def __init__(self, alerts: Mapping[str, Alert] | None = None) -> None:
        """Start with `alerts`."""
        self._alerts: dict[str, Alert] = {}
        self._labels: dict[str, Labels] = {}
        self._inhibitors = _Inhibitors((), self)
        self.update(alerts or {})

    def __getitem__(self, key: str) -> Alert:
        """Return an alert."""
        return self._alerts[key]

    def __setitem__(self, key: str, alert: Alert) -> None:
        """Put an alert, in the place of an older version of it."""
        if key in self._alerts:
            del self[key]
        self._alerts[key] = alert
        if alert.state in ("firing", "acknowledged"):
            self._labels[key] = labels(alert)
            self._inhibitors.put(alert, self._labels[key])

    def __delitem__(self, key: str) -> None:
        """Take an alert out."""
        alert, own = self._alerts.pop(key), self._labels.pop(key, None)
        if own is not None:
            self._inhibitors.drop(alert, own)

    def __iter__(self) -> Iterator[str]:
        """Iterate over ids."""
        return iter(self._alerts)

    def __len__(self) -> int:
        """Count alerts."""
        return len(self._alerts)

    def labels_of(self, key: str) -> Labels:
        """Return the labels of an alert that fires; none of another one."""
        return self._labels.get(key, {})

    def sources(
        self, alert: Alert, own: Labels, rules: Sequence[Inhibition]
    ) -> Iterator[tuple[Inhibition, Alert]]:
        """Yield what keeps `alert` quiet by each of `rules` that does: the rule and one source.

        What is itself a source by a rule is not kept quiet by it, and nothing of a lesser origin
        keeps a higher one quiet. No circle of inhibitions keeps all in it quiet.
        """
        if self._inhibitors.rules is not rules:
            self._inhibitors = _Inhibitors(rules, self)
            for name, other in self._labels.items():
                self._inhibitors.put(self._alerts[name], other)
        for rule, source in self._inhibitors.sources(alert, own):
            yield rule, self._alerts[source]


@dataclass(frozen=True)
class AlertContext:
    """The city's alerts at an instant.

    Attributes:
        now: the instant, aware.
        silences: all that may be in force.
        open_alerts: by id; an `OpenAlerts` that is kept from call to call makes inhibition cheap,
            another mapping is copied into one.
    """

    now: datetime
    silences: Sequence[Silence] = ()
    open_alerts: Mapping[str, Alert] = field(default_factory=dict)

    @cached_property
    def sources(self) -> OpenAlerts:
        """`open_alerts`, ready for the look-ups of inhibition."""
        alerts = self.open_alerts
        return alerts if isinstance(alerts, OpenAlerts) else OpenAlerts(alerts)
