"""Opening a case: what is brought, and why not."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import msgspec
import pytest

from citybrain.cases.opening import case_number, chosen, serial_of
from citybrain.workflow.commands import Actor, Command
from tests.citybrain.cases.sample import CLERK, NOON, CaseDesk, actor, wuhai

CASE = "0f2d8b1e-0c7e-4d7a-9b3c-6c1f2a9d0001"
GIVEN = {"kind": "exposed_rubbish", "title": "人民路垃圾", "source": "clerk"}


def command(given: Any, who: Actor = CLERK, target: str = CASE) -> Command:
    record = msgspec.Raw(msgspec.json.encode(given))
    return Command(id="1", action="open", target=target, actor=who, at=NOON, record=record)


def refusal(given: Any, who: Actor = CLERK, target: str = CASE) -> str:
    desk = CaseDesk()
    refused = desk.send(command(given, who, target))
    assert refused is not None
    assert desk.cases == {}
    return desk.said(CaseDesk().open(), refused)


def test_open_when_right_then_the_first_stage_has_it_and_its_clock_runs() -> None:
    desk = CaseDesk()
    assert desk.send(command({**GIVEN, "area": "150302003", "outside": {"12345": "A-1"}})) is None

    case = desk.cases[CASE]
    assert (case.number, case.version, case.state) == ("WH-20260302-000001", 1, "reporting")
    assert (case.workflow, case.workflow_version) == ("city_management", 1)
    assert (case.unit, case.person, case.handler) == ("city_management_centre", "", "")
    assert case.outside == {"12345": "A-1"}
    assert [(fact.what, fact.limit, fact.kind) for fact in case.clock] == [
        ("started", "accept", "exposed_rubbish")
    ]
    assert (desk.steps[0].what, desk.steps[0].by) == ("opened", "cao")


@pytest.mark.parametrize(
    ("given", "workflow"),
    [
        ({"kind": "neighbour_dispute"}, "dispute"),
        ({"kind": "safety_hazard"}, "leads"),
        ({"kind": "hotline_complaint"}, "hotline"),
        ({"kind": "road_damage"}, "city_management"),
        ({"kind": "signal_fault"}, "city_management"),
        ({"kind": "road_damage", "source": "hotline"}, "hotline"),
        ({"kind": "neighbour_dispute", "source": "hotline"}, "hotline"),
        ({"kind": "road_damage", "workflow": "leads"}, "leads"),
    ],
)
def test_open_when_nobody_says_which_workflow_then_the_table_does(
    given: dict[str, Any], workflow: str
) -> None:
    desk = CaseDesk()
    assert desk.send(command({**GIVEN, **given})) is None
    assert desk.cases[CASE].workflow == workflow


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "rubbish"}, "there is no kind 'rubbish'"),
        ({"area": "110101"}, "there is no area '110101'"),
        ({"handler": "nobody"}, "there is no unit 'nobody'"),
        ({"workflow": "none"}, "no workflow fits the kind 'exposed_rubbish'"),
        ({"title": "  "}, "a title has 1 to 200 characters"),
        ({"title": "x" * 201}, "a title has 1 to 200 characters"),
        ({"text": "x" * 10_001}, "a text has 10000 characters at the most"),
        ({"severity": 5}, "severity is 0 to 4, not 5"),
        (
            {"source": "rumour"},
            "that is no case: Invalid enum value 'rumour' - at `$.source`",
        ),
        (
            {"phone": "13800000000"},
            "that is no case: Object contains unknown field `phone`",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_open_when_it_cannot_be_then_says_why(given: dict[str, Any], said: str) -> None:
    assert refusal({**GIVEN, **given}) == said


def test_open_when_nothing_is_brought_then_says_so() -> None:
    assert refusal(None) == "that is no case: Expected `object`, got `null`"


def test_open_when_the_id_is_none_then_says_so() -> None:
    assert refusal(GIVEN, target="7") == "the id of a case is a UUID, not 7"


def test_open_when_the_role_may_not_then_says_so() -> None:
    assert refusal(GIVEN, actor("x", "viewer")) == "your role may not do this"


def test_open_when_elsewhere_then_says_so() -> None:
    grid = actor("x", "grid_worker", areas=("150303",))
    said = "outside the departments or areas that you act for"
    assert refusal({**GIVEN, "area": "150302003"}, grid) == said


def test_open_when_it_is_there_already_then_says_so() -> None:
    desk = CaseDesk()
    desk.send(command(GIVEN))
    again = desk.send(command(GIVEN))
    assert again is not None
    assert desk.said(desk.cases[CASE], again) == "there is such a case already: WH-20260302-000001"
    assert len(desk.steps) == 1


def test_number_when_made_then_its_serial_is_read_again() -> None:
    day = date(2026, 11, 30)
    assert case_number("WH", day, 123) == "WH-20261130-000123"
    assert serial_of("WH-20261130-000123", "WH", day) == 123
    assert serial_of("WH-20261130-1000001", "WH", day) == 1_000_001
    assert serial_of("WH-20261129-000123", "WH", day) == 0
    assert serial_of("BT-20261130-000123", "WH", day) == 0
    assert serial_of("nonsense", "WH", day) == 0


def test_chosen_when_no_line_fits_then_none() -> None:
    lines = wuhai().cases.workflows[:-1]
    assert chosen(lines, "road_damage", "city_management", "clerk") == ""


def test_case_when_opened_then_it_has_no_field_for_a_citizen() -> None:
    case = CaseDesk().open()
    names = set(case.__struct_fields__)
    assert names.isdisjoint({"name", "phone", "reporter", "contact", "citizen", "id_number"})
    uuid.UUID(case.id)
