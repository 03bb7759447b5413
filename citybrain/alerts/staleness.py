"""What was over long before anybody learnt of it is shown, but nobody is notified of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from citybrain.alerts.records import OUTSIDE, Alert, Episode, Mute
from citybrain.floor.text import Text

TOO_OLD = timedelta(hours=1)
"""Who is told an hour late of what is over can only wonder."""
_OLD = Mute(
    kind="age",
    by="desk",
    reason=Text(
        "获知时已过去一小时以上，不再通知", "it was over more than an hour before it was known"
    ),
)


def late(alert: Alert) -> tuple[Mute, ...]:
    """Return why `alert` is kept quiet for its age; none where it was known in time.

    Its age counts from its end, or from the last that is known of it; what goes on is never old,
    whenever it began. A red alert is never kept quiet for its age.
    """
    last = last_known(alert.episode)
    if alert.episode.level == "red" or last is None or alert.opened_at - last <= TOO_OLD:
        return ()
    return (_OLD,)


def last_known(episode: Episode) -> datetime | None:
    """Return the last instant at which `episode` is known to have held; None: it did not fire.

    Who tells from outside says that it holds now. A rule knows what its data says: the newest value
    behind it, else the instant at which it fired.
    """
    if episode.fired_at is None:
        return None
    if episode.state == "ended" and episode.ended_at is not None:
        return episode.ended_at
    if episode.rule.startswith(OUTSIDE):
        return max(episode.told_at, episode.fired_at)
    newest = episode.evidence.points[-1][0] if episode.evidence.points else episode.fired_at
    return max(newest, episode.fired_at)
