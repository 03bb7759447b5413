"""Columns that are read out of records, and the rows that a topic of such records makes.

A topic carries JSON records of one type, or of a few that tell themselves apart by a tag. Each type
says which columns it fills and where in the record their values lie; a column that it does not
name is empty. So a table of records is a declaration: nothing is written down twice.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import msgspec
import pyarrow as pa

from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import INSTANT, WORD

INSTANT_COLUMN = "DateTime64(3, 'UTC')"
WORD_COLUMN = "LowCardinality(String)"
_ARROW: dict[str, tuple[pa.DataType, Any]] = {
    "String": (pa.utf8(), ""),
    WORD_COLUMN: (WORD, ""),
    "Bool": (pa.bool_(), False),
    "UInt8": (pa.uint8(), 0),
    "UInt16": (pa.uint16(), 0),
    "UInt32": (pa.uint32(), 0),
    "UInt64": (pa.uint64(), 0),
    "Float64": (pa.float64(), 0.0),
    "Nullable(Float64)": (pa.float64(), None),
    INSTANT_COLUMN: (INSTANT, None),
    f"Nullable({INSTANT_COLUMN})": (INSTANT, None),
    "Array(LowCardinality(String))": (pa.list_(pa.utf8()), []),
    "Map(String, String)": (pa.map_(pa.utf8(), pa.utf8()), []),
}
"""ClickHouse type → how it is sent, and what stands there where a record says nothing."""
_IN_MEMORY = 3
"""Bytes that a row takes for each of its record's."""


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_instant(value: Any) -> bool:
    return value is None or (type(value) is datetime and value.tzinfo is not None)


def _is_number(value: Any) -> bool:
    return value is None or type(value) is float


def _is_texts(value: Any) -> bool:
    return type(value) is list and all(type(one) is str for one in value)


def _is_map(value: Any) -> bool:
    return type(value) is list and all(_is_texts(list(one)) for one in value)


def _is_whole(most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and 0 <= value <= most


_FITS: dict[str, Callable[[Any], bool]] = {
    "String": _is_text,
    WORD_COLUMN: _is_text,
    "Bool": lambda value: type(value) is bool,
    "UInt8": _is_whole(2**8 - 1),
    "UInt16": _is_whole(2**16 - 1),
    "UInt32": _is_whole(2**32 - 1),
    "UInt64": _is_whole(2**64 - 1),
    "Float64": _is_number,
    "Nullable(Float64)": _is_number,
    INSTANT_COLUMN: _is_instant,
    f"Nullable({INSTANT_COLUMN})": _is_instant,
    "Array(LowCardinality(String))": _is_texts,
    "Map(String, String)": _is_map,
}
"""ClickHouse type → whether Arrow takes a value as it is; others it may, or may not."""

Reading = str | Callable[[Any], Any]
"""Where a value lies in a record: dotted names and places (``episode.level``, ``mutes.0.kind``),
or a function of the record."""


@dataclass(frozen=True)
class RecordColumn:
    """A column that is read out of records.

    Attributes:
        name: its name.
        type: its ClickHouse type, one of those that `arrow` knows.
        codec: its ClickHouse codec; "": the server's own.
    """

    name: str
    type: str
    codec: str = ""

    def __post_init__(self) -> None:
        """Refuse a type that nobody knows how to send.

        Raises:
            ValueError: it is one.
        """
        if self.type not in _ARROW:
            known = ", ".join(_ARROW)
            raise ValueError(f"column {self.name!r}: unknown type {self.type!r}; known are {known}")

    @property
    def ddl(self) -> str:
        """The column as ``CREATE TABLE`` has it."""
        return f"{self.name} {self.type}" + (f" CODEC({self.codec})" if self.codec else "")

    @property
    def arrow(self) -> pa.DataType:
        """The type that its values are sent as."""
        return _ARROW[self.type][0]

    @property
    def empty(self) -> Any:
        """What stands there where a record says nothing."""
        return _ARROW[self.type][1]


@dataclass(frozen=True)
class RecordReading:
    """How records of one type fill the columns.

    Attributes:
        type: the record's class, a `msgspec.Struct`; where a topic has several, each has a tag.
        values: column → where its value lies.
    """

    type: Any
    values: Mapping[str, Reading]

    def row(self, record: Any) -> dict[str, Any]:
        """Return what `record` says, by column."""
        return {name: read(record) for name, read in self._readers}

    @functools.cached_property
    def _readers(self) -> list[tuple[str, Callable[[Any], Any]]]:
        return [(name, _reader(place)) for name, place in self.values.items()]


@dataclass(frozen=True)
class PlainRow:
    """The row of one record, of which an Arrow table is made together with others.

    A table of one row costs as much as one of ten.

    Attributes:
        values: by column; each is one that Arrow takes.
        maker: makes tables of such rows.
        nbytes: about what it takes in memory.
    """

    values: dict[str, Any]
    maker: RecordRows
    nbytes: int
    num_rows: ClassVar[int] = 1


class RecordRows:
    """Makes a row of each record of a topic: what `TopicSource.decode` wants."""

    def __init__(
        self,
        what: str,
        columns: Sequence[RecordColumn],
        readings: Sequence[RecordReading],
        whole: Callable[[bytes], str] = bytes.decode,
    ) -> None:
        """Read records into `columns`; the last of them is the record itself, as it came.

        Args:
            what: what the records are, for errors: ``a notice or receipt``.
            columns: the table's, without those of Kafka.
            readings: one for each type of record.
            whole: what the last column holds, of the bytes of the record.
        """
        self._what, self._readings = what, readings
        self._schema = pa.schema([(column.name, column.arrow) for column in columns])
        self._empty = {column.name: column.empty for column in columns}
        self._whole, self._of_bytes = columns[-1].name, whole
        self._fitting = [(column.name, _FITS[column.type]) for column in columns]
        types = functools.reduce(operator.or_, [one.type for one in readings])
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(types)

    def __call__(self, value: bytes) -> pa.Table:
        """Return the row of one record's value.

        Raises:
            EnvelopeError: it is no record of these types.
        """
        found = self.plain(value)
        return self.table([found.values]) if isinstance(found, PlainRow) else found

    def plain(self, value: bytes) -> PlainRow | pa.Table:
        """Return the row of one record's value, as a table where its values are unusual.

        Raises:
            EnvelopeError: it is no record of these types.
        """
        try:
            row = self._empty | self._row(value) | {self._whole: self._of_bytes(value)}
            if all(fits(row[name]) for name, fits in self._fitting):
                return PlainRow(row, self, _IN_MEMORY * len(value))
            return self.table([row])
        except (msgspec.DecodeError, pa.ArrowException, ValueError, OverflowError) as error:
            raise EnvelopeError(f"not {self._what}: {error}") from error

    def table(self, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Return rows, as `plain` gives their values, as a table."""
        return pa.Table.from_pylist(rows, schema=self._schema)

    def _row(self, value: bytes) -> dict[str, Any]:
        record = self._decoder.decode(value)
        return next(one.row(record) for one in self._readings if _fits(record, one.type))


def column_list(columns: Sequence[RecordColumn]) -> str:
    """Return `columns` as ``CREATE TABLE`` has them, each on a line of its own."""
    return ",".join(f"\n    {column.ddl}" for column in columns)


def json_text(place: Reading) -> Callable[[Any], str]:
    """Return how the part of a record at `place` is read as JSON."""
    read = _reader(place)
    return lambda record: msgspec.json.encode(read(record)).decode()


def _fits(record: Any, kind: Any) -> bool:
    return isinstance(record, getattr(kind, "__origin__", kind))


@functools.cache
def _reader(place: Reading) -> Callable[[Any], Any]:
    """Return what reads the value at `place` out of a record."""
    if callable(place):
        return place
    names = [name for name in place.split(".") if name]
    if names and not any(name.isdigit() for name in names):
        attribute = operator.attrgetter(place)
        return lambda record: _listed(attribute(record))

    def read(record: Any) -> Any:
        return _listed(functools.reduce(_part, names, record))

    return read


def _listed(found: Any) -> Any:
    return list(found) if isinstance(found, tuple) else found


def _part(found: Any, name: str) -> Any:
    """Return an attribute, or the part at a place of a tuple; "" where there are not so many."""
    if not name.isdigit():
        return "" if found == "" else getattr(found, name)
    return found[int(name)] if int(name) < len(found) else ""
