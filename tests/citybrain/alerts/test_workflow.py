"""What each role may do with an alert, said once more; and that every refusal has words."""

from __future__ import annotations

import itertools

import pytest

from citybrain.accounts.roles import ROLES, WALL, may
from citybrain.alerts.workflow import ALERTS, PHRASES, STATES
from citybrain.workflow.commands import Actor
from tests.citybrain.alerts.test_lifecycle import firing

HANDLING = {
    *("acknowledge", "unacknowledge", "assign", "accept_assignment", "decline_assignment"),
    *("resolve", "ask_closing", "approve_closing", "decline_closing"),
    *("reopen", "merge", "split"),
}


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("wall", set()),
        ("viewer", set()),
        ("officer", HANDLING | {"comment"}),
        ("commander", HANDLING | {"comment"}),
        ("rule_author", {"comment"}),
        ("administrator", HANDLING | {"comment"}),
        ("nobody", set()),
    ],
)
def test_role_when_asked_then_it_may_do_exactly_its_own(role: str, actions: set[str]) -> None:
    granted = {name for name, action in ALERTS.actions.items() if may(role, action.grant)}
    assert granted == actions


@pytest.mark.parametrize(
    ("role", "state", "action"),
    list(itertools.product([*ROLES, WALL.id], STATES, ALERTS.actions)),
)
def test_verdict_when_it_is_a_refusal_then_it_has_words(role: str, state: str, action: str) -> None:
    reason = ALERTS.verdict(Actor(user="u", role=role), firing(state=state), action)
    assert reason is None or reason.code in PHRASES.codes
