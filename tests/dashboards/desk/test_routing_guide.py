"""What the routing makes of an alert, in words; and what a silence hides."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from citybrain.alerts.silence_records import Matcher, Silence
from citybrain.floor.text import Text
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.routing import Escalation, EscalationStep, Receiver, Route, Routing
from dashboards.desk.routing_guide import RoutingGuide
from dashboards.desk.why_told import Line
from tests.dashboards.making import NOW, Make

RED = Matcher("level", "=", "red")


@pytest.fixture
def guide() -> RoutingGuide:
    """Everything goes to the duty officer, red ones to the chief, who hears again after 5 min."""
    minutes = timedelta(minutes=5)
    steps = (EscalationStep(after=minutes, to=("chief",)),)
    red = Route("root/red", (RED,), ("duty", "chief"), escalation=Escalation("quick", steps))
    receivers = {
        "duty": Receiver("duty", Text("值班员", "Duty officer"), "log"),
        "chief": Receiver("chief", Text("总指挥长", "Chief"), "log"),
    }
    root = Route("root", to=("duty",), routes=(red,))
    return RoutingGuide(NoticePipeline(Routing(root, receivers, ZoneInfo("Asia/Shanghai"))))


def line(sign: str, zh: str, en: str) -> Line:
    return Line(sign, Text(zh, en))


def test_explain_when_it_is_red_then_the_route_and_what_comes_next(
    guide: RoutingGuide, make: Make
) -> None:
    alert = make("a1", e_level="red", e_peak="red", e_origin="live", notified_at=NOW)
    assert guide.explain(alert, NOW) == [
        line("next", "路由 root/red → 值班员、总指挥长", "route root/red → Duty officer, Chief"),
        line(
            "next",
            "12:35:00 仍无进展则上报 总指挥长",
            "12:35:00 unless handled: escalation to Chief",
        ),
    ]


def test_explain_when_it_is_blue_then_the_chief_does_not_hear(
    guide: RoutingGuide, make: Make
) -> None:
    alert = make("a1", e_level="blue", e_peak="blue", e_origin="live", notified_at=NOW)
    lines = guide.explain(alert, NOW)
    assert lines[0] == line("next", "路由 root → 值班员", "route root → Duty officer")
    missed = line(
        "no",
        '总指挥长 不会收到：不满足路由 root/red 的条件 level="red"',
        'not told: Chief: root/red: not level="red"',
    )
    assert missed._replace(receiver="chief") in lines
    assert all("总指挥长" not in one.said.zh for one in lines if one.sign == "next")


def test_explain_when_it_is_closed_then_nobody_hears_any_more(
    guide: RoutingGuide, make: Make
) -> None:
    assert guide.explain(make("a1", state="resolved"), NOW) == []


def test_name_when_the_routing_no_longer_has_a_receiver_then_its_id(guide: RoutingGuide) -> None:
    assert guide.name("duty") == Text("值班员", "Duty officer")
    assert guide.name("gone") == Text("gone", "gone")


def test_blast_when_alerts_match_then_counted_by_rule_with_their_highest_level(
    guide: RoutingGuide, make: Make
) -> None:
    silence = Silence(
        id="s1",
        matchers=(Matcher("rule", "=~", "gas.*|flood"),),
        starts_at=NOW,
        ends_at=NOW,
        creator="duty_a",
        reason="",
        created_at=NOW,
    )
    alerts = [
        make("a1", e_rule="gas_leak", e_level="blue", e_peak="red"),
        make("a2", e_rule="gas_leak", e_level="blue", e_peak="blue"),
        make("a3", e_rule="flood", e_level="red", e_peak="red"),
        make("a4", e_rule="other", e_level="red", e_peak="red"),
    ]
    found = guide.blast(silence, alerts)
    assert (found.count, found.red) == (3, 2)
    assert [(one.rule, one.count, one.red) for one in found.rules] == [
        ("gas_leak", 2, 1),
        ("flood", 1, 1),
    ]
