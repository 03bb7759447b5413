"""Whether somebody changed the audit log shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor import bus
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.topics import AUDIT
from sinks.audit_check import LogChain, LogMark, differences
from sinks.commands import AuditError, verify
from sinks.tables.audit import rows
from tests.citybrain.alerts.sample import at
from tests.sinks.stored import prepared


def entry(number: int, **other: Any) -> bytes:
    plain = AuditEntry(
        id=f"c{number}",
        at=at(number),
        user="duty_1",
        role="officer",
        action="acknowledge",
        target="a1",
        outcome="accepted",
        details={"comment": "去现场"},
    )
    return msgspec.json.encode(msgspec.structs.replace(plain, **other))


LOG = list(enumerate(entry(number) for number in range(3)))
ROWS = {offset: rows(value).to_pylist() for offset, value in LOG}


def test_chain_when_records_are_added_then_each_depends_on_all_before() -> None:
    chain, start = LogChain(), hashlib.sha256(b"").digest()
    chain.add(b"one")

    own = hashlib.sha256(b"one").digest()
    assert str(chain.mark) == "1:" + hashlib.sha256(start + own).hexdigest()


def chained(values: list[bytes], noted: LogMark | None = None) -> LogChain:
    chain = LogChain(noted)
    for value in values:
        chain.add(value)
    return chain


def test_chain_when_the_log_only_grew_then_the_noted_mark_fits() -> None:
    noted = chained([entry(0), entry(1)]).mark

    assert chained([entry(0), entry(1), entry(2)], noted).fault() == ""
    assert LogMark.read(str(noted)) == noted


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        pytest.param(
            [entry(0), entry(1, user="nobody"), entry(2)],
            "the first 2 records are not what they were when it was noted",
            id="changed",
        ),
        pytest.param([entry(0)], "2 records were noted, and there are only 1", id="shortened"),
        pytest.param(
            [entry(1), entry(0), entry(2)],
            "the first 2 records are not what they were when it was noted",
            id="order",
        ),
    ],
)
def test_chain_when_the_log_was_rewritten_then_the_noted_mark_does_not_fit(
    values: list[bytes], fault: str
) -> None:
    noted = chained([entry(0), entry(1)]).mark

    assert chained(values, noted).fault() == fault


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param(ROWS, [], id="whole"),
        pytest.param(
            {0: ROWS[0], 2: ROWS[2]},
            ["offset 1: acknowledge by duty_1: the row is missing"],
            id="missing",
        ),
        pytest.param(
            {**ROWS, 1: [ROWS[1][0] | {"user": "duty_2", "reason": "x"}]},
            ["offset 1: acknowledge by duty_1: user, reason was changed"],
            id="changed",
        ),
        pytest.param(
            {**ROWS, 2: ROWS[2] * 2},
            ["offset 2: acknowledge by duty_1: 2 rows instead of one"],
            id="doubled",
        ),
    ],
)
def test_differences_when_the_table_was_touched_then_the_row_is_named(
    found: Any, told: list[str]
) -> None:
    assert list(differences(LOG, found)) == told


def test_differences_when_a_record_is_unreadable_then_it_has_no_row() -> None:
    record = [(0, b"\xff")]

    assert list(differences(record, {})) == []
    assert list(differences(record, ROWS)) == ["offset 0: a row where the topic has no entry"]


@pytest.fixture
def client(live_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for name, value in to_environment(live_settings).items():
        monkeypatch.setenv(name, value)
    with prepared(replace(live_settings)) as client:
        yield client


def written(settings: Settings, client: Client) -> None:
    """Put three entries on the topic and into the table, behind what other tests wrote there."""
    producer = bus.producer(settings)
    for number in range(3):
        producer.send(AUDIT.name, entry(number), partition=0).get(10)
    producer.close()
    end = bus.end_offset(settings, AUDIT, 0)
    for offset, value in bus.read_range(settings, AUDIT, 0, 0, end - 1):
        row = rows(value).to_pylist()[0]
        row |= {"kafka_partition": 0, "kafka_offset": offset, "kafka_row": 0}
        row["arguments"] = dict(row["arguments"])
        client.insert("audit", [list(row.values())], column_names=list(row))


def test_verify_when_a_row_is_edited_then_it_says_which(
    live_settings: Settings, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    written(live_settings, client)
    verify("")
    line = capsys.readouterr().out
    assert line.endswith(": all as it was written, 0 not in the table yet; note this line\n")

    client.command(
        "ALTER TABLE audit UPDATE outcome = 'refused' WHERE id = 'c1'",
        settings={"mutations_sync": 2},
    )

    with pytest.raises(AuditError, match=r"acknowledge by duty_1: outcome was changed$"):
        verify("")
    with pytest.raises(AuditError, match=r"the first 1 records are not what they were"):
        verify("1:" + "0" * 64)


def test_verify_when_the_mark_is_none_then_it_says_what_one_looks_like() -> None:
    with pytest.raises(AuditError) as caught:
        verify("soon")

    assert str(caught.value) == "audit: --noted: 'soon' is no mark; one looks like 120:9f86…"


def test_rows_when_an_entry_has_details_then_they_are_the_object_that_they_were() -> None:
    written = entry(1, details={"a": "1", "b": "二"}, arguments={"who": "li", "n": "2"})
    (row,) = rows(written).to_pylist()
    assert row["details"] == '{"a":"1","b":"二"}'
    assert row["arguments"] == [("who", "li"), ("n", "2")]
    assert row["sha256"] == hashlib.sha256(written).hexdigest()
