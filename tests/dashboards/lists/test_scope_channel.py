"""What those of one scope follow: all of it once, then what changed; and never another's alerts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from citybrain.alerts.records import Alert
from citybrain.workflow.scope import Scope
from dashboards.lists.list_rows import row_of
from dashboards.lists.live_list import LiveList
from dashboards.lists.scope_channel import KEPT, ScopeChannel
from tests.dashboards.making import Make

GAS = Scope(departments=("gas",))


ALL = Scope()


def alerts() -> LiveList[Alert]:
    return LiveList(lambda one: one.open, row_of, lambda: {"at": 1})


def opened(tested: LiveList[Alert], scope: Scope = ALL) -> ScopeChannel:
    return tested.enter(scope)


async def heard(channel: ScopeChannel, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(5):
        async for text in channel.follow():
            found.append(json.loads(text))
            if len(found) == count:
                break
    return found


def ids(message: dict[str, Any]) -> list[str]:
    return sorted(row["id"] for row in message["rows"])


async def test_follow_when_somebody_comes_then_the_whole_list_first(make: Make) -> None:
    tested = alerts()
    tested.take([make("a1"), make("a2")])
    (whole,) = await heard(opened(tested), 1)
    assert (whole["type"], whole["at"], ids(whole)) == ("whole", 1, ["a1", "a2"])


async def test_follow_when_alerts_change_then_only_they_are_told(make: Make) -> None:
    tested = alerts()
    tested.take([make("a1"), make("a2")])
    channel = opened(tested)
    following = asyncio.create_task(heard(channel, 3))
    await asyncio.sleep(0)
    tested.take([make("a2", version=3, owner="duty_b"), make("a3")])
    tested.take([make("a1", version=3, state="resolved")])
    _, changed, gone = await following
    assert (changed["type"], ids(changed), changed["removed"]) == ("delta", ["a2", "a3"], [])
    assert (gone["rows"], gone["removed"]) == ([], ["a1"])


async def test_note_when_an_alert_is_not_in_the_scope_then_nothing_is_told(make: Make) -> None:
    tested = alerts()
    tested.take([make("a1", e_departments=("gas",)), make("a2", e_departments=("water",))])
    channel = opened(tested, GAS)
    (whole,) = await heard(channel, 1)
    assert ids(whole) == ["a1"]
    tested.take([make("a2", version=3, e_departments=("water",))])
    tested.take([make("a2", version=4, state="ended", e_departments=("water",))])
    channel.beat()
    whole, pulse = (await heard(channel, 1))[0], channel._messages[-1][1]
    assert ids(whole) == ["a1"]
    assert len(channel._messages) == 1
    assert json.loads(pulse) == {"type": "pulse", "at": 1, "total": 1}


async def test_note_when_an_alert_leaves_the_scope_then_it_is_removed(make: Make) -> None:
    tested = alerts()
    tested.take([make("a1", e_departments=("gas",))])
    channel = opened(tested, GAS)
    tested.take([make("a1", version=3, e_departments=("water",))])
    assert json.loads(channel._messages[-1][1])["removed"] == ["a1"]


async def test_follow_when_a_viewer_is_too_slow_then_it_gets_the_whole_list_anew(
    make: Make,
) -> None:
    tested = alerts()
    tested.take([make("a1")])
    channel = opened(tested)
    texts = channel.follow()
    assert json.loads(await anext(texts))["type"] == "whole"
    for number in range(KEPT + 5):
        tested.take([make("a1", version=3 + number, owner=f"u{number}")])
    again = json.loads(await anext(texts))
    assert again["type"] == "whole"
    assert again["rows"][0]["owner"] == f"u{KEPT + 4}"
    channel.beat()
    assert json.loads(await anext(texts))["type"] == "pulse"


async def test_follow_when_two_follow_then_the_list_is_encoded_once(make: Make) -> None:
    tested = alerts()
    tested.take([make("a1")])
    channel = opened(tested)
    first, second = await anext(channel.follow()), await anext(channel.follow())
    assert first is second
