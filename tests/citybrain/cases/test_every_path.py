"""Every path of every workflow of Wuhai is played by people who may, and ends where it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from citybrain.accounts.roles import ROLES, may
from citybrain.cases.case_flow import CaseFlow
from citybrain.cases.clock_turns import running
from citybrain.cases.definition import WorkflowDefinition
from citybrain.cases.records import Case
from citybrain.cases.stage_graph import Passage, Path, paths, said
from citybrain.workflow.commands import Actor
from citybrain.workflow.steps import fold
from tests.citybrain.cases.sample import CaseDesk, actor, engine, wuhai

KINDS = {
    "city_management": "exposed_rubbish",
    "dispute": "neighbour_dispute",
    "hotline": "hotline_complaint",
    "leads": "safety_hazard",
    "followed": "exposed_rubbish",
}
ASKED_FOR = {"followed": "followed"}
"""Workflows that cases go by because who opens them says so."""
DETAILS = {
    "comment": "已处理",
    "condition": "simple",
    "unit": "justice",
    "result": "satisfied",
    "rating": "4",
}
"""What who plays gives, as far as an action wants it."""


def every_path() -> Iterator[tuple[WorkflowDefinition, Path]]:
    for definition in wuhai().definitions.values():
        for path in paths(definition):
            yield definition, path


PATHS = list(every_path())


def flow_of(case: Case) -> CaseFlow:
    flow = engine().flow(case)
    assert flow is not None
    return flow


def somebody(case: Case, name: str) -> Actor:
    """Return somebody of the unit that has the case, of the first role that does this there."""
    placed = flow_of(case).placed[name, case.stage]
    roles = [role for role in ROLES if role in placed.who and may(role, placed.kind.grant)]
    return actor("p", roles[0], case.unit)


def opened(desk: CaseDesk, definition: WorkflowDefinition) -> Case:
    return desk.open(
        actor("op", "clerk", definition.centre),
        kind=KINDS[definition.id],
        workflow=ASKED_FOR.get(definition.id, ""),
    )


def play(desk: CaseDesk, case: Case, passage: Passage) -> Case:
    placed = flow_of(case).placed[passage.action, case.stage]
    wanted = {*placed.kind.needs, *placed.entry.needs}
    details = {name: given for name, given in DETAILS.items() if name in wanted}
    if passage.choice == "redo":
        details["result"] = "unsatisfied"
    return desk.do(somebody(case, passage.action), passage.action, case, **details)


@pytest.mark.parametrize(
    ("definition", "path"), PATHS, ids=[said(one, path) for one, path in PATHS]
)
def test_path_when_played_then_it_ends_where_it_says(
    definition: WorkflowDefinition, path: Path
) -> None:
    desk = CaseDesk()
    case = opened(desk, definition)
    assert (case.workflow, case.stage) == (definition.id, definition.start)
    for passage in path:
        case = play(desk, case, passage)
        assert case.stage == passage.to
    assert not case.open
    assert case.legs[-1].outcome == definition.stages[case.stage].ends
    assert fold(desk.steps) == desk.cases


def test_paths_when_counted_then_each_workflow_has_its_own() -> None:
    found = {one.id: len(paths(one)) for one in wuhai().definitions.values()}
    assert found == {"city_management": 3, "dispute": 6, "followed": 2, "hotline": 6, "leads": 3}


@pytest.mark.parametrize("definition", wuhai().definitions.values(), ids=lambda one: one.id)
def test_case_when_it_stands_anywhere_then_somebody_may_move_it(
    definition: WorkflowDefinition,
) -> None:
    """What unblocks a case is there in each stage and each state, for somebody."""
    flow = next(one for one in engine()._flows.values() if one.definition is definition)
    for stage_id, stage in definition.stages.items():
        if stage.ends:
            continue
        leading = [
            one
            for (_, place), one in flow.placed.items()
            if place == stage_id and (one.entry.to or one.entry.redo_to)
        ]
        assert any(may(role, one.kind.grant) for one in leading for role in one.who), stage_id


def test_clock_when_every_path_was_played_then_nothing_runs_at_its_end() -> None:
    for definition, path in PATHS:
        desk = CaseDesk()
        case = opened(desk, definition)
        for passage in path:
            case = play(desk, case, passage)
        assert running(case.clock) == []
        at = [fact.at for fact in case.clock]
        assert at == sorted(at)
        assert at[-1] - at[0] >= timedelta(minutes=1)
