"""Which silences are taken, and which are not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from citybrain.alerts import silences
from citybrain.alerts.silence_records import Matcher, Recurrence, Silence
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Actor, Command
from streams.alerts.held_silences import HeldSilences
from tests.citybrain.alerts.sample import NOON, OFFICER, VIEWER, at, command, said

GAS = Matcher("rule", "=", "gas_leak")
LOCAL = Actor(user="duty_3", role="officer", departments=("gas",), areas=("150302",))


NO_ROLE = "您的角色不能这样做 / your role may not do this"
WIDER = "静默超出您负责的部门或区域 / it reaches beyond the departments or areas that you act for"


def asking(*, actor: Actor = OFFICER, minutes: float = 1, **given: Any) -> Command:
    plain = Silence(
        id="s1",
        matchers=(GAS,),
        starts_at=NOON,
        ends_at=at(240),
        creator="",
        reason="检修",
        created_at=NOON,
    )
    text = msgspec.json.encode(msgspec.structs.replace(plain, **given)).decode()
    return command("silence", "s1", minutes=minutes, actor=actor, details={"silence": text})


@pytest.mark.parametrize(
    ("matchers", "needed"),
    [
        pytest.param((GAS,), False, id="no-level"),
        pytest.param((Matcher("level", "=", "red"), GAS), True, id="red"),
        pytest.param((Matcher("level", "=~", "orange|red"), GAS), True, id="also-red"),
        pytest.param((Matcher("level", "!=", "blue"), GAS), True, id="not-blue"),
        pytest.param((Matcher("level", "=~", "blue|yellow"), GAS), False, id="low"),
        pytest.param((Matcher("level", "!=", "red"), GAS), False, id="not-red"),
    ],
)
def test_asked_when_matchers_mean_red_then_a_second_person_is_needed(
    matchers: Any, needed: bool
) -> None:
    silence = silences.asked(asking(matchers=matchers))

    assert not isinstance(silence, Reason)
    assert silence.needs_approval is needed


def test_asked_when_somebody_writes_who_approved_it_then_that_is_not_believed() -> None:
    silence = silences.asked(asking(approver="chief", creator="chief", version=9))

    assert not isinstance(silence, Reason)
    assert (silence.approver, silence.creator, silence.version) == ("", "duty_1", 1)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        pytest.param(asking(actor=VIEWER), NO_ROLE, id="role"),
        pytest.param(
            asking(matchers=(Matcher("rule", "=~", ".+"),)),
            "条件会压下几乎所有告警 / the matchers would hide nearly every alert",
            id="whatever-there-is",
        ),
        pytest.param(asking(actor=LOCAL), WIDER, id="the-whole-city"),
        pytest.param(
            asking(actor=LOCAL, matchers=(Matcher("department", "=", "gas"),)),
            WIDER,
            id="all-areas",
        ),
        pytest.param(
            asking(matchers=(Matcher("rule", "=~", "a("),)),
            "条件无法使用 / it cannot be used: 'a(' is not a regular expression: missing ); "
            "correct it, or use = for the text itself",
            id="no-expression",
        ),
        pytest.param(
            asking(recurrence=Recurrence(start="25:00")),
            "条件无法使用 / it cannot be used: '25:00' is not a time of day",
            id="no-time",
        ),
        pytest.param(
            asking(recurrence=Recurrence(weekdays=(8,))),
            "条件无法使用 / it cannot be used: 8 is no weekday, which are 1 (Monday) to 7 (Sunday)",
            id="no-weekday",
        ),
    ],
)
def test_commanded_when_a_silence_is_unsafe_then_it_is_refused(asked: Command, reason: str) -> None:
    refused = HeldSilences().commanded(asked)

    assert isinstance(refused, Reason)
    assert said(refused) == reason


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(Matcher("area", "=", "150302003"), id="area"),
        pytest.param(Matcher("district", "=", "150302"), id="district"),
        pytest.param(Matcher("area", "=~", "150302.*"), id="below"),
    ],
)
def test_commanded_when_it_stays_within_the_actor_s_part_then_it_is_taken(place: Matcher) -> None:
    mine = (Matcher("department", "=", "gas"), place)

    assert isinstance(HeldSilences().commanded(asking(actor=LOCAL, matchers=mine)), Silence)


def test_commanded_when_the_id_is_taken_then_nothing_is_replaced() -> None:
    held = HeldSilences()
    silence = held.commanded(asking())
    assert isinstance(silence, Silence)
    held.keep(silence)

    assert held.commanded(asking(minutes=2, reason="x")) == silences.KNOWN


def test_commanded_when_a_silence_is_over_then_it_cannot_be_ended() -> None:
    held = HeldSilences()
    silence = held.commanded(asking())
    assert isinstance(silence, Silence)
    held.keep(silence)

    late = held.commanded(command("expire_silence", "s1", minutes=240))
    assert isinstance(late, Reason)
    assert said(late) == "静默已经结束 / the silence is over"
    unknown = held.commanded(command("expire_silence", "s9"))
    assert isinstance(unknown, Reason)
    assert said(unknown) == "没有这个静默 / there is no such silence"


def test_to_remind_when_an_hour_is_left_then_once() -> None:
    held = HeldSilences()
    silence = held.commanded(asking())
    assert isinstance(silence, Silence)
    held.keep(silence)

    assert held.to_remind(at(179)) == []
    assert held.to_remind(at(180)) == [silence]
    held.keep(silences.reminded(silence, at(180)))
    assert held.to_remind(at(181)) == []
    assert [one.id for one in held.turning(at(239), at(240))] == ["s1"]
