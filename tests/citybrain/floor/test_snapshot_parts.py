"""Snapshots in parts: whole ones are found, halves are not believed."""

from __future__ import annotations

import pytest

from citybrain.floor import snapshot_parts
from citybrain.floor.snapshot_parts import most_parts, newest_whole, parts_of


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_parts, "PART_BYTES", 10)


@pytest.mark.usefixtures("small_parts")
def test_newest_whole_when_all_parts_are_there_then_it_is_as_it_was() -> None:
    parts = parts_of(7, b"state" * 20)

    assert len(parts) > 1
    assert newest_whole(parts) == (7, b"state" * 20)
    assert newest_whole(parts[::-1]) == (7, b"state" * 20)


@pytest.mark.usefixtures("small_parts")
def test_newest_whole_when_the_newest_is_incomplete_then_the_one_before_counts() -> None:
    old, new = parts_of(7, b"old"), parts_of(9, b"newer" * 9)

    assert newest_whole([*old, *new[:-1]]) == (7, b"old")
    assert newest_whole([*new[:-1], *old, new[-1]]) == (9, b"newer" * 9)


def test_newest_whole_when_there_is_none_then_none() -> None:
    assert newest_whole([]) is None
    assert newest_whole([b"noise", b"", parts_of(7, b"x")[0][:-3]]) is None


def single(value: bytes) -> tuple[int, bytes] | None:
    return (int(value[4:]), value) if value.startswith(b"old:") else None


@pytest.mark.parametrize(
    ("values", "newest"),
    [
        pytest.param([b"old:5", b"old:6"], (6, b"old:6"), id="only-old-ones"),
        pytest.param([b"old:5", *parts_of(7, b"new")], (7, b"new"), id="a-new-one-behind"),
        pytest.param([*parts_of(7, b"new"), b"old:9"], (9, b"old:9"), id="an-old-one-behind"),
        pytest.param([b"noise"], None, id="none"),
    ],
)
def test_newest_whole_when_an_earlier_version_wrote_one_record_then_it_counts(
    values: list[bytes], newest: tuple[int, bytes] | None
) -> None:
    assert newest_whole(values, single) == newest


@pytest.mark.usefixtures("small_parts")
def test_most_parts_when_some_are_missing_then_they_are_counted_all_the_same() -> None:
    parts = parts_of(7, bytes(range(200)))

    assert most_parts([b"noise", parts[3]]) == len(parts)
    assert most_parts([]) == 0
