"""A house with a door."""

from __future__ import annotations

from pathlib import Path

import pytest

from citybrain.city import City
from tests.dashboards.access.house import House


@pytest.fixture
def house(city: City, tmp_path: Path) -> House:
    return House(city, tmp_path / "data")
