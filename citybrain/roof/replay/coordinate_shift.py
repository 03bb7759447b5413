"""Shift WGS-84 positions into the systems that Chinese sources send.

The doors convert the other way; the simulator needs this direction, to speak as its feeds do.
GCJ-02 is published nowhere; the formula is the one that open-source converters share.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Degrees = npt.NDArray[np.float64]

_AXIS = 6_378_245.0
_ECCENTRICITY = 0.00669342162296594323


def from_wgs84(lon: Degrees, lat: Degrees, system: str) -> tuple[Degrees, Degrees]:
    """Return WGS-84 degrees in `system`: ``wgs84``, ``gcj02``, ``bd09`` or ``cgcs2000``."""
    if system in ("wgs84", "cgcs2000"):
        return lon, lat
    lon, lat = _gcj02(lon, lat)
    return (lon, lat) if system == "gcj02" else _bd09(lon, lat)


def to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return GCJ-02 degrees in WGS-84, by turning the shift round step by step (to < 1 mm)."""
    east, north = lon, lat
    for _ in range(6):
        shifted_lon, shifted_lat = _gcj02(east, north)
        east, north = east - (shifted_lon - lon), north - (shifted_lat - lat)
    return east, north


def _gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + waves
    north += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + waves
    east += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    angle = np.radians(lat)
    magic = 1 - _ECCENTRICITY * np.sin(angle) ** 2
    root = np.sqrt(magic)
    meridian = _AXIS * (1 - _ECCENTRICITY) / (magic * root)
    parallel = _AXIS / root * np.cos(angle)
    return lon + np.degrees(east / parallel), lat + np.degrees(north / meridian)


def _bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    spin = np.pi * 3000.0 / 180.0
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * spin)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * spin)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
