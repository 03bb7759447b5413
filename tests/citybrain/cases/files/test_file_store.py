"""Where files are kept: whole or not at all, dropped when nobody wants them."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from citybrain.cases.files.clean_file import CleanFile, clean_file
from citybrain.cases.files.file_store import DROPPED_AFTER, FileStore
from citybrain.floor.errors import ConfigError
from tests.citybrain.cases.files.photos import photo

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
PAPER = CleanFile(b"%PDF-1.7", "application/pdf")


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    url = str(tmp_path / "files") if request.param == "folder" else f"memory://{tmp_path.name}"
    return FileStore(url)


def test_file_when_brought_then_it_waits_for_its_case_and_is_kept_with_it(store: FileStore) -> None:
    note = store.put(clean_file(photo()), "井盖.jpg", "zhang", NOW)
    assert store.waiting("zhang", note.id) == note
    assert (store.waiting("li", note.id), store.kept(note.id)) == (None, None)
    assert (store.waiting_count("zhang"), store.waiting_count("li")) == (1, 0)

    store.keep(note, "case-1")

    kept = store.kept(note.id)
    assert kept is not None
    assert (kept.case, kept.name, kept.by, kept.is_photo) == ("case-1", "井盖.jpg", "zhang", True)
    assert (store.waiting("zhang", note.id), store.waiting_count("zhang")) == (None, 0)
    assert len(store.read(kept)) == kept.size
    assert store.read(kept, small=True).startswith(b"\xff\xd8")
    assert list(store.all_kept()) == [kept]


def test_file_when_it_waits_for_too_long_then_dropped_and_those_of_cases_stay(
    store: FileStore,
) -> None:
    long_ago = NOW - DROPPED_AFTER - timedelta(seconds=1)
    old = store.put(PAPER, "old", "zhang", long_ago)
    kept = store.put(PAPER, "kept", "zhang", long_ago)
    store.keep(kept, "case-1")
    young = store.put(PAPER, "young", "li", NOW - DROPPED_AFTER)
    assert store.drop_waiting(NOW) == 1
    assert store.waiting("zhang", old.id) is None
    with pytest.raises(FileNotFoundError):
        store.read(old)
    assert store.read(young) == store.read(kept) == PAPER.content


def test_file_when_dropped_then_nothing_of_it_is_left(store: FileStore) -> None:
    note = store.put(clean_file(photo()), "x", "zhang", NOW)
    store.keep(note, "case-1")
    (kept,) = store.all_kept()
    store.drop(kept)
    assert (store.kept(note.id), list(store.all_kept())) == (None, [])
    for small in (False, True):
        with pytest.raises(FileNotFoundError):
            store.read(note, small=small)


def test_file_when_the_disk_is_full_then_nothing_half_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(str(tmp_path))
    fs: Any = store._fs
    written, pipe = [0], type(fs).pipe_file

    def fills_up(fs: Any, path: str, value: bytes, **more: Any) -> None:
        written[0] += 1
        if written[0] == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        pipe(fs, path, value, **more)

    monkeypatch.setattr(type(fs), "pipe_file", fills_up)
    with pytest.raises(OSError, match="No space left"):
        store.put(clean_file(photo()), "x", "zhang", NOW)
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []
    assert store.waiting_count("zhang") == 0


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("nowhere://x", "Protocol not known: nowhere"),
        ("s3://bucket/x", "Install s3fs to access S3"),
    ],
)
def test_store_when_nothing_reaches_such_an_address_then_said_with_its_remedy(
    url: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        FileStore(url)
    assert str(caught.value) == (
        f"CITYBRAIN_FILES_URL: {url}: {problem}; "
        "give a folder, or install the package that reaches such addresses (s3fs)"
    )


def test_file_when_the_process_ended_while_it_was_kept_then_it_stays_with_its_case(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = store.put(PAPER, "x", "zhang", NOW - DROPPED_AFTER - timedelta(seconds=1))
    with monkeypatch.context() as patch:
        patch.setattr(type(store._fs), "rm_file", _ends)
        with pytest.raises(KeyboardInterrupt):
            store.keep(note, "case-1")
    assert store.waiting("zhang", note.id) is not None

    assert store.drop_waiting(NOW) == 0

    kept = store.kept(note.id)
    assert kept is not None
    assert store.read(kept) == PAPER.content
    assert store.waiting("zhang", note.id) is None


def _ends(*_: Any) -> None:
    raise KeyboardInterrupt
