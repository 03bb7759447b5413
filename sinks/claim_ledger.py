"""Which records were inserted: a log of claims that all sinks of a topic agree on. Pure.

The trouble: a sink that reads records, inserts them and then commits their offsets may be killed
between the last two, or be paused for so long that another one takes over while it believes that
it still owns its partitions. Kafka's offsets alone would then lose or double rows.

**The log.** Table `sink_ledger` holds, for each topic, entries numbered 1, 2, 3 … An entry is
appended with ``insert_deduplication_token = <topic>:<number>``, so of two sinks that append the
same number only one succeeds; which one, both learn by reading the log again. A sink appends only
the number after the last one that it has read, so whoever succeeds had seen all entries before its
own. An entry is a *claim* (the owner is going to insert these ranges of offsets, under this id), a
*deferral* (that claim is completed beside the flow), a *refusal* (these records of that claim are
not for the store: dead letters) or a *settlement* (the rest of these ranges of that claim is known
to be in the store).

**Writing a batch.**

1. It is cut into claims that are bounded in rows, bytes and weeks (`sinks.claim_bounds`).
2. What the log says was claimed before is cut off; what lies between that and the batch is read
   from Kafka and written first. Claims therefore never overlap and leave nothing out.
3. The rest is claimed. If another entry took the number: learn it, begin again at 2.
4. The claimed rows are inserted with the claim's id as token. If the answer is not a plain yes, or
   if they are history, which takes long, the claim is deferred.
5. Only then are the records acknowledged: their claim is in the store, or in the log as deferred.
   The next claim of the same owner tells that this one is in the store, if it was not deferred.

**Taking over.** A claim of another owner is *open* while that owner has claimed nothing since and
nobody deferred or settled it. Before a sink cuts off records because another owner claimed them, it
defers that owner's open claims on their partitions. So it does not matter whether the other one was
killed before its insert, after it, or in the middle, or whether it is only slow.

**Beside the flow** (`complete`). Whoever owns a partition completes what was deferred of it: it
reads the claim's ranges again from Kafka, makes the same rows of them, inserts them under the same
tokens, then counts and, if need be, mends (`sinks.repair`), until it is whole; then it settles. It
may be killed at any instant: nothing but the settlement ends a deferral, and all before it may be
done again.

*Records that the store refuses for good* are looked for without touching any table
(`sinks.refused_records`). What is found is appended as a refusal **before** it has any consequence.
From then on the claim stands for its other rows: they are put there by counting and mending, never
under the claim's tokens, which stand for all of them; and the letters are sent before it is
settled. So a store that would take the record later (its table was changed) does not get it beside
its letter, and one killed between refusal and letter is followed by one that sends it. A letter's
id comes from the record's place: sent twice, it is one.

**Why each record is inserted exactly once, or is one letter.** A record is in exactly one claim (2,
3). Its rows are inserted under one token, so at most once (4), or mended to be there once; those of
a refused record are taken out. A record is acknowledged only when its claim is in the store or
deferred (5), and is otherwise read again by whoever owns its partition next, so at least once. A
deferral ends with its settlement alone. Faust's commits decide only where reading begins.

What this rests on: Kafka keeps a record until its claim is settled. ClickHouse remembers the tokens
of the last 10,000 inserts of a table (100,000 of the ledger), so a sink that was paused for longer
than those take must not send what it had ready; `sinks.committer` checks that. And nobody makes a
table take what it refused within those minutes, while a sink that was overtaken has it ready.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from sinks.claim_bounds import cut
from sinks.ledger_entries import (
    AppendClaim,
    CompleteClaim,
    Entry,
    Fetch,
    HandOver,
    InsertBatch,
    ReadClaims,
    RecordPlace,
    SendLetters,
    Steps,
)
from sinks.ledger_view import ClaimLedger
from sinks.record_batch import OffsetRange, RecordBatch

FEW = 200
"""Records that are read at once where some had been skipped."""


def write(view: ClaimLedger, batch: RecordBatch, this_week: int, *, refresh: bool = False) -> Steps:
    """Yield the effects that put `batch` into the store once; then it may be acknowledged.

    Args:
        view: the log as this sink knows it; kept up to date.
        batch: records that were read, nothing of them acknowledged yet.
        this_week: number of the present week, as `sinks.claim_bounds.week_of` counts them.
        refresh: read the log first, for the partitions may have had another owner since.
    """
    if refresh:
        view.learn((yield ReadClaims(view.known)))
    for part, beside in cut(batch, this_week):
        yield from _write_part(view, part, this_week, beside=beside)


def close(view: ClaimLedger) -> Steps:
    """Yield the effects that tell the next owner that nothing of this one is open."""
    claim = view.own()
    if claim is not None:
        yield from _append_settlement(view, claim, claim.partitions)


def complete(view: ClaimLedger, claim: Entry, partitions: frozenset[int]) -> Steps:
    """Yield the effects that complete a deferred `claim`, as far as `partitions` go.

    Args:
        view: the log, in which it is deferred; kept up to date.
        claim: its deferral.
        partitions: those of its partitions that this sink owns.
    """
    while True:
        refused = view.refused.get(claim.claim_id, frozenset())
        found: frozenset[RecordPlace] = yield CompleteClaim(claim, partitions, refused)
        if not found - refused:
            break
        yield from _append_refusal(view, claim, found)
    mine = frozenset(place for place in refused if place[0] in partitions)
    if mine:
        yield SendLetters(claim, mine)
    yield from _append_settlement(view, claim, partitions)


def _write_part(view: ClaimLedger, batch: RecordBatch, this_week: int, *, beside: bool) -> Steps:
    while True:
        yield from _defer_others(view, batch)
        if view.skipped(batch.ranges):
            yield from _fill(view, batch, this_week)
            continue  # others may have claimed meanwhile
        fresh = batch.within(view.unclaimed(batch.ranges))
        if not fresh.records:
            return
        claim = view.claim(fresh.ranges, fresh.rows)
        if not (yield from _append(view, claim)):
            continue
        if beside:
            yield from _append_deferral(view, claim)
            yield HandOver(claim, fresh)
        elif not (yield InsertBatch(claim, fresh)):
            yield from _append_deferral(view, claim)
            yield HandOver(claim, None)
        return


def _defer_others(view: ClaimLedger, batch: RecordBatch) -> Steps:
    partitions = frozenset(part.partition for part in batch.ranges)
    while claims := view.others(partitions):
        yield from _append_deferral(view, claims[0])
        yield HandOver(claims[0], None)


def _fill(view: ClaimLedger, batch: RecordBatch, this_week: int) -> Steps:
    """Write what was never read although it was never claimed, a few records at a time."""
    while skipped := view.skipped(batch.ranges):
        part = skipped[0]
        missing = OffsetRange(part.partition, part.first, min(part.last, part.first + FEW - 1))
        found: RecordBatch = yield Fetch(missing)
        if found.records:
            yield from write(view, found, this_week)
        view.pass_over(missing)


def _append_deferral(view: ClaimLedger, claim: Entry) -> Steps:
    while view.is_open(claim) and not (yield from _append(view, view.deferral(claim))):
        pass


def _append_settlement(view: ClaimLedger, claim: Entry, partitions: frozenset[int]) -> Steps:
    yield from _append_about(view, lambda: view.settlement(claim, partitions))


def _append_refusal(view: ClaimLedger, claim: Entry, found: frozenset[RecordPlace]) -> Steps:
    yield from _append_about(view, lambda: view.refusal(claim, found))


def _append_about(view: ClaimLedger, make: Callable[[], Entry]) -> Steps:
    appended = False
    while not appended:
        view.learn((yield ReadClaims(view.known)))
        appended = yield from _append(view, make())


def _append(view: ClaimLedger, entry: Entry) -> Generator[Any, Any, bool]:
    entries: list[Entry] = yield AppendClaim(entry)
    view.learn(entries)
    return entries[:1] == [entry]
