"""Cases through the real bus and store: once each, whoever is killed while clerks work."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from citybrain.cases.opening import CaseOpening
from citybrain.cases.records import Case, CaseStep
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock
from citybrain.floor.topics import CASES
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import NO_RECORD, Actor, Command
from citybrain.workflow.steps import fold
from dashboards.command_sender import CommandSender
from tests.acceptance.center import Center
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
CHIEF = Actor(user="chief", role="administrator")
WAY: tuple[tuple[str, dict[str, str]], ...] = (
    ("accept", {}),
    ("file", {}),
    ("dispatch", {"unit": "drainage"}),
    ("accept", {}),
    ("resolve", {"comment": "井盖已更换"}),
)
CASES_OF_TEST = 40
PATIENCE_S = 150.0


def command(
    target: str, action: str, details: dict[str, str], record: msgspec.Raw = NO_RECORD
) -> Command:
    """Return what the chief wants done with a case, now."""
    return Command(
        id=str(uuid4()),
        action=action,
        target=target,
        actor=CHIEF,
        at=SystemClock().now(),
        details=details,
        record=record,
        noun="case",
    )


def opening(number: int) -> msgspec.Raw:
    """Return what opens the `number`th case."""
    given = CaseOpening(
        kind="manhole_cover_missing", title=f"井盖缺失 {number}", source="clerk", area="150302003"
    )
    return msgspec.Raw(msgspec.json.encode(given))


def test_cases_when_owner_and_sink_are_killed_while_clerks_work_then_each_step_is_there_once(
    city_center: Center,
) -> None:
    settings = city_center.settings
    eventually(lambda: city_center.is_up("casework"), PATIENCE_S)
    sender = CommandSender(
        lambda: bus.producer(settings), CommandSeal.of(settings.command_key_path)
    )
    names = [str(uuid4()) for _ in range(CASES_OF_TEST)]
    sent = [command(name, "open", {}, opening(n)) for n, name in enumerate(names)]
    sender.send(sent)
    for (action, details), victim in itertools.zip_longest(WAY, ("casework", "sink", "casework")):
        some = [command(name, action, details) for name in names]
        sender.send(some[: CASES_OF_TEST // 2])
        if victim:
            city_center.kill(victim)
        sender.send(some[CASES_OF_TEST // 2 :])
        sender.send(some[-3:])  # a desk that got no answer sends again
        sent += some
    sender.close()

    asked = "SELECT case_record FROM cases FINAL WHERE id IN {names:Array(String)}"
    client = city_center.client()

    def stored() -> dict[str, Case]:
        found = client.query(asked, {"names": names}).result_rows
        cases = [msgspec.json.decode(text, type=Case) for (text,) in found]
        return {one.id: one for one in cases if one.stage == "feedback"}

    found = eventually(
        lambda: cases if len(cases := stored()) == CASES_OF_TEST else None, PATIENCE_S
    )
    end = bus.end_offset(settings, CASES, 0)
    steps = [
        msgspec.json.decode(value, type=CaseStep)
        for _, value in bus.read_range(settings, CASES, 0, 0, end - 1)
    ]
    ours = [one for one in steps if one.id in found]
    assert fold(ours) == found
    assert {one.unit for one in found.values()} == {"city_management_centre"}
    assert {one.handler for one in found.values()} == {"drainage"}
    whats = Counter(one.what for one in ours)
    expected = ("opened", "accepted", "file", "dispatched", "resolved")
    assert whats == Counter(
        dict.fromkeys(expected, CASES_OF_TEST) | {"accepted": 2 * CASES_OF_TEST}
    )
    ids = [one.id for one in sent]
    asked = (
        "SELECT id, any(outcome), uniqExact(outcome) FROM audit"
        " WHERE id IN {ids:Array(String)} GROUP BY id"
    )

    def answers() -> Sequence[Sequence[Any]]:
        return client.query(asked, {"ids": ids}).result_rows

    entries = eventually(
        lambda: known if len(known := answers()) == len(ids) else None,
        PATIENCE_S,
    )
    assert {tuple(row[1:]) for row in entries} == {("accepted", 1)}
