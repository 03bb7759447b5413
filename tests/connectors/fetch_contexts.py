"""A context with a Kafka in memory: what was sent to it is acknowledged when the test says so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from citybrain.city.records import City, Department, EventKind, Feed, FieldRule, Theme
from citybrain.floor.settings import Settings
from citybrain.floor.text import Text
from connectors.fetch.checkpoint import Checkpoints
from connectors.fetch.source import EnvelopeReceipt, FetchContext, Fetcher, RawParcel

START = datetime(2026, 5, 1, tzinfo=UTC)


def feed(source: str = "file_drop", name: str = "roads", **options: str) -> Feed:
    """Return a feed whose rows need the columns `id` and `text`."""
    mapping = {
        "source_id": FieldRule(fields=("id",)),
        "kind": FieldRule(const="manhole"),
        "occurred_at": FieldRule(fields=("time",), default="2026-05-01T00:00:00Z"),
        "text": FieldRule(fields=("text",)),
    }
    return Feed(
        id=name,
        title=Text("道路", "Roads"),
        department="roads_office",
        source=source,
        kinds=("manhole",),
        mapping=mapping,
        options=options,
    )


def city(*feeds: Feed, folder: Path = Path("cities/test")) -> City:
    """Return a city of one department and one kind with `feeds`."""
    title = Text("测试", "Test")
    return City(
        id="test",
        title=title,
        time_zone="Asia/Shanghai",
        folder=folder,
        themes={"city_management": Theme("city_management", title)},
        departments={"roads_office": Department("roads_office", title)},
        kinds={"manhole": EventKind("manhole", title, "city_management")},
        areas={},
        feeds={one.id: one for one in feeds},
        geo=folder / "geo.json",
    )


@dataclass
class MemoryLog:
    """What lies on Kafka: the batches with their rows, in order."""

    sent: list[tuple[str, list[dict[str, object]]]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def send(self, parcel: RawParcel) -> EnvelopeReceipt:
        self.sent.append((parcel.batch, parcel.rows.frame.to_dicts()))
        self.refused += [(one.place, one.reason) for one in parcel.refused]
        return EnvelopeReceipt(0, len(self.sent) - 1)

    def rows(self, column: str = "id") -> list[object]:
        return [row[column] for _, rows in self.sent for row in rows]

    def context(self, data: Path, broker: Settings | None = None) -> FetchContext:
        return FetchContext(
            settings=replace(broker or Settings(kafka=""), data=data),
            checkpoints=Checkpoints(data / "checkpoints" / "roads"),
            landed=lambda behind: [batch for batch, _ in self.sent[behind.offset + 1 :]],
            end=lambda: EnvelopeReceipt(0, len(self.sent) - 1),
        )


def drain(fetcher: Fetcher, log: MemoryLog, *, seconds: float = 10, parcels: int = 1_000) -> int:
    """Poll with a clock that steps on, until nothing comes any more; return how many came."""
    now, came = START, 0
    while now < START + timedelta(seconds=seconds) and came < parcels:
        parcel = fetcher.poll(now)
        if parcel is not None:
            came += 1
            fetcher.delivered(parcel, log.send(parcel))
        now += timedelta(seconds=0 if parcel else 0.5)
    return came
