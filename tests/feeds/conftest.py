"""Wuhai, and a way to run a payload through a feed's connector and mapping without a broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from citybrain.city import City, load_city
from connectors.mapping.feed_mapping import Mapper
from connectors.readers.file_pieces import FilePosition
from connectors.readers.formats import reader_of
from connectors.sources.file_drop import look_of
from tests.repository import WUHAI

NOW = datetime(2026, 11, 23, 4, 0, 1, tzinfo=UTC)


@dataclass
class Outcome:
    """What became of a payload."""

    events: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[str] = field(default_factory=list)


Run = Callable[[City, str, Path], Outcome]


@pytest.fixture(scope="session")
def wuhai() -> City:
    return load_city(WUHAI)


@pytest.fixture(scope="session")
def run_payload() -> Run:
    """Return a function that reads and maps a payload: (city, feed, file) → events and rejects."""
    return _run


def _run(city: City, name: str, path: Path) -> Outcome:
    feed = city.feeds[name]
    mapper = Mapper(feed, city)
    outcome = Outcome()
    tables: list[pa.Table] = []
    for piece in reader_of(path)(path, look_of(feed), FilePosition()):
        mapped = mapper.apply(piece.rows, NOW, f"sample:{piece.start.offset}")
        tables.append(mapped.table)
        outcome.rejects += [f"{one.place}: {one.field}: {one.reason}" for one in mapped.letters]
        outcome.rejects += [f"{one.place}: {one.reason}" for one in piece.refused]
    outcome.events = pa.concat_tables(tables).to_pylist() if tables else []
    return outcome
