"""History, doubt and refusals beside the flow, on the real store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from citybrain.floor.settings import Settings
from sinks import claim_bounds, claim_completion, claim_failures, deferred_load, repair
from sinks.claim_bounds import weeks_of
from sinks.committer import Committer
from sinks.record_batch import OffsetRange, RecordBatch, TopicRecord
from sinks.scratch import sweep
from tests.sinks.sample import NOW, batch_of, table
from tests.sinks.stored import (
    LETTERS,
    ROLLUPS,
    MemoryReader,
    all_are,
    committer,
    counts,
    memory_reader,
    places_stored_twice,
    prepared,
    work_off,
)

STEP = timedelta(days=60)
YEARS = timedelta(days=4 * 365) // STEP
"""Rows of four years; each lies in a week of its own."""
TABLES = ("events", *ROLLUPS, "recent_events", "sink_ledger")


@pytest.fixture(scope="module")
def shared(store_settings: Settings) -> Client:
    return prepared(store_settings, events=3_650, events_minute=3_650)


@pytest.fixture
def client(shared: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for name in TABLES:
        shared.command(f"TRUNCATE TABLE {name} SYNC")
    LETTERS.clear()
    sweep(shared)
    monkeypatch.setattr(claim_bounds, "MOST_WEEKS", 8)
    yield shared
    shared.command("ALTER TABLE events MODIFY COLUMN subject String")


@pytest.fixture
def reader(store_settings: Settings) -> MemoryReader:
    return memory_reader(store_settings)


def record(offset: int, times: list[datetime], partition: int = 0) -> TopicRecord:
    """Return a record of one feed with a row at each of `times`."""
    one = table(f"feed_{partition}", [f"{offset}-{row}" for row in range(len(times))])
    place = one.schema.get_field_index("occurred_at")
    column = pa.array(times, one.schema.field(place).type)
    rows = one.set_column(place, one.schema.field(place), column)
    return TopicRecord(partition, offset, rows, weeks=weeks_of(rows.column("occurred_at")))


def four_years(offset: int, partition: int = 0) -> TopicRecord:
    """Return one record that spans the four years before `NOW`."""
    return record(offset, [NOW - at * STEP for at in range(YEARS)], partition)


def kinds(client: Client) -> list[str]:
    found = client.query("SELECT kind FROM sink_ledger ORDER BY seq").result_rows
    return [kind for (kind,) in found]


def scratches(client: Client) -> int:
    sql = "SELECT count() FROM system.tables WHERE database = currentDatabase()"
    sql += " AND name LIKE '%_mend_%'"
    return int(client.command(sql))  # type: ignore[arg-type]


def test_one_envelope_of_four_years_then_it_is_whole_in_bounded_inserts(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    sink = committer(store_settings, reader, "a")
    batch = reader.keep(RecordBatch([four_years(0)]))

    sink.write(batch, refresh=True)
    assert (counts(client), kinds(client)) == (all_are(0), ["claim", "deferred"])
    sink.lane._look()
    part = sink.lane.parts()["claims of city.events"]
    assert (part.done, part.end) == (0, 1)
    assert part.waits_for == "1 claims of city.events to be completed"
    work_off(sink)

    assert counts(client) == all_are(YEARS)
    assert sink.lane.parts() == {}
    assert kinds(client) == ["claim", "deferred", "settled"]
    inserts = list(claim_completion.slices("x", batch, "occurred_at"))
    assert [name for name, _ in inserts] == ["x/1of3", "x/2of3", "x/3of3"]
    assert [len(weeks_of(rows.column("occurred_at"))) for _, rows in inserts] == [8, 8, 8]


@pytest.mark.parametrize("at", [1, 3, 4])
def test_four_years_when_killed_after_any_of_its_inserts_then_the_next_sink_completes_them(
    client: Client,
    store_settings: Settings,
    reader: MemoryReader,
    at: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dead = committer(store_settings, reader, "dead")
    batch = reader.keep(RecordBatch([four_years(0), four_years(0, partition=1)]))
    dead.write(batch, refresh=True)
    with monkeypatch.context() as patch:
        killed_after(patch, "insert", at)
        with pytest.raises(KeyboardInterrupt):
            work_off(dead)

    heir = committer(store_settings, reader, "heir")
    work_off(heir)

    assert counts(client) == all_are(2 * YEARS)
    assert (places_stored_twice(client), scratches(client)) == (0, 0)


def test_four_years_when_nothing_of_them_is_there_then_mending_is_in_pieces_and_makes_them(
    client: Client,
    store_settings: Settings,
    reader: MemoryReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_completion, "STALE_S", -1.0)  # as if no token were remembered
    dead = committer(store_settings, reader, "dead")
    dead.write(reader.keep(RecordBatch([four_years(0)])), refresh=True)
    heir = committer(store_settings, reader, "heir")

    work_off(heir)

    assert counts(client) == all_are(YEARS)
    assert heir.lane._moves > YEARS // repair.PIECE_WEEKS
    assert scratches(client) == 0


def test_mending_when_killed_between_two_statements_then_the_next_one_finds_and_mends_it(
    client: Client,
    store_settings: Settings,
    reader: MemoryReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = reader.keep(RecordBatch([four_years(0)]))
    committer(store_settings, reader, "first").write(batch, refresh=True)
    monkeypatch.setattr(claim_completion, "STALE_S", -1.0)
    statements, done = 0, False
    while not done:
        statements += 13
        sink = committer(store_settings, reader, f"sink-{statements}")
        with monkeypatch.context() as patch:
            killed_after_statements(patch, sink, statements)
            try:
                work_off(sink)
            except KeyboardInterrupt:
                continue
            done = True

    assert statements > 50
    assert counts(client) == all_are(YEARS)
    assert places_stored_twice(client) == 0


def test_rows_of_now_when_history_waits_then_they_are_there_first(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    sink = committer(store_settings, reader, "a")
    live = batch_of(OffsetRange(0, 1, 1), rows=3)

    sink.write(reader.keep(RecordBatch([four_years(0), *live.records])), refresh=True)

    assert counts(client) == all_are(3)
    work_off(sink)
    assert counts(client) == all_are(3 + YEARS)


def narrow(client: Client) -> None:
    """Make the table refuse subjects of more than 4 bytes."""
    client.command("ALTER TABLE events MODIFY COLUMN subject FixedString(4)")


def mixed(reader: MemoryReader) -> RecordBatch:
    """Return ten records of a row, of which the fourth and the ninth are refused."""
    records = []
    for offset in range(10):
        name = "too long" if offset in {3, 8} else "fits"
        records.append(TopicRecord(0, offset, table("feed_0", [name])))
    return reader.keep(RecordBatch(records))


def test_records_that_the_store_refuses_then_they_are_letters_and_the_rest_is_there(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    narrow(client)
    sink = committer(store_settings, reader, "a")

    sink.write(mixed(reader), refresh=True)
    work_off(sink)

    assert counts(client) == all_are(8)
    assert kinds(client) == ["claim", "deferred", "refused", "settled"]
    assert [one.place for one in LETTERS] == ["city.events[0]@3", "city.events[0]@8"]
    assert "TOO_LARGE_STRING_SIZE" in LETTERS[0].problem
    assert LETTERS[0].problem.startswith("store: ")
    assert sink.lane.aside() == []
    assert scratches(client) == 0


@pytest.mark.parametrize("when", ["before the letters", "before the settlement"])
def test_refused_records_when_the_sink_is_killed_and_the_table_takes_them_then_still_once(
    client: Client,
    store_settings: Settings,
    reader: MemoryReader,
    when: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    narrow(client)
    dead = committer(store_settings, reader, "dead")
    dead.write(mixed(reader), refresh=True)
    with monkeypatch.context() as patch:
        if when == "before the letters":
            patch.setattr(dead.lane, "send", killed)
        else:
            patch.setattr(dead.lane._claims, "append", killed_on_settlement(dead))
        with pytest.raises(KeyboardInterrupt):
            work_off(dead)
    client.command("ALTER TABLE events MODIFY COLUMN subject String")

    work_off(committer(store_settings, reader, "heir"))

    assert counts(client) == all_are(8)
    assert {one.place for one in LETTERS} == {"city.events[0]@3", "city.events[0]@8"}


def test_a_claim_that_fails_while_the_store_answers_then_it_is_set_aside_and_others_go_on(
    client: Client,
    store_settings: Settings,
    reader: MemoryReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claim_failures, "FIRST_S", 0.0)
    sink = committer(store_settings, reader, "a")
    sink.write(reader.keep(RecordBatch([four_years(0)])), refresh=True)
    client.command("RENAME TABLE events TO events_away")
    try:
        work_off(sink)
        [aside] = sink.lane.aside()
        part = sink.lane.parts()["claims of city.events"]
    finally:
        client.command("RENAME TABLE events_away TO events")

    assert (aside.place, aside.rows) == ("city.events[0]@0…0", YEARS)
    assert aside.tries == claim_failures.TRIES
    assert "UNKNOWN_TABLE" in aside.reason
    assert part.waits_for.startswith("city.events[0]@0…0, set aside: ")
    assert part.end == part.done + 1

    sink.write(reader.keep(batch_of(OffsetRange(0, 1, 2))), refresh=False)
    assert counts(client) == all_are(2)

    sink.lane._failures.wait(aside.claim_id, 0.0)
    work_off(sink)
    assert counts(client) == all_are(2 + YEARS)
    assert (sink.lane.aside(), sink.lane.parts()) == ([], {})


def test_too_much_is_in_doubt_then_the_flow_waits_until_some_is_completed(
    client: Client,
    store_settings: Settings,
    reader: MemoryReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deferred_load, "MOST_CLAIMS", 1)
    sink = committer(store_settings, reader, "a")
    sink.write(reader.keep(RecordBatch([four_years(0)])), refresh=True)
    assert not sink.lane.has_room()
    batch = reader.keep(batch_of(OffsetRange(0, 1, 1)))
    flow = threading.Thread(target=lambda: sink.write(batch, refresh=False))
    flow.start()
    assert flow.is_alive()

    work_off(sink)
    sink.lane.work()
    flow.join(30)

    assert not flow.is_alive()
    assert counts(client) == all_are(1 + YEARS)


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def killed_after(patch: pytest.MonkeyPatch, name: str, times: int) -> None:
    """Have the process killed right after the n-th call of a function of `claim_completion`."""
    real, left = getattr(claim_completion, name), [times]

    def call(*given: Any, **named: Any) -> None:
        real(*given, **named)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    patch.setattr(claim_completion, name, call)


def killed_after_statements(patch: pytest.MonkeyPatch, sink: Committer, times: int) -> None:
    """Have the process killed right after the n-th statement of its repair."""
    client, left = sink.lane.mender.client, [times]

    def counted(real: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            answer = real(*given, **named)
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            return answer

        return call

    for name in ("command", "query", "raw_insert"):
        patch.setattr(client, name, counted(getattr(client, name)))


def killed_on_settlement(sink: Committer) -> Any:
    real = sink.lane._claims.append

    def append(entry: Any) -> Any:
        if entry.kind == "settled":
            raise KeyboardInterrupt
        return real(entry)

    return append


def test_a_store_that_is_away_then_nothing_is_set_aside(
    client: Client,
    store_settings: Settings,
    reader: MemoryReader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sink = committer(store_settings, reader, "a")
    sink.write(reader.keep(RecordBatch([four_years(0)])), refresh=True)
    sink.lane._look()
    monkeypatch.setattr(sink.lane.stop, "wait", lambda _: False)

    def away(*_: object, **__: object) -> None:
        raise DatabaseError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(sink.lane.mender.client, "query", away)
        patch.setattr(sink.lane.mender.client, "raw_insert", away)
        for claim, left in list(sink.lane._view.deferred.values()):
            for _ in range(2 * claim_failures.TRIES):
                sink.lane._attempt(claim, left)

    assert sink.lane.aside() == []
    work_off(sink)
    assert counts(client) == all_are(YEARS)
