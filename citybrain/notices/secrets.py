"""Addresses and tokens of channels: read from files or the environment, never shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from citybrain.notices.channel_options import ADDRESS, TOKEN_FILE, URL, URL_ENV, URL_FILE
from citybrain.notices.routing import Receiver

HIDDEN = "***"
_SHORTEST = 4
_SEPARATORS = re.compile(r"[/:?&=@#,;\s]+")


class SecretError(Exception):
    """A secret is not where it should be; the message does not hold it."""


@dataclass(frozen=True)
class Secret:
    """Where a receiver is reached.

    Attributes:
        url: address, in most cases with a secret in it.
        token: bearer token, "" none.
        plain: whether the address itself is no secret.
    """

    url: str = field(repr=False)
    token: str = field(default="", repr=False)
    plain: bool = False

    @property
    def shown(self) -> str:
        """The address as it may be shown: the scheme, and the rest only where it is no secret."""
        scheme, _, _ = self.url.partition("://")
        return self.url if self.plain else f"{scheme}://{HIDDEN}"

    def scrub(self, text: str) -> str:
        """Return `text` without any part of the secret."""
        for part in self._parts():
            text = text.replace(part, HIDDEN)
        return text

    def _parts(self) -> list[str]:
        _, _, rest = self.url.partition("://")
        found = {self.token}
        if not self.plain:
            words = [rest, *_SEPARATORS.split(rest)]
            found |= {self.url, *words, *map(unquote, words), *map(quote, map(unquote, words))}
        return sorted((part for part in found if len(part) >= _SHORTEST), key=len, reverse=True)


def secret_of(receiver: Receiver, folder: Path, environment: Mapping[str, str]) -> Secret:
    """Return where `receiver` is reached; called for each attempt, so that secrets can change.

    Args:
        receiver: one whose channel takes an address.
        folder: where relative files lie.
        environment: of the process.

    Raises:
        SecretError: a file or variable is missing or empty.
    """
    given = receiver.options
    token = _read(folder / given[TOKEN_FILE]) if given.get(TOKEN_FILE) else ""
    if given.get(URL_FILE):
        return Secret(_read(folder / given[URL_FILE]), token)
    if name := given.get(URL_ENV):
        found = environment.get(name, "").strip()
        if not found:
            raise SecretError(f"environment variable {name} is not set")
        return Secret(found, token)
    return Secret(given.get(URL, ""), token, plain=True)


def missing(
    receivers: Iterable[Receiver], folder: Path, environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the receivers whose secret is not there, and why."""
    found = {}
    for receiver in receivers:
        if not receiver.options.keys().isdisjoint(ADDRESS):
            try:
                secret_of(receiver, folder, environment)
            except SecretError as error:
                found[receiver.id] = str(error)
    return found


def _read(path: Path) -> str:
    try:
        found = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SecretError(f"{path}: {reason}") from None
    if not found:
        raise SecretError(f"{path} is empty")
    return found
