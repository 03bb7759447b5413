"""What a process tells of itself, in a file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from citybrain.floor import heartbeat
from citybrain.floor.heartbeat import Heart, Heartbeat, PartProgress, path_of, read_beat
from citybrain.floor.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings(), data=tmp_path)


def beaten(settings: Settings) -> Heartbeat:
    beat = read_beat(path_of(settings, "sink", os.getpid()))
    assert beat is not None
    return beat


def test_beat_tells_counts_and_what_is_watched(settings: Settings) -> None:
    heart = Heart("sink", settings)
    heart.watch(lambda: {"city.events[0]": PartProgress(7, topic="city.events")})
    heart.count("loop")
    heart.count("loop")
    heart.beat()
    heart.beat()
    assert beaten(settings) == Heartbeat(
        "sink",
        os.getpid(),
        2,
        {"loop": PartProgress(2), "city.events[0]": PartProgress(7, topic="city.events")},
    )


def test_shorter_beat_over_a_longer_one_is_read_alone(settings: Settings) -> None:
    heart = Heart("sink", settings)
    many = {f"part {number}": PartProgress(number) for number in range(500)}
    heart.watch(lambda: many)
    heart.beat()
    size = path_of(settings, "sink", os.getpid()).stat().st_size
    many.clear()
    heart.beat()
    assert beaten(settings).parts == {}
    assert path_of(settings, "sink", os.getpid()).stat().st_size == size


def test_part_that_raises_costs_only_itself(settings: Settings) -> None:
    heart = Heart("sink", settings)

    def broken() -> dict[str, PartProgress]:
        raise RuntimeError("changed while it was looked at")

    heart.watch(broken)
    heart.count("loop")
    heart.beat()
    heart.beat()
    assert beaten(settings).parts == {"loop": PartProgress(1)}
    assert beaten(settings).number == 2


def test_full_disk_then_beating_raises_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    heart = Heart("sink", settings)
    heart.beat()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(heartbeat.os, "pwrite", full)
    heart.beat()
    assert beaten(settings).number == 1


def test_half_written_file_is_no_beat(settings: Settings) -> None:
    path = path_of(settings, "sink", 1)
    path.parent.mkdir(parents=True)
    path.write_text('{"process": "sink", "pi')
    assert read_beat(path) is None
    assert read_beat(path.with_name("none.json")) is None


def test_start_removes_what_the_dead_left_behind(settings: Settings) -> None:
    left, other = path_of(settings, "sink", 2**22 + 1), path_of(settings, "ruler", 2**22 + 1)
    left.parent.mkdir(parents=True)
    left.touch()
    other.touch()
    heart = Heart("sink", settings)
    heart.start()
    heart.stop()
    assert not left.exists()
    assert other.exists()
    assert beaten(settings).number >= 1
