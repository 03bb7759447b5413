import contextlib

import msgspec

from connectors.fetch.checkpoint import Checkpoints


class Note(msgspec.Struct):
    offset: int
    name: str = ""


def test_a_note_is_read_back_by_another_process(tmp_path):
    Checkpoints(tmp_path / "a").save("file-1", Note(7, "井盖"))
    assert Checkpoints(tmp_path / "a").load("file-1", Note) == Note(7, "井盖")


def test_there_is_no_note_before_the_first_and_after_the_drop(tmp_path):
    checkpoints = Checkpoints(tmp_path / "a")
    assert checkpoints.load("x", Note) is None
    checkpoints.save("x", Note(1))
    checkpoints.drop("x")
    checkpoints.drop("x")
    assert checkpoints.load("x", Note) is None


def test_any_name_is_safe(tmp_path):
    checkpoints = Checkpoints(tmp_path / "a")
    for name in ("../../etc/passwd", "a/b", "井" * 200, "", "a\0b"):
        checkpoints.save(name, Note(1, name))
        assert checkpoints.load(name, Note) == Note(1, name)
    assert {path.parent for path in tmp_path.rglob("*.json")} == {tmp_path / "a"}


def test_a_note_that_cannot_be_read_counts_as_none(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    (tmp_path / "x.json").write_text('{"offset": "seven"}')
    (tmp_path / "y.json").write_text('{"off')
    assert checkpoints.load("x", Note) is None
    assert checkpoints.load("y", Note) is None


def test_a_crash_while_writing_leaves_the_old_note(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save("x", Note(1))

    def crash(_):
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("os.fsync", crash)
    with contextlib.suppress(OSError):
        checkpoints.save("x", Note(2))
    assert checkpoints.load("x", Note) == Note(1)
