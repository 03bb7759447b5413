"""Which page a browser has."""

from __future__ import annotations

from pathlib import Path

from citybrain.city import load_city
from dashboards.app import page_version
from dashboards.desk.page_version import version_of
from dashboards.wall.screen import find_screens
from tests.repository import WUHAI


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
    assert page_version(city, find_screens()) == page_version(city, find_screens())
