"""The scenarios of a city: `cities/<city>/drills.yaml`, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from citybrain.city import City, Feed
from citybrain.city.section import Section
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.origins import DRILL, DRILL_END, EXERCISE
from citybrain.floor.strict import Document, suggest
from citybrain.floor.text import Text
from citybrain.roof.drills.expectations import DrillExpectation, read_expectation

FILE = "drills.yaml"


@dataclass(frozen=True)
class DrillStep:
    """One event of a drill.

    Attributes:
        kind: id of its kind.
        after: how long after the drill's start it happens.
        value, severity, area, lon, lat, subject, text: as an event has them.
    """

    kind: str
    after: timedelta = timedelta()
    value: float | None = None
    severity: int = 1
    area: str = ""
    lon: float | None = None
    lat: float | None = None
    subject: str = ""
    text: str = "演练"


@dataclass(frozen=True)
class Drill:
    """A scenario: its events in the order of their time.

    Attributes:
        expect: what must come of it, e.g. ``red within 30s``; see `expectations`.
    """

    id: str
    title: Text
    events: tuple[DrillStep, ...]
    expect: tuple[str, ...] = ()

    @property
    def expectations(self) -> tuple[DrillExpectation, ...]:
        """What it expects, read."""
        return tuple(read_expectation(text) for text in self.expect)


def load_drills(city: City) -> Mapping[str, Drill]:
    """Return the drills of `city`; none where it has no file of them.

    Raises:
        ConfigError: something is wrong; it carries every fault.
    """
    document = Document(city.folder / FILE)
    if not document.path.exists():
        return {}
    drills = Section[Drill]()
    drills.read(document, "drills", Drill, lambda name: {"id": name})
    for name, drill in drills.records.items():
        for number, step in enumerate(drill.events):
            if step.kind not in city.kinds:
                item = f"drills.{name}.events[{number}].kind"
                document.fault(item, f"unknown kind {step.kind!r}", suggest(step.kind, city.kinds))
        for number, text in enumerate(drill.expect):
            try:
                read_expectation(text)
            except ValueError as error:
                remedy = "write e.g. red within 30s, or red of gas_leak within 1m"
                document.fault(f"drills.{name}.expect[{number}]", str(error), remedy)
    if document.faults:
        raise ConfigError(document.sorted_faults())
    return drills.records


def feed_of(city: City) -> Feed:
    """Return the feed that drills are pushed to: one whose origin is exercise.

    Raises:
        ConfigError: the city has none.
    """
    found = next((feed for feed in city.feeds.values() if feed.origin == EXERCISE), None)
    if found is None:
        remedy = "add one with 'origin: exercise'; see docs/open.md"
        raise ConfigError([Fault(str(city.folder), "feeds", "no feed for drills", remedy)])
    if not {DRILL, DRILL_END} <= found.attrs.keys():
        problem = "a run of drills could not be told from another, nor ended"
        remedy = f"give it attrs: {{{DRILL}: {DRILL}, {DRILL_END}: {DRILL_END}}}"
        raise ConfigError([Fault(str(city.folder), f"feeds.{found.id}", problem, remedy)])
    return found


def record(step: DrillStep, number: str, at: datetime, run: str) -> dict[str, object]:
    """Return the raw record of a step, as the drills' feed maps it.

    It says which `run` it is of: rules judge each run apart, so what an earlier one left open
    neither swallows this one nor helps it. Its subject is of the run too, for who reads it.
    """
    return {
        "id": number,
        "kind": step.kind,
        "at": at.isoformat(),
        "area": step.area,
        "lon": step.lon,
        "lat": step.lat,
        "severity": str(step.severity),
        "value": step.value,
        "subject": f"{step.subject}_{run}" if step.subject else "",
        "text": step.text,
        DRILL: run,
        DRILL_END: "",
    }


def end_records(feed: Feed, at: datetime, run: str) -> list[dict[str, object]]:
    """Return the raw records that say that `run` is over ("": every run there is).

    One of each kind of the drills' `feed`: so each shard of the rules that may know of it hears.
    """
    name = f"drill-{run or 'all'}-over-{at:%Y%m%d%H%M%S%f}"
    over = DrillStep("", severity=0, text="演练结束")
    return [
        record(over, f"{name}-{kind}", at, run) | {"kind": kind, DRILL_END: "yes"}
        for kind in feed.kinds
    ]
