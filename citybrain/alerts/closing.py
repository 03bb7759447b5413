"""Closing an alert: with what came of it, and by two people where the city wants that; pure.

What is asked follows from the highest level that an alert reached, so that one that sank is closed
no more lightly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from citybrain.accounts.roles import HANDLE
from citybrain.alerts.handling import HandlingPolicy
from citybrain.alerts.records import Alert, ClosingRequest
from citybrain.floor.levels import RANKS
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow import refusals
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.workflow import Action

RESOLVED = "resolved"
PHRASES = {
    "no_result": Text("没有处置结果“{given}”这一项", "there is no result '{given}' to choose"),
    "second_person_closes": Text(
        "此级别须由第二人批准：请先“申请办结”",
        "two people close an alert of this level: ask for it to be closed",
    ),
    "one_person_closes": Text(
        "此级别可直接办结，不需要第二人", "one person may close an alert of this level"
    ),
    "no_closing_asked": Text("没有人申请办结", "nobody has asked for it to be closed"),
    "closing_asked_already": Text(
        "{by} 已申请办结，等待批准", "{by} has asked for it to be closed already"
    ),
    "own_closing": Text("须由另一人批准", "somebody else must approve what you asked for"),
}


def needs_words(policy: HandlingPolicy, alert: Alert) -> bool:
    """Return whether who closes `alert` must say what came of it."""
    return _reached(alert, policy.explained) or needs_second(policy, alert)


def needs_second(policy: HandlingPolicy, alert: Alert) -> bool:
    """Return whether `alert` is closed by two people alone."""
    return _reached(alert, policy.second_person)


def still_holds(alert: Alert) -> bool:
    """Return whether what the alert is about still goes on, as far as the data says."""
    return alert.episode.state in ("pending", "firing")


def actions(policy: HandlingPolicy, open_states: tuple[str, ...]) -> tuple[Action[Alert], ...]:
    """Return what people do to close an alert."""
    explained = _explained(policy)

    def by_one(_actor: Actor, alert: Alert) -> Reason | None:
        return Reason("second_person_closes") if needs_second(policy, alert) else None

    def by_two(_actor: Actor, alert: Alert) -> Reason | None:
        if not needs_second(policy, alert):
            return Reason("one_person_closes")
        asked = alert.closing
        return Reason("closing_asked_already", {"by": asked.by}) if asked else None

    return (
        Action(
            name="resolve",
            done=RESOLVED,
            title=Text("办结", "Resolve"),
            told=Text("办结", "resolved"),
            key="r",
            grant=HANDLE,
            apply=_resolve,
            from_states=open_states,
            allowed=by_one,
            fits=explained,
        ),
        Action(
            name="ask_closing",
            done="closing_asked",
            title=Text("申请办结", "Ask to close"),
            told=Text("申请办结", "asked for it to be closed"),
            grant=HANDLE,
            apply=_ask,
            from_states=open_states,
            allowed=by_two,
            fits=explained,
        ),
        Action(
            name="approve_closing",
            done=RESOLVED,
            title=Text("批准办结", "Approve closing"),
            told=Text("办结", "resolved"),
            grant=HANDLE,
            apply=_approve,
            from_states=open_states,
            allowed=_is_second,
        ),
        Action(
            name="decline_closing",
            done="closing_declined",
            title=Text("退回办结申请", "Decline closing"),
            told=Text("退回办结申请", "closing declined"),
            grant=HANDLE,
            apply=_decline,
            from_states=open_states,
            needs=("comment",),
            allowed=_is_asked,
        ),
    )


def _explained(policy: HandlingPolicy) -> Callable[[Alert, Command], Reason | None]:
    def fits(alert: Alert, command: Command) -> Reason | None:
        result = command.details.get("result", "")
        if result and result not in policy.results:
            return Reason("no_result", {"given": result})
        if not needs_words(policy, alert):
            return None
        if not result:
            return refusals.missing("result")
        said = command.details.get("comment", "").strip()
        return None if said else refusals.missing("comment")

    return fits


def _reached(alert: Alert, levels: tuple[str, ...]) -> bool:
    episode = alert.episode
    highest = max(episode.level, episode.peak, key=RANKS.__getitem__)
    return highest in levels


def _closed(alert: Alert, command: Command) -> dict[str, Any]:
    fields = {"state": "resolved", "closed_at": command.at, "mutes": ()}
    owner = alert.owner or command.actor.user
    return {**fields, "owner": owner, "assignment": None, "closing": None}


def _resolve(alert: Alert, command: Command) -> dict[str, Any]:
    said = {
        "comment": command.details.get("comment", alert.comment),
        "result": command.details.get("result", ""),
    }
    return _closed(alert, command) | said


def _ask(alert: Alert, command: Command) -> dict[str, Any]:
    asked = ClosingRequest(
        by=command.actor.user,
        at=command.at,
        result=command.details.get("result", ""),
        comment=command.details.get("comment", alert.comment),
    )
    return {"closing": asked, "comment": asked.comment}


def _approve(alert: Alert, command: Command) -> dict[str, Any]:
    asked = alert.closing
    if asked is None:
        raise ValueError(f"{alert.id}: nobody asked for it to be closed")
    return _closed(alert, command) | {
        "owner": alert.owner or asked.by,
        "comment": command.details.get("comment", asked.comment),
        "result": asked.result,
    }


def _decline(_alert: Alert, command: Command) -> dict[str, Any]:
    return {"closing": None, "comment": command.details["comment"]}


def _is_asked(_actor: Actor, alert: Alert) -> Reason | None:
    return None if alert.closing else Reason("no_closing_asked")


def _is_second(actor: Actor, alert: Alert) -> Reason | None:
    own = alert.closing is not None and alert.closing.by == actor.user
    return Reason("own_closing") if own else _is_asked(actor, alert)
