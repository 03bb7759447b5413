"""The scenarios of a city: `cities/<city>/drills.yaml`, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from citybrain.city import City, Feed
from citybrain.city.section import Section
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.strict import Document, suggest
from citybrain.floor.text import Text

FILE = "drills.yaml"
ORIGIN = "exercise"


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
    """A scenario: its events in the order of their time."""

    id: str
    title: Text
    events: tuple[DrillStep, ...]


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
    if document.faults:
        raise ConfigError(document.sorted_faults())
    return drills.records


def feed_of(city: City) -> Feed:
    """Return the feed that drills are pushed to: one whose origin is exercise.

    Raises:
        ConfigError: the city has none.
    """
    found = next((feed for feed in city.feeds.values() if feed.origin == ORIGIN), None)
    if found is None:
        remedy = "add one with 'origin: exercise'; see docs/open.md"
        raise ConfigError([Fault(str(city.folder), "feeds", "no feed for drills", remedy)])
    return found


def record(step: DrillStep, number: str, at: datetime, run: str) -> dict[str, object]:
    """Return the raw record of a step, as the drills' feed maps it.

    Its subject is of this `run` alone: what an earlier drill left open must not swallow this one.
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
    }
