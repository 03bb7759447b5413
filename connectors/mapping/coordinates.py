"""Chinese coordinate systems to WGS-84, whole columns at once.

GCJ-02 ("Mars coordinates") shifts WGS-84 inside China by up to some hundred metres; BD-09 (Baidu)
shifts GCJ-02 once more. The formulas were never published officially; these are the ones that were
recovered and are used everywhere: the shift of GCJ-02 after the ``EvilTransform`` project
(github.com/googollee/eviltransform, MIT) and BD-09 after ``coordtransform``
(github.com/wandergis/coordtransform, MIT), on the Krasovsky 1940 ellipsoid. The way back has no
closed form: it is found by iteration, to less than 1e-9 degrees.

CGCS2000 and WGS-84 differ by centimetres (their ellipsoids by 0.1 mm), so it is taken as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Points = tuple[Floats, Floats]

_AXIS = 6378245.0
_ECCENTRICITY = 0.00669342162296594323
_BAIDU = np.pi * 3000.0 / 180.0
_PRECISION = 1e-10
_ROUNDS = 12
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271


def to_wgs84(lon: Floats, lat: Floats, system: str) -> Points:
    """Return longitudes and latitudes of `system` as WGS-84; NaN stays NaN.

    Args:
        lon: degrees east.
        lat: degrees north.
        system: ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``.

    Raises:
        ValueError: there is no such system.
    """
    if system in ("wgs84", "cgcs2000"):
        return lon, lat
    if system == "gcj02":
        return gcj02_to_wgs84(lon, lat)
    if system == "bd09":
        return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
    raise ValueError(f"unknown coordinate system {system!r}")


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> Points:
    """Shift points inside China's bounding box; outside GCJ-02 is the identity."""
    east, north = _shift(lon - 105.0, lat - 35.0)
    radians = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY * np.sin(radians) ** 2
    root = np.sqrt(magic)
    north = np.degrees(north / ((_AXIS * (1.0 - _ECCENTRICITY)) / (magic * root)))
    east = np.degrees(east / (_AXIS / root * np.cos(radians)))
    inside = (lon > _WEST) & (lon < _EAST) & (lat > _SOUTH) & (lat < _NORTH)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> Points:
    """Undo `wgs84_to_gcj02`."""
    return _invert(wgs84_to_gcj02, lon, lat)


def gcj02_to_bd09(lon: Floats, lat: Floats) -> Points:
    """Shift as Baidu does."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: Floats, lat: Floats) -> Points:
    """Undo `gcj02_to_bd09`."""
    return _invert(gcj02_to_bd09, lon, lat)


def _invert(forward: Callable[[Floats, Floats], Points], lon: Floats, lat: Floats) -> Points:
    """Find the points that `forward` takes to (lon, lat), by fixed-point iteration."""
    east, north = lon, lat
    for _ in range(_ROUNDS):
        there_east, there_north = forward(east, north)
        off_east, off_north = there_east - lon, there_north - lat
        east, north = east - off_east, north - off_north
        worst = np.fmax(np.abs(off_east), np.abs(off_north))
        if not np.any(worst > _PRECISION):
            break
    return east, north


def _shift(x: Floats, y: Floats) -> Points:
    """Return the metres that GCJ-02 shifts a point, relative to 105° E 35° N."""
    root = np.sqrt(np.abs(x))
    waves = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += 2.0 / 3.0 * (waves + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi))
    east += 2.0 / 3.0 * (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += 2.0 / 3.0 * (waves + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi))
    north += 2.0 / 3.0 * (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0))
    return east, north
