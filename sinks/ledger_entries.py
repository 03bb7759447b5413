"""What stands in a topic's log of claims, and what its steps ask to be done; see `claim_ledger`."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sinks.record_batch import OffsetRange, RecordBatch

CLAIM = "claim"
SETTLED = "settled"
DEFERRED = "deferred"
REFUSED = "refused"

RecordPlace = tuple[int, int]
"""Partition and offset of a record."""


@dataclass(frozen=True)
class Entry:
    """One entry of a topic's log.

    Attributes:
        seq: its number.
        kind: `CLAIM`, `SETTLED`, `DEFERRED` or `REFUSED`.
        owner: the sink that appended it; every start of a process is another owner.
        claim_id: token of the claim's insert; of the other kinds: the claim that they are about.
        ranges: what is claimed or settled, one range a partition; of a deferral: all that the claim
            claims; of a refusal: the records that are refused, a range each.
        rows: rows that the claimed records hold, also of a deferral; else 0.
        reached: last claimed offset by partition, this entry included.
    """

    seq: int
    kind: str
    owner: str
    claim_id: str
    ranges: tuple[OffsetRange, ...]
    rows: int
    reached: Mapping[int, int]

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions of its ranges."""
        return frozenset(part.partition for part in self.ranges)


@dataclass(frozen=True)
class AppendClaim:
    """Effect: try to append `entry`; return the entries from its number on.

    If the first of them is `entry` itself, it succeeded.
    """

    entry: Entry


@dataclass(frozen=True)
class ReadClaims:
    """Effect: return the entries with a number above `after`, in order; all that the log has."""

    after: int


@dataclass(frozen=True)
class InsertBatch:
    """Effect: insert `batch` under the token of `claim`; return whether it is certainly there."""

    claim: Entry
    batch: RecordBatch


@dataclass(frozen=True)
class HandOver:
    """Effect: tell the side lane of a claim that was deferred.

    Attributes:
        claim: the claim itself.
        batch: its records, where nothing of them was tried yet; None: it is in doubt.
    """

    claim: Entry
    batch: RecordBatch | None


@dataclass(frozen=True)
class CompleteClaim:
    """Effect: make sure that `claim` without `refused` is in the store, as far as `partitions` go.

    Return the further records that the store refuses for good, by place; then nothing is certain.
    """

    claim: Entry
    partitions: frozenset[int]
    refused: frozenset[RecordPlace]


@dataclass(frozen=True)
class SendLetters:
    """Effect: make sure that the records `refused` of `claim` are among the dead letters."""

    claim: Entry
    refused: frozenset[RecordPlace]


@dataclass(frozen=True)
class Fetch:
    """Effect: return the records of these offsets from the topic, as a batch."""

    missing: OffsetRange


Effect = AppendClaim | ReadClaims | InsertBatch | HandOver | CompleteClaim | SendLetters | Fetch
Steps = Generator[Effect, Any, None]


def claim_id(topic: str, ranges: Iterable[OffsetRange], rows: int) -> str:
    """Return the id of a claim: the same for the same records, always."""
    text = ";".join(f"{part.partition}:{part.first}-{part.last}" for part in ranges)
    return hashlib.blake2b(f"{topic}|{text}|{rows}".encode(), digest_size=16).hexdigest()
