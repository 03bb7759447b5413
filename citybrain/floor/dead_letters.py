"""The dead letter: a row that could not become an event, kept whole so that it can be replayed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, Literal, NamedTuple

import msgspec

from citybrain.floor.clock import Instant
from citybrain.floor.errors import CityBrainError
from citybrain.floor.topics import Topic

_NAMESPACE = uuid.UUID("6d9c7f5e-5a52-5f0b-9c0e-8d2f3b1a7c44")
OCTETS = "application/octet-stream"
MOST_RAW = 4 * 1024 * 1024
"""Bytes of a letter's `raw` at the most: it stands as base64, and one record holds 8 MiB."""
TOGETHER_BYTES = 256 * 1024
"""Encoded letters of one feed that share a Kafka record, at the most; a longer one is alone."""
_MOST_WORDS = 10_000


Mark = Literal["replayed", "discarded"]


class FailedRecord(NamedTuple):
    """One record of a topic that could not be carried out.

    Attributes:
        topic: where it lies.
        place: ``<topic>[partition]@offset``, or where else it was come across.
        value: its bytes.
        problem: why it could not be.
        key: the record's key.
    """

    topic: Topic
    place: str
    value: bytes
    problem: str
    key: bytes = b""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One refused row on `city.dead-letters`, as JSON; a record holds one, or an array of them.

    Attributes:
        letter_id: UUID (text); the same row refused twice gets the same id.
        feed: id of the feed that it was sent for.
        department: id of the feed's department.
        place: where it came from: ``push <batch>:<row>``, ``<file>:<line>``, ``<topic>[p]@offset``.
        field: column that could not be made, "" where the row could not be read at all.
        reason: what is wrong, quoting the value.
        raw: the row's bytes as they came (base64 in JSON).
        media_type: how to read `raw` again: ``application/json``, ``text/csv`` …
        header: for CSV, the header line that the row belongs to, else "".
        received_at: instant of refusal, UTC.
        batch: the sender's idempotency key, or the name that the door gave it; of files and topics
            what `Envelope.batch` says.
        version: of this record's layout.
    """

    letter_id: str
    feed: str
    department: str
    place: str
    field: str
    reason: str
    raw: bytes
    received_at: Instant
    media_type: str = "application/json"
    header: str = ""
    batch: str = ""
    version: int = 1


class LetterMarks(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody made of letters of one feed, on `city.letter-marks`, as JSON.

    Attributes:
        feed: id of the feed.
        letter_ids: which letters, at the most some ten thousand.
        mark: ``replayed`` (they are events now) or ``discarded`` (they are to be nothing).
        at: when.
        by: the user of the machine who did it.
        version: of this record's layout.
    """

    feed: str
    letter_ids: list[str]
    mark: Mark
    at: Instant
    by: str
    version: int = 1


_ENCODER = msgspec.json.Encoder()
_Several = Annotated[list[DeadLetter], msgspec.Meta(min_length=1)]
_DECODER = msgspec.json.Decoder[DeadLetter | list[DeadLetter]](DeadLetter | _Several)


def failed_record(
    topic: Topic, partition: int, offset: int, value: bytes, error: BaseException
) -> FailedRecord:
    """Return the failure of a record of `topic` that raised `error`."""
    place = f"{topic.name}[{partition}]@{offset}"
    return FailedRecord(topic, place, value, problem_of(error))


def problem_of(error: BaseException) -> str:
    """Return what an error says, with its kind where it is none of ours."""
    return str(error) if isinstance(error, CityBrainError) else repr(error)


def encode_letter(letter: DeadLetter) -> bytes:
    """Return `letter` as the value of a Kafka record; what is too long for one is cut."""
    if len(letter.raw) > MOST_RAW:
        said = f"{letter.reason[:_MOST_WORDS]} (the first {MOST_RAW} of {len(letter.raw)} bytes)"
        letter = msgspec.structs.replace(letter, raw=letter.raw[:MOST_RAW], reason=said)
    return _ENCODER.encode(letter)


def encode_letters(letters: Iterable[DeadLetter]) -> Iterator[tuple[str, bytes]]:
    """Yield key (the feed) and value of the few Kafka records that hold `letters`, in order."""
    for feed, some in groupby(letters, lambda one: one.feed):
        parts, size = list[bytes](), 0
        for part in map(encode_letter, some):
            if parts and size + len(part) > TOGETHER_BYTES:
                yield feed, _array(parts)
                parts, size = [], 0
            parts.append(part)
            size += len(part)
        yield feed, _array(parts)


def _array(parts: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(parts) + b"]" if len(parts) > 1 else parts[0]


def letter_of_record(
    place: str, key: bytes, value: bytes, problem: str, now: datetime
) -> DeadLetter:
    """Return the letter for a record of a topic that cannot be carried out.

    Args:
        place: ``<topic>[partition]@offset``; the same place gives the same letter id.
        key: the record's key.
        value: its value.
        problem: what is wrong.
        now: the present instant.
    """
    return DeadLetter(
        letter_id=str(uuid.uuid5(_NAMESPACE, place)),
        feed=key.decode(errors="replace"),
        department="",
        place=place,
        field="",
        reason=problem[:_MOST_WORDS],
        raw=value,
        media_type=OCTETS,
        received_at=now,
    )


def decode_letters(value: bytes) -> list[DeadLetter]:
    """Return the letters in one record: an object is one, an array several.

    Raises:
        msgspec.DecodeError: they are no dead letters.
    """
    found = _DECODER.decode(value)
    return found if isinstance(found, list) else [found]
