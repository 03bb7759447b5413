"""What no type can say about a city's records: impossible values and references to nothing.

Each check takes one record and what it may refer to, and yields what is wrong; no files, no lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from citybrain.city.event_retention import MOST_DAYS
from citybrain.city.records import (
    MATTER,
    NO_RESENDS,
    READING,
    Area,
    EventKind,
    Feed,
    FieldRule,
)
from citybrain.floor.duration import TooLongError, seconds
from citybrain.floor.event_columns import (
    JOINED,
    MAPPED,
    MEASURED,
    SOURCE_ID,
    STATUS,
    STATUSES,
    TIMES,
    VERSIONED,
)
from citybrain.floor.origins import ORIGINS
from citybrain.floor.strict import suggest

COORDINATES = ("wgs84", "gcj02", "bd09", "cgcs2000")
FORMATS = ("iso", "epoch_s", "epoch_ms")
EXPIRED = ("refuse", "skip")
PLACES = ("drop", "refuse", "mark")
MAX_SEVERITY = 4
_ID = re.compile(r"[a-z][a-z0-9_]*")
_CODE_DIGITS = (6, 9, 12, 15)
_OVERRIDDEN = tuple(column for column in MAPPED if column != SOURCE_ID)


@dataclass(frozen=True)
class RecordFault:
    """One thing wrong with a record: `item` is a dotted path inside it, "" for itself."""

    item: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class CityIds:
    """The ids that records may refer to."""

    themes: frozenset[str]
    departments: frozenset[str]
    kinds: frozenset[str]
    areas: frozenset[str]


def check_id(name: str) -> Iterator[RecordFault]:
    """Yield what is wrong with an id."""
    if not _ID.fullmatch(name):
        yield RecordFault("", f"{name!r} is not snake_case", "use a-z, 0-9 and _, a letter first")


def check_zone(name: str, item: str) -> Iterator[RecordFault]:
    """Yield what is wrong with the name of a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield RecordFault(item, f"unknown time zone {name!r}", "give an IANA name: Asia/Shanghai")


def check_kind(kind: EventKind) -> Iterator[RecordFault]:
    """Yield what is wrong with a kind of the catalogue."""
    yield from check_id(kind.id)
    if not 0 <= kind.severity <= MAX_SEVERITY:
        yield RecordFault("severity", f"{kind.severity} is impossible", "give 0 to 4")
    yield from _days(kind.retention_days)
    if kind.cadence_s < 0:
        yield RecordFault(
            "cadence_s", f"{kind.cadence_s} is negative", "give seconds, 0: irregular"
        )
    if kind.counts_as:
        yield from _one_of(kind.counts_as, (MATTER, READING), "counts_as", "class of kinds")
    if kind.counts_as == READING and not kind.unit:
        yield RecordFault("counts_as", "a reading without a unit", "give unit, or leave it out")


def check_area(area: Area, known: CityIds) -> Iterator[RecordFault]:
    """Yield what is wrong with an area."""
    if not area.code.isdigit() or len(area.code) not in _CODE_DIGITS:
        remedy = "give 6 (district), 9 (street), 12 (community) or 15 (grid cell) digits"
        yield RecordFault("", f"{area.code!r} is not an area code", remedy)
    elif len(area.code) > _CODE_DIGITS[0] and area.parent not in known.areas:
        yield RecordFault("", f"lies in no area that is known: {area.parent!r}", "add that one too")


def check_feed(feed: Feed, known: CityIds) -> Iterator[RecordFault]:
    """Yield what is wrong with a feed and its mapping."""
    yield from check_id(feed.id)
    for index, kind in enumerate(feed.kinds):
        yield from _one_of(kind, known.kinds, f"kinds[{index}]", "kind")
    if not feed.kinds:
        yield RecordFault("kinds", "no kind", "list the kinds that the feed may carry")
    yield from _one_of(feed.coordinates, COORDINATES, "coordinates", "coordinate system")
    yield from _one_of(feed.origin, ORIGINS, "origin", "origin")
    yield from check_zone(feed.time_zone, "time_zone")
    if feed.cadence_s <= 0:
        remedy = "give seconds, or irregular: true in its place"
        yield RecordFault("cadence_s", f"{feed.cadence_s} is not positive", remedy)
    if feed.irregular and feed.cadence_s != Feed.cadence_s:
        yield RecordFault("cadence_s", "an irregular feed has none", "take it away, or irregular")
    if feed.lateness_s < 0:
        yield RecordFault("lateness_s", f"{feed.lateness_s} is negative", "give seconds")
    yield from _resends(feed)
    yield from _versions(feed)
    yield from _days(feed.retention_days)
    yield from _one_of(feed.expired, EXPIRED, "expired", "policy")
    yield from _one_of(feed.places, PLACES, "places", "policy")
    yield from _mapping(feed, known)
    yield from _also(feed, known)


def _resends(feed: Feed) -> Iterator[RecordFault]:
    if feed.resends in {"", NO_RESENDS}:
        return
    try:
        known_s = seconds(feed.resends)
    except TooLongError as error:
        yield RecordFault("resends", str(error), error.remedy)
        return
    except ValueError as error:
        yield RecordFault("resends", str(error), "give one such as 35d or 6h, or none")
        return
    if not known_s:
        yield RecordFault("resends", f"{feed.resends!r} is no time", "give none")
    elif SOURCE_ID not in feed.mapping:
        remedy = "map source_id, or leave resends out"
        yield RecordFault("resends", "a record is known by its id, and there is none", remedy)


def _versions(feed: Feed) -> Iterator[RecordFault]:
    if not feed.has_versions:
        return
    item = next(f"mapping.{name}" for name in VERSIONED if name in feed.mapping)
    if SOURCE_ID not in feed.mapping:
        problem = "versions are of a record, which is known by its id, and there is none"
        yield RecordFault(item, problem, "map source_id")
    elif feed.resends == NO_RESENDS:
        problem = "no record is known, so no version takes one back"
        yield RecordFault("resends", problem, "say for how long, such as 35d, or leave it out")


def _days(days: int) -> Iterator[RecordFault]:
    if not 0 <= days <= MOST_DAYS:
        remedy = f"keep 1 to {MOST_DAYS} days; 0: as the city says"
        yield RecordFault("retention_days", f"{days} days", remedy)


def _mapping(feed: Feed, known: CityIds) -> Iterator[RecordFault]:
    mapping = feed.mapping
    for column in ("kind", "occurred_at"):
        if column not in mapping:
            yield RecordFault(
                "mapping", f"column {column!r} is missing", f"say how it is made: {column}: …"
            )
    yield from _prefixed("mapping", _position(mapping))
    for column, rule in mapping.items():
        item = f"mapping.{column}"
        if column not in MAPPED:
            yield RecordFault(item, f"unknown column {column!r}", suggest(column, MAPPED))
            continue
        yield from _prefixed(item, _rule(column, rule, mapping))
        yield from _prefixed(item, _results(column, rule, feed, known))


def _position(mapping: Mapping[str, FieldRule]) -> Iterator[RecordFault]:
    if ("lon" in mapping) != ("lat" in mapping):
        lone = "lon" if "lon" in mapping else "lat"
        yield RecordFault(lone, "only half a position", "map both lon and lat, or none")


def _also(feed: Feed, known: CityIds) -> Iterator[RecordFault]:
    """Yield what is wrong with the further events of a row."""
    if feed.also and SOURCE_ID not in feed.mapping:
        remedy = "map source_id, or leave also out"
        yield RecordFault("also", "further events are told by the row's id: there is none", remedy)
    if feed.also and feed.resends == NO_RESENDS:
        remedy = "give a time such as 35d, or leave it out"
        yield RecordFault("resends", "further events want their rows known, and it is none", remedy)
    for name, rules in feed.also.items():
        yield from _prefixed(f"also.{name}", check_id(name))
        yield from _prefixed(f"also.{name}", _further(rules, feed, known))


def _further(rules: Mapping[str, FieldRule], feed: Feed, known: CityIds) -> Iterator[RecordFault]:
    when = rules.get("occurred_at")
    if when is None:
        remedy = "say where its instant stands: occurred_at: …"
        yield RecordFault("", "column 'occurred_at' is missing", remedy)
    elif when.const is not None or when.default is not None:
        which = "const" if when.const is not None else "default"
        remedy = "give fields alone: where they are empty, there is no such event"
        yield RecordFault(f"occurred_at.{which}", "every row would give this event", remedy)
    yield from _position(rules)
    for column, rule in rules.items():
        if column == SOURCE_ID:
            remedy = "take it away: its id is the row's, with its own name"
            yield RecordFault(column, "an event of the row has no other id", remedy)
        elif column not in MAPPED:
            yield RecordFault(column, f"unknown column {column!r}", suggest(column, _OVERRIDDEN))
        else:
            yield from _prefixed(column, _rule(column, rule, {**feed.mapping, **rules}))
            yield from _prefixed(column, _results(column, rule, feed, known))


def _rule(column: str, rule: FieldRule, mapping: Mapping[str, FieldRule]) -> Iterator[RecordFault]:
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
        yield RecordFault("", problem, "give exactly one of fields, const and locate")
    if len(rule.fields) > 1 and column not in JOINED:
        yield RecordFault(
            "fields", f"{len(rule.fields)} fields", f"only {_listed(JOINED)} join several"
        )
    if rule.empty and not rule.fields:
        yield RecordFault("empty", "without fields it does nothing", "take it away")
    if rule.locate and column != "area":
        yield RecordFault("locate", "only area can be located", "take it away")
    if rule.locate and not {"lon", "lat"} <= mapping.keys():
        yield RecordFault("locate", "nothing to locate by", "map lon and lat too")
    if rule.const is not None and (rule.values or rule.default is not None):
        yield RecordFault("const", "values or default beside it do nothing", "take them away")
    yield from _only_where_useful(column, rule)


def _only_where_useful(column: str, rule: FieldRule) -> Iterator[RecordFault]:
    if column in TIMES:
        if rule.format not in FORMATS and "%" not in rule.format:
            remedy = f"give {_listed(FORMATS)} or a pattern such as %Y-%m-%d %H:%M:%S"
            yield RecordFault("format", f"unknown time format {rule.format!r}", remedy)
        if len(rule.fields) > 1 and rule.format.startswith("epoch"):
            remedy = "give the one field that holds the number"
            yield RecordFault("fields", f"{len(rule.fields)} fields are no number", remedy)
        if rule.zone is not None:
            yield from check_zone(rule.zone, "zone")
        if rule.values:
            yield RecordFault("values", "a time has no value map", "take it away")
    elif rule.format != "iso" or rule.zone is not None:
        name = "format" if rule.format != "iso" else "zone"
        yield RecordFault(name, f"only {_listed(TIMES)} have one", "take it away")
    if rule.scale != 1.0 and column not in MEASURED:
        yield RecordFault("scale", f"only {_listed(MEASURED)} are numbers", "take it away")


def _field_as_kind(column: str, rule: FieldRule, feed: Feed) -> Iterator[RecordFault]:
    """Yield where the name of a kind stands as that of a field, which plain text is."""
    if column == "kind" and len(rule.fields) == 1 and rule.fields[0] in feed.kinds:
        (name,) = rule.fields
        problem = f"{name!r} is read as the name of a field, and is a kind"
        yield RecordFault("", problem, f"give {{const: {name}}}")


def _results(column: str, rule: FieldRule, feed: Feed, known: CityIds) -> Iterator[RecordFault]:
    yield from _field_as_kind(column, rule, feed)
    check = _result_check(column, feed, known)
    if check is None:
        return
    results = [("const", rule.const), ("default", rule.default)]
    results += [(f"values.{raw}", result) for raw, result in rule.values.items()]
    for item, result in results:
        if result is not None:
            yield from check(result, item)


def _result_check(
    column: str, feed: Feed, known: CityIds
) -> Callable[[str, str], Iterator[RecordFault]] | None:
    if column == "kind" and feed.kinds:
        return lambda text, item: _one_of(text, feed.kinds, item, "kind of the feed")
    if column == "area":
        return lambda text, item: _one_of(text, known.areas | {""}, item, "area")
    if column == STATUS:
        return lambda text, item: _one_of(text, {"", *STATUSES}, item, "status")
    if column == "severity":
        return lambda text, item: _one_of(text, {"", *"01234"}, item, "severity")
    if column in MEASURED:
        return _number
    return None


def _number(text: str, item: str) -> Iterator[RecordFault]:
    try:
        float(text)
    except ValueError:
        yield RecordFault(item, f"{text!r} is not a number", "give one")


def _one_of(name: str, known: Iterable[str], item: str, what: str) -> Iterator[RecordFault]:
    names = [one for one in known if one]
    if name not in known:
        yield RecordFault(item, f"unknown {what} {name!r}", suggest(name, names))


def _prefixed(prefix: str, findings: Iterable[RecordFault]) -> Iterator[RecordFault]:
    for finding in findings:
        item = f"{prefix}.{finding.item}" if finding.item else prefix
        yield RecordFault(item, finding.problem, finding.remedy)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
