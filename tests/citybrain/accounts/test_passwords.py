"""Passwords: how they are kept, and which are too easy."""

from __future__ import annotations

import re

import pytest
from argon2 import PasswordHasher

from citybrain.accounts import passwords

GOOD = "乌海 river gauge 7"


def test_hash_when_made_then_argon2id_of_rfc_9106_and_salted() -> None:
    kept = passwords.hash_of(GOOD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert kept != passwords.hash_of(GOOD)
    assert passwords.verify(GOOD, kept)
    assert not passwords.verify(GOOD + " ", kept)


@pytest.mark.parametrize("kept", ["", "plain text", "$argon2id$v=19$broken"])
def test_verify_when_nothing_good_is_kept_then_never_right(kept: str) -> None:
    assert not passwords.verify("", kept)
    assert not passwords.verify(GOOD, kept)


def test_verify_when_the_password_is_endless_then_wrong_without_work() -> None:
    assert not passwords.verify("x" * 257, passwords.hash_of(GOOD))


def test_verify_when_typed_as_other_code_points_then_right() -> None:
    kept = passwords.hash_of("café ｐａｓｓ 2026")
    assert passwords.verify("cafe\u0301 pass 2026", kept)


def test_outdated_when_parameters_were_weaker_then_so() -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8192).hash(GOOD))
    assert not passwords.is_outdated(passwords.hash_of(GOOD))


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", "it has 0 characters"),
        ("short pass"[:9], "it has 9 characters"),
        ("x" * 257, "it has 257 characters"),
        ("aaaaaaaaaabbbbbbbbbb", "it is one of those that are tried first"),
        ("Admin@123456", "it is one of those that are tried first"),
        ("CHANGEME123", "it is one of those that are tried first"),
        ("wang.xiaoming1", "it is little more than the account's name"),
        (GOOD, ""),
        ("wang.xiaoming and a horse", ""),
    ],
)
def test_problem_when_asked_then_why_it_is_too_easy(password: str, problem: str) -> None:
    assert passwords.problem(password, "wang.xiaoming") == problem


def test_make_when_called_then_good_readable_and_never_the_same() -> None:
    made = {passwords.make() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}", one) for one in made)
    assert all(passwords.problem(one, "admin") == "" for one in made)
