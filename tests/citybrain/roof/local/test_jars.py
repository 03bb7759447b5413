"""Kafka's jars: fetched whole or not at all, and exactly the known ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from citybrain.floor.errors import LaunchError
from citybrain.roof.local import jars


def test_sums_name_kafka_itself() -> None:
    sums = jars.read_sums()
    assert f"kafka_2.13-{jars.KAFKA_VERSION}.jar" in sums
    assert all(len(digest) == 64 for digest in sums.values())


def test_other_and_missing_files_are_told(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jar", tmp_path / "bad.jar"
    good.write_bytes(b"good")
    bad.write_bytes(b"tampered")
    expected = {"good.jar": hashlib.sha256(b"good").hexdigest(), "bad.jar": "0", "gone.jar": "0"}
    with pytest.raises(LaunchError) as caught:
        jars.check_sums([good, bad], expected)
    assert str(caught.value) == (
        "Kafka 4.4.0: bad.jar, gone.jar: not the files in jars.sha256; "
        "start again to download anew, or check your Maven mirror"
    )


def test_failed_download_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(repository: Path) -> list[Path]:
        repository.mkdir()
        (repository / "half.jar").write_bytes(b"ha")
        raise LaunchError("no network")

    monkeypatch.setattr(jars, "_resolve", fail)
    folder = tmp_path / "cache" / "kafka"
    with pytest.raises(LaunchError, match="no network"):
        jars.ensure_jars(folder)
    assert list(folder.parent.iterdir()) == []


def test_half_a_folder_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(repository: Path) -> list[Path]:
        repository.mkdir()
        (repository / "a.jar").write_bytes(b"a")
        return [repository / "a.jar"]

    monkeypatch.setattr(jars, "_resolve", resolve)
    monkeypatch.setattr(jars, "read_sums", lambda: {"a.jar": hashlib.sha256(b"a").hexdigest()})
    folder = tmp_path / "kafka"
    folder.mkdir()
    (folder / "half.jar").touch()
    assert jars.ensure_jars(folder) == folder
    assert sorted(path.name for path in folder.iterdir()) == ["a.jar", "complete"]


def test_jars_that_are_there_are_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "complete").touch()
    monkeypatch.setattr(jars, "_resolve", None)
    assert jars.ensure_jars(tmp_path) == tmp_path
    assert jars.is_complete(tmp_path)
