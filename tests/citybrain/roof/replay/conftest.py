"""Wuhai and its made-up life, read once."""

from __future__ import annotations

import pytest

from citybrain.city import City, load_city
from citybrain.roof.replay.simulate import Simulator
from citybrain.roof.replay.simulation_plan import load_plan
from tests.repository import WUHAI


@pytest.fixture(scope="session")
def wuhai() -> City:
    return load_city(WUHAI)


@pytest.fixture(scope="session")
def simulator(wuhai: City) -> Simulator:
    return Simulator(wuhai, load_plan(wuhai))
