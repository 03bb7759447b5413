"""Progress outlives the process and belongs to one process at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from citybrain.floor.errors import LaunchError
from citybrain.roof.replay.replay_state import FeedProgress, ReplayState, StateFile


def read_again(folder: Path) -> ReplayState:
    held = StateFile(folder)
    held.close()
    return held.state


def test_state_when_saved_then_read_by_the_next(tmp_path: Path) -> None:
    first = StateFile(tmp_path)
    first.state.simulated["air_quality"] = FeedProgress(1_000, 6_000)
    first.state.played["nab"] = {"speed_6005": 7}
    first.save()
    first.close()

    assert read_again(tmp_path) == ReplayState(
        simulated={"air_quality": FeedProgress(1_000, 6_000)}, played={"nab": {"speed_6005": 7}}
    )


def test_state_when_the_file_is_damaged_then_starts_over(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(b'{"simulated": {"air')

    assert read_again(tmp_path) == ReplayState()


def test_state_file_when_another_holds_it_then_says_what_to_do(tmp_path: Path) -> None:
    holder = StateFile(tmp_path)

    with pytest.raises(LaunchError) as caught:
        StateFile(tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}: another replay is running on this data folder; "
        "stop it, or set CITYBRAIN_DATA to another folder"
    )
    holder.close()


def test_state_file_when_the_folder_cannot_be_made_then_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LaunchError, match="cannot be written"):
        StateFile(tmp_path / "file")
