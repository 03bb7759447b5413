"""What no type can say about a city's records: impossible values and references to nothing.

Each check takes one record and what it may refer to, and yields what is wrong; no files, no lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from citybrain.config.records import Area, Feed, FieldRule, Kind
from citybrain.config.strict import suggest
from citybrain.events import ORIGINS

COLUMNS = (
    "source_id",
    "kind",
    "occurred_at",
    "area",
    "lon",
    "lat",
    "severity",
    "value",
    "subject",
    "text",
)
COORDINATES = ("wgs84", "gcj02", "bd09", "cgcs2000")
FORMATS = ("iso", "epoch_s", "epoch_ms")
MAX_SEVERITY = 4
_JOINED = ("source_id", "subject", "text")
_NUMBERS = ("lon", "lat", "value")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_CODE_DIGITS = (6, 9, 12, 15)


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a record: `item` is a dotted path inside it, "" for itself."""

    item: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class Known:
    """The ids that records may refer to."""

    themes: frozenset[str]
    departments: frozenset[str]
    kinds: frozenset[str]
    areas: frozenset[str]


def check_id(name: str) -> Iterator[Finding]:
    """Yield what is wrong with an id."""
    if not _ID.fullmatch(name):
        yield Finding("", f"{name!r} is not snake_case", "use a-z, 0-9 and _, a letter first")


def check_zone(name: str, item: str) -> Iterator[Finding]:
    """Yield what is wrong with the name of a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Finding(item, f"unknown time zone {name!r}", "give an IANA name: Asia/Shanghai")


def check_kind(kind: Kind) -> Iterator[Finding]:
    """Yield what is wrong with a kind of the catalogue."""
    yield from check_id(kind.id)
    if not 0 <= kind.severity <= MAX_SEVERITY:
        yield Finding("severity", f"{kind.severity} is impossible", "give 0 to 4")
    if kind.cadence_s < 0:
        yield Finding("cadence_s", f"{kind.cadence_s} is negative", "give seconds, 0: irregular")


def check_area(area: Area, known: Known) -> Iterator[Finding]:
    """Yield what is wrong with an area."""
    if not area.code.isdigit() or len(area.code) not in _CODE_DIGITS:
        remedy = "give 6 (district), 9 (street), 12 (community) or 15 (grid cell) digits"
        yield Finding("", f"{area.code!r} is not an area code", remedy)
    elif len(area.code) > _CODE_DIGITS[0] and area.parent not in known.areas:
        yield Finding("", f"lies in no area that is known: {area.parent!r}", "add that one too")


def check_feed(feed: Feed, known: Known) -> Iterator[Finding]:
    """Yield what is wrong with a feed and its mapping."""
    yield from check_id(feed.id)
    for index, kind in enumerate(feed.kinds):
        yield from _one_of(kind, known.kinds, f"kinds[{index}]", "kind")
    if not feed.kinds:
        yield Finding("kinds", "no kind", "list the kinds that the feed may carry")
    yield from _one_of(feed.coordinates, COORDINATES, "coordinates", "coordinate system")
    yield from _one_of(feed.origin, ORIGINS, "origin", "origin")
    yield from check_zone(feed.time_zone, "time_zone")
    if feed.cadence_s <= 0:
        yield Finding("cadence_s", f"{feed.cadence_s} is not positive", "give seconds")
    if feed.lateness_s < 0:
        yield Finding("lateness_s", f"{feed.lateness_s} is negative", "give seconds")
    yield from _mapping(feed, known)


def _mapping(feed: Feed, known: Known) -> Iterator[Finding]:
    mapping = feed.mapping
    for column in ("kind", "occurred_at"):
        if column not in mapping:
            yield Finding(
                "mapping", f"column {column!r} is missing", f"say how it is made: {column}: …"
            )
    if ("lon" in mapping) != ("lat" in mapping):
        lone = "lon" if "lon" in mapping else "lat"
        yield Finding(f"mapping.{lone}", "only half a position", "map both lon and lat, or none")
    for column, rule in mapping.items():
        item = f"mapping.{column}"
        if column not in COLUMNS:
            yield Finding(item, f"unknown column {column!r}", suggest(column, COLUMNS))
            continue
        yield from _prefixed(item, _rule(column, rule, mapping))
        yield from _prefixed(item, _results(column, rule, feed, known))


def _rule(column: str, rule: FieldRule, mapping: Mapping[str, FieldRule]) -> Iterator[Finding]:
    given = [
        name
        for name, there in (
            ("fields", bool(rule.fields)),
            ("const", rule.const is not None),
            ("locate", rule.locate),
        )
        if there
    ]
    if len(given) != 1:
        problem = f"{' and '.join(given)} given" if given else "nothing says where it comes from"
        yield Finding("", problem, "give exactly one of fields, const and locate")
    if len(rule.fields) > 1 and column not in _JOINED:
        yield Finding(
            "fields", f"{len(rule.fields)} fields", f"only {_listed(_JOINED)} join several"
        )
    if rule.locate and column != "area":
        yield Finding("locate", "only area can be located", "take it away")
    if rule.locate and not {"lon", "lat"} <= mapping.keys():
        yield Finding("locate", "nothing to locate by", "map lon and lat too")
    if rule.const is not None and (rule.values or rule.default is not None):
        yield Finding("const", "values or default beside it do nothing", "take them away")
    yield from _only_where_useful(column, rule)


def _only_where_useful(column: str, rule: FieldRule) -> Iterator[Finding]:
    if column == "occurred_at":
        if rule.format not in FORMATS and "%" not in rule.format:
            remedy = f"give {_listed(FORMATS)} or a pattern such as %Y-%m-%d %H:%M:%S"
            yield Finding("format", f"unknown time format {rule.format!r}", remedy)
        if rule.zone is not None:
            yield from check_zone(rule.zone, "zone")
        if rule.values:
            yield Finding("values", "a time has no value map", "take it away")
    elif rule.format != "iso" or rule.zone is not None:
        name = "format" if rule.format != "iso" else "zone"
        yield Finding(name, "only occurred_at has one", "take it away")
    if rule.scale != 1.0 and column not in _NUMBERS:
        yield Finding("scale", f"only {_listed(_NUMBERS)} are numbers", "take it away")


def _results(column: str, rule: FieldRule, feed: Feed, known: Known) -> Iterator[Finding]:
    check = _result_check(column, feed, known)
    if check is None:
        return
    results = [("const", rule.const), ("default", rule.default)]
    results += [(f"values.{raw}", result) for raw, result in rule.values.items()]
    for item, result in results:
        if result is not None:
            yield from check(result, item)


def _result_check(
    column: str, feed: Feed, known: Known
) -> Callable[[str, str], Iterator[Finding]] | None:
    if column == "kind" and feed.kinds:
        return lambda text, item: _one_of(text, feed.kinds, item, "kind of the feed")
    if column == "area":
        return lambda text, item: _one_of(text, known.areas | {""}, item, "area")
    if column == "severity":
        return lambda text, item: _one_of(text, {"", *"01234"}, item, "severity")
    if column in _NUMBERS:
        return _number
    return None


def _number(text: str, item: str) -> Iterator[Finding]:
    try:
        float(text)
    except ValueError:
        yield Finding(item, f"{text!r} is not a number", "give one")


def _one_of(name: str, known: Iterable[str], item: str, what: str) -> Iterator[Finding]:
    names = [one for one in known if one]
    if name not in known:
        yield Finding(item, f"unknown {what} {name!r}", suggest(name, names))


def _prefixed(prefix: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        item = f"{prefix}.{finding.item}" if finding.item else prefix
        yield Finding(item, finding.problem, finding.remedy)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
