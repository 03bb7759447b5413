"""What each role may do: the whole table, said once more."""

from __future__ import annotations

import pytest

from citybrain.accounts.roles import ACTIONS, PLATFORM, READER, ROLES, WALL, may, title
from citybrain.floor.text import Text

LOOK = {"see_walls", "see_desk", "read_alerts"}
CASES = {"see_cases", "open_cases", "comment_cases"}
WORK = CASES | {"work_cases"}
DISPATCH = WORK | {"dispatch_cases"}
DUTY = (
    LOOK
    | {
        *("handle_alerts", "comment", "silence", "expire_silence", "export_cases"),
    }
    | DISPATCH
)
COMMAND = DUTY | {"approve_silence", "supervise_cases"}


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("wall", {"see_walls", "see_metrics"}),
        ("reader", {"read_alerts"}),
        ("viewer", LOOK),
        ("officer", DUTY),
        ("commander", COMMAND),
        ("rule_author", LOOK | {"comment"}),
        ("clerk", WORK),
        ("mediator", WORK),
        ("grid_worker", WORK),
        ("dispatcher", DISPATCH | {"export_cases"}),
        ("supervisor", CASES | {"supervise_cases", "export_cases"}),
        ("administrator", COMMAND | {"see_metrics"}),
        ("platform", DISPATCH | {"supervise_cases"}),
        ("nobody", set()),
        ("", set()),
    ],
)
def test_role_when_asked_then_it_may_do_exactly_its_own(role: str, actions: set[str]) -> None:
    assert {action for action in ACTIONS if may(role, action)} == actions


def test_wall_when_an_account_wants_it_then_it_is_no_role_of_accounts() -> None:
    assert {WALL.id, READER.id, PLATFORM.id}.isdisjoint(ROLES)
    assert list(ROLES) == [
        *("viewer", "officer", "commander", "rule_author"),
        *("clerk", "mediator", "grid_worker", "dispatcher", "supervisor"),
        "administrator",
    ]


def test_action_when_it_is_unknown_then_nobody_may() -> None:
    assert not any(may(role, "delete_everything") for role in [*ROLES, WALL.id])


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("officer", ("值班员", "duty officer")),
        ("wall", ("大屏", "wall")),
        ("nobody", ("nobody", "nobody")),
    ],
)
def test_title_when_asked_then_in_both_languages(role: str, names: tuple[str, str]) -> None:
    assert title(role) == Text(*names)
