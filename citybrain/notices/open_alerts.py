"""Open alerts with what inhibition looks up, kept in step so that a storm stays cheap.

`AlertContext` is what the decisions about an alert depend on besides the alert itself.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from citybrain.alerts.labels import labels
from citybrain.alerts.matchers import Labels, match
from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence
from citybrain.notices.routing import Inhibition

Cell = tuple[str, ...]


class _Index:
    """The sources of one inhibition, by their values of the labels that must be equal."""

    def __init__(self, rule: Inhibition) -> None:
        self.rule = rule
        self._names = (rule.covers,) if rule.covers else rule.equal
        self._cells: defaultdict[Cell, dict[str, None]] = defaultdict(dict)

    def put(self, alert: Alert, own: Labels) -> None:
        if match(self.rule.source, own):
            for cell in self._cells_of(alert, own):
                self._cells[cell][alert.id] = None

    def drop(self, alert: Alert, own: Labels) -> None:
        for cell in self._cells_of(alert, own):
            held = self._cells.get(cell)
            if held is not None:
                held.pop(alert.id, None)
                if not held:
                    del self._cells[cell]

    def source_of(self, alert: Alert, own: Labels) -> str | None:
        """Return the id of a source that keeps a target quiet."""
        found = [self._other(alert.id, cell) for cell in self._cells_of(alert, own)]
        if self.rule.covers:
            return found[0] if found and all(found) else None
        return next((one for one in found if one), None)

    def _other(self, alert: str, cell: Cell) -> str | None:
        return next((one for one in self._cells.get(cell, ()) if one != alert), None)

    def _cells_of(self, alert: Alert, own: Labels) -> Iterator[Cell]:
        """Yield where it is looked up; an exercise never keeps the real quiet."""
        world = "exercise" if alert.episode.exercise else "real"
        return itertools.product((world,), *(own.get(name, ()) for name in self._names))


class OpenAlerts(MutableMapping[str, Alert]):
    """Alerts by id; use it in the place of a dict, it costs a little more to change.

    Only alerts that fire (also acknowledged ones) keep others quiet; pending ones do not yet.
    """

    def __init__(self, alerts: Mapping[str, Alert] | None = None) -> None:
        """Start with `alerts`."""
        self._alerts: dict[str, Alert] = {}
        self._labels: dict[str, Labels] = {}
        self._indices: dict[str, _Index] = {}
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
            for index in self._indices.values():
                index.put(alert, self._labels[key])

    def __delitem__(self, key: str) -> None:
        """Take an alert out."""
        alert, own = self._alerts.pop(key), self._labels.pop(key, None)
        if own is not None:
            for index in self._indices.values():
                index.drop(alert, own)

    def __iter__(self) -> Iterator[str]:
        """Iterate over ids."""
        return iter(self._alerts)

    def __len__(self) -> int:
        """Count alerts."""
        return len(self._alerts)

    def sources(
        self, alert: Alert, own: Labels, rules: Sequence[Inhibition]
    ) -> Iterator[tuple[Inhibition, Alert]]:
        """Yield what keeps `alert` quiet by each of `rules` that does: the rule and one source.

        What is itself a source by a rule is not kept quiet by it.
        """
        for rule in rules:
            if match(rule.target, own) and not match(rule.source, own):
                source = self._index(rule).source_of(alert, own)
                if source is not None:
                    yield rule, self._alerts[source]

    def _index(self, rule: Inhibition) -> _Index:
        index = self._indices.get(rule.id)
        if index is None or index.rule is not rule:
            index = self._indices[rule.id] = _Index(rule)
            for name, own in self._labels.items():
                index.put(self._alerts[name], own)
        return index


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
