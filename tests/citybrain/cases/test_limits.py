"""Which limit is found for what, and what another profile would have made of cases."""

from __future__ import annotations

import pytest

from citybrain.cases.clock_events import (
    ClockEvent,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    LimitExtended,
)
from citybrain.cases.limits import (
    PHRASES,
    CaseLimit,
    LimitEffect,
    LimitKey,
    LimitProfile,
    MeasuredCase,
    compare,
    late_by,
)
from citybrain.cases.time_units import TimeLimit
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from tests.citybrain.cases.rig import local, wuhai

COVER_GONE = CaseLimit("handle", 2, "urgent_hour", "s", "cover", "gone")
COVER = CaseLimit("handle", 2, "working_day", "s", "cover")
DANGER = CaseLimit("handle", 1, "urgent_hour", "s", condition="danger")
ANY = CaseLimit("handle", 5, "working_day", "s")
TITLE = Text("甲", "A")


def profile(name: str, *limits: CaseLimit) -> LimitProfile:
    return LimitProfile(name, TITLE, {"handle": TITLE}, limits)


@pytest.mark.parametrize(
    ("key", "found", "code"),
    [
        (LimitKey("handle", "cover", "gone"), COVER_GONE, "by_kind_and_condition"),
        (LimitKey("handle", "cover", "rattling"), COVER, "by_kind"),
        (LimitKey("handle", "cover", "danger"), COVER, "by_kind"),
        (LimitKey("handle", "cover"), COVER, "by_kind"),
        (LimitKey("handle", "lamp", "danger"), DANGER, "by_condition"),
        (LimitKey("handle", "", "danger"), DANGER, "by_condition"),
        (LimitKey("handle", "lamp"), ANY, "by_name"),
        (LimitKey("handle"), ANY, "by_name"),
        (LimitKey("accept", "cover", "gone"), None, "no_limit"),
    ],
)
def test_find_when_asked_then_is_the_nearest_with_its_reason(
    key: LimitKey, found: CaseLimit | None, code: str
) -> None:
    choice = profile("a", COVER_GONE, COVER, DANGER, ANY).find(key)

    assert choice.found == found
    said = {"name": key.name, "kind": key.kind, "condition": key.condition}
    assert choice.reason == Reason(code, {"profile": "a", **said})
    assert code in PHRASES.codes


def test_reasons_when_said_then_name_the_profile() -> None:
    choice = profile("a", COVER).find(LimitKey("handle", "cover"))
    assert PHRASES.say(choice.reason) == Text("a：按类别 cover", "a: by kind cover")


def case(key: LimitKey, *events: ClockEvent) -> MeasuredCase:
    started = ClockStarted(at=local("2026-11-24 09:00"), limit=TimeLimit(5, "working_day"))
    return MeasuredCase(key, (started, *events))


def test_compare_when_there_are_cases_then_says_how_many_would_have_been_late() -> None:
    gone, rattling = LimitKey("handle", "cover", "gone"), LimitKey("handle", "cover", "rattling")
    strict = CaseLimit("handle", 2, "working_hour", "s", "cover", "rattling")
    cases = [
        case(gone, ClockStopped(at=local("2026-11-24 10:30"))),
        case(gone, ClockStopped(at=local("2026-11-24 15:00"))),
        case(rattling, ClockStopped(at=local("2026-11-24 15:00"))),
        # Two hours of pause; an extension that would not have been needed is left out.
        case(
            rattling,
            ClockPaused(at=local("2026-11-24 09:30")),
            ClockResumed(at=local("2026-11-24 11:30")),
            LimitExtended(at=local("2026-11-24 11:40"), by=TimeLimit(5, "working_day")),
            ClockStopped(at=local("2026-11-24 14:40")),
        ),
    ]

    found = compare(
        profile("a", COVER_GONE, COVER),
        profile("b", strict, ANY),
        cases,
        late_by(wuhai(), local("2026-11-30 09:00")),
    )

    assert found == (
        LimitEffect(gone, COVER_GONE, ANY, cases=2, late_before=1, late_after=0),
        LimitEffect(LimitKey("handle", "cover"), COVER, ANY),
        LimitEffect(rattling, COVER, strict, cases=2, late_before=0, late_after=1),
        LimitEffect(LimitKey("handle"), None, ANY),
    )
    assert [one.changes for one in found] == [True, True, True, True]


def test_compare_when_nothing_is_measured_then_says_what_changes() -> None:
    same = CaseLimit("handle", 2, "working_day", "another source", "cover")
    (found,) = compare(profile("a", COVER), profile("b", same))
    assert (found.cases, found.changes) == (0, False)
