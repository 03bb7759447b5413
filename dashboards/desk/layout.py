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
from dashboards.desks import desk_frame

TITLE = Text("值班台", "Duty desk")
CASES = Text("案件", "Cases")
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
    attributes = desk_frame.data(actions=json.dumps(actions(), ensure_ascii=False))
    detail = Text("选中的告警", "selected alert")
    return desk_frame.page([_header(city), _list()], detail, **attributes)


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
            **desk_frame.data(level=rank),
        )
        for rank, numeral, key in LEVELS
    ]
    tools = (
        ("overview", "", Text("概况", "Overview")),
        ("silences", "Shift S", Text("静默", "Silences")),
        ("shift", "H", Text("交接班", "Shift")),
        ("sound", "M", Text("声音", "Sound")),
        ("help", "?", Text("按键", "Keys")),
    )
    links = [desk_frame.home(), desk_frame.other_desk(CASES, "/cases", "to-cases")]
    return desk_frame.header(
        title, links, [html.Div(levels, id="desk-levels"), desk_frame.tools_of(tools)]
    )


def _list() -> Component:
    filters = [
        html.Button(id="desk-theme", className="dk-filter"),
        *desk_frame.filters_of(FILTERS),
        html.Button(id="desk-order", className="dk-filter"),
    ]
    return desk_frame.left_side(filters, Text("未关闭的告警", "open alerts"))
