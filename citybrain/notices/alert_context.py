"""What the decisions about an alert depend on besides the alert itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence
from citybrain.notices.open_alerts import OpenAlerts


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
