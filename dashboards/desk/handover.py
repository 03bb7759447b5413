"""What happened since the last shift: numbers, serious alerts, and who said and did what; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citybrain.alerts.records import Alert, AlertChange
from citybrain.alerts.standing import is_drill, is_open, stands_at, waits
from citybrain.alerts.workflow import ALERTS
from citybrain.floor.clock import millis
from citybrain.floor.levels import RANKS
from citybrain.floor.origins import EXERCISE, Origin, leading, origin_rank
from dashboards.lists.list_rows import row_of

SERIOUS = 12
REMARKS = 60
DEEDS = frozenset(action.done for action in ALERTS.actions.values()) | {"refused"}
"""Steps that people took."""


@dataclass(frozen=True)
class ShiftSummary:
    """What happened in a time.

    Attributes:
        opened: alerts that were opened.
        steps: how many steps of each kind alerts took.
        serious: the worst of the alerts that were opened.
        deeds: what people did, newest first.
        notices: notices that arrived; None: not to be known within this scope.
        failed: notices that were given up; None as above.
        origin: whose alerts the numbers are of; None: of the first origin that has any open.
    """

    opened: int
    steps: Mapping[str, int]
    serious: Sequence[Alert]
    deeds: Sequence[AlertChange]
    notices: int | None
    failed: int | None
    origin: Origin | None = None


def hand_over(past: ShiftSummary, now_open: Iterable[Alert]) -> dict[str, Any]:
    """Return what the one who comes must know of the one who leaves.

    The numbers are of one origin; what is open of others stands beside them, an exercise as that
    and nowhere else.
    """
    every, steps = [one for one in now_open if is_open(one)], past.steps
    lead = past.origin or leading(one.episode.origin for one in every)
    still = [one for one in every if one.episode.origin == lead and not is_drill(one)]
    others = Counter(one.episode.origin for one in every if one.episode.origin != lead)
    drills = sum(map(is_drill, every))
    serious = {
        one.id: one
        for one in (*every, *past.serious)
        if _rank(one) >= RANKS["orange"] and not is_drill(one)
    }
    return {
        "origin": lead,
        "beside": {name: number for name, number in others.items() if name != EXERCISE},
        "exercises": drills,
        "opened": past.opened,
        "acknowledged": steps.get("acknowledged", 0),
        "closed": sum(steps.get(what, 0) for what in ("resolved", "ended", "revised")),
        "open": len(still),
        "waiting": sum(map(waits, still)),
        "muted": sum(bool(one.mutes) for one in still),
        "notices": past.notices,
        "failed": past.failed,
        "serious": [row_of(one) for one in sorted(serious.values(), key=_gravity)[:SERIOUS]],
        "remarks": [_deed(change) for change in past.deeds],
    }


def _gravity(alert: Alert) -> tuple[int, int, bool, float]:
    place = origin_rank(alert.episode.origin)
    return place, -_rank(alert), not alert.open, -stands_at(alert).timestamp()


def _rank(alert: Alert) -> int:
    return RANKS[alert.episode.level]


def _deed(change: AlertChange) -> dict[str, Any]:
    return {
        "at": millis(change.at),
        "what": change.what,
        "by": change.by,
        "alert": change.id,
        "title": change.after.episode.title.both(),
        "origin": change.after.episode.origin,
        "comment": change.details.get("comment", ""),
    }
