"""Who has a case: each way to hand it over, accepted and refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.citybrain.cases.sample import (
    CENTRE,
    CLERK,
    DISPATCHER,
    GRID,
    NOON,
    PARKS,
    SANITATION,
    CaseDesk,
    Due,
    actor,
)


@pytest.fixture
def desk() -> CaseDesk:
    return CaseDesk()


def test_accept_when_it_stays_then_who_did_it_has_it(desk: CaseDesk) -> None:
    case = desk.do(SANITATION, "accept", desk.handled())
    assert (case.person, case.unit, case.stage) == ("sa", "sanitation", "handling")
    assert case.clock[-1].what == "stopped"
    assert (case.clock[-1].limit, case.clock[-1].at) == ("sign", desk.now)


def test_accept_when_it_leads_on_then_the_next_has_it(desk: CaseDesk) -> None:
    case = desk.do(CLERK, "accept", desk.open())
    assert (case.person, case.stage) == ("", "filing")


def test_action_when_the_role_is_not_granted_it_then_refused(desk: CaseDesk) -> None:
    case = desk.handled()
    assert desk.refusal(actor("v", "viewer"), "accept", case) == "your role may not do this"
    assert desk.refusal(actor("v", "supervisor"), "accept", case) == "your role may not do this"


def test_action_when_another_role_does_it_here_then_says_who(desk: CaseDesk) -> None:
    mediator = actor("m", "mediator", "sanitation")
    assert desk.refusal(mediator, "accept", desk.handled()) == "here that is for: clerk"
    assert desk.refused is not None
    assert desk.refused.arguments == {"role": "clerk"}


def test_action_when_it_stands_elsewhere_then_says_where_the_case_is(desk: CaseDesk) -> None:
    said = "the case is in Being handled (dispatched by du)"
    assert desk.refusal(DISPATCHER, "dispatch", desk.handled(), unit="parks") == said


def test_action_when_there_is_none_then_says_so(desk: CaseDesk) -> None:
    said = "there is no such action; reload the page"
    assert desk.refusal(CLERK, "vanish", desk.open()) == said


def test_action_when_there_is_no_such_case_then_says_so(desk: CaseDesk) -> None:
    case = desk.open()
    del desk.cases[case.id]
    assert desk.refusal(CLERK, "accept", case) == "there is no such case"


def test_action_when_another_unit_tries_then_it_is_out_of_its_scope(desk: CaseDesk) -> None:
    said = "outside the departments or areas that you act for"
    assert desk.refusal(PARKS, "resolve", desk.handled(), comment="x") == said


def test_action_when_the_centre_tries_for_the_unit_then_says_whose_it_is(desk: CaseDesk) -> None:
    said = "that is for Sanitation Service Centre"
    assert desk.refusal(CLERK, "resolve", desk.handled(), comment="x") == said


def test_action_when_a_unit_above_tries_then_it_sees_and_may_not(desk: CaseDesk) -> None:
    above = actor("ab", "clerk", "city_management")
    said = "that is for Sanitation Service Centre"
    assert desk.refusal(above, "resolve", desk.handled(), comment="x") == said


def test_action_when_somebody_was_faster_then_says_who_did_what(desk: CaseDesk) -> None:
    case = desk.handled()
    desk.do(SANITATION, "accept", case, expected=case.version)
    said = (
        "you saw version 4; since then sa changed it (accepted), and it is in Being handled "
        "(version 5)"
    )
    other = actor("sb", "clerk", "sanitation")
    assert desk.refusal(other, "accept", case, expected=case.version) == said
    assert desk.refusal(other, "accept", case, expected=9) == "there is no version 9"


def test_two_clerks_at_once_then_one_succeeds_and_the_other_hears_who_did_what(
    desk: CaseDesk,
) -> None:
    case = desk.handled()
    desk.do(SANITATION, "resolve", case, expected=4, comment="清理完毕")
    other = actor("sb", "clerk", "sanitation")
    said = desk.refusal(other, "return", case, expected=4, comment="不是我们的")
    assert said == "the case is in To be checked (resolved by sa)"


def test_move_when_accepted_then_the_step_is_called_as_the_workflow_says(desk: CaseDesk) -> None:
    case = desk.do(CLERK, "accept", desk.open())
    case = desk.do(CLERK, "file", case)
    assert (case.stage, desk.steps[-1].what) == ("dispatching", "file")
    assert desk.steps[-1].details["action"] == "file"


def test_dispatch_when_the_unit_is_known_then_it_has_the_case(desk: CaseDesk) -> None:
    case = desk.handled()
    assert (case.unit, case.handler, case.stage) == ("sanitation", "sanitation", "handling")


def test_dispatch_when_there_is_no_such_unit_then_says_so(desk: CaseDesk) -> None:
    case = desk.do(CLERK, "file", desk.do(CLERK, "accept", desk.open()))
    said = "there is no unit 'sanitatoin'"
    assert desk.refusal(DISPATCHER, "dispatch", case, unit="sanitatoin") == said
    assert desk.refusal(DISPATCHER, "dispatch", case) == "give a unit"
    assert desk.refusal(GRID, "dispatch", case, unit="parks") == "your role may not do this"


def test_recall_when_the_centre_wants_it_back_then_it_has_it(desk: CaseDesk) -> None:
    case = desk.handled()
    assert desk.refusal(DISPATCHER, "recall", case) == "give a few words"
    case = desk.do(DISPATCHER, "recall", case, comment="派错了")
    assert (case.unit, case.handler, case.stage) == (CENTRE, "", "dispatching")
    assert case.returns == ()


def test_return_when_it_is_not_theirs_then_the_centre_has_it_with_the_reason(
    desk: CaseDesk,
) -> None:
    case = desk.handled()
    assert desk.refusal(SANITATION, "return", case) == "give a few words"
    case = desk.do(SANITATION, "return", case, comment="属于园林")
    assert (case.unit, case.handler, case.stage) == (CENTRE, "", "dispatching")
    assert [(one.unit, one.by, one.comment) for one in case.returns] == [
        ("sanitation", "sa", "属于园林")
    ]


def test_return_when_its_limit_is_over_then_says_since_when(desk: CaseDesk) -> None:
    case = desk.handled()
    desk.deadlines = Due({"return": NOON})
    said = "the time for that was over at 2026-03-02T04:00:00+00:00"
    assert desk.refusal(SANITATION, "return", case, comment="x") == said
    desk.deadlines = Due({"return": NOON + timedelta(days=1), "handle": NOON})
    assert desk.do(SANITATION, "return", case, comment="x").stage == "dispatching"


def test_return_when_done_as_often_as_may_be_then_refused(desk: CaseDesk) -> None:
    case = desk.handled()
    for _ in range(3):
        case = desk.do(SANITATION, "return", case, comment="x")
        case = desk.do(DISPATCHER, "dispatch", case, unit="sanitation")
    said = "it was done 3 times, which is the most"
    assert desk.refusal(SANITATION, "return", case, comment="x") == said


def test_transfer_when_another_unit_takes_it_then_it_stays_in_its_stage(desk: CaseDesk) -> None:
    case = desk.do(SANITATION, "accept", desk.handled())
    case = desk.do(SANITATION, "transfer", case, unit="parks", comment="绿地内")
    assert (case.unit, case.handler, case.person) == ("parks", "parks", "")
    assert [(one.from_unit, one.to_unit) for one in case.transfers] == [("sanitation", "parks")]
    facts = [(fact.what, fact.limit) for fact in case.clock if fact.at == desk.now]
    assert facts == [("stopped", "return"), ("started", "sign"), ("started", "return")]


def test_transfer_when_the_unit_cannot_be_then_says_why(desk: CaseDesk) -> None:
    case = desk.handled()
    said = "it is with Sanitation Service Centre already"
    assert desk.refusal(SANITATION, "transfer", case, unit="sanitation", comment="x") == said
    said = "there is no unit 'x'"
    assert desk.refusal(SANITATION, "transfer", case, unit="x", comment="x") == said
    assert desk.refusal(SANITATION, "transfer", case, unit="parks") == "give a few words"
    desk.deadlines = Due({"return": NOON})
    said = "the time for that was over at 2026-03-02T04:00:00+00:00"
    assert desk.refusal(SANITATION, "transfer", case, unit="parks", comment="x") == said


def test_assign_and_release_when_within_the_unit_then_the_unit_keeps_it(desk: CaseDesk) -> None:
    case = desk.handled()
    assert desk.refusal(SANITATION, "assign", case) == "give a person"
    case = desk.do(SANITATION, "assign", case, person="sb")
    assert (case.person, case.unit) == ("sb", "sanitation")
    case = desk.do(SANITATION, "release", case)
    assert (case.person, case.unit) == ("", "sanitation")
    assert desk.refusal(PARKS, "assign", case, person="pa").startswith("outside")
    assert desk.refusal(CLERK, "release", case) == "that is for Sanitation Service Centre"


def test_reclassify_when_another_kind_then_the_limits_that_run_change(desk: CaseDesk) -> None:
    case = desk.do(CLERK, "accept", desk.open())
    assert desk.refusal(CLERK, "reclassify", case) == "give a condition"
    said = "there is no kind 'road'"
    assert desk.refusal(CLERK, "reclassify", case, kind="road", condition="x") == said
    case = desk.do(CLERK, "reclassify", case, kind="road_damage", condition="deep")
    assert (case.kind, case.condition) == ("road_damage", "deep")
    last = case.clock[-1]
    assert (last.what, last.limit, last.kind, last.condition) == (
        *("changed", "verify"),
        *("road_damage", "deep"),
    )


def test_reclassify_when_there_is_no_such_grade_then_says_so(desk: CaseDesk) -> None:
    centre = actor("gc", "clerk", "governance_centre")
    dispatcher = actor("gd", "dispatcher", "governance_centre")
    case = desk.do(centre, "accept", desk.open(centre, kind="neighbour_dispute"))
    said = "there is no condition 'deep'"
    assert desk.refusal(dispatcher, "reclassify", case, condition="deep") == said
    assert desk.do(dispatcher, "reclassify", case, condition="complex").condition == "complex"


def test_members_when_a_unit_lists_an_account_then_it_acts_for_that_unit(desk: CaseDesk) -> None:
    units = desk.engine.setup.units
    assert units.as_member(actor("nobody", "clerk")).departments == ()
