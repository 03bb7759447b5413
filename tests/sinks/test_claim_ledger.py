from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sinks.claim_ledger import (
    CLAIM,
    SETTLED,
    AppendClaim,
    ClaimLedger,
    Effect,
    Entry,
    Fetch,
    InsertBatch,
    ReadClaims,
    SettleClaim,
    Steps,
    claim_id,
    close,
    write,
)
from sinks.record_batch import OffsetRange, RecordBatch, TopicRecord

TOPIC = "city.events"


def records(*places: tuple[int, int]) -> RecordBatch:
    return RecordBatch(TopicRecord(partition, offset, None) for partition, offset in places)


def entry(seq: int, owner: str, *ranges: OffsetRange, kind: str = CLAIM, token: str = "") -> Entry:
    reached = {part.partition: part.last for part in ranges}
    return Entry(seq, kind, owner, token or f"claim-{seq}", ranges, 0, reached)


def answers(steps: Steps, *given: Any) -> list[Effect]:
    """Drive `steps` with `given` answers and return the effects that it yielded."""
    seen = [next(steps)]
    for answer in given:
        try:
            seen.append(steps.send(answer))
        except StopIteration:
            break
    return seen


def test_write_when_alone_then_claims_and_inserts() -> None:
    view = ClaimLedger(TOPIC, "a")
    batch = records((0, 0), (0, 1), (1, 5))
    claim = Entry(
        1,
        CLAIM,
        "a",
        claim_id(TOPIC, (OffsetRange(0, 0, 1), OffsetRange(1, 5, 5)), 0),
        (OffsetRange(0, 0, 1), OffsetRange(1, 5, 5)),
        0,
        {0: 1, 1: 5},
    )

    appended, inserted = answers(write(view, batch), [claim], None)

    assert appended == AppendClaim(claim)
    assert isinstance(inserted, InsertBatch)
    assert inserted.claim == claim
    assert view.reached == {0: 1, 1: 5}


def test_write_when_all_was_claimed_before_then_does_nothing() -> None:
    view = ClaimLedger(TOPIC, "a", known=3, reached={0: 9})

    assert list(write(view, records((0, 8), (0, 9)))) == []


def test_write_when_another_took_the_number_then_settles_it_and_claims_the_rest() -> None:
    view = ClaimLedger(TOPIC, "a", known=1, reached={0: 9})
    theirs = Entry(2, CLAIM, "b", "theirs", (OffsetRange(0, 10, 11),), 0, {0: 11})
    settled = Entry(3, SETTLED, "a", "theirs", (OffsetRange(0, 10, 11),), 0, {0: 11})

    effects = answers(
        write(view, records(*((0, offset) for offset in range(10, 14)))),
        [theirs],  # the append was lost
        None,  # settled
        [],  # read before the settlement is appended
        [settled],
    )

    assert isinstance(effects[0], AppendClaim)
    assert effects[1] == SettleClaim(theirs, frozenset({0}))
    assert effects[2] == ReadClaims(2)
    assert effects[3] == AppendClaim(settled)
    assert isinstance(effects[4], AppendClaim)
    assert effects[4].entry.ranges == (OffsetRange(0, 12, 13),)


def test_write_when_records_were_skipped_then_reads_and_writes_them_first() -> None:
    view = ClaimLedger(TOPIC, "a", known=1, reached={0: 9})

    effects = answers(write(view, records((0, 12))), records((0, 10), (0, 11)))

    assert effects[0] == Fetch(OffsetRange(0, 10, 11))
    assert isinstance(effects[1], AppendClaim)
    assert effects[1].entry.ranges == (OffsetRange(0, 10, 11),)


def test_write_when_the_skipped_offsets_hold_nothing_then_goes_on() -> None:
    view = ClaimLedger(TOPIC, "a", known=1, reached={0: 9})

    effects = answers(write(view, records((0, 12))), records())

    assert isinstance(effects[1], AppendClaim)
    assert effects[1].entry.ranges == (OffsetRange(0, 12, 12),)


def test_others_when_the_owner_claimed_since_then_its_older_claim_is_closed() -> None:
    view = ClaimLedger(TOPIC, "a")
    view.learn([entry(1, "b", OffsetRange(0, 0, 3)), entry(2, "b", OffsetRange(1, 0, 3))])

    assert view.others(frozenset({0})) == []
    assert [claim.seq for claim in view.others(frozenset({1}))] == [2]


def test_others_when_settled_for_one_partition_then_open_for_the_other() -> None:
    view = ClaimLedger(TOPIC, "a")
    claim = entry(1, "b", OffsetRange(0, 0, 3), OffsetRange(1, 0, 3), token="x")
    view.learn([claim, entry(2, "c", OffsetRange(0, 0, 3), kind=SETTLED, token="x")])

    assert view.others(frozenset({0})) == []
    assert view.others(frozenset({0, 1})) == [claim]


def test_close_when_the_last_claim_is_open_then_settles_it() -> None:
    view = ClaimLedger(TOPIC, "a")
    view.learn([entry(1, "a", OffsetRange(0, 0, 3), token="x")])
    settled = Entry(2, SETTLED, "a", "x", (OffsetRange(0, 0, 3),), 0, {0: 3})

    assert answers(close(view), [], [settled]) == [ReadClaims(1), AppendClaim(settled)]


def test_close_when_nothing_is_open_then_does_nothing() -> None:
    assert list(close(ClaimLedger(TOPIC, "a"))) == []


def test_learn_when_entries_come_again_then_they_are_passed_over() -> None:
    view = ClaimLedger(TOPIC, "a")
    view.learn([entry(1, "b", OffsetRange(0, 0, 3)), entry(2, "b", OffsetRange(0, 4, 7))])

    view.learn([entry(1, "b", OffsetRange(0, 0, 3))])

    assert (view.known, view.reached) == (2, {0: 7})


def test_claim_id_when_ranges_differ_then_differs_and_else_stays() -> None:
    ranges = (OffsetRange(0, 1, 2), OffsetRange(3, 4, 5))

    assert claim_id(TOPIC, ranges, 7) == "4d8550f87ebe4bd1a34a4a8cee6dab58"
    assert claim_id(TOPIC, ranges, 8) != claim_id(TOPIC, ranges, 7)
    assert claim_id("city.windows", ranges, 7) != claim_id(TOPIC, ranges, 7)


@dataclass
class Sink:
    """One life of a sink: what it is doing, and where it is."""

    view: ClaimLedger
    loaded: bool = False
    steps: Steps | None = None
    effect: Effect | None = None
    answer: Any = None
    batch: list[tuple[int, int]] = field(default_factory=list)


SINKS = st.integers(0, 2)


class Interleaving(RuleBasedStateMachine):
    """Three sinks that are killed, paused and overtaken at any moment.

    The model of the store: a ledger where a number is taken once, and inserts where a token counts
    once. Every sink reads every partition from its committed offset on, as if all of them were
    zombies of each other; that is more than Kafka ever does to us.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Entry] = []
        self.inserted: Counter[tuple[int, int]] = Counter()
        self.tokens: set[str] = set()
        self.ends = [30, 30]
        self.committed = [0, 0]
        self.lives = 3
        self.sinks = [Sink(ClaimLedger(TOPIC, f"sink-{number}")) for number in range(3)]

    @rule(number=SINKS, counts=st.tuples(st.integers(0, 3), st.integers(1, 3)), skip=st.booleans())
    def begin(self, number: int, counts: tuple[int, int], skip: bool) -> None:
        """Read from what is committed, or after it as if Faust had lost a record."""
        sink = self.sinks[number]
        if sink.steps is not None:
            return
        if not sink.loaded:
            sink.view.learn(self.log)
            sink.loaded = True
        places: list[tuple[int, int]] = []
        for partition, count in enumerate(counts):
            first = self.committed[partition] + (skip and partition in sink.view.reached)
            last = min(first + count, self.ends[partition])
            places += [(partition, offset) for offset in range(first, last)]
        if places:
            sink.batch = places
            sink.steps = write(sink.view, records(*places), refresh=not sink.view.known)
            self._next(sink)

    @rule(number=SINKS, count=st.integers(1, 6))
    def step(self, number: int, count: int) -> None:
        """Perform what the sink waits for; it sees the answers."""
        sink = self.sinks[number]
        for _ in range(count):
            if sink.effect is not None:
                sink.answer = self._perform(sink.effect)
                self._next(sink)

    @rule(number=SINKS)
    def lose_the_answer(self, number: int) -> None:
        """The store does it, but the answer is lost, so it will be done once more."""
        effect = self.sinks[number].effect
        if effect is not None:
            self._perform(effect)

    @rule(number=SINKS, dice=st.integers(0, 3))
    def end(self, number: int, dice: int) -> None:
        """End this life, politely or by force; another one starts in its place with a new name."""
        sink = self.sinks[number]
        if dice == 0 or (dice == 1 and sink.steps is None and sink.loaded):
            if dice == 1:
                sink.steps = close(sink.view)
                sink.batch = []
                self._finish(sink)
            self.lives += 1
            self.sinks[number] = Sink(ClaimLedger(TOPIC, f"sink-{self.lives}"))

    def _next(self, sink: Sink) -> None:
        assert sink.steps is not None
        try:
            sink.effect = sink.steps.send(sink.answer)
        except StopIteration:
            self._acknowledge(sink.batch)
            sink.steps, sink.effect = None, None
        sink.answer = None

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case AppendClaim(new):
                if new.seq == len(self.log) + 1:
                    self.log.append(new)
                return self.log[new.seq - 1 :]
            case ReadClaims(after):
                return self.log[after:]
            case Fetch(missing):
                offsets = range(missing.first, missing.last + 1)
                return records(*((missing.partition, offset) for offset in offsets))
            case InsertBatch(claim, batch):
                assert tuple(batch.ranges) == claim.ranges
                self._insert(claim)
            case SettleClaim(claim, _):
                self._insert(claim)
        return None

    def _insert(self, claim: Entry) -> None:
        if claim.claim_id not in self.tokens:
            self.tokens.add(claim.claim_id)
            for part in claim.ranges:
                for offset in range(part.first, part.last + 1):
                    self.inserted[part.partition, offset] += 1

    def _acknowledge(self, places: list[tuple[int, int]]) -> None:
        for partition, offset in places:
            assert self.inserted[partition, offset] == 1, "acknowledged before it is in the store"
            self.committed[partition] = max(self.committed[partition], offset + 1)

    @invariant()
    def nothing_is_inserted_twice(self) -> None:
        assert max(self.inserted.values(), default=0) <= 1

    @invariant()
    def nothing_committed_is_missing(self) -> None:
        for partition, end in enumerate(self.committed):
            assert all(self.inserted[partition, offset] for offset in range(end))

    def teardown(self) -> None:
        """At last one sink is alone and reads on from the commits: then all is there, once."""
        self._write_all(Sink(ClaimLedger(TOPIC, "last")))
        for partition, end in enumerate(self.ends):
            assert [self.inserted[partition, offset] for offset in range(end)] == [1] * end

    def _write_all(self, sink: Sink) -> None:
        sink.view.learn(self.log)
        sink.batch = [
            (partition, offset)
            for partition in (0, 1)
            for offset in range(self.committed[partition], self.ends[partition])
        ]
        if sink.batch:
            sink.steps = write(sink.view, records(*sink.batch), refresh=True)
            self._finish(sink)

    def _finish(self, sink: Sink) -> None:
        self._next(sink)
        while sink.effect is not None:
            sink.answer = self._perform(sink.effect)
            self._next(sink)


def test_write_when_another_claims_while_skipped_records_are_filled_then_it_is_settled() -> None:
    run = Interleaving()
    run.begin(counts=(0, 1), number=0, skip=False)
    run.begin(counts=(1, 1), number=1, skip=False)
    run.step(count=3, number=0)
    run.step(count=4, number=1)
    run.begin(counts=(1, 1), number=0, skip=True)
    run.lose_the_answer(number=1)  # it has claimed, and never inserts
    run.step(count=20, number=0)
    assert run.inserted == {(1, 0): 1, (1, 1): 1, (1, 2): 1, (0, 0): 1}


TestInterleaving = Interleaving.TestCase
TestInterleaving.settings = hypothesis_settings(
    max_examples=300, stateful_step_count=40, deadline=None
)


@pytest.mark.parametrize(
    ("ranges", "unclaimed"),
    [
        pytest.param((OffsetRange(0, 5, 9),), (OffsetRange(0, 5, 9),), id="nothing-claimed"),
        pytest.param((OffsetRange(1, 5, 9),), (OffsetRange(1, 8, 9),), id="cut"),
        pytest.param((OffsetRange(1, 5, 7),), (), id="all-claimed"),
    ],
)
def test_unclaimed_when_some_is_claimed_then_cuts_it(
    ranges: tuple[OffsetRange, ...], unclaimed: tuple[OffsetRange, ...]
) -> None:
    assert ClaimLedger(TOPIC, "a", reached={1: 7}).unclaimed(ranges) == unclaimed
