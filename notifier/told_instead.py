"""Who hears in the place of a receiver that was given up, and that it was; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from citybrain.alerts.records import PLATFORM, Level
from citybrain.floor.text import Text
from citybrain.notices.pipeline import NoticePipeline, taken_routes
from citybrain.notices.records import Notice
from citybrain.notices.routing import Routing

RECEIVER_FAILED = f"{PLATFORM}receiver_failed"
"""As the name of a rule it says which routes hear that a receiver fails."""
PURPOSE = "receiver_failed"
_CALLS = ("fired", "raised", "reopened", "repeated", "escalated")
_LEVEL: Level = "orange"


def told_instead(notice: Notice, pipeline: NoticePipeline, now: datetime) -> list[Notice]:
    """Return `notice` for its receiver's fallback, else for the next step of its route.

    Args:
        notice: what was given up.
        pipeline: who may hear.
        now: the instant at which it was given up (aware).

    Returns:
        A notice for each who hears in its place and was not given up for it before; none where
        nobody is left, or where an end was not told and nobody has to be woken up for that.
    """
    for names in _candidates(notice, pipeline.routing):
        told = [one for name in names for one in pipeline.resolve(name, now)]
        allowed = [
            name for one in told for name, _ in pipeline.allowed(one, exercise=notice.exercise)
        ]
        fresh = [name for name in dict.fromkeys(allowed) if not _had(notice, name)]
        if fresh:
            return [
                msgspec.structs.replace(
                    notice,
                    key=f"{notice.key}>{name}",
                    receiver=name,
                    fallback_of=notice.key,
                    at=now,
                )
                for name in fresh
            ]
    return []


def operators_told(
    notice: Notice, detail: str, pipeline: NoticePipeline, now: datetime
) -> list[Notice]:
    """Return what the platform's operators hear of a receiver that fails: once an hour each.

    Args:
        notice: what was given up.
        detail: why, without secrets.
        pipeline: who the operators are.
        now: the instant at which it was given up (aware).
    """
    if notice.purpose == PURPOSE or notice.exercise:
        return []
    labels = {"rule": (RECEIVER_FAILED,), "level": (_LEVEL,), "origin": ("live",)}
    routes = taken_routes(pipeline.routing.root, {**labels, "exercise": ("no",)})
    told = (one for route in routes for name in route.to for one in pipeline.resolve(name, now))
    names = dict.fromkeys(name for one in told for name, _ in pipeline.allowed(one, exercise=False))
    title, body = _words(notice.receiver, detail, pipeline.routing)
    return [
        Notice(
            key=f"receiver:{notice.receiver}:{now:%Y%m%dT%H}:{name}",
            alert="",
            group=f"receiver:{notice.receiver}",
            receiver=name,
            level=_LEVEL,
            purpose=PURPOSE,
            at=now,
            title=title,
            body=body,
        )
        for name in names
        if name != notice.receiver
    ]


def _candidates(notice: Notice, routing: Routing) -> Iterator[Iterable[str]]:
    receiver = routing.receivers.get(notice.receiver)
    if receiver is None:
        return
    if receiver.fallback:
        yield (receiver.fallback,)
        return
    route = next((one for one in routing.root.walk() if one.path == notice.route), None)
    if route is not None and route.escalation is not None and notice.purpose in _CALLS:
        yield from (step.to for step in route.escalation.steps)


def _had(notice: Notice, name: str) -> bool:
    first, *others = notice.key.split(">")
    return name in (notice.receiver, *others) or f":{name}:" in first


def _words(name: str, detail: str, routing: Routing) -> tuple[Text, Text]:
    receiver = routing.receivers.get(name)
    title = receiver.title if receiver else Text(name, name)
    return (
        Text(f"通知渠道故障：{title.zh}", f"A receiver cannot be told: {title.en}"),
        Text(
            f"通知未送达，已放弃并改发备用接收人或下一级。\n对方答复：{detail}\n接收人：{name}",
            "A notice was given up; the fallback or the next step of the route hears instead.\n"
            f"Answer: {detail}\nReceiver: {name}",
        ),
    )
