"""The open alerts in memory: whatever comes twice or late changes nothing."""

from __future__ import annotations

import json
import random

from dashboards.desk.open_list import OpenList
from tests.dashboards.desk.conftest import NOW, Make


def test_take_when_an_alert_is_new_or_newer_then_it_changed(make: Make) -> None:
    book = OpenList()
    assert book.take([make("a1"), make("a2")]) == ["a1", "a2"]
    assert book.take([make("a1"), make("a2", version=3, owner="duty_b")]) == ["a2"]
    assert book.alerts["a2"].owner == "duty_b"


def test_take_when_an_older_row_comes_then_nothing_changes(make: Make) -> None:
    book = OpenList()
    book.take([make("a1", version=5)])
    assert book.take([make("a1", version=4, owner="duty_b")]) == []
    assert book.alerts["a1"].owner == ""


def test_take_when_an_alert_is_closed_then_it_is_gone_and_an_older_row_does_not_open_it(
    make: Make,
) -> None:
    book = OpenList()
    book.take([make("a1")])
    assert book.take([make("a1", version=3, state="ended")]) == ["a1"]
    assert book.alerts == {}
    assert book.take([make("a1", version=2)]) == []
    assert book.alerts == {}
    assert book.take([make("a1", version=4, state="firing")]) == ["a1"]


def test_take_when_rows_come_in_any_order_then_the_newest_stand(make: Make) -> None:
    rows = [make("a1", version=number, owner=f"u{number}") for number in range(1, 9)]
    for seed in range(20):
        shuffled = random.Random(seed).sample(rows, len(rows))  # noqa: S311 no secret
        book = OpenList()
        for one in shuffled:
            book.take([one])
        assert book.alerts["a1"].owner == "u8"


def test_row_when_asked_then_it_is_short_and_has_instants_in_milliseconds(make: Make) -> None:
    book = OpenList()
    book.take([make("a1", e_level="red", e_area="150302001")])
    row = json.loads(bytes(book.row("a1")))
    assert (row["id"], row["v"], row["level"], row["area"]) == ("a1", 2, 4, "150302001")
    assert row["opened"] == round(NOW.timestamp() * 1000)
    assert "evidence" not in row
