"""Read a city's units.yaml: the tree of units, who stands where on duty, who has to do what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import yaml

from citybrain.cases.dispatching import ambiguous
from citybrain.cases.stations import DUTIES, Station
from citybrain.cases.units import LEVELS, Responsibility, Unit
from citybrain.city import City
from citybrain.city.references import RecordFault, check_id
from citybrain.floor.strict import Document, join, suggest
from citybrain.floor.text import NOTHING

UNITS = "units.yaml"
T = TypeVar("T")


@dataclass(frozen=True)
class UnitsFile:
    """What units.yaml says: units, and stations by the unit at which they are."""

    units: Mapping[str, Unit]
    stations: Mapping[str, Station]


def read_units(document: Document, city: City) -> UnitsFile:
    """Return what the file says, without what is faulty; its faults are the document's."""
    root = document.root()
    if document.faults:
        return UnitsFile({}, {})
    top = document.entries(root, "")
    for name in top:
        if name not in {"units", "stations"}:
            remedy = suggest(name, ["units", "stations"])
            document.fault(name, f"unknown key {name!r}", remedy)
    if "units" not in top:
        document.fault("", "key 'units' is missing", "add 'units:' with its records")
        return UnitsFile({}, {})
    nodes = document.entries(top["units"], "units")
    found = {
        name: document.record(node, Unit, join("units", name), {"id": name})
        for name, node in nodes.items()
    }
    units = {name: _named(unit, city) for name, unit in found.items() if unit is not None}
    stations = _stations(document, top)
    _note(document, "units", units, lambda one: check_unit(one, frozenset(nodes), city))
    _note(document, "stations", stations, lambda one: check_station(one, frozenset(nodes)))
    for name in stations:
        if name not in nodes:
            document.fault(join("stations", name), f"unknown unit {name!r}", suggest(name, nodes))
    for name, fault in (*check_tree(units), *ambiguous(units.values())):
        document.fault(join(join("units", name), fault.item), fault.problem, fault.remedy)
    return UnitsFile(units, stations)


def check_unit(unit: Unit, known: frozenset[str], city: City) -> Iterator[RecordFault]:
    """Yield what is wrong with a unit, given the ids of all units."""
    yield from check_id(unit.id)
    yield from _one_of(unit.level, LEVELS, "level", "level")
    if unit.title == NOTHING:
        remedy = "give title, or the id of a department"
        yield RecordFault("", f"{unit.id!r} has no title, and is no department", remedy)
    if unit.area:
        yield from _one_of(unit.area, city.areas, "area", "area")
    if unit.in_:
        yield from _one_of(unit.in_, known, "in", "unit")
    for index, one in enumerate(unit.responsible):
        for found in _check_responsibility(one, city):
            yield replace(found, item=f"responsible[{index}].{found.item}")


def _check_responsibility(one: Responsibility, city: City) -> Iterator[RecordFault]:
    for what, names, known in (
        ("kind", one.kinds, city.kinds),
        ("theme", one.themes, city.themes),
        ("area", one.areas, city.areas),
    ):
        for index, name in enumerate(names):
            yield from _one_of(name, known, f"{what}s[{index}]", what)
    if one.kinds and one.themes:
        yield RecordFault("themes", "kinds and themes at once", "give them apart")
    if one.duty:
        yield from _one_of(one.duty, DUTIES, "duty", "duty")


def check_station(station: Station, known: frozenset[str]) -> Iterator[RecordFault]:
    """Yield what is wrong with a station, given the ids of all units."""
    listed = [("standing", station.standing), ("on_call", station.on_call)]
    turns = station.turns
    if turns is not None:
        listed += [(f"turns.units[{index}]", one) for index, one in enumerate(turns.units)]
        if not turns.units:
            yield RecordFault("turns.units", "nobody takes turns", "list who, or leave turns out")
        if turns.turn_days < 1:
            yield RecordFault("turns.turn_days", f"{turns.turn_days} days", "give 1 or more")
        try:
            date.fromisoformat(turns.starts_on)
        except ValueError:
            problem = f"{turns.starts_on!r} is not a date"
            yield RecordFault("turns.starts_on", problem, "give one as '2026-01-05'")
    for item, names in listed:
        for index, name in enumerate(names):
            yield from _one_of(name, known, f"{item}[{index}]", "unit")


def check_tree(units: Mapping[str, Unit]) -> Iterator[tuple[str, RecordFault]]:
    """Yield each unit that stands in a circle, or below one of a lower level."""
    for unit in units.values():
        above, seen = units.get(unit.in_), {unit.id}
        if above and LEVELS.get(above.level, 0) > LEVELS.get(unit.level, 9):
            problem = f"a unit of level {unit.level} is not in one of level {above.level}"
            yield unit.id, RecordFault("in", problem, "put it into one of its level, or above")
        while above is not None and above.id not in seen:
            seen.add(above.id)
            above = units.get(above.in_)
        if above is not None and above.id == unit.id:
            remedy = "let one of them be at the top"
            yield unit.id, RecordFault("in", "it is above itself", remedy)


def _named(unit: Unit, city: City) -> Unit:
    department = city.departments.get(unit.id)
    return replace(unit, title=department.title) if unit.title == NOTHING and department else unit


def _stations(document: Document, top: Mapping[str, yaml.Node]) -> dict[str, Station]:
    found: dict[str, Station] = {}
    for name, node in (
        document.entries(top["stations"], "stations").items() if "stations" in top else ()
    ):
        station = document.record(node, Station, join("stations", name))
        if station is not None:
            found[name] = station
    return found


def _note(
    document: Document,
    key: str,
    found: Mapping[str, T],
    check: Callable[[T], Iterable[RecordFault]],
) -> None:
    for name, record in found.items():
        for fault in check(record):
            place = join(key, name)
            document.fault(
                join(place, fault.item) if fault.item else place, fault.problem, fault.remedy
            )


def _one_of(name: str, known: Iterable[str], item: str, what: str) -> Iterator[RecordFault]:
    if name not in known:
        yield RecordFault(item, f"unknown {what} {name!r}", suggest(name, known))
