"""Accounts and walls: added, changed, disabled, revoked; and every fault in its words."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from citybrain.accounts import accounts_file, changes, passwords
from citybrain.accounts.accounts_file import AccountsFile, account_of, changing, read
from citybrain.accounts.records import Account, AccountsContent, Wall, folded, name_problem
from citybrain.floor.audit_entry import entry
from citybrain.floor.errors import ConfigError

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
GOOD = "a heron at the river"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.sqlite"


def add(path: Path, name: str = "li.na", **more: Any) -> None:
    changes.add(path, name, more.pop("password", GOOD), NOW, **({"role": "officer"} | more))


def test_add_when_done_then_only_the_owner_reads_the_file_and_no_password_is_in_it(
    path: Path,
) -> None:
    add(path, title="李娜", departments=("police",), areas=("150302",))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_bytes().decode("latin-1")
    assert GOOD not in text
    (account,) = read(path).accounts
    assert (account.name, account.role, account.title) == ("li.na", "officer", "李娜")
    assert (account.departments, account.areas) == (("police",), ("150302",))
    assert passwords.verify(GOOD, account.password)


@pytest.mark.parametrize(
    ("name", "role", "password", "problem"),
    [
        (
            "../etc",
            "officer",
            GOOD,
            "{path}: name: '../etc' is no name of an account; "
            "use letters, digits and . _ @ -, at most 64, for example 'li.na'",
        ),
        (
            "system",
            "officer",
            GOOD,
            "{path}: name: 'system' is a name of the platform itself; "
            "use letters, digits and . _ @ -, at most 64, for example 'li.na'",
        ),
        (
            "x" * 65,
            "officer",
            GOOD,
            "{path}: name: '" + "x" * 64 + "'… is longer than 64 characters; "
            "use letters, digits and . _ @ -, at most 64, for example 'li.na'",
        ),
        (
            "zhao",
            "chief",
            "short",
            "{path}: zhao: there is no role 'chief'; "
            "known are viewer, officer, commander, rule_author, clerk, mediator, grid_worker, "
            "dispatcher, supervisor, administrator\n"
            "{path}: zhao: password: it has 5 characters; "
            "choose one of 10 to 256 characters, hard to guess",
        ),
        (
            "LI.NA ",
            "officer",
            GOOD,
            "{path}: li.na: there is such an account already; "
            "choose another name, or see 'accounts change li.na'",
        ),
    ],
    ids=["path", "reserved", "long", "two faults", "taken"],
)
def test_add_when_it_is_no_good_then_all_faults_in_words(
    path: Path, name: str, role: str, password: str, problem: str
) -> None:
    add(path)
    with pytest.raises(ConfigError) as caught:
        add(path, name, role=role, password=password)
    assert str(caught.value) == problem.replace("{path}", str(path))
    assert len(read(path).accounts) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda path: changes.disable(path, "zhao", NOW),
        lambda path: changes.enable(path, "zhao", NOW),
        lambda path: changes.change(path, "zhao", NOW, role="viewer"),
        lambda path: changes.set_password(path, "zhao", GOOD, NOW),
    ],
    ids=["disable", "enable", "change", "password"],
)
def test_change_when_there_is_no_such_account_then_in_words(path: Path, act: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        act(path)
    assert str(caught.value) == (
        f"{path}: zhao: there is no such account; see 'citybrain accounts list'"
    )


def test_epoch_when_sessions_must_end_then_it_is_another(path: Path) -> None:
    add(path)
    epochs = [read(path).accounts[0].epoch]
    epochs.append(changes.set_password(path, "li.na", "another good one 5", LATER).epoch)
    epochs.append(changes.disable(path, "li.na", LATER).epoch)
    epochs.append(changes.enable(path, "li.na", LATER).epoch)
    assert len(set(epochs)) == 4
    assert changes.change(path, "li.na", LATER, role="viewer").epoch == epochs[-1]


def test_rehash_when_the_account_was_changed_meanwhile_then_the_newer_password_stays(
    path: Path,
) -> None:
    add(path)
    old = read(path).accounts[0]
    changes.set_password(path, "li.na", "another good one 5", LATER)
    changes.rehash(path, old, GOOD)
    assert passwords.verify("another good one 5", read(path).accounts[0].password)


def test_rehash_when_parameters_are_old_then_kept_with_those_of_today(path: Path) -> None:
    add(path)
    weak = PasswordHasher(time_cost=1, memory_cost=8192).hash(GOOD)
    account = changes.change(path, "li.na", LATER, password=weak)
    changes.rehash(path, account, GOOD)
    (fresh,) = read(path).accounts
    assert not passwords.is_outdated(fresh.password)
    assert (passwords.verify(GOOD, fresh.password), fresh.epoch) == (True, account.epoch)


def test_accounts_when_many_are_added_at_once_then_none_is_lost(path: Path) -> None:
    def one(number: int) -> None:
        changes.add(path, f"person{number}", None, NOW, role="viewer")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(24)))
    assert {account.name for account in read(path).accounts} == {f"person{n}" for n in range(24)}


def test_wall_when_revoked_then_its_token_opens_nothing(path: Path) -> None:
    token = changes.issue_wall(path, "hall", NOW)
    shelf = AccountsFile(path, now=iter(range(0, 100, 10)).__next__)
    wall = shelf.wall(token)
    assert wall is not None
    assert token.startswith("cbw_")
    assert token.encode() not in path.read_bytes()
    assert changes.revoke_wall(path, wall.id, LATER) is not None
    assert shelf.wall(token) is None
    assert changes.revoke_wall(path, wall.id, LATER) is None


@pytest.mark.parametrize("token", ["", "cbw_", "x" * 10_000, "密", "\udcff"])
def test_wall_when_the_token_is_none_then_it_opens_nothing(path: Path, token: str) -> None:
    changes.issue_wall(path, "hall", NOW)
    assert AccountsFile(path).wall(token) is None


def test_shelf_when_the_file_becomes_unreadable_then_it_goes_on_with_what_it_knew(
    path: Path,
) -> None:
    add(path)
    shelf = AccountsFile(path, now=iter(range(0, 100, 10)).__next__)
    assert shelf.account("li.na") is not None
    path.write_text("{")
    assert shelf.account("li.na") is not None


def test_shelf_when_asked_within_a_second_then_it_does_not_look_again(path: Path) -> None:
    seconds = iter([0.0, 0.0, 0.5, 1.1, 1.1])
    shelf = AccountsFile(path, now=seconds.__next__)
    assert shelf.account("li.na") is None
    add(path)
    assert shelf.account("li.na") is None
    assert shelf.account("li.na") is not None


def test_shelf_when_an_account_is_disabled_then_nobody_has_it(path: Path) -> None:
    add(path)
    changes.disable(path, "li.na", LATER)
    assert AccountsFile(path).account("li.na") is None


def spoil(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 2")


UNREADABLE = "restore it from a backup, or remove it and add the accounts anew"


@pytest.mark.parametrize(
    ("spoilt", "name", "problem"),
    [
        (
            lambda path: path.write_text("{" * 4096),
            "accounts.sqlite",
            f"accounts: cannot be read: file is not a database; {UNREADABLE}",
        ),
        (
            lambda path: path.write_text(""),
            "accounts.sqlite",
            f"accounts: cannot be read: it holds no accounts; {UNREADABLE}",
        ),
        (
            spoil,
            "accounts.sqlite",
            "version: version 2 is not known; use the software that wrote it",
        ),
        (
            lambda path: path.with_suffix(".json").write_text("{"),
            "accounts.json",
            f"accounts: cannot be read: Input data was truncated; {UNREADABLE}",
        ),
        (
            lambda path: path.with_suffix(".json").write_text('{"version": 2}'),
            "accounts.json",
            "version: version 2 is not known; use the software that wrote it",
        ),
    ],
)
def test_file_when_it_cannot_be_read_then_in_words_and_it_is_not_overwritten(
    path: Path, spoilt: Callable[[Path], None], name: str, problem: str
) -> None:
    spoilt(path)
    there = path.parent / name
    before = there.read_bytes()
    with pytest.raises(ConfigError) as caught, changing(path):
        pytest.fail("nothing must be changed")
    assert str(caught.value).endswith(f"{name}: {problem}")
    assert there.read_bytes() == before


def test_file_of_the_version_before_is_taken_over_once(path: Path) -> None:
    account = Account(
        name="li.na", role="clerk", created_at=NOW, changed_at=NOW, epoch="e", subject="s"
    )
    wall = Wall(id="w", name="hall", sha256="0" * 64, created_at=NOW)
    told = entry(NOW, "account_add", "accepted", target="li.na")
    content = AccountsContent(accounts=(account,), walls=(wall,), untold=(told,))
    former = path.with_suffix(".json")
    former.write_bytes(msgspec.json.encode(content))

    assert read(path) == content
    assert not former.exists()
    assert read(path) == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_twenty_thousand_accounts_when_one_changes_then_only_that_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with changing(path) as draft:
        for number in range(20_000):
            name = f"g{number}"
            draft.put(
                Account(name=name, role="grid_worker", created_at=NOW, changed_at=NOW, epoch="e")
            )
    shelf = AccountsFile(path, now=iter(range(0, 1000, 10)).__next__)
    assert shelf.account("g19999") is not None
    read_rows: list[int] = []
    records = accounts_file._records

    def counted(*given: Any) -> list[Any]:
        found = records(*given)
        read_rows.append(len(found))
        return found

    monkeypatch.setattr(accounts_file, "_records", counted)
    changes.disable(path, "g7", LATER)
    assert shelf.account("g7") is None
    assert shelf.account("g8") is not None
    assert account_of(path, "g9") is not None
    assert len(shelf.content.accounts) == 20_000
    assert max(read_rows) <= accounts_file.UNTOLD


@pytest.mark.parametrize(
    ("typed", "name"),
    [(" Li.Na\t", "li.na"), ("ＬＩ．ｎａ", "li.na"), ("STRASSE", "strasse"), ("李娜", "李娜")],
)
def test_folded_when_typed_otherwise_then_the_same_name(typed: str, name: str) -> None:
    assert folded(typed) == name
    assert name_problem(name) == ""


@pytest.mark.parametrize(
    "name", ["", "a b", "a\nb", "a\x00", "-x", "a/b", "a:b", "<b>", "\u202eadmin", "a\u200bb"]
)
def test_name_when_it_could_deceive_then_it_is_none(name: str) -> None:
    assert name_problem(folded(name)) == f"{folded(name)!r} is no name of an account"


@given(st.text(max_size=80))
def test_folded_when_done_twice_then_it_changes_nothing_more(name: str) -> None:
    once = folded(name)
    if not name_problem(once):
        assert folded(once) == once
