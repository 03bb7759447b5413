"""Which step of the closed loop each stage is, by what can be done in it."""

from __future__ import annotations

import pytest

from citybrain.cases.closed_loop import loop_steps
from citybrain.cases.workflow_files import load_case_setup
from citybrain.city import load_city
from tests.repository import WUHAI

SETUP = load_case_setup(load_city(WUHAI))


@pytest.mark.parametrize(
    ("workflow", "steps"),
    [
        (
            "city_management",
            {"intake": "reporting filing", "dispatch": "dispatching", "handling": "handling"}
            | {"revisit": "feedback"},
        ),
        (
            "dispute",
            {"intake": "registering", "dispatch": "grading"}
            | {"handling": "first_tier second_tier third_tier", "revisit": "revisiting"},
        ),
        (
            "hotline",
            {"intake": "accepting", "dispatch": "dispatching", "handling": "handling waiting"}
            | {"feedback": "answering finishing rating", "revisit": "revisiting"},
        ),
        (
            "leads",
            {"intake": "collecting studying", "dispatch": "passing_on", "handling": "handling"}
            | {"feedback": "finishing"},
        ),
    ],
)
def test_steps_when_asked_of_a_workflow_then_each_stage_that_goes_on_is_one(
    workflow: str, steps: dict[str, str]
) -> None:
    expected = {stage: step for step, stages in steps.items() for stage in stages.split()}
    assert loop_steps(SETUP.definitions[workflow]) == expected
