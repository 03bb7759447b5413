"""The contract of a tile: declared by a screen, filled from a view, drawn by a script.

A kind of tile is one module in `dashboards/tiles/` with a subclass of `Tile` and the queries that
it needs, and one script, `assets/wall/tiles/<kind>.js`, that exports its ``drawing``:
``{mount, draw, pulse}``. The server
sends data only: ids, numbers and instants (milliseconds); the script looks titles up in the names
that the page carries, so one snapshot serves both languages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from citybrain.city import Feed
from citybrain.floor.clock import millis
from citybrain.floor.text import Text
from dashboards.wall.honesty import Freshness
from dashboards.wall.population import Population
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.tile_query import TileQuery

ZONES = ("top", "left", "right", "west", "map", "east", "bottom")


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One tile of a screen.

    Attributes:
        id: its id, unique on the screen.
        title: its heading.
        zone: where on the stage, one of `ZONES`.
        grow: its share of the zone's height.
        wide: whether it is only shown on a very wide wall.
        column: column of its zone, from 1, where a very wide wall has room for two.
        wide_grow: its share of that column's height; 0: as `grow`.
        framed: whether it has a frame with a heading.
        population: which events it counts, so that its marks are of them; None: it counts none.
    """

    kind: ClassVar[str] = ""
    queries: ClassVar[tuple[TileQuery, ...]] = ()
    """What it asks the store beside what every screen stands on; `ScreenView.frame` has it."""

    id: str
    title: Text
    zone: str
    grow: int = 1
    wide: bool = False
    column: int = 1
    wide_grow: int = 0
    framed: bool = True
    population: Population | None = None

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return the tile's data at the view's moment; called once a second, must not block."""
        raise NotImplementedError

    def feeds(self, view: ScreenView) -> Sequence[Feed]:
        """Return the feeds that are expected to stand behind the tile: the screen's, mostly."""
        return view.feeds

    def snapshot(self, view: ScreenView) -> dict[str, Any]:
        """Return data and freshness as the browser gets them."""
        known = view.freshness_of(self.feeds(view), self.population)
        return {"fresh": fresh_row(known), "data": self.read(view)}


def fresh_row(fresh: Freshness) -> dict[str, Any]:
    """Return a freshness as the browser gets it."""
    return {
        "state": fresh.state,
        "as_of": millis(fresh.as_of) if fresh.as_of else None,
        "live": fresh.live,
        "expected": fresh.expected,
        "marks": dict(fresh.marks),
    }
