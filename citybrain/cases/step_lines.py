"""Recorded steps of cases in a file, a JSON object a line, as they stand on city.cases."""

from __future__ import annotations

from pathlib import Path

import msgspec

from citybrain.cases.records import CaseStep
from citybrain.floor.errors import ConfigError, Fault


def read(path: Path) -> list[CaseStep]:
    """Return the steps in a file; empty lines are passed by.

    Raises:
        ConfigError: it cannot be read, or lines are no steps; it carries every one.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise ConfigError([Fault(str(path), "file", problem, "give a file of steps")]) from None
    steps: list[CaseStep] = []
    faults: list[Fault] = []
    decoder = msgspec.json.Decoder(CaseStep)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            steps.append(decoder.decode(line))
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            place = f"{path}:{number}"
            faults.append(Fault(place, "step", str(error), "give a step as city.cases holds it"))
    if faults:
        raise ConfigError(faults)
    return steps
