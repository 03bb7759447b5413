"""The case desk's skeleton as Dash components; the scripts in `assets/cases/` fill it."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from citybrain.city import City
from citybrain.floor.text import Text
from dashboards.desks import desk_frame

TITLE = Text("案件台", "Case desk")
DUTY = Text("值班台", "Duty desk")
FILTERS = (
    ("mine", "M", Text("我的", "Mine")),
    ("unit", "U", Text("本单位", "My unit")),
    ("dispatch", "P", Text("待派遣", "To dispatch")),
    ("asks", "Shift K", Text("待审批", "To approve")),
    ("supervised", "Q", Text("督办", "Supervised")),
    ("closed", "Z", Text("近期办结", "Closed lately")),
)
TOOLS = (
    ("overview", "H", Text("我的任务", "My tasks")),
    ("export", "Shift E", Text("导出", "Export")),
    ("figures", "Shift F", Text("统计", "Figures")),
    ("new", "N", Text("新建案件", "New case")),
    ("help", "?", Text("按键", "Keys")),
)


def case_desk(city: City) -> Component:
    """Return the case desk, hidden until its scripts show it."""
    title = Text(f"{city.title.zh}{TITLE.zh}", f"{city.title.en} {TITLE.en}")
    links = [desk_frame.home(), desk_frame.other_desk(DUTY, "/desk", "to-duty")]
    head = desk_frame.header(title, links, [desk_frame.tools_of(TOOLS)])
    filters = [*desk_frame.filters_of(FILTERS), html.Button(id="desk-order", className="dk-filter")]
    left = desk_frame.left_side(filters, Text("未结案件", "open cases"))
    return desk_frame.page([head, left], Text("选中的案件", "selected case"), className="cases")
