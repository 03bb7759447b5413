"""A type of record with a life of its own, declared in this file, in the real store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor import store
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import Topic
from sinks.claim_bounds import weeks_of
from sinks.insert import insert
from sinks.migrations import Dialect, migrate
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.record_columns import INSTANT_COLUMN, WORD_COLUMN, RecordColumn, RecordReading
from sinks.steps_table import RecordBeside, StateColumn, StepsTable, StepsView
from sinks.table import TopicSource
from sinks.topic_reader import make_record

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


class Visit(msgspec.Struct, frozen=True):
    """Where a loan was handed out."""

    desk: str


class Loan(msgspec.Struct, frozen=True):
    """A book that was lent: made up for this test."""

    id: str
    version: int
    state: str
    book: str
    updated_at: datetime
    visits: tuple[Visit, ...] = ()
    fine: float | None = None


class LoanStep(msgspec.Struct, frozen=True, tag="loan"):
    """A step of its life."""

    what: str
    at: datetime
    by: str
    cause: str
    after: Loan


class Closure(msgspec.Struct, frozen=True, tag="closure"):
    """A day on which the library is closed; on the same topic."""

    id: str
    version: int
    at: datetime
    reason: str


STEPS = StepsTable(
    number=1,
    name="loan_steps",
    topic=Topic("test.loans", "id", "loan step", partitioned=False),
    step=LoanStep,
    state="loan",
    columns=(
        StateColumn("id", "String", "id", "ZSTD(1)"),
        StateColumn("version", "UInt32", "version"),
        StateColumn("state", WORD_COLUMN, "state"),
        StateColumn("title", WORD_COLUMN, lambda loan: loan.book.title()),
        StateColumn("desk", WORD_COLUMN, "visits.0.desk"),
        StateColumn("fine", "Nullable(Float64)", "fine"),
        StateColumn("updated_at", INSTANT_COLUMN, "updated_at", "Delta, ZSTD(1)"),
    ),
    newest=StepsView(2, "loans"),
    changes=StepsView(3, "loan_changes", ("state", "title")),
    beside=(
        RecordBeside(
            "closure",
            RecordReading(
                Closure,
                {"id": "id", "version": "version", "at": "at", "what": "reason"},
            ),
            StepsView(4, "closures", ("id", "version", "at")),
        ),
    ),
)
TABLE = STEPS.table()
TABLES = {one.name: one for one in (TABLE, *TABLE.derived)}


def step(name: str, version: int, what: str, state: str, **more: Any) -> LoanStep:
    at = NOON + timedelta(minutes=version)
    loan = Loan(name, version, state, "war and peace", at, **more)
    return LoanStep(what, at, "reader_7", f"test/0/{version}", loan)


LENT = step("l1", 1, "lent", "out", visits=(Visit("north"), Visit("south")))
LATE = step("l1", 2, "reminded", "late", fine=1.5)
BACK = step("l1", 3, "returned", "back")
OTHER = step("l2", 1, "lent", "out")
CLOSED = Closure("c1", 1, NOON, "holiday")


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    with store.connect(store_settings) as client:
        migrate(client, TABLES, Dialect("Asia/Shanghai"))
        yield client
        for name in TABLES:
            if name in {"loan_steps", "loans"}:
                client.command(f"TRUNCATE TABLE {name}")


def source() -> TopicSource:
    assert TABLE.source is not None
    return TABLE.source


def put(client: Client, first: int, *records: LoanStep | Closure, token: str) -> None:
    """Insert as the sink does, the first of `records` from offset `first`."""
    values = [msgspec.json.encode(record) for record in records]
    batch = RecordBatch(
        make_record(source(), 0, first + number, value) for number, value in enumerate(values)
    )
    insert(client, TABLE.name, batch.table(), token)


def ask(client: Client, sql: str) -> list[Any]:
    return [tuple(row) for row in client.query(sql).result_rows]


def test_store_when_steps_come_then_steps_newest_state_and_changes_are_right(
    client: Client,
) -> None:
    put(client, 0, LENT, OTHER, CLOSED, token="one")
    put(client, 3, LATE, token="two")
    put(client, 4, BACK, token="three")

    newest = "SELECT id, version, state, title, desk, fine FROM loans FINAL ORDER BY id"
    assert ask(client, newest) == [
        ("l1", 3, "back", "War And Peace", "", None),
        ("l2", 1, "out", "War And Peace", "", None),
    ]
    changes = "SELECT loan, version, what, by, cause, state, kafka_offset FROM loan_changes"
    assert ask(client, f"{changes} WHERE loan = 'l1' ORDER BY version") == [
        ("l1", 1, "lent", "reader_7", "test/0/1", "out", 0),
        ("l1", 2, "reminded", "reader_7", "test/0/2", "late", 3),
        ("l1", 3, "returned", "reader_7", "test/0/3", "back", 4),
    ]
    assert ask(client, "SELECT desk, fine FROM loan_steps WHERE version < 3 ORDER BY 1, 2") == [
        ("", 1.5),
        ("", None),
        ("", None),
        ("north", None),
    ]
    assert ask(client, "SELECT id, version, toUnixTimestamp(at) FROM closures") == [
        ("c1", 1, NOON.timestamp())
    ]
    whole = ask(client, "SELECT loan FROM loans FINAL WHERE id = 'l1'")[0][0]
    assert msgspec.json.decode(whole, type=Loan) == BACK.after
    told = ask(client, "SELECT change FROM loan_changes WHERE what = 'reminded'")[0][0]
    assert msgspec.json.decode(told, type=LoanStep) == LATE


def test_store_when_steps_are_sent_again_then_each_is_there_once_and_nothing_goes_back(
    client: Client,
) -> None:
    put(client, 0, LENT, LATE, BACK, token="one")
    put(client, 0, LENT, LATE, token="again, as after a long outage")
    put(client, 0, LENT, LATE, BACK, token="one")

    assert ask(client, "SELECT id, version, state FROM loans FINAL") == [("l1", 3, "back")]
    client.command("OPTIMIZE TABLE loan_steps FINAL")
    client.command("OPTIMIZE TABLE loans FINAL")
    assert ask(client, "SELECT version FROM loan_changes ORDER BY version") == [(1,), (2,), (3,)]
    assert ask(client, "SELECT count() FROM loans") == [(1,)]


def test_migrate_when_run_again_then_the_declaration_gives_the_same_text(client: Client) -> None:
    assert migrate(client, TABLES, Dialect("Asia/Shanghai")) == []


def test_rows_when_made_together_then_they_are_those_that_each_record_makes_alone() -> None:
    values = [msgspec.json.encode(one) for one in (LENT, CLOSED, LATE, BACK, OTHER)]
    records = [make_record(source(), 0, number, value) for number, value in enumerate(values)]
    alone = TopicRecord(0, 5, source().decode(values[0]), weeks=records[0].weeks)

    together = RecordBatch([*records, alone]).table()

    rows = [source().decode(value).to_pylist()[0] for value in (*values, values[0])]
    assert together.select(source().decode(values[0]).column_names).to_pylist() == rows
    assert [record.weeks for record in records] == [
        weeks_of(source().decode(value).column("at")) for value in values
    ]


@pytest.mark.parametrize("version", [-1, 2**32, 2**70])
def test_rows_when_a_value_fits_no_column_then_that_record_alone_cannot_be_read(
    version: int,
) -> None:
    value = msgspec.json.encode(CLOSED).replace(b'"version":1', b'"version":%d' % version)

    found = make_record(source(), 0, 1, value)

    assert found.table is None
    assert found.problem.startswith("not a step of a loan or closure: ")


def test_rows_when_a_record_is_of_no_declared_type_then_the_words_say_what_was_expected() -> None:
    with pytest.raises(EnvelopeError, match=r"^not a step of a loan or closure: "):
        source().decode(b'{"type":"fine"}')


def test_column_when_its_type_is_unknown_then_the_words_name_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"^column 'n': unknown type 'Int9'; known are String, "):
        RecordColumn("n", "Int9")
