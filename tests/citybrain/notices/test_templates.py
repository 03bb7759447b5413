"""What people read; `--update-golden` is `UPDATE_GOLDEN=1`: it rewrites the expected texts."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from citybrain.alerts.records import Evidence
from citybrain.floor.text import Text
from citybrain.notices import templates
from citybrain.notices.alertmanager_webhook import payload
from citybrain.notices.notice_message import pack
from citybrain.notices.records import Notice
from citybrain.notices.routing import Names
from tests.citybrain.notices.sample import NOW, ZONE, alert, notice

GOLDEN = Path(__file__).parent / "golden"
NAMES = Names(
    areas={
        "150302": Text("海勃湾区", "Haibowan District"),
        "150302001": Text("凤凰岭街道", "Fenghuangling Subdistrict"),
    },
    feeds={"radar": Text("测速", "Radar")},
    departments={"police": Text("公安局", "Police")},
    city=Text("小城", "Small Town"),
    desk_url="https://desk.example/",
)
CASES = {
    "red": (alert(), "fired"),
    "blue_below": (
        alert(
            level="blue",
            evidence=Evidence(measure="mean", value=0.25, threshold=0.5, unit="1", above=False),
        ),
        "fired",
    ),
    "raised": (alert(level="orange"), "raised"),
    "repeated_with_owner": (alert(owner="anna", comment="在路上 on my way"), "repeated"),
    "ended": (
        alert(
            state="ended",
            ended_at=NOW + timedelta(hours=1),
            closed_at=NOW + timedelta(hours=1, seconds=1),
        ),
        "ended",
    ),
    "revised_exercise": (alert(state="revised", origin="exercise"), "revised"),
    "simulated_in_the_whole_city": (alert(origin="simulated", area="", subject=""), "fired"),
    "replay_at_an_unknown_place": (alert(origin="replay", area="999999"), "fired"),
    "no_numbers": (alert(evidence=Evidence(measure="x"), feeds=("gone",)), "fired"),
}


def agrees(name: str, found: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


@pytest.mark.parametrize("case", CASES)
def test_notice_says_what_where_when_how_much_and_what_to_do(case: str) -> None:
    one, purpose = CASES[case]
    title, body = templates.title(one, purpose, NAMES), templates.body(one, NAMES, ZONE)

    agrees(f"{case}.txt", f"{title.zh}\n{body.zh}\n\n{title.en}\n{body.en}\n")


def as_notice(case: str, **changes: Any) -> Notice:
    one, purpose = CASES[case]
    given: dict[str, Any] = {
        "key": f"{case}:first",
        "alert": case,
        "alert_after": one,
        "purpose": purpose,
        "title": templates.title(one, purpose, NAMES),
        "body": templates.body(one, NAMES, ZONE),
        "level": one.episode.level,
    }
    return notice(**given | changes)


@pytest.mark.parametrize(
    ("name", "notices"),
    [
        ("one", [as_notice("red")]),
        ("ended", [as_notice("ended")]),
        ("several", [as_notice("red"), as_notice("ended"), as_notice("raised")]),
        ("handover", [as_notice("red", alert="", alert_after=None, purpose="handover")]),
    ],
)
def test_payload_is_what_alertmanager_sends(name: str, notices: list[Notice]) -> None:
    body = payload(pack("good", notices, "both"), NAMES)

    agrees(f"webhook_{name}.json", json.dumps(body, ensure_ascii=False, indent=1) + "\n")


def test_digest_lists_the_highest_first_and_says_how_many_more() -> None:
    many = [notice(n, level="yellow") for n in range(30)] + [notice(99, level="red")]

    message = pack("good", many, "zh")

    lines = message.body.splitlines()
    assert message.title == "【红色Ⅰ级】汇总：31 条预警通知"
    assert (lines[0], lines[1], lines[-1]) == (
        *("1. 标题99", "2. 标题0", "……还有 11 条，见值班台"),
    )


def test_digest_of_an_exercise_is_marked() -> None:
    both = [notice(n, exercise=True) for n in (1, 2)]

    assert pack("good", both, "en").title == "[EXERCISE] [Red Ⅰ] digest: 2 notices"


@pytest.mark.parametrize(
    ("language", "expected"),
    [("zh", "标题1"), ("en", "title 1"), ("both", "标题1 / title 1")],
)
def test_message_is_in_the_language_of_the_receiver(language: str, expected: str) -> None:
    assert pack("good", [notice(1)], language).title == expected


def test_title_is_one_line_so_that_no_header_can_be_made_of_it() -> None:
    evil = notice(1, title=Text("a\r\nBcc: x@example.com", "b"))

    assert pack("good", [evil], "zh").title == "a Bcc: x@example.com"


def test_key_of_a_digest_follows_from_its_keys_in_any_order() -> None:
    one, two = notice(1), notice(2)

    key = pack("good", [one, two], "zh").key

    assert key == pack("good", [two, one], "en").key
    assert key != pack("good", [one], "zh").key == one.key


def test_hand_over_lists_twenty_and_says_how_many_more() -> None:
    alerts = [alert(f"a{n}") for n in range(23)]

    title, body = templates.handover(Text("值班员", "Officer"), alerts, NAMES)

    assert title.en == "Hand-over: Officer, 23 open alerts"
    assert len(body.en.splitlines()) == 21
    assert body.en.splitlines()[-1] == "… and 3 more"
