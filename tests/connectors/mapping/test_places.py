"""A position outside of the city is none: the row is kept, its position is not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from citybrain.city import load_city
from connectors.mapping.feed_mapping import Mapped, Mapper
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.noticed import PLACES
from connectors.mapping.raw_rows import RawBatch
from tests.fakes import make_city, make_feed
from tests.repository import WUHAI

NOW = datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
IN_TOWN = (106.81, 39.67)


def mapped(*points: tuple[object, object], coordinates: str = "wgs84") -> tuple[Mapped, Mapper]:
    feed = make_feed(coordinates=coordinates)
    city = replace(make_city(feed), geo=load_city(WUHAI).geo)
    plain = {"kind": "pothole", "time": "2026-06-02T02:00:00Z"}
    lines = [
        json.dumps(plain | {"id": f"{at}", "lon": lon, "lat": lat}).encode()
        for at, (lon, lat) in enumerate(points)
    ]
    frame = JsonRows(feed).read(b"\n".join(lines)).frame
    batch = RawBatch(frame, lambda row: f"push b:{row + 1}", lambda row: lines[row], "")
    mapper = Mapper(feed, city)
    return mapper.apply(batch, NOW, "b"), mapper


def places(found: Mapped) -> list[tuple[object, object]]:
    return list(zip(found.table["lon"].to_pylist(), found.table["lat"].to_pylist(), strict=True))


@pytest.mark.parametrize("coordinates", ["wgs84", "gcj02", "bd09", "cgcs2000"])
@pytest.mark.parametrize("point", [(0, 0), ("0", "0.0"), (0, 39.67), (106.81, 0), (39.67, 16.81)])
def test_row_when_its_position_is_not_the_citys_then_it_is_kept_without_and_counted(
    point: tuple[object, object], coordinates: str
) -> None:
    found, mapper = mapped(point, IN_TOWN, (None, None), coordinates=coordinates)

    assert (found.table.num_rows, found.letters) == (3, [])
    assert sum(mapper.pace.totals[word] for word in PLACES) == 1
    (nowhere, town, none) = places(found)
    assert (nowhere, none) == ((None, None), (None, None))
    assert town == pytest.approx(IN_TOWN, abs=0.02)


@pytest.mark.parametrize("point", [(39.67, 106.81), (1e308, 39.67), ("inf", 39.67), ("nan", "nan")])
def test_row_when_its_position_is_impossible_then_it_is_refused(
    point: tuple[object, object],
) -> None:
    found, mapper = mapped(point, IN_TOWN)

    assert found.rows == [0]
    assert mapper.pace.totals["zero"] + mapper.pace.totals["outside"] == 0
    assert places(found) == [IN_TOWN]


def test_row_when_many_stand_at_an_offices_own_position_then_they_keep_it() -> None:
    found, _ = mapped(*[(106.8143, 39.6557)] * 3)

    assert places(found) == [(106.8143, 39.6557)] * 3
