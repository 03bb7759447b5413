"""The closed loop that every workflow is: taking in, dispatching, handling, revisiting, answering.

Workflows name their stages as the people do who work them (立案, 三级调处); a wall shows all of
them together. Which step of the loop a stage is follows from what can be done in it, so that no
workflow has to say so. Supervision 督办 runs beside the steps and is none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from citybrain.cases.definition import WorkflowDefinition

LoopStep = Literal["intake", "dispatch", "handling", "revisit", "feedback"]
LOOP: tuple[LoopStep, ...] = get_args(LoopStep)
"""The steps in their order: 受理, 分流, 化解, 回访, 反馈."""


def loop_steps(definition: WorkflowDefinition) -> Mapping[str, LoopStep]:
    """Return which step each stage is that goes on, by its id; pure.

    A stage in which a case is dispatched is that step, one in which it is resolved or handed in
    is the handling, one that is revisited the revisit. What comes before the first dispatching is
    the intake, all else what follows the handling: checking, answering, rating.
    """
    before = _before_dispatch(definition)
    return {
        name: _step(_kinds(definition, name), name in before)
        for name, stage in definition.stages.items()
        if not stage.ends
    }


def _kinds(definition: WorkflowDefinition, stage: str) -> set[str]:
    return {entry.does or name for name, entry in definition.actions_of(stage).items()}


def _step(kinds: set[str], is_before: bool) -> LoopStep:
    if "dispatch" in kinds:
        return "dispatch"
    if is_before:
        return "intake"
    if "resolve" in kinds:
        return "handling"
    return "revisit" if "revisit" in kinds else "feedback"


def _before_dispatch(definition: WorkflowDefinition) -> set[str]:
    """Return the stages that a case can be in before it was dispatched for the first time."""
    found, ahead = set[str](), [definition.start]
    while ahead:
        name = ahead.pop()
        stage = definition.stages[name]
        if name in found or stage.ends or _kinds(definition, name) & {"dispatch", "resolve"}:
            continue
        found.add(name)
        ahead += [entry.to for entry in stage.actions.values() if entry.to]
    return found
