"""Who guesses passwords waits, and who did not guess does not for long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.access.lockout import ACCOUNT, ADDRESS, Lockout, LockoutVerdict

NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
HERE, THERE = "10.0.0.1", "10.0.0.2"


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_account_when_guessed_at_from_everywhere_then_each_failure_doubles_the_wait() -> None:
    lockout, now, waits = Lockout(), NOW, []
    for number in range(13):
        assert not lockout.attempt("li.na", f"10.1.1.{number}", now).wait
        asked = lockout.attempt("li.na", "10.9.9.9", now) if number > 3 else LockoutVerdict()
        waits.append(asked.wait.total_seconds())
        now += asked.wait
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize(
    ("failures", "wait"), [(4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (10_000, 60)]
)
def test_account_limit_when_failed_so_often_then_so_long(failures: int, wait: float) -> None:
    assert ACCOUNT.wait(failures) == seconds(wait)


@pytest.mark.parametrize(
    ("failures", "wait"), [(19, 0), (20, 1), (25, 32), (29, 512), (30, 900), (10_000, 900)]
)
def test_address_limit_when_failed_so_often_then_so_long(failures: int, wait: float) -> None:
    assert ADDRESS.wait(failures) == seconds(wait)


def test_attempt_when_the_wait_is_over_then_one_more_may_be_made() -> None:
    lockout = Lockout()
    for _ in range(5):
        assert lockout.attempt("li.na", HERE, NOW) == LockoutVerdict()
    assert lockout.attempt("li.na", THERE, NOW) == LockoutVerdict(seconds(1), first=True)
    assert lockout.attempt("li.na", THERE, NOW + seconds(0.5)) == LockoutVerdict(seconds(0.5))
    assert lockout.attempt("li.na", THERE, NOW + seconds(1)) == LockoutVerdict()
    assert lockout.attempt("li.na", THERE, NOW + seconds(1)) == LockoutVerdict(
        seconds(2), first=True
    )


def test_attempts_when_turned_away_then_they_do_not_make_the_wait_longer() -> None:
    lockout = Lockout()
    for _ in range(500):
        lockout.attempt("li.na", HERE, NOW)
    assert not lockout.attempt("li.na", HERE, NOW + seconds(1)).wait


def test_address_when_it_tries_many_accounts_then_it_waits_for_all_of_them() -> None:
    lockout = Lockout()
    for number in range(20):
        assert not lockout.attempt(f"person{number}", HERE, NOW).wait
    assert lockout.attempt("another", HERE, NOW).wait == seconds(1)
    assert not lockout.attempt("another", THERE, NOW).wait


def test_success_when_it_comes_then_the_account_is_free_but_not_the_address() -> None:
    lockout = Lockout()
    for number in range(19):
        lockout.attempt(f"person{number}", HERE, NOW)
    for _ in range(3):  # who knows one account's password gains no attempts at others
        lockout.attempt("mine", HERE, NOW)
        lockout.succeeded("mine", HERE)
    lockout.attempt("last", HERE, NOW)
    assert lockout.attempt("next", HERE, NOW).wait == seconds(1)


def test_failures_when_an_hour_is_over_then_forgotten() -> None:
    lockout = Lockout()
    for _ in range(5):
        lockout.attempt("li.na", HERE, NOW)
    later = NOW + timedelta(hours=1)
    assert [lockout.attempt("li.na", HERE, later).wait for _ in range(5)] == [seconds(0)] * 5


def test_memory_when_names_are_sprayed_then_it_is_bounded() -> None:
    lockout = Lockout(most=100)
    for number in range(1_000):
        lockout.attempt("x" * 1_000 + str(number), f"10.0.{number // 250}.{number % 250}", NOW)
    assert len(lockout) == 100


@given(st.text(), st.text())
def test_attempt_when_names_are_any_text_then_it_counts(name: str, address: str) -> None:
    assert not Lockout().attempt(name, address, NOW).wait
