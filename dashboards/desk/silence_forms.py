"""What somebody fills in for a silence, checked; pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import msgspec

from citybrain.alerts.matchers import MatcherError
from citybrain.alerts.matchers import check as check_matcher
from citybrain.alerts.silence_records import Matcher, Recurrence, Silence
from citybrain.floor.text import Text
from dashboards.desks.forms import FormRefusal

LONGEST = timedelta(days=30)
SHORTEST = timedelta(minutes=1)
LOOK_BACK = timedelta(days=30)
MOST_MATCHERS = 20
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


class SilenceForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A silence as it comes from the dialog.

    Attributes:
        matchers: all of them must match.
        lasts_s: for how long from now, in seconds.
        reason: why.
        recurrence: hours within that time; None: all of them.
    """

    matchers: tuple[Matcher, ...]
    lasts_s: int
    reason: str = ""
    recurrence: Recurrence | None = None


def silence_of(form: SilenceForm, *, silence: str, creator: str, now: datetime) -> Silence:
    """Return the silence that `form` asks for, from `now` on; what it would hide is not counted."""
    return Silence(
        id=silence,
        matchers=form.matchers,
        starts_at=now,
        ends_at=now + timedelta(seconds=form.lasts_s),
        creator=creator,
        reason=form.reason.strip(),
        created_at=now,
        recurrence=form.recurrence,
    )


def check(form: SilenceForm, *, final: bool) -> None:
    """Refuse a form that makes no silence.

    Args:
        form: what was filled in.
        final: whether it is to be saved, and needs its reason.

    Raises:
        Refusal: the first thing that is wrong with it.
    """
    if not 0 < len(form.matchers) <= MOST_MATCHERS:
        words = f"silence: matchers: there are {len(form.matchers)}; give 1 to {MOST_MATCHERS}"
        raise FormRefusal(400, Text(f"请填写 1 至 {MOST_MATCHERS} 个匹配条件", words))
    for matcher in form.matchers:
        _check_matcher(matcher)
    lasts = timedelta(seconds=form.lasts_s)
    if not SHORTEST <= lasts <= LONGEST:
        words = f"silence: duration: {form.lasts_s} s; give 60 s to {LONGEST.days} days"
        raise FormRefusal(400, Text(f"静默时长须在 1 分钟至 {LONGEST.days} 天之间", words))
    _check_recurrence(form.recurrence)
    if final and not form.reason.strip():
        raise FormRefusal(400, Text("请填写静默理由", "silence: reason: it is empty; say why"))


def _check_matcher(matcher: Matcher) -> None:
    name, value = matcher.name, matcher.value
    if not name or not value:
        words = f"silence: matcher {name or '?'}: name or value is empty; fill in both"
        raise FormRefusal(400, Text(f"匹配条件 {name or '？'} 未填完整", words))
    try:
        check_matcher(matcher)
    except MatcherError as error:
        problem = f"匹配条件 {name} 无法使用：{value!r} 不是正确的正则表达式，或过长"
        raise FormRefusal(400, Text(problem, f"silence: matcher {name}: {error}")) from error


def _check_recurrence(recurrence: Recurrence | None) -> None:
    if recurrence is None:
        return
    for text in (recurrence.start, recurrence.end):
        if not _TIME.fullmatch(text):
            words = f"silence: hours: {text!r} is no time of day; give HH:MM"
            raise FormRefusal(400, Text(f"时段 {text!r} 不是时间，请按 HH:MM 填写", words))
    if not set(recurrence.weekdays) <= set(range(1, 8)):
        words = "silence: weekdays: give 1 (Monday) to 7 (Sunday)"
        raise FormRefusal(400, Text("星期须为 1（周一）至 7（周日）", words))
