"""Read the profiles of a city's folder, limits/<profile>.yaml, or say what is wrong with them.

title        what the profile is called
names        what has to be done, with titles
conditions   with titles
kinds        titles of kinds that the city's catalogue does not have
limits       name, kind, condition → amount, unit, closing, source
example      true: nobody has checked it against the regulation yet
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from citybrain.cases.limits import CaseLimit, LimitKey, LimitProfile
from citybrain.cases.time_units import MOST_AMOUNT, TIME_UNITS
from citybrain.city import City
from citybrain.city.references import RecordFault, check_id
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.strict import Document, suggest
from citybrain.floor.text import Text

LIMITS = "limits"


@dataclass(frozen=True)
class _ProfileFile:
    """What limits/<profile>.yaml says."""

    title: Text
    names: Mapping[str, Text]
    limits: tuple[CaseLimit, ...]
    conditions: Mapping[str, Text] = field(default_factory=dict)
    kinds: Mapping[str, Text] = field(default_factory=dict)
    example: bool = False


def load_profiles(city: City) -> dict[str, LimitProfile]:
    """Return the profiles of `city` by id; none where it has no such folder.

    Raises:
        ConfigError: something is wrong; it carries every fault of every file.
    """
    found, faults = dict[str, LimitProfile](), list[Fault]()
    for path in sorted((city.folder / LIMITS).glob("*.yaml")):
        document = Document(path)
        profile = _profile(document, city)
        faults.extend(document.sorted_faults())
        if profile is not None:
            found[profile.id] = profile
    if faults:
        raise ConfigError(faults)
    return found


def chosen_profiles(city: City) -> tuple[LimitProfile, ...]:
    """Return the profiles that `city` goes by, as city.yaml says; what one lacks the next may have.

    Raises:
        ConfigError: something is wrong with the profiles.
    """
    found = load_profiles(city)
    return tuple(found[name] for name in city.limits if name in found)


def limit_names(city: City) -> frozenset[str] | None:
    """Return the names of the limits that `city` goes by; None: none, or they cannot be read."""
    try:
        profiles = chosen_profiles(city)
    except ConfigError:
        return None  # `limit_faults` tells
    return frozenset(one.name for profile in profiles for one in profile.limits) or None


def limit_faults(city: City) -> tuple[Fault, ...]:
    """Return all that is wrong with the profiles of `city`."""
    try:
        load_profiles(city)
    except ConfigError as error:
        return error.faults
    return ()


def _profile(document: Document, city: City) -> LimitProfile | None:
    name = Path(document.path).stem
    root = document.root()
    found = document.record(root, _ProfileFile, "") if root is not None else None
    for one in check_id(name):
        document.fault("", one.problem, "name the file in a-z, 0-9 and _, a letter first")
    if found is None:
        return None
    for fault in _faults(found, city):
        document.fault(fault.item, fault.problem, fault.remedy)
    return LimitProfile(
        id=name,
        title=found.title,
        names=found.names,
        limits=found.limits,
        conditions=found.conditions,
        kinds=found.kinds,
        example=found.example,
    )


def _faults(found: _ProfileFile, city: City) -> Iterator[RecordFault]:
    for section in ("names", "conditions", "kinds"):
        for name in getattr(found, section):
            for wrong in check_id(name):
                yield RecordFault(f"{section}.{name}", wrong.problem, wrong.remedy)
    for name in found.kinds.keys() & city.kinds.keys():
        problem = "the city's catalogue has it"
        yield RecordFault(f"kinds.{name}", problem, "take it away, or give it another id")
    if not found.limits:
        yield RecordFault("limits", "no limit", "give at least one")
    seen = set[LimitKey]()
    for index, one in enumerate(found.limits):
        yield from _limit_faults(one, f"limits[{index}]", found, city)
        if one.key in seen:
            problem = "name, kind and condition are those of another"
            yield RecordFault(f"limits[{index}]", problem, "keep one")
        seen.add(one.key)


def _limit_faults(
    limit: CaseLimit, item: str, found: _ProfileFile, city: City
) -> Iterator[RecordFault]:
    for name, known, what in (
        ("name", found.names, "name of a limit"),
        ("kind", {**city.kinds, **found.kinds}, "kind"),
        ("condition", found.conditions, "condition"),
        ("unit", TIME_UNITS, "unit"),
    ):
        value = getattr(limit, name)
        if value not in known and (value or name in {"name", "unit"}):
            yield RecordFault(f"{item}.{name}", f"unknown {what} {value!r}", suggest(value, known))
    if not 1 <= limit.amount <= MOST_AMOUNT:
        problem = f"{limit.amount} is impossible"
        yield RecordFault(f"{item}.amount", problem, f"give 1 to {MOST_AMOUNT}")
    if not limit.source.strip():
        yield RecordFault(f"{item}.source", "empty", "say where the limit is written")
