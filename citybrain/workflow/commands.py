"""What people want done: one JSON record a message on city.commands."""

from __future__ import annotations

import msgspec

from citybrain.floor.clock import Instant

NO_RECORD = msgspec.Raw(b"null")
ALERT = "alert"
"""What a command is about that does not say so."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who commands.

    Attributes:
        user: account name, ``system`` for the platform itself.
        role: viewer, officer, commander, rule_author or administrator.
        departments: ids it may act for; empty: all.
        areas: area codes it may act in (and below); empty: all.
    """

    user: str
    role: str
    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants done; it comes in by city.commands and is accepted or refused there.

    Attributes:
        id: UUID, made by who sends it; the same command twice is done once.
        action: name of an `Action`, or one on silences.
        target: id of the record that it is about.
        actor: who.
        at: instant of the click.
        expected: the record's version that the person saw; None: any (comments).
        details: what else the action takes: comment, assignee, expires_at (ISO) …
        record: the record that it brings, as JSON, where it brings one (a new silence).
        noun: the type of record that it is about (`Workflow.noun`); the owner of others passes it
            by.
        mac: shows that a desk of ours sent it; see `citybrain.workflow.command_seal`.
    """

    id: str
    action: str
    target: str
    actor: Actor
    at: Instant
    expected: int | None = None
    details: dict[str, str] = {}
    record: msgspec.Raw = NO_RECORD
    noun: str = ALERT
    mac: str = ""
    schema: int = 1
