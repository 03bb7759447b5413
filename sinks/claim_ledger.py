"""Which records were inserted: a log of claims that all sinks of a topic agree on. Pure.

The trouble: a sink that reads records, inserts them and then commits their offsets may be killed
between the last two, or be paused for so long that another one takes over while it believes that
it still owns its partitions. Kafka's offsets alone would then lose or double rows.

**The log.** Table `sink_ledger` holds, for each topic, entries numbered 1, 2, 3 … An entry is
appended with ``insert_deduplication_token = <topic>:<number>``, so of two sinks that append the
same number only one succeeds; which one, both learn by reading the log again. A sink appends only
the number after the last one that it has read, so whoever succeeds had seen all entries before its
own. An entry is a *claim* (the owner is going to insert these ranges of offsets, under this id) or
a *settlement* (these ranges of that claim are known to be in the store).

**Writing a batch.**

1. What the log says was claimed before is cut off the batch; what lies between that and the batch
   is read from Kafka and written first. Claims therefore never overlap and leave nothing out.
2. The rest is claimed. If another entry took the number: learn it, begin again at 1.
3. The claimed rows are inserted with the claim's id as token. If the answer is not a plain yes, the
   claim is *settled*: inserted again under the same token, which counts once, then counted and, if
   need be, mended (`sinks.repair`), until it is whole.
4. Only then are the records acknowledged. The next claim of the same owner tells that this one is
   settled: a sink claims again only when its claim before is in the store.

**Taking over.** A claim of another owner is *open* while that owner has claimed nothing since and
nobody settled it. Before a sink cuts off records because another owner claimed them, it settles
that owner's open claims on their partitions: it reads the claim's ranges again from Kafka, makes
the same rows of them, and inserts them under the same id. So it does not matter whether the other
one was killed before its insert, after it, or in the middle, or whether it is only slow.

**Why each record is inserted exactly once.** A record is in exactly one claim (1, 2). The rows of a
claim are inserted under one token, so at most once (3). A record is acknowledged only when its
claim is in the store (4, taking over), and is otherwise read again by whoever owns its partition
next, so at least once. Faust's commits decide only where reading begins.

What this rests on: ClickHouse remembers the tokens of the last 10,000 inserts of a table (100,000
of the ledger), so a sink that was paused for longer than those take must not send what it had
ready; `sinks.committer` checks that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sinks.record_batch import OffsetRange, RecordBatch

CLAIM = "claim"
SETTLED = "settled"
FEW = 200
"""Records that are read at once where some had been skipped."""


@dataclass(frozen=True)
class Entry:
    """One entry of a topic's log.

    Attributes:
        seq: its number.
        kind: `CLAIM` or `SETTLED`.
        owner: the sink that appended it; every start of a process is another owner.
        claim_id: token of the claim's insert; of a settlement: the claim that was settled.
        ranges: what is claimed or settled, one range a partition.
        rows: rows that the claimed records hold; 0 for a settlement.
        reached: last claimed offset by partition, this entry included.
    """

    seq: int
    kind: str
    owner: str
    claim_id: str
    ranges: tuple[OffsetRange, ...]
    rows: int
    reached: Mapping[int, int]


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
    """Effect: insert `batch` under the token of `claim`; if in doubt, settle it."""

    claim: Entry
    batch: RecordBatch


@dataclass(frozen=True)
class SettleClaim:
    """Effect: make sure that `claim` is in the store, as far as `partitions` are concerned."""

    claim: Entry
    partitions: frozenset[int]


@dataclass(frozen=True)
class Fetch:
    """Effect: return the records of these offsets from the topic, as a batch."""

    missing: OffsetRange


Effect = AppendClaim | ReadClaims | InsertBatch | SettleClaim | Fetch
Steps = Generator[Effect, Any, None]


@dataclass
class ClaimLedger:
    """One sink's view of one topic's log.

    Attributes:
        topic: whose log it is.
        owner: who looks.
        known: number of the last entry that was read.
        reached: last claimed offset by partition.
        open: by owner its newest claim, with the ranges that nobody settled yet.
    """

    topic: str
    owner: str
    known: int = 0
    reached: dict[int, int] = field(default_factory=dict)
    open: dict[str, tuple[Entry, frozenset[int]]] = field(default_factory=dict)

    def learn(self, entries: Iterable[Entry]) -> None:
        """Take in `entries`, in order of their numbers; those known already are passed over."""
        for entry in entries:
            if entry.seq <= self.known:
                continue
            self.known = entry.seq
            self.reached = dict(entry.reached)
            if entry.kind == CLAIM:
                parts = frozenset(part.partition for part in entry.ranges)
                self.open[entry.owner] = (entry, parts)
            else:
                self._close(entry)

    def unclaimed(self, ranges: Iterable[OffsetRange]) -> tuple[OffsetRange, ...]:
        """Return what of `ranges` nobody has claimed."""
        return tuple(
            OffsetRange(part.partition, max(part.first, self._next(part)), part.last)
            for part in ranges
            if part.last >= self._next(part)
        )

    def skipped(self, ranges: Iterable[OffsetRange]) -> tuple[OffsetRange, ...]:
        """Return the offsets between what was claimed last and the beginning of `ranges`."""
        return tuple(
            OffsetRange(part.partition, self.reached[part.partition] + 1, part.first - 1)
            for part in ranges
            if part.partition in self.reached and part.first > self.reached[part.partition] + 1
        )

    def pass_over(self, part: OffsetRange) -> None:
        """Take note that `part` holds no records that are unclaimed."""
        reached = self.reached.get(part.partition, -1)
        self.reached[part.partition] = max(reached, part.last)

    def others(self, partitions: frozenset[int]) -> list[Entry]:
        """Return other owners' open claims on `partitions`, oldest first."""
        found = [
            claim
            for owner, (claim, parts) in self.open.items()
            if owner != self.owner and parts & partitions
        ]
        return sorted(found, key=lambda claim: claim.seq)

    def own(self) -> Entry | None:
        """Return the own newest claim, None where it is settled or was never made."""
        claim, parts = self.open.get(self.owner, (None, frozenset()))
        return claim if parts else None

    def claim(self, ranges: tuple[OffsetRange, ...], rows: int) -> Entry:
        """Return the entry that claims `ranges`, which must be unclaimed."""
        reached = self.reached | {part.partition: part.last for part in ranges}
        token = claim_id(self.topic, ranges, rows)
        return Entry(self.known + 1, CLAIM, self.owner, token, ranges, rows, reached)

    def settlement(self, claim: Entry, partitions: frozenset[int]) -> Entry:
        """Return the entry that says that `claim` is in the store, as far as `partitions` go."""
        parts = tuple(part for part in claim.ranges if part.partition in partitions)
        reached = dict(self.reached)
        return Entry(self.known + 1, SETTLED, self.owner, claim.claim_id, parts, 0, reached)

    def _next(self, part: OffsetRange) -> int:
        return self.reached.get(part.partition, -1) + 1

    def _close(self, settled: Entry) -> None:
        done = frozenset(part.partition for part in settled.ranges)
        for owner, (claim, parts) in list(self.open.items()):
            if claim.claim_id == settled.claim_id:
                self.open[owner] = (claim, parts - done)


def claim_id(topic: str, ranges: Iterable[OffsetRange], rows: int) -> str:
    """Return the id of a claim: the same for the same records, always."""
    text = ";".join(f"{part.partition}:{part.first}-{part.last}" for part in ranges)
    return hashlib.blake2b(f"{topic}|{text}|{rows}".encode(), digest_size=16).hexdigest()


def write(view: ClaimLedger, batch: RecordBatch, *, refresh: bool = False) -> Steps:
    """Yield the effects that put `batch` into the store once; when it ends, all of it is there.

    Args:
        view: the log as this sink knows it; kept up to date.
        batch: records that were read, nothing of them acknowledged yet.
        refresh: a partition may have had another owner since this sink wrote last.
    """
    if refresh:
        view.learn((yield ReadClaims(view.known)))
    while True:
        yield from _settle_others(view, batch)
        if view.skipped(batch.ranges):
            yield from _fill(view, batch)
            continue  # others may have claimed meanwhile
        fresh = batch.within(view.unclaimed(batch.ranges))
        if not fresh.records:
            return
        claim = view.claim(fresh.ranges, fresh.rows)
        if (yield from _append(view, claim)):
            yield InsertBatch(claim, fresh)
            return


def close(view: ClaimLedger) -> Steps:
    """Yield the effects that tell the next owner that nothing of this one is open."""
    claim = view.own()
    if claim is not None:
        yield from _append_settlement(view, claim, frozenset(p.partition for p in claim.ranges))


def _settle_others(view: ClaimLedger, batch: RecordBatch) -> Steps:
    partitions = frozenset(part.partition for part in batch.ranges)
    while claims := view.others(partitions):
        mine = partitions & frozenset(part.partition for part in claims[0].ranges)
        yield SettleClaim(claims[0], mine)
        yield from _append_settlement(view, claims[0], mine)


def _fill(view: ClaimLedger, batch: RecordBatch) -> Steps:
    """Write what was never read although it was never claimed, a few records at a time."""
    while skipped := view.skipped(batch.ranges):
        part = skipped[0]
        missing = OffsetRange(part.partition, part.first, min(part.last, part.first + FEW - 1))
        found: RecordBatch = yield Fetch(missing)
        if found.records:
            yield from write(view, found)
        view.pass_over(missing)


def _append_settlement(view: ClaimLedger, claim: Entry, partitions: frozenset[int]) -> Steps:
    appended = False
    while not appended:
        view.learn((yield ReadClaims(view.known)))
        appended = yield from _append(view, view.settlement(claim, partitions))


def _append(view: ClaimLedger, entry: Entry) -> Generator[Effect, Any, bool]:
    entries: list[Entry] = yield AppendClaim(entry)
    view.learn(entries)
    return entries[:1] == [entry]
