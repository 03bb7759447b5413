"""Wuhai and its made-up life, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from citybrain.config import City, load_city
from citybrain.replay.plan import load_plan
from citybrain.replay.simulate import Simulator

WUHAI = Path(__file__).parents[3] / "cities" / "wuhai"


@pytest.fixture(scope="session")
def wuhai() -> City:
    return load_city(WUHAI)


@pytest.fixture(scope="session")
def simulator(wuhai: City) -> Simulator:
    return Simulator(wuhai, load_plan(wuhai))
