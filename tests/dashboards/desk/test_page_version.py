"""Which page a browser has."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from citybrain.city import load_city
from citybrain.floor.clock import ManualClock
from dashboards.app import page_version
from dashboards.desk.page_version import version_of
from dashboards.wall.screen import find_screens
from dashboards.wall.store_reader import StoreReader
from dashboards.wall.wall_live import Live
from tests.dashboards.making import NOW
from tests.repository import WUHAI

HOUR = timedelta(hours=1)


def test_version_when_a_file_or_a_text_changes_then_it_is_another(tmp_path: Path) -> None:
    script = tmp_path / "a.js"
    script.write_text("1")
    first = version_of(tmp_path, ["layout"])
    assert version_of(tmp_path, ["layout"]) == first
    assert version_of(tmp_path, ["another"]) != first
    script.write_text("2")
    assert version_of(tmp_path, ["layout"]) != first


def test_page_version_when_nothing_changed_then_a_restart_has_the_same() -> None:
    city = load_city(WUHAI)
    reader = StoreReader(lambda: pytest.fail("asks the store"), ZoneInfo(city.time_zone), ())
    first, second = (
        Live(city, find_screens(), reader, ManualClock(NOW + n * HOUR)) for n in range(2)
    )
    assert page_version(city, first) == page_version(city, second)
