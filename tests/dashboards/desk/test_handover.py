"""What the one who comes must know of the one who leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from citybrain.alerts.records import Mute
from citybrain.floor.text import Text
from dashboards.desk.handover import ShiftSummary, hand_over
from tests.dashboards.desk.synthetic import changes_of
from tests.dashboards.making import NOW, Make


def past(**fields: Any) -> ShiftSummary:
    given: dict[str, Any] = {
        "opened": 5,
        "steps": {"acknowledged": 2, "resolved": 1, "ended": 3, "revised": 1, "commented": 9},
        "serious": (),
        "deeds": (),
        "notices": 7,
        "failed": None,
    } | fields
    return ShiftSummary(**given)


def test_hand_over_when_asked_then_the_numbers(make: Make) -> None:
    mute = Mute(kind="silence", by="s1", reason=Text("", ""))
    told = hand_over(
        past(), [make("a1"), make("a2", state="acknowledged"), make("a3", mutes=(mute,))]
    )
    names = ("opened", "acknowledged", "closed", "open", "waiting", "muted", "notices", "failed")
    assert [told[name] for name in names] == [5, 2, 5, 3, 1, 1, 7, None]


def test_hand_over_when_alerts_are_serious_then_the_worst_first_and_each_once(make: Make) -> None:
    later = NOW + timedelta(minutes=1)
    red = make("red", e_level="red")
    closed = make("closed", e_level="red", state="resolved")
    orange = make("orange", e_level="orange", opened_at=later)
    told = hand_over(past(serious=[closed, red]), [orange, red, make("blue", e_level="blue")])
    assert [one["id"] for one in told["serious"]] == ["red", "closed", "orange"]


def test_hand_over_when_people_said_something_then_their_words(make: Make) -> None:
    deeds = [one for one in changes_of(make("a1", version=3, owner="duty_b")) if one.by == "duty_b"]
    (remark,) = hand_over(past(deeds=deeds), [])["remarks"]
    assert (remark["what"], remark["by"], remark["comment"]) == (
        "acknowledged",
        "duty_b",
        "已电话通知现场",
    )


def test_hand_over_when_origins_mix_then_what_is_live_is_counted_and_no_drill_is_work(
    make: Make,
) -> None:
    told = hand_over(
        past(serious=[make("old", e_level="red", e_origin="exercise", state="ended")]),
        [
            make("live", e_level="orange", e_origin="live"),
            make("sim", e_level="red", e_origin="simulated"),
            make("drill", e_level="red", e_origin="exercise"),
            make("pending", e_level="red", e_origin="live", state="pending"),
        ],
    )
    assert (told["origin"], told["open"], told["waiting"]) == ("live", 1, 1)
    assert (told["beside"], told["exercises"]) == ({"simulated": 1}, 1)
    ids = [(one["id"], one["origin"]) for one in told["serious"]]
    assert ids == [("live", "live"), ("sim", "simulated")]
