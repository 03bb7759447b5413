from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor.errors import EnvelopeError
from citybrain.floor.settings import Settings
from citybrain.floor.text import Text
from citybrain.notices.records import DeliveryReceipt, Notice
from sinks.tables.notifications import rows
from tests.sinks.stored import prepared

AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
NOTICE = Notice(
    key="a1:red:officer_1:first",
    alert="a1",
    group="root/red:a1",
    receiver="officer_1",
    level="red",
    purpose="fired",
    at=AT,
    title=Text("燃气泄漏", "Gas leak"),
    body=Text("正文", "body"),
)
RECEIPT = DeliveryReceipt(
    key=NOTICE.key,
    receiver="officer_1",
    attempt=1,
    outcome="delivered",
    at=AT,
    started_at=AT,
    detail="HTTP 200",
)


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    with prepared(store_settings) as client:
        yield client


def test_rows_of_a_notice_hold_what_is_asked_for_and_the_record_itself() -> None:
    value = msgspec.json.encode(NOTICE)

    assert rows(value).to_pylist() == [
        {
            "what": "notice",
            "key": "a1:red:officer_1:first",
            "alert": "a1",
            "receiver": "officer_1",
            "level": "red",
            "purpose": "fired",
            "fallback_of": "",
            "exercise": False,
            "attempt": 0,
            "outcome": "",
            "started_at": AT,
            "at": AT,
            "record": value.decode(),
        }
    ]


def test_rows_of_a_receipt_name_the_alert_of_its_notice() -> None:
    row = rows(msgspec.json.encode(RECEIPT)).to_pylist()[0]

    found = {name: row[name] for name in ("what", "alert", "attempt", "outcome")}
    assert found == {"what": "receipt", "alert": "a1", "attempt": 1, "outcome": "delivered"}


@pytest.mark.parametrize("value", [b"", b"{}", b'{"type":"notice"}', b"\xff"])
def test_rows_of_something_else_are_refused(value: bytes) -> None:
    with pytest.raises(EnvelopeError, match="not a notice or receipt: "):
        rows(value)


def test_views_tell_notices_from_receipts_and_give_the_records_back(client: Client) -> None:
    for offset, record in enumerate((NOTICE, RECEIPT)):
        row: dict[str, Any] = rows(msgspec.json.encode(record)).to_pylist()[0]
        row |= {"kafka_partition": 0, "kafka_offset": offset, "kafka_row": 0}
        client.insert("notifications", [list(row.values())], column_names=list(row))

    notices = client.query("SELECT notice FROM notices WHERE alert = 'a1'").result_rows
    receipts = client.query("SELECT receipt, attempt, outcome FROM receipts").result_rows

    assert [msgspec.json.decode(text, type=Notice) for (text,) in notices] == [NOTICE]
    assert [(msgspec.json.decode(text, type=DeliveryReceipt), n, o) for text, n, o in receipts] == [
        (RECEIPT, 1, "delivered")
    ]
