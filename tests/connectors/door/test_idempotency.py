"""The ledger of batches: what stands, what is to be done again, and what another one works on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from citybrain.floor import bus
from citybrain.floor.clock import SystemClock, millis
from citybrain.floor.errors import BusError
from citybrain.floor.events import Envelope, empty, encode
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS
from connectors.door.answers import Answer
from connectors.door.idempotency import (
    KEPT,
    LANDS_WITHIN_MS,
    OLD_LETTERS,
    Attempt,
    BatchLedger,
    BatchStanding,
    landed_parts,
    ledger_path,
    part,
)
from connectors.fetch.source import EnvelopeReceipt

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEHIND = EnvelopeReceipt(3, 41)
DONE = Answer(202, b'{"accepted":1}')


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[BatchLedger]:
    found = BatchLedger(ledger_path(tmp_path))
    yield found
    found.close()


def claim(
    ledger: BatchLedger, digest: bytes = b"d", *, scope: str = "f", name: str = "n", at: float = 0
) -> BatchStanding:
    """Claim a batch `at` seconds after noon."""
    return ledger.claim(scope, name, digest, behind=BEHIND, now=NOW + timedelta(seconds=at))


def test_claim_when_a_batch_is_new_then_nothing_is_known_of_it(ledger: BatchLedger) -> None:
    assert claim(ledger) == BatchStanding(b"d")


def test_claim_when_it_was_answered_then_the_answer_stands_also_for_another_body(
    ledger: BatchLedger,
) -> None:
    claim(ledger)
    ledger.finish("f", "n", DONE)

    assert claim(ledger) == BatchStanding(b"d", DONE)
    assert claim(ledger, b"other") == BatchStanding(b"d", DONE)


def test_claim_when_attempts_came_to_nothing_then_each_is_remembered_of_the_same_body_only(
    ledger: BatchLedger,
) -> None:
    claim(ledger)
    second = claim(ledger, at=1)
    third = claim(ledger, at=2)
    claim(ledger, b"other", at=3)
    last = claim(ledger, at=4)

    assert [one.at_ms - millis(NOW) for one in last.attempts] == [0, 1000, 2000]
    assert (len(second.attempts), len(third.attempts), second.answer) == (1, 2, None)
    assert {(one.partition, one.offset, one.owner != "") for one in last.attempts} == {
        (3, 41, True)
    }


def test_claim_when_the_names_are_of_two_feeds_then_they_are_two_batches(
    ledger: BatchLedger,
) -> None:
    claim(ledger)

    assert claim(ledger, b"x", scope="g") == BatchStanding(b"x")


@pytest.mark.parametrize(
    ("after", "busy"),
    [
        pytest.param(timedelta(milliseconds=LANDS_WITHIN_MS - 1), True, id="may-still-land"),
        pytest.param(timedelta(milliseconds=LANDS_WITHIN_MS), False, id="cannot-land-any-more"),
    ],
)
def test_claim_when_another_gateway_that_lives_made_the_attempt_then_it_is_busy_for_a_while(
    after: timedelta, busy: bool, ledger: BatchLedger, tmp_path: Path
) -> None:
    other = BatchLedger(ledger_path(tmp_path))
    claim(other)

    standing = claim(ledger, at=after.total_seconds())
    other.close()

    assert (standing.busy, len(standing.attempts)) == (busy, 1)


def test_claim_when_the_other_gateway_ended_then_its_attempt_is_taken_over(
    ledger: BatchLedger, tmp_path: Path
) -> None:
    other = BatchLedger(ledger_path(tmp_path))
    claim(other)
    other.close()

    assert not claim(ledger, at=1).busy


def test_claim_when_a_day_is_over_then_the_name_is_free(ledger: BatchLedger) -> None:
    claim(ledger)
    ledger.finish("f", "n", DONE)

    assert claim(ledger, b"new", at=KEPT.total_seconds() + 1) == BatchStanding(b"new")


def test_forget_when_called_then_drops_what_is_older_than_a_day_some_at_a_time(
    ledger: BatchLedger,
) -> None:
    for name in ("a", "b", "c"):
        claim(ledger, name=name)
    claim(ledger, name="late", at=60)
    claim(ledger, scope=OLD_LETTERS)
    later = NOW + KEPT + timedelta(seconds=1)

    assert [ledger.forget(later, most=2) for _ in range(3)] == [2, 1, 0]


def test_ledger_when_opened_again_then_what_was_answered_stands(tmp_path: Path) -> None:
    first = BatchLedger(ledger_path(tmp_path))
    claim(first)
    first.finish("f", "n", DONE)
    first.close()
    second = BatchLedger(ledger_path(tmp_path))

    assert claim(second).answer == DONE
    second.close()


def envelope(batch: str) -> bytes:
    return encode(Envelope("reports", "works", empty(), batch=batch))


def test_landed_parts_when_some_envelopes_landed_then_only_those_behind_the_attempt_count(
    broker_settings: Settings,
) -> None:
    producer = bus.producer(broker_settings)
    place = [
        producer.send(EVENTS.name, envelope(batch), partition=0).get(10).offset
        for batch in (part("b", 0), f"{part('b', 1)},{part('c', 0)}", "", part("b", 2))
    ]
    producer.close()
    now_ms = millis(SystemClock().now())
    first, later = Attempt(0, place[0], now_ms), Attempt(0, place[2], now_ms)

    assert landed_parts(broker_settings, []) == frozenset()
    assert landed_parts(broker_settings, [first]) == {"b#1", "c#0", "b#2"}
    assert landed_parts(broker_settings, [later]) == {"b#2"}


def test_landed_parts_when_the_attempt_is_long_over_then_what_came_later_is_not_of_it(
    broker_settings: Settings,
) -> None:
    producer = bus.producer(broker_settings)
    place = producer.send(EVENTS.name, envelope(part("old", 0)), partition=1).get(10).offset
    producer.close()
    long_ago = millis(SystemClock().now()) - LANDS_WITHIN_MS - 60_000

    assert landed_parts(broker_settings, [Attempt(1, place - 1, long_ago)]) == frozenset()


@pytest.mark.services
def test_landed_parts_when_kafka_is_away_then_says_so() -> None:
    nowhere = Settings(kafka="127.0.0.1:1")

    with pytest.raises(BusError, match=r"Kafka 127\.0\.0\.1:1"):
        landed_parts(nowhere, [Attempt(0, 0, 0)])
