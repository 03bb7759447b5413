"""The audit log's record, JSON on city.audit: commands, sign-ins, refusals, account changes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from citybrain.floor.clock import Instant

_LONGEST = 80


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit log on city.audit.

    Attributes:
        id: UUID.
        at: instant.
        user, role: who ("" where nobody is known, as at a failed sign-in: then `details.name`).
        action: sign_in, sign_out, acknowledge, silence, view_person …
        target: what it was done to.
        outcome: accepted or refused.
        reason: why it was refused: the code of a `Reason`, or what the platform says of it.
        arguments: what the reason names.
        address: where the request came from.
        details: what else.
    """

    id: str
    at: Instant
    user: str
    role: str
    action: str
    target: str
    outcome: Literal["accepted", "refused"]
    reason: str = ""
    arguments: dict[str, str] = {}
    address: str = ""
    details: dict[str, str] = {}
    schema: int = 1


def entry(  # noqa: PLR0913  # the fields of the record
    at: datetime,
    action: str,
    outcome: Literal["accepted", "refused"],
    *,
    user: str = "",
    role: str = "",
    target: str = "",
    reason: str = "",
    address: str = "",
    details: Mapping[str, str] | None = None,
) -> AuditEntry:
    """Return an entry; what somebody typed is cut short and made printable."""
    told = {name: printable(text) for name, text in (details or {}).items()}
    return AuditEntry(
        id=str(uuid.uuid4()),
        at=at,
        user=user,
        role=role,
        action=action,
        target=printable(target),
        outcome=outcome,
        reason=reason,
        address=address,
        details=told,
    )


def printable(text: str) -> str:
    """Return `text` on one line, without what a terminal or a log would act on."""
    shown = "".join(c if c.isprintable() else "�" for c in text[:_LONGEST])
    return shown if len(text) <= _LONGEST else f"{shown}…"
