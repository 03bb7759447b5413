"""The made-up city: the same for the same hour, in rhythm, in place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
import shapely

from citybrain.city import City
from citybrain.roof.replay.made_places import read_outlines
from citybrain.roof.replay.simulate import SCHEMA, Simulator
from citybrain.roof.replay.simulation_plan import load_plan

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def local(hour: int, day: int = 0) -> datetime:
    """Return an hour of the week of that Monday in Wuhai (UTC+8)."""
    return MONDAY + timedelta(days=day, hours=hour - 8)


def test_between_when_asked_twice_then_the_same(wuhai: City, simulator: Simulator) -> None:
    again = Simulator(wuhai, load_plan(wuhai))

    for feed in simulator.feeds:
        first = simulator.between(feed, MONDAY, MONDAY + 3 * HOUR)
        assert first.equals(again.between(feed, MONDAY, MONDAY + 3 * HOUR))


@pytest.mark.parametrize("feed", ["street_matters", "air_quality"])
def test_between_when_cut_into_pieces_then_the_same(simulator: Simulator, feed: str) -> None:
    whole = simulator.between(feed, MONDAY, MONDAY + 2 * HOUR)
    cuts = [MONDAY + timedelta(seconds=step) for step in range(0, 7_200, 61)] + [MONDAY + 2 * HOUR]

    pieces = [simulator.between(feed, *pair) for pair in pairwise(cuts)]

    assert pl.concat(pieces).equals(whole)


def test_between_when_any_feed_then_schema_order_and_unique_ids(simulator: Simulator) -> None:
    for feed in simulator.feeds:
        events = simulator.between(feed, MONDAY, MONDAY + 6 * HOUR)
        assert events.schema == SCHEMA
        assert events["occurred_at"].is_sorted()
        assert events["source_id"].is_unique().all()


def test_between_when_empty_stretch_then_nothing(simulator: Simulator) -> None:
    assert simulator.between("street_matters", MONDAY, MONDAY).is_empty()


def test_between_when_a_week_then_the_rate_is_the_plans(simulator: Simulator) -> None:
    week = simulator.between("street_matters", MONDAY, MONDAY + 7 * DAY)

    assert len(week) == 20_231


def test_between_when_rate_doubled_then_twice_the_incidents(wuhai: City) -> None:
    twice = Simulator(wuhai, load_plan(wuhai), rate=2.0)

    assert len(twice.between("street_matters", MONDAY, MONDAY + 7 * DAY)) == 40_266


@pytest.mark.parametrize(
    ("busy", "quiet"),
    [
        (local(9), local(3)),
        (local(9), local(9, day=5)),
    ],
    ids=["by day", "on a Monday"],
)
def test_between_when_office_hours_then_busier(
    simulator: Simulator, busy: datetime, quiet: datetime
) -> None:
    at_work = len(simulator.between("permits", busy, busy + HOUR))

    assert at_work > 3 * len(simulator.between("permits", quiet, quiet + HOUR))


def test_between_when_ozone_then_highest_in_the_afternoon(simulator: Simulator) -> None:
    readings = simulator.between("air_quality", MONDAY, MONDAY + 7 * DAY)
    ozone = readings.filter(pl.col("kind") == "o3").with_columns(
        hour=pl.col("occurred_at").dt.convert_time_zone("Asia/Shanghai").dt.hour()
    )
    by_hour = ozone.group_by("hour").agg(pl.col("value").mean()).sort("value")

    assert by_hour["hour"][-1] in (14, 15, 16)
    assert by_hour["hour"][0] in (2, 3, 4)


def test_between_when_sensors_then_every_station_in_its_cadence(simulator: Simulator) -> None:
    readings = simulator.between("congestion", MONDAY, MONDAY + HOUR)

    assert readings["subject"].n_unique() == 20
    assert readings.group_by("subject").len()["len"].unique().to_list() == [12]
    steps = readings.group_by("subject").agg(pl.col("occurred_at").diff().drop_nulls().unique())
    assert steps["occurred_at"].explode().unique().to_list() == [timedelta(minutes=5)]


def test_between_when_values_then_within_the_plans_bounds(
    wuhai: City, simulator: Simulator
) -> None:
    measures = load_plan(wuhai).values
    for feed in simulator.feeds:
        valued = simulator.between(feed, MONDAY, MONDAY + 6 * HOUR).drop_nulls("value")
        for kind, low, high in (
            valued.group_by("kind").agg(low=pl.min("value"), high=pl.max("value")).iter_rows()
        ):
            assert measures[kind].low <= low
            assert high <= measures[kind].high


def test_between_when_placed_then_inside_the_district_of_its_area(
    wuhai: City, simulator: Simulator
) -> None:
    outlines = read_outlines(wuhai.geo)
    for feed in simulator.feeds:
        events = simulator.between(feed, MONDAY, MONDAY + 6 * HOUR)
        for district, outline in outlines.items():
            here = events.filter(pl.col("area").str.starts_with(district))
            assert shapely.contains_xy(outline, *here.select("lon", "lat").to_numpy().T).all()


def test_between_when_a_district_sends_then_only_from_there(simulator: Simulator) -> None:
    areas = simulator.between("wuda_disputes", MONDAY, MONDAY + 7 * DAY)["area"]

    assert areas.str.starts_with("150304").all()
