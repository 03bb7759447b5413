"""What somebody fills in for a silence: refused in words, or made; and the list of silences."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from citybrain.alerts.records import Mute
from citybrain.alerts.silence_records import Matcher, Recurrence, Silence
from citybrain.floor.text import Text
from dashboards.desk.silence_forms import SilenceForm, check, silence_of
from dashboards.desk.silence_list import listed, rules_of, state_of
from dashboards.desks.forms import FormRefusal
from tests.dashboards.making import NOW, Make

HOUR = timedelta(hours=1)
RULE = Matcher("rule", "=", "gas_leak")


def form(**fields: Any) -> SilenceForm:
    given: dict[str, Any] = {"matchers": (RULE,), "lasts_s": 3600, "reason": "检修"} | fields
    return SilenceForm(**given)


def silence(name: str = "s1", **fields: Any) -> Silence:
    made = silence_of(form(), silence=name, creator="duty_a", now=NOW)
    return msgspec.structs.replace(made, **fields)


def test_silence_of_when_it_is_asked_for_then_it_begins_now_and_is_the_persons() -> None:
    made = silence_of(form(reason=" 检修 "), silence="s1", creator="duty_a", now=NOW)
    assert made == Silence(
        id="s1",
        matchers=(RULE,),
        starts_at=NOW,
        ends_at=NOW + HOUR,
        creator="duty_a",
        reason="检修",
        created_at=NOW,
    )


@pytest.mark.parametrize(
    ("fields", "zh", "en"),
    [
        (
            {"matchers": ()},
            "请填写 1 至 20 个匹配条件",
            "silence: matchers: there are 0; give 1 to 20",
        ),
        (
            {"matchers": (Matcher("rule", "=", ""),)},
            "匹配条件 rule 未填完整",
            "silence: matcher rule: name or value is empty; fill in both",
        ),
        (
            {"matchers": (Matcher("rule", "=~", "("),)},
            "匹配条件 rule 无法使用：'(' 不是正确的正则表达式，或过长",
            "silence: matcher rule: '(' is not a regular expression: missing ); "
            "correct it, or use = for the text itself",
        ),
        (
            {"lasts_s": 59},
            "静默时长须在 1 分钟至 30 天之间",
            "silence: duration: 59 s; give 60 s to 30 days",
        ),
        (
            {"lasts_s": 31 * 86400},
            "静默时长须在 1 分钟至 30 天之间",
            "silence: duration: 2678400 s; give 60 s to 30 days",
        ),
        (
            {"recurrence": Recurrence(start="25:00")},
            "时段 '25:00' 不是时间，请按 HH:MM 填写",
            "silence: hours: '25:00' is no time of day; give HH:MM",
        ),
        (
            {"recurrence": Recurrence(weekdays=(0,))},
            "星期须为 1（周一）至 7（周日）",
            "silence: weekdays: give 1 (Monday) to 7 (Sunday)",
        ),
        ({"reason": "  "}, "请填写静默理由", "silence: reason: it is empty; say why"),
    ],
    ids=["none", "empty", "regex", "short", "long", "hours", "weekday", "reason"],
)
def test_check_when_something_is_wrong_then_it_says_what(
    fields: dict[str, Any], zh: str, en: str
) -> None:
    with pytest.raises(FormRefusal) as caught:
        check(form(**fields), final=True)
    assert (caught.value.status, caught.value.said) == (400, Text(zh, en))


def test_check_when_it_is_only_a_preview_then_no_reason_is_needed() -> None:
    check(form(reason="", recurrence=Recurrence(weekdays=(1, 7), start="22:00")), final=False)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "active"),
        ({"needs_approval": True}, "waits"),
        ({"needs_approval": True, "approver": "duty_c"}, "active"),
        ({"starts_at": NOW + HOUR, "ends_at": NOW + 2 * HOUR}, "planned"),
        ({"ends_at": NOW}, "expired"),
        ({"expired_at": NOW, "needs_approval": True}, "expired"),
    ],
    ids=["at once", "waits", "approved", "later", "over", "ended early"],
)
def test_state_when_asked_then(fields: dict[str, Any], state: str) -> None:
    assert state_of(silence(**fields), NOW) == state


def test_listed_when_alerts_are_hidden_then_they_are_counted_and_old_silences_left_out(
    make: Make,
) -> None:
    mute = Mute(kind="silence", by="s1", reason=Text("", ""))
    other = Mute(kind="inhibition", by="s1", reason=Text("", ""))
    alerts = [make("a1", mutes=(mute,)), make("a2", mutes=(mute, other)), make("a3")]
    old = silence("s3", ends_at=NOW - timedelta(days=3))
    rows = listed([silence(), silence("s2", needs_approval=True), old], alerts, NOW)
    assert [(row["id"], row["state"], row["hides"]) for row in rows] == [
        ("s2", "waits", 0),
        ("s1", "active", 2),
    ]


def test_rules_of_when_silences_name_rules_then_each_once_and_no_patterns() -> None:
    patterned = silence("s2", matchers=(Matcher("rule", "=~", "gas.*"), RULE))
    assert rules_of([silence(), patterned]) == ["gas_leak"]
