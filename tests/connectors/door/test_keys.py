"""API keys: issued once, kept as hashes, out of use within a second of being revoked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from citybrain.floor.errors import ConfigError
from citybrain.floor.settings import Settings
from connectors.door import keys


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings(), data=tmp_path)


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_opens_for_its_department_until_it_is_revoked(settings: Settings) -> None:
    first, second = keys.issue(settings, "fire"), keys.issue(settings, "fire")
    clock = Seconds()
    ring = keys.KeyRing(settings.keys_path, clock)
    assert [ring.department(key) for key in (first, second, "cbk_guess")] == ["fire", "fire", None]

    revoked = keys.revoke(settings, keys.hash_of(first)[:12])
    assert revoked is not None
    assert revoked.department == "fire"
    clock.now += keys.LOOK_S
    assert [ring.department(key) for key in (first, second)] == [None, "fire"]
    assert keys.revoke(settings, revoked.id) is None


def test_a_key_is_not_in_its_file_which_others_cannot_read(settings: Settings) -> None:
    key = keys.issue(settings, "fire")
    assert key not in settings.keys_path.read_text()
    assert settings.keys_path.stat().st_mode & 0o777 == 0o600
    (kept,) = keys.listed(settings.keys_path)
    assert (kept.department, kept.revoked_at) == ("fire", None)


def test_a_file_that_cannot_be_read_once_is_read_again(settings: Settings) -> None:
    key = keys.issue(settings, "fire")
    clock = Seconds()
    ring = keys.KeyRing(settings.keys_path, clock)
    whole = settings.keys_path.read_bytes()
    settings.keys_path.write_bytes(whole[:-9])
    with pytest.raises(ConfigError):
        keys.listed(settings.keys_path)
    assert ring.department(key) is None
    settings.keys_path.write_bytes(whole)
    clock.now += keys.LOOK_S
    assert ring.department(key) == "fire"
