"""Only buttons that would be accepted can be pressed."""

from __future__ import annotations

import pytest

from dashboards.desk.rights import actions_of, verdicts
from tests.citybrain.alerts.sample import OFFICER, VIEWER, said
from tests.dashboards.making import Make


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("viewer", set(), {"acknowledge", "comment"}),
        ("rule_author", {"comment"}, {"acknowledge"}),
        ("officer", {"acknowledge", "silence", "expire_silence"}, {"approve_silence"}),
        ("commander", {"acknowledge", "approve_silence"}, {"manage"}),
        ("nobody", set(), {"comment"}),
    ],
)
def test_actions_when_asked_then_what_the_role_may(
    role: str, may: set[str], may_not: set[str]
) -> None:
    assert may <= actions_of(role)
    assert not may_not & actions_of(role)


def test_verdicts_when_an_alert_is_firing_then_it_cannot_be_reopened(make: Make) -> None:
    told = verdicts(make("a1"), OFFICER)
    assert (told["acknowledge"], told["comment"]) == (None, None)
    assert said(told["reopen"]) == "告警待受理 / the alert is firing"


def test_verdicts_when_it_was_resolved_then_it_can_be_reopened_alone(make: Make) -> None:
    told = verdicts(make("a1", state="resolved"), OFFICER)
    assert (told["reopen"], told["comment"]) == (None, None)
    assert said(told["resolve"]) == "告警已办结 / the alert is resolved"


def test_verdicts_when_the_role_may_not_then_it_says_so(make: Make) -> None:
    told = verdicts(make("a1"), VIEWER)
    assert {said(one) for one in told.values()} == {
        "您的角色不能这样做 / your role may not do this"
    }
