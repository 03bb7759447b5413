"""What is learnt of long after it fired is shown, but nobody is notified of it."""

from __future__ import annotations

from datetime import timedelta

from citybrain.alerts.records import Alert, Mute
from citybrain.floor.text import Text

TOO_OLD = timedelta(hours=1)
"""Who is told an hour late can only wonder."""
_OLD = Mute(
    kind="age",
    by="desk",
    reason=Text("一小时前已触发，不再通知", "fired more than an hour before it was known"),
)


def late(alert: Alert) -> tuple[Mute, ...]:
    """Return why `alert` is kept quiet for its age; none where it was known in time."""
    fired = alert.episode.fired_at
    return (_OLD,) if fired is not None and alert.opened_at - fired > TOO_OLD else ()
