"""Giving alerts to people, and closing them: who may, what must be said, who has to agree."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from citybrain.alerts.handling import RESULTS, HandlingPolicy, check_handling
from citybrain.alerts.records import Alert, AlertChange, Assignment
from citybrain.alerts.workflow import ALERTS, PHRASES, workflow_of
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor
from tests.citybrain.alerts.sample import COMMANDER, OFFICER, at, command, said
from tests.citybrain.alerts.test_lifecycle import firing

OTHER = Actor(user="duty_2", role="officer")
TWO = workflow_of(HandlingPolicy(second_person=("red",)))
EXPLAINED = {"result": "handled", "comment": "阀门已关"}


def of_level(level: str, peak: str = "", **given: Any) -> Alert:
    alert = firing(**given)
    return msgspec.structs.replace(
        alert, episode=msgspec.structs.replace(alert.episode, level=level, peak=peak or level)
    )


def after(flow: Any, alert: Alert, action: str, actor: Actor = OFFICER, **details: str) -> Alert:
    one = command(action, actor=actor, details=details, expected=alert.version)
    assert flow.refusal(alert, one) is None
    found: Alert = flow.commanded(alert, one, "test").after
    return found


def refused(flow: Any, alert: Alert, action: str, actor: Actor = OFFICER, **details: str) -> str:
    return said(flow.refusal(alert, command(action, actor=actor, details=details)))


def test_assign_when_to_another_then_an_answer_is_asked_for_in_time() -> None:
    given = after(ALERTS, firing(), "assign", assignee="duty_2")
    assert given.owner == "duty_2"
    assert given.assignment == Assignment(by="duty_1", at=at(1), until=at(16))
    assert given.state == "firing"


def test_assign_when_to_oneself_then_nobody_has_to_answer() -> None:
    assert after(ALERTS, firing(), "assign", assignee="duty_1").assignment is None


def test_assign_when_the_city_has_another_time_then_that() -> None:
    flow = workflow_of(HandlingPolicy(answer_within=timedelta(minutes=5)))
    given = after(flow, firing(), "assign", assignee="duty_2").assignment
    assert given is not None
    assert given.until == at(6)


@pytest.mark.parametrize("action", ["accept_assignment", "decline_assignment"])
def test_answer_when_not_by_who_was_asked_then_refused(action: str) -> None:
    given = after(ALERTS, firing(), "assign", assignee="duty_2")
    for actor in (OFFICER, COMMANDER):
        assert "没有等您答复的指派" in refused(ALERTS, given, action, actor, comment="x")
    assert "没有等您答复的指派" in refused(ALERTS, firing(), action, OTHER, comment="x")


@pytest.mark.parametrize("action", ["accept_assignment", "acknowledge"])
def test_accepted_when_by_either_way_then_it_is_acknowledged(action: str) -> None:
    taken = after(ALERTS, after(ALERTS, firing(), "assign", assignee="duty_2"), action, OTHER)
    assert (taken.state, taken.owner, taken.assignment) == ("acknowledged", "duty_2", None)


def test_declined_when_nobody_had_acknowledged_then_it_escalates_on_where_it_was() -> None:
    given = after(ALERTS, firing(escalation=2, notified_at=at(0)), "assign", assignee="duty_2")
    back = after(ALERTS, given, "decline_assignment", OTHER, comment="不在岗")
    assert (back.state, back.owner, back.assignment) == ("firing", "", None)
    assert (back.escalation, back.notified_at) == (2, at(0))


def test_declined_when_it_had_been_acknowledged_then_it_waits_again() -> None:
    held = after(ALERTS, firing(notified_at=at(0)), "acknowledge")
    given = after(ALERTS, held, "assign", assignee="duty_2")
    back = after(ALERTS, given, "decline_assignment", OTHER, comment="不在岗")
    assert (back.state, back.owner, back.acknowledged_until) == ("firing", "", None)
    assert back.notified_at == at(1)


def test_declined_when_no_word_is_said_then_refused_in_words() -> None:
    given = after(ALERTS, firing(), "assign", assignee="duty_2")
    told = refused(ALERTS, given, "decline_assignment", OTHER)
    assert told == "缺少说明 / give a few words"


@pytest.mark.parametrize(("level", "peak"), [("red", "red"), ("orange", "orange"), ("blue", "red")])
def test_resolve_when_it_was_serious_then_result_and_words_are_needed(
    level: str, peak: str
) -> None:
    alert = of_level(level, peak)
    assert "处置结果" in refused(ALERTS, alert, "resolve", comment="好了")
    assert "说明" in refused(ALERTS, alert, "resolve", result="handled")
    assert "说明" in refused(ALERTS, alert, "resolve", result="handled", comment="  ")
    assert "没有处置结果" in refused(ALERTS, alert, "resolve", result="gone", comment="好了")
    closed = after(ALERTS, alert, "resolve", **EXPLAINED)
    assert (closed.state, closed.result, closed.comment) == ("resolved", "handled", "阀门已关")


@pytest.mark.parametrize("level", ["blue", "yellow"])
def test_resolve_when_it_was_not_serious_then_a_click_is_enough(level: str) -> None:
    assert after(ALERTS, of_level(level), "resolve").state == "resolved"


def test_resolve_when_two_people_are_needed_then_one_alone_cannot() -> None:
    alert = of_level("red")
    assert "第二人" in refused(TWO, alert, "resolve", COMMANDER, **EXPLAINED)
    asked = after(TWO, alert, "ask_closing", **EXPLAINED)
    assert (asked.state, asked.closing is None) == ("firing", False)
    assert "须由另一人" in refused(TWO, asked, "approve_closing", OFFICER)
    assert "已申请" in refused(TWO, asked, "ask_closing", COMMANDER, **EXPLAINED)
    closed = after(TWO, asked, "approve_closing", OTHER)
    assert (closed.state, closed.result, closed.comment) == ("resolved", "handled", "阀门已关")
    assert (closed.owner, closed.closing) == ("duty_1", None)


def test_closing_when_declined_then_it_stays_open_and_can_be_asked_for_again() -> None:
    asked = after(TWO, of_level("red"), "ask_closing", **EXPLAINED)
    back = after(TWO, asked, "decline_closing", OTHER, comment="现场未核实")
    assert (back.state, back.closing) == ("firing", None)
    assert after(TWO, back, "ask_closing", **EXPLAINED).closing is not None


def test_closing_when_one_person_may_or_nobody_asked_then_refused() -> None:
    assert "直接办结" in refused(TWO, of_level("yellow"), "ask_closing", **EXPLAINED)
    assert "没有人申请" in refused(TWO, of_level("red"), "approve_closing", OTHER)


@pytest.mark.parametrize(
    ("action", "level"), list(itertools.product(ALERTS.actions, ["blue", "red"]))
)
def test_action_when_it_is_refused_under_any_policy_then_it_has_words(
    action: str, level: str
) -> None:
    for flow, actor in itertools.product((ALERTS, TWO), (OFFICER, OTHER)):
        one = command(action, actor=actor)
        reason = flow.refusal(of_level(level), one)
        if reason is not None:
            assert reason.code in PHRASES.codes
            words = PHRASES.say(reason)
            assert not {"_", "{", "?"} & set(words.zh + words.en)


def test_alert_when_of_the_version_before_then_it_has_neither_assignment_nor_closing() -> None:
    raw = msgspec.json.decode(msgspec.json.encode(firing()))
    for name in ("assignment", "closing", "result"):
        del raw[name]
    old = msgspec.json.decode(msgspec.json.encode(raw), type=Alert)
    assert (old.assignment, old.closing, old.result) == (None, None, "")


def test_step_when_closed_by_people_then_it_reads_as_resolved() -> None:
    asked = after(TWO, of_level("red"), "ask_closing", **EXPLAINED)
    step: AlertChange = TWO.commanded(asked, command("approve_closing", actor=OTHER), "test")
    assert (step.what, step.after.state, step.by) == ("resolved", "resolved", "duty_2")


def test_policy_when_faulty_then_each_fault_is_named() -> None:
    policy = HandlingPolicy(
        answer_within=timedelta(seconds=1),
        explained=("purple",),
        second_person=("Red",),
        results={"So-So": Text("一般", "so so")},
    )
    found = [fault.item for fault in check_handling(policy)]
    assert found == ["answer_within", "explained[0]", "second_person[0]", "results.So-So"]
    assert not list(check_handling(HandlingPolicy()))
    assert [one.item for one in check_handling(HandlingPolicy(results={}))] == ["results"]


def test_result_when_the_city_has_it_no_longer_then_it_is_said_all_the_same() -> None:
    policy = HandlingPolicy(results={"done": Text("完成", "done")})
    assert policy.result_title("handled") == RESULTS["handled"]
    assert policy.result_title("other").zh == "other"
