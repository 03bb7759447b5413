import gzip
import os
from datetime import timedelta
from pathlib import Path

import pytest

from citybrain.floor.errors import SourceError
from connectors.fetch import watched_folder
from connectors.fetch.source import EnvelopeReceipt
from connectors.readers import record_cutter
from connectors.sources.file_drop import SOURCE, FileDrop, look_of
from tests.connectors.fetch_contexts import START, MemoryLog, drain, feed

DAY = "2026-05-01"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Do not wait for changes: the tests' clock steps on by itself."""
    monkeypatch.setattr(watched_folder.FolderWatch, "wait", lambda _: True)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    path = tmp_path / "drop" / "roads"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def opened(tmp_path):
    """Open fetchers that are closed at the end."""
    found = []

    def open_one(log: MemoryLog, **options: str) -> FileDrop:
        fetcher = FileDrop(feed(**options), log.context(tmp_path))
        found.append(fetcher)
        return fetcher

    yield open_one
    for fetcher in found:
        fetcher.close()


def csv(first: int, last: int) -> str:
    return "id,text\n" + "".join(f"{n},row {n}\n" for n in range(first, last + 1))


def numbers(first: int, last: int) -> list[str]:
    return [str(n) for n in range(first, last + 1)]


def test_a_file_is_read_and_moved_to_done(opened, tmp_path, drop):
    (drop / "a.csv").write_text(csv(1, 3))
    log = MemoryLog()
    drain(opened(log), log)
    assert log.rows() == ["1", "2", "3"]
    assert [path.name for path in (drop / "done" / DAY).iterdir()] == ["a.csv"]
    assert sorted(path.name for path in drop.iterdir()) == [".lock", "done"]


def test_the_batch_says_which_bytes_of_which_file(opened, tmp_path, drop):
    (drop / "a.csv").write_text("id,text\n1,x\n")
    log = MemoryLog()
    drain(opened(log), log)
    assert [batch for batch, _ in log.sent] == ["file:a.csv#" + folder_key("a.csv", drop) + ":8-12"]


def folder_key(name: str, drop: Path) -> str:
    return watched_folder.identity(drop / "done" / DAY / name)


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.tmp", ".a.csv", "~$a.xlsx", "a.csv~"])
def test_unfinished_and_hidden_files_are_left_alone(opened, tmp_path, drop, name):
    (drop / name).write_text(csv(1, 3))
    log = MemoryLog()
    assert drain(opened(log), log) == 0
    assert (drop / name).exists()


def test_a_file_that_still_grows_is_not_read(opened, tmp_path, drop):
    path, log = drop / "a.csv", MemoryLog()
    path.write_text(csv(1, 1))
    fetcher = opened(log, settle_s="2")
    for second in range(6):
        with path.open("a") as out:
            out.write(f"{second + 2},more\n")
        assert fetcher.poll(START + timedelta(seconds=second)) is None
    assert fetcher.poll(START + timedelta(seconds=6)) is None
    assert fetcher.poll(START + timedelta(seconds=7)).rows.frame["id"].to_list() == numbers(1, 7)


def test_only_files_of_the_pattern_are_read(opened, tmp_path, drop):
    (drop / "cases_1.csv").write_text(csv(1, 1))
    (drop / "other.csv").write_text(csv(2, 2))
    log = MemoryLog()
    drain(opened(log, pattern="cases_*.csv"), log)
    assert log.rows() == ["1"]
    assert (drop / "other.csv").exists()


def test_three_files_at_once_are_read_oldest_first(opened, tmp_path, drop):
    for age, name in enumerate(["c.csv", "a.csv", "b.csv"]):
        (drop / name).write_text(csv(age, age))
        os.utime(drop / name, (1_000 + age, 1_000 + age))
    log = MemoryLog()
    drain(opened(log), log)
    assert log.rows() == ["0", "1", "2"]


def test_a_taken_name_in_done_is_not_overwritten(opened, tmp_path, drop):
    log = MemoryLog()
    fetcher = opened(log)
    for number in (1, 2, 3):
        (drop / "a.csv").write_text(csv(number, number))
        drain(fetcher, log)
    assert log.rows() == ["1", "2", "3"]
    names = sorted(path.name for path in (drop / "done" / DAY).iterdir())
    assert names == ["a.2.csv", "a.3.csv", "a.csv"]


def test_the_same_file_dropped_again_is_not_read_again(opened, tmp_path, drop):
    log = MemoryLog()
    for _ in range(2):
        (drop / "a.csv").write_text(csv(1, 3))
        fetcher = opened(log)
        drain(fetcher, log)
        fetcher.close()
    assert log.rows() == ["1", "2", "3"]


def test_a_file_without_a_mapped_column_fails_whole_with_the_reason(opened, tmp_path, drop):
    (drop / "a.csv").write_text("id,time\n1,2\n")
    log = MemoryLog()
    assert drain(opened(log), log) == 0
    failed = drop / "failed" / DAY
    assert (failed / "a.csv").exists()
    assert (failed / "a.csv.reason.txt").read_text() == (
        "a.csv: no column 'text', which the feed's mapping needs; the file has 'id', 'time': "
        "correct its header or the mapping\n"
    )


def test_a_file_that_breaks_off_says_how_far_it_was_taken(opened, tmp_path, drop, monkeypatch):
    monkeypatch.setattr(record_cutter, "BLOCK", 1 << 16)
    packed = gzip.compress(csv(1, 50_000).encode())
    (drop / "a.csv.gz").write_bytes(packed[: len(packed) // 2])
    log = MemoryLog()
    taken = drain(opened(log, encoding="utf-8"), log)
    reason = (drop / "failed" / DAY / "a.csv.gz.reason.txt").read_text().splitlines()
    assert taken > 1
    assert reason == [
        "a.csv.gz: Compressed file ended before the end-of-stream marker was reached",
        f"Rows before line {len(log.rows()) + 2} were taken.",
    ]


@pytest.mark.services
def test_an_unreadable_file_does_not_stop_the_next(opened, tmp_path, drop):
    (drop / "a.xlsx").write_bytes(b"no workbook")
    (drop / "b.csv").write_text(csv(1, 2))
    log = MemoryLog()
    drain(opened(log), log)
    assert log.rows() == ["1", "2"]
    assert (drop / "failed" / DAY / "a.xlsx").exists()


def test_a_file_taken_away_in_the_middle_is_let_go(opened, tmp_path, drop, monkeypatch):
    (drop / "a.csv").write_text(csv(1, 2))
    log = MemoryLog()
    fetcher = opened(log, settle_s="0")
    monkeypatch.setattr(
        "connectors.sources.file_drop.identity", lambda file: file.unlink() or "key"
    )
    assert fetcher.poll(START) is None
    (drop / "b.csv").write_text(csv(3, 3))
    monkeypatch.undo()
    monkeypatch.setattr(watched_folder.FolderWatch, "wait", lambda _: True)
    drain(fetcher, log)
    assert log.rows() == ["3"]


def test_a_file_that_changes_while_it_is_read_fails(opened, tmp_path, drop, monkeypatch):
    monkeypatch.setattr(record_cutter, "BLOCK", 64)
    (drop / "a.csv").write_text(csv(1, 20))
    log = MemoryLog()
    fetcher = opened(log, settle_s="0")
    parcel = fetcher.poll(START)
    fetcher.delivered(parcel, log.send(parcel))
    with (drop / "a.csv").open("a") as out:
        out.write("21,late\n")
    drain(fetcher, log)
    reason = (drop / "failed" / DAY / "a.csv.reason.txt").read_text()
    assert reason.startswith("a.csv: it changed while it was read: write it under a name that")


@pytest.mark.parametrize("noted", [0, 1, 3])
def test_after_a_crash_every_row_is_sent_exactly_once(opened, tmp_path, drop, monkeypatch, noted):
    """Five pieces were acknowledged, of which only the first `noted` were noted."""
    monkeypatch.setattr(record_cutter, "BLOCK", 64)
    (drop / "a.csv").write_text(csv(1, 100))
    log = MemoryLog()
    fetcher = opened(log, settle_s="0")
    for number in range(5):
        parcel = fetcher.poll(START)
        receipt = log.send(parcel)
        if number < noted:
            fetcher.delivered(parcel, receipt)
    fetcher.close()
    again = opened(log, settle_s="0")
    drain(again, log)
    assert log.rows() == numbers(1, 100)


def test_a_piece_that_failed_between_two_that_landed_is_sent_later(opened, drop, monkeypatch):
    monkeypatch.setattr(record_cutter, "BLOCK", 64)
    (drop / "a.csv").write_text(csv(1, 30))
    log = MemoryLog()
    fetcher = opened(log, settle_s="0")
    parcels = [fetcher.poll(START) for _ in range(3)]
    log.send(parcels[0])
    log.send(parcels[2])
    fetcher.close()
    drain(opened(log, settle_s="0"), log)
    assert sorted(map(int, log.rows())) == list(range(1, 31))


def test_other_content_under_the_same_name_is_another_file(opened, tmp_path, drop, monkeypatch):
    monkeypatch.setattr(record_cutter, "BLOCK", 64)
    (drop / "a.csv").write_text(csv(1, 30))
    log = MemoryLog()
    fetcher = opened(log, settle_s="0")
    parcel = fetcher.poll(START)
    fetcher.delivered(parcel, log.send(parcel))
    fetcher.close()
    taken = len(log.rows())
    (drop / "a.csv").write_text(csv(101, 130))
    drain(opened(log, settle_s="0"), log)
    assert log.rows()[taken:] == numbers(101, 130)


def test_of_two_gateways_one_reads_and_the_other_takes_over(opened, tmp_path, drop):
    log = MemoryLog()
    first = opened(log, settle_s="0")
    second = opened(log, settle_s="0")
    assert first.poll(START) is None
    (drop / "a.csv").write_text(csv(1, 2))
    assert second.poll(START) is None
    assert second.next_at(START) == START + timedelta(seconds=5)
    first.close()
    drain(second, log)
    assert log.rows() == ["1", "2"]


def test_the_position_is_on_the_disk_once_delivered_returns(opened, tmp_path, drop):
    (drop / "a.csv").write_text(csv(1, 2))
    log = MemoryLog()
    fetcher = opened(log, settle_s="0")
    parcel = fetcher.poll(START)
    fetcher.delivered(parcel, EnvelopeReceipt(3, 41))
    notes = [path.read_text() for path in (tmp_path / "checkpoints" / "roads").glob("file-*")]
    key = parcel.note.key
    assert notes == [
        f'{{"key":"{key}","file":"a.csv","offset":24,"line":4,'
        '"receipt":{"partition":3,"offset":41}}'
    ]


def test_bad_rows_keep_their_place_and_reason(opened, tmp_path, drop):
    (drop / "a.csv").write_text('id,text\n1,"two\nlines"\n2\n3,x\n')
    log = MemoryLog()
    drain(opened(log), log)
    assert log.rows() == ["1", "3"]
    assert log.refused == [("a.csv:4", "1 fields where the header has 2")]


def test_a_file_that_may_not_be_read_fails(opened, drop, monkeypatch):
    (drop / "a.csv").write_text(csv(1, 2))
    monkeypatch.setattr(
        "connectors.sources.file_drop.identity", raises(PermissionError(13, "not allowed"))
    )
    log = MemoryLog()
    assert drain(opened(log), log) == 0
    reason = (drop / "failed" / DAY / "a.csv.reason.txt").read_text()
    assert reason == "a.csv: [Errno 13] not allowed\n"


def test_a_disk_that_does_not_answer_is_an_outage_and_the_file_stays(opened, drop, monkeypatch):
    (drop / "a.csv").write_text(csv(1, 2))
    monkeypatch.setattr("connectors.sources.file_drop.identity", raises(OSError(5, "disk error")))
    log = MemoryLog()
    fetcher = opened(log, settle_s="0")
    with pytest.raises(SourceError) as error:
        fetcher.poll(START)
    assert str(error.value) == f"folder {drop}: [Errno 5] disk error"
    monkeypatch.undo()
    assert (drop / "a.csv").exists()


def raises(error: Exception):
    def fail(*_):
        raise error

    return fail


def test_a_disk_that_is_full_loses_and_doubles_nothing(opened, drop, monkeypatch):
    monkeypatch.setattr(record_cutter, "BLOCK", 64)
    (drop / "a.csv").write_text(csv(1, 30))
    log = MemoryLog()
    fetcher = opened(log, settle_s="0")
    for _ in range(2):
        parcel = fetcher.poll(START)
        receipt = log.send(parcel)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", raises(OSError(28, "no space left on device")))
        with pytest.raises(OSError, match="no space left"):
            fetcher.delivered(parcel, receipt)
    fetcher.close()
    drain(opened(log, settle_s="0"), log)
    assert log.rows() == numbers(1, 30)


def test_needed_columns_are_those_of_the_mapping_without_a_default():
    assert look_of(feed(encoding="GB18030")).columns == ("id", "text")
    assert look_of(feed(encoding="GB18030")).encoding == "gb18030"


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        (
            "encoding",
            "utf8",
            "'utf8' is none of auto, utf-8, gb18030, gbk, gb2312, big5, latin-1, cp1252, utf-16",
        ),
        ("separator", ";", "';' is none of auto, comma, semicolon, tab, pipe"),
        ("settle_s", "soon", "'soon' is not a number"),
        ("settle_s", "-1", "'-1' is negative"),
        ("settle_s", "0.5", ""),
    ],
)
def test_options_say_what_is_wrong_with_them(option, value, problem):
    assert SOURCE.options[option].problem(value) == problem
