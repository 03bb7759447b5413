"""Keys for the local feeder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from citybrain.floor.settings import Settings
from connectors.door.key_files import issue_missing


def test_missing_keys_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    settings = replace(Settings(), data=tmp_path)
    assert issue_missing(settings, ["fire", "water"]) == 2
    key = (tmp_path / "secrets" / "fire.key").read_text()
    assert issue_missing(settings, ["fire", "water", "police"]) == 1
    assert (tmp_path / "secrets" / "fire.key").read_text() == key
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()}
    assert modes == {0o600}
    assert key.strip() not in settings.keys_path.read_text()


def test_keys_are_made_anew_when_the_hashes_are_gone(tmp_path: Path) -> None:
    settings = replace(Settings(), data=tmp_path)
    issue_missing(settings, ["fire"])
    old = (tmp_path / "secrets" / "fire.key").read_text()
    settings.keys_path.unlink()
    assert issue_missing(settings, ["fire"]) == 1
    assert (tmp_path / "secrets" / "fire.key").read_text() != old
