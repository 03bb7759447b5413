"""The life of a silence: asked for, perhaps approved by a second person, ended; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from citybrain.accounts.roles import may
from citybrain.alerts.matchers import MatcherError, check, judged
from citybrain.alerts.silence_records import PLACES, Matcher, Silence
from citybrain.floor.levels import LEVELS
from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.refusals import ROLE, SCOPE
from citybrain.workflow.scope import Scope

UNKNOWN, KNOWN = Reason("no_silence"), Reason("silence_known")
PHRASES = Phrases(
    {
        "no_silence": Text("没有这个静默", "there is no such silence"),
        "silence_known": Text("这个静默已经有了", "there is such a silence already"),
        "silence_unreadable": Text(
            "静默无法读取：{problem}", "the silence cannot be read: {problem}"
        ),
        "silence_unusable": Text("条件无法使用", "it cannot be used: {problem}"),
        "hides_every_alert": Text(
            "条件会压下几乎所有告警", "the matchers would hide nearly every alert"
        ),
        "ends_before_it_starts": Text(
            "结束时间不晚于开始时间或现在", "it ends before it starts or before now"
        ),
        "silence_too_long": Text("最长 {days} 天", "at most {days} days"),
        "silence_without_reason": Text("缺少原因", "the reason is missing"),
        "silence_beyond_scope": Text(
            "静默超出您负责的部门或区域",
            "it reaches beyond the departments or areas that you act for",
        ),
        "silence_over": Text("静默已经结束", "the silence is over"),
        "approves_own_silence": Text("批准人不能是创建人本人", "who created it cannot approve it"),
        "needs_no_approval": Text("不需要批准", "it needs no approval"),
    }
)
LONGEST = timedelta(days=90)
_ANYTHING = ("q7", "未知", "-", "Zz.09", "150302003")
"""What a condition that holds of all of it is not about."""
REMEMBERED = timedelta(hours=24)
"""How long a silence that is over is kept in memory."""
REMINDER = timedelta(hours=1)
"""So long before its end the creator of a silence is reminded."""


def asked(command: Command) -> Silence | Reason:
    """Return the silence that `command` asks for, or why it is refused."""
    if not may(command.actor.role, "silence"):
        return ROLE
    try:
        silence = msgspec.json.decode(_brought(command), type=Silence)
    except msgspec.MsgspecError as error:
        return Reason("silence_unreadable", {"problem": str(error)})
    problem = _problem(silence, command.at) or _wider(silence, command.actor)
    if problem:
        return problem
    needed = silence.would_hide_red > 0 or selects_red(silence.matchers)
    return replace(
        silence,
        id=command.target,
        creator=command.actor.user,
        created_at=command.at,
        approver="",
        needs_approval=needed,
        expired_at=None,
        version=1,
        command=command.id,
    )


def _brought(command: Command) -> bytes:
    """Return the silence in `command`; until 2026-11 it stood as text among the details."""
    return command.details.get("silence", "").encode() or bytes(command.record)


def change_refusal(silence: Silence | None, command: Command) -> Reason | None:
    """Return why the approval or early end of a silence is refused."""
    if not may(command.actor.role, command.action):
        return ROLE
    if silence is None:
        return UNKNOWN
    if not Scope.of(command.actor).covers(silence):
        return SCOPE
    if silence.expired_at is not None or silence.ends_at <= command.at:
        return Reason("silence_over")
    return _approval_refusal(silence, command) if command.action == "approve_silence" else None


def _approval_refusal(silence: Silence, command: Command) -> Reason | None:
    if command.actor.user == silence.creator:
        return Reason("approves_own_silence")
    needless = silence.approver or not may_hide_red(silence.matchers)
    return Reason("needs_no_approval") if needless else None


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


def state_of(silence: Silence, now: datetime) -> str:
    """Return ``waits`` (for approval), ``planned``, ``active`` or ``expired``."""
    if silence.expired_at is not None or silence.ends_at <= now:
        return "expired"
    if silence.needs_approval and not silence.approver:
        return "waits"
    return "planned" if silence.starts_at > now else "active"


def selects_red(matchers: Sequence[Matcher]) -> bool:
    """Return whether `matchers` speak of levels, and mean red among them."""
    levels = [one for one in matchers if one.name == "level"]
    return bool(levels) and all(judged(one, "red") is not False for one in levels)


def may_hide_red(matchers: Sequence[Matcher]) -> bool:
    """Return whether a red alert could match `matchers`: unless they certainly leave red out."""
    levels = (one for one in matchers if one.name == "level")
    return all(judged(one, "red") is not False for one in levels)


def begins_or_ends(silence: Silence, after: datetime, now: datetime) -> bool:
    """Return whether `silence` begins or ends after `after` and by `now` (aware)."""
    return any(after < at <= now for at in (silence.starts_at, silence.ends_at))


def _next(silence: Silence, command: str, **fields: Any) -> Silence:
    return replace(silence, version=silence.version + 1, command=command, **fields)


def _problem(silence: Silence, now: datetime) -> Reason | None:
    try:
        for matcher in silence.matchers:
            check(matcher)
    except MatcherError as error:
        return Reason("silence_unusable", {"problem": str(error)})
    if not silence.matchers or all(_takes_all(one) for one in silence.matchers):
        return Reason("hides_every_alert")
    if silence.ends_at <= silence.starts_at or silence.ends_at <= now:
        return Reason("ends_before_it_starts")
    if silence.ends_at - silence.starts_at > LONGEST:
        return Reason("silence_too_long", {"days": str(LONGEST.days)})
    return None if silence.reason.strip() else Reason("silence_without_reason")


def _wider(silence: Silence, actor: Actor) -> Reason | None:
    """Refuse what could hide alerts that are not the actor's, who acts for a part of the city."""
    ours = not actor.departments or any(
        one.name == "department" and one.op == "=" and one.value in actor.departments
        for one in silence.matchers
    )
    here = not actor.areas or any(
        one.name in PLACES and _lies_in(one, actor.areas) for one in silence.matchers
    )
    return None if ours and here else Reason("silence_beyond_scope")


def _lies_in(matcher: Matcher, areas: Sequence[str]) -> bool:
    digits = matcher.value.removesuffix(".*") if matcher.op == "=~" else matcher.value
    return matcher.op in ("=", "=~") and digits.isdigit() and digits.startswith(tuple(areas))


def _takes_all(matcher: Matcher) -> bool:
    """Whether a matcher leaves nothing out: what has no value, or whatever value there is.

    What cannot be judged may take all.
    """
    if matcher.name == "level":
        return all(judged(matcher, level) is not False for level in LEVELS)
    anything = all(judged(matcher, word) is not False for word in _ANYTHING)
    return anything or (matcher.op == "=~" and judged(matcher, "") is not False)
