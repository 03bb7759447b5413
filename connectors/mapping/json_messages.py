"""Read Kafka messages of JSON, one object or an array of objects each, as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, takewhile

import msgspec

from connectors.fetch.source import RefusedRow
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from connectors.readers.wide_text import utf8_body, wide_encoding

MOST = 10_000
MOST_BYTES = 4 * 1024 * 1024
"""Bytes of messages in one envelope; a single message may have more."""
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


Place = Callable[[int], str]


def read_messages(
    values: Sequence[bytes], place: Place, json: JsonRows
) -> tuple[RawBatch, tuple[RefusedRow, ...], int]:
    """Return the rows in messages, what is no row, and how many messages were taken.

    Fewer are taken than there are where they would be too much for an envelope.

    Args:
        values: the messages.
        place: index of a message → its place ``<topic>[<partition>]@<offset>``.
        json: reads the feed's JSON.
    """
    values = values[: _within_bytes(values)]
    records: Sequence[bytes] = values
    owners: Sequence[int] = range(len(values))
    refused: list[RefusedRow] = []
    taken = len(values)
    if any(value.lstrip()[:1] == b"[" for value in values):
        records, owners, refused, taken = _split_arrays(values, place)
    rows = json.read_records(records)
    if any(wide_encoding(records[at]) for at, _ in rows.bad):
        plain = [_plain(value) for value in values]
        if plain != list(values):
            return read_messages(plain, place, json)
    kept = rows.kept
    refused += [RefusedRow(place(owners[at]), why, records[at]) for at, why in rows.bad]
    batch = RawBatch(
        frame=rows.frame,
        place=lambda row: place(owners[kept[row]]),
        raw=lambda row: records[kept[row]],
        media_type="application/json",
    )
    return batch, tuple(refused), taken


def _plain(value: bytes) -> bytes:
    """Return a message of wide text as UTF-8; what is broken stays as it came, for its letter."""
    text = utf8_body(value)
    try:
        text.decode()
    except UnicodeDecodeError:
        return value
    return text


def _within_bytes(values: Sequence[bytes]) -> int:
    """Return how many messages have `MOST_BYTES` together; at least one."""
    if sum(map(len, values)) <= MOST_BYTES:
        return len(values)
    sizes = accumulate(map(len, values))
    return max(1, sum(1 for _ in takewhile(lambda size: size <= MOST_BYTES, sizes)))


def _split_arrays(
    values: Sequence[bytes], place: Place
) -> tuple[list[bytes], list[int], list[RefusedRow], int]:
    """Return the records, the message of each, what is no array, and how many were taken."""
    records: list[bytes] = []
    owners: list[int] = []
    refused: list[RefusedRow] = []
    for index, value in enumerate(values):
        try:
            found = _split(value)
        except ValueError as error:
            refused.append(RefusedRow(place(index), str(error), value))
            continue
        if records and len(records) + len(found) > MOST:
            return records, owners, refused, index
        records += found
        owners += [index] * len(found)
    return records, owners, refused, len(values)


def _split(value: bytes) -> list[bytes]:
    """Return the records of one message.

    Raises:
        ValueError: it is an array that cannot be read, or is too long.
    """
    if not value.lstrip().startswith(b"["):
        return [value]
    try:
        found = [bytes(record) for record in _ARRAY.decode(value)]
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if len(found) > MOST:
        raise ValueError(f"an array of {len(found)} events; send at most {MOST} in a message")
    return found
