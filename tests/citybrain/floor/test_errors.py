"""Errors that are meant for a person."""

from __future__ import annotations

from citybrain.floor.errors import BusError, CityBrainError, ConfigError, Fault


def test_fault_reads_place_item_problem_remedy() -> None:
    fault = Fault("kinds.yaml:7", "kinds.manhole.unit", "unknown unit 'x'", "use one of m, s")
    assert str(fault) == "kinds.yaml:7: kinds.manhole.unit: unknown unit 'x'; use one of m, s"


def test_config_error_keeps_all_faults_a_line_each() -> None:
    faults = [Fault("a", "b", "c", "d"), Fault("e", "f", "g", "h")]
    error = ConfigError(faults)
    assert error.faults == tuple(faults)
    assert str(error) == "a: b: c; d\ne: f: g; h"


def test_every_error_has_one_root() -> None:
    assert issubclass(BusError, CityBrainError)
