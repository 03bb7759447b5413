"""Recorded cases through another version of their workflow: who could not go on, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from citybrain.cases import step_lines
from citybrain.cases.definition import ActionEntry, WorkflowDefinition
from citybrain.cases.records import CaseStep
from citybrain.cases.version_compare import ReplayedCase, compare, told
from citybrain.floor.errors import ConfigError
from citybrain.floor.reason import Reason
from tests.citybrain.cases.sample import (
    CLERK,
    DISPATCHER,
    PARKS,
    SANITATION,
    SUPERVISOR,
    CaseDesk,
    wuhai,
)

NOW = wuhai().definitions["city_management"]


def recorded() -> list[CaseStep]:
    """A closed case, one that is handled, one that was redone thrice, a duplicate, a split."""
    desk = CaseDesk()
    desk.closed()
    two = desk.handled()
    desk.do(DISPATCHER, "merge", desk.open(), into=two.id, comment="x")
    desk.do(DISPATCHER, "split", two, title="x", comment="x")
    case = desk.handled()
    due = (desk.now + timedelta(days=1)).isoformat()
    case = desk.do(SANITATION, "join", case, unit="parks", due_at=due, comment="x")
    case = desk.do(PARKS, "finish_part", case, comment="x")
    for _ in range(3):
        case = desk.do(SANITATION, "resolve", case, comment="x")
        case = desk.do(CLERK, "redo", case, comment="x")
    desk.do(SUPERVISOR, "end_supervision", case, comment="x")
    return desk.steps


def changed(stage: str, **given: Any) -> WorkflowDefinition:
    stages = {**NOW.stages, stage: replace(NOW.stages[stage], **given)}
    return replace(NOW, version=2, stages=stages)


def without(stage: str, action: str) -> WorkflowDefinition:
    actions = {name: one for name, one in NOW.stages[stage].actions.items() if name != action}
    return changed(stage, actions=actions)


def test_compare_when_nothing_changed_then_every_case_comes_out_where_it_was() -> None:
    found = compare(replace(NOW, version=2), recorded(), wuhai().units)
    assert [(case.number[-1], case.was, case.is_) for case in found] == [
        ("1", "closed", "closed"),
        ("2", "handling", "handling"),
        ("3", "reporting", "reporting"),
        ("4", "reporting", "reporting"),
        ("5", "handling", "handling"),
    ]
    assert list(told(found)) == []


def test_compare_when_an_action_is_gone_then_names_each_case_that_could_not_go_on() -> None:
    found = compare(without("feedback", "redo"), recorded(), wuhai().units)
    (one,) = told(found)
    assert one == ReplayedCase(
        number="WH-20260302-000005",
        case=one.case,
        was="handling",
        is_="feedback",
        refusal=Reason("no_action", {"action": "redo"}),
        step=8,
        what="sent_back",
        by="cao",
    )


def test_compare_when_another_role_does_it_then_says_so() -> None:
    actions = {**NOW.stages["feedback"].actions}
    actions["revisit"] = replace(actions["revisit"], who=("clerk",))
    (one,) = told(compare(changed("feedback", actions=actions), recorded(), wuhai().units))
    assert one.refusal == Reason("not_your_role_here", {"role": "clerk"})
    assert (one.number, one.step, one.by) == ("WH-20260302-000001", 6, "ge")


def test_compare_when_a_detail_is_needed_then_says_so() -> None:
    actions = {
        **NOW.stages["filing"].actions,
        "file": replace(NOW.stages["filing"].actions["file"], needs=("comment",)),
    }
    found = compare(changed("filing", actions=actions), recorded(), wuhai().units)
    assert {case.number[-1] for case in told(found)} == {"1", "2", "5"}
    assert [case.refusal for case in told(found)] == [Reason("missing", {"name": "comment"})] * 3


def test_compare_when_it_leads_elsewhere_then_says_where_it_comes_out() -> None:
    actions = {**NOW.stages["reporting"].actions, "accept": ActionEntry(to="dispatching")}
    shorter = changed("reporting", actions=actions)
    found = list(told(compare(shorter, recorded(), wuhai().units)))
    assert {case.refusal.code for case in found if case.refusal} == {"case_state_by"}
    actions = {
        **NOW.stages["feedback"].actions,
        "revisit": replace(NOW.stages["feedback"].actions["revisit"], to="rejected"),
    }
    (one,) = told(compare(changed("feedback", actions=actions), recorded(), wuhai().units))
    assert (one.was, one.is_, one.refusal) == ("closed", "rejected", None)


def test_compare_when_a_stage_has_another_name_then_it_is_said_so() -> None:
    stages = {
        "receiving" if name == "reporting" else name: stage for name, stage in NOW.stages.items()
    }
    renamed = replace(NOW, version=2, stages=stages, start="receiving")
    found = list(told(compare(renamed, recorded(), wuhai().units)))
    assert [case.refusal for case in found] == [Reason("no_such_stage", {"stage": "reporting"})] * 5
    known = replace(renamed, renamed={"reporting": "receiving"})
    assert list(told(compare(known, recorded(), wuhai().units))) == []


def test_compare_when_the_first_step_is_missing_then_says_so() -> None:
    steps = [step for step in recorded() if step.version > 1]
    found = compare(NOW, steps, wuhai().units)
    assert [case.refusal for case in found] == [Reason("history_cut")] * 4


def test_compare_when_cases_are_of_another_workflow_then_they_are_left_out() -> None:
    assert compare(wuhai().definitions["leads"], recorded(), wuhai().units) == []


def test_read_when_lines_are_steps_then_they_are_what_was_written(tmp_path: Path) -> None:
    steps = recorded()
    path = tmp_path / "steps.jsonl"
    path.write_bytes(b"\n".join([*(msgspec.json.encode(step) for step in steps), b"", b""]))
    assert step_lines.read(path) == steps


def test_read_when_lines_are_none_then_says_each(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    path.write_text('{"type": "step"}\nx\n')
    with pytest.raises(ConfigError) as caught:
        step_lines.read(path)
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "steps.jsonl:1: step: Object missing required field `case`; "
        "give a step as city.cases holds it\n"
        "steps.jsonl:2: step: JSON is malformed: invalid character (byte 0); "
        "give a step as city.cases holds it"
    )


def test_read_when_there_is_no_file_then_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="file: cannot be read: No such file"):
        step_lines.read(tmp_path / "none.jsonl")
