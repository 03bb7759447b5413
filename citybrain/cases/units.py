"""The units of a city, a tree: who is above whom, who belongs to which; pure.

A unit that is a department bears its id, so one list of ids is what an account may act for, what a
record concerns, and what a scope is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from citybrain.floor.text import NOTHING, Text
from citybrain.workflow.commands import Actor

LEVELS: Mapping[str, int] = {"region": 1, "city": 2, "district": 3, "street": 4, "grid": 4}
"""Level → its rank; a grid cell is of the fourth, within its street."""


@dataclass(frozen=True)
class Responsibility:
    """What a unit has to do; where several units fit, the most exact one counts.

    Attributes:
        kinds, themes: of what; one of the two, or neither: of everything.
        conditions: only where the kind has one of these; none: whatever the condition.
        areas: codes, with all below them; none: the unit's own area.
        duty: only while the unit is on duty as this (``standing``, ``turn``, ``on_call``); "":
            always.
    """

    kinds: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    duty: str = ""


@dataclass(frozen=True)
class Unit:
    """Somebody who can own a case: a department, a street office, a grid cell, a centre.

    Attributes:
        id: snake_case; a department's own, where it is one.
        level: one of `LEVELS`.
        title: what it is called; not given: as the department.
        in_: id of the unit above; "": it is at the top.
        area: code of what it covers; "": the whole city.
        members: accounts that act for it beside those whose own limits name it.
        responsible: what it has to do.
    """

    id: str
    level: str
    title: Text = NOTHING
    in_: str = ""
    area: str = ""
    members: tuple[str, ...] = ()
    responsible: tuple[Responsibility, ...] = ()


class Units:
    """All units of a city."""

    def __init__(self, units: Iterable[Unit] = ()) -> None:
        """Know `units`; one that names nobody who is known stands at the top."""
        self.by_id: dict[str, Unit] = {unit.id: unit for unit in units}
        self._paths = {name: self._path(name) for name in self.by_id}
        self._concerned: dict[frozenset[str], tuple[str, ...]] = {}
        self._of: dict[str, set[str]] = {}
        for unit in self.by_id.values():
            for user in unit.members:
                self._of.setdefault(user, set()).add(unit.id)

    def __contains__(self, name: str) -> bool:
        """Whether there is a unit `name`."""
        return name in self.by_id

    def path(self, name: str) -> tuple[str, ...]:
        """Return the unit and those above it, the nearest first; itself alone if unknown."""
        return self._paths.get(name, (name,))

    def above(self, name: str) -> str:
        """Return the unit next above; itself where there is none."""
        path = self.path(name)
        return path[1] if len(path) > 1 else name

    def concerned(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the units `names` and all above them, sorted."""
        key = frozenset(names)
        found = self._concerned.get(key)
        if found is None:
            found = tuple(sorted({one for name in key for one in self.path(name)}))
            self._concerned[key] = found
        return found

    def as_member(self, actor: Actor) -> Actor:
        """Return `actor` with the units that list it: it acts for those, and sees no others."""
        listed = self._of.get(actor.user)
        if not listed or listed.issubset(actor.departments):
            return actor
        return replace(actor, departments=tuple(sorted(listed.union(actor.departments))))

    def title(self, name: str) -> Text:
        """Return what a unit is called."""
        unit = self.by_id.get(name)
        return unit.title if unit and unit.title != NOTHING else Text(name, name)

    def _path(self, name: str) -> tuple[str, ...]:
        path: dict[str, None] = {}
        while name in self.by_id and name not in path:
            path[name] = None
            name = self.by_id[name].in_
        return tuple(path)


def is_of(actor: Actor, unit: str) -> bool:
    """Return whether an actor belongs to a unit."""
    return unit in actor.departments


def acts_for(actor: Actor, unit: str) -> bool:
    """Return whether an actor may act for a unit: belongs to it, or is of the whole city."""
    return not actor.departments or unit in actor.departments
