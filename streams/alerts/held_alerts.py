"""The alerts that the desk's owner holds, with what it looks them up by."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from citybrain.alerts.incidents import Incidents
from citybrain.alerts.records import Alert
from citybrain.notices.open_alerts import OpenAlerts

REMEMBERED = timedelta(hours=24)
"""How long a closed alert is kept in memory: late data may still undo it."""
AT_ONCE = 200
ROUND = 60
"""Turns in which every open alert is looked at once."""


class HeldAlerts:
    """Open alerts, and those that were closed of late.

    Attributes:
        known: all of them by id.
        open: the open ones by id.
        incidents: where the open ones are.
        next_due: says when time alone changes something about an alert.
    """

    def __init__(self, next_due: Callable[[Alert], datetime | None]) -> None:
        """Hold none yet."""
        self.known: dict[str, Alert] = {}
        self.open = OpenAlerts()
        self.incidents = Incidents()
        self.next_due = next_due
        self._due: list[tuple[datetime, str]] = []
        self._closed: list[tuple[datetime, str]] = []
        self._shards: dict[str, set[str]] = {}
        self._turn = 0

    def keep(self, alert: Alert) -> None:
        """Take an alert in, in the place of an older version of it."""
        before = self.known.get(alert.id)
        if before is not None and before.open and before.episode is not alert.episode:
            self.incidents.drop(before)  # it may have moved
            self._shards[before.episode.shard].discard(before.id)
        self.known[alert.id] = alert
        members = self._shards.setdefault(alert.episode.shard, set())
        if alert.open:
            members.add(alert.id)
            self.incidents.add(alert)
            self.open[alert.id] = alert
            self.schedule(alert)
            return
        members.discard(alert.id)
        self.incidents.drop(alert)
        self.open.pop(alert.id, None)
        heapq.heappush(self._closed, (alert.updated_at, alert.id))

    def schedule(self, alert: Alert) -> None:
        """Remember when to look at an open alert again."""
        due = self.next_due(alert)
        if due is not None:
            heapq.heappush(self._due, (due, alert.id))

    def waits(self, now: datetime) -> bool:
        """Return whether the time of an alert has come."""
        return bool(self._due) and self._due[0][0] <= now

    def ripe(self, now: datetime) -> Iterator[Alert]:
        """Yield open alerts whose time has come, as they are when it is their turn; not too many.

        Who waits for them to be done can let others have their turn, and ask again.
        """
        names: dict[str, None] = {}
        while self.waits(now) and len(names) < AT_ONCE:
            names[heapq.heappop(self._due)[1]] = None
        return (self.open[name] for name in names if name in self.open)

    def in_turn(self) -> Iterator[Alert]:
        """Yield a part of the open alerts, another one each time."""
        self._turn = (self._turn + 1) % ROUND
        names = list(itertools.islice(self.open, self._turn, None, ROUND))
        return (self.open[name] for name in names if name in self.open)

    def missing(self, shard: str, listed: Iterable[str]) -> list[Alert]:
        """Return the open alerts of `shard` that are not `listed`, in order of their ids."""
        names = self._shards.get(shard, set()).difference(listed)
        return [self.open[name] for name in sorted(names)]

    def of_incident(self, incident: str) -> list[Alert]:
        """Return the open alerts of an incident."""
        return [alert for alert in self.open.values() if alert.incident == incident]

    def forget(self, now: datetime) -> None:
        """Let go of alerts that were closed for `REMEMBERED`."""
        while self._closed and self._closed[0][0] < now - REMEMBERED:
            _, name = heapq.heappop(self._closed)
            alert = self.known.get(name)
            if alert is not None and not alert.open and alert.updated_at < now - REMEMBERED:
                del self.known[name]
