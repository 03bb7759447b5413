"""What tests in a browser do at the desk."""

from __future__ import annotations

from typing import Any

import msgspec
from playwright.sync_api import Page

from citybrain.alerts.records import Alert
from citybrain.floor.clock import SystemClock
from tests.dashboards.desk.house import House
from tests.dashboards.desk.synthetic import make_alert

PATIENCE_MS = 30_000
HERE = ".dk-row.here:not([hidden])"


def until(page: Page, expression: str) -> None:
    """Wait until `expression` is true in the page; as a function, for its policy forbids eval.

    A page that is just being loaded has no `wall` yet: then it is not true yet.
    """
    loaded = f"typeof wall !== 'undefined' && ({expression})"
    page.wait_for_function(f"() => {loaded}", timeout=PATIENCE_MS)


def red(house: House, number: int, **fields: Any) -> Alert:
    """Put one red alert that nobody has acknowledged; `fields` as of `add`."""
    return add(house, f"red-{number}", level="red", number=number, **fields)


def add(house: House, name: str, *, level: str = "red", number: int = 1, **fields: Any) -> Alert:
    """Put one firing alert: fields of the alert, and of its episode after ``e_``."""
    now = fields.get("opened_at") or SystemClock().now()
    own: dict[str, Any] = {
        "id": name,
        "state": "firing",
        "version": 2,
        "owner": "",
        "incident": "",
        "mutes": (),
        "opened_at": now,
        "updated_at": now,
    } | {key: value for key, value in fields.items() if not key.startswith("e_")}
    part = {key[2:]: value for key, value in fields.items() if key.startswith("e_")}
    alert = make_alert(number, now, **own)
    given: dict[str, Any] = {"level": level, "area": "150302001", "origin": "live"} | part
    alert = msgspec.structs.replace(alert, episode=msgspec.structs.replace(alert.episode, **given))
    house.put([alert], history=True)
    return alert


def incident(house: House, name: str, count: int, **fields: Any) -> list[Alert]:
    """Put `count` alerts of one place, the first the worst."""
    levels = ("red", *("orange",) * (count - 1))
    fields = {"incident": name, "opened_at": SystemClock().now()} | fields
    return [
        add(house, f"{name}-{n}", level=level, number=n, **fields) for n, level in enumerate(levels)
    ]


def known(page: Page, *alerts: Alert) -> None:
    """Wait until the page has the alerts."""
    for alert in alerts:
        until(page, f"wall.desk.rows.has('{alert.id}')")


def find(page: Page, text: str, rows: int = 1) -> None:
    """Find by keyboard what `text` names, and rest on the first of it."""
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    until(page, f"document.querySelectorAll('.dk-row:not([hidden])').length === {rows}")
    page.keyboard.press("Enter")
    page.wait_for_selector(HERE)
    until(page, "wall.desk.openedData() !== null")


def select(page: Page, alert: Alert) -> None:
    """Find an alert by keyboard and rest on it."""
    known(page, alert)
    find(page, alert.id)
    page.wait_for_selector(f"{HERE}[data-id='{alert.id}']")
