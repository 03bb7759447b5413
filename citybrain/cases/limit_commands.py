"""`citybrain limits …`: the profiles of limits, what is in one, and what another would change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from citybrain.cases import stored_cases
from citybrain.cases.case_clocks import CaseClocks, measured_clocks
from citybrain.cases.city_clocks import clocks_of
from citybrain.cases.limit_files import LIMITS, load_profiles
from citybrain.cases.limits import CaseLimit, LimitEffect, LimitProfile, compare, late_by
from citybrain.cases.stored_cases import TIMEOUT_S
from citybrain.city import City, load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.settings import from_environment
from citybrain.floor.store import connect_reader
from citybrain.floor.strict import suggest
from citybrain.floor.terminal import say
from citybrain.floor.text import Text

limits = typer.Typer(help="How long what may take: profiles of limits.", no_args_is_help=True)
Folder = Annotated[Path | None, typer.Option("--city", help="A city's folder.")]
Name = Annotated[str, typer.Argument(help="A profile: the name of its file.")]
NONE = "–"


@limits.command("list")
def list_profiles(folder: Folder = None) -> None:
    """List the profiles of the city; those that it goes by are numbered in their order."""
    city = _city(folder)
    for profile in load_profiles(city).values():
        mark = city.limits.index(profile.id) + 1 if profile.id in city.limits else " "
        example = "  (example: check it)" if profile.example else ""
        count = f"{len(profile.limits)} limits"
        say(f"{mark} {profile.id:20} {count:10} {_both(profile.title)}{example}")


@limits.command("show")
def show_profile(profile: Name, folder: Folder = None) -> None:
    """Print the limits of a profile: name, kind, condition, how long, and where it is written."""
    found = _profile(_city(folder), profile)
    say(f"{found.id}: {_both(found.title)}{'  (example: check it)' if found.example else ''}")
    for line in _aligned([[*one.key, _limit(one), _source(one)] for one in found.limits]):
        say(line)


@limits.command("compare")
def compare_profiles(
    before: Name,
    after: Name,
    stored: Annotated[
        bool, typer.Option("--cases/--no-cases", help="Count the store's cases by both.")
    ] = True,
    folder: Folder = None,
) -> None:
    """Print what changes for each name, kind and condition if AFTER takes the place of BEFORE.

    For each: how many clocks of stored cases it is about, and how many of them would have been late
    by either, pauses as they were and extensions left out.
    """
    city = _city(folder)
    old, new = _profile(city, before), _profile(city, after)
    if not any(one.changes for one in compare(old, new)):
        say(f"{before} and {after}: the same limits")
        return
    found = _by_stored(city, old, new) if stored else compare(old, new)
    for line in _aligned(_changes(before, after, found, counted=stored)):
        say(line)


def _changes(
    before: str, after: str, found: Sequence[LimitEffect], *, counted: bool
) -> list[list[str]]:
    more = ["clocks", f"late by {before}", f"late by {after}"] if counted else []
    rows = [["limit", "kind", "condition", before, after, *more]]
    for one in found:
        if one.changes:
            counts = [str(n) for n in (one.cases, one.late_before, one.late_after)]
            shown = [*one.key, _limit(one.before), _limit(one.after)]
            rows.append([*shown, *(counts if counted else [])])
    return rows


def _by_stored(city: City, old: LimitProfile, new: LimitProfile) -> Sequence[LimitEffect]:
    now, clocks = SystemClock().now(), clocks_of(city)
    # Read by either profile alone: a clock may have a limit in one that the city's lack.
    either = CaseClocks((old, new), clocks.time)
    with connect_reader(from_environment(), timeout_s=TIMEOUT_S) as client:
        measured = (
            one for case in stored_cases.newest(client) for one in measured_clocks(either, case)
        )
        return compare(old, new, measured, late_by(clocks.time, now))


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows as lines, columns under each other."""
    filled = [[cell or NONE for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*filled, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in filled
    ]


def _limit(limit: CaseLimit | None) -> str:
    return f"{limit.amount} {limit.unit}" if limit else NONE


def _source(limit: CaseLimit) -> str:
    closing = _both(limit.closing)
    return f"{limit.source}; closed when: {closing}" if closing else limit.source


def _both(text: Text) -> str:
    return " ".join(dict.fromkeys(part for part in text.both() if part))


def _city(folder: Path | None) -> City:
    return load_city(folder or from_environment().city_folder)


def _profile(city: City, name: str) -> LimitProfile:
    found = load_profiles(city)
    if name not in found:
        problem = f"there is no profile {name!r}"
        raise ConfigError([Fault(str(city.folder), LIMITS, problem, suggest(name, found))])
    return found[name]
