"""The register of subjects: devices, assets and sites by id, from subjects/*.csv of a city.

CSV, because that is what departments have: a table of some ten thousand devices. Columns: id,
title_zh, and where known title_en, address_zh, address_en, area, lon, lat (WGS-84).
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping

from citybrain.city.records import Subject
from citybrain.city.references import RecordFault
from citybrain.floor.strict import Document, suggest
from citybrain.floor.text import Text

NEEDED = ("id", "title_zh")
COLUMNS = (*NEEDED, "title_en", "address_zh", "address_en", "area", "lon", "lat")
LONGEST = 200
"""Characters of a name or an address: it stands in a sentence."""
_LIMITS = {"lon": 180.0, "lat": 90.0}


class SubjectRegister:
    """What was read so far, from perhaps several files.

    Attributes:
        subjects: by id.
    """

    def __init__(self, areas: frozenset[str]) -> None:
        """Start empty; a subject lies in one of `areas`."""
        self.subjects: dict[str, Subject] = {}
        self._areas = areas
        self._places: dict[str, str] = {}

    def read(self, document: Document) -> None:
        """Read a file, or note every fault of it."""
        text = _text_of(document)
        if text is None:
            return
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restval="")
        try:
            if self._columns(document, reader.fieldnames or ()):
                for row in reader:
                    self._row(document, row, reader.line_num)
        except csv.Error as error:
            document.fault("", f"not CSV: {error}", "check the quotes there", line=reader.line_num)

    def _columns(self, document: Document, names: object) -> bool:
        known = list(names) if isinstance(names, (list, tuple)) else []
        for name in known:
            if name not in COLUMNS:
                document.fault(name, f"unknown column {name!r}", suggest(name, COLUMNS))
        for name in NEEDED:
            if name not in known:
                document.fault("", f"column {name!r} is missing", "add it to the first line")
        return not document.faults

    def _row(self, document: Document, row: Mapping[str | None, object], line: int) -> None:
        extra = row.get(None)
        given = {str(name): str(value).strip() for name, value in row.items() if name}
        name, place = given["id"], f"{document.path}:{line}"
        found = list(self._faults(given))
        if extra:
            found.append(RecordFault("", "more values than columns", "put commas in quotes"))
        if name in self._places:
            problem = f"id is taken by {self._places[name]}"
            found.append(RecordFault("id", problem, "give it another"))
        for fault in found:
            item = f"{name}.{fault.item}" if fault.item else name
            document.fault(item, fault.problem, fault.remedy, line=line)
        self._places.setdefault(name, place)
        if not found:
            self.subjects[name] = _subject(given)

    def _faults(self, given: Mapping[str, str]) -> Iterator[RecordFault]:
        for name in NEEDED:
            if not given[name]:
                yield RecordFault(name, "empty", "give it")
        for name, value in given.items():
            if len(value) > LONGEST:
                yield RecordFault(name, f"{len(value)} characters", f"give at most {LONGEST}")
        yield from self._place_faults(given)

    def _place_faults(self, given: Mapping[str, str]) -> Iterator[RecordFault]:
        area = given.get("area", "")
        if area and area not in self._areas:
            yield RecordFault("area", f"unknown area {area!r}", suggest(area, self._areas))
        if bool(given.get("lon")) != bool(given.get("lat")):
            yield RecordFault("lon", "only half a position", "give both lon and lat, or none")
        for name, limit in _LIMITS.items():
            if given.get(name) and not _within(given[name], limit):
                problem = f"{given[name]!r} is no {name} in degrees"
                yield RecordFault(name, problem, f"give -{limit:g} to {limit:g}")


def _text_of(document: Document) -> str | None:
    try:
        return document.path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        document.fault("", f"not UTF-8 at byte {error.start}", "save it as CSV UTF-8")
    except OSError as error:
        document.fault("", f"cannot be read: {error.strerror}", "let this account read it")
    return None


def _within(text: str, limit: float) -> bool:
    try:
        return math.isfinite(float(text)) and abs(float(text)) <= limit
    except ValueError:
        return False


def _subject(given: Mapping[str, str]) -> Subject:
    def both(name: str) -> Text:
        return Text(given.get(f"{name}_zh", ""), given.get(f"{name}_en", ""))

    return Subject(
        id=given["id"],
        title=Text(*both("title").both()),
        address=both("address"),
        area=given.get("area", ""),
        lon=float(given["lon"]) if given.get("lon") else None,
        lat=float(given["lat"]) if given.get("lat") else None,
    )
