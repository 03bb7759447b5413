"""One text for all who follow; the newest wins."""

from __future__ import annotations

import asyncio

from dashboards.wall.hub import Hub


async def test_follow_when_something_was_published_before_then_it_comes_at_once() -> None:
    hub = Hub()
    hub.publish("snapshot", "one")
    assert await anext(hub.follow()) == "one"


async def test_follow_when_a_viewer_is_slow_then_it_skips_what_was_overtaken() -> None:
    hub = Hub()
    hub.publish("snapshot", "snapshot 1")
    viewer = hub.follow()
    assert await anext(viewer) == "snapshot 1"
    for number in range(2, 100):
        hub.publish("pulse", f"pulse {number}")
    hub.publish("snapshot", "snapshot 2")
    assert [await anext(viewer), await anext(viewer)] == ["pulse 99", "snapshot 2"]


async def test_follow_when_many_wait_then_each_gets_the_same_text() -> None:
    hub = Hub()
    waiting = [asyncio.ensure_future(anext(hub.follow())) for _ in range(200)]
    await asyncio.sleep(0)
    text = "snapshot"
    hub.publish("snapshot", text)
    got = await asyncio.gather(*waiting)
    assert all(one is text for one in got)


async def test_follow_when_nothing_is_new_then_it_waits() -> None:
    hub = Hub()
    hub.publish("pulse", "one")
    viewer = hub.follow()
    await anext(viewer)
    waiting = asyncio.ensure_future(anext(viewer))
    await asyncio.sleep(0)
    assert not waiting.done()
    hub.publish("pulse", "two")
    assert await waiting == "two"
