"""What happened to a case, in words: who, when, what, and what was said; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from citybrain.accounts.roles import title as role_title
from citybrain.cases.appeals import VERDICTS
from citybrain.cases.finishing import RESULTS
from citybrain.cases.machine_steps import FOUND, HOLDS, REPORTED
from citybrain.cases.records import ENGINE, Case, CaseStep
from citybrain.floor.clock import millis
from citybrain.floor.text import Text
from dashboards.cases.case_book import SYSTEM, CaseBook

Fact = tuple[Text, Text]
"""What something is called, and what it is."""
_UNIT = Text("单位", "unit")
_PERSON = Text("经办人", "person")
_STAGE = Text("环节", "stage")
_TIMES = {"until": Text("挂账至", "until"), "due_at": Text("期限", "due")}
_RATING = Text("评价", "rating")


def history_of(
    steps: Sequence[CaseStep],
    book: CaseBook,
    title_of: Callable[[str], str],
    numbers: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return the steps of a case as the desk lists them, oldest first.

    Args:
        steps: of one case, oldest first.
        book: what everything is called.
        title_of: what the holder of an account is called.
        numbers: ids of other cases → their numbers, as far as who asks may see them.
    """
    told, before = list[dict[str, Any]](), None
    for step in steps:
        told.append(_line(step, before, book, title_of, numbers))
        before = step.after
    return told


def _line(
    step: CaseStep,
    before: Case | None,
    book: CaseBook,
    title_of: Callable[[str], str],
    numbers: Mapping[str, str],
) -> dict[str, Any]:
    stage = before.stage if before else step.after.stage
    role = step.details.get("role", "")
    by = SYSTEM if step.by == ENGINE else Text(title_of(step.by), title_of(step.by))
    into = numbers.get(step.details.get("into", ""), "")
    facts = [*_changes(step, before, book, title_of), *_said(step, book)]
    return {
        "at": millis(step.at),
        "version": step.version,
        "what": step.what,
        "words": book.told(step, stage).both(),
        "by": by.both(),
        "role": role_title(role).both() if role else None,
        "person": step.by != ENGINE,
        "facts": [[name.both(), value.both()] for name, value in facts],
        "times": [[name.both(), at] for name, at in _times(step)],
        "into": into,
        "comment": step.details.get("comment", "") or step.details.get("text", ""),
    }


def _changes(
    step: CaseStep, before: Case | None, book: CaseBook, title_of: Callable[[str], str]
) -> Iterator[Fact]:
    after = step.after
    if before is None or before.stage != after.stage:
        yield _STAGE, book.stage(after, after.stage)
    if before is None or before.unit != after.unit:
        yield _UNIT, book.unit(after.unit)
    if after.person and (before is None or before.person != after.person):
        name = title_of(after.person)
        yield _PERSON, Text(name, name)
    if before is not None and before.kind != after.kind:
        yield Text("类型", "kind"), book.kind(after.kind)
    if before is not None and before.condition != after.condition:
        yield Text("情形", "condition"), book.condition(after, after.condition)


def _said(step: CaseStep, book: CaseBook) -> Iterator[Fact]:
    given = step.details
    if (unit := given.get("unit", "")) and unit != step.after.unit:
        yield _UNIT, book.unit(unit)
    if level := given.get("level", ""):
        yield Text("督办级别", "level"), book.level(step.after, level)
    if found := (RESULTS | FOUND).get(given.get("result", "")):
        yield Text("结果", "result"), found
    if found := HOLDS.get(given.get("holds", "")):
        yield Text("信号", "signal"), found
    if found := REPORTED.get(given.get("status", "")):
        yield Text("来源状态", "at its source"), found
    if found := VERDICTS.get(given.get("verdict", "")):
        yield Text("结论", "verdict"), found
    if rating := given.get("rating", ""):
        yield _RATING, Text(rating, rating)


def _times(step: CaseStep) -> Iterator[tuple[Text, int]]:
    for name, words in _TIMES.items():
        try:
            yield words, millis(datetime.fromisoformat(step.details[name]))
        except (KeyError, ValueError):
            continue
