"""Whether a command came from a desk of ours: an HMAC over all that it says.

Kafka takes records from whoever may write; the key is known to desks and to who carries commands
out, so writing to `city.commands` alone makes nobody an administrator.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC
from pathlib import Path

import msgspec

from citybrain.accounts import private_files
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import ALERT, Command
from citybrain.workflow.refusals import NOT_SIGNED


class CommandSeal:
    """Signs commands, and tells those that were signed."""

    def __init__(self, key: bytes) -> None:
        """Sign with `key`."""
        self._key = key

    @classmethod
    def of(cls, path: Path) -> CommandSeal:
        """Return the seal whose key is kept in `path`; it is made when it is missing."""
        return cls(private_files.secret(path))

    def signed(self, command: Command) -> Command:
        """Return `command` with its MAC."""
        return msgspec.structs.replace(command, mac=self._mac(command))

    def refusal(self, command: Command) -> Reason | None:
        """Return why a command is not believed; None: it is signed, and nothing in it changed."""
        given = command.mac.encode(errors="replace")
        return None if hmac.compare_digest(given, self._mac(command).encode()) else NOT_SIGNED

    def _mac(self, command: Command) -> str:
        return hmac.new(self._key, _said(command), hashlib.sha256).hexdigest()


def _said(command: Command) -> bytes:
    """Return all that a command says but its MAC, always in the same bytes.

    A JSON list of strings and numbers: no two commands give the same. The record that a command
    brings counts byte by byte, as it came.
    """
    actor = command.actor
    # What an earlier version signed is about alerts, and stays as it was signed.
    noun = () if command.noun == ALERT else (command.noun,)
    return msgspec.json.encode(
        [
            *("command", command.schema, command.id, command.action, command.target),
            [actor.user, actor.role, list(actor.departments), list(actor.areas)],
            command.at.astimezone(UTC).isoformat(timespec="microseconds"),
            command.expected,
            sorted(command.details.items()),
            bytes(command.record).decode(),
            *noun,
        ]
    )
