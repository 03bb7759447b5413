from __future__ import annotations

import pytest
from dash import dcc, html

from dashboards.skeleton import skeleton


def test_skeleton_when_a_part_has_all_there_is_then_it_is_plain_data_with_the_names_of_html() -> (
    None
):
    part = html.Div(
        [
            html.Label("楼", htmlFor="floor", hidden=True),
            html.Button(html.B("x"), tabIndex="0", disabled=False, title=None),
            "beside",
        ],
        id="a",
        className="one two",
        style={"--grow": 3, "color": "red"},
        **{"data-Kind": "k", "aria-label": "l"},
    )

    assert skeleton(part) == [
        "div",
        {
            "id": "a",
            "class": "one two",
            "style": "--grow: 3; color: red",
            "data-Kind": "k",
            "aria-label": "l",
        },
        ["label", {"for": "floor", "hidden": ""}, "楼"],
        ["button", {"tabindex": "0"}, ["b", {}, "x"]],
        "beside",
    ]


def test_skeleton_when_only_react_could_draw_a_part_then_it_is_refused() -> None:
    with pytest.raises(TypeError) as refused:
        skeleton(html.Div(dcc.Store(id="s")))

    assert str(refused.value) == "skeleton: Store is no element of HTML; make it of dash.html"
