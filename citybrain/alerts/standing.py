"""What people mean by open, waiting and red: one definition, for everything that shows or sounds.

The desk, the walls, the sound, the hand-over, the CAP feed and the notices to who comes on duty all
ask here; scripts get the answers with each row. What is counted is of one origin
(`citybrain.floor.origins.counted`); in what order alerts stand, `gravity` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from citybrain.alerts.records import Alert
from citybrain.alerts.staleness import last_known
from citybrain.floor.levels import LEVELS, RANKS
from citybrain.floor.origins import EXERCISE, counted, origin_rank

MADE_LATE = timedelta(minutes=10)
"""So much older than an alert its newest data may be, and it still is of now: feeds are slow."""
Gravity = tuple[int, bool, int, bool, float, str]


def is_open(alert: Alert) -> bool:
    """Return whether it is open to people: it fires, or somebody took it; not while pending."""
    return alert.state in ("firing", "acknowledged")


def waits(alert: Alert) -> bool:
    """Return whether somebody has to take it: it fires, and nothing keeps it quiet."""
    return alert.state == "firing" and not alert.mutes


def is_red(alert: Alert) -> bool:
    """Return whether it calls aloud: it waits, and its level is the highest."""
    return waits(alert) and alert.episode.level == LEVELS[-1]


def stands_at(alert: Alert) -> datetime:
    """Return the instant by which it is older or newer than others.

    It is when it opened; of one that old data made, the last instant that is known of it: what was
    true fifty minutes ago is no news. Once data says that it goes on, it stands where it opened.
    """
    last = last_known(alert.episode)
    old = last is not None and alert.opened_at - last > MADE_LATE
    return last if old and last is not None else alert.opened_at


def gravity(alert: Alert) -> Gravity:
    """Return where it stands among others, the least first.

    By origin, so that nothing made up stands above what is real; then what is told above what is
    kept quiet, the higher level, what waits, the newer one (`stands_at`).
    """
    episode = alert.episode
    return (
        origin_rank(episode.world),
        bool(alert.mutes),
        -RANKS[episode.level],
        not waits(alert),
        -stands_at(alert).timestamp(),
        alert.id,
    )


def tally(alerts: Iterable[Alert]) -> tuple[list[Alert], dict[str, int]]:
    """Return the open ones that are counted, gravest first, and how many of others stand beside.

    Returns:
        Those of the leading origin, and of each other origin the number.
    """
    mine, others = counted(filter(is_open, alerts), lambda one: one.episode.origin)
    beside: dict[str, int] = {}
    for one in others:
        beside[one.episode.origin] = beside.get(one.episode.origin, 0) + 1
    return sorted(mine, key=gravity), beside


def is_drill(alert: Alert) -> bool:
    """Return whether it is of an exercise, which is nobody's work to hand over."""
    return alert.episode.origin == EXERCISE
