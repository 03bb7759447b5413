"""A screen: one file in `dashboards/screens/` with a `SCREEN`; the navigation follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from citybrain.floor.discover import discover
from citybrain.floor.text import Text
from dashboards import screens
from dashboards.wall.queries import BASE
from dashboards.wall.tile import ZONES, Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class Screen:
    """One wall screen.

    Attributes:
        order: its place in the navigation, from 1; also the key that opens it.
        title: its name in the navigation.
        themes: ids of the themes whose events it shows.
        tiles: what stands on it.
    """

    order: int
    title: Text
    themes: tuple[str, ...]
    tiles: tuple[Tile, ...]

    def __post_init__(self) -> None:
        """Refuse tiles that could not be placed.

        Raises:
            ValueError: two tiles have one id, or a zone is unknown.
        """
        ids = [tile.id for tile in self.tiles]
        for tile in self.tiles:
            if ids.count(tile.id) > 1:
                problem = f"screen {self.title.en!r}: tile {tile.id!r} is there twice; rename one"
                raise ValueError(problem)
            if tile.zone not in ZONES:
                problem = f"screen {self.title.en!r}: tile {tile.id!r}: unknown zone {tile.zone!r}"
                raise ValueError(f"{problem}; known are {', '.join(ZONES)}")


def find_screens() -> dict[str, Screen]:
    """Return the screens found, by id, in the order of the navigation."""
    found = discover(screens, "SCREEN", Screen)
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def queries_of(found: Mapping[str, Screen]) -> tuple[TileQuery, ...]:
    """Return what the tiles of the screens that were found ask the store, each query once.

    Raises:
        ValueError: two queries have one name.
    """
    queries = {query.name: query for query in BASE}
    for name, screen in found.items():
        for tile in screen.tiles:
            for query in tile.queries:
                if queries.setdefault(query.name, query) is not query:
                    problem = f"screen {name!r}: tile {tile.id!r}: another query is named"
                    raise ValueError(f"{problem} {query.name!r}; give it a name of its own")
    return tuple(query for query in queries.values() if query not in BASE)
