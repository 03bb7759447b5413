"""What `simulation.yaml` in a city's folder says, read as strictly as the city itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from citybrain.city.records import City
from citybrain.floor.errors import ConfigError
from citybrain.floor.strict import Document, join, suggest

_HOUR_S = 3600
_HOURS = 24


@dataclass(frozen=True)
class Profile:
    """Weight of each local hour 0…23, on working days and at the weekend."""

    weekday: tuple[float, ...]
    weekend: tuple[float, ...]


@dataclass(frozen=True)
class MadePlace:
    """Where the events of a street lie: a middle, a scatter and a share of the city's events."""

    lon: float
    lat: float
    weight: float = 1.0
    spread_km: float = 1.0


@dataclass(frozen=True)
class Measure:
    """How the value of a kind runs.

    Attributes:
        mean: the middle.
        swing: amplitude of a wave of a day, highest at `peak_hour` (local).
        peak_hour: see `swing`.
        rush: height of the humps at 8 and 18 o'clock on working days.
        noise: standard deviation of a walk from hour to hour, AR(1).
        low: the least value.
        high: the greatest value.
        digits: decimals.
    """

    mean: float
    swing: float = 0.0
    peak_hour: int = 14
    rush: float = 0.0
    noise: float = 0.0
    low: float = 0.0
    high: float = 1e9
    digits: int = 1


@dataclass(frozen=True)
class SimulatedFlow:
    """What one feed sends: incidents at a rate, or the readings of stations.

    Attributes:
        kinds: kind → weight among the incidents.
        per_hour: mean incidents an hour over a week.
        profile: name of the weekly rhythm of incidents.
        stations: number of stations.
        every_s: seconds between two readings of a station; divides an hour.
        within: code of the area that all of it lies in, "": the whole city.
        closed_after_h: hours until an incident is closed: a third of them after half of that, a
            third after twice as long; 0: nobody says.
    """

    kinds: Mapping[str, float]
    per_hour: float = 0.0
    profile: str = "even"
    stations: int = 0
    every_s: int = 0
    within: str = ""
    closed_after_h: float = 0.0


@dataclass(frozen=True)
class SimulationPlan:
    """All that the simulator needs beside the city; `docs/city.md` explains each key."""

    seed: int
    profiles: Mapping[str, Profile]
    places: Mapping[str, MadePlace]
    values: Mapping[str, Measure]
    spots: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]
    feeds: Mapping[str, SimulatedFlow]
    cases_a_day: int = 0


def load_plan(city: City) -> SimulationPlan:
    """Return the city's plan; one without feeds where its folder has no ``simulation.yaml``.

    Raises:
        ConfigError: something in the file is wrong; it carries every fault.
    """
    path = city.folder / "simulation.yaml"
    return read_plan(path, city) if path.exists() else SimulationPlan(0, {}, {}, {}, (), {}, {})


def read_plan(path: Path, city: City) -> SimulationPlan:
    """Return the plan in `path`, checked against `city`.

    Raises:
        ConfigError: something in the file is wrong; it carries every fault.
    """
    document = Document(path)
    root = document.root()
    if root is None and not document.faults:
        document.fault("", "empty", "describe the simulator, or remove the file")
    plan = document.record(root, SimulationPlan, "") if root is not None else None
    if plan is not None:
        for item, problem, remedy in _problems(plan, city):
            document.fault(item, problem, remedy)
    if document.faults or plan is None:
        raise ConfigError(document.sorted_faults())
    return plan


def _problems(plan: SimulationPlan, city: City) -> Iterator[tuple[str, str, str]]:
    for group, known, what in (
        ("places", city.areas, "area"),
        ("values", city.kinds, "kind"),
        ("phrases", city.kinds, "kind"),
        ("feeds", city.feeds, "feed"),
    ):
        for name in getattr(plan, group):
            if name not in known:
                yield join(group, name), f"unknown {what} {name!r}", suggest(name, known)
    yield from _profile_problems(plan)
    for name in (name for name in plan.feeds if name in city.feeds):
        for problem, remedy in _flow_problems(plan.feeds[name], plan, city.feeds[name].kinds):
            yield join("feeds", name), problem, remedy


def _profile_problems(plan: SimulationPlan) -> Iterator[tuple[str, str, str]]:
    for name, profile in plan.profiles.items():
        if len(profile.weekday) != _HOURS or len(profile.weekend) != _HOURS:
            yield join("profiles", name), "not 24 hours a day", "give a weight for each hour"


def _flow_problems(
    flow: SimulatedFlow, plan: SimulationPlan, kinds: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for kind in flow.kinds:
        if kind not in kinds:
            yield f"kind {kind!r} is not the feed's", suggest(kind, kinds)
    if flow.profile not in plan.profiles:
        yield f"unknown profile {flow.profile!r}", suggest(flow.profile, plan.profiles)
    if bool(flow.per_hour > 0) == bool(flow.stations > 0):
        yield "neither or both of per_hour and stations", "give one of them"
    if flow.stations and (flow.every_s <= 0 or _HOUR_S % flow.every_s):
        yield f"every_s {flow.every_s} does not divide an hour", "give 300, 600, 900 …"
    if flow.stations and not plan.values.keys() >= flow.kinds.keys():
        missing = sorted(flow.kinds.keys() - plan.values.keys())
        yield f"no values for {', '.join(missing)}", "describe them under values"
    if not any(code.startswith(flow.within) for code in plan.places):
        yield f"no place lies within {flow.within!r}", "add one under places"
