"""What an episode says of what a rule found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from citybrain.alerts.records import Episode
from citybrain.city import Subject
from citybrain.floor.clock import from_millis
from citybrain.floor.text import NOTHING, Text
from streams.ruling.engine import HISTORY_MS, RuleEngine
from streams.ruling.intake.witnesses import LONGEST_TEXT, Witnesses
from streams.ruling.telling.teller import filled, key_of, names_in
from tests.streams.ruling.rig import NOON, Seen, engine, excerpt, rule, wuhai

TITLE = wuhai().areas["150302003"].title
HERE: dict[str, Any] = {"area": "150302003", "lon": 106.8, "lat": 39.6}


def told(*events: Seen, **given: Any) -> Episode:
    """Return the only thing that is told of `events`."""
    tested = rule(**({"above": {"yellow": "10", "red": "30"}} | given))
    (episode,) = engine([tested]).take([excerpt(events, offset=0)])
    return episode


def test_episode_when_told_then_it_says_what_where_and_since_when() -> None:
    found = told(Seen(0, value=40.0, **HERE))

    assert (found.state, found.level, found.peak) == ("firing", "red", "red")
    assert (found.rule, found.version, found.key) == ("r", "v1", {"subject": "s"})
    assert (found.area, found.subject, found.lon, found.lat) == ("150302003", "s", 106.8, 39.6)
    assert found.started_at == found.fired_at == found.told_at == from_millis(NOON)
    assert (found.feeds, found.kinds) == (("ndw_lanes",), ("traffic_flow",))


def test_episode_when_told_then_the_evidence_is_the_measure_and_its_threshold() -> None:
    evidence = told(Seen(0, value=40.0)).evidence

    assert (evidence.measure, evidence.value, evidence.threshold) == ("traffic_flow", 40.0, 30.0)
    assert evidence.above is True
    assert evidence.points == ((from_millis(NOON), 40.0),)
    assert len(evidence.events) == 1


def test_episode_when_the_summary_names_facts_then_in_the_language_of_its_side() -> None:
    summary = Text("{place} {kind} {value}/{threshold} {level}", "{place} {kind} {value} {level}")
    found = told(Seen(0, value=12.0, area=""), summary=summary)

    assert found.summary == Text("全市 交通流量 12/10 黄色", "the city Traffic flow 12 Yellow")


KNOWN = Subject(
    "s",
    Text("一号调压柜", "Regulator 1"),
    Text("新华街12号", "12 Xinhua St"),
    "150302003",
    106.8,
    39.6,
)
NAMED = Text("{place}{subject}：{text}", "{subject} in {place}: {text}")


def of_subject(subject: str, *events: Seen) -> Episode:
    """Return what is told of `events` in a city that knows `subject` by name."""
    city = replace(wuhai(), subjects={subject: KNOWN})
    tested = rule(above={"yellow": "10"}, summary=NAMED)
    (episode,) = RuleEngine([tested], city, history_ms=HISTORY_MS).take([excerpt(events, offset=0)])
    return episode


def test_episode_when_the_subject_is_known_then_its_name_and_address_stand_in_the_sentence() -> (
    None
):
    found = of_subject("s", Seen(0, value=40.0, area="", text="阀门处有气味"))

    assert found.summary == Text(
        f"{TITLE.zh}一号调压柜（新华街12号）：阀门处有气味",
        f"Regulator 1 (12 Xinhua St) in {TITLE.en}: 阀门处有气味",
    )
    assert (found.subject, found.subject_title, found.address) == ("s", KNOWN.title, KNOWN.address)
    assert (found.area, found.lon, found.lat) == ("150302003", 106.8, 39.6)


def test_episode_when_the_data_has_a_place_then_that_and_not_the_registers() -> None:
    found = of_subject("s", Seen(0, value=40.0, area="150302001", lon=106.9, lat=39.7))
    assert (found.area, found.lon, found.lat) == ("150302001", 106.9, 39.7)


def test_episode_when_the_subject_is_not_known_then_its_id_stands_there() -> None:
    found = of_subject("other", Seen(0, value=40.0))
    assert found.summary == Text(f"{TITLE.zh}s：", f"s in {TITLE.en}: ")
    assert (found.subject_title, found.address) == (NOTHING, NOTHING)


def test_text_when_it_is_long_then_a_part_stands_in_the_sentence() -> None:
    found = of_subject("s", Seen(0, value=40.0, text="长" * 70_000))
    assert found.summary.zh.count("长") == LONGEST_TEXT


def test_witnesses_when_of_the_version_before_then_they_have_no_text() -> None:
    old = [(0, [[1, b"0" * 16, "f", "d", "k", "150302003", "s", "live", 106.8, 39.6]])]
    kept = Witnesses()
    kept.unpack(old)
    assert [one.text for one in kept.of(0)] == [""]


def test_episode_when_told_again_then_the_id_depends_on_rule_key_and_beginning_alone() -> None:
    first = told(Seen(0, value=12.0))

    assert told(Seen(0, value=40.0), version="v2").alert == first.alert
    assert told(Seen(1, value=12.0)).alert == first.alert
    assert told(Seen(60, value=12.0)).alert != first.alert
    assert told(Seen(0, value=12.0, subject="t")).alert != first.alert
    assert told(Seen(0, value=12.0), id="other").alert != first.alert


def test_key_of_when_a_condition_makes_its_keys_then_it_is_a_place() -> None:
    assert key_of(rule(by=()), ("150302/7",)) == {"place": "150302/7"}
    assert key_of(rule(by=("area", "kind")), ("1", "k")) == {"area": "1", "kind": "k"}


def test_filled_when_a_name_is_unknown_then_it_is_empty_and_braces_stay() -> None:
    facts = {"value": Text("五", "5")}
    summary = Text("{{{value}}} {none}{words}", "{value}")

    assert filled(summary, facts, "zh", Text("话", "")) == "{五} 话"
    assert filled(summary, facts, "en", Text("话", "")) == "5"


def test_names_in_when_a_summary_names_some_then_these() -> None:
    assert names_in("{place}: {value} {{no}}") == {"place", "value"}


def test_names_in_when_braces_do_not_match_then_raises() -> None:
    with pytest.raises(ValueError, match="expected '}'"):
        names_in("{place")
