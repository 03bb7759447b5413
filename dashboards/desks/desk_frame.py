"""What the skeletons of all desks share: head, list, filters; as Dash components."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from citybrain.floor.text import Text
from dashboards.wall.pages import both


def page(  # the parts of it
    parts: Sequence[Component], detail: Text, **attributes: Any
) -> Component:
    """Return a desk, hidden until its scripts show it.

    Args:
        parts: its head, and the list on the left.
        detail: what its right side shows.
        attributes: of the whole.
    """
    head, left = parts
    return html.Div(
        [
            head,
            html.Div(id="desk-band", role="alert", hidden=True),
            html.Main(
                [left, html.Section(id="desk-detail", **aria(detail))],
                id="desk-main",
            ),
            html.Div(id="desk-toasts", role="status"),
            html.Dialog(id="desk-dialog"),
        ],
        id="desk",
        hidden=True,
        **attributes,
    )


def header(title: Text, links: Iterable[Component], tools: Iterable[Component]) -> Component:
    """Return the head: ways to other pages, the title, tools, and how live the page is."""
    status = [
        html.Span(id="desk-user"),
        html.Button(both(Text("退出", "Sign out")), id="desk-out"),
        html.Span(id="desk-age"),
        html.Time(id="desk-clock"),
        html.Button("EN", id="desk-language", title="中文 / English"),
    ]
    return html.Header(
        [*links, html.H1(both(title)), *tools, html.Div(status, id="desk-status")],
        id="desk-head",
    )


def home() -> Component:
    """Return the way to the wall."""
    return html.A("⌂", href="/", title="大屏 / wall", className="dk-home", id="to-wall")


def other_desk(title: Text, href: str, name: str) -> Component:
    """Return the way to another desk; scripts show it to who may go there."""
    return html.A(both(title), href=href, id=name, className="dk-other", hidden=True)


def tools_of(tools: Iterable[tuple[str, str, Text]]) -> Component:
    """Return the tools, each with its name, its key and its title."""
    return html.Div([_tool(*one) for one in tools], id="desk-tools")


def filters_of(filters: Iterable[tuple[str, str, Text]]) -> list[Component]:
    """Return switches of filters, each with its name, its key and its title."""
    return [
        html.Button([*both(title), html.Kbd(key)], className="dk-filter", **data(filter=name))
        for name, key, title in filters
    ]


def left_side(filters: Sequence[Component], listed: Text) -> Component:
    """Return the left side: search, filters, counts, and the list of what is `listed`."""
    return html.Section(
        [
            html.Div(id="desk-find"),
            html.Div(filters, id="desk-filters"),
            html.Div(id="desk-count"),
            html.Div(id="desk-marked", hidden=True),
            html.Div(
                html.Div(id="desk-space"),
                id="desk-list",
                role="listbox",
                tabIndex="0",
                **aria(listed),
            ),
        ],
        id="desk-left",
    )


def data(**attributes: str) -> dict[str, Any]:
    """Return attributes that scripts read."""
    return {f"data-{name}": value for name, value in attributes.items()}


def aria(label: Text) -> dict[str, Any]:
    """Return what screen readers are told."""
    return {"aria-label": f"{label.zh} / {label.en}"}


def _tool(name: str, key: str, title: Text) -> Component:
    return html.Button(
        [html.Span(both(title)), html.B(className="dk-badge"), html.Kbd(key)],
        className="dk-tool",
        **data(tool=name),
    )
