"""Which case an alert becomes: its id follows from the alert's, whoever asks; pure."""

from __future__ import annotations

from uuid import UUID, uuid5

_NAMESPACE = UUID("8d3e4a52-0c8b-5f2e-9f55-1503000c1e27")


def case_of(alert: str) -> str:
    """Return the id of the case that an alert becomes (UUID)."""
    return str(uuid5(_NAMESPACE, alert))


def open_command_of(alert: str) -> str:
    """Return the id of the command that opens the case of an alert (UUID)."""
    return str(uuid5(_NAMESPACE, f"open {alert}"))
