"""The layout of a snapshot of the alerts on city.desk-snapshots: msgpack, in parts.

Whoever follows `city.alerts` begins with it: the owner after a restart, desks and walls.
"""

from __future__ import annotations

import msgspec

from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence


class AlertsSnapshot(msgspec.Struct, frozen=True):
    """A snapshot: alerts and silences, and from where inputs are read on."""

    alerts: list[Alert]
    silences: list[Silence]
    episodes: int
    commands: int
