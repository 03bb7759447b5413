"""The shift to Chinese coordinate systems, against the pairs that coordtransform publishes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.roof.replay.coordinate_shift import from_wgs84, to_wgs84

BEIJING = (np.array([116.404]), np.array([39.915]))


def test_from_wgs84_when_gcj02_then_some_hundred_metres_off() -> None:
    lon, lat = from_wgs84(*BEIJING, "gcj02")

    assert (round(lon[0], 6), round(lat[0], 6)) == (116.410244, 39.916404)


def test_from_wgs84_when_bd09_then_gcj02_is_shifted_once_more() -> None:
    lon, lat = from_wgs84(*to_wgs84(*BEIJING), "bd09")

    assert (round(lon[0], 6), round(lat[0], 6)) == (116.410369, 39.921337)


@pytest.mark.parametrize("system", ["wgs84", "cgcs2000"])
def test_from_wgs84_when_system_is_geodetic_then_unchanged(system: str) -> None:
    lon, lat = from_wgs84(*BEIJING, system)

    assert (lon[0], lat[0]) == (116.404, 39.915)


@given(st.floats(73.5, 135.0), st.floats(18.0, 53.5))
def test_to_wgs84_when_shifted_before_then_back_where_it_was(lon: float, lat: float) -> None:
    east, north = from_wgs84(np.array([lon]), np.array([lat]), "gcj02")

    back_lon, back_lat = to_wgs84(east, north)

    assert abs(back_lon[0] - lon) < 1e-8
    assert abs(back_lat[0] - lat) < 1e-8
