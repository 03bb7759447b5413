"""Alerts by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from citybrain.alerts.records import Alert
from tests.dashboards.desk.synthetic import make_alert

NOW = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)

Make = Callable[..., Alert]


def make_firing(name: str = "a1", **fields: Any) -> Alert:
    """Return a firing alert: `fields` of the alert, and of its episode after ``e_``."""
    episode = {key[2:]: value for key, value in fields.items() if key.startswith("e_")}
    own = {key: value for key, value in fields.items() if not key.startswith("e_")}
    given: dict[str, Any] = {
        "id": name,
        "version": 2,
        "state": "firing",
        "owner": "",
        "acknowledged_at": None,
        "mutes": (),
        "incident": "",
        "opened_at": NOW,
        "updated_at": NOW,
    } | own
    alert = make_alert(1, NOW, **given)
    return msgspec.structs.replace(alert, episode=msgspec.structs.replace(alert.episode, **episode))
