"""What people are told of assignments: who was given an alert, and whoever gave what goes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from citybrain.alerts.assigning import ASSIGNED, DECLINED, OVERDUE
from citybrain.alerts.records import Alert, AlertChange
from citybrain.floor.text import NOTHING, Text
from citybrain.notices import templates
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.records import Notice


def assigned_notices(
    pipeline: NoticePipeline, change: AlertChange, before: Alert | None, now: datetime
) -> list[Notice]:
    """Return what is to be sent because of `change`: to one person, by its own receivers.

    What keeps the alert itself quiet does not matter: a person gave it to a person. Somebody
    without receivers of its own is told by the desk alone.

    Args:
        pipeline: knows people and their receivers.
        change: a step of the alert.
        before: the alert before it.
        now: instant, aware.
    """
    alert = change.after
    given = alert.assignment if change.what == ASSIGNED else None
    if given is not None:
        lead = _given(pipeline, alert, change.details.get("comment", ""))
        return list(_personal(pipeline, change, alert.owner, lead, now))
    if change.what in (DECLINED, OVERDUE) and before is not None and before.assignment is not None:
        lead = _back(pipeline, change, before.owner)
        return list(_personal(pipeline, change, before.assignment.by, lead, now))
    return []


def _personal(
    pipeline: NoticePipeline, change: AlertChange, user: str, lead: Text, now: datetime
) -> Iterator[Notice]:
    routing, alert = pipeline.routing, change.after
    person, exercise = routing.people.get(user), alert.episode.exercise
    names = dict.fromkeys(person.receivers if person else ())
    told = [one for name in names for one in pipeline.resolve(name, now)]
    heard = {
        receiver: routing.receivers[one.receiver].title if stands_for else NOTHING
        for one in told
        for receiver, stands_for in pipeline.allowed(one, exercise=exercise)
    }
    for receiver, instead in heard.items():
        body = templates.body(alert, routing.names, routing.zone, instead_of=instead)
        yield Notice(
            key=f"{alert.id}:{alert.episode.level}:{receiver}:{change.what}-{alert.version}",
            alert=alert.id,
            group=f"{ASSIGNED}:{alert.id}",
            receiver=receiver,
            level=alert.episode.level,
            purpose=change.what,
            at=now,
            alert_after=alert,
            title=templates.title(alert, change.what, routing.names),
            body=Text(f"{lead.zh}\n{body.zh}", f"{lead.en}\n{body.en}"),
            exercise=exercise,
        )


def _given(pipeline: NoticePipeline, alert: Alert, comment: str) -> Text:
    given = alert.assignment
    if given is None:
        return NOTHING
    by = templates.person(given.by, pipeline.routing.names)
    until = templates.when(given.until, pipeline.routing.zone)
    said = Text(f"：{comment}" if comment else "", f": {comment}" if comment else "")
    return Text(
        f"{by.zh}把它指派给您{said.zh}\n"
        f"请于 {until} 前在值班台接受或退回；逾期自动退回并继续上报。",
        f"{by.en} gave it to you{said.en}\nAccept or decline it on the duty desk by {until}; "
        "without an answer it goes back and is escalated.",
    )


def _back(pipeline: NoticePipeline, change: AlertChange, owner: str) -> Text:
    who = templates.person(owner, pipeline.routing.names)
    comment = change.details.get("comment", "")
    if change.what == DECLINED:
        words = Text(f"{who.zh}退回了您的指派：{comment}", f"{who.en} declined it: {comment}")
    else:
        words = Text(f"{who.zh}未在期限内答复您的指派", f"{who.en} did not answer in time")
    zh, en = (
        "现在无人负责，请另行指派或自行受理。",
        "Nobody has it now: give it to another or take it.",
    )
    return Text(f"{words.zh}\n{zh}", f"{words.en}\n{en}")
