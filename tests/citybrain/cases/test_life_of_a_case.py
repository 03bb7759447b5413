"""A case from its report to its end, through Wuhai's own workflow."""

from __future__ import annotations

from citybrain.workflow.steps import fold
from tests.citybrain.cases.sample import CaseDesk

STEPS = ["opened", "accepted", "file", "dispatched", "resolved", "revisited"]


def test_case_when_everybody_does_his_part_then_it_is_closed() -> None:
    desk = CaseDesk()

    case = desk.closed()

    assert [step.what for step in desk.steps] == STEPS
    assert (case.state, case.stage, case.version) == ("closed", "closed", 6)
    assert [(leg.outcome, leg.closed_by) for leg in case.legs] == [("closed", "ge")]
    assert case.closed_at == case.updated_at
    assert fold(desk.steps) == desk.cases


def test_case_when_it_goes_on_then_one_unit_owns_it_at_each_step() -> None:
    desk = CaseDesk()
    desk.closed()

    centre, sanitation = "city_management_centre", "sanitation"
    owners = [step.after.unit for step in desk.steps]
    assert owners == [centre, centre, centre, sanitation, centre, centre]
    concerned = {"city_management", "city_management_centre", "inner_mongolia", "wuhai"}
    assert {*desk.steps[0].after.concerned} == concerned
    assert {*desk.steps[3].after.concerned} == concerned | {"sanitation"}
