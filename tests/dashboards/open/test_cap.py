"""Alerts as CAP 1.2: valid, and saying what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xmlschema
from defusedxml import ElementTree
from msgspec.structs import replace

from citybrain.alerts import lifecycle
from citybrain.alerts.records import Alert
from citybrain.city import City, load_city
from citybrain.floor.text import Text
from dashboards.open import cap
from tests.citybrain.alerts.sample import NOON, at, episode
from tests.repository import WUHAI

SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[1] / "schemas" / "cap12.xsd")
NAMES = {"c": cap.CAP, "a": cap.ATOM}


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(WUHAI)


def alert(**given: Any) -> Alert:
    told = episode(**{"lon": 106.8, "lat": 39.67, **given})
    return lifecycle.told(None, told, NOON, "e")[0].after


ACKNOWLEDGED = replace(alert(), state="acknowledged", version=2)
REVISED = lifecycle.told(ACKNOWLEDGED, episode(state="revised"), at(2), "e")[0].after


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(
            alert(level="red"), ("Actual", "Alert", "Extreme", "Immediate"), id="new-and-red"
        ),
        pytest.param(
            alert(origin="exercise"), ("Exercise", "Alert", "Moderate", "Immediate"), id="exercise"
        ),
        pytest.param(
            alert(origin="simulated", level="blue"),
            ("Test", "Alert", "Minor", "Immediate"),
            id="simulated",
        ),
        pytest.param(
            ACKNOWLEDGED, ("Actual", "Update", "Moderate", "Immediate"), id="acknowledged"
        ),
        pytest.param(REVISED, ("Actual", "Cancel", "Moderate", "Past"), id="undone"),
    ],
)
def test_message_when_an_alert_is_given_then_it_is_valid_and_says_what_it_is(
    city: City, given: Alert, told: tuple[str, ...]
) -> None:
    written = cap.message(given, city)

    SCHEMA.validate(written.decode())
    root = ElementTree.fromstring(written)
    paths = ("c:status", "c:msgType", "c:info/c:severity", "c:info/c:urgency")
    assert tuple(root.findtext(path, namespaces=NAMES) for path in paths) == told


def test_message_when_texts_are_hostile_then_they_stay_texts(city: City) -> None:
    hostile = Text("<b>&\x00]]></alert>", "<!ENTITY x>")

    written = cap.message(alert(summary=hostile), city)

    SCHEMA.validate(written.decode())
    root = ElementTree.fromstring(written)
    assert root.findtext("c:info/c:description", namespaces=NAMES) == "<b>&]]></alert>"


def test_feed_when_there_are_alerts_then_each_is_linked(city: City) -> None:
    listed = [alert(), replace(alert(), id="a2")]

    root = ElementTree.fromstring(cap.feed(listed, city, NOON, "/open/cap/"))

    links = [link.get("href") for link in root.findall("a:entry/a:link", NAMES)]
    assert links == ["/open/cap/a1.xml", "/open/cap/a2.xml"]
    assert root.findtext("a:updated", namespaces=NAMES) == "2026-03-02T12:00:00+08:00"
