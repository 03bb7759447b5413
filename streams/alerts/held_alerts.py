"""The alerts that their owner holds, with what it looks them up by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from citybrain.alerts.incidents import Incidents
from citybrain.alerts.records import Alert
from citybrain.floor.origins import EXERCISE, mark
from citybrain.notices.open_alerts import OpenAlerts
from streams.alerts.outside_alerts import OutsideAlerts
from streams.owned.held_records import HeldRecords


class HeldAlerts(HeldRecords[Alert]):
    """Open alerts, and those that were closed of late.

    Attributes:
        open: the open ones by id, with what inhibition looks up.
        incidents: where the open ones are.
        outside: those that others told of.
    """

    open: OpenAlerts

    def __init__(self, next_due: Callable[[Alert], datetime | None]) -> None:
        """Hold none yet; `next_due` says when time alone changes something about an alert."""
        super().__init__(lambda alert: alert.open, next_due, OpenAlerts())
        self.incidents = Incidents()
        self.outside = OutsideAlerts()
        self._shards: dict[str, set[str]] = {}

    def index(self, before: Alert | None, alert: Alert) -> None:
        """Bring incidents and shards up to date."""
        self.outside.keep(alert)
        if before is not None and before.open and before.episode is not alert.episode:
            self.incidents.drop(before)  # it may have moved
            self._shards[before.episode.shard].discard(before.id)
        if alert.open:
            self.incidents.add(alert)
            self._shards.setdefault(alert.episode.shard, set()).add(alert.id)
        else:
            self._leave(alert)

    def unindex(self, alert: Alert) -> None:
        """Forget where an alert was, of which shard, and what it was outside."""
        self._leave(alert)
        self.outside.forget(alert)

    def lasts(self, record: Alert, now: datetime) -> bool:
        """Whether it goes on outside, though it is closed here."""
        until = self.outside.leases.get(record.id)
        return until is not None and until > now

    def _leave(self, alert: Alert) -> None:
        self.incidents.drop(alert)
        self._shards.setdefault(alert.episode.shard, set()).discard(alert.id)

    def missing(self, shard: str, listed: Iterable[str]) -> list[Alert]:
        """Return the open alerts of `shard` that are not `listed`, in order of their ids.

        A shard of exercises holds those of all runs.
        """
        names = set(self._shards.get(shard, ()))
        if shard.endswith(mark(EXERCISE)):
            runs = (found for one, found in self._shards.items() if one.startswith(f"{shard}-"))
            names.update(*runs)
        names.difference_update(listed)
        return [self.open[name] for name in sorted(names)]

    def of_incident(self, incident: str) -> list[Alert]:
        """Return the open alerts of an incident."""
        return [alert for alert in self.open.values() if alert.incident == incident]
