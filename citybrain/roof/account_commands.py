"""`citybrain accounts …`, `citybrain walls …` and `citybrain readers …`."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from citybrain.accounts import changes, passwords, people_table, private_files
from citybrain.accounts.accounts_file import read
from citybrain.accounts.first_start import local_token
from citybrain.accounts.records import Account, folded
from citybrain.accounts.roles import ACTIONS, ROLES
from citybrain.accounts.sign_in_links import issue_link as issue_sign_in_link
from citybrain.cases.workflow_files import load_case_setup
from citybrain.city import City, load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.settings import Settings, from_environment
from citybrain.floor.terminal import say

accounts = typer.Typer(help="Accounts of people.", no_args_is_help=True)
walls = typer.Typer(help="Tokens that open walls.", no_args_is_help=True)
readers = typer.Typer(help="Tokens by which programs read alerts.", no_args_is_help=True)

Role = Annotated[str, typer.Option(help=f"one of {', '.join(ROLES)}")]
Title = Annotated[str | None, typer.Option(help="the person's name on screens")]
Departments = Annotated[
    list[str] | None, typer.Option("--department", help="only this one; may be given again")
]
Areas = Annotated[
    list[str] | None, typer.Option("--area", help="only this area's code; may be given again")
]
Everywhere = Annotated[bool, typer.Option("--everywhere", help="all departments and areas")]
Made = Annotated[bool, typer.Option("--random", help="make a password and print it, this once")]
Piped = Annotated[bool, typer.Option("--stdin", help="read the password's line, do not ask")]
Hours = Annotated[float, typer.Option(help="for how long it lets in")]
Name = Annotated[str, typer.Argument(help="the account's name")]


@accounts.command("add")
def add_account(  # noqa: PLR0913, PLR0917  # one option, one argument
    name: Name,
    role: Role,
    title: Title = None,
    department: Departments = None,
    area: Areas = None,
    random: Made = False,
    stdin: Piped = False,
) -> None:
    """Make an account; its password is asked for twice, unless told otherwise."""
    settings = from_environment()
    scope = _scope(settings, department, area)
    password = _password(name, made=random, piped=stdin)
    now = SystemClock().now()
    account = changes.add(
        settings.accounts_path, name, password, now, role=role, title=title or "", **scope
    )
    say(f"{account.name} added as {account.role}{_told(password, random)}")


@accounts.command("change")
def change_account(
    name: Name,
    role: Annotated[str | None, typer.Option(help=f"one of {', '.join(ROLES)}")] = None,
    title: Title = None,
    department: Departments = None,
    area: Areas = None,
    everywhere: Everywhere = False,
) -> None:
    """Give an account another role, name, departments or areas; it holds within a second."""
    settings = from_environment()
    wanted = {"role": role, "title": title, **_scope(settings, department, area)}
    given = {key: value for key, value in wanted.items() if value}
    if everywhere:
        given |= {"departments": (), "areas": ()}
    account = changes.change(settings.accounts_path, name, SystemClock().now(), **given)
    say(_line(account))


@accounts.command("list")
def list_accounts() -> None:
    """List accounts: name, role, departments, areas, state."""
    for account in read(from_environment().accounts_path).accounts:
        say(_line(account))


@accounts.command("password")
def change_password(name: Name, random: Made = False, stdin: Piped = False) -> None:
    """Give an account another password; all its sessions end."""
    settings = from_environment()
    password = _password(name, made=random, piped=stdin)
    account = changes.set_password(settings.accounts_path, name, password, SystemClock().now())
    say(f"{account.name}: password changed{_told(password, random)}")


@accounts.command("disable")
def disable_account(name: Name) -> None:
    """Let nobody sign in with an account any more; it is out within a second."""
    account = changes.disable(from_environment().accounts_path, name, SystemClock().now())
    say(f"{account.name} disabled")


@accounts.command("enable")
def enable_account(name: Name) -> None:
    """Let the person of an account sign in again."""
    account = changes.enable(from_environment().accounts_path, name, SystemClock().now())
    say(f"{account.name} enabled")


@accounts.command("import")
def import_accounts(
    file: Annotated[Path, typer.Argument(help="CSV: name, title, role, departments, areas, state")],
    links: Annotated[
        Path | None, typer.Option(help="write a sign-in link for each who came to this file")
    ] = None,
    hours: Hours = 72,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be")] = False,
) -> None:
    """Make the accounts what a table of people says; who left has the state `left`."""
    settings = from_environment()
    city = load_city(settings.city_folder)
    people = people_table.read_people(file, _belongings(city), city.areas)
    now, path = SystemClock().now(), settings.accounts_path
    told = people_table.take_people(path, people, now, dry_run=dry_run)
    if links is not None and not dry_run:
        rows = [(name, _link(settings, name, hours)) for name in told.added]
        private_files.write(links, _csv([("name", "link"), *rows]))
    counts = f"{len(told.added)} added, {len(told.changed)} changed, {len(told.left)} left"
    say(f"{'would be: ' if dry_run else ''}{counts}, {told.same} as they were")


@accounts.command("link")
def issue_link(name: Name, hours: Hours = 24) -> None:
    """Print a link by which the person of an account signs in once, for example on a phone."""
    say(_link(from_environment(), name, hours))


@accounts.command("roles")
def list_roles() -> None:
    """List what each role may do."""
    for action in sorted(ACTIONS):
        holders = [role.id for role in ROLES.values() if action in role.actions]
        say(f"{action:16}  {', '.join(holders)}")


@walls.command("issue")
def issue_wall(name: Annotated[str, typer.Argument(help="which wall it is for")]) -> None:
    """Make a token for the wall NAME and print its address, this once; its hash is kept."""
    settings = from_environment()
    token = changes.issue_wall(settings.accounts_path, name, SystemClock().now())
    say(f"{settings.screens_address}/?token={token}")


@walls.command("address")
def show_address() -> None:
    """Print the address of this machine's own wall, with the token that opens it."""
    settings = from_environment()
    token = local_token(settings, SystemClock().now())
    if not token:
        problem, remedy = "the wall of this machine was revoked", "see 'citybrain walls issue'"
        raise ConfigError([Fault(str(settings.accounts_path), "walls", problem, remedy)])
    typer.echo(f"{settings.screens_address}/?token={token}")


@walls.command("list")
def list_walls() -> None:
    """List walls: id, name, when issued and when revoked; never the token itself."""
    for wall in read(from_environment().accounts_path).walls:
        state = f"revoked {wall.revoked_at:%Y-%m-%d %H:%M}" if wall.revoked_at else "in use"
        say(f"{wall.id}  {wall.name:24}  {wall.created_at:%Y-%m-%d %H:%M}  {state}")


@walls.command("revoke")
def revoke_wall(wall_id: Annotated[str, typer.Argument(help="as 'walls list' shows it")]) -> None:
    """Take a wall's token out of use; the wall goes dark within seconds."""
    path = from_environment().accounts_path
    if changes.revoke_wall(path, wall_id, SystemClock().now()) is None:
        problem = f"no wall {wall_id!r} is in use"
        raise ConfigError([Fault(str(path), "walls", problem, "see 'citybrain walls list'")])
    say(f"{wall_id} revoked")


@readers.command("issue")
def issue_reader(
    name: Annotated[str, typer.Argument(help="which program it is for")],
    department: Departments = None,
    area: Areas = None,
) -> None:
    """Make a token by which the program NAME reads alerts, and print it, this once."""
    settings = from_environment()
    scope = _scope(settings, department, area)
    now = SystemClock().now()
    say(changes.issue_reader(settings.accounts_path, name, now, **scope))


@readers.command("list")
def list_readers() -> None:
    """List readers: id, name, departments, areas, when issued and when revoked."""
    for one in read(from_environment().accounts_path).readers:
        state = f"revoked {one.revoked_at:%Y-%m-%d %H:%M}" if one.revoked_at else "in use"
        departments = ",".join(one.departments) or "all departments"
        areas = ",".join(one.areas) or "all areas"
        made = f"{one.created_at:%Y-%m-%d %H:%M}"
        say(f"{one.id}  {one.name:24}  {departments}  {areas}  {made}  {state}")


@readers.command("revoke")
def revoke_reader(
    reader_id: Annotated[str, typer.Argument(help="as 'readers list' shows it")],
) -> None:
    """Take a reader's token out of use; it reads nothing from the next second on."""
    path = from_environment().accounts_path
    if changes.revoke_reader(path, reader_id, SystemClock().now()) is None:
        problem = f"no reader {reader_id!r} is in use"
        raise ConfigError([Fault(str(path), "readers", problem, "see 'citybrain readers list'")])
    say(f"{reader_id} revoked")


def _link(settings: Settings, name: str, hours: float) -> str:
    lasts = timedelta(hours=hours)
    token = issue_sign_in_link(settings.accounts_path, name, SystemClock().now(), lasts)
    return f"{settings.screens_address}/login/link?token={token}"


def _csv(rows: Iterable[tuple[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _belongings(city: City) -> dict[str, Any]:
    """Return what an account can be limited to: departments, and units of cases."""
    return {**city.departments, **load_case_setup(city).units.by_id}


def _scope(
    settings: Settings, departments: list[str] | None, areas: list[str] | None
) -> dict[str, Any]:
    if not (departments or areas):
        return {}
    city, place = load_city(settings.city_folder), str(settings.city_folder)
    known = _belongings(city)
    faults = [_unknown(place, "department", one, known) for one in departments or ()]
    faults += [_unknown(place, "area", one, city.areas) for one in areas or ()]
    if found := [fault for fault in faults if fault]:
        raise ConfigError(found)
    return {"departments": tuple(departments or ()), "areas": tuple(areas or ())}


def _unknown(place: str, what: str, one: str, known: Any) -> Fault | None:
    if one in known:
        return None
    remedy = f"see {Path(place) / f'{what}s.yaml'}"
    return Fault(place, f"{what}s", f"there is no {what} {one!r}", remedy)


def _password(name: str, *, made: bool, piped: bool) -> str:
    if made:
        return passwords.make()
    if piped:
        return sys.stdin.readline().rstrip("\r\n")
    return str(
        typer.prompt(f"password of {folded(name)}", hide_input=True, confirmation_prompt=True)
    )


def _told(password: str, made: bool) -> str:
    return f"; password, shown this once: {password}" if made else ""


def _line(account: Account) -> str:
    state = f"disabled {account.disabled_at:%Y-%m-%d %H:%M}" if account.disabled_at else "in use"
    departments = ",".join(account.departments) or "all departments"
    areas = ",".join(account.areas) or "all areas"
    how = "" if account.password else "  (OIDC)"
    return f"{account.name:24}  {account.role:13}  {departments}  {areas}  {state}{how}"
