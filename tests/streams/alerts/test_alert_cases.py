"""Alerts that become cases: which, once, by whom, and that neither closes the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from citybrain.alerts.records import Alert, AlertChange
from citybrain.cases.alert_case_ids import case_of
from citybrain.cases.opening import AlertMatter, CaseOpening
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import load_city
from citybrain.floor.topics import ALERTS, COMMANDS
from citybrain.notices.pipeline import NoticePipeline
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Command
from streams.alerts.alert_cases import AlertCases, unknown_rules
from streams.alerts.alert_owner import AlertOwner
from tests.citybrain.alerts.sample import COMMANDER, NOON, at, command, episode
from tests.repository import WUHAI
from tests.streams.alerts.test_alert_owner import routing
from tests.streams.cases.test_case_owner import Rig

SEAL = CommandSeal(b"k" * 32)
SETUP = load_case_setup(load_city(WUHAI))
COVER: dict[str, Any] = {
    "level": "red",
    "kinds": ("manhole_cover_missing",),
    "area": "150302003",
    "lon": 106.8,
    "lat": 39.7,
}


def setup_of(*alerts: AlertMatter) -> CaseSetup:
    """Return Wuhai, where `alerts` become cases."""
    return replace(SETUP, cases=replace(SETUP.cases, alerts=alerts))


def owner(setup: CaseSetup = SETUP) -> AlertOwner:
    return AlertOwner(NoticePipeline(routing()), AlertCases(setup, SEAL))


def told(alerts: AlertOwner, **given: Any) -> tuple[list[Command], list[str]]:
    """Return the commands and the steps that an episode leads to."""
    one = episode("a1", **{**COVER, **given})
    outcome = alerts.take_episode(one, "c", one.told_at)
    steps = [output.record for output in outcome.on(ALERTS)]
    whats = [step.what for step in steps if isinstance(step, AlertChange)]
    return [output.record for output in outcome.on(COMMANDS)], whats


def test_an_alert_that_fires_opens_its_case_once_for_who_is_responsible() -> None:
    alerts = owner()

    (opened,), whats = told(alerts)
    again = told(alerts, told_at=at(5), level="orange")[0]

    assert "case_opened" in whats
    assert again == []
    assert SEAL.refusal(opened) is None
    assert (opened.noun, opened.action, opened.actor.role) == ("case", "open", "platform")
    assert opened.target == alerts.records["a1"].case == case_of("a1")
    given = msgspec.json.decode(opened.record, type=CaseOpening)
    assert (given.kind, given.handler, given.source, given.alerts, given.severity) == (
        *("manhole_cover_missing", "drainage", "alert", ("a1",)),
        4,
    )
    assert (given.area, given.lon, given.lat) == ("150302003", 106.8, 39.7)


def test_the_owner_of_cases_takes_it_and_closing_one_closes_not_the_other() -> None:
    alerts, rig = owner(), Rig()
    (opened,), _ = told(alerts, level="orange")
    rig.note(rig.owner.take_command(opened, "c", NOON))
    case = rig.owner.records[opened.target]

    done = {"result": "handled", "comment": "已处置"}
    alerts.take_command(command("resolve", minutes=2, actor=COMMANDER, details=done), "c", at(2))

    assert (case.alerts, case.source, case.handler, case.stage) == (
        *(("a1",), "alert", "drainage"),
        "reporting",
    )
    assert alerts.records["a1"].state == "resolved"
    assert rig.owner.records[opened.target].open


@pytest.mark.parametrize(
    ("choice", "given"),
    [
        pytest.param(AlertMatter(levels=("red",)), {"level": "orange"}, id="another-level"),
        pytest.param(AlertMatter(rules=("pm25",)), {}, id="another-rule"),
        pytest.param(AlertMatter(themes=("traffic",)), {}, id="another-theme"),
        pytest.param(AlertMatter(), {"kinds": ()}, id="no-kind"),
        pytest.param(AlertMatter(), {"origin": "exercise"}, id="exercise"),
        pytest.param(AlertMatter(), {"state": "pending", "fired_at": None}, id="pending"),
    ],
)
def test_an_alert_that_is_none_of_those_becomes_no_case(
    choice: AlertMatter, given: dict[str, Any]
) -> None:
    assert told(owner(setup_of(choice)), **given)[0] == []


def test_an_alert_that_rises_to_a_level_that_is_a_case_becomes_one() -> None:
    alerts = owner(setup_of(AlertMatter(levels=("red",))))

    assert told(alerts, level="yellow")[0] == []
    assert len(told(alerts, level="red", told_at=at(3))[0]) == 1


def test_where_the_table_names_nobody_it_goes_to_a_dispatcher() -> None:
    (opened,), _ = told(owner(setup_of(AlertMatter(kind="flow"))), kinds=())
    given = msgspec.json.decode(opened.record, type=CaseOpening)

    assert (given.kind, given.handler) == ("flow", "")


def test_an_alert_of_an_earlier_version_is_read_and_has_no_case() -> None:
    alerts = AlertOwner(NoticePipeline(routing()))
    told(alerts)
    stored = msgspec.to_builtins(alerts.records["a1"])
    del stored["case"]

    assert msgspec.convert(stored, Alert).case == ""


def test_a_rule_that_is_not_there_is_said_to_be_so() -> None:
    setup = setup_of(AlertMatter(rules=("gas_leek",)))

    (fault,) = unknown_rules(setup, ["gas_leak", "pm25"])

    assert (fault.item, fault.problem, fault.remedy) == (
        "alerts[0].rules[0]",
        "unknown rule 'gas_leek'",
        "did you mean 'gas_leak'?",
    )
