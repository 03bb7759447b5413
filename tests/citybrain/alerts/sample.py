"""Episodes, commands and actors for tests of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from citybrain.alerts import silences, workflow
from citybrain.alerts.records import Episode, Evidence
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command

SAY = workflow.PHRASES.joined(silences.PHRASES)
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
OFFICER = Actor(user="duty_1", role="officer")
COMMANDER = Actor(user="chief", role="commander")
VIEWER = Actor(user="guest", role="viewer")


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def episode(
    alert: str = "a1", *, state: Any = "firing", level: Any = "yellow", **given: Any
) -> Episode:
    plain = Episode(
        alert=alert,
        rule="gas_leak",
        version="abc",
        key={"subject": alert},
        state=state,
        level=level,
        peak=given.pop("peak", level),
        started_at=NOON,
        fired_at=None if state == "pending" else NOON,
        told_at=NOON,
        title=Text("燃气", "Gas"),
        summary=Text("浓度高", "high"),
        theme="city_management",
        evidence=Evidence(measure="gas"),
        area="150302003",
        shard="0",
    )
    return replace(plain, **given)


def command(action: str, target: str = "a1", *, minutes: float = 1, **given: Any) -> Command:
    return Command(
        id=given.pop("id", f"{action}-{target}-{minutes}"),
        action=action,
        target=target,
        actor=given.pop("actor", OFFICER),
        at=at(minutes),
        **given,
    )


def said(reason: Reason | None) -> str:
    """Return a refusal in both languages, "" where there is none."""
    text = SAY.say(reason) if reason is not None else Text("", "")
    return f"{text.zh} / {text.en}" if reason is not None else ""


def entry_said(entry: AuditEntry) -> str:
    """Return why a command was refused, in both languages."""
    return said(Reason(entry.reason, entry.arguments)) if entry.reason else ""
