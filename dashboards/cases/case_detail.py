"""One case in full as the right side of the desk shows it; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from citybrain.cases.case_parts import JointPart, Supervision
from citybrain.cases.records import ENGINE, Case, CaseStep
from citybrain.floor.clock import millis
from citybrain.floor.text import Text
from dashboards.cases.case_book import SYSTEM, CaseBook
from dashboards.lists.case_rows import CaseRows
from dashboards.lists.list_rows import instant

STEP_WORDS = {
    "raised": Text("提级", "raised"),
    "answered": Text("回复", "answered"),
    "ended": Text("办结", "ended"),
}
"""What the steps of a supervision are called."""
TitleOf = Callable[[str], str]


def linked_ids(case: Case) -> dict[str, list[str]]:
    """Return the ids of the cases that `case` is linked with, by what they are to it."""
    return {
        "into": [case.merged_into] if case.merged_into else [],
        "children": list(case.children),
        "split_from": [case.split_from] if case.split_from else [],
        "split_into": list(case.split_into),
    }


def detail_of(
    case: Case, rows: CaseRows, book: CaseBook, title_of: TitleOf, linked: Iterable[Case]
) -> dict[str, Any]:
    """Return all that the desk shows of `case` itself.

    Args:
        case: that.
        rows: makes its row.
        book: what everything is called.
        title_of: what the holder of an account is called.
        linked: the cases it is linked with that who asks may see.
    """
    return {
        **rows.row_of(case),
        "text": case.text,
        "stage_title": book.stage(case, case.stage).both(),
        "state_title": book.state(case).both(),
        "outside": case.outside,
        "answer": case.answer,
        "rating": case.rating,
        "comment": case.comment,
        "alerts": case.alerts,
        "legs_told": [
            {
                "opened": millis(leg.opened_at),
                "closed": instant(leg.closed_at),
                "reason": leg.reason,
                "outcome": book.stage(case, leg.stage).both() if leg.stage else None,
            }
            for leg in case.legs
        ],
        "joint": [_part(one, book, title_of) for one in case.parts],
        "supervision": [_supervision(case, one, book, title_of) for one in case.supervisions],
        "extension": _asked(case, title_of),
        "deferred_until": instant(case.deferral.until) if case.deferral else None,
        "links": _links(case, list(linked), book),
        "closed": None if case.open else instant(case.legs[-1].closed_at),
    }


def visited(steps: Sequence[CaseStep], case: Case) -> list[str]:
    """Return the stages that a case was in, in the order of its last coming into each."""
    seen: dict[str, None] = {}
    for stage in [*(step.after.stage for step in steps), case.stage]:
        seen.pop(stage, None)
        seen[stage] = None
    return list(seen)


def _part(part: JointPart, book: CaseBook, title_of: TitleOf) -> dict[str, Any]:
    return {
        "unit": part.unit,
        "title": book.unit(part.unit).both(),
        "due": millis(part.due_at),
        "done": instant(part.done_at),
        "by": title_of(part.done_by) if part.done_by else "",
        "withdrawn": instant(part.withdrawn_at),
        "comment": part.comment,
        "result": part.result,
    }


def _supervision(case: Case, one: Supervision, book: CaseBook, title_of: TitleOf) -> dict[str, Any]:
    return {
        "level": book.level(case, one.level).both(),
        "unit": book.unit(one.unit).both(),
        "open": one.open,
        "steps": [
            {
                "at": millis(step.at),
                "what": STEP_WORDS[step.what].both(),
                "level": book.level(case, step.level).both(),
                "by": (SYSTEM if step.by == ENGINE else _plain(title_of(step.by))).both(),
                "comment": step.comment,
            }
            for step in one.steps
        ],
    }


def _asked(case: Case, title_of: TitleOf) -> dict[str, Any] | None:
    asked = case.asked_extension
    if asked is None:
        return None
    return {"by": title_of(asked.by), "at": millis(asked.at), "comment": asked.comment}


def _links(case: Case, linked: Sequence[Case], book: CaseBook) -> list[dict[str, Any]]:
    known = {one.id: one for one in linked}
    found = []
    for what, ids in linked_ids(case).items():
        for name in ids:
            other = known.get(name)
            told = {"what": what, "id": name if other else "", "number": "", "title": ""}
            if other is not None:
                told |= {"number": other.number, "title": other.title}
            state = book.state(other).both() if other else None
            found.append({**told, "state": state})
    return found


def _plain(words: str) -> Text:
    return Text(words, words)
