"""The layout of a snapshot of the alerts on city.desk-snapshots: msgpack, in parts.

Whoever follows `city.alerts` begins with it: the owner after a restart, desks and walls.
"""

from __future__ import annotations

import msgspec

from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence
from citybrain.floor.clock import Instant


class AlertsSnapshot(msgspec.Struct, frozen=True):
    """A snapshot: alerts and silences, from where inputs are read on, and leases of alerts."""

    alerts: list[Alert]
    silences: list[Silence]
    episodes: int
    commands: int
    leases: dict[str, Instant | None] = {}
