"""Every refusal and every step has words in both languages; a case says what may be done now."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from msgspec.structs import replace

from citybrain.accounts.roles import ROLES, WALL
from citybrain.cases.action_kind import CaseContext
from citybrain.cases.action_kinds import ACTION_KINDS, WORDS
from citybrain.cases.case_words import (
    DETAILS,
    STEPS_IN_WORDS,
    citizen_words,
    phrases_of,
)
from citybrain.floor.reason import Reason
from citybrain.floor.text import NOTHING, Text
from tests.citybrain.cases.sample import (
    CENTRE,
    DISPATCHER,
    NOON,
    SANITATION,
    SUPERVISOR,
    CaseDesk,
    Due,
    actor,
    engine,
    wuhai,
)

PHRASES = phrases_of(wuhai().definitions["city_management"], wuhai().units)
UNITS = ((), (CENTRE,), ("sanitation",), ("parks",))


def test_words_when_looked_at_then_all_are_in_both_languages() -> None:
    texts = [*WORDS.values(), *STEPS_IN_WORDS.values(), *DETAILS.values()]
    texts += [words for kind in ACTION_KINDS.values() for words in (kind.title, kind.told)]
    texts += list(PHRASES.phrases.values())
    assert [one for one in texts if not one.zh or not one.en] == []


def test_details_when_an_action_needs_them_then_they_have_a_name() -> None:
    needed = {name for kind in ACTION_KINDS.values() for name in kind.needs}
    for definition in wuhai().definitions.values():
        needed |= {name for _, _, entry in definition.placed() for name in entry.needs}
    assert needed <= set(DETAILS)


def test_steps_when_any_is_made_then_it_has_words() -> None:
    assert {kind.done for kind in ACTION_KINDS.values()} <= set(STEPS_IN_WORDS)


@pytest.mark.parametrize(("role", "units"), list(itertools.product([*ROLES, WALL.id], UNITS)))
def test_verdict_when_it_is_a_refusal_then_it_has_words(role: str, units: tuple[str, ...]) -> None:
    desk = CaseDesk(deadlines=Due({"return": NOON, "handle": NOON}, late=False))
    due = (desk.now + timedelta(days=1)).isoformat()
    handled = desk.do(SANITATION, "join", desk.handled(), unit="parks", due_at=due, comment="x")
    cases = [desk.open(), handled, desk.closed()]
    cases.append(desk.do(SUPERVISOR, "suspend", desk.handled(), comment="x"))
    cases.append(desk.do(DISPATCHER, "merge", desk.handled(), into=handled.id, comment="x"))
    context = CaseContext(desk.now + timedelta(days=9), desk.cases, desk.deadlines)
    for case in cases:
        found = engine().verdicts(actor("v", role, *units), desk.cases[case.id], context)
        assert "accept" in found
        assert {one.code for one in found.values() if one} <= PHRASES.codes


def test_verdicts_when_asked_then_they_are_what_a_command_would_hear() -> None:
    desk = CaseDesk()
    case = desk.handled()
    context = CaseContext(desk.now, desk.cases)
    found = engine().verdicts(SANITATION, case, context)
    assert {name for name, reason in found.items() if reason is None} == {
        *("accept", "return", "transfer", "assign", "release", "join", "resolve", "ask_extension"),
        *("withdraw_part", "comment", "attach"),
    }
    assert found["dispatch"] == Reason("role_may_not")
    assert found["finish_part"] == Reason("no_part")
    assert found["answer_supervision"] == Reason("not_supervised")
    late = CaseContext(desk.now, desk.cases, Due({"return": NOON, "handle": NOON}))
    reasons = engine().verdicts(SANITATION, case, late)
    assert (reasons["return"], reasons["ask_extension"]) == (
        Reason("within_over", {"due": NOON.isoformat()}),
        Reason("overdue", {"due": NOON.isoformat()}),
    )


def test_verdicts_when_nobody_knows_the_workflow_then_nothing_can_be_done() -> None:
    desk = CaseDesk()
    case = replace(desk.open(), workflow="gone")
    assert engine().verdicts(SANITATION, case, CaseContext(NOON, {})) == {}


def test_citizen_when_the_case_stands_still_then_reads_what_the_workflow_says_of_that() -> None:
    desk = CaseDesk()
    until = (desk.now + timedelta(days=30)).isoformat()
    case = desk.do(SUPERVISOR, "defer", desk.handled(), until=until, comment="x")
    definition = wuhai().definitions["city_management"]
    assert citizen_words(case, {}, lambda _case: definition) == Text(
        "暂不具备处置条件，已列入计划", "it cannot be done yet, and is planned"
    )
    case = desk.do(SUPERVISOR, "suspend", desk.handled(), comment="x")
    assert citizen_words(case, {}, lambda _case: definition).en == "being handled"
    assert citizen_words(case, {}, lambda _case: None) == NOTHING


def test_phrases_when_no_workflow_is_known_then_ids_stand_as_they_are() -> None:
    phrases = phrases_of(None, wuhai().units)
    said = phrases.say(Reason("case_state", {"state": "handling"}))
    assert said == Text("案件处于handling", "the case is in handling")
