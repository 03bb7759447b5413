"""The wall: every screen's skeleton as Dash components, and the names that its scripts need.

All screens are in one page, so that changing screens needs no answer from a server that may be
away, and never flashes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from dash import html
from dash.development.base_component import Component

from citybrain.city import City
from citybrain.floor.text import Text
from dashboards.wall.screen import Screen
from dashboards.wall.tile import ZONES, Tile


class _Titled(Protocol):
    @property
    def title(self) -> Text: ...


def heading(city: City) -> Text:
    """Return the heading of the wall."""
    return Text(f"{city.title.zh}城市运行指挥中心", f"{city.title.en} City Operations Center")


def wall(city: City, screens: Mapping[str, Screen]) -> Component:
    """Return the wall with all `screens`."""
    stage = html.Div(
        [
            _header(city, screens),
            html.Div(id="outage", role="alert"),
            *(_screen(*item) for item in screens.items()),
        ],
        id="stage",
    )
    return html.Div(stage, id="wall")


def names(city: City, screens: Mapping[str, Screen]) -> dict[str, Any]:
    """Return what scripts look up: titles in both languages, units, screens and the map."""
    return {
        "heading": heading(city).both(),
        "zone": city.time_zone,
        "screens": {
            name: {"title": screen.title.both(), "themes": screen.themes}
            for name, screen in screens.items()
        },
        "themes": _titles(city.themes),
        "departments": _titles(city.departments),
        "kinds": _titles(city.kinds),
        "areas": _titles(city.areas),
        "feeds": _titles(city.feeds),
        "units": {kind.id: kind.unit for kind in city.kinds.values() if kind.unit},
        "geo": json.loads(city.geo.read_text(encoding="utf-8")),
    }


def both(title: Text) -> list[Component]:
    """Return `title` in both languages; the style sheet shows the one that is chosen."""
    return [html.Span(title.zh, className="zh"), html.Span(title.en, className="en")]


def _header(city: City, screens: Mapping[str, Screen]) -> Component:
    links = [
        html.A(
            [html.Span(str(screen.order), className="key"), *both(screen.title)],
            href=f"/{name}",
            className="nav",
            **_data(goto=name),
        )
        for name, screen in screens.items()
    ]
    status = [
        html.Span(id="marks"),
        html.Span(id="age"),
        html.Time(id="clock"),
        html.A(both(Text("值班台", "Desk")), href="/desk", id="to-desk"),
        html.Button("EN", id="language", title="中文 / English"),
    ]
    return html.Header(
        [
            html.Nav(links),
            html.H1(both(heading(city))),
            html.Div(status, className="status"),
        ]
    )


def _screen(name: str, screen: Screen) -> Component:
    zones = [
        html.Div(_columns(tiles), className=f"zone {zone}")
        for zone in ZONES
        if (tiles := [tile for tile in screen.tiles if tile.zone == zone])
    ]
    return html.Main(zones, className="screen", hidden=True, **_data(screen=name))


def _columns(tiles: list[Tile]) -> list[Component]:
    # Side by side on a very wide wall, else one below the other.
    columns = sorted({tile.column for tile in tiles})
    return [
        html.Div([_tile(tile) for tile in tiles if tile.column == column], className="column")
        for column in columns
    ]


def _tile(tile: Tile) -> Component:
    classes = ["tile", f"kind-{tile.kind}"]
    classes += ["framed"] if tile.framed else []
    classes += ["wide-only"] if tile.wide else []
    head = [
        html.H2(both(tile.title)),
        html.Span(className="marks"),
        html.Span(className="fresh"),
    ]
    return html.Section(
        [html.Div(head, className="head"), html.Div(className="body")],
        className=" ".join(classes),
        style={"--grow": tile.grow, "--wide-grow": tile.wide_grow or tile.grow},
        **_data(tile=tile.id, kind=tile.kind),
    )


def _titles(records: Mapping[str, Any]) -> dict[str, list[str]]:
    return {key: record.title.both() for key, record in _sorted(records.items())}


def _sorted(items: Iterable[tuple[str, _Titled]]) -> list[tuple[str, _Titled]]:
    return sorted(items, key=lambda item: item[0])


def _data(**attributes: str) -> dict[str, Any]:
    return {f"data-{name}": value for name, value in attributes.items()}
