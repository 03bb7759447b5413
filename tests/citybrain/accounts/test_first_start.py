"""The first start: an administrator whose password is shown once, and this machine's wall."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citybrain.accounts import changes, passwords, private_files
from citybrain.accounts.accounts_file import AccountsFile, read
from citybrain.accounts.first_start import local_token, make_administrator
from citybrain.floor.settings import Settings

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings(), data=tmp_path)


def test_administrator_when_there_is_no_account_then_made_with_a_random_password(
    settings: Settings,
) -> None:
    password = make_administrator(settings, NOW)
    (account,) = read(settings.accounts_path).accounts
    assert (account.name, account.role) == ("admin", "administrator")
    assert passwords.verify(password, account.password)
    assert make_administrator(settings, NOW) == ""


def test_administrator_when_there_are_accounts_then_none_is_made(settings: Settings) -> None:
    changes.add(settings.accounts_path, "li.na", None, NOW, role="viewer")
    assert make_administrator(settings, NOW) == ""
    assert [one.name for one in read(settings.accounts_path).accounts] == ["li.na"]


def test_wall_when_asked_again_then_the_same_token_in_a_file_of_the_owner(
    settings: Settings,
) -> None:
    token = local_token(settings, NOW)
    assert local_token(settings, NOW) == token
    kept = settings.data / "secrets" / "wall.token"
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == (f"{token}\n", 0o600)
    wall = AccountsFile(settings.accounts_path).wall(token)
    assert wall is not None
    assert wall.name == "local"


def test_wall_when_revoked_then_no_new_one_is_made_by_itself(settings: Settings) -> None:
    local_token(settings, NOW)
    changes.revoke_wall(settings.accounts_path, read(settings.accounts_path).walls[0].id, NOW)
    assert local_token(settings, NOW) == ""
    assert len(read(settings.accounts_path).walls) == 1


def test_wall_when_the_accounts_are_gone_then_a_new_token(settings: Settings) -> None:
    token = local_token(settings, NOW)
    settings.accounts_path.unlink()
    fresh = local_token(settings, NOW)
    assert fresh != token
    assert AccountsFile(settings.accounts_path).wall(fresh) is not None


def test_secret_when_asked_again_then_the_same_256_bits(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "session.key"
    key = private_files.secret(path)
    assert (len(key), private_files.secret(path)) == (32, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secret_when_the_file_was_cut_short_then_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "session.key"
    path.write_text("abcd\n")
    assert len(private_files.secret(path)) == 32
