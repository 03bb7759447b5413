"""What gateways told of faults of feeds and of the city's folder, and have not told as over."""

from __future__ import annotations

from pathlib import Path

from citybrain.alerts.records import PLATFORM, Episode
from connectors.fetch.checkpoint import Checkpoints

CITY = f"{PLATFORM}city_refused"
"""The alert that what was saved of the city's folder is faulty."""
OPEN = "open"


def notes_of(data: Path) -> Checkpoints:
    """Return the notes of the gateways of a data folder."""
    return Checkpoints(data / "checkpoints" / "gateway")


def open_faults(notes: Checkpoints) -> dict[str, Episode]:
    """Return what is so, by a name of its own."""
    return notes.load(OPEN, dict[str, Episode]) or {}
