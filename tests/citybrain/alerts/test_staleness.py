from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from citybrain.alerts.lifecycle import opened
from citybrain.alerts.records import Evidence
from citybrain.alerts.staleness import late
from tests.citybrain.alerts.sample import NOON, at, episode

LATER = NOON + timedelta(hours=2)


@pytest.mark.parametrize(
    ("given", "quiet"),
    [
        pytest.param({}, True, id="nothing newer is known"),
        pytest.param({"level": "red"}, False, id="red"),
        pytest.param({"rule": "external_fire", "told_at": LATER}, False, id="its sender says now"),
        pytest.param(
            {"rule": "external_fire", "told_at": LATER, "state": "ended", "ended_at": at(1)},
            True,
            id="it ended long ago",
        ),
        pytest.param({"state": "ended", "ended_at": at(90)}, False, id="it ended just now"),
        pytest.param(
            {"evidence": Evidence(measure="gas", points=((at(0), 1.0), (at(115), 2.0)))},
            False,
            id="new values say so",
        ),
        pytest.param({"state": "pending"}, False, id="it has not fired"),
    ],
)
def test_late_counts_from_the_last_that_is_known(given: dict[str, Any], quiet: bool) -> None:
    alert = opened(replace(episode(), **_whole(given)), LATER, "")

    assert [mute.kind for mute in late(alert)] == (["age"] if quiet else [])


def _whole(given: dict[str, Any]) -> dict[str, Any]:
    return given | ({"fired_at": None} if given.get("state") == "pending" else {})
