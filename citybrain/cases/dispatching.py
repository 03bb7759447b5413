"""Which unit has to deal with a matter, by the table of responsibilities, and why that one; pure.

The most exact entry counts: one that names the condition before one that names the kind, that
before one of a theme, that before one of everything; then the one of the smaller area; then the one
of who is on duty. Two units with equal entries are a fault of the file, never a matter of luck.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from citybrain.cases.stations import DUTY_TITLES, ON_CALL, STANDING, TURN, Station
from citybrain.cases.units import Responsibility, Unit, Units
from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import Text

WORDS = {
    "responsible": Text(
        "{unit}负责{what}（{where}）", "{unit} is responsible for {what} in {where}"
    ),
    "responsible_on_duty": Text(
        "{unit}负责{what}（{where}），当日{duty}",
        "{unit} is responsible for {what} in {where}, and on duty that day: {duty}",
    ),
    "nobody_responsible": Text(
        "职责表中没有负责{what}（{where}）的单位，转派遣员",
        "the table names nobody for {what} in {where}: a dispatcher decides",
    ),
}
"""Why a matter goes to a unit."""
EVERYTHING = "*"
DUTIES_BY_RANK = ("", ON_CALL, TURN, STANDING)


class Matter(NamedTuple):
    """What is to be dealt with.

    Attributes:
        kind, theme, condition, area: of it, "" where unknown.
    """

    kind: str
    theme: str
    condition: str
    area: str


class Destination(NamedTuple):
    """Where a matter goes.

    Attributes:
        unit: id; "": to a dispatcher.
        reason: why.
    """

    unit: str
    reason: Reason


class _Line(NamedTuple):
    """One line of the table: everything that a matter must be for it."""

    kind: str
    theme: str
    condition: str
    area: str
    duty: str

    def fits(self, matter: Matter) -> bool:
        pairs = zip(self[:3], (matter.kind, matter.theme, matter.condition), strict=True)
        return all(not wanted or wanted == given for wanted, given in pairs) and (
            matter.area.startswith(self.area)
        )

    @property
    def exactness(self) -> tuple[int, int, int, int]:
        what = 2 if self.kind else 1 if self.theme else 0
        return bool(self.condition), what, len(self.area), DUTIES_BY_RANK.index(self.duty)


class DispatchTable:
    """All responsibilities of a city, to look a matter up in."""

    def __init__(self, units: Iterable[Unit], stations: Mapping[str, Station]) -> None:
        """Know the responsibilities of `units`."""
        self._stations = stations
        self._lines: dict[str, list[tuple[_Line, str]]] = {}
        for line, unit, _ in _lines(units):
            key = line.kind or line.theme or EVERYTHING
            self._lines.setdefault(key, []).append((line, unit))
        for lines in self._lines.values():
            lines.sort(key=lambda one: one[0].exactness, reverse=True)

    def units(self) -> frozenset[str]:
        """Return all units that are responsible for something."""
        return frozenset(unit for lines in self._lines.values() for _, unit in lines)

    def destination(self, matter: Matter, day: date) -> Destination:
        """Return where a matter of a day of the city goes, and why."""
        on_duty: dict[str, str] = {}
        for station in self._stations.values():
            on_duty |= station.on_duty(day)
        keys = dict.fromkeys((matter.kind, matter.theme, EVERYTHING))
        lines = (one for key in keys for one in self._lines.get(key, ()))
        fitting = [
            (line, unit)
            for line, unit in lines
            if line.fits(matter) and (not line.duty or on_duty.get(unit) == line.duty)
        ]
        if not fitting:
            where = {"what": matter.kind, "where": matter.area}
            return Destination("", Reason("nobody_responsible", where))
        line, unit = max(fitting, key=lambda one: one[0].exactness)
        what = ",".join(
            part for part in (line.kind or line.theme or EVERYTHING, line.condition) if part
        )
        said = {"unit": unit, "what": what, "where": line.area}
        if line.duty:
            return Destination(unit, Reason("responsible_on_duty", {**said, "duty": line.duty}))
        return Destination(unit, Reason("responsible", said))


def destination_phrases(units: Units, city: City) -> Phrases:
    """Return the words of why a matter goes where."""
    kinds = {kind.id: kind.title for kind in city.kinds.values()}
    themes = {theme.id: theme.title for theme in city.themes.values()}
    terms = {
        "unit": {name: units.title(name) for name in units.by_id},
        "what": {**themes, **kinds, EVERYTHING: Text("各类事项", "everything")},
        "where": {code: area.title for code, area in city.areas.items()}
        | {"": Text("全市", "the whole city")},
        "duty": DUTY_TITLES,
    }
    return Phrases(WORDS, terms)


def ambiguous(units: Iterable[Unit]) -> Iterator[tuple[str, RecordFault]]:
    """Yield each unit with a fault where another one has the very same responsibility.

    What units have while it is their turn may be the same: they take turns.
    """
    seen: dict[_Line, str] = {}
    for line, unit, index in _lines(units):
        other = seen.setdefault(line, unit)
        if other != unit and line.duty != TURN:
            what = line.kind or line.theme or "everything"
            where = f" in {line.area}" if line.area else ""
            problem = f"{other!r} is responsible for {what}{where} just as well"
            remedy = "give it to one, or say a smaller area or a condition"
            yield unit, RecordFault(f"responsible[{index}]", problem, remedy)


def _lines(units: Iterable[Unit]) -> Iterator[tuple[_Line, str, int]]:
    for unit in units:
        for index, one in enumerate(unit.responsible):
            for line in _expanded(unit, one):
                yield line, unit.id, index


def _expanded(unit: Unit, one: Responsibility) -> Iterator[_Line]:
    whats = [(kind, "") for kind in one.kinds] + [("", theme) for theme in one.themes]
    for kind, theme in whats or [("", "")]:
        for condition in one.conditions or ("",):
            for area in one.areas or (unit.area,):
                yield _Line(kind, theme, condition, area, one.duty)
