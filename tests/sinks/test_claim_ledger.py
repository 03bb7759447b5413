from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sinks.claim_ledger import close, complete, write
from sinks.ledger_entries import (
    CLAIM,
    DEFERRED,
    REFUSED,
    SETTLED,
    AppendClaim,
    CompleteClaim,
    Effect,
    Entry,
    Fetch,
    HandOver,
    InsertBatch,
    ReadClaims,
    SendLetters,
    Steps,
    claim_id,
)
from sinks.ledger_view import ClaimLedger
from sinks.record_batch import OffsetRange, RecordBatch, TopicRecord

TOPIC = "city.events"
WEEK = 2_900
OLD = frozenset({WEEK - 100})
NONE: frozenset[tuple[int, int]] = frozenset()


def records(*places: tuple[int, int], weeks: frozenset[int] = frozenset()) -> RecordBatch:
    return RecordBatch(
        TopicRecord(partition, offset, None, weeks=weeks) for partition, offset in places
    )


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

    appended, inserted = answers(write(view, batch, WEEK), [claim], True)

    assert appended == AppendClaim(claim)
    assert isinstance(inserted, InsertBatch)
    assert inserted.claim == claim
    assert view.reached == {0: 1, 1: 5}


def test_write_when_all_was_claimed_before_then_does_nothing() -> None:
    view = ClaimLedger(TOPIC, "a", known=3, reached={0: 9})

    assert list(write(view, records((0, 8), (0, 9)), WEEK)) == []


def test_write_when_another_took_the_number_then_defers_it_and_claims_the_rest() -> None:
    view = ClaimLedger(TOPIC, "a", known=1, reached={0: 9})
    theirs = Entry(2, CLAIM, "b", "theirs", (OffsetRange(0, 10, 11),), 7, {0: 11})
    deferred = Entry(3, DEFERRED, "a", "theirs", (OffsetRange(0, 10, 11),), 7, {0: 11})

    effects = answers(
        write(view, records(*((0, offset) for offset in range(10, 14))), WEEK),
        [theirs],  # the append was lost
        [deferred],
        None,
    )

    assert isinstance(effects[0], AppendClaim)
    assert effects[1] == AppendClaim(deferred)
    assert effects[2] == HandOver(theirs, None)
    assert isinstance(effects[3], AppendClaim)
    assert effects[3].entry.ranges == (OffsetRange(0, 12, 13),)


def test_write_when_the_insert_is_in_doubt_then_the_claim_is_deferred_before_it_returns() -> None:
    view = ClaimLedger(TOPIC, "a")
    batch = records((0, 0), (0, 1))
    claim = view.claim(batch.ranges, 0)
    deferred = Entry(2, DEFERRED, "a", claim.claim_id, claim.ranges, 0, {0: 1})

    effects = answers(write(view, batch, WEEK), [claim], False, [deferred], None)

    assert effects[2:] == [AppendClaim(deferred), HandOver(claim, None)]
    assert (view.own(), view.left(claim.claim_id)) == (None, frozenset({0}))


def test_write_when_rows_are_history_then_they_are_deferred_untried_and_others_are_not() -> None:
    view = ClaimLedger(TOPIC, "a")
    live, history = records((0, 0)), records((1, 0), weeks=OLD)
    batch = RecordBatch([*live.records, *history.records])
    steps = write(view, batch, WEEK)

    first: Any = next(steps)
    inserted: Any = steps.send([first.entry])
    second: Any = steps.send(True)
    deferred: Any = steps.send([second.entry])
    handed: Any = steps.send([deferred.entry])

    assert isinstance(inserted, InsertBatch)
    assert inserted.batch.ranges == (OffsetRange(0, 0, 0),)
    assert (deferred.entry.kind, deferred.entry.ranges) == (DEFERRED, (OffsetRange(1, 0, 0),))
    assert handed.batch.records == history.records
    assert list(steps) == []


def test_complete_when_records_are_refused_then_that_is_in_the_log_before_letters_go() -> None:
    view = ClaimLedger(TOPIC, "a")
    claim = entry(1, "b", OffsetRange(0, 0, 9), kind=DEFERRED, token="x")
    view.learn([claim])
    bad = frozenset({(0, 3), (0, 7)})
    refusal = Entry(2, REFUSED, "a", "x", (OffsetRange(0, 3, 3), OffsetRange(0, 7, 7)), 0, {0: 9})
    settled = Entry(3, SETTLED, "a", "x", (OffsetRange(0, 0, 9),), 0, {0: 9})
    mine = frozenset({0})

    effects = answers(complete(view, claim, mine), bad, [], [refusal], bad, None, [], [settled])

    assert effects == [
        CompleteClaim(claim, mine, NONE),
        ReadClaims(1),
        AppendClaim(refusal),
        CompleteClaim(claim, mine, bad),
        SendLetters(claim, bad),
        ReadClaims(2),
        AppendClaim(settled),
    ]
    assert (view.deferred, view.refused, view.settled) == ({}, {}, {})


def test_learn_when_a_claim_was_settled_in_part_before_it_is_deferred_then_the_rest_is_left() -> (
    None
):
    both = (OffsetRange(0, 0, 3), OffsetRange(1, 0, 3))
    newcomer = ClaimLedger(TOPIC, "a")  # who does not know the claim itself

    newcomer.learn(
        [
            entry(2, "b", both[0], kind=SETTLED, token="x"),
            entry(3, "c", *both, kind=DEFERRED, token="x"),
        ]
    )

    assert newcomer.left("x") == frozenset({1})
    assert newcomer.oldest() == 3


def test_write_when_records_were_skipped_then_reads_and_writes_them_first() -> None:
    view = ClaimLedger(TOPIC, "a", known=1, reached={0: 9})

    effects = answers(write(view, records((0, 12)), WEEK), records((0, 10), (0, 11)))

    assert effects[0] == Fetch(OffsetRange(0, 10, 11))
    assert isinstance(effects[1], AppendClaim)
    assert effects[1].entry.ranges == (OffsetRange(0, 10, 11),)


def test_write_when_the_skipped_offsets_hold_nothing_then_goes_on() -> None:
    view = ClaimLedger(TOPIC, "a", known=1, reached={0: 9})

    effects = answers(write(view, records((0, 12)), WEEK), records())

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


SINKS = st.integers(0, 2)
HISTORY = frozenset({(0, 3), (0, 4), (1, 2), (1, 9), (1, 10), (1, 11)})
"""Records that are stored beside."""
REFUSED_PLACES = frozenset({(0, 4), (0, 6), (1, 3), (1, 10)})
"""Records that the store refuses for good; among others of their claims, or alone."""


def stored_records(*places: tuple[int, int]) -> RecordBatch:
    return RecordBatch(
        TopicRecord(*place, None, weeks=OLD if place in HISTORY else frozenset())
        for place in places
    )


@dataclass
class Work:
    """Steps that a thread of a sink is in, and what they wait for."""

    steps: Steps | None = None
    effect: Effect | None = None
    answer: Any = None


@dataclass
class Sink:
    """One life of a sink: its flow, and its side lane with a view of its own."""

    view: ClaimLedger
    loaded: bool = False
    flow: Work = field(default_factory=Work)
    batch: list[tuple[int, int]] = field(default_factory=list)
    side: ClaimLedger | None = None
    lane: Work = field(default_factory=Work)


class Interleaving(RuleBasedStateMachine):
    """Three sinks that are killed, paused and overtaken at any moment, each with a side lane.

    The model of the store: a ledger where a number is taken once, and inserts where a token counts
    once and is refused as a whole where a record of it is. Every sink reads every partition from
    its committed offset on, as if all of them were zombies of each other; that is more than Kafka
    ever does to us. Of two lanes that mend at once each count is true, as their turns have it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Entry] = []
        self.inserted: Counter[tuple[int, int]] = Counter()
        self.letters: set[tuple[int, int]] = set()
        self.tokens: set[str] = set()
        self.refusing = True
        self.ends = [30, 30]
        self.committed = [0, 0]
        self.lives = 3
        self.sinks = [self._new(f"sink-{number}") for number in range(3)]

    @rule(number=SINKS, counts=st.tuples(st.integers(0, 3), st.integers(1, 3)), skip=st.booleans())
    def begin(self, number: int, counts: tuple[int, int], skip: bool) -> None:
        """Read from what is committed, or after it as if Faust had lost a record."""
        sink = self.sinks[number]
        if sink.flow.steps is not None:
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
            batch = stored_records(*places)
            sink.flow.steps = write(sink.view, batch, WEEK, refresh=not sink.view.known)
            self._next(sink, sink.flow)

    @rule(number=SINKS, only=st.sampled_from([frozenset({0}), frozenset({1}), frozenset({0, 1})]))
    def begin_beside(self, number: int, only: frozenset[int]) -> None:
        """Complete a claim that the log says is deferred, for some partitions of it."""
        sink = self.sinks[number]
        if sink.lane.steps is not None:
            return
        sink.side = sink.side or ClaimLedger(TOPIC, sink.view.owner)
        sink.side.learn(self.log)
        for claim, left in list(sink.side.deferred.values()):
            if left & only:
                sink.lane.steps = complete(sink.side, claim, left & only)
                self._next(sink, sink.lane)
                return

    @rule(number=SINKS, count=st.integers(1, 6), beside=st.booleans())
    def step(self, number: int, count: int, beside: bool) -> None:
        """Perform what a thread of the sink waits for; it sees the answers."""
        sink = self.sinks[number]
        work = sink.lane if beside else sink.flow
        for _ in range(count):
            if work.effect is not None:
                work.answer = self._perform(work.effect)
                self._next(sink, work)

    @rule(number=SINKS, beside=st.booleans())
    def lose_the_answer(self, number: int, beside: bool) -> None:
        """The store does it, but the answer is lost: in doubt, or to be done once more."""
        sink = self.sinks[number]
        work = sink.lane if beside else sink.flow
        if work.effect is None:
            return
        self._perform(work.effect)
        if isinstance(work.effect, InsertBatch):
            work.answer = False
            self._next(sink, work)

    @rule()
    def mend_the_table(self) -> None:
        """A person changes the table: it would take now what it refused, or the other way round.

        Not while a sink that was overtaken still has an insert ready that was refused for others.
        """
        ready = {
            sink.flow.effect.claim.claim_id
            for sink in self.sinks
            if isinstance(sink.flow.effect, InsertBatch)
        }
        if not ready & {entry.claim_id for entry in self.log if entry.kind == REFUSED}:
            self.refusing = not self.refusing

    @rule(number=SINKS, dice=st.integers(0, 3))
    def end(self, number: int, dice: int) -> None:
        """End this life, politely or by force; another one starts in its place with a new name."""
        sink = self.sinks[number]
        if dice == 0 or (dice == 1 and sink.flow.steps is None and sink.loaded):
            if dice == 1:
                sink.flow.steps = close(sink.view)
                sink.batch = []
                self._finish(sink, sink.flow)
            self.lives += 1
            self.sinks[number] = self._new(f"sink-{self.lives}")

    @staticmethod
    def _new(name: str) -> Sink:
        return Sink(ClaimLedger(TOPIC, name))

    def _next(self, sink: Sink, work: Work) -> None:
        assert work.steps is not None
        try:
            work.effect = work.steps.send(work.answer)
        except StopIteration:
            if work is sink.flow:
                self._acknowledge(sink.batch)
            work.steps, work.effect = None, None
        work.answer = None

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
                return stored_records(*((missing.partition, offset) for offset in offsets))
            case InsertBatch(claim, batch):
                assert tuple(batch.ranges) == claim.ranges
                return self._insert(claim)
            case CompleteClaim(claim, partitions, refused):
                return self._complete(claim, partitions, refused)
            case SendLetters(_, refused):
                self.letters |= refused
        return None

    def _complete(
        self, claim: Entry, partitions: frozenset[int], refused: frozenset[tuple[int, int]]
    ) -> frozenset[tuple[int, int]]:
        if not refused and not self._insert(claim):
            return REFUSED_PLACES & set(places_of(claim))
        if self.refusing and (REFUSED_PLACES & set(places_of(claim))) - refused:
            return refused | (REFUSED_PLACES & set(places_of(claim)))
        for place in places_of(claim):  # counted and mended
            if place[0] in partitions:
                self.inserted[place] = int(place not in refused)
        return refused

    def _insert(self, claim: Entry) -> bool:
        if claim.claim_id in self.tokens:
            return True
        if self.refusing and REFUSED_PLACES & set(places_of(claim)):
            return False
        self.tokens.add(claim.claim_id)
        self.inserted.update(places_of(claim))
        return True

    def _acknowledge(self, places: list[tuple[int, int]]) -> None:
        deferred = self._deferred()
        for place in places:
            once = self.inserted[place] + (place in self.letters) == 1
            assert once or place in deferred, "acknowledged, and neither stored nor to be"
            self.committed[place[0]] = max(self.committed[place[0]], place[1] + 1)

    def _deferred(self) -> set[tuple[int, int]]:
        view = ClaimLedger(TOPIC, "looks")
        view.learn(self.log)
        return {
            place
            for claim, left in view.deferred.values()
            for place in places_of(claim)
            if place[0] in left
        }

    @invariant()
    def nothing_is_inserted_twice(self) -> None:
        assert max(self.inserted.values(), default=0) <= 1

    @invariant()
    def nothing_committed_is_missing(self) -> None:
        deferred = self._deferred()
        for partition, end in enumerate(self.committed):
            for offset in range(end):
                place = (partition, offset)
                assert self.inserted[place] or place in self.letters or place in deferred

    def teardown(self) -> None:
        """At last one sink is alone, reads on from the commits and completes what was deferred."""
        last = self._new("last")
        self._write_all(last)
        last.side = ClaimLedger(TOPIC, "last")
        last.side.learn(self.log)
        for claim, left in list(last.side.deferred.values()):
            last.lane.steps = complete(last.side, claim, left)
            self._finish(last, last.lane)
        assert last.side.deferred == {}
        for partition, end in enumerate(self.ends):
            places = [(partition, offset) for offset in range(end)]
            assert [self.inserted[at] + (at in self.letters) for at in places] == [1] * end
        assert self.letters <= REFUSED_PLACES

    def _write_all(self, sink: Sink) -> None:
        sink.view.learn(self.log)
        sink.batch = [
            (partition, offset)
            for partition in (0, 1)
            for offset in range(self.committed[partition], self.ends[partition])
        ]
        if sink.batch:
            sink.flow.steps = write(sink.view, stored_records(*sink.batch), WEEK, refresh=True)
            self._finish(sink, sink.flow)

    def _finish(self, sink: Sink, work: Work) -> None:
        self._next(sink, work)
        while work.effect is not None:
            work.answer = self._perform(work.effect)
            self._next(sink, work)


def places_of(claim: Entry) -> list[tuple[int, int]]:
    return [
        (part.partition, offset)
        for part in claim.ranges
        for offset in range(part.first, part.last + 1)
    ]


def test_write_when_another_claims_while_skipped_records_are_filled_then_it_is_deferred() -> None:
    run = Interleaving()
    run.begin(counts=(0, 1), number=0, skip=False)
    run.begin(counts=(1, 1), number=1, skip=False)
    run.step(count=3, number=0, beside=False)
    run.step(count=4, number=1, beside=False)
    run.begin(counts=(1, 1), number=0, skip=True)
    run.lose_the_answer(number=1, beside=False)
    run.step(count=20, number=0, beside=False)
    run.begin_beside(number=0, only=frozenset({0, 1}))
    run.step(count=20, number=0, beside=True)
    assert max(run.inserted.values()) == 1
    run.teardown()


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
