"""The rolling list of the newest events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.wall.screen_view import ScreenView, event_row
from dashboards.wall.tile import Tile

LISTED = 20


@dataclass(frozen=True, kw_only=True)
class EventList(Tile):
    """The newest events; pulses bring newer ones between two snapshots."""

    kind: ClassVar[str] = "events"

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return the newest events, newest first."""
        return {"events": [event_row(event) for event in view.events(LISTED)]}
