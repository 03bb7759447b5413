"""The kind of source of feeds that departments push to the HTTP door (see `connectors.gateway`)."""

from __future__ import annotations

from citybrain.city.records import Feed
from connectors.fetch.source import SourceKind, SourceOption, one_of
from connectors.readers.encodings import ENCODINGS

SOURCE = SourceKind(
    title="pushed by the department to the HTTP door",
    options={
        "encoding": SourceOption(
            "of CSV whose Content-Type names no charset; UTF-16 is known by itself",
            "utf-8",
            one_of(ENCODINGS),
        )
    },
)


def encoding_of(feed: Feed) -> str:
    """Return how CSV of `feed` is encoded that does not say so; feeds that are fetched: UTF-8."""
    return SOURCE.option(feed, "encoding").lower() if feed.source == "http_push" else "utf-8"
