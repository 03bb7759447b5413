"""Whole real sets through the mapping alone, against an independent parse: each row and letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from citybrain.city import load_city
from connectors.door.bodies import Media
from connectors.door.intake import Intake
from tests.acceptance.real_data import independent_parse as parse
from tests.acceptance.real_data.independent_parse import SaidSet
from tests.repository import DATA_SETS, ROOT

pytestmark = pytest.mark.skipif(not DATA_SETS.exists(), reason="no data sets beside the project")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read", "rows"), [(parse.baltimore, 10_000), (parse.beijing, 35_064)], ids=["311", "air"]
)
def test_whole_set_when_mapped_then_is_what_an_independent_parse_reads(
    read: Callable[..., SaidSet], rows: int
) -> None:
    city = load_city(ROOT / "tests" / "acceptance" / "real_data" / "world")
    said = read(DATA_SETS, whole=True)

    hauls = list(Intake(city.feeds[said.feed], city).take(said.body, Media("text/csv"), "b", NOW))

    found: Counter[Any] = Counter()
    for haul in hauls:
        found.update(map(row_of, haul.table.to_pylist()))
    letters = [letter for haul in hauls for letter in haul.outcome.letters]
    assert found == Counter(event.row() for event in said.events)
    assert sorted(
        (int(one.place.rpartition(":")[2]), one.field, one.reason) for one in letters
    ) == sorted(said.refused)
    assert said.rows == rows
    assert sum(haul.outcome.rows for haul in hauls) == rows
    assert sum(haul.outcome.further["accepted"] for haul in hauls) == said.further


def row_of(event: dict[str, Any]) -> tuple[Any, ...]:
    """Return an event as `SaidEvent.row` gives it."""
    at = round(event["occurred_at"].timestamp() * 1000)
    plain = tuple(event[name] for name in ("value", "subject", "text", "lon", "lat"))
    attrs = tuple(sorted(event["attrs"]))
    return (event["kind"], at, *plain, event["area"], event["severity"], attrs)
