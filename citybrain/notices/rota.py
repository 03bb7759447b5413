"""The duty rota: who is on at an instant; pure, in the city's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from citybrain.city.hours_of_day import minutes
from citybrain.floor.text import Text


@dataclass(frozen=True)
class Person:
    """Somebody on duty: a role account, never a name.

    Attributes:
        title: what it is called.
        receivers: its own receivers in routing.yaml, all of which hear.
    """

    title: Text
    receivers: tuple[str, ...]


@dataclass(frozen=True)
class Shift:
    """A part of the day, from its beginning to that of the next shift.

    Attributes:
        from_: ``HH:MM`` of the hand-over.
        people: ids, in the order in which they take turns.
    """

    from_: str
    people: tuple[str, ...]


@dataclass(frozen=True)
class Override:
    """Somebody stands in.

    Attributes:
        on: ISO date on which the shift begins.
        person: id of who stands in.
        shift: name of the shift; "": all shifts of the day.
    """

    on: str
    person: str
    shift: str = ""


@dataclass(frozen=True)
class Rota:
    """Who takes turns at one post.

    Attributes:
        title: the post.
        starts_on: ISO date on which the first person of each shift begins.
        shifts: name → shift.
        turn_days: days after which the next person's turn begins.
        overrides: who stands in for whom.
    """

    title: Text
    starts_on: str
    shifts: Mapping[str, Shift]
    turn_days: int = 7
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True)
class Duty:
    """Who is on, as which shift, from when to when (aware, in the city's zone)."""

    person: str
    shift: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class RotaFile:
    """What rota.yaml says: people and posts by id."""

    people: Mapping[str, Person] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)


def who_is_on(rota: Rota, instant: datetime, zone: ZoneInfo) -> Duty:
    """Return who is on duty at `instant` (aware)."""
    today = instant.astimezone(zone).date()
    starts = sorted(
        (_at(today + timedelta(days=ahead), shift.from_, zone), name)
        for ahead in (-1, 0, 1, 2)
        for name, shift in rota.shifts.items()
    )
    last = max(index for index, (begin, _) in enumerate(starts) if begin <= instant)
    since, name = starts[last]
    return Duty(_turn(rota, name, since.date()), name, since, starts[last + 1][0])


def _turn(rota: Rota, shift: str, day: date) -> str:
    for override in rota.overrides:
        if override.on == day.isoformat() and override.shift in ("", shift):
            return override.person
    people = rota.shifts[shift].people
    turns = (day - date.fromisoformat(rota.starts_on)).days // rota.turn_days
    return people[turns % len(people)]


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    midnight = datetime.combine(day, datetime.min.time(), zone)
    return midnight + timedelta(minutes=minutes(clock))
