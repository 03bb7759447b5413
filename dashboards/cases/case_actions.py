"""What can be done with a case now, and why the rest cannot: buttons, keys and fields; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from citybrain.cases.action_kind import CaseContext, PlacedAction
from citybrain.cases.case_flow import CaseFlow
from citybrain.cases.records import Case
from citybrain.floor.text import NOTHING, Text
from citybrain.workflow.commands import Actor
from dashboards.cases.case_book import CaseBook

KEYS = {
    "accept": "a",
    "move": "e",
    "dispatch": "d",
    "assign": "g",
    "return": "b",
    "transfer": "t",
    "join": "i",
    "resolve": "r",
    "close": "r",
    "feedback": "r",
    "revisit": "v",
    "redo": "y",
    "comment": "c",
    "attach": "A",
    "supervise": "s",
    "answer_supervision": "w",
}
"""Kind of action → its key; where two stand in one stage, the first that can be done has it."""
ONE_BY_ONE = frozenset({"attach", "rate", "split"})
"""Kinds of which nobody says the same of several cases."""
_OF_OTHERS = frozenset({"role_may_not", "not_your_role_here"})
"""Reasons by which something is for other people: nobody waits for it to become possible."""
_MORE = {"reclassify": ("kind",), "split": ("kind", "text"), "finish_part": ("unit",)}
"""Kind of action → details that it can have beside those that it needs."""


def actions_of(
    book: CaseBook, case: Case, actor: Actor, now: datetime, people: Mapping[str, Text]
) -> list[dict[str, Any]]:
    """Return every action of the case's workflow as the desk shows it, those of its stage first."""
    flow = book.flow(case)
    if flow is None:
        return []
    verdicts = book.engine.verdicts(actor, case, CaseContext(now, deadlines=book.clocks))
    names = sorted(verdicts, key=lambda name: _place(flow, case, name))
    found = []
    for name in names:
        placed = flow.placed.get((name, case.stage)) or _anywhere(flow, name)
        reason = verdicts[name]
        found.append(
            {
                "name": name,
                "kind": placed.kind.name,
                "title": _title(placed).both(),
                "key": KEYS.get(placed.kind.name, ""),
                "here": _stands_here(flow, case, name),
                "why": None if reason is None else book.say(case, reason, people).both(),
                "others": reason is not None and reason.code in _OF_OTHERS,
                "stages": _stages(flow, name),
                "fields": _fields(placed),
            }
        )
    return found


def shared_actions(
    book: CaseBook, cases: Iterable[Case], actor: Actor, now: datetime, people: Mapping[str, Text]
) -> list[dict[str, Any]]:
    """Return what can be done with some of several cases at once, what most can first.

    Each action as `actions_of` has it, with the ``ids`` of the cases with which it can be done.
    """
    found: dict[bytes, dict[str, Any]] = {}
    for case in cases:
        for action in actions_of(book, case, actor, now, people):
            if action["why"] is None and action["kind"] not in ONE_BY_ONE:
                same = [action[name] for name in ("name", "title", "fields")]
                one = found.setdefault(msgspec.json.encode(same), {**action, "ids": []})
                one["ids"].append(case.id)
    return sorted(found.values(), key=lambda one: -len(one["ids"]))


def _stages(flow: CaseFlow, name: str) -> list[list[str]]:
    """Return what the stages are called in which an action stands."""
    stages = flow.definition.stages
    return [stages[stage].title.both() for one, stage in flow.placed if one == name]


def _title(placed: PlacedAction) -> Text:
    return placed.kind.title if placed.entry.title == NOTHING else placed.entry.title


def _fields(placed: PlacedAction) -> list[dict[str, Any]]:
    """Return the details that it takes, what it must have first; words always come last."""
    needed = dict.fromkeys((*placed.kind.needs, *placed.entry.needs))
    others = [name for name in _MORE.get(placed.kind.name, ()) if name not in needed]
    names = [name for name in (*needed, *others) if name != "comment"]
    return [{"name": name, "needed": name in needed} for name in (*names, "comment")]


def _place(flow: CaseFlow, case: Case, name: str) -> tuple[bool, int, str]:
    own = list(flow.definition.stages[case.stage].actions)
    return not _stands_here(flow, case, name), own.index(name) if name in own else len(own), name


def _stands_here(flow: CaseFlow, case: Case, name: str) -> bool:
    action = flow.action_on(case, name)
    here = (name, case.stage) in flow.placed
    return here and action is not None and case.state in action.from_states


def _anywhere(flow: CaseFlow, name: str) -> PlacedAction:
    return next(placed for (one, _), placed in flow.placed.items() if one == name)
