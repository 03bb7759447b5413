"""Passwords: argon2id with the parameters of RFC 9106, and what is too easy to guess.

Hashing takes 64 MiB and about a tenth of a second; whoever serves requests calls it in a thread.
"""

from __future__ import annotations

import functools
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

SHORTEST, LONGEST = 10, 256
_DISTINCT = 5
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters that nobody takes for others when reading them from a console."""
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_COMMON = frozenset(
    {
        *(
            "1234567890",
            "0123456789",
            "1q2w3e4r5t",
            "1qaz2wsx3edc",
            "qwertyuiop",
            "password123",
            "password1234",
            "passw0rd123",
            "administrator",
            "admin12345",
            "admin123456",
            "admin@12345",
            "admin@123456",
            "abcd123456",
            "a123456789",
            "123456789a",
            "qwer123456",
            "zaq12wsxcde",
            "iloveyou123",
            "woaini1314",
            "woaini520520",
            "5201314520",
            "1357924680",
            "letmein12345",
            "welcome123",
            "welcome12345",
            "changeme123",
            "citybrain123",
        )
    }
)


def hash_of(password: str) -> str:
    """Return the hash to keep of `password`."""
    return _HASHER.hash(_same(password))


def verify(password: str, kept: str) -> bool:
    """Return whether `kept` is the hash of `password`.

    Where nothing is kept it is compared with a hash of nothing that anybody knows, so that it
    takes the same time whether there is an account or not.
    """
    if len(password) > LONGEST:
        return False
    try:
        _HASHER.verify(kept or _nobody(), _same(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def is_outdated(kept: str) -> bool:
    """Return whether `kept` was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(kept)


def problem(password: str, name: str) -> str:
    """Return why `password` is no good for the account `name`, "" if it is."""
    plain = _same(password).casefold()
    if not SHORTEST <= len(plain) <= LONGEST:
        return f"it has {len(plain)} characters"
    if len(set(plain)) < _DISTINCT or plain in _COMMON:
        return "it is one of those that are tried first"
    if name in plain and len(plain) < len(name) + SHORTEST:
        return "it is little more than the account's name"
    return ""


def make() -> str:
    """Return a random password of 99 bits that can be read from a console and typed."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))
    return "-".join(groups)


@functools.cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


def _same(password: str) -> str:
    # The same password typed on another machine may come as other code points.
    return unicodedata.normalize("NFKC", password)
