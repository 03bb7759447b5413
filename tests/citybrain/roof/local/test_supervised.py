"""How a process ended, in words; its log, cut to size."""

from __future__ import annotations

from pathlib import Path

import pytest

from citybrain.roof.local import supervised


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "exited by signal 9"),
        (1, "exited with code 1"),
        (0, "exited with code 0"),
        (78, "cannot start: port 1 is taken"),
    ],
)
def test_exit_in_words(code: int, words: str, tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    log.write_text("first\nport 1 is taken\n\n")
    assert supervised.describe_exit(code, log) == words


def test_last_line_of_no_log(tmp_path: Path) -> None:
    assert supervised.last_line(tmp_path / "none.log") == "no log"
    (tmp_path / "empty.log").touch()
    assert supervised.last_line(tmp_path / "empty.log") == "it said nothing"


def test_log_is_put_aside_when_it_is_too_big(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised, "LOG_BYTES", 10)
    log = tmp_path / "sink.log"
    with log.open("a") as writer:  # the process keeps its file open all the time
        for number in range(5):
            writer.write(f"round {number} " * 3)
            writer.flush()
            supervised.rotate(log)
        writer.write("end")
    found = {path.name: path.read_text()[:7] for path in sorted(tmp_path.iterdir())}
    assert found == {
        "sink.log": "end",
        "sink.log.1": "round 4",
        "sink.log.2": "round 3",
        "sink.log.3": "round 2",
    }


def test_small_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "sink.log"
    log.write_text("short")
    supervised.rotate(log)
    supervised.rotate(tmp_path / "none.log")
    assert [path.name for path in tmp_path.iterdir()] == ["sink.log"]
