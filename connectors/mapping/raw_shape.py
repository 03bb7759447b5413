"""What a feed's mapping reads from a raw record, as the schema that the JSON reader is given.

Fields that no mapping names are never read into memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from citybrain.city.records import City, Feed, FieldRule
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.event_columns import MEASURED, TIMES
from connectors.mapping.local_times import pattern_problem

_EPOCHS = ("epoch_s", "epoch_ms")
Tree = dict[str, Any]


@dataclass(frozen=True)
class RawShape:
    """The fields of a raw record that are read.

    Attributes:
        text: every field as text, numbers in their shortest form; reads anything.
        typed: the same with numbers where the mapping wants numbers: a third faster, but it
            refuses a batch where one of them is text.
        record: a msgspec Struct that tells a line that fits from one that does not, and why.
    """

    text: Mapping[str, pl.DataType]
    typed: Mapping[str, pl.DataType]
    record: type[msgspec.Struct]


def shape_of(feed: Feed) -> RawShape:
    """Return the shape of the records of `feed`.

    Raises:
        ConfigError: a path goes into a field that another path reads as a value.
    """
    uses = [
        (path, _numeric(column, rule)) for _, column, rule in feed.rules() for path in rule.fields
    ]
    uses += [(path, False) for path in feed.attrs.values()]
    # A number that is wanted as text too is read as text: that way round is quicker.
    texts = {path for path, number in uses if not number}
    tree: Tree = {}
    for path, _ in sorted(uses):
        _plant(tree, path, path not in texts, feed.id)
        tree[path] = path not in texts  # a name may have dots itself: "PM2.5", "@iot.id"
    return RawShape(_schema(tree, typed=False), _schema(tree, typed=True), _record(tree))


def check_mappings(city: City) -> list[Fault]:
    """Return where paths of the feeds' mappings contradict each other, or no time can be read."""
    faults: list[Fault] = []
    for feed in city.feeds.values():
        try:
            shape_of(feed)
        except ConfigError as error:
            faults += error.faults
        faults += _pattern_faults(feed)
    return faults


def _pattern_faults(feed: Feed) -> Iterator[Fault]:
    for place, column, rule in feed.rules():
        if column == "occurred_at" and "%" in rule.format and (why := pattern_problem(rule.format)):
            problem = f"no time can be read by {rule.format!r}: {why}"
            remedy = "give the day and the time of day, such as '%Y/%m/%d %H:%M:%S'"
            yield Fault("feeds", f"feeds.{feed.id}.{place}.format", problem, remedy)


class RawUse(Enum):
    """What a raw field is read as; what is read as a time or number and as text too is text."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"


def uses_of(feed: Feed) -> dict[str, RawUse]:
    """Return what each raw field that the mapping of `feed` reads is read as."""
    found: dict[str, RawUse] = {}
    for _, column, rule in feed.rules():
        use = RawUse.NUMBER if _numeric(column, rule) else RawUse.TEXT
        use = RawUse.TIME if column in TIMES else use
        for path in rule.fields:
            found[path] = use if found.get(path, use) == use else RawUse.TEXT
    return found | dict.fromkeys(feed.attrs.values(), RawUse.TEXT)


def mapped_columns(feed: Feed) -> tuple[str, ...]:
    """Return the fields that the mapping of `feed` reads and has no default for, each once."""
    rules = [rule for _, _, rule in feed.rules() if rule.default is None]
    return tuple(dict.fromkeys(path for rule in rules for path in rule.fields))


def needed_columns(feed: Feed) -> tuple[str, ...]:
    """Return the fields without which no row of `feed` can be an event."""
    rules = [feed.mapping.get(column) for column in ("source_id", "kind", "occurred_at")]
    return tuple(
        rule.fields[0] for rule in rules if rule and len(rule.fields) == 1 and rule.default is None
    )


class Columns:
    """The raw columns of a batch as Arrow, each turned when it is first asked for."""

    def __init__(self, frame: pl.DataFrame) -> None:
        """Take the columns of `frame`."""
        self.rows = frame.height
        self._frame = frame
        self._names = frozenset(frame.columns)
        self._turned: dict[str, pa.Array] = {}

    def pick(self, path: str) -> pa.Array | None:
        """Return the column at `path` (``a.b`` goes into an object); None if there is none.

        A column whose own name is `path` comes first, where any row has it: names may have dots.
        """
        head, *rest = path.split(".")
        own = self._column(path) if path in self._names else None
        if head not in self._names or not rest:
            return own
        if own is not None and own.null_count < len(own):
            return own
        column = self._column(head)
        for name in rest:
            if not pa.types.is_struct(column.type) or column.type.get_field_index(name) < 0:
                return None
            # flatten, not field: only it honours the nulls of the object itself.
            column = column.flatten()[column.type.get_field_index(name)]
        return column

    def _column(self, name: str) -> pa.Array:
        if name not in self._turned:
            series = self._frame.get_column(name)
            self._turned[name] = series.to_arrow(compat_level=pl.CompatLevel.oldest())
        return self._turned[name]


def _numeric(column: str, rule: FieldRule) -> bool:
    if rule.values:
        return False
    return column in MEASURED or (column in TIMES and rule.format in _EPOCHS)


def _plant(tree: Tree, path: str, number: bool, feed: str) -> None:
    *folders, leaf = path.split(".")
    for folder in folders:
        tree = tree.setdefault(folder, {})
        if not isinstance(tree, dict):
            problem = f"{folder!r} is read as a value and {path!r} goes into it"
            remedy = "name only the fields inside the object"
            raise ConfigError([Fault("feeds", f"feeds.{feed}.mapping", problem, remedy)])
    tree[leaf] = number


def _schema(tree: Tree, *, typed: bool) -> dict[str, pl.DataType]:
    def of(node: Any) -> pl.DataType:
        if isinstance(node, dict):
            return pl.Struct(_schema(node, typed=typed))
        return pl.Float64() if node and typed else pl.String()

    return {name: of(node) for name, node in tree.items()}


def _record(tree: Tree) -> type[msgspec.Struct]:
    fields: Iterable[tuple[str, Any, Any]] = (
        (f"f{index}", _record(node) | None, None)
        if isinstance(node, dict)
        else (f"f{index}", msgspec.Raw, msgspec.Raw())
        for index, node in enumerate(tree.values())
    )
    names = {f"f{index}": name for index, name in enumerate(tree)}
    return msgspec.defstruct("Record", list(fields), rename=names)
