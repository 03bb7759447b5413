"""The desk's skeleton as Dash components; the scripts in `assets/desk/` fill it.

It stands in the same page as the wall, hidden there: one set of assets, and a desk that survives
an answer that never comes.
"""

from __future__ import annotations

import json
from typing import Any

from dash import html
from dash.development.base_component import Component

from citybrain.alerts.workflow import ALERTS as WORKFLOW
from citybrain.city import City
from citybrain.floor.text import Text
from dashboards.wall.pages import both

TITLE = Text("值班台", "Duty desk")
FILTERS = (
    ("unacknowledged", "U", Text("待受理", "To acknowledge")),
    ("mine", "N", Text("我的", "Mine")),
    ("muted", "Q", Text("含静默", "Muted too")),
    ("pending", "P", Text("含待定", "Pending too")),
    ("grouped", "I", Text("同地归并", "By incident")),
    ("closed", "Z", Text("已关闭", "Closed")),
)
LEVELS = (("4", "Ⅰ", "1"), ("3", "Ⅱ", "2"), ("2", "Ⅲ", "3"), ("1", "Ⅳ", "4"))


def desk(city: City) -> Component:
    """Return the desk, hidden until its scripts show it."""
    return html.Div(
        [
            _header(city),
            html.Div(id="desk-band", role="alert", hidden=True),
            html.Main(
                [_list(), html.Section(id="desk-detail", **_aria("选中的告警 / selected alert"))],
                id="desk-main",
            ),
            html.Div(id="desk-toasts", role="status"),
            html.Dialog(id="desk-dialog"),
        ],
        id="desk",
        hidden=True,
        **_data(actions=json.dumps(actions(), ensure_ascii=False)),
    )


def actions() -> list[dict[str, Any]]:
    """Return what people do with alerts, for the scripts: buttons, keys and words."""
    return [
        {
            "name": action.name,
            "key": action.key,
            "title": action.title.both(),
            "done": action.done,
            "told": action.told.both(),
            "needs": action.needs,
        }
        for action in WORKFLOW.actions.values()
    ]


def _header(city: City) -> Component:
    title = Text(f"{city.title.zh}{TITLE.zh}", f"{city.title.en} {TITLE.en}")
    levels = [
        html.Button(
            [html.I(numeral), html.B("–"), html.Kbd(key)],
            className=f"dk-level lv{rank}",
            **_data(level=rank),
        )
        for rank, numeral, key in LEVELS
    ]
    tools = [
        _tool("overview", "", Text("概况", "Overview")),
        _tool("silences", "Shift S", Text("静默", "Silences")),
        _tool("shift", "H", Text("交接班", "Shift")),
        _tool("sound", "M", Text("声音", "Sound")),
        _tool("help", "?", Text("按键", "Keys")),
    ]
    status = [
        html.Span(id="desk-user"),
        html.Button(both(Text("退出", "Sign out")), id="desk-out"),
        html.Span(id="desk-age"),
        html.Time(id="desk-clock"),
        html.Button("EN", id="desk-language", title="中文 / English"),
    ]
    return html.Header(
        [
            html.A("⌂", href="/", title="大屏 / wall", className="dk-home"),
            html.H1(both(title)),
            html.Div(levels, id="desk-levels"),
            html.Div(tools, id="desk-tools"),
            html.Div(status, id="desk-status"),
        ],
        id="desk-head",
    )


def _list() -> Component:
    filters = [
        html.Button([*both(title), html.Kbd(key)], className="dk-filter", **_data(filter=name))
        for name, key, title in FILTERS
    ]
    return html.Section(
        [
            html.Div(id="desk-find"),
            html.Div(
                [
                    html.Button(id="desk-theme", className="dk-filter"),
                    *filters,
                    html.Button(id="desk-order", className="dk-filter"),
                ],
                id="desk-filters",
            ),
            html.Div(id="desk-count"),
            html.Div(id="desk-marked", hidden=True),
            html.Div(
                html.Div(id="desk-space"),
                id="desk-list",
                role="listbox",
                tabIndex="0",
                **_aria("未关闭的告警 / open alerts"),
            ),
        ],
        id="desk-left",
    )


def _tool(name: str, key: str, title: Text) -> Component:
    return html.Button(
        [html.Span(both(title)), html.B(className="dk-badge"), html.Kbd(key)],
        className="dk-tool",
        **_data(tool=name),
    )


def _data(**attributes: str) -> dict[str, Any]:
    return {f"data-{name}": value for name, value in attributes.items()}


def _aria(label: str) -> dict[str, Any]:
    return {"aria-label": label}
