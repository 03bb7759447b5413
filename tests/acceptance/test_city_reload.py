"""A folder is edited while events flow: feeds come, change and go; a fault changes nothing."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.city import KINDS, KINDS_BY_THEME, feed_of
from citybrain.floor.clock import SystemClock
from tests.acceptance.center import Center
from tests.acceptance.test_faults import assert_exactly_once
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
FEED, KIND = feed_of("city_management"), KINDS_BY_THEME["city_management"][0]
ADDED = "added_reports"
FOLLOWERS = ("gateway", "stream", "sink", "screens", "notify", "ruler", "casework")


class Editor:
    """Who edits the feeds of the city management."""

    def __init__(self, center: Center) -> None:
        """Keep what the file says now."""
        self.center = center
        self.path: Path = center.settings.city_folder / "feeds" / "city_management.yaml"
        self.before = self.path.read_text("utf-8")

    def save(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the feeds and save them."""
        content = yaml.safe_load(self.before)
        change(content["feeds"])
        self.path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")

    def restore(self) -> None:
        """Save the file as it was."""
        self.path.write_text(self.before, "utf-8")

    def post(self, feed: str, kind: str) -> tuple[int, Any]:
        """Push one event of `kind` to `feed`; return the status and what was answered."""
        event = {
            "id": f"reload-{time.time_ns()}",
            "at": SystemClock().now().isoformat(),
            "kind": kind,
            "area": "150302003",
            "severity": 1,
            "value": None,
            "subject": "x",
            "text": "pushed while the folder was edited",
        }
        headers = {
            "Authorization": f"Bearer {self.center.keys['city_management']}",
            "Content-Type": "application/json",
        }
        door = http.client.HTTPConnection("127.0.0.1", self.center.settings.gateway_port)
        door.request("POST", f"/v1/feeds/{feed}/events", json.dumps([event]), headers)
        answer = door.getresponse()
        said = json.loads(answer.read())
        self.center.accepted += said.get("accepted", 0)
        return answer.status, said

    def told(self, process: str, event: str) -> int:
        """Return how often a process told `event`."""
        return self.center.log(process).count(event)


@pytest.fixture
def editor(city_center: Center) -> Iterator[Editor]:
    """Return the editor; in the end the folder is as it was, for the other tests."""
    found = Editor(city_center)
    yield found
    found.restore()
    eventually(lambda: found.post(ADDED, KIND)[0] == 404, 60)


def knows_meteors(feeds: dict[str, Any]) -> None:
    """Let the feed's value map know another word."""
    values = {**{kind: kind for kind in KINDS}, "meteor": KIND}
    feeds[FEED]["mapping"]["kind"] = {"fields": "kind", "values": values}


def has_another(feeds: dict[str, Any]) -> None:
    """Let there be one more feed, that is irregular."""
    knows_meteors(feeds)
    added = {**feeds[FEED], "title": {"zh": "新增上报", "en": "Added reports"}, "irregular": True}
    feeds[ADDED] = {name: value for name, value in added.items() if name != "cadence_s"}


def is_faulty(feeds: dict[str, Any]) -> None:
    """Let a feed be of no kind of the city's."""
    feeds[FEED]["kinds"] = ["no_such_kind"]


def test_a_folder_that_is_edited_while_events_flow(editor: Editor) -> None:
    center = editor.center
    assert editor.post(FEED, "meteor")[0] == 422
    status, said = editor.post(ADDED, KIND)
    assert (status, said["error"]["code"]) == (404, "unknown_feed")
    assert said["error"]["message"] == f"there is no feed '{ADDED}'"

    with center.pushing(rate=500):
        editor.save(knows_meteors)
        eventually(lambda: editor.post(FEED, "meteor")[0] == 202, 60)
        editor.save(has_another)
        eventually(lambda: editor.post(ADDED, "meteor")[0] == 202, 60)
        eventually(lambda: states(center).get(ADDED) == "irregular", 120)

        refused = {one: editor.told(one, "_refused") for one in FOLLOWERS}
        editor.save(is_faulty)
        for process in FOLLOWERS:
            eventually(lambda p=process: editor.told(p, "_refused") > refused[p], 60)
        assert "unknown kind 'no_such_kind'" in center.log("gateway")
        assert editor.post(FEED, "meteor")[0] == 202
        assert editor.post(ADDED, "meteor")[0] == 202
        eventually(lambda: "platform_city_refused" in center.log("gateway"), 60)

        editor.restore()
        eventually(lambda: editor.post(FEED, "meteor")[0] == 422, 60)
        eventually(lambda: editor.post(ADDED, KIND)[0] == 404, 60)
        eventually(lambda: ADDED not in states(center), 120)

    assert center.is_up()
    assert_exactly_once(center)


def states(center: Center) -> dict[str, str]:
    """Return feed → state, as the streams told a moment ago: every 5 s, in the store 10 s later."""
    sql = (
        "SELECT feed, argMax(state, at) FROM feed_health"
        " WHERE at > now64(3) - INTERVAL 20 SECOND GROUP BY feed"
    )
    return dict(center.client().query(sql).result_rows)
