"""The life of an alert as a state machine; pure: what happens in, changes out.

    pending ──► firing ──► acknowledged ──► resolved        by a person
       │          │  ◄───────── │  (expires, is taken back, level rises)
       └──────────┴─────────────┴──────────► ended           by the data
                                             revised         later data undid it

`resolved` stays so when the episode ends, and while it goes on, unless its level rises above what
was resolved: then it is *reopened*. An alert that ended or was revised is reopened when the data
says again that it fires. One that has fired is never pending again: where later data says that it
did not hold for long enough, it is revised. Versions count up by one; nothing is ever edited.

The engine tells what it told before when it starts anew. What is older than what is known of the
alert (`Episode.told_at`, which is a function of the log that the engine reads) is left out, so that
a repeated telling of a beginning does not reopen what has ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from citybrain.alerts.assigning import OVERDUE, given_back
from citybrain.alerts.holding import unheld
from citybrain.alerts.records import Alert, AlertChange, Episode
from citybrain.alerts.workflow import ALERTS
from citybrain.floor.levels import RANKS

_NOTHING_ASKED: dict[str, Any] = {"mutes": (), "assignment": None, "closing": None}
"""What is true of every alert that is not open any more."""


def told(alert: Alert | None, episode: Episode, now: datetime, cause: str) -> list[AlertChange]:
    """Return what the engine's telling of `episode` changes; nothing where it is known already."""
    if alert is None:
        return _born(episode, now, cause)
    if episode.told_at < alert.episode.told_at:
        return []
    return _moved(alert, episode, now, cause) or _corrected(alert, episode, now, cause)


def _moved(alert: Alert, episode: Episode, now: datetime, cause: str) -> list[AlertChange]:
    """Return the step to another state or level, if that is what `episode` says."""
    if episode.state == "revised":
        return [] if alert.state == "revised" else [_closed(alert, "revised", episode, now, cause)]
    if episode.state == "ended":
        return _ended(alert, episode, now, cause)
    if episode.state == "pending":
        return _pending(alert, episode, now, cause)
    return _firing(alert, episode, now, cause)


def automatic_step(
    alert: Alert, what: str, now: datetime, details: dict[str, str], **fields: Any
) -> AlertChange:
    """Return a step that the alerts' owner makes by itself as time passes."""
    return ALERTS.step(alert, what, now, by="desk", cause="clock", details=details, **fields)


def opened(episode: Episode, now: datetime, incident: str) -> Alert:
    """Return the alert that `episode` begins, before its first step."""
    state = "pending" if episode.state == "pending" else "firing"
    return Alert(
        id=episode.alert,
        version=0,
        state=state,  # type: ignore[arg-type]
        episode=episode,
        opened_at=now,
        updated_at=now,
        incident=incident or episode.alert,
    )


def expired(alert: Alert, now: datetime) -> AlertChange:
    """Return the step by which an acknowledgement ends without anything having come of it."""
    fields = unheld(alert, now)
    return ALERTS.step(alert, "acknowledgement_expired", now, by="desk", cause="clock", **fields)


def overdue(alert: Alert, now: datetime) -> AlertChange:
    """Return the step by which an assignment goes back that nobody answered in time."""
    fields = given_back(alert, now)
    details = {"assignee": alert.owner}
    return ALERTS.step(alert, OVERDUE, now, by="desk", cause="clock", details=details, **fields)


def undone(alert: Alert, now: datetime, cause: str) -> AlertChange:
    """Return the step by which an open alert is revised that the engine holds no longer."""
    details = {"reason": "engine_holds_it_no_longer"}
    return _revised(alert, now, cause, details)


def superseded(old: Alert, new: str, now: datetime, cause: str) -> AlertChange:
    """Return the step by which `old` is revised because it goes on as the alert `new`."""
    return _revised(old, now, cause, {"superseded_by": new})


def _revised(alert: Alert, now: datetime, cause: str, details: dict[str, str]) -> AlertChange:
    fields = {"state": "revised", "closed_at": now, **_NOTHING_ASKED}
    return _told(alert, "revised", now, cause, details=details, **fields)


def taken_over(old: Alert, new: Alert) -> dict[str, Any]:
    """Return what `new`, which `old` goes on as under another beginning, inherits.

    Who was told of the one is not told of the other; only of a higher level. An acknowledgement or
    a resolution goes on as well, unless the level is higher. Of one that had ended only the owner
    and the comment go on: its end was told, so its going on is news.
    """
    fields: dict[str, Any] = {"owner": old.owner, "comment": old.comment}
    if old.incident not in ("", old.id):
        fields["incident"] = old.incident
    if old.state == "ended" or new.state != "firing":
        return fields
    fields |= {"notified_at": old.notified_at, "notified_level": old.notified_level}
    if RANKS[new.episode.level] > RANKS[old.episode.level]:
        return fields
    kept = (
        "escalation",
        "acknowledged_at",
        "acknowledged_until",
        "assignment",
        "closing",
        "result",
    )
    fields |= {name: getattr(old, name) for name in kept}
    if old.state in ("acknowledged", "resolved"):
        fields |= {"state": old.state, "closed_at": old.closed_at}
    return fields


def news(alert: Alert) -> str:
    """Return what those whom `alert` concerns have yet to be told of it; "" nothing.

    Returns:
        fired, reopened or raised, whichever is the reason.
    """
    if alert.state != "firing":
        return ""
    if not alert.notified_level:
        return "fired" if alert.notified_at is None else "reopened"
    risen = RANKS[alert.episode.level] > RANKS[alert.notified_level]
    return "raised" if risen else ""


def _born(episode: Episode, now: datetime, cause: str) -> list[AlertChange]:
    """Return the first steps of an alert; one that came and went unseen has both."""
    if episode.state == "revised" or (episode.state == "ended" and episode.fired_at is None):
        return []
    alert = opened(episode, now, "")
    what = "pending" if episode.state == "pending" else "fired"
    first = _told(alert, what, now, cause)
    if episode.state != "ended":
        return [first]
    return [first, _closed(first.after, "ended", episode, now, cause)]


def _closed(alert: Alert, what: str, episode: Episode, now: datetime, cause: str) -> AlertChange:
    return _told(
        alert,
        what,
        now,
        cause,
        state=what,
        episode=episode,
        closed_at=now,
        **_NOTHING_ASKED,
    )


def _corrected(alert: Alert, episode: Episode, now: datetime, cause: str) -> list[AlertChange]:
    """Return the step by which only when it fired or ended moves, its peak, or what is unknown."""
    known = alert.episode
    same = known.state == episode.state and (known.level == episode.level or known.state == "ended")
    if alert.state == "revised" or not same or _facts(known) == _facts(episode):
        return []
    return [_told(alert, "corrected", now, cause, episode=episode)]


def _told(alert: Alert, what: str, now: datetime, cause: str, **fields: Any) -> AlertChange:
    """Return a step that the engine's telling makes."""
    return ALERTS.step(alert, what, now, by="engine", cause=cause, **fields)


def _facts(episode: Episode) -> tuple[object, ...]:
    times = (episode.fired_at, episode.ended_at, episode.last_read_at)
    return episode.level, episode.peak, *times


def _ended(alert: Alert, episode: Episode, now: datetime, cause: str) -> list[AlertChange]:
    if alert.open:
        return [_closed(alert, "ended", episode, now, cause)]
    if alert.state == "resolved" and alert.episode.state != "ended":
        return [_told(alert, "ended", now, cause, episode=episode)]
    return []


def _pending(alert: Alert, episode: Episode, now: datetime, cause: str) -> list[AlertChange]:
    if alert.episode.state == "pending":
        if not alert.open or alert.episode.level == episode.level:
            return []
        return [_told(alert, "pending", now, cause, episode=episode)]
    # It fired by what was known then; by what is known now it has not held for long enough yet.
    return [_closed(alert, "revised", episode, now, cause)] if alert.open else []


def _firing(alert: Alert, episode: Episode, now: datetime, cause: str) -> list[AlertChange]:
    risen = RANKS[episode.level] - RANKS[alert.episode.level]
    if alert.state == "pending":
        return [_told(alert, "fired", now, cause, episode=episode, state="firing")]
    if not alert.open:
        stays = alert.state == "resolved" and risen <= 0
        return [] if stays else [_again(alert, "reopened", episode, now, cause)]
    if risen > 0:
        return [_again(alert, "raised", episode, now, cause)]
    if alert.episode.state == "pending":  # somebody acknowledged it before it fired
        return [_told(alert, "fired", now, cause, episode=episode)]
    return [_told(alert, "lowered", now, cause, episode=episode)] if risen else []


def _again(alert: Alert, what: str, episode: Episode, now: datetime, cause: str) -> AlertChange:
    """Return a step that somebody has to acknowledge anew."""
    told = alert.notified_level if what == "raised" else ""
    return _told(
        alert,
        what,
        now,
        cause,
        episode=episode,
        state="firing",
        acknowledged_at=None,
        acknowledged_until=None,
        closed_at=None,
        escalation=0,
        notified_level=told,
        closing=None,
        result="",
    )
