"""Screens are found, and a wrong one is refused with a word that helps."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from citybrain.city import load_city
from citybrain.floor.text import Text
from dashboards import tiles
from dashboards.page_files import ASSETS, drawing_of
from dashboards.tiles.counter import Counter
from dashboards.tiles.gauge import Gauge
from dashboards.tiles.measures import Measures
from dashboards.tiles.ranking import Ranking
from dashboards.wall.screen import Screen, find_screens, queries_of
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery

TILES = ASSETS / "wall" / "tiles"
TITLE = Text("标题", "title")


def test_find_screens_when_asked_then_five_in_order() -> None:
    screens = find_screens()
    assert list(screens) == ["overall", "city_management", "governance", "services", "traffic"]
    assert [screen.order for screen in screens.values()] == [1, 2, 3, 4, 5]


def test_every_tile_kind_when_drawn_then_a_script_knows_it() -> None:
    known = {path.stem for path in TILES.glob("*.js")}
    used = {tile.kind for screen in find_screens().values() for tile in screen.tiles}
    assert used <= known
    assert all("export const drawing" in path.read_text() for path in TILES.glob("*.js"))


def test_every_drawing_when_found_then_a_kind_of_tile_is_drawn_by_it() -> None:
    for module in pkgutil.iter_modules(tiles.__path__):
        importlib.import_module(f"{tiles.__name__}.{module.name}")
    kinds = {kind.kind for kind in Tile.__subclasses__()}
    assert {path.stem for path in TILES.glob("*.js")} == kinds
    assert all(drawing_of(kind).is_file() for kind in kinds)


def test_every_screen_when_it_names_themes_or_kinds_then_wuhai_has_them() -> None:
    city = load_city(Path("cities/wuhai"))
    for screen in find_screens().values():
        assert set(screen.themes) <= set(city.themes)
        for tile in screen.tiles:
            named: tuple[str, ...] = ()
            if isinstance(tile, Measures):
                named = tile.kinds
            elif isinstance(tile, Ranking):
                named = tile.population.kinds if tile.population else ()
            elif isinstance(tile, Gauge):
                named = (tile.measure,)
            assert set(named) <= set(city.kinds), tile.id


def test_screen_when_a_tile_is_there_twice_then_the_words_say_which() -> None:
    tile = Counter(id="count", title=TITLE, zone="top")
    with pytest.raises(ValueError, match="twice") as caught:
        Screen(order=9, title=TITLE, themes=(), tiles=(tile, tile))
    assert str(caught.value) == "screen 'title': tile 'count' is there twice; rename one"


def test_screen_when_a_zone_is_unknown_then_the_words_name_those_that_are() -> None:
    tile = Counter(id="count", title=TITLE, zone="attic")
    with pytest.raises(ValueError, match="attic") as caught:
        Screen(order=9, title=TITLE, themes=(), tiles=(tile,))
    assert str(caught.value) == (
        "screen 'title': tile 'count': unknown zone 'attic'; "
        "known are top, left, right, west, map, east, bottom"
    )


def test_queries_when_screens_share_them_then_each_is_asked_once() -> None:
    names = [query.name for query in queries_of(find_screens())]
    assert sorted(names) == [
        *("alerts", "case_turns", "delivered", "latest_cases", "minutes", "open_cases"),
        *("readings", "same_time", "today", "trend"),
    ]


def test_queries_when_two_have_one_name_then_the_words_say_where() -> None:
    class Other(Counter):
        queries = (TileQuery(name="today", sql="SELECT 1"),)

    tiles = (
        Counter(id="count", title=TITLE, zone="top"),
        Other(id="other", title=TITLE, zone="top"),
    )
    screen = Screen(order=9, title=TITLE, themes=(), tiles=tiles)
    with pytest.raises(ValueError, match="today") as caught:
        queries_of({"ninth": screen})
    assert str(caught.value) == (
        "screen 'ninth': tile 'other': another query is named 'today'; give it a name of its own"
    )
