"""Merge and split, and the way back after both went on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from citybrain.cases.action_kind import CaseContext
from citybrain.cases.case_words import citizen_answer, citizen_words
from citybrain.cases.linking import followed, followers, split_id
from citybrain.cases.records import Case
from citybrain.floor.text import Text
from tests.citybrain.cases.sample import (
    CLERK,
    DISPATCHER,
    GRID,
    SANITATION,
    SUPERVISOR,
    CaseDesk,
    actor,
)

ELSEWHERE = actor("dx", "dispatcher", "hotline")
HOTLINE = actor("hc", "clerk", "hotline")


@pytest.fixture
def desk() -> CaseDesk:
    return CaseDesk()


def merged(desk: CaseDesk, child: Case, parent: Case) -> Case:
    return desk.do(DISPATCHER, "merge", child, into=parent.id, comment="同一处")


def words(desk: CaseDesk, case: Case) -> str:
    setup = desk.engine.setup
    found = citizen_words(
        desk.cases[case.id],
        desk.cases,
        lambda one: setup.definition(one.workflow, one.workflow_version),
    )
    assert isinstance(found, Text)
    return found.zh


def test_merge_when_done_then_linked_and_nothing_is_copied(desk: CaseDesk) -> None:
    parent, child = desk.handled(alerts=("a1",)), desk.open(text="也是这里", alerts=("a2",))
    child = merged(desk, child, parent)
    parent = desk.cases[parent.id]
    assert (child.state, child.stage, child.merged_into) == ("merged", "reporting", parent.id)
    assert (parent.children, parent.alerts, child.alerts) == ((child.id,), ("a1",), ("a2",))
    assert [(step.what, step.after.number) for step in desk.steps[-2:]] == [
        ("merged", child.number),
        ("gathered", parent.number),
    ]
    assert desk.steps[-1].details["case"] == child.id
    assert (child.clock[-1].what, child.clock[-1].reason) == ("paused", "merged")
    assert parent.touched < parent.version
    said = "the case is in merged into another case (merged by du)"
    assert desk.refusal(CLERK, "accept", child) == said


def test_duplicate_when_its_parent_goes_on_then_it_follows_in_words_and_answer(
    desk: CaseDesk,
) -> None:
    parent, child = desk.handled(), desk.open()
    assert words(desk, child) == "已收到，正在受理"
    merged(desk, child, parent)
    assert words(desk, child) == "责任单位正在处置"
    desk.do(SANITATION, "resolve", desk.cases[parent.id], comment="清理完毕")
    assert words(desk, child) == "已处置，正在核查"
    desk.do(GRID, "revisit", desk.cases[parent.id], result="satisfied")
    assert words(desk, child) == "已办结"
    assert followed(desk.cases[child.id], desk.cases).id == parent.id
    assert followers(desk.cases[parent.id], desk.cases) == [desk.cases[child.id]]


def test_duplicate_when_its_parent_is_answered_then_that_is_its_answer(desk: CaseDesk) -> None:
    parent = desk.open(HOTLINE, kind="hotline_consultation", source="hotline")
    child = desk.open(HOTLINE, kind="hotline_consultation", source="hotline")
    desk.do(ELSEWHERE, "merge", child, into=parent.id, comment="x")
    desk.do(HOTLINE, "answer", desk.cases[parent.id], comment="周一至周五")
    assert citizen_answer(desk.cases[child.id], desk.cases) == "周一至周五"


def test_undo_merge_when_both_went_on_then_the_child_stands_where_it_stood(desk: CaseDesk) -> None:
    parent, child = desk.handled(), desk.handled()
    before = child
    child = merged(desk, child, parent)
    desk.do(CLERK, "comment", child, comment="又有人反映")
    desk.do(SANITATION, "resolve", desk.cases[parent.id], comment="清理完毕")
    desk.do(GRID, "revisit", desk.cases[parent.id], result="satisfied")

    assert desk.refusal(DISPATCHER, "undo_merge", desk.cases[child.id]) == "give a few words"
    child = desk.do(DISPATCHER, "undo_merge", desk.cases[child.id], comment="不是同一处")
    assert (child.state, child.stage, child.unit) == ("handling", "handling", "sanitation")
    assert (child.legs, child.merged_into) == (before.legs, "")
    assert (child.clock[-1].what, child.clock[-1].reason) == ("resumed", "merged")
    parent = desk.cases[parent.id]
    assert (parent.children, parent.state) == ((), "closed")
    assert [step.what for step in desk.steps[-2:]] == ["unmerged", "ungathered"]
    assert words(desk, child) == "责任单位正在处置"
    assert desk.do(SANITATION, "resolve", child, comment="x").stage == "feedback"


def test_undo_merge_when_it_was_suspended_then_it_is_still(desk: CaseDesk) -> None:
    parent = desk.open()
    child = desk.do(SUPERVISOR, "suspend", desk.handled(), comment="等待雨停")
    child = merged(desk, child, parent)
    assert child.state == "merged"
    child = desk.do(DISPATCHER, "undo_merge", child, comment="x")
    assert child.state == "suspended"
    assert [(fact.what, fact.reason) for fact in child.clock[-4:]] == [
        ("resumed", "suspended"),
        ("paused", "merged"),
        ("resumed", "merged"),
        ("paused", "suspended"),
    ]


def test_undo_merge_when_it_follows_nobody_then_says_so(desk: CaseDesk) -> None:
    said = "the case is in Reported (opened by cao)"
    assert desk.refusal(DISPATCHER, "undo_merge", desk.open(), comment="x") == said


def test_merge_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    one, two, done = desk.open(), desk.open(), desk.closed()

    def refusal(child: Case, into: str) -> str:
        return desk.refusal(DISPATCHER, "merge", child, into=into, comment="x")

    assert desk.refusal(DISPATCHER, "merge", one, comment="x") == "give a case to merge into"
    assert desk.refusal(CLERK, "merge", one, into=two.id, comment="x") == (
        "your role may not do this"
    )
    assert refusal(one, "x") == "there is no such case: x"
    assert refusal(one, one.id) == "a case does not follow itself"
    assert refusal(one, done.id) == f"{done.number} is closed"
    assert refusal(done, one.id) == "the case is in Closed (checked on the spot by ge)"
    one = merged(desk, one, two)
    assert refusal(desk.cases[two.id], one.id) == f"{one.number} follows this case already"


def test_merge_when_the_other_follows_a_third_then_all_follow_that_one(desk: CaseDesk) -> None:
    third, second, first = desk.handled(), desk.open(), desk.open()
    merged(desk, second, third)
    first = merged(desk, first, desk.cases[second.id])
    assert first.merged_into == second.id
    assert followed(first, desk.cases).id == third.id
    assert words(desk, first) == "责任单位正在处置"
    assert [one.id for one in followers(desk.cases[third.id], desk.cases)] == [second.id, first.id]
    desk.do(SANITATION, "resolve", desk.cases[third.id], comment="x")
    desk.do(GRID, "revisit", desk.cases[third.id], result="satisfied")
    said = f"{second.number} is closed"
    fourth = desk.open()
    assert desk.refusal(DISPATCHER, "merge", fourth, into=second.id, comment="x") == said


def test_merge_when_the_other_is_out_of_scope_then_says_so(desk: CaseDesk) -> None:
    one = desk.open(HOTLINE, kind="hotline_complaint")
    two = desk.open()
    said = f"{two.number} is outside what you act for"
    assert desk.refusal(ELSEWHERE, "merge", one, into=two.id, comment="x") == said


@pytest.mark.parametrize(
    ("parent", "child", "allowed"),
    [
        ("live", "simulated", True),
        ("simulated", "simulated", True),
        ("simulated", "live", False),
        ("exercise", "live", False),
    ],
)
def test_merge_when_the_parent_is_less_real_then_refused(
    desk: CaseDesk, parent: str, child: str, allowed: bool
) -> None:
    one, two = desk.open(origin=parent), desk.open(origin=child)
    if allowed:
        assert merged(desk, two, one).state == "merged"
        return
    said = "a case that is simulated, replayed or an exercise gathers nothing that is more real"
    assert desk.refusal(DISPATCHER, "merge", two, into=one.id, comment="x") == said


def test_merge_when_of_another_run_of_a_drill_then_refused(desk: CaseDesk) -> None:
    one = desk.open(origin="exercise", drill="0302_1")
    two = desk.open(origin="exercise", drill="0302_2")
    assert desk.refusal(DISPATCHER, "merge", two, into=one.id, comment="x").startswith("a case")


def split(desk: CaseDesk, case: Case, **given: str) -> Case:
    desk.do(DISPATCHER, "split", case, title="另一处路面破损", comment="两件事", **given)
    return desk.cases[desk.cases[case.id].split_into[-1]]


def test_split_when_done_then_a_case_of_its_own_and_the_first_stays(desk: CaseDesk) -> None:
    case = desk.handled(alerts=("a1", "a2"), area="150302003", severity=3)
    new = split(desk, case, kind="road_damage", alerts="a2", text="破损一米")
    case = desk.cases[case.id]
    assert (case.stage, case.alerts, case.split_into) == ("handling", ("a1", "a2"), (new.id,))
    assert (new.state, new.split_from, new.version) == ("reporting", case.id, 1)
    assert (new.kind, new.alerts, new.area, new.severity) == (
        *("road_damage", ("a2",)),
        *("150302003", 3),
    )
    assert [step.what for step in desk.steps[-2:]] == ["split", "opened"]
    assert new.id == split_id(desk.steps[-2].details["command"])
    assert new.number == "WH-20260302-000002"


def test_split_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    case = desk.handled(alerts=("a1",))

    def refusal(**given: str) -> str:
        return desk.refusal(DISPATCHER, "split", case, **{"comment": "x", "title": "x", **given})

    assert refusal(title="") == "give a title"
    assert refusal(alerts="a9") == "what is split off is not its own: a9"
    assert refusal(events="e1") == "what is split off is not its own: e1"
    assert refusal(kind="nonsense") == "there is no kind 'nonsense'"
    assert refusal(title="x" * 201) == "a title has 1 to 200 characters"
    assert desk.refusal(CLERK, "split", case, title="x", comment="x") == (
        "your role may not do this"
    )


def test_undo_split_when_both_went_on_then_the_part_follows_what_it_came_from(
    desk: CaseDesk,
) -> None:
    case = desk.handled()
    new = split(desk, case)
    new = desk.do(CLERK, "accept", new)
    case = desk.do(SANITATION, "resolve", desk.cases[case.id], comment="x")
    other = merged(desk, desk.open(), new)

    assert desk.refusal(DISPATCHER, "undo_split", desk.cases[new.id]) == "give a few words"
    new = desk.do(DISPATCHER, "undo_split", desk.cases[new.id], comment="其实是一件事")
    assert (new.state, new.stage, new.merged_into) == ("merged", "filing", case.id)
    assert [step.what for step in desk.steps[-2:]] == ["unsplit", "part_rejoined"]
    assert words(desk, new) == "已处置，正在核查"
    assert words(desk, other) == "已处置，正在核查"
    assert followers(desk.cases[case.id], desk.cases) == [
        desk.cases[new.id],
        desk.cases[other.id],
    ]
    new = desk.do(DISPATCHER, "undo_merge", new, comment="还是两件事")
    assert (new.state, new.merged_into) == ("filing", "")
    assert [step.what for step in desk.steps[-2:]] == ["unmerged", "part_split"]
    assert followers(desk.cases[case.id], desk.cases) == []


def test_undo_split_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    case = desk.open()
    said = "it was not split from another case"
    assert desk.refusal(DISPATCHER, "undo_split", case, comment="x") == said
    new = split(desk, case)
    merged(desk, desk.cases[case.id], new)
    said = f"{case.number} follows this case already"
    assert desk.refusal(DISPATCHER, "undo_split", new, comment="x") == said
    del desk.cases[case.id]
    said = f"there is no such case: {case.id}"
    assert desk.refusal(DISPATCHER, "undo_split", new, comment="x") == said


def test_split_when_nobody_gives_a_number_then_says_so(desk: CaseDesk) -> None:
    case = desk.handled()
    command = desk.command(DISPATCHER, "split", case.id, title="x", comment="x")
    decision = desk.engine.decide(command, CaseContext(desk.now, desk.cases), "test")
    assert decision.refusal is not None
    assert desk.said(case, decision.refusal) == "there is no number for a new case"


def test_undo_split_when_what_it_came_from_is_out_of_scope_then_says_so(desk: CaseDesk) -> None:
    new = split(desk, desk.handled())
    elsewhere = actor("x", "dispatcher", areas=("150303",))
    desk.cases[new.id] = replace(new, area="150303")
    said = "outside the departments or areas that you act for"
    assert desk.refusal(elsewhere, "undo_split", desk.cases[new.id], comment="x") == said


def test_undo_merge_when_the_parent_is_not_known_any_more_then_the_child_stands_alone(
    desk: CaseDesk,
) -> None:
    parent = desk.open()
    child = merged(desk, desk.open(), parent)
    del desk.cases[parent.id]
    child = desk.do(DISPATCHER, "undo_merge", child, comment="x")
    assert (child.state, desk.steps[-1].what) == ("reporting", "unmerged")
