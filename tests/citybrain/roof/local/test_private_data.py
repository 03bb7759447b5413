"""What is in the data folder is for its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from citybrain.floor.settings import Settings
from citybrain.roof.local import private_data


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_a_version_before_left_open_is_shut(tmp_path: Path) -> None:
    for name in ("store/part", "log"):
        (tmp_path / name).mkdir(parents=True)
    ours, foreign = tmp_path / "store" / "part" / "data.bin", tmp_path / "notes.txt"
    script, link = tmp_path / "run" / "tool", tmp_path / "log" / "link"
    script.parent.mkdir()
    for path in (ours, foreign, script):
        path.write_text("x")
    link.symlink_to(foreign)
    for path in (ours, foreign, tmp_path, tmp_path / "store", tmp_path / "log"):
        path.chmod(0o777 if path.is_dir() else 0o666)
    script.chmod(0o755)

    private_data.tighten(tmp_path)

    assert [mode(tmp_path / "store"), mode(ours.parent), mode(tmp_path / "log")] == [0o700] * 3
    assert (mode(ours), mode(script)) == (0o600, 0o700)
    assert (mode(foreign), mode(tmp_path)) == (0o666, 0o777)


def test_a_folder_that_is_new_has_nothing_to_tighten(tmp_path: Path) -> None:
    private_data.tighten(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_what_is_made_afterwards_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        private_data.keep_private()
        (tmp_path / "folder").mkdir()
        (tmp_path / "file").write_text("x")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "folder"), mode(tmp_path / "file")) == (0o700, 0o600)


def test_secrets_are_random_private_and_made_once(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    private_data.make_secrets(settings)
    made = {path: path.read_text() for path in (tmp_path / "secrets").glob("*[!k]")}
    private_data.make_secrets(settings)
    secrets = {path: text for path, text in made.items() if text}
    assert len(set(secrets.values())) == len(secrets) == 4
    assert all(mode(path) == 0o600 for path in made)
    assert secrets == {path: path.read_text() for path in secrets}


@pytest.mark.parametrize("name", ["kafka_password_file", "store_password_file"])
def test_a_secret_that_is_named_and_missing_is_no_empty_password(name: str, tmp_path: Path) -> None:
    settings = Settings(**{name: tmp_path / "nowhere"})  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        settings.kafka_login() if name.startswith("kafka") else settings.writer_login()
