"""Record a sample payload of each simulated and replayed feed: python tests/feeds/record.py [feed].

A sample is what the feed's department would send, in its format. Existing samples are kept: a
recorded payload is a contract. Give a feed's id to record that one anew.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from citybrain.city import City, Feed, load_city
from citybrain.floor.clock import millis
from citybrain.roof.replay.dataset import datasets, read_dataset
from citybrain.roof.replay.player import Player
from citybrain.roof.replay.simulate import Simulator
from citybrain.roof.replay.simulation_plan import load_plan
from citybrain.roof.replay.spoken_rows import as_csv, as_ndjson, raw_records
from tests.repository import WUHAI

HERE = Path(__file__).parent
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ROWS = 30


def simulated(simulator: Simulator, feed: Feed) -> pl.DataFrame:
    """Return raw records of the days before noon, some of every kind where there are such."""
    events = simulator.between(feed.id, NOON - timedelta(days=8), NOON)
    some = pl.concat(
        [part.tail(ROWS // len(feed.kinds) + 2) for part in events.partition_by("kind")]
    )
    return raw_records(feed, some.sort("occurred_at", maintain_order=True))


def replayed(city: City) -> dict[str, pl.DataFrame]:
    """Return the first raw records of each data set by feed, played at speed 60."""
    found = {}
    for name, dataset in datasets().items():
        player = Player(read_dataset(name, dataset, city.folder / "replay"), 60, millis(NOON))
        found[dataset.feed] = dataset.stamp(player.take(millis(NOON) + 90_000).head(40))
    return found


def write(feed: Feed, records: pl.DataFrame) -> None:
    """Write the sample of a feed."""
    if feed.source == "file_drop":
        path = HERE / "samples" / f"{feed.id}.csv"
        path.write_bytes(as_csv(records, feed.options.get("encoding", "utf-8")))
    else:
        (HERE / "samples" / f"{feed.id}.ndjson").write_bytes(as_ndjson(records))


def main(wanted: list[str]) -> None:
    """Record what is wanted, or what is missing."""
    city = load_city(WUHAI)
    simulator = Simulator(city, load_plan(city))
    played = replayed(city)
    for feed in city.feeds.values():
        there = any((HERE / "samples").glob(f"{feed.id}.*"))
        if feed.origin == "live" or (feed.id not in wanted if wanted else there):
            continue
        write(feed, played[feed.id] if feed.id in played else simulated(simulator, feed))


if __name__ == "__main__":
    main(sys.argv[1:])
