"""What a row says of its record's version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.connectors.mapping.test_feed_mapping import GOOD, event, reason
from tests.fakes import make_feed, rule

OCCURRED = datetime(2026, 11, 23, 11, tzinfo=UTC)
STATES = {"处理中": "open", "已结案": "closed"}
FEED = make_feed(
    {
        "status": rule("state", values=STATES),
        "version": rule("v"),
        "updated_at": rule("changed"),
    }
)


def said(**fields: Any) -> tuple[Any, ...]:
    made = event(GOOD | fields, FEED)
    return made["status"], made["version"], made["updated_at"]


def test_row_when_it_says_all_then_the_event_has_it() -> None:
    assert said(state="已结案", v=7, changed="2026-11-23T19:30:00+08:00") == (
        "closed",
        7,
        datetime(2026, 11, 23, 11, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_row_when_it_says_nothing_then_it_is_so_since_it_occurred(empty: str | None) -> None:
    assert said(state=empty, v=empty, changed=empty) == ("", None, OCCURRED)


def test_feed_without_versions_then_there_is_none() -> None:
    made = event(GOOD)
    assert (made["status"], made["version"], made["updated_at"], made["sign"]) == (
        "",
        None,
        None,
        1,
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"state": "报废"}, ("status", "'报废' is not in the feed's value map")),
        ({"v": "1.5"}, ("version", "'1.5' is no whole number")),
        ({"v": "9007199254740993000"}, ("version", "'9007199254740993000' is no whole number")),
        ({"v": "three"}, ("version", "'three' is not a number")),
        (
            {"changed": "2026-11-24T19:30:00+08:00"},
            ("updated_at", "'2026-11-24T19:30:00+08:00' is more than 5 minutes in the future"),
        ),
    ],
)
def test_row_when_it_makes_no_sense_then_it_is_refused(
    fields: dict[str, Any], why: tuple[str, str]
) -> None:
    assert reason(GOOD | fields, FEED) == why


def test_row_when_its_time_cannot_be_read_then_the_reason_says_how() -> None:
    field, words = reason(GOOD | {"changed": "yesterday"}, FEED)
    assert field == "updated_at"
    assert words.startswith("'yesterday' ")


def test_status_without_a_value_map_then_only_the_two_words_are_known() -> None:
    feed = make_feed({"status": rule("state")})
    assert event(GOOD | {"state": "open"}, feed)["status"] == "open"
    assert reason(GOOD | {"state": "new"}, feed) == (
        "status",
        "'new' is no status; it is open or closed",
    )
