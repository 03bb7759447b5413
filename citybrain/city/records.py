"""What a city's folder says, as frozen records; ids are snake_case and unique in their file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from citybrain.floor.duration import seconds
from citybrain.floor.event_columns import SOURCE_ID, VERSIONED
from citybrain.floor.text import NOTHING, Text


@dataclass(frozen=True)
class Theme:
    """A field of city life with a screen of its own (`city_management`, `governance`, …)."""

    id: str
    title: Text


@dataclass(frozen=True)
class Department:
    """A municipal department that sends feeds."""

    id: str
    title: Text


MATTER, READING = "matter", "reading"
"""What the events of a kind count as."""


@dataclass(frozen=True)
class EventKind:
    """A kind of event in the catalogue.

    Attributes:
        id: catalogue code, what an event carries as `kind`.
        title: name on screens.
        theme: id of its theme.
        unit: unit of `value` as a UCUM-like string, "" where an event has no value.
        severity: how urgent its events are where the feed does not say, 0 (information) to 4 (most
            urgent); never the legal grade of an accident.
        cadence_s: seconds within which the next event of one subject is expected; 0: irregular.
        retention_days: days that its events are kept; 0: as the city says.
        counts_as: ``matter`` (somebody has to deal with it) or ``reading`` (a measure was read);
            "": a kind with a unit is a reading, any other a matter. The two are never counted
            together.
    """

    id: str
    title: Text
    theme: str
    unit: str = ""
    severity: int = 1
    cadence_s: int = 0
    retention_days: int = 0
    counts_as: str = ""

    @property
    def is_reading(self) -> bool:
        """Whether its events are readings of a measure; matters else."""
        return self.counts_as == READING if self.counts_as else bool(self.unit)


@dataclass(frozen=True)
class Area:
    """A place of the area tree.

    Attributes:
        code: 6 (district), 9 (street) , 12 (community) or 15 (grid cell) digits.
        title: name on screens.
        parent: code of the area that it lies in, "" for a district.
    """

    code: str
    title: Text
    parent: str = ""


@dataclass(frozen=True)
class Subject:
    """A device, an asset or a site that events are about: what people call it, and where it is.

    Attributes:
        id: what events carry as `subject`.
        title: its name.
        address: where it stands, in words; "" where nobody wrote it down.
        area: area code, "" where not known.
        lon, lat: WGS-84, None where not known.
    """

    id: str
    title: Text
    address: Text = NOTHING
    area: str = ""
    lon: float | None = None
    lat: float | None = None

    @property
    def said(self) -> Text:
        """Its name and address, as a sentence names it."""
        zh, en = self.title.both()
        if self.address == NOTHING:
            return Text(zh, en)
        at_zh, at_en = self.address.both()
        return Text(f"{zh}（{at_zh}）", f"{en} ({at_en})")


@dataclass(frozen=True)
class FieldRule:
    """How one column of an event is made from a raw record.

    Exactly one of `fields`, `const` and `locate` is given. In YAML a plain text or list stands for
    `fields` alone.

    Attributes:
        fields: paths in the raw record (``a.b`` goes into an object); several are joined, with
            ``:`` in ids, subject and text, with a space in times (a day and its hour).
        const: the same value for every event.
        locate: for `area` only: look the district up by lon/lat in the city's polygons.
        values: raw value → value, as strings; a raw value that is missing here is a reject
            unless there is a `default`.
        empty: words that mean the same as no value, such as ``NULL`` or ``-9999``.
        default: taken where the raw value is missing, empty or not in `values`.
        format: for times: ``iso``, ``epoch_s``, ``epoch_ms`` or a strftime pattern.
        zone: for times without an offset: IANA name; None: the feed's `time_zone`.
        scale: for numbers: factor to the catalogue's unit.
    """

    SHORTHAND: ClassVar[str] = "fields"

    fields: tuple[str, ...] = ()
    const: str | None = None
    locate: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    default: str | None = None
    format: str = "iso"
    zone: str | None = None
    scale: float = 1.0


RESENDS = "35d"
"""How long records are known by default: longer than the nightly export of the last month."""
NO_RESENDS = "none"


@dataclass(frozen=True)
class Feed:
    """One stream of events that a department sends.

    Attributes:
        id: feed id; the door's path is ``/v1/feeds/<id>/events``.
        title: name on screens.
        department: id of the department that owns it; only its key may push it.
        source: kind of source, the name of a module in `connectors/` (``http_push`` …).
        options: what that kind of source needs (folder, pattern, topic …), as its module says.
        kinds: ids of the kinds that it may carry.
        mapping: event column → how it is made. Columns: source_id, kind, occurred_at, area, lon,
            lat, severity, value, subject, text, status, version, updated_at. Without `source_id`
            every row is a new event.
        also: further events of a row, by name: event column → how it is made there, where that is
            another way than in `mapping`; at least `occurred_at`. A row gives one where that
            instant is there. The name is part of the event's id.
        attrs: attribute name → path in the raw record.
        coordinates: ``wgs84``, ``gcj02``, ``bd09`` or ``cgcs2000``; converted to WGS-84.
        time_zone: IANA name, for times without an offset.
        origin: ``live``, ``replay``, ``simulated`` or ``exercise``.
        cadence_s: seconds within which the next event of the feed is expected.
        irregular: it promises no cadence: it may be quiet for any time, and nobody waits for it.
        lateness_s: allowed lateness: an event this much behind the watermark still counts.
        resends: how long the same record is known when it comes again (``35d``); ``none``: each
            delivery counts. Needs `source_id`; by default `RESENDS` where there is one.
        retention_days: days that its events are kept; 0: as their kinds say, else the city.
        expired: what becomes of rows that are older than that: ``refuse`` or ``skip``.
        places: what becomes of positions that cannot be true: ``drop``, ``refuse`` or ``mark``.
    """

    id: str
    title: Text
    department: str
    source: str
    kinds: tuple[str, ...]
    mapping: Mapping[str, FieldRule]
    also: Mapping[str, Mapping[str, FieldRule]] = field(default_factory=dict)
    attrs: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    coordinates: str = "wgs84"
    time_zone: str = "Asia/Shanghai"
    origin: str = "live"
    cadence_s: int = 60
    irregular: bool = False
    lateness_s: int = 600
    resends: str = ""
    retention_days: int = 0
    expired: str = "refuse"
    places: str = "drop"

    @property
    def resends_s(self) -> int:
        """Seconds for which a record is known after it was last delivered; 0: it is not."""
        if self.resends == NO_RESENDS or SOURCE_ID not in self.mapping:
            return 0
        return seconds(self.resends or RESENDS)

    @property
    def has_versions(self) -> bool:
        """Whether its records change: of each only the newest version counts."""
        return any(name in self.mapping for name in VERSIONED)

    def rules(self) -> Iterator[tuple[str, str, FieldRule]]:
        """Yield each rule with its place in the feed and the event column that it makes."""
        for column, rule in self.mapping.items():
            yield f"mapping.{column}", column, rule
        for name, rules in self.also.items():
            for column, rule in rules.items():
                yield f"also.{name}.{column}", column, rule


@dataclass(frozen=True)
class City:
    """All that a city's folder says.

    Attributes:
        id: the folder's name.
        title: the city's name.
        time_zone: IANA name of the zone that days and screens follow.
        folder: where it was read from.
        themes, departments, kinds, areas, feeds: records by id (areas by code).
        geo: GeoJSON of the districts, WGS-84; each feature's `properties.code` is an area code.
        margin_km: how far around those a position still is the city's; further away it is none.
        retention_days: table → days that its rows are kept; missing: for ever.
        subjects: devices, assets and sites that are known by name, by id.
        limits: the profiles in its folder `limits` that cases go by, the first one first.
    """

    id: str
    title: Text
    time_zone: str
    folder: Path
    themes: Mapping[str, Theme]
    departments: Mapping[str, Department]
    kinds: Mapping[str, EventKind]
    areas: Mapping[str, Area]
    feeds: Mapping[str, Feed]
    geo: Path
    margin_km: float = 20.0
    retention_days: Mapping[str, int] = field(default_factory=dict)
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    limits: tuple[str, ...] = ()

    @property
    def readings(self) -> frozenset[str]:
        """Ids of the kinds whose events are readings of a measure; all others are matters."""
        return frozenset(kind.id for kind in self.kinds.values() if kind.is_reading)
