"""People of a city as a table: who comes, who changes, who leaves; read whole or refused whole."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from citybrain.accounts.accounts_file import changing
from citybrain.accounts.records import Account, folded, name_problem
from citybrain.accounts.roles import ROLES
from citybrain.floor.errors import ConfigError, Fault

COLUMNS = ("name", "title", "role", "departments", "areas", "state")
NEEDED = ("name", "role")
IN_USE, LEFT = "in_use", "left"
LONGEST_TITLE = 80
_AND = ";"


@dataclass(frozen=True)
class AccountLine:
    """One line of the table.

    Attributes:
        name: of the account, folded.
        role, title, departments, areas: as in `Account`.
        left: whether nobody may sign in with it any more.
    """

    name: str
    role: str
    title: str
    departments: tuple[str, ...]
    areas: tuple[str, ...]
    left: bool


@dataclass
class TableOutcome:
    """What became of the lines: names of accounts that were added, changed, disabled; others."""

    added: list[str]
    changed: list[str]
    left: list[str]
    same: int = 0


def read_people(
    path: Path, departments: Mapping[str, object], areas: Mapping[str, object]
) -> list[AccountLine]:
    """Return the people in the CSV file `path` (UTF-8, comma, a header).

    Args:
        path: the file.
        departments: of the city, by id; units too, where it has them.
        areas: of the city, by code.

    Raises:
        ConfigError: something is wrong; it carries every fault with its line.
    """
    reader = csv.DictReader(io.StringIO(_text(path), newline=""))
    header = [name.strip() for name in reader.fieldnames or ()]
    faults = list(_header_faults(path, header))
    if faults:
        raise ConfigError(faults)
    reader.fieldnames = header
    people: dict[str, AccountLine] = {}
    for row in reader:
        given = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if not any(given.values()):
            continue
        person = _person(given)
        place = f"{path}:{reader.line_num}"
        faults += _faults(place, person, given, departments, areas)
        if person.name in people:
            remedy = "give each account one line"
            faults.append(Fault(place, "name", f"{person.name!r} stands twice", remedy))
        people[person.name] = person
    if faults:
        raise ConfigError(faults)
    return list(people.values())


def take_people(
    path: Path, people: list[AccountLine], now: datetime, *, dry_run: bool = False
) -> TableOutcome:
    """Make the accounts what the table says, all of them or none; who is not in it stays.

    Args:
        path: the file of accounts.
        people: as `read_people` returns them.
        now: the present instant.
        dry_run: change nothing, only say what would be.

    Raises:
        ConfigError: the file of accounts cannot be read.
    """
    outcome = TableOutcome([], [], [])
    with changing(path) as draft:
        for person in people:
            before = draft.account(person.name)
            if before is None and person.left:
                outcome.same += 1
                continue
            after = _account(before, person, now)
            if before == after:
                outcome.same += 1
                continue
            if not dry_run:
                draft.put(replace(after, changed_at=now))
            gone = person.left and (before is None or before.disabled_at is None)
            told = outcome.left if gone else outcome.changed if before else outcome.added
            told.append(person.name)
    return outcome


def _account(before: Account | None, person: AccountLine, now: datetime) -> Account:
    """Return the account of a person; who leaves, or comes back, has no session any more."""
    known = before or Account(
        name=person.name, role=person.role, created_at=now, changed_at=now, epoch=_epoch()
    )
    disabled_at = (known.disabled_at or now) if person.left else None
    turned = (known.disabled_at is None) != (disabled_at is None)
    return replace(
        known,
        role=person.role,
        title=person.title or known.title,
        departments=person.departments,
        areas=person.areas,
        disabled_at=disabled_at,
        epoch=_epoch() if turned else known.epoch,
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise ConfigError([Fault(str(path), "", problem, "name a CSV file")]) from error
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is no UTF-8"
        remedy = "save it as 'CSV UTF-8' (Excel offers both)"
        raise ConfigError([Fault(str(path), "", problem, remedy)]) from error


def _header_faults(path: Path, header: list[str]) -> Iterator[Fault]:
    place = f"{path}:1"
    for name in NEEDED:
        if name not in header:
            remedy = f"begin with a line of {', '.join(COLUMNS)}"
            yield Fault(place, name, "this column is missing", remedy)
    for name in header:
        if name not in COLUMNS:
            remedy = f"known are {', '.join(COLUMNS)}"
            yield Fault(place, name, "nobody knows this column", remedy)


def _person(given: Mapping[str, str]) -> AccountLine:
    return AccountLine(
        name=folded(given["name"]),
        role=given["role"],
        title=given["title"],
        departments=_several(given["departments"]),
        areas=_several(given["areas"]),
        left=given["state"] == LEFT,
    )


def _several(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.split(_AND) if one.strip()))


def _faults(
    place: str,
    person: AccountLine,
    given: Mapping[str, str],
    departments: Mapping[str, object],
    areas: Mapping[str, object],
) -> Iterator[Fault]:
    if problem := name_problem(person.name):
        yield Fault(place, "name", problem, "use letters, digits and . _ @ -, at most 64")
    if person.role not in ROLES:
        remedy = f"known are {', '.join(ROLES)}"
        yield Fault(place, "role", f"there is no role {person.role!r}", remedy)
    if len(person.title) > LONGEST_TITLE:
        remedy = f"give at most {LONGEST_TITLE} characters"
        yield Fault(place, "title", f"{len(person.title)} characters", remedy)
    if given["state"] not in {"", IN_USE, LEFT}:
        problem = f"{given['state']!r} is no state"
        yield Fault(place, "state", problem, f"give {IN_USE} or {LEFT}, or nothing")
    for what, names, known in (
        ("departments", person.departments, departments),
        ("areas", person.areas, areas),
    ):
        for name in names:
            if name not in known:
                problem = f"there is no {what[:-1]} {name!r}"
                yield Fault(place, what, problem, f"see {what}.yaml of the city's folder")


def _epoch() -> str:
    return secrets.token_hex(8)
