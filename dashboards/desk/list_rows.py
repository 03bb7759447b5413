"""An alert as the list needs it: short, without the numbers behind it; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from citybrain.alerts.records import Alert, Text
from citybrain.floor.clock import millis
from citybrain.floor.levels import RANKS


def row_of(alert: Alert) -> dict[str, Any]:
    """Return the row of `alert` in the list; instants in milliseconds."""
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
        "departments": episode.departments,
        "title": both(episode.title),
        "opened": millis(alert.opened_at),
        "updated": millis(alert.updated_at),
        "owner": alert.owner,
        "incident": alert.incident,
        "mutes": [[mute.kind, mute.by, *both(mute.reason)] for mute in alert.mutes],
        "origin": episode.origin,
        "step": alert.escalation,
        "lon": episode.lon,
        "lat": episode.lat,
    }


def both(text: Text) -> list[str]:
    """Return a text in both languages, each standing in for the other where it is missing."""
    return [text.zh or text.en, text.en or text.zh]


def instant(at: datetime | None) -> int | None:
    """Return `at` in milliseconds, None as None."""
    return None if at is None else millis(at)
