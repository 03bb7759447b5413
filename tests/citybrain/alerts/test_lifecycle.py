"""The life of an alert: what the engine tells and what people do."""

from __future__ import annotations

from typing import Any

import pytest

from citybrain.alerts import lifecycle
from citybrain.alerts.records import Alert
from citybrain.alerts.workflow import ALERTS
from citybrain.workflow.commands import Actor
from citybrain.workflow.scope import Scope
from citybrain.workflow.steps import fold
from tests.citybrain.alerts.sample import COMMANDER, NOON, VIEWER, at, command, episode, said

NO_ROLE = "您的角色不能这样做 / your role may not do this"
UNKNOWN = "没有这个告警 / there is no such alert"


def life(*told: Any) -> list[tuple[str, str, int]]:
    """Return (what, state, version) of each step that the tellings make."""
    alert: Alert | None = None
    steps = []
    for minute, one in enumerate(told):
        for change in lifecycle.told(alert, one, at(minute), f"city.episodes/0/{minute}"):
            alert = change.after
            steps.append((change.what, alert.state, alert.version))
    return steps


def firing(**fields: Any) -> Alert:
    alert = lifecycle.told(None, episode(), NOON, "city.episodes/0/0")[0].after
    return (
        ALERTS.step(alert, "x", NOON, by="test", cause="test", **fields).after if fields else alert
    )


@pytest.mark.parametrize(
    ("told", "steps"),
    [
        pytest.param([episode()], [("fired", "firing", 1)], id="fires"),
        pytest.param(
            [episode(state="pending"), episode()],
            [("pending", "pending", 1), ("fired", "firing", 2)],
            id="pending-first",
        ),
        pytest.param([episode(), episode()], [("fired", "firing", 1)], id="told-twice"),
        pytest.param(
            [episode(), episode(level="red"), episode(level="blue", peak="red")],
            [("fired", "firing", 1), ("raised", "firing", 2), ("lowered", "firing", 3)],
            id="level-moves",
        ),
        pytest.param(
            [episode(), episode(state="ended"), episode(state="ended")],
            [("fired", "firing", 1), ("ended", "ended", 2)],
            id="ends-once",
        ),
        pytest.param(
            [episode(state="ended")],
            [("fired", "firing", 1), ("ended", "ended", 2)],
            id="came-and-went-unseen",
        ),
        pytest.param(
            [episode(), episode(state="revised"), episode()],
            [("fired", "firing", 1), ("revised", "revised", 2), ("reopened", "firing", 3)],
            id="revised-and-back",
        ),
        pytest.param([episode(state="revised")], [], id="revised-unseen"),
        pytest.param(
            [episode(), episode(state="pending")],
            [("fired", "firing", 1), ("revised", "revised", 2)],
            id="not-for-long-enough-after-all",
        ),
    ],
)
def test_told_when_the_engine_tells_then_the_alert_steps(told: Any, steps: Any) -> None:
    assert life(*told) == steps


def test_told_when_the_level_rises_then_it_has_to_be_acknowledged_anew() -> None:
    held = ALERTS.commanded(firing(), command("acknowledge"), "c").after

    raised = lifecycle.told(held, episode(level="red"), at(2), "e")[0].after

    assert (held.state, held.owner) == ("acknowledged", "duty_1")
    assert (raised.state, raised.acknowledged_at, raised.owner) == ("firing", None, "duty_1")


def test_told_when_resolved_by_a_person_then_only_a_higher_level_reopens_it() -> None:
    done = ALERTS.commanded(firing(), command("resolve"), "c").after

    assert lifecycle.told(done, episode(), at(2), "e") == []
    assert lifecycle.told(done, episode(level="red"), at(3), "e")[0].what == "reopened"


@pytest.mark.parametrize("state", ["firing", "acknowledged"])
def test_told_when_it_is_unknown_whether_it_still_holds_then_it_stays_open_and_says_so(
    state: str,
) -> None:
    alert = firing(state=state)
    unknown = episode(last_read_at=NOON, told_at=at(9))

    (change,) = lifecycle.told(alert, unknown, at(9), "city.episodes/0/1")

    assert (change.what, change.after.state) == ("corrected", state)
    assert change.after.episode.last_read_at == NOON
    assert lifecycle.told(change.after, unknown, at(9), "city.episodes/0/1") == []


def test_acknowledge_when_no_end_is_given_then_it_holds_for_an_hour() -> None:
    after = ALERTS.commanded(firing(), command("acknowledge"), "c").after

    assert after.acknowledged_until == at(61)
    assert lifecycle.expired(after, at(61)).after.state == "firing"


def test_fold_when_a_version_comes_twice_then_the_first_counts() -> None:
    first = lifecycle.told(None, episode(), NOON, "e")[0]
    one = ALERTS.commanded(first.after, command("acknowledge"), "c")
    other = ALERTS.commanded(first.after, command("resolve"), "c")

    assert fold([first, one, other, first])["a1"].state == "acknowledged"


@pytest.mark.parametrize(
    ("asked", "alert", "reason"),
    [
        pytest.param(command("acknowledge"), firing(), "", id="accepted"),
        pytest.param(
            command("acknowledge", actor=VIEWER),
            firing(),
            "您的角色不能这样做 / your role may not do this",
            id="role",
        ),
        pytest.param(command("acknowledge"), None, UNKNOWN, id="unknown"),
        pytest.param(
            command("acknowledge", actor=Actor(user="u", role="officer", areas=("150304",))),
            firing(),
            "不在您负责的部门或区域内 / outside the departments or areas that you act for",
            id="area",
        ),
        pytest.param(
            command("resolve"),
            firing(state="resolved"),
            "告警已办结，test 操作 / the alert is resolved (x by test)",
            id="state",
        ),
        pytest.param(
            command("comment", details={"comment": " "}),
            firing(),
            "缺少说明 / give a few words",
            id="no-comment",
        ),
        pytest.param(
            command("acknowledge", details={"expires_at": "soon"}),
            firing(),
            "'soon' 不是时间 / 'soon' is no time",
            id="no-time",
        ),
        pytest.param(
            command("acknowledge", expected=1),
            firing(owner="duty_2"),
            "您看到的是第 1 版，之后 test 已改动（x），告警待受理（第 2 版） / "
            "you saw version 1; since then test changed it (x), and it is firing (version 2)",
            id="seen-an-older-one",
        ),
    ],
)
def test_refusal_when_a_command_is_asked_then_it_says_why(
    asked: Any, alert: Any, reason: str
) -> None:
    assert said(ALERTS.refusal(alert, asked)) == reason


def test_refusal_when_only_the_desk_stepped_since_then_there_is_none() -> None:
    alert = firing()
    quiet = ALERTS.step(alert, "notified", NOON, by="desk", cause="clock").after

    assert said(ALERTS.refusal(quiet, command("acknowledge", expected=1))) == ""
    assert (quiet.version, quiet.touched) == (2, 1)


def test_within_when_the_department_is_another_then_it_is_not_theirs() -> None:
    actor = Actor(user="u", role="officer", departments=("gas",))

    assert not Scope.of(actor).covers(firing())
    assert Scope.of(COMMANDER).covers(firing())
