"""Which processes that share a folder live."""

from __future__ import annotations

from pathlib import Path

from connectors.door.process_locks import ProcessLock


def test_lives_elsewhere_when_asked_of_itself_or_of_nobody_then_no(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "owners")

    assert [lock.lives_elsewhere(name) for name in ("", lock.own, "never-there")] == [False] * 3
    lock.close()


def test_lives_elsewhere_when_the_other_holds_its_lock_then_yes_until_it_leaves(
    tmp_path: Path,
) -> None:
    one, other = ProcessLock(tmp_path), ProcessLock(tmp_path)

    assert one.lives_elsewhere(other.own)
    assert other.lives_elsewhere(one.own)
    other.close()
    assert not one.lives_elsewhere(other.own)
    one.close()


def test_lives_elsewhere_when_a_process_left_its_file_behind_then_no_and_clears_it_away(
    tmp_path: Path,
) -> None:
    lock = ProcessLock(tmp_path)
    (tmp_path / "crashed.lock").touch()

    assert not lock.lives_elsewhere("crashed")
    assert [file.name for file in tmp_path.iterdir()] == [f"{lock.own}.lock"]
    lock.close()


def test_close_when_called_twice_then_leaves_nothing_behind(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path)

    lock.close()
    lock.close()

    assert list(tmp_path.iterdir()) == []
