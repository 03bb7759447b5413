"""What the door answers: one JSON shape for what was taken, one for every error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from citybrain.floor.dead_letters import DeadLetter
from connectors.door.rows_outcome import RowsOutcome, reasons

SHOWN = 100
"""Rejects that an answer lists; all of them are dead letters."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class DoorRefusal(Exception):
    """A request that the door does not take."""

    def __init__(
        self, status: int, code: str, message: str, remedy: str, *, retry_s: int = 0
    ) -> None:
        """Say why.

        Args:
            status: HTTP status.
            code: the reason for machines, snake_case.
            message: what is wrong.
            remedy: what to do about it.
            retry_s: seconds after which to come again; 0: coming again does not help.
        """
        super().__init__(message)
        self.status, self.code, self.message, self.remedy = status, code, message, remedy
        self.retry_s = retry_s

    def answer(self, **more: Any) -> Answer:
        """Return the answer that says so; `more` is added beside ``error``."""
        error = {"code": self.code, "message": self.message, "remedy": self.remedy}
        headers = {"Retry-After": str(self.retry_s)} if self.retry_s else {}
        if self.status == 401:  # noqa: PLR2004
            headers["WWW-Authenticate"] = "Bearer"
        return Answer(self.status, msgspec.json.encode({"error": error} | more), headers)


def report(batch: str, outcome: RowsOutcome) -> Answer:
    """Return the answer to a body whose rows were looked at.

    202 if any was taken, known or skipped, or there was none; 422 if all were refused; 400 if none
    could be read.
    """
    letters = sorted(outcome.letters, key=row_of)
    told: dict[str, Any] = {
        **outcome.told(),
        "reasons": reasons(letters),
        "batch": batch,
        "rejects": [
            {"row": row_of(letter), "field": letter.field, "reason": letter.reason}
            for letter in letters[:SHOWN]
        ],
    }
    rejected = told["rejected"]
    if outcome.rows > rejected or not letters:
        return Answer(202, msgspec.json.encode(told))
    if not any(letter.field for letter in letters):
        return unreadable(f"no row can be read; the first: {letters[0].reason}").answer(**told)
    return nothing_accepted(rejected).answer(**told)


def row_of(letter: DeadLetter) -> int:
    """Return the line of the body (of an array: the element) that a letter is about, from 1."""
    number = letter.place.rpartition(":")[2]
    return int(number) if number.isdigit() else 1


def unreadable(message: str) -> DoorRefusal:
    """Return the refusal of a body in which no row can be read."""
    remedy = "check it with a JSON or CSV parser; it is kept as a dead letter"
    return DoorRefusal(400, "unreadable", message, remedy)


def nothing_accepted(rows: int) -> DoorRefusal:
    """Return the refusal of a body without a single good row."""
    message = f"none of the {rows} rows is an event"
    remedy = "correct what 'rejects' says and send them again; they are kept as dead letters"
    return DoorRefusal(422, "nothing_accepted", message, remedy)
