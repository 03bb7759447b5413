"""The ledger of dead letters: what stands, who works on what, and what an earlier version kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from connectors.door.idempotency import (
    LANDS_WITHIN_MS,
    OLD_LETTERS,
    Attempt,
    BatchLedger,
    ledger_path,
)
from connectors.fetch.source import EnvelopeReceipt
from connectors.letters.letter_ledger import LetterClaim, LetterLedger, LettersStanding

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEHIND = EnvelopeReceipt(3, 41)
A, B, C = (str(uuid4()) for _ in range(3))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LetterLedger]:
    found = LetterLedger(tmp_path)
    yield found
    found.close()


def seen(ledger: LetterLedger, *names: str, after: timedelta = timedelta()) -> LettersStanding:
    return ledger.standing(names, NOW + after)


def claim(ledger: LetterLedger, **parts: str) -> LetterClaim | None:
    """Claim letters by their parts, after a look at them."""
    given = {{"a": A, "b": B, "c": C}[name]: part for name, part in parts.items()}
    return ledger.claim(given, seen(ledger, *given), behind=BEHIND, now=NOW)


def test_standing_when_nothing_was_done_then_nothing_is_known(ledger: LetterLedger) -> None:
    assert seen(ledger, A, B) == LettersStanding({}, {}, frozenset(), 0)


def test_claim_when_it_is_settled_then_all_of_it_is_and_no_other(ledger: LetterLedger) -> None:
    first, second = claim(ledger, a="x#0", b="x#1"), claim(ledger, c="y#0")
    assert first is not None
    assert second is not None

    ledger.settle(first, "replayed", NOW)

    found = seen(ledger, A, B, C)
    assert found.settled == {A: "replayed", B: "replayed"}
    assert {name: [one.part for one in some] for name, some in found.open.items()} == {C: ["y#0"]}


def test_claim_when_earlier_attempts_came_to_nothing_then_they_stay_beside_it(
    ledger: LetterLedger,
) -> None:
    claim(ledger, a="x#0", b="x#0")
    claim(ledger, a="y#0")

    tried = seen(ledger, A, B).open

    assert [one.part for one in tried[A]] == ["x#0", "y#0"]
    assert [one.part for one in tried[B]] == ["x#0"]
    assert (tried[B][0].partition, tried[B][0].offset) == (3, 41)


def test_claim_when_somebody_worked_since_the_look_then_it_is_refused(
    ledger: LetterLedger, tmp_path: Path
) -> None:
    known, other = seen(ledger, A), LetterLedger(tmp_path)
    other.settle_letters([A], "discarded", NOW)
    other.close()

    assert ledger.claim({A: "x#0"}, known, behind=BEHIND, now=NOW) is None
    assert seen(ledger, A).settled == {A: "discarded"}


def test_settle_letters_when_one_of_a_claim_is_then_the_others_stay_open(
    ledger: LetterLedger,
) -> None:
    claim(ledger, a="x#0", b="x#0")

    ledger.settle_letters([A], "replayed", NOW)

    found = seen(ledger, A, B)
    assert (found.settled, list(found.open)) == ({A: "replayed"}, [B])


@pytest.mark.parametrize(
    ("after", "busy"),
    [
        pytest.param(timedelta(milliseconds=LANDS_WITHIN_MS - 1), {A}, id="may-still-land"),
        pytest.param(timedelta(milliseconds=LANDS_WITHIN_MS), set(), id="cannot-land-any-more"),
    ],
)
def test_standing_when_another_process_that_lives_works_on_it_then_it_is_busy_for_a_while(
    after: timedelta, busy: set[str], ledger: LetterLedger, tmp_path: Path
) -> None:
    other = LetterLedger(tmp_path)
    claim(other, a="x#0")

    assert seen(ledger, A, B, after=after).busy == busy
    other.close()
    assert seen(ledger, A).busy == set()


def test_ledger_when_opened_again_then_all_stands_and_what_is_no_uuid_too(tmp_path: Path) -> None:
    first = LetterLedger(tmp_path)
    first.settle_letters([A, "ab", "AB"], "discarded", NOW)
    first.close()
    second = LetterLedger(tmp_path)

    assert seen(second, A, "ab", "Ab").settled == {A: "discarded", "ab": "discarded"}
    second.close()


def test_ledger_when_an_earlier_version_kept_letters_beside_the_batches_then_takes_them_over(
    tmp_path: Path,
) -> None:
    path = ledger_path(tmp_path)
    batches = BatchLedger(path)
    batches.claim("reports", "b", b"d", behind=BEHIND, now=NOW)
    batches.close()
    tried = msgspec.json.encode([Attempt(3, 41, 7, "gone", "x#0")])
    old = sqlite3.connect(path)
    old.executemany(
        "INSERT INTO batches VALUES (?, ?, x'', 7, ?, ?, NULL)",
        [
            (OLD_LETTERS, A, b"[]", 202),
            (OLD_LETTERS, B, b"[]", 410),
            (OLD_LETTERS, C, tried, None),
        ],
    )
    old.commit()
    old.close()

    for _ in range(2):
        ledger = LetterLedger(tmp_path)
        found = seen(ledger, A, B, C)
        ledger.close()
        assert found.settled == {A: "replayed", B: "discarded"}
        assert found.open == {C: (Attempt(3, 41, 7, "gone", "x#0"),)}
    left = sqlite3.connect(path)
    assert left.execute("SELECT scope, name FROM batches").fetchall() == [("reports", "b")]
    left.close()
