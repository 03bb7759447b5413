"""Steps, newest state and changes of a type of record, from one declaration.

A record with a life of its own (an alert, a case) goes over its topic as steps: each names what was
done, by whom, when, why, and carries the whole record as it is `after`. `StepsTable` says what the
record is asked by; from that follow

- the table of steps: one row a record of the topic, never edited;
- the table of the newest state of each, filled from it by a materialized view (ask with ``FINAL``);
- the view of changes, its history.

A step that is inserted twice merges away in all of them; so a record may be inserted again whenever
it is not certain that it, and what follows from it, is there.

The text of the DDL is history once it was applied (`sinks.migrations` compares it): a column that
comes later is a step of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citybrain.floor.topics import Topic
from sinks.record_columns import (
    INSTANT_COLUMN,
    WORD_COLUMN,
    Reading,
    RecordColumn,
    RecordReading,
    RecordRows,
    column_list,
    json_text,
)
from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource

CHANGE = "change"
"""What column ``record`` says of a step; other records of the topic have words of their own."""
_TEXT, _JSON, _TIME = "ZSTD(1)", "ZSTD(3)", "Delta, ZSTD(1)"
_STEP = (
    RecordColumn("record", WORD_COLUMN),
    RecordColumn("what", WORD_COLUMN),
    RecordColumn("at", INSTANT_COLUMN, _TIME),
    RecordColumn("by", WORD_COLUMN),
    RecordColumn("cause", "String", _TEXT),
)
_NEWEST = DEDUPLICATED.replace(", ttl_only_drop_parts = 1", "")


@dataclass(frozen=True)
class StateColumn:
    """A column that a record's state is asked by.

    Attributes:
        name: its name.
        type: its ClickHouse type.
        place: where its value lies in the state.
        codec: its ClickHouse codec; "": the server's own.
    """

    name: str
    type: str
    place: Reading
    codec: str = ""


@dataclass(frozen=True)
class StepsView:
    """A table or view that follows from the steps.

    Attributes:
        number: of the migration that makes it.
        name: its name in the store.
        columns: of a view over changes: state columns that its rows have beside the step.
    """

    number: int
    name: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordBeside:
    """Another type of record on the same topic, and the view that people ask it by.

    Attributes:
        word: what column ``record`` says of it, and the view's column of the whole record.
        reading: how it fills the columns.
        view: its number and name, and the columns that it is asked by beside the whole record.
    """

    word: str
    reading: RecordReading
    view: StepsView


@dataclass(frozen=True, kw_only=True)
class StepsTable:
    """The declaration.

    Attributes:
        number: of the migration that makes the table of steps.
        name: of the table of steps, and of its module.
        topic: where the steps come from.
        step: their class: `what`, `at`, `by`, `cause`, and the record's state in `after`.
        state: what the record is called: the column that holds all of its state as JSON.
        columns: what it is asked by; ``id`` and ``version`` are among them.
        newest: the table of the newest states.
        changes: the view of the history.
        key: column that names the record.
        version: column that rises with each step.
        order: order key of the steps.
        ends: column (a time) from which the newest states are kept.
        beside: other records of the topic.
        flush_s: seconds that rows may wait for others to share their insert.
        steady_s: seconds that they may wait while they keep coming: an insert fills the table of
            steps and all that follows from it, and costs as much for ten rows as for a hundred.
    """

    number: int
    name: str
    topic: Topic
    step: Any
    state: str
    columns: Sequence[StateColumn]
    newest: StepsView
    changes: StepsView
    key: str = "id"
    version: str = "version"
    order: str = "id, version, kafka_offset"
    ends: str = "updated_at"
    beside: tuple[RecordBeside, ...] = ()
    flush_s: float = 0.15
    steady_s: float = 1.0

    def table(self) -> Table:
        """Return the table of steps, with what is derived from it."""
        return Table(
            self.name,
            (Migration(self.number, f"create {self.name}", (self._create(),)),),
            expires="at",
            source=TopicSource(
                self.topic,
                self.rows(),
                self.flush_s,
                time="at",
                counted=False,
                steady_s=self.steady_s,
            ),
            derived=(
                self._newest_table(),
                self._view(self.changes, self._changes_sql()),
                *(self._view(one.view, self._beside_sql(one)) for one in self.beside),
            ),
        )

    def rows(self) -> RecordRows:
        """Return what makes a row of each record."""
        after = {column.name: _within("after", column.place) for column in self.columns}
        step: Mapping[str, Reading] = {
            **{name: name for name in ("what", "at", "by", "cause")},
            **after,
            self.state: json_text("after"),
        }
        readings = {CHANGE: RecordReading(self.step, step)}
        readings |= {one.word: one.reading for one in self.beside}
        what = " or ".join([f"a step of {_a(self.state)}", *(one.word for one in self.beside)])
        return RecordRows(
            what, self._all_columns(), [_named(word, one) for word, one in readings.items()]
        )

    def _state_columns(self) -> list[RecordColumn]:
        return [RecordColumn(one.name, one.type, one.codec) for one in self.columns]

    def _all_columns(self) -> list[RecordColumn]:
        whole = [RecordColumn(name, "String", _JSON) for name in (self.state, "whole")]
        return [*_STEP, *self._state_columns(), *whole]

    def _create(self) -> str:
        return f"""CREATE TABLE IF NOT EXISTS {self.name} {{cluster}} (\
{column_list(self._all_columns())},{KAFKA_COLUMNS}
) ENGINE = {{engine}}ReplacingMergeTree
PARTITION BY toMonday(at) ORDER BY ({self.order})
{DEDUPLICATED}"""

    def _newest_table(self) -> Table:
        name, own = self.newest.name, self._state_columns()
        columns = column_list([*own, RecordColumn(self.state, "String", _JSON)])
        create = f"""CREATE TABLE IF NOT EXISTS {name} {{cluster}} ({columns},
    kafka_offset UInt64
) ENGINE = {{engine}}ReplacingMergeTree({self.version}) ORDER BY {self.key}
{_NEWEST}"""
        names = ", ".join(column.name for column in own)
        view = f"""CREATE MATERIALIZED VIEW IF NOT EXISTS {name}_view {{cluster}} TO {name} AS
SELECT {names}, {self.state}, kafka_offset FROM {self.name} WHERE record = '{CHANGE}'"""  # noqa: S608
        step = Migration(self.newest.number, f"create {name}", (create, view))
        return Table(name, (step,), expires=self.ends)

    def _changes_sql(self) -> str:
        columns = ", ".join(self.changes.columns)
        return f"""SELECT {self.key} AS {self.state}, {self.version}, what, at, by, cause, \
whole AS {CHANGE}, {columns},
    kafka_partition, kafka_offset
FROM {self.name} WHERE record = '{CHANGE}'"""  # noqa: S608  names of this package

    def _beside_sql(self, one: RecordBeside) -> str:
        columns = ", ".join(one.view.columns)
        return f"""SELECT {columns}, whole AS {one.word}, kafka_partition, kafka_offset
FROM {self.name} WHERE record = '{one.word}'"""  # noqa: S608  names of this package

    @staticmethod
    def _view(view: StepsView, select: str) -> Table:
        create = f"CREATE VIEW IF NOT EXISTS {view.name} {{cluster}} AS\n{select}"
        return Table(view.name, (Migration(view.number, f"create {view.name}", (create,)),))


def _within(name: str, place: Reading) -> Reading:
    """Return where a value lies in a record whose part `name` has it at `place`."""
    if callable(place):
        return lambda record: place(getattr(record, name))
    return f"{name}.{place}"


def _named(word: str, reading: RecordReading) -> RecordReading:
    return RecordReading(reading.type, {**reading.values, "record": lambda _: word})


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
