"""Read a city's folder into a `City`, or say everything that is wrong with it at once.

city.yaml          title, time zone, themes, map, retention, profiles of limits
departments.yaml   departments by id
areas.yaml         areas by code; an area lies in the one whose code begins its own
kinds/<theme>.yaml        the catalogue, a file per theme
feeds/<department>.yaml   the feeds, a file per department
subjects/<any>.csv        devices, assets and sites by id
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from citybrain.city.event_retention import MOST_DAYS
from citybrain.city.records import Area, City, Department, EventKind, Feed, Subject, Theme
from citybrain.city.references import (
    CityIds,
    check_area,
    check_feed,
    check_id,
    check_kind,
    check_zone,
)
from citybrain.city.section import Section
from citybrain.city.subject_register import SubjectRegister
from citybrain.floor.errors import ConfigError
from citybrain.floor.strict import Document, join, suggest
from citybrain.floor.text import Text

MOST_MARGIN_KM = 1_000
_AREA_DIGITS = (12, 9, 6)


@dataclass(frozen=True)
class _CityFile:
    """What city.yaml says."""

    title: Text
    time_zone: str
    geo: Path
    themes: Mapping[str, Text]
    margin_km: float = City.margin_km
    retention_days: Mapping[str, int] = field(default_factory=dict)
    limits: tuple[str, ...] = ()


class _Reader:
    """One reading of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents: list[Document] = []
        self.departments = Section[Department]()
        self.areas = Section[Area]()
        self.kinds = Section[EventKind]()
        self.feeds = Section[Feed]()

    def city(self) -> City:
        top, main = self._main()
        themes = {name: Theme(name, title) for name, title in (top.themes if top else {}).items()}
        self._sections(themes)
        self._checks(themes)
        if top:
            self._check_main(top, main)
        subjects = self._subjects()
        faults = [fault for document in self.documents for fault in document.sorted_faults()]
        if faults or not top:
            raise ConfigError(faults)
        return City(
            id=self.folder.name,
            title=top.title,
            time_zone=top.time_zone,
            folder=self.folder,
            themes=themes,
            departments=self.departments.records,
            kinds=self.kinds.records,
            areas=self.areas.records,
            feeds=self.feeds.records,
            geo=self.folder / top.geo,
            margin_km=top.margin_km,
            retention_days=top.retention_days,
            subjects=subjects,
            limits=top.limits,
        )

    def _open(self, path: Path) -> Document:
        document = Document(path)
        self.documents.append(document)
        return document

    def _main(self) -> tuple[_CityFile | None, Document]:
        document = self._open(self.folder / "city.yaml")
        root = document.root()
        if document.faults or root is None:
            if not document.faults:
                document.fault("", "empty", "give title, time_zone, geo and themes")
            return None, document
        return document.record(root, _CityFile, ""), document

    def _sections(self, themes: Mapping[str, Theme]) -> None:
        self.departments.read(
            self._open(self.folder / "departments.yaml"),
            "departments",
            Department,
            lambda name: {"id": name},
        )
        self.areas.read(
            self._open(self.folder / "areas.yaml"),
            "areas",
            Area,
            lambda name: {"code": name, "parent": ""},
        )
        self.areas.change(lambda area: replace(area, parent=_parent(area.code, self.areas.ids)))
        for path in self._files("kinds", "theme", themes):
            self.kinds.read(self._open(path), "kinds", EventKind, _given("theme", path.stem))
        for path in self._files("feeds", "department", self.departments.ids):
            self.feeds.read(self._open(path), "feeds", Feed, _given("department", path.stem))

    def _subjects(self) -> dict[str, Subject]:
        register = SubjectRegister(frozenset(self.areas.ids))
        for path in sorted((self.folder / "subjects").glob("*.csv")):
            register.read(self._open(path))
        return register.subjects

    def _files(self, name: str, what: str, known: Iterable[str]) -> Iterator[Path]:
        for path in sorted((self.folder / name).glob("*.y*ml")):
            if known and path.stem not in known:
                problem = f"unknown {what} {path.stem!r}"
                self._open(path).fault(
                    "", problem, f"name the file after one: {suggest(path.stem, known)}"
                )
            else:
                yield path

    def _checks(self, themes: Mapping[str, Theme]) -> None:
        known = CityIds(
            themes=frozenset(themes),
            departments=frozenset(self.departments.ids),
            kinds=frozenset(self.kinds.ids),
            areas=frozenset(self.areas.ids),
        )
        self.departments.check(lambda department: check_id(department.id))
        self.areas.check(lambda area: check_area(area, known))
        self.kinds.check(check_kind)
        self.feeds.check(lambda feed: check_feed(feed, known))

    def _check_main(self, top: _CityFile, document: Document) -> None:
        for found in check_zone(top.time_zone, "time_zone"):
            document.fault(found.item, found.problem, found.remedy)
        if not 0 <= top.margin_km <= MOST_MARGIN_KM:
            impossible = f"{top.margin_km:g} is impossible"
            document.fault("margin_km", impossible, f"give 0 to {MOST_MARGIN_KM}")
        for theme in top.themes:
            for found in check_id(theme):
                document.fault(join("themes", theme), found.problem, found.remedy)
        for table, days in top.retention_days.items():
            if not 1 <= days <= MOST_DAYS:
                item = f"retention_days.{table}"
                document.fault(item, f"{days} days", f"keep 1 to {MOST_DAYS} days")
        self._check_limits(top, document)
        problem = _geo_problem(self.folder / top.geo, self.areas.ids)
        if problem:
            remedy = "give GeoJSON features, each with properties.code of an area"
            document.fault("geo", problem, remedy)

    def _check_limits(self, top: _CityFile, document: Document) -> None:
        profiles = [path.stem for path in (self.folder / "limits").glob("*.yaml")]
        for index, name in enumerate(top.limits):
            if name not in profiles:
                problem = f"unknown profile of limits {name!r}"
                document.fault(f"limits[{index}]", problem, suggest(name, profiles))


def load_city(folder: Path) -> City:
    """Return the city that `folder` describes.

    Raises:
        ConfigError: something is wrong; it carries every fault of every file.
    """
    return _Reader(folder).city()


def _given(owner: str, name: str) -> Callable[[str], dict[str, str]]:
    return lambda record: {"id": record, owner: name}


def _parent(code: str, known: Mapping[str, object]) -> str:
    shorter = [code[:digits] for digits in _AREA_DIGITS if digits < len(code)]
    return next((part for part in shorter if part in known), shorter[-1] if shorter else "")


def _geo_problem(path: Path, areas: Mapping[str, object]) -> str | None:
    try:
        features = json.loads(path.read_text("utf-8"))["features"]
        codes = [feature["properties"]["code"] for feature in features]
    except FileNotFoundError:
        return f"{path} is missing"
    except (ValueError, KeyError, TypeError, OSError) as error:
        return f"{path} is not such GeoJSON: {error!r}"
    unknown = [code for code in codes if code not in areas] if areas else []
    return f"{path}: unknown area {unknown[0]!r}" if unknown else None
