"""The congestion index on its five bands, where a feed delivers one; it is never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from citybrain.city import Feed
from dashboards.tiles.measures import no_reading, reading
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.shared_queries import READINGS, TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class Gauge(Tile):
    """One reading on a scale with bands.

    Attributes:
        measure: id of the kind, in the catalogue.
        bands: lower bounds of the bands and, last, the end of the scale.
    """

    kind: ClassVar[str] = "gauge"
    queries: ClassVar[tuple[TileQuery, ...]] = (READINGS, TODAY)

    measure: str
    bands: tuple[float, ...] = (0, 2, 4, 6, 8, 10)

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return the reading and the bands."""
        if self.measure not in view.city.kinds:
            return {"bands": self.bands, "row": no_reading(self.measure)}
        return {"bands": self.bands, "row": reading(view, self.measure)}

    def feeds(self, view: ScreenView) -> Sequence[Feed]:
        """Return the feeds that carry the kind."""
        return view.feeds_with(lambda kind: kind == self.measure)
