"""What is noticed of fetched rows is said in the log, summed up: nobody gets an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from structlog.testing import capture_logs

from connectors.fetch.source import RawParcel
from connectors.fetch.translation import Translation
from connectors.mapping.raw_rows import RawBatch
from tests.fakes import make_city, make_feed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def parcel(**row: str | None) -> RawParcel:
    plain = {"id": "1", "kind": "pothole", "time": NOW.isoformat(), "lon": "106.8", "lat": "39.6"}
    frame = pl.DataFrame({name: [value] * 3 for name, value in (plain | row).items()})
    rows = RawBatch(frame, "a.csv:{}".format, lambda _: b"{}", "application/json")
    return RawParcel(rows, "file:a.csv", ())


def test_say_when_rows_were_noticed_then_sums_them_up_once_a_minute() -> None:
    feed = make_feed(source="file_drop")
    translation = Translation(feed, make_city(feed))
    ahead = (NOW + timedelta(hours=8)).isoformat()
    with capture_logs() as said:
        translation.say(NOW)
        for at, row in enumerate([{}, {"lon": "0", "lat": "0"}, {"lon": "0", "lat": "0"}]):
            translation.translate(parcel(**row), NOW)
            translation.say(NOW + timedelta(seconds=at))
        assert said == []
        translation.translate(parcel(time=ahead), NOW)
        translation.say(NOW + timedelta(seconds=61))
        translation.say(NOW + timedelta(seconds=130))

    (line,) = said
    assert (line["event"], line["feed"], line["zero"]) == ("rows_noticed", "reports", 6)
    assert [words.partition(",")[0] for words in line["warnings"]] == [
        "the times are 8 hours ahead"
    ]
