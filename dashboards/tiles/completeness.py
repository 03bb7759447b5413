"""How complete the picture is: feeds that deliver, of all that should, by department."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.tiles.feed_strip import FeedStrip
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.tile import Tile


@dataclass(frozen=True, kw_only=True)
class Completeness(Tile):
    """“41 of 48 feeds online”, with a cell for each feed."""

    kind: ClassVar[str] = "completeness"

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return the rows and counts of the feed strip."""
        return FeedStrip(id=self.id, title=self.title, zone=self.zone).read(view)
