"""A watched folder: whose turn it is, where files go, who reads them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from connectors.fetch.source import WAIT_S
from connectors.fetch.watched_folder import DropFolder, FolderWatch, identity, look_at

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTLE = timedelta(seconds=10)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def drop(tmp_path: Path) -> DropFolder:
    return DropFolder(tmp_path / "drop", "*.csv", SETTLE)


def put(drop: DropFolder, name: str, text: str = "id\n1\n", *, changed_s: int = 0) -> Path:
    file = drop.path / name
    file.write_text(text, "utf-8")
    os.utime(file, (changed_s, changed_s))
    return file


def names(files: list[Path]) -> list[str]:
    return [file.name for file in files]


def test_ready_when_files_have_settled_then_the_oldest_comes_first(drop: DropFolder) -> None:
    put(drop, "b.csv", changed_s=2)
    put(drop, "c.csv", changed_s=1)

    assert drop.ready(NOON) == []
    assert names(drop.ready(after(10))) == ["c.csv", "b.csv"]


def test_ready_when_a_file_still_grows_then_it_begins_to_settle_anew(drop: DropFolder) -> None:
    put(drop, "a.csv")
    drop.ready(NOON)
    put(drop, "a.csv", "id\n1\n2\n")

    assert drop.ready(after(10)) == []
    assert drop.settles_at(after(10)) == after(20)
    assert names(drop.ready(after(20))) == ["a.csv"]


def test_settles_at_when_nothing_waits_then_never(drop: DropFolder) -> None:
    assert drop.settles_at(NOON) is None
    put(drop, "a.csv")
    drop.ready(NOON)

    assert drop.settles_at(NOON) == after(10)
    assert drop.settles_at(after(10)) is None


@pytest.mark.parametrize(
    "name", ["a.txt", "a.csv.part", ".a.csv", "~$a.csv", "a.csv~", "a.csv.TMP", "x.CSV.swp"]
)
def test_ready_when_a_file_is_none_of_ours_or_unfinished_then_it_is_not_looked_at(
    name: str, drop: DropFolder
) -> None:
    put(drop, name)
    drop.ready(NOON)

    assert drop.ready(after(60)) == []


def test_ready_when_it_is_a_folder_or_a_link_then_it_is_not_read(drop: DropFolder) -> None:
    (drop.path / "folder.csv").mkdir()
    (drop.path / "link.csv").symlink_to("/etc/hostname")
    drop.ready(NOON)

    assert drop.ready(after(60)) == []


def test_finish_when_the_name_is_there_already_then_it_gets_a_number(drop: DropFolder) -> None:
    moved = [drop.finish(put(drop, "a.csv", text), "2026-11-23") for text in ("1", "2", "3")]

    assert [str(file.relative_to(drop.path)) for file in moved] == [
        f"done/2026-11-23/{name}" for name in ("a.csv", "a.2.csv", "a.3.csv")
    ]
    assert [file.read_text() for file in moved] == ["1", "2", "3"]


def test_finish_when_a_file_comes_again_then_it_settles_again(drop: DropFolder) -> None:
    file = put(drop, "a.csv")
    drop.ready(NOON)
    drop.finish(file, "2026-11-23")
    put(drop, "a.csv")

    assert drop.ready(after(60)) == []


def test_fail_when_it_cannot_be_read_then_says_why_beside_it(drop: DropFolder) -> None:
    moved = drop.fail(put(drop, "a.csv"), "2026-11-23", "no column 'id'")

    assert moved == drop.path / "failed" / "2026-11-23" / "a.csv"
    assert moved.with_name("a.csv.reason.txt").read_text("utf-8") == "no column 'id'\n"


def test_lock_when_another_holds_it_then_the_folder_is_not_ours_until_it_lets_go(
    drop: DropFolder,
) -> None:
    other = DropFolder(drop.path, "*.csv", SETTLE)

    assert (drop.lock(), drop.lock(), drop.mine) == (True, True, True)
    assert (other.lock(), other.mine) == (False, False)
    drop.unlock()
    drop.unlock()
    assert (drop.mine, other.lock()) == (False, True)
    other.unlock()


def test_look_at_when_a_file_changes_then_so_does_its_look(drop: DropFolder) -> None:
    file = put(drop, "a.csv", changed_s=1)
    before = look_at(file)

    assert look_at(put(drop, "a.csv", changed_s=1)) == before
    assert look_at(put(drop, "a.csv", changed_s=2)) != before


def test_identity_when_name_and_content_are_the_same_then_so_is_the_id(drop: DropFolder) -> None:
    file = put(drop, "a.csv")
    first = identity(file)
    moved = drop.finish(file, "2026-11-23")

    assert identity(moved) == first
    assert identity(put(drop, "b.csv")) != first
    assert identity(put(drop, "a.csv", "id\n2\n")) != first
    assert len(first) == 16


def test_wait_when_a_file_comes_then_says_so(drop: DropFolder) -> None:
    watch = FolderWatch(drop.path)
    assert watch.wait() is False  # nothing came within the time
    put(drop, "a.csv")

    assert watch.wait() is True
    assert watch.works


def test_wait_when_the_folder_is_gone_then_says_once_that_it_is_listed_instead(
    tmp_path: Path,
) -> None:
    watch = FolderWatch(tmp_path / "gone")

    with capture_logs() as lines:
        assert watch.wait() is False
    assert not watch.works
    assert [line["event"] for line in lines] == ["folder_changes_not_told"]
    assert WAIT_S > 0
