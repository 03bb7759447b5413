"""From posted records to events and letters, also where posts share an envelope."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.door.intake import Intake, SmallPost
from tests.fakes import make_city, make_feed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def record(number: int, **more: Any) -> bytes:
    given = {"id": f"r-{number}", "kind": "pothole", "time": "2026-11-23T11:00:00Z"}
    return json.dumps({**given, "subject": f"s-{number}", **more}).encode()


def intake() -> Intake:
    return Intake(make_feed(), make_city())


def test_take_together_when_posts_share_a_table_then_each_is_told_of_its_own() -> None:
    posts = [
        SmallPost("a", [record(1), record(2, kind="unheard_of")]),
        SmallPost("b", [record(3)]),
        SmallPost("c", [record(4, time="never"), record(5)]),
    ]

    table, _, told = intake().take_together(posts, NOW)

    assert table["subject"].to_pylist() == ["s-1", "s-3", "s-5"]
    assert [(one.rows, one.accepted) for one in told] == [(2, 1), (1, 1), (2, 1)]
    letters = [letter for one in told for letter in one.letters]
    assert [(letter.place, letter.batch) for letter in letters] == [
        ("push a:2", "a"),
        ("push c:1", "c"),
    ]
    assert [json.loads(letter.raw)["id"] for letter in letters] == ["r-2", "r-4"]


def test_take_together_when_there_is_one_post_then_its_ids_are_those_of_a_push_alone() -> None:
    (table, _, told), (again, _, _) = (
        intake().take_together([SmallPost("a", [record(1), b"{"])], NOW) for _ in range(2)
    )

    assert table["event_id"] == again["event_id"]
    assert [(one.accepted, [row.place for row in one.letters]) for one in told] == [
        (1, ["push a:2"])
    ]


class Failing:
    """A mapping with a fault that nobody has thought of."""

    def apply(self, *_: object) -> None:
        raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize("posts", [1, 2])
def test_take_together_when_the_mapping_fails_then_every_record_has_a_letter(posts: int) -> None:
    broken = intake()
    broken._mapper = Failing()  # type: ignore[assignment]

    with capture_logs() as lines:
        table, _, told = broken.take_together(
            [SmallPost(f"p{number}", [record(number), record(9)]) for number in range(posts)], NOW
        )

    assert table.num_rows == 0
    assert [(one.accepted, len(one.letters)) for one in told] == [(0, 2)] * posts
    reasons = {letter.reason for one in told for letter in one.letters}
    assert reasons == {"the mapping failed: ZeroDivisionError('division by zero')"}
    assert [line["event"] for line in lines] == ["rows_not_mapped"]
