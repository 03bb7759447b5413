"""An alert in full, its history with what was sent, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from citybrain.alerts.records import Alert, Mute
from citybrain.floor.clock import millis
from citybrain.floor.text import Text
from citybrain.notices.records import DeliveryReceipt, Notice
from dashboards.desk.detail import detail_of, history_of
from dashboards.desk.why_told import Line, by_person
from dashboards.desk.why_told import why as why_of
from tests.dashboards.desk.house import Guide
from tests.dashboards.desk.synthetic import changes_of, notices_of
from tests.dashboards.making import NOW, Make

SECOND = timedelta(seconds=1)


def receipt(notice: Notice, attempt: int, outcome: str, detail: str = "") -> DeliveryReceipt:
    start = notice.at + attempt * SECOND
    return DeliveryReceipt(
        key=notice.key,
        receiver=notice.receiver,
        attempt=attempt,
        outcome=outcome,
        at=start + timedelta(milliseconds=250),
        started_at=start,
        detail=detail,
    )


def why(alert: Alert, notices: list[Notice], receipts: list[DeliveryReceipt]) -> dict[str, Any]:
    return why_of(alert, notices, receipts, name=Guide().name)


def test_detail_when_asked_then_the_numbers_that_fired_it_are_there(make: Make) -> None:
    alert = make("a1")
    told = detail_of(alert)
    evidence, points = told["evidence"], alert.episode.evidence.points
    assert evidence["value"] == alert.episode.evidence.value
    assert evidence["points"][-1] == (millis(points[-1][0]), points[-1][1])
    assert told["rule_version"] == alert.episode.version


def test_history_when_notices_are_known_then_they_stand_for_the_step_with_their_receipts(
    make: Make,
) -> None:
    alert = make("a1", version=3, owner="duty_b", updated_at=NOW + 60 * SECOND)
    (notice,) = notices_of(make("a1", e_level="blue"))
    tries = [receipt(notice, 2, "delivered", "HTTP 200"), receipt(notice, 1, "failed", "HTTP 503")]
    told = history_of(changes_of(alert), [notice], tries, Guide().name)
    assert [step.get("what", step["type"]) for step in told] == ["fired", "notice", "acknowledged"]
    assert told[1]["receiver"] == "duty_officer"
    assert [one["outcome"] for one in told[1]["receipts"]] == ["failed", "delivered"]
    assert [one["words"] for one in told[1]["receipts"]] == [
        ["失败，将重试", "will be tried again"],
        ["已送达", "delivered"],
    ]
    assert told[1]["purpose"] == ["首次通知", "first notice"]
    assert told[1]["receipts"][0]["took"] == 250
    assert told[2]["by"] == "duty_b"


def test_history_when_no_notice_is_known_then_the_step_itself_is_shown(make: Make) -> None:
    told = history_of(changes_of(make("a1")), [], [], Guide().name)
    assert [step["what"] for step in told] == ["fired", "notified"]


def test_history_when_a_level_was_reached_then_its_threshold_and_when_by_the_datas_time(
    make: Make,
) -> None:
    alert = make("a1", e_level="red", e_fired_at=NOW)
    fired, notified = changes_of(make("a1", e_level="yellow", e_fired_at=NOW))
    raised = msgspec.structs.replace(fired, what="raised", version=3, after=alert)
    told = history_of([fired, notified, raised], [], [], Guide().name)
    evidence = alert.episode.evidence
    assert [step["reached"] and step["reached"]["level"] for step in told] == [2, None, 4]
    assert told[0]["reached"]["at"] == millis(NOW)
    assert told[2]["reached"]["at"] == millis(evidence.points[-1][0])
    assert told[2]["reached"]["threshold"] == evidence.threshold


def test_why_when_it_was_delivered_then_told(make: Make) -> None:
    alert = make("a1", e_level="blue", e_title=Text("水位", "level"))
    (notice,) = notices_of(alert)
    told = why(alert, [notice], [receipt(notice, 1, "delivered")])
    assert told == {
        "told": True,
        "lines": [
            ("yes", "已触发：水位（蓝色）", "it fired: level (blue)"),
            ("yes", "duty_officer（首次通知）已送达", "duty_officer (first notice): delivered"),
        ],
    }


def test_why_when_nobody_can_know_whether_it_arrived_then_that(make: Make) -> None:
    (notice,) = notices_of(make("a1", e_level="blue"))
    told = why(make("a1"), [notice], [receipt(notice, 1, "handed_over", "pushdeer://***")])

    assert told["told"] is False
    assert (
        "note",
        "duty_officer（首次通知）已交出，是否送达未知",
        "duty_officer (first notice): handed over, nobody knows whether it arrived",
    ) in told["lines"]


def test_why_when_it_was_given_up_then_not_told_and_the_channels_word(make: Make) -> None:
    (notice,) = notices_of(make("a1", e_level="blue"))
    told = why(make("a1"), [notice], [receipt(notice, 1, "given_up", "HTTP 500")])
    assert told["told"] is False
    assert told["lines"][-1] == (
        "no",
        "duty_officer（首次通知）未送达：未能送达，已放弃: HTTP 500",
        "duty_officer (first notice): not delivered, given up: HTTP 500",
    )


def test_why_when_nothing_came_back_yet_then_it_says_so(make: Make) -> None:
    (notice,) = notices_of(make("a1", e_level="blue"))
    told = why(make("a1"), [notice], [])
    assert told["lines"][-1][0] == "note"
    assert told["lines"][-1][1] == "duty_officer（首次通知）已发出，尚无回执"


def test_why_when_it_is_muted_then_by_what_and_why(make: Make) -> None:
    mute = Mute(kind="silence", by="s1", reason=Text("道路施工", "road works"))
    told = why(make("a1", mutes=(mute,)), [], [])
    assert told["lines"][-1] == ("no", "静默生效：道路施工", "a silence holds: road works")


def test_why_when_nobody_was_to_be_told_then_no_receiver_matched(make: Make) -> None:
    assert why(make("a1"), [], [])["lines"][-1] == (
        "no",
        "没有发出过通知：没有匹配的接收人",
        "no notice: no receiver matches",
    )


def test_why_when_it_is_pending_then_it_has_not_fired(make: Make) -> None:
    assert why(make("a1", state="pending"), [], [])["lines"] == [
        ("no", "条件成立时间还不够，未触发", "it has not held for long enough to fire")
    ]


def test_why_when_by_person_then_each_with_the_best_and_who_is_not_told(make: Make) -> None:
    alert = make("a1", e_level="blue")
    (notice,) = notices_of(alert)
    again = msgspec.structs.replace(notice, key="again", purpose="repeated")
    missed = Line("no", Text("指挥长 不会收到：夜间", "not told: chief: at night"), "chief")
    told = by_person(
        alert, [notice, again], [receipt(again, 1, "delivered")],
        name=lambda name: Text(name, name),
        person=lambda name: Text("指挥长", "Chief") if name == "chief" else None,
        routes=[missed, Line("next", Text("路由", "route"))],
    )  # fmt: skip
    assert [(one["name"], one["sign"], len(one["lines"])) for one in told["people"]] == [
        (["duty_officer", "duty_officer"], "yes", 2),
        (["指挥长", "Chief"], "no", 1),
    ]
    assert [sign for sign, _, _ in told["rest"]] == ["yes", "next"]
