"""The columns of an event, declared once.

From an entry here follow the envelope's schema (`citybrain.floor.events`), table ``events`` with
its migrations (`sinks.tables.events`), what a feed's `mapping` may name and how it is made
(`citybrain.city.references`, `connectors.mapping`), what a rule's `where` may compare, live and in
a backtest, and the table in docs/city.md. Decisions of their own, made where they matter, are what
rollups and windows sum up by, what a rule may count `by` (`streams.ruling.checks.rule_checks`),
what a test beside a rule may give (`citybrain.rules.rule.RuleEvent`), which columns the rolling
lists show, and what the simulator makes up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

WORD = pa.dictionary(pa.int32(), pa.utf8())
INSTANT = pa.timestamp("ms", tz="UTC")

_WORDS = "LowCardinality(String)"
_INSTANTS = "DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))"
_NUMBERS = "Nullable(Float64) CODEC(ZSTD(1))"
_TEXTS = "String CODEC(ZSTD(1))"

OPEN, CLOSED = "open", "closed"
STATUSES = (OPEN, CLOSED)
"""What `status` may say of a record."""
COUNTS, TAKEN_BACK = 1, -1
"""What `sign` says: a row counts, or takes one that was told before back."""


@dataclass(frozen=True, kw_only=True)
class EventColumn:
    """One column of an event.

    Attributes:
        name: its name, everywhere.
        arrow: its type in an envelope: `WORD` for few different words, text, float64, `INSTANT` …
        store: ClickHouse type and codec in table ``events``.
        what: what it says, in a line of docs/city.md.
        nullable: whether an event may lack it; else a reader fills in "" or 0 where an older writer
            did not know it.
        mapped: whether a feed's `mapping` says how it is made. A text, word or number needs nothing
            more; for others `connectors.mapping.feed_mapping` says how.
        longest: bytes that a text may have; 0: any number.
        missing: what a whole number is where an older writer did not know the column.
        step: migration that adds it to table ``events``, the next free number; 0: it was there from
            the beginning.
    """

    name: str
    arrow: pa.DataType
    store: str
    what: str
    nullable: bool = False
    mapped: bool = False
    longest: int = 0
    missing: int = 0
    step: int = 0

    @property
    def is_number(self) -> bool:
        """Whether its values are compared as numbers."""
        return bool(pa.types.is_floating(self.arrow) or pa.types.is_integer(self.arrow))

    @property
    def is_text(self) -> bool:
        """Whether its values are free text, which a mapping may join of several fields."""
        return bool(self.arrow == pa.utf8())

    @property
    def is_word(self) -> bool:
        """Whether its values are few different words."""
        return bool(self.arrow == WORD)


COLUMNS: tuple[EventColumn, ...] = (
    EventColumn(
        name="event_id",
        arrow=pa.binary(16),
        store="UUID CODEC(NONE)",
        what="made of the feed and `source_id`: a resend is the same event",
    ),
    EventColumn(name="feed", arrow=WORD, store=_WORDS, what="the feed"),
    EventColumn(name="department", arrow=WORD, store=_WORDS, what="the feed's department"),
    EventColumn(name="theme", arrow=WORD, store=_WORDS, what="the kind's theme"),
    EventColumn(
        name="kind",
        arrow=WORD,
        store=_WORDS,
        mapped=True,
        what="one of the feed's `kinds`; required",
    ),
    EventColumn(
        name="occurred_at",
        arrow=INSTANT,
        store=_INSTANTS,
        mapped=True,
        what="when it happened; required",
    ),
    EventColumn(name="received_at", arrow=INSTANT, store=_INSTANTS, what="when the door had it"),
    EventColumn(
        name="area",
        arrow=WORD,
        store=_WORDS,
        mapped=True,
        what="code of 6, 9, 12 or 15 digits, empty where unknown",
    ),
    EventColumn(
        name="lon",
        arrow=pa.float64(),
        store=_NUMBERS,
        nullable=True,
        mapped=True,
        what="degrees, WGS-84",
    ),
    EventColumn(
        name="lat",
        arrow=pa.float64(),
        store=_NUMBERS,
        nullable=True,
        mapped=True,
        what="degrees, WGS-84",
    ),
    EventColumn(
        name="severity",
        arrow=pa.uint8(),
        store="UInt8",
        mapped=True,
        what="urgency, 0 (information) to 4 (most urgent); the kind's own where it is not given",
    ),
    EventColumn(
        name="value",
        arrow=pa.float64(),
        store=_NUMBERS,
        nullable=True,
        mapped=True,
        what="what was measured, in the kind's unit",
    ),
    EventColumn(
        name="subject",
        arrow=pa.utf8(),
        store=_TEXTS,
        mapped=True,
        longest=1024,
        what="sensor, asset or matter",
    ),
    EventColumn(
        name="text", arrow=pa.utf8(), store=_TEXTS, mapped=True, longest=65_536, what="in words"
    ),
    EventColumn(
        name="attrs",
        arrow=pa.map_(pa.utf8(), pa.utf8()),
        store="Map(LowCardinality(String), String) CODEC(ZSTD(1))",
        longest=65_536,
        what="whatever else, by the feed's `attrs`",
    ),
    EventColumn(name="origin", arrow=WORD, store=_WORDS, what="the feed's `origin`"),
    EventColumn(
        name="status",
        arrow=WORD,
        store=_WORDS,
        mapped=True,
        step=60,
        what="`open` or `closed`, of a record that has versions; empty where nobody says",
    ),
    EventColumn(
        name="version",
        arrow=pa.int64(),
        store="Nullable(Int64) CODEC(ZSTD(1))",
        nullable=True,
        mapped=True,
        step=61,
        what="number of the record's version: the greatest is the newest",
    ),
    EventColumn(
        name="updated_at",
        arrow=INSTANT,
        store="Nullable(DateTime64(3, 'UTC')) CODEC(Delta, ZSTD(1))",
        nullable=True,
        mapped=True,
        step=62,
        what="since when the record is as this version says; of records without versions empty",
    ),
    EventColumn(
        name="sign",
        arrow=pa.int8(),
        store="Int8 DEFAULT 1 CODEC(ZSTD(1))",
        missing=COUNTS,
        step=63,
        what="1; -1: this row takes back the one that was told before, see docs/connectors.md",
    ),
)
"""The event, one place. Instants are UTC milliseconds. The order is the store's too; a new column
goes to the end, with the number of the migration that adds it."""

SOURCE_ID = "source_id"
"""What a mapping may name beside columns: the source's own id, of which `event_id` is made."""
LONGEST_SOURCE_ID = 1024

MAPPED = (SOURCE_ID, *(column.name for column in COLUMNS if column.mapped))
"""What a feed's mapping may name."""
TIMES = tuple(column.name for column in COLUMNS if column.mapped and column.arrow == INSTANT)
"""What is read as a time."""
JOINED = (
    SOURCE_ID,
    *TIMES,
    *(column.name for column in COLUMNS if column.mapped and column.is_text),
)
"""What may be joined of several fields."""
STATUS, UPDATED_AT, VERSION = "status", "updated_at", "version"
VERSIONED = (STATUS, UPDATED_AT, VERSION)
"""Of what a mapping names any, the records have versions: the newest counts, and only it."""
TIMES = ("occurred_at", UPDATED_AT)
"""What is read as an instant."""
MEASURED = tuple(
    column.name for column in COLUMNS if column.mapped and pa.types.is_floating(column.arrow)
)
"""What is read as a number, and may have a scale."""


def schema_of(columns: Iterable[EventColumn]) -> pa.Schema:
    """Return the schema of an envelope with `columns`."""
    return pa.schema([pa.field(one.name, one.arrow, nullable=one.nullable) for one in columns])


def table_of(columns: Iterable[EventColumn]) -> str:
    """Return the table of `columns` for people, in Markdown."""
    rows = [f"| `{one.name}` | {one.what} | {_made_by(one)} |" for one in columns]
    return "\n".join(["| column | what it says | who makes it |", "|---|---|---|", *rows])


def _made_by(column: EventColumn) -> str:
    if column.mapped:
        return "`mapping`"
    return "`attrs`" if column.name == "attrs" else "the door"
