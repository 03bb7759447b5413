"""Cases as the store holds them, read in one stream, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from citybrain.cases.records import Case, CaseStep
from citybrain.floor.errors import StoreError

TIMEOUT_S = 3_600
_STEPS = """SELECT id, whole FROM case_steps
WHERE record = 'change' AND workflow = {workflow:String}
ORDER BY id, version, kafka_offset LIMIT 1 BY id, version"""
_CASES = "SELECT case_record FROM cases FINAL"
_FILES = """SELECT id, JSONExtract(case_record, 'attachments', 'Array(String)') FROM cases FINAL
WHERE id IN {ids:Array(String)}"""
_SETTINGS = {"max_execution_time": TIMEOUT_S, "optimize_read_in_order": 1}


def histories(client: Client, workflow: str) -> Iterator[list[CaseStep]]:
    """Yield the steps of each case of a workflow, oldest first.

    Raises:
        StoreError: the store does not answer.
    """
    decoder = msgspec.json.Decoder(CaseStep)
    rows = _rows(client, _STEPS, {"workflow": workflow})
    for _, steps in groupby(rows, key=lambda row: row[0]):
        yield [decoder.decode(whole) for _, whole in steps]


def newest(client: Client) -> Iterator[Case]:
    """Yield every case as it is now, open or closed.

    Raises:
        StoreError: the store does not answer.
    """
    decoder = msgspec.json.Decoder(Case)
    for (record,) in _rows(client, _CASES, {}):
        yield decoder.decode(record)


def files_of(client: Client, ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return the ids of the files of those of the cases `ids` that are in the store.

    Raises:
        StoreError: the store does not answer.
    """
    return {case: frozenset(files) for case, files in _rows(client, _FILES, {"ids": list(ids)})}


def _rows(client: Client, query: str, asked: dict[str, Any]) -> Iterator[Any]:
    try:
        with client.query_rows_stream(query, asked, settings=_SETTINGS) as stream:
            yield from stream
    except (ClickHouseError, OSError) as error:
        raise StoreError(f"store: cases cannot be read: {error}") from error
