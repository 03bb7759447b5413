"""People by CSV: who comes, changes and leaves; refused whole, with every line that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from citybrain.accounts.accounts_file import account_of, read
from citybrain.accounts.people_table import TableOutcome, read_people, take_people
from citybrain.accounts.sign_in_links import issue_link, redeem_link
from citybrain.floor.errors import ConfigError

NOW = datetime(2026, 11, 30, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
UNITS, AREAS = dict.fromkeys(["sanitation", "parks"]), dict.fromkeys(["150302", "150302003"])
HEADER = "name,title,role,departments,areas,state\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.sqlite"


def table(folder: Path, *lines: str, header: str = HEADER) -> Path:
    file = folder / "people.csv"
    file.write_text(header + "".join(f"{line}\n" for line in lines), "utf-8-sig")
    return file


def take(path: Path, *lines: str, now: datetime = NOW, dry_run: bool = False) -> TableOutcome:
    people = read_people(table(path.parent, *lines), UNITS, AREAS)
    return take_people(path, people, now, dry_run=dry_run)


def test_people_come_change_and_leave_and_who_is_not_in_the_table_stays(path: Path) -> None:
    first = take(path, "Li.Na,李娜,grid_worker,sanitation;parks,150302003,", "wang,,clerk,,,in_use")
    again = take(path, "Li.Na,李娜,grid_worker,sanitation;parks,150302003,", now=LATER)
    later = take(path, "li.na,李娜,grid_worker,parks,150302003,", "wang,,clerk,,,left", now=LATER)

    assert (first, again.same) == (TableOutcome(["li.na", "wang"], [], []), 1)
    assert later == TableOutcome([], ["li.na"], ["wang"])
    na, wang = account_of(path, "li.na"), account_of(path, "wang")
    assert na is not None
    assert wang is not None
    assert (na.title, na.departments, na.areas) == ("李娜", ("parks",), ("150302003",))
    assert wang.disabled_at == LATER
    acts = [entry.action for entry in read(path).untold]
    assert acts == ["account_add", "account_add", "account_change", "account_disable"]


def test_dry_run_changes_nothing(path: Path) -> None:
    assert take(path, "wang,,clerk,,,", dry_run=True).added == ["wang"]
    assert read(path).accounts == ()


def test_who_left_has_no_session_and_comes_back_with_none(path: Path) -> None:
    take(path, "wang,,clerk,,,")
    epochs = [account_of(path, "wang")]
    take(path, "wang,,clerk,,,left", now=LATER)
    epochs.append(account_of(path, "wang"))
    take(path, "wang,,clerk,,,", now=LATER)
    epochs.append(account_of(path, "wang"))
    assert len({one.epoch for one in epochs if one}) == 3


def test_table_when_lines_are_wrong_then_all_are_told_and_nobody_is_taken(path: Path) -> None:
    lines = (
        "engine,,clerk,,,",
        "wang,,klerk,,,",
        "zhao,,clerk,parcs,15,gone",
        f"sun,{'长' * 81},clerk,,,",
        "zhao,,clerk,,,",
    )
    with pytest.raises(ConfigError) as caught:
        take(path, *lines)
    told = [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]
    assert told == [
        "people.csv:2: name: 'engine' is a name of the platform itself; "
        "use letters, digits and . _ @ -, at most 64",
        "people.csv:3: role: there is no role 'klerk'; known are viewer, officer, commander, "
        "rule_author, clerk, mediator, grid_worker, dispatcher, supervisor, administrator",
        "people.csv:4: state: 'gone' is no state; give in_use or left, or nothing",
        "people.csv:4: departments: there is no department 'parcs'; "
        "see departments.yaml of the city's folder",
        "people.csv:4: areas: there is no area '15'; see areas.yaml of the city's folder",
        "people.csv:5: title: 81 characters; give at most 80 characters",
        "people.csv:6: name: 'zhao' stands twice; give each account one line",
    ]
    assert read(path).accounts == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            b"name,titel\nx,y\n",
            "people.csv:1: role: this column is missing; begin with a line of name, title, role, "
            "departments, areas, state",
        ),
        (
            "姓名\n".encode("gb18030"),
            "people.csv: byte 0 is no UTF-8; save it as 'CSV UTF-8' (Excel offers both)",
        ),
        (None, "people.csv: cannot be read: No such file or directory; name a CSV file"),
    ],
)
def test_table_when_it_is_none_then_says_so(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "people.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_people(file, UNITS, AREAS)
    assert str(caught.value.faults[0]).replace(f"{tmp_path}/", "").replace(": :", ":") == problem


def test_link_lets_in_once_until_it_runs_out_and_the_newest_alone(path: Path) -> None:
    take(path, "wang,,clerk,,,")
    old, new = issue_link(path, "Wang", NOW), issue_link(path, "wang", NOW)
    assert new.encode() not in path.read_bytes()

    assert redeem_link(path, old, NOW) is None
    found = redeem_link(path, new, NOW)
    assert found is not None
    assert found.name == "wang"
    assert redeem_link(path, new, NOW) is None
    assert redeem_link(path, issue_link(path, "wang", NOW), LATER + timedelta(seconds=1)) is None
    assert redeem_link(path, "cbl_no", NOW) is None


def test_link_of_who_left_lets_nobody_in(path: Path) -> None:
    take(path, "wang,,clerk,,,")
    token = issue_link(path, "wang", NOW)
    take(path, "wang,,clerk,,,left")

    assert redeem_link(path, token, NOW) is None
    with pytest.raises(ConfigError, match="wang: there is no such account in use"):
        issue_link(path, "wang", NOW)
    take(path, "wang,,clerk,,,")
    with pytest.raises(ConfigError, match="a link cannot last for 337 hours; give 1 to 336 hours"):
        issue_link(path, "wang", NOW, timedelta(hours=337))
