import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mapping.coordinates import (
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_gcj02,
)


def one(points):
    return tuple(round(float(values[0]), 6) for values in points)


def at(lon, lat):
    return np.array([lon]), np.array([lat])


# From the test suites of the projects that the formulas come from.
@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        pytest.param((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), id="sh"),
        pytest.param((113.912316, 22.543847), (113.9171764808363, 22.540796131694766), id="sz"),
        pytest.param((116.377817, 39.911954), (116.38404722455657, 39.91334545536069), id="bj"),
    ],
)
def test_golden_points_of_gcj02(wgs84, gcj02):
    there = wgs84_to_gcj02(*at(*wgs84))
    assert one(there) == pytest.approx(gcj02, abs=1e-6)
    assert one(to_wgs84(*at(*gcj02), "gcj02")) == pytest.approx(wgs84, abs=1e-6)


def test_golden_point_of_bd09():
    assert one(gcj02_to_bd09(*at(116.404, 39.915))) == pytest.approx(
        (116.410369, 39.921336), abs=2e-6
    )
    assert one(bd09_to_gcj02(*at(116.41036949, 39.92133699))) == pytest.approx(
        (116.404, 39.915), abs=1e-6
    )


CHINA = {"lon": st.floats(73.5, 135.0), "lat": st.floats(3.8, 53.5)}


@given(**CHINA)
def test_there_and_back_is_less_than_a_millionth_of_a_degree(lon, lat):
    for there, back in ((wgs84_to_gcj02, gcj02_to_wgs84), (gcj02_to_bd09, bd09_to_gcj02)):
        again = back(*there(*at(lon, lat)))
        assert abs(again[0][0] - lon) <= 1e-6
        assert abs(again[1][0] - lat) <= 1e-6


@given(**CHINA)
def test_gcj02_shifts_by_some_hundred_metres_inside_china(lon, lat):
    there = wgs84_to_gcj02(*at(lon, lat))
    off = np.hypot((there[0][0] - lon) * np.cos(np.radians(lat)), there[1][0] - lat) * 111_320
    assert 1 < off < 1_500


@pytest.mark.parametrize("point", [(2.35, 48.86), (-73.9, 40.7), (139.69, 35.68), (0.0, 0.0)])
def test_outside_of_china_gcj02_is_the_identity(point):
    assert one(to_wgs84(*at(*point), "gcj02")) == point


@pytest.mark.parametrize("system", ["wgs84", "cgcs2000"])
def test_wgs84_and_cgcs2000_stay_as_they_are(system):
    assert one(to_wgs84(*at(106.8, 39.7), system)) == (106.8, 39.7)


def test_missing_points_stay_missing_beside_others():
    lon, _ = to_wgs84(np.array([np.nan, 106.8]), np.array([np.nan, 39.7]), "bd09")
    assert np.isnan(lon[0])
    assert lon[1] == pytest.approx(106.788862, abs=1e-6)


def test_an_unknown_system_is_named():
    with pytest.raises(ValueError, match="unknown coordinate system 'mars'"):
        to_wgs84(*at(1.0, 1.0), "mars")
