"""The dead letter: a row that could not become an event, kept whole so that it can be replayed."""

from __future__ import annotations

from datetime import datetime

import msgspec


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One refused row on `city.dead-letters`, as JSON.

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
    received_at: datetime
    media_type: str = "application/json"
    header: str = ""
    batch: str = ""
    version: int = 1


def encode_letter(letter: DeadLetter) -> bytes:
    """Return `letter` as the value of a Kafka record."""
    return msgspec.json.encode(letter)


def decode_letter(value: bytes) -> DeadLetter:
    """Return the letter in `value`.

    Raises:
        msgspec.ValidationError: `value` is no dead letter.
    """
    return msgspec.json.decode(value, type=DeadLetter)
