"""What is to come for an alert that stays as it is: repeats, escalation, no progress; pure.

The owner of the alert counts in `Alert.escalation` how many of these steps were taken, and starts
again from 0 where a stage begins: at the first notice and when the level rises (both set
`notified_at`), when the alert is acknowledged (`acknowledged_at`), and when an acknowledgement
ends without the alert being closed (`notified_at` again).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from citybrain.alerts.records import Alert
from citybrain.notices.routing import Escalation, Route


@dataclass(frozen=True)
class DueStep:
    """One step to come.

    Attributes:
        at: when.
        purpose: ``escalated`` or ``repeated``.
        name: of the step, part of the idempotency key: ``escalation-2``, ``repeat-3`` …
        to: receivers, as the route names them.
        route: whose step it is.
    """

    at: datetime
    purpose: str
    name: str
    to: tuple[str, ...]
    route: Route

    @property
    def line(self) -> tuple[str, str]:
        """What it repeats: of the steps of a line that are due at once the last is enough."""
        kind, _, count = self.name.partition("-")
        return self.route.path, kind if kind != "escalation" else f"{kind}-{count.split('.')[0]}"


def begins_at(alert: Alert) -> datetime | None:
    """Return the instant from which the steps of the present stage count; None: there are none."""
    if alert.mutes:
        return None
    if alert.state == "acknowledged":
        return alert.acknowledged_at
    return alert.notified_at if alert.state == "firing" else None


def steps(alert: Alert, routes: Iterable[Route]) -> Iterator[DueStep]:
    """Yield all steps of the present stage in order of time; may never end."""
    start = begins_at(alert)
    if start is None:
        return iter(())
    make = _unprogressed if alert.state == "acknowledged" else _unacknowledged
    lines = [line for route in routes for line in make(route, start)]
    return heapq.merge(*lines, key=lambda step: (step.at, step.route.path, step.name))


def passed(found: Iterable[DueStep], now: datetime) -> Iterator[DueStep]:
    """Yield those of `found`, which are in order of time, whose time has come."""
    return itertools.takewhile(lambda step: step.at <= now, found)


def escalated(chain: Escalation, alert: Alert, now: datetime) -> Iterator[tuple[str, ...]]:
    """Yield whom the escalation of `alert` had reached at `now` (aware), step by step."""
    start, held = alert.notified_at, alert.acknowledged_at
    if start is None:
        return
    if held is not None and held < start:  # that acknowledgement ended, and all began anew
        held = None
    yield from (step.to for step in chain.steps if start + step.after <= (held or now))
    if held and chain.no_progress and held + chain.no_progress <= now:
        yield chain.no_progress_to


def newest(found: Iterable[DueStep]) -> list[DueStep]:
    """Return of each line only the last step: who was away hears of three repeats once."""
    return list({step.line: step for step in found}.values())


def _unacknowledged(route: Route, start: datetime) -> Iterator[Iterator[DueStep]]:
    if route.repeat:
        yield _every(route, start, route.repeat, "repeated", "repeat-{}", route.to)
    chain = route.escalation
    if chain and chain.steps:
        yield _escalation(route, chain, start)


def _escalation(route: Route, chain: Escalation, start: datetime) -> Iterator[DueStep]:
    for number, step in enumerate(chain.steps, 1):
        name = f"escalation-{number}"
        yield DueStep(start + step.after, "escalated", name, step.to, route)
    if chain.repeat:
        last, name = chain.steps[-1], f"escalation-{len(chain.steps)}.{{}}"
        yield from _every(route, start + last.after, chain.repeat, "escalated", name, last.to)


def _unprogressed(route: Route, start: datetime) -> Iterator[Iterator[DueStep]]:
    chain = route.escalation
    if chain and chain.no_progress:
        name, to = "noprogress-{}", chain.no_progress_to
        yield _every(route, start, chain.no_progress, "escalated", name, to)


def _every(
    route: Route, start: datetime, every: timedelta, purpose: str, name: str, to: tuple[str, ...]
) -> Iterator[DueStep]:
    for count in itertools.count(1):
        yield DueStep(start + count * every, purpose, name.format(count), to, route)
