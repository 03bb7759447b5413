"""A folder is right for everybody who goes by it, or for nobody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from citybrain.floor.errors import ConfigError
from citybrain.roof.city_check import checked_city
from citybrain.roof.local.entries import ENTRIES, FOLLOWERS
from tests.repository import WUHAI


def test_folder_when_faults_are_of_several_then_all_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "wuhai"
    shutil.copytree(WUHAI, folder)
    for name, word, other in (
        ("routing.yaml", "to: [duty_officer]", "to: [nobody_]"),
        ("rules/traffic.yaml", "kinds: [", "kinds: [no_such_kind, "),
    ):
        path = folder / name
        path.write_text(path.read_text("utf-8").replace(word, other, 1), "utf-8")

    with pytest.raises(ConfigError) as caught:
        checked_city(folder)

    said = str(caught.value)
    assert "unknown receiver 'nobody_" in said
    assert "unknown kind 'no_such_kind'" in said


def test_folder_when_it_is_right_then_is_the_city() -> None:
    assert checked_city(WUHAI).id == "wuhai"


def test_followers_are_processes() -> None:
    assert ENTRIES.keys() >= FOLLOWERS
