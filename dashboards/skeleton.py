"""The page's skeleton: Dash components as plain data, from which the page makes elements itself.

React would keep every one of them up to date, though none ever changes: seven hundred components
took half of the time until a wall showed its first number, and were asked again with every push.
So Dash mounts the page's stores alone; `assets/shared/skeleton.js` makes the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash.development.base_component import Component

_NAMES = {"className": "class", "htmlFor": "for"}
_WITH_DASH = ("data-", "aria-")


def skeleton(part: Component | str) -> list[Any] | str:
    """Return `part` in the form of JsonML: text, or [tag, attributes, *children].

    Only components of `dash.html` have a tag; their attributes get the names that HTML has.

    Raises:
        TypeError: a component of another library, which only React could draw.
    """
    if isinstance(part, str):
        return part
    found: dict[str, Any] = part.to_plotly_json()  # type: ignore[no-untyped-call]
    if found["namespace"] != "dash_html_components":
        raise TypeError(f"skeleton: {found['type']} is no element of HTML; make it of dash.html")
    given = dict(found["props"])
    children = given.pop("children", None)
    kept = {_name(name): _value(value) for name, value in given.items() if _is_set(value)}
    inner = children if isinstance(children, list) else [children]
    return [found["type"].lower(), kept, *(skeleton(one) for one in inner if one is not None)]


def _is_set(value: object) -> bool:
    return value is not None and value is not False


def _name(name: str) -> str:
    return name if name.startswith(_WITH_DASH) else _NAMES.get(name, name.lower())


def _value(value: Any) -> str:
    if value is True:
        return ""
    if isinstance(value, Mapping):  # a style
        return "; ".join(f"{name}: {one}" for name, one in value.items())
    return str(value)
