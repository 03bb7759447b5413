"""What is told of changes to accounts and walls, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from citybrain.accounts import changes
from citybrain.accounts.accounts_file import read
from citybrain.floor import terminal
from citybrain.floor.audit_entry import AuditEntry

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
GOOD = "a heron at the river"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(terminal.getpass, "getuser", lambda: "root")
    return tmp_path / "accounts.sqlite"


def told(path: Path) -> list[AuditEntry]:
    return list(read(path).untold)


def test_each_act_at_an_account_is_one_entry_without_secrets(path: Path) -> None:
    changes.add(path, "li.na", GOOD, NOW, role="viewer", title="李娜")
    changes.change(path, "li.na", LATER, role="officer", departments=("police", "fire"))
    changes.set_password(path, "li.na", "another heron, same river", LATER)
    changes.disable(path, "li.na", LATER)
    changes.enable(path, "li.na", LATER)
    entries = told(path)
    assert [(one.action, one.details) for one in entries] == [
        ("account_add", {"role": "viewer", "title": "李娜"}),
        ("account_change", {"role": "viewer → officer", "departments": "- → police,fire"}),
        ("account_password", {}),
        ("account_disable", {}),
        ("account_enable", {}),
    ]
    assert {(one.user, one.role, one.target, one.outcome) for one in entries} == {
        ("root", "console", "li.na", "accepted")
    }
    assert [one.at for one in entries[:2]] == [NOW, LATER]
    assert "argon2" not in str(entries)


def test_walls_are_told_by_their_id(path: Path) -> None:
    token = changes.issue_wall(path, "hall", NOW)
    (wall,) = read(path).walls
    changes.revoke_wall(path, wall.id, LATER)
    entries = told(path)
    assert [(one.action, one.at, one.target, one.details) for one in entries] == [
        ("wall_issue", NOW, wall.id, {"name": "hall"}),
        ("wall_revoke", LATER, wall.id, {"name": "hall"}),
    ]
    assert token.encode() not in path.read_bytes()


def test_account_that_an_identity_provider_made_is_its_own_doing(path: Path) -> None:
    changes.add(path, "wang", None, NOW, "oidc", role="officer", subject="https://id 7")
    (entry,) = told(path)
    assert (entry.user, entry.role, entry.action) == ("wang", "oidc", "account_add")
    assert entry.details == {"role": "officer", "subject": "https://id 7"}


def test_password_kept_with_newer_parameters_is_no_act(path: Path) -> None:
    account = changes.add(path, "li.na", GOOD, NOW, role="viewer")
    changes.rehash(path, account, GOOD)
    assert [one.action for one in told(path)] == ["account_add"]


def test_user_without_a_name_is_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unnamed() -> str:
        raise KeyError("uid 7")

    monkeypatch.setattr(terminal.getpass, "getuser", unnamed)
    changes.issue_wall(path, "hall", NOW)
    assert told(path)[0].user == ""
