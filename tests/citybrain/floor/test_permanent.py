from __future__ import annotations

import aiokafka.errors
import kafka.errors
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from citybrain.floor.errors import StoreError
from citybrain.floor.permanent import refuses_record, refuses_rows


@pytest.mark.parametrize("library", [aiokafka.errors, kafka.errors], ids=["aiokafka", "kafka"])
@pytest.mark.parametrize(
    ("name", "for_good"),
    [
        ("MessageSizeTooLargeError", True),
        ("RecordListTooLargeError", True),
        ("InvalidTimestampError", True),
        ("KafkaTimeoutError", False),
        ("NotLeaderForPartitionError", False),
        ("NotEnoughReplicasError", False),
        ("TopicAuthorizationFailedError", False),
        ("UnknownTopicOrPartitionError", False),
        ("KafkaConnectionError", False),
    ],
)
def test_refuses_record(library: object, name: str, for_good: bool) -> None:
    kind = getattr(library, name, None) or getattr(library, f"Kafka{name}")

    assert refuses_record(kind()) is for_good


def test_refuses_record_when_it_is_an_error_of_the_machine_then_no() -> None:
    assert not refuses_record(ChildProcessError(10, "its number is another table's"))


@pytest.mark.parametrize(
    ("error", "for_good"),
    [
        (DatabaseError("HTTP 400: Code: 131. DB::Exception: (TOO_LARGE_STRING_SIZE)"), True),
        (DatabaseError("Code: 469. DB::Exception: (VIOLATED_CONSTRAINT)"), True),
        (DatabaseError("HTTP 400: Code: 53. DB::Exception: type mismatch (TYPE_MISMATCH)"), False),
        (DatabaseError("HTTP 400: Code: 16. DB::Exception: (NO_SUCH_COLUMN_IN_TABLE)"), False),
        (DatabaseError("error code: 117, incorrect data"), True),
        (OperationalError("Code: 252. DB::Exception: Too many parts (TOO_MANY_PARTS)"), False),
        (DatabaseError("Code: 241. DB::Exception: memory limit"), False),
        (DatabaseError("Code: 243. DB::Exception: not enough space"), False),
        (OperationalError("Connection refused"), False),
        (StoreError("store: number 53 cannot be taken"), False),
    ],
)
def test_refuses_rows(error: Exception, for_good: bool) -> None:
    assert refuses_rows(error) is for_good
