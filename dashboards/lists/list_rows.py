"""An alert as the list needs it: short, without the numbers behind it; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from citybrain.alerts.closing import still_holds
from citybrain.alerts.named_subjects import subject_of
from citybrain.alerts.records import Alert
from citybrain.alerts.standing import is_open, is_red, stands_at, waits
from citybrain.floor.clock import millis
from citybrain.floor.levels import RANKS
from citybrain.floor.origins import origin_rank


def row_of(alert: Alert) -> dict[str, Any]:
    """Return the row of `alert` in the list; instants in milliseconds.

    Whether it is open, waits and is red, and where its origin stands, is said here for scripts.
    """
    episode = alert.episode
    return {
        "id": alert.id,
        "v": alert.version,
        "state": alert.state,
        "level": RANKS[episode.level],
        "rule": episode.rule,
        "theme": episode.theme,
        "area": episode.area,
        "subject": episode.subject,
        "about": subject_of(episode).both(),
        "departments": episode.departments,
        "title": episode.title.both(),
        "opened": millis(alert.opened_at),
        "stands": millis(stands_at(alert)),
        "updated": millis(alert.updated_at),
        "owner": alert.owner,
        "incident": alert.incident,
        "mutes": [[mute.kind, mute.by, *mute.reason.both()] for mute in alert.mutes],
        "origin": episode.origin,
        "rank": origin_rank(episode.origin),
        "open": is_open(alert),
        "waits": waits(alert),
        "red": is_red(alert),
        "step": alert.escalation,
        "peak": max(RANKS[episode.level], RANKS[episode.peak]),
        "holds": still_holds(alert),
        "assigned": _assigned(alert),
        "closing": _closing(alert),
        "lon": episode.lon,
        "lat": episode.lat,
    }


def _assigned(alert: Alert) -> list[Any] | None:
    """Return by whom it was given to its owner and until when that has to answer."""
    given = alert.assignment
    return None if given is None else [given.by, millis(given.until)]


def _closing(alert: Alert) -> dict[str, Any] | None:
    """Return who wants it closed, since when, and what came of it."""
    asked = alert.closing
    if asked is None:
        return None
    said = {"result": asked.result, "comment": asked.comment}
    return {"by": asked.by, "at": millis(asked.at), **said}


def instant(at: datetime | None) -> int | None:
    """Return `at` in milliseconds, None as None."""
    return None if at is None else millis(at)
