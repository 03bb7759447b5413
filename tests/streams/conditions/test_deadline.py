from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from citybrain.rules.rule import Rule, RuleEvent
from streams.conditions.deadline import due_ms
from tests.streams.conditions.rig import episodes, faults, records, rule, told
from tests.streams.ruling import rig

OPTIONS = {"due": "attrs.due_at", "closed_by": ("permit_decided",)}
TEN = "2026-03-02T10:00:00+08:00"


def opened(at: str, due: str = TEN, arrives: str | None = None) -> RuleEvent:
    return RuleEvent(
        at=at, kind="permit_application", subject="p1", attrs={"due_at": due}, arrives=arrives
    )


def closed(at: str, arrives: str | None = None) -> RuleEvent:
    return RuleEvent(at=at, kind="permit_decided", subject="p1", arrives=arrives)


def permits(**given: object) -> Rule:
    base = {
        "kinds": ("permit_application", "permit_decided"),
        "by": ("subject",),
        "above": {"yellow": "-2h", "orange": "0s", "red": "1h"},
    }
    return rule("deadline", OPTIONS, **(base | given))


def test_deadline_when_nothing_happens_then_time_alone_raises_the_level():
    assert told(permits(), [opened("07:00")], "12:00") == [
        ("08:00:00", "p1", "firing", "yellow", "08:00:00"),
        ("10:00:00", "p1", "firing", "orange", "08:00:00"),
        ("11:00:00", "p1", "firing", "red", "08:00:00"),
    ]


def test_deadline_when_the_case_is_closed_in_time_then_nothing_is_told():
    assert told(permits(), [opened("07:00"), closed("07:59")], "12:00") == []


def test_deadline_when_the_end_comes_before_the_beginning_in_one_batch_then_both_count():
    minute = {"feed": "permits", "attrs": {"due_at": TEN}}
    hour = -5 * 3600  # the rig counts from noon
    batch = [
        rig.Seen(hour + 3660, None, "p1", "permit_decided", **minute),
        rig.Seen(hour, None, "p1", "permit_application", **minute),
    ]
    tested = rig.engine([permits()], history_ms=rig.FOREVER_MS)

    found = tested.take([rig.excerpt(batch, offset=0)])

    assert [(one.state, one.level) for one in found] == [("ended", "yellow")]


def test_deadline_when_the_case_is_closed_late_then_it_ends_at_that_event():
    found = episodes(permits(), records(permits(), [opened("07:00"), closed("10:30")], "12:00"))

    assert [(one.state, one.level) for one in found] == [
        ("firing", "yellow"),
        ("firing", "orange"),
        ("ended", "orange"),
    ]
    assert str(found[-1].ended_at) == "2026-03-02 02:30:00+00:00"


def test_deadline_when_the_closing_event_comes_before_the_opening_one_then_nothing_is_told():
    events = [closed("07:30"), opened("07:00", arrives="07:35")]

    assert told(permits(), events, "12:00") == []


def test_deadline_when_the_closing_event_is_late_then_the_alert_is_revised():
    events = [opened("07:00"), closed("07:58", arrives="08:03")]

    assert told(permits(), events, "12:00") == [
        ("08:00:00", "p1", "firing", "yellow", "08:00:00"),
        ("08:03:00", "p1", "revised", "yellow", "08:00:00"),
    ]


def test_deadline_when_the_due_time_is_moved_then_it_ends_and_comes_again():
    events = [opened("07:00"), opened("09:00", due="2026-03-02 12:00")]

    assert told(permits(), events, "10:30") == [
        ("08:00:00", "p1", "firing", "yellow", "08:00:00"),
        ("09:00:00", "p1", "ended", "yellow", "08:00:00"),
        ("10:00:00", "p1", "firing", "yellow", "10:00:00"),
    ]


def test_deadline_when_a_case_is_overdue_as_it_comes_then_it_fires_at_once():
    assert told(permits(), [opened("10:20")], "10:30") == [
        ("10:20:00", "p1", "firing", "orange", "10:20:00")
    ]


def test_deadline_when_told_then_the_words_say_how_late_it_is():
    before, on_time, late = episodes(permits(), records(permits(), [opened("07:00")], "11:00"))

    assert before.summary.zh == "距到期还有2小时，期限2026-03-02 10:00"
    assert before.summary.en == "due in 2h, at 2026-03-02 10:00"
    assert on_time.summary.zh == "已超期0秒，期限2026-03-02 10:00"
    assert late.summary.en == "overdue for 1h, since 2026-03-02 10:00"


def test_deadline_when_the_shard_moves_at_any_record_then_the_same_is_told():
    events = [opened("07:00"), closed("07:58", arrives="08:03"), opened("08:30"), closed("10:01")]
    expected = told(permits(), events, "10:02")

    assert [one[2:4] for one in expected] == [
        ("firing", "yellow"),
        ("revised", "yellow"),
        ("firing", "yellow"),
        ("firing", "orange"),
        ("ended", "orange"),
    ]
    for number in range(0, len(records(permits(), events, "10:02")), 5):
        assert told(permits(), events, "10:02", restart_at=number) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1772416800", 1772416800000),
        ("1772416800000", 1772416800000),
        ("2026-03-02T10:00:00+08:00", 1772416800000),
        ("2026-03-02T02:00:00Z", 1772416800000),
        ("2026/03/02 10:00:00", 1772416800000),
        ("2026-03-02", 1772467200000),
        ("20260302", 1772467200000),
        ("", None),
        ("soon", None),
        ("99999999999999999999", None),
        ("0001-01-01T00:00+14:00", None),
        ("9999-12-31", None),
    ],
)
def test_due_ms_when_written_in_any_way_then_the_instant_is_read(text: str, expected: int | None):
    assert due_ms(text, ZoneInfo("Asia/Shanghai")) == expected


def test_deadline_when_a_rule_says_what_cannot_be_then_every_fault_is_told():
    wrong = rule(
        "deadline",
        {"due": "due_at", "closed_by": ("permit_decided", "tax_case")},
        kinds=("permit_decided",),
        above={"yellow": "-2"},
    )

    assert faults(wrong) == [
        "condition.deadline.due: 'due_at' is no attribute; give for example attrs.due_at",
        "condition.deadline.closed_by[1]: the rule does not read 'tax_case'; "
        "add it to the rule's kinds",
        "condition.deadline.closed_by: nothing opens a matter; add the kinds that do to kinds",
        "condition.deadline: takes all matters for one; say by: [subject]",
        "condition.deadline: yellow at '-2' is no duration; give for example -2h, 0s, 1d",
    ]
