"""The evidence of an alert in words and in its chart, in a real browser."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Page

from citybrain.alerts.records import Evidence
from citybrain.city import load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.text import Text
from streams.ruling.condition import kind_of
from streams.ruling.rulebook import load_rules
from tests.dashboards.desk.browsing import add, select
from tests.dashboards.desk.house import House
from tests.dashboards.desk.synthetic import changes_of

pytestmark = pytest.mark.acceptance

WORDS = {
    "count of manhole_cover_missing in 4h": ("4小时内井盖缺失条数", "manhole_cover_missing"),
    "difference of mean of river_level in 30m to 3h before": (
        "30分钟内黄河水位均值较3小时前",
        "of ",
    ),
    "open records of manhole_cover_missing": ("未办结的井盖缺失件数", "manhole_cover_missing"),
    "time open of manhole_cover_missing": ("井盖缺失未办结的时间", "manhole_cover_missing"),
    "fire_point + open_burning within 2000 m and 2h": ("2小时内、2000 米范围内", "fire_point"),
}
LABELS = """() => wall.desk.chart().getOption().series[0].markLine.data
    .map((line) => line.label.formatter)"""


def test_measure_when_a_rule_names_it_then_it_is_said_in_the_persons_language(desk: Page) -> None:
    for text, (begins, raw) in WORDS.items():
        told = desk.evaluate("(text) => wall.desk.measure(text)", text)
        assert told.startswith(begins[:5]), told
        assert raw not in told
    desk.keyboard.press("l")
    told = desk.evaluate("wall.desk.measure('count of manhole_cover_missing in 4h')")
    assert told == "count of Manhole cover missing in 4 h"


def test_measure_when_any_rule_of_the_city_names_it_then_no_id_is_left(
    desk: Page, house: House
) -> None:
    rules = load_rules(load_city(house.settings.city_folder)).rules.values()
    raw = sorted({kind_of(rule).measure(rule) for rule in rules if kind_of(rule).reads == "events"})
    told = desk.evaluate("(texts) => texts.map(wall.desk.measure)", raw)
    kept = [text for text in told if re.search(r"[a-z]{2,}", text.replace("PM2.5", ""))]
    assert kept == []


def test_chart_when_an_alert_was_raised_then_both_levels_and_how_old_the_evidence_is(
    desk: Page, house: House
) -> None:
    at = SystemClock().now() - timedelta(minutes=30)
    evidence = Evidence(
        measure="count of manhole_cover_missing in 4h",
        value=5,
        threshold=4,
        words=Text("", ""),
        points=tuple((at + timedelta(minutes=n), float(n)) for n in range(6)),
    )
    end = at + timedelta(minutes=5)
    alert = add(house, "raised", e_evidence=evidence, e_fired_at=at + timedelta(minutes=2))
    before = msgspec.structs.replace(
        alert.episode, level="yellow", evidence=msgspec.structs.replace(evidence, threshold=2)
    )
    (fired, *_) = changes_of(msgspec.structs.replace(alert, episode=before))
    (raised, *_) = changes_of(alert)
    house.insert(
        "alert_changes", [fired, msgspec.structs.replace(raised, what="raised", version=3)]
    )
    select(desk, alert)
    labels = desk.evaluate(LABELS)
    told = desk.locator(".dk-words span").all_inner_texts()
    last = desk.evaluate(f"wall.minute({end.timestamp() * 1000})")
    assert "阈值 Ⅲ 2" in labels
    assert "阈值 Ⅰ 4" in labels
    assert f"升为 红色 {last}" in labels
    assert any(label.startswith("触发 黄色") for label in labels)
    assert told[-1] == f"数据截至 {last}"
    assert told[-2].endswith(f"升为 红色 {last}")
    assert told[0] == "4小时内井盖缺失条数"
