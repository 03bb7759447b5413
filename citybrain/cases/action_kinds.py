"""All kinds of actions that a workflow can place in its stages, by name."""

from __future__ import annotations

from collections.abc import Mapping

from citybrain.cases import (
    appeals,
    finishing,
    handing_over,
    joint_handling,
    linking,
    machine_steps,
    more_time,
    remarks,
    standing_still,
    supervising,
)
from citybrain.cases.action_kind import ActionKind
from citybrain.floor.text import Text

_SUBJECTS = (
    handing_over,
    joint_handling,
    standing_still,
    more_time,
    finishing,
    appeals,
    supervising,
    linking,
    remarks,
    machine_steps,
)
ACTION_KINDS: Mapping[str, ActionKind] = {
    kind.name: kind for subject in _SUBJECTS for kind in subject.KINDS
}
OF_SUPERVISION = frozenset(kind.name for kind in supervising.KINDS)
"""Kinds that stand in every workflow by its `supervision`, and nowhere else."""
BY_MACHINE = frozenset(kind.name for kind in machine_steps.KINDS)
"""Kinds that stand in every workflow by its `machine`, and that no person does."""
WORDS: Mapping[str, Text] = {
    code: words for subject in _SUBJECTS for code, words in getattr(subject, "WORDS", {}).items()
}
"""Why they are refused, by code."""
