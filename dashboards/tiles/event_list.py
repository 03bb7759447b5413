"""The rolling list of the newest events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.tile import Tile
from dashboards.view import View, event_row

LISTED = 20


@dataclass(frozen=True, kw_only=True)
class EventList(Tile):
    """The newest events; pulses bring newer ones between two snapshots."""

    kind: ClassVar[str] = "events"

    def read(self, view: View) -> dict[str, Any]:
        """Return the newest events, newest first."""
        return {"events": [event_row(event) for event in view.events(LISTED)]}
