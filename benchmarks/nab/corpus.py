"""Read a corpus laid out as NAB's repository is: data/<group>/<file>.csv, labels, config."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

WINDOWS = Path("labels/combined_windows.json")
PROFILES = Path("config/profiles.json")
PUBLISHED = Path("published_scores.csv")
RESULTS = "results/final_results.json"


@dataclass(frozen=True)
class Series:
    """One file of the corpus.

    Attributes:
        name: `<group>/<file>.csv`, as the labels name it.
        times: the rows' times, as written (NAB's have no zone).
        values: the rows' values.
        windows: first and last time of each labelled window, in order.
    """

    name: str
    times: list[datetime]
    values: list[float]
    windows: list[tuple[datetime, datetime]]

    @property
    def group(self) -> str:
        """Return the folder that the file is in."""
        return self.name.split("/", 1)[0]

    def times_ms(self) -> list[int]:
        """Return the times as a detector takes them: ms, read as UTC."""
        return [int(at.replace(tzinfo=UTC).timestamp() * 1000) for at in self.times]


@dataclass(frozen=True)
class Profile:
    """What a profile pays and takes: NAB's cost matrix (its `tnWeight` has no effect)."""

    name: str
    hit: float
    miss: float
    false_alarm: float


def read_corpus(folder: Path) -> list[Series]:
    """Return every file under `folder`/data that has an entry in the labels, sorted by name."""
    labels = json.loads((folder / WINDOWS).read_text())
    data = folder / "data"
    names = sorted(path.relative_to(data).as_posix() for path in data.rglob("*.csv"))
    return [_read(data / name, name, labels[name]) for name in names if name in labels]


def _read(path: Path, name: str, windows: list[list[str]]) -> Series:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    times = [datetime.fromisoformat(row["timestamp"]) for row in rows]
    values = [float(row["value"]) for row in rows]
    spans = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in windows]
    return Series(name, times, values, spans)


def read_profiles(folder: Path) -> list[Profile]:
    """Return the application profiles in the order of the file."""
    raw = json.loads((folder / PROFILES).read_text())
    costs = {name: entry["CostMatrix"] for name, entry in raw.items()}
    return [
        Profile(name, cost["tpWeight"], cost["fnWeight"], cost["fpWeight"])
        for name, cost in costs.items()
    ]


def read_published(folder: Path) -> list[dict[str, str]]:
    """Return NAB's own results (whole corpus), or nothing where the table is not at hand."""
    path = folder / PUBLISHED
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["source"] == RESULTS]
