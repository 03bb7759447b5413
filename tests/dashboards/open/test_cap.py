"""Alerts as CAP 1.2: valid, and saying what they are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from defusedxml import ElementTree
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace
from structlog.testing import capture_logs

from citybrain.alerts import lifecycle
from citybrain.alerts.records import Alert
from citybrain.city import City, load_city
from citybrain.floor.text import Text
from dashboards.open import cap
from tests.citybrain.alerts.sample import NOON, at, episode
from tests.repository import WUHAI

SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[1] / "schemas" / "cap12.xsd")
WUHAI_CITY = load_city(WUHAI)
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
    assert root.findtext("c:info/c:description", namespaces=NAMES) == "<b>&\ufffd]]></alert>"


def test_feed_when_there_are_alerts_then_each_is_linked(city: City) -> None:
    listed = [alert(), replace(alert(), id="a2")]

    root = ElementTree.fromstring(cap.feed(listed, city, NOON, "/open/cap/"))

    links = [link.get("href") for link in root.findall("a:entry/a:link", NAMES)]
    assert links == ["/open/cap/a1.xml", "/open/cap/a2.xml"]
    assert root.findtext("a:updated", namespaces=NAMES) == "2026-03-02T12:00:00+08:00"


ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=40)


@settings(max_examples=200, deadline=None)
@given_any(ANY_TEXT, ANY_TEXT)
def test_message_whatever_the_texts_then_it_is_valid(one: str, other: str) -> None:
    given = alert(summary=Text(one, other), title=Text(other, one), area=one, rule=other)

    SCHEMA.validate(cap.message(given, WUHAI_CITY).decode())


@settings(max_examples=100, deadline=None)
@given_any(ANY_TEXT)
def test_feed_whatever_one_alert_says_then_all_can_be_read(text: str) -> None:
    bad = replace(alert(title=Text(text, text), summary=Text(text, text)), id=text)

    root = ElementTree.fromstring(cap.feed([alert(), bad, alert()], WUHAI_CITY, NOON, "/"))

    assert len(root.findall("a:entry", NAMES)) == 3


def test_feed_when_one_cannot_be_written_then_the_others_are_listed(city: City) -> None:
    far = replace(alert(), id="far", updated_at=datetime.max.replace(tzinfo=UTC))

    with capture_logs() as lines:
        root = ElementTree.fromstring(cap.feed([alert(), far], city, NOON, "/"))

    assert len(root.findall("a:entry", NAMES)) == 1
    assert [line["event"] for line in lines] == ["alert_not_listed"]
