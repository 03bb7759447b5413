"""Whether somebody looks at a screen, as far as this machine knows."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from citybrain.floor.heartbeat import Heart, path_of
from citybrain.floor.onlookers import LOOK_S, SCREENS, Onlookers
from citybrain.floor.settings import Settings


class Watch:
    """Seconds as a test wants them."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings(), data=tmp_path)


def beat(settings: Settings, viewers: int | None) -> None:
    heart = Heart(SCREENS, settings)
    heart.viewers = viewers
    heart.beat()


@pytest.mark.parametrize(
    ("viewers", "present"),
    [
        pytest.param(0, False, id="nobody"),
        pytest.param(3, True, id="three"),
        pytest.param(None, True, id="screens of the version before do not tell"),
    ],
)
def test_present_is_what_the_screens_of_this_machine_tell(
    settings: Settings, viewers: int | None, present: bool
) -> None:
    beat(settings, viewers)
    assert Onlookers(settings).present is present


def test_present_when_the_store_hurries_then_it_does_not_matter_who_looks(
    settings: Settings,
) -> None:
    beat(settings, 0)
    assert Onlookers(replace(settings, store_hurries=True)).present


def test_present_when_no_screens_run_here_then_somebody_may_look_elsewhere(
    settings: Settings,
) -> None:
    assert Onlookers(settings).present
    beat(settings, 0)
    mine = path_of(settings, SCREENS, os.getpid())
    mine.rename(path_of(settings, SCREENS, 2**22 + 1))  # of a process that has ended
    assert Onlookers(settings).present


def test_present_when_asked_again_at_once_then_the_files_are_not_read_again(
    settings: Settings,
) -> None:
    watch = Watch()
    beat(settings, 0)
    tested = Onlookers(settings, watch)
    assert not tested.present
    beat(settings, 1)
    assert not tested.present
    watch.now_s += LOOK_S
    assert tested.present
