"""Each feed's contract: its recorded payload becomes events, and none of its rows is refused.

A feed needs a file `samples/<feed>.<ndjson|csv>`. Where `golden/<feed>.json` lies too, the events
must be exactly those: first rows, whole.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from citybrain.city import City, load_city
from tests.repository import WUHAI

HERE = Path(__file__).parent
FEEDS = sorted(load_city(WUHAI).feeds)
GOLDEN = sorted(path.stem for path in (HERE / "golden").glob("*.json"))

Run = Callable[[City, str, Path], Any]


def sample(feed: str) -> Path:
    found = sorted((HERE / "samples").glob(f"{feed}.*"))
    assert len(found) == 1, f"{feed}: record one sample payload in tests/feeds/samples"
    return found[0]


def plain(event: dict[str, Any]) -> dict[str, Any]:
    return event | {
        "event_id": str(uuid.UUID(bytes=event["event_id"])),
        "occurred_at": event["occurred_at"].isoformat(),
        "received_at": event["received_at"].isoformat(),
        "attrs": dict(event["attrs"]),
    }


def test_samples_when_listed_then_each_belongs_to_a_feed() -> None:
    assert sorted({path.stem for path in (HERE / "samples").iterdir()}) == FEEDS


@pytest.mark.parametrize("feed", FEEDS)
def test_sample_when_mapped_then_every_row_is_an_event(
    feed: str, wuhai: City, run_payload: Run
) -> None:
    outcome = run_payload(wuhai, feed, sample(feed))

    assert outcome.rejects == []
    assert len(outcome.events) > 0


@pytest.mark.parametrize("feed", FEEDS)
def test_sample_when_mapped_then_events_fit_the_catalogue(
    feed: str, wuhai: City, run_payload: Run
) -> None:
    record = wuhai.feeds[feed]

    for event in run_payload(wuhai, feed, sample(feed)).events:
        assert event["kind"] in record.kinds
        assert event["theme"] == wuhai.kinds[event["kind"]].theme
        assert (event["feed"], event["department"]) == (feed, record.department)
        assert event["origin"] == record.origin
        assert event["area"] == "" or event["area"] in wuhai.areas
        measured = wuhai.kinds[event["kind"]].unit != ""
        assert (event["value"] is not None) == measured


@pytest.mark.parametrize("feed", GOLDEN)
def test_sample_when_golden_then_exactly_these_events(
    feed: str, wuhai: City, run_payload: Run
) -> None:
    golden = json.loads((HERE / "golden" / f"{feed}.json").read_text("utf-8"))

    events = run_payload(wuhai, feed, sample(feed)).events

    assert [plain(event) for event in events[: len(golden)]] == golden
