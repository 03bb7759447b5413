"""`citybrain accounts` and `citybrain walls`, as a person meets them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from citybrain.accounts import passwords
from citybrain.accounts.accounts_file import AccountsFile, read
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.services


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path


def cli(data: Path, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "citybrain.roof.cli", *arguments],
        cwd=REPOSITORY,
        env=os.environ | {"CITYBRAIN_DATA": str(data), "CITYBRAIN_CITIES": "cities"},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_account_when_added_changed_and_disabled_then_the_list_says_so(data: Path) -> None:
    scope = ("--department", "city_management", "--area", "150302")
    code, said, _ = cli(data, "accounts", "add", "Li.Na", "--role", "officer", "--random", *scope)
    made = re.fullmatch(r"li\.na added as officer; password, shown this once: (\S{23})\n", said)
    assert code == 0
    assert made is not None
    account = read(data / "accounts.sqlite").accounts[0]
    assert passwords.verify(made[1], account.password)
    listed = cli(data, "accounts", "list")[1].split()
    assert listed == ["li.na", "officer", "city_management", "150302", "in", "use"]
    changed = cli(data, "accounts", "change", "li.na", "--role", "commander", "--everywhere")[1]
    assert " ".join(changed.split()) == "li.na commander all departments all areas in use"
    assert cli(data, "accounts", "disable", "li.na")[1] == "li.na disabled\n"
    assert "disabled" in cli(data, "accounts", "list")[1]
    assert cli(data, "accounts", "enable", "li.na")[1] == "li.na enabled\n"


def test_password_when_piped_then_taken_and_never_shown(data: Path) -> None:
    typed = "a heron at the river\n"
    added = cli(data, "accounts", "add", "zhao", "--role", "viewer", "--stdin", typed=typed)
    assert added == (0, "zhao added as viewer\n", "")
    changed = cli(data, "accounts", "password", "zhao", "--stdin", typed="two herons there\n")
    assert changed == (0, "zhao: password changed\n", "")
    assert passwords.verify("two herons there", read(data / "accounts.sqlite").accounts[0].password)


def test_account_when_it_is_no_good_then_one_line_a_fault(data: Path) -> None:
    wrong = ("--role", "officer", "--random", "--department", "polce", "--area", "1")
    code, said, error = cli(data, "accounts", "add", "zhao", *wrong)
    assert (code, said) == (1, "")
    assert error == (
        "citybrain: cities/wuhai: departments: there is no department 'polce'; "
        "see cities/wuhai/departments.yaml\n"
        "cities/wuhai: areas: there is no area '1'; see cities/wuhai/areas.yaml\n"
    )


def test_roles_when_listed_then_who_may_do_what(data: Path) -> None:
    lines = cli(data, "accounts", "roles")[1].splitlines()
    assert "approve_silence   commander, administrator" in lines
    assert "comment           officer, commander, rule_author, administrator" in lines


def test_wall_of_this_machine_when_asked_for_then_its_address_opens_it(data: Path) -> None:
    shown = cli(data, "walls", "address")[1]
    token = re.fullmatch(r"http://127\.0\.0\.1:18050/\?token=(cbw_\S{43})\n", shown)
    assert token is not None
    assert AccountsFile(data / "accounts.sqlite").wall(token[1]) is not None
    assert cli(data, "walls", "address")[1] == shown
    (wall,) = read(data / "accounts.sqlite").walls
    cli(data, "walls", "revoke", wall.id)
    assert cli(data, "walls", "address")[2] == (
        f"citybrain: {data}/accounts.sqlite: walls: the wall of this machine was revoked; "
        "see 'citybrain walls issue'\n"
    )


def test_wall_when_issued_listed_and_revoked_then_its_token_is_shown_once(data: Path) -> None:
    issued = cli(data, "walls", "issue", "hall")[1]
    token = re.fullmatch(r"http://127\.0\.0\.1:18050/\?token=(cbw_\S{43})\n", issued)
    assert token is not None
    wall = AccountsFile(data / "accounts.sqlite").wall(token[1])
    assert wall is not None
    listed = cli(data, "walls", "list")[1]
    assert listed.split()[:2] == [wall.id, "hall"]
    assert token[1] not in listed
    assert cli(data, "walls", "revoke", wall.id)[1] == f"{wall.id} revoked\n"
    assert "revoked" in cli(data, "walls", "list")[1]
    assert cli(data, "walls", "revoke", wall.id)[2] == (
        f"citybrain: {data}/accounts.sqlite: walls: no wall {wall.id!r} is in use; "
        "see 'citybrain walls list'\n"
    )


def test_people_by_a_table_and_a_link_for_each_who_came(data: Path) -> None:
    table, links = data / "people.csv", data / "links.csv"
    table.write_text(
        "name,role,departments\nge,grid_worker,city_management_centre\nwang,clerk,parks\n"
    )
    asked = ("accounts", "import", str(table))
    assert cli(data, *asked, "--dry-run")[:2] == (
        0,
        "would be: 2 added, 0 changed, 0 left, 0 as they were\n",
    )
    assert cli(data, *asked, "--links", str(links))[:2] == (
        0,
        "2 added, 0 changed, 0 left, 0 as they were\n",
    )
    rows = links.read_text("utf-8-sig").splitlines()
    assert [row.partition(",")[0] for row in rows] == ["name", "ge", "wang"]
    assert "/login/link?token=cbl_" in rows[1]
    assert links.stat().st_mode & 0o777 == 0o600
    code, said, _ = cli(data, "accounts", "link", "ge")
    assert (code, "/login/link?token=cbl_" in said) == (0, True)
