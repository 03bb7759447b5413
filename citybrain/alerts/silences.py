"""The life of a silence: asked for, perhaps approved by a second person, ended; pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from citybrain.accounts.roles import may
from citybrain.alerts.records import Actor, Command, Matcher, Silence
from citybrain.alerts.refusals import ROLE, WIDER

LONGEST = timedelta(days=90)
_ANYTHING = ("q7", "未知", "-")
"""What a regular expression that matches all of it is not about."""
_PLACES = ("area", "street", "district")
REMINDER = timedelta(hours=1)
"""So long before its end the creator of a silence is reminded."""


def asked(command: Command) -> tuple[Silence | None, str]:
    """Return the silence that `command` asks for, or why it is refused."""
    if not may(command.actor.role, "silence"):
        return None, ROLE
    try:
        silence = msgspec.json.decode(command.details.get("silence", ""), type=Silence)
    except msgspec.MsgspecError as error:
        return None, f"静默无法读取：{error} / the silence cannot be read: {error}"
    problem = _problem(silence, command.at) or _wider(silence, command.actor)
    if problem:
        return None, problem
    needed = silence.would_hide_red > 0 or selects_red(silence.matchers)
    return (
        replace(
            silence,
            id=command.target,
            creator=command.actor.user,
            created_at=command.at,
            approver="",
            needs_approval=needed,
            expired_at=None,
            version=1,
            command=command.id,
        ),
        "",
    )


def approved(silence: Silence, command: Command) -> Silence:
    """Return `silence` approved by the second person."""
    return _next(silence, command.id, approver=command.actor.user)


def ended(silence: Silence, command: Command) -> Silence:
    """Return `silence` ended early."""
    return _next(silence, command.id, expired_at=command.at)


def reminded(silence: Silence, now: datetime) -> Silence:
    """Return `silence` with its reminder sent."""
    return _next(silence, "", reminded_at=now)


def reminder_at(silence: Silence) -> datetime | None:
    """Return when the creator is to be reminded; None: no more, or it is too short for that."""
    if silence.expired_at or silence.reminded_at:
        return None
    if silence.ends_at - silence.starts_at <= REMINDER:
        return None
    return silence.ends_at - REMINDER


def selects_red(matchers: Sequence[Matcher]) -> bool:
    """Return whether `matchers` speak of levels, and mean red among them."""
    levels = [one for one in matchers if one.name == "level"]
    return bool(levels) and all(_fits(one, "red") for one in levels)


def begins_or_ends(silence: Silence, after: datetime, now: datetime) -> bool:
    """Return whether `silence` begins or ends after `after` and by `now` (aware)."""
    return any(after < at <= now for at in (silence.starts_at, silence.ends_at))


def _next(silence: Silence, command: str, **fields: Any) -> Silence:
    return replace(silence, version=silence.version + 1, command=command, **fields)


def _problem(silence: Silence, now: datetime) -> str:
    if not silence.matchers or all(_takes_all(one) for one in silence.matchers):
        return "条件会压下所有告警 / the matchers would hide every alert"
    if silence.ends_at <= silence.starts_at or silence.ends_at <= now:
        return "结束时间不晚于开始时间或现在 / it ends before it starts or before now"
    if silence.ends_at - silence.starts_at > LONGEST:
        return f"最长 {LONGEST.days} 天 / at most {LONGEST.days} days"
    if not silence.reason.strip():
        return "缺少原因 / the reason is missing"
    return ""


def _wider(silence: Silence, actor: Actor) -> str:
    """Refuse what could hide alerts that are not the actor's, who acts for a part of the city."""
    ours = not actor.departments or any(
        one.name == "department" and one.op == "=" and one.value in actor.departments
        for one in silence.matchers
    )
    here = not actor.areas or any(
        one.name in _PLACES and _lies_in(one, actor.areas) for one in silence.matchers
    )
    return "" if ours and here else WIDER


def _lies_in(matcher: Matcher, areas: Sequence[str]) -> bool:
    digits = matcher.value.removesuffix(".*") if matcher.op == "=~" else matcher.value
    return matcher.op in ("=", "=~") and digits.isdigit() and digits.startswith(tuple(areas))


def _takes_all(matcher: Matcher) -> bool:
    """Whether a matcher matches what has no value, or whatever value there is."""
    if matcher.op == "=~":
        return _fits(matcher, "") or all(_fits(matcher, word) for word in _ANYTHING)
    return matcher.op != "=" and not matcher.value


def _fits(matcher: Matcher, value: str) -> bool:
    if matcher.op in ("=", "!="):
        return (matcher.value == value) is (matcher.op == "=")
    try:
        return (re.fullmatch(matcher.value, value) is not None) is (matcher.op == "=~")
    except re.error:
        return False
