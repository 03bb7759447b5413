"""A row with two instants gives two events, on whatever road it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from citybrain.city.records import Feed
from citybrain.floor.events import MAX_EVENTS, SCHEMA, Envelope
from connectors.door.intake import Intake, SmallPost
from connectors.feed_trial import try_feed
from connectors.fetch.fetching import Fetching, FetchSurroundings
from connectors.mapping.feed_mapping import Mapped, Mapper
from connectors.mapping.further_events import further_of, spans
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from connectors.mapping.raw_shape import mapped_columns, uses_of
from connectors.mapping.row_refusals import letter_id
from connectors.publisher import Shipment
from connectors.resends.known_rows import KnownRows
from connectors.trial_report import report
from tests.connectors.door.test_push_door import PATH, House, told
from tests.fakes import make_city, make_feed, rule

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLOSED = {
    "occurred_at": rule("closed"),
    "kind": rule(const="flow"),
    "text": rule("result"),
}
FEED = make_feed(also={"closed": CLOSED}, attrs={"ward": "ward"})
FIRST, LAST = "2026-11-20T08:00:00Z", "2026-11-22T09:30:00Z"


def row(number: int, closed: object = LAST, **more: object) -> dict[str, object]:
    plain = {"id": f"r-{number}", "kind": "pothole", "time": FIRST, "closed": closed}
    return {**plain, "subject": "road 7", "ward": "3", "result": "mended", "text": "hole", **more}


def apply(rows: list[dict[str, object]], feed: Feed = FEED, mapper: Mapper | None = None) -> Mapped:
    lines = [json.dumps(one).encode() for one in rows]
    frame = JsonRows(feed).read(b"\n".join(lines)).frame
    batch = RawBatch(frame, lambda at: f"push b:{at + 1}", lambda at: lines[at], "application/json")
    return (mapper or Mapper(feed, make_city(feed))).apply(batch, NOW, "b")


def told_of(mapped: Mapped) -> list[tuple[str, str, str]]:
    return [
        (one["kind"], one["occurred_at"].isoformat(), one["text"])
        for one in mapped.table.to_pylist()
    ]


def test_row_when_its_second_instant_is_there_then_gives_both_events_side_by_side() -> None:
    mapped = apply([row(1), row(2, None), row(3, " "), row(4)])

    opened = ("pothole", "2026-11-20T08:00:00+00:00", "hole")
    closed = ("flow", "2026-11-22T09:30:00+00:00", "mended")
    assert told_of(mapped) == [opened, closed, opened, opened, opened, closed]
    assert list(mapped.which) == [0, 1, 0, 0, 0, 1]
    assert mapped.table.schema.equals(SCHEMA)
    assert mapped.letters == []


def test_further_event_when_nothing_else_is_said_then_is_like_its_row_with_an_id_of_its_own() -> (
    None
):
    first, further = apply([row(1)]).table.to_pylist()

    assert (further["theme"], further["severity"]) == ("traffic", 0)  # its kind's own
    changed = {"event_id", "kind", "theme", "severity", "occurred_at", "text"}
    assert {name for name in first if first[name] != further[name]} == changed
    assert further["attrs"] == [("ward", "3")]
    assert (
        apply([row(1, "2026-11-22T10:00:00Z")]).table["event_id"][1].as_py()
        == (further["event_id"])
    )


def test_first_event_when_there_are_further_ones_then_has_the_id_that_it_had_without() -> None:
    plain = replace(FEED, also={})

    assert apply([row(1)]).table["event_id"][0] == apply([row(1)], plain).table["event_id"][0]


def test_further_instant_when_it_is_bad_then_a_letter_names_it_and_the_first_goes_on() -> None:
    mapped = apply([row(1, "soon"), row(2, "2026-11-23T20:00:00Z"), row(3)])

    assert [one[0] for one in told_of(mapped)] == ["pothole", "pothole", "pothole", "flow"]
    assert [(one.place, one.field, one.reason) for one in mapped.letters] == [
        (
            "push b:1",
            "also.closed.occurred_at",
            "'soon' is not an ISO 8601 time such as 2026-01-31T08:00:00+08:00",
        ),
        (
            "push b:2",
            "also.closed.occurred_at",
            "'2026-11-23T20:00:00Z' is more than 5 minutes in the future",
        ),
    ]


def test_further_event_when_several_columns_are_bad_then_the_reason_places_each() -> None:
    feed = replace(FEED, also={"closed": {**CLOSED, "value": rule("cost")}})

    (letter,) = apply([row(1, "soon", cost="much")], feed).letters

    assert (letter.field, letter.reason) == (
        "also.closed.occurred_at",
        "'soon' is not an ISO 8601 time such as 2026-01-31T08:00:00+08:00; "
        "also.closed.value: 'much' is not a number",
    )


def test_row_when_its_first_event_is_refused_then_it_gives_no_further_one() -> None:
    mapped = apply([row(1, kind="ufo"), row(2)])

    assert [one[0] for one in told_of(mapped)] == ["pothole", "flow"]
    assert [one.field for one in mapped.letters] == ["kind"]


def test_letters_when_they_are_of_one_row_then_each_has_an_id_of_its_own() -> None:
    feed = replace(FEED, also={"closed": CLOSED, "seen": {"occurred_at": rule("seen")}})

    mapped = apply([row(1, "x", seen="y")], feed)

    assert [one.field for one in mapped.letters] == [
        "also.closed.occurred_at",
        "also.seen.occurred_at",
    ]
    ids = {letter_id("reports", "", b"row", name) for name in ("", "closed", "seen")}
    assert len(ids) == 3
    assert len({one.letter_id for one in mapped.letters}) == 2


@pytest.mark.parametrize(
    ("field", "name"), [("also.closed.occurred_at", "closed"), ("occurred_at", ""), ("", "")]
)
def test_further_of_when_a_letter_has_a_field_then_says_which_event_it_is_about(
    field: str, name: str
) -> None:
    assert further_of(field) == name


def test_expired_when_a_further_event_is_too_old_then_it_goes_by_the_feeds_policy() -> None:
    old = row(1, "2020-01-01T00:00:00Z")

    def mapped(expired: str) -> Mapped:
        feed = replace(FEED, expired=expired)
        city = replace(make_city(feed), retention_days={"events": 400})
        return apply([old, row(2)], feed, Mapper(feed, city))

    refused, skipped = mapped("refuse"), mapped("skip")

    assert [one.field for one in refused.letters] == ["also.closed.occurred_at"]
    assert skipped.letters == []
    assert list(skipped.further_skipped) == [0]
    assert skipped.noticed.counts() == {"expired": 1}
    assert skipped.table.num_rows == refused.table.num_rows == 3


def test_noticed_when_both_events_of_a_row_are_at_sea_then_it_is_one_row() -> None:
    mapped = apply([row(1, lon=0, lat=0), row(2)])

    assert mapped.noticed.counts() == {"zero": 1}
    assert mapped.table.num_rows == 4


def test_late_when_the_second_instant_is_long_past_what_came_before_then_the_row_is_late() -> None:
    mapper = Mapper(FEED, make_city(FEED))
    apply([row(1, None, time="2026-11-23T11:00:00Z")], mapper=mapper)

    mapped = apply([row(2, FIRST, time="2026-11-23T11:00:00Z")], mapper=mapper)

    assert list(mapped.noticed["late"]) == [0]


def test_fields_when_only_further_events_need_them_then_they_are_read_and_wanted() -> None:
    assert {"closed", "result"} <= uses_of(FEED).keys()
    assert {"closed", "result"} <= set(mapped_columns(FEED))


@pytest.mark.parametrize("form", ["epoch_s", "%d.%m.%Y %H:%M"])
def test_further_instant_when_it_has_a_form_of_its_own_then_it_is_read_so(form: str) -> None:
    also = {"closed": {"occurred_at": rule("closed", format=form, zone="Europe/Berlin")}}
    sent = 1_795_339_800 if form == "epoch_s" else "22.11.2026 10:30"

    mapped = apply([row(1, sent)], replace(FEED, also=also))

    assert told_of(mapped)[1][:2] == ("pothole", "2026-11-22T09:30:00+00:00")


def test_spans_when_posts_share_a_table_then_each_has_the_events_of_its_rows() -> None:
    which = np.array([0, 1, 0, 0, 1, 2, 0], np.uint8)

    assert spans(which, [1, 0, 2, 1, 0]) == [
        slice(0, 2),
        slice(2, 2),
        slice(2, 6),
        slice(6, 7),
        slice(7, 7),
    ]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, FEED)
    yield made
    made.door.close()
    made.ledger.close()


def further(**counts: int) -> dict[str, int]:
    return {**told()["further"], **counts}


async def test_answer_when_rows_give_further_events_then_rows_are_counted_once(
    house: House,
) -> None:
    rows = [row(1), row(2, None), row(3, "soon"), row(4, kind="ufo")]

    answer = await house.post(json.dumps(rows).encode())

    said = answer.json
    assert answer.status == 202
    assert (said["rows"], said["accepted"], said["rejected"]) == (4, 3, 1)
    assert said["further"] == further(accepted=1, rejected=1)
    assert [(one["row"], one["field"]) for one in said["rejects"]] == [
        (3, "also.closed.occurred_at"),
        (4, "kind"),
    ]
    assert house.bus.rows() == 4
    assert len(house.bus.letters) == 2


async def test_answer_when_only_further_events_are_refused_then_the_rows_are_accepted(
    house: House,
) -> None:
    answer = await house.post(json.dumps([row(1, "soon")]).encode())

    assert (answer.status, answer.json["accepted"], answer.json["rejected"]) == (202, 1, 0)


async def test_answer_when_the_body_is_large_csv_then_it_counts_the_same(house: House) -> None:
    text = "id,kind,time,closed\n" + "".join(
        f"r-{at},pothole,{FIRST},{LAST if at % 2 else ''}\n" for at in range(MAX_EVENTS + 500)
    )

    answer = await house.client.post(PATH, text.encode(), {"Content-Type": "text/csv"})

    assert answer.json["accepted"] == answer.json["rows"] == MAX_EVENTS + 500
    assert answer.json["further"] == further(accepted=MAX_EVENTS // 2 + 250)
    assert max(one.table.num_rows for one in house.bus.envelopes) <= MAX_EVENTS


def test_posts_when_gathered_then_each_is_told_of_its_own_further_events() -> None:
    feed = replace(FEED, expired="skip")
    city = replace(make_city(feed), retention_days={"events": 400})
    posts = [
        SmallPost(name, [json.dumps(one).encode() for one in rows])
        for name, rows in {
            "a": [row(1), row(2, "soon"), row(3)],
            "b": [row(4, None)],
            "c": [row(5, "2020-01-01T00:00:00Z"), row(6)],
        }.items()
    ]

    table, which, outcomes = Intake(feed, city).take_together(posts, NOW)

    assert [(one.accepted, one.rejected, one.events) for one in outcomes] == [
        (3, 0, 5),
        (1, 0, 1),
        (2, 0, 3),
    ]
    assert [one.further["skipped"] for one in outcomes] == [0, 0, 1]
    assert [len(one.letters) for one in outcomes] == [1, 0, 0]
    assert (table.num_rows, list(which)) == (9, [0, 1, 0, 0, 1, 0, 0, 0, 1])

    known = np.ones(5, np.bool_)
    outcomes[0].leave_out(KnownRows(known, ~known, ~known, known & False), which[:5])
    said = outcomes[0].told()
    assert (said["rows"], said["accepted"], said["known"]) == (3, 0, 3)
    assert said["further"] == further(known=2, rejected=1)


class Sent:
    """Takes envelopes as a publisher does."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    def send(self, envelope: Envelope, letters: list[Any]) -> Shipment:
        self.envelopes.append(envelope)
        return Shipment((len(self.envelopes),), KnownRows.none(envelope.table.num_rows))


def test_fetched_rows_when_their_events_are_too_many_for_an_envelope_then_the_last_is_named() -> (
    None
):
    feed = replace(FEED, source="file_drop")
    table = apply([row(at) for at in range(MAX_EVENTS // 2 + 1)], feed).table
    bus, passive = Sent(), None
    around = FetchSurroundings(make_city(feed), *(passive,) * 5)  # type: ignore[arg-type]
    fetching = Fetching(feed, passive, replace(around, publisher=bus))  # type: ignore[arg-type]

    shipment = fetching._ship(Envelope(feed.id, feed.department, table, 0, "file:a#1:0-9"))

    assert [one.batch for one in bus.envelopes] == ["file:a#1:0-9+", "file:a#1:0-9"]
    assert [one.table.num_rows for one in bus.envelopes] == [MAX_EVENTS, 2]
    assert shipment.promises == (1, 2)
    assert len(shipment.found.known) == MAX_EVENTS + 2


def test_trial_when_rows_give_further_events_then_it_tells_of_them(tmp_path: Path) -> None:
    also = {"closed": {**CLOSED, "kind": rule("result", values={"mended": "flow"})}}
    feed = replace(FEED, also=also)
    city, path = make_city(feed), tmp_path / "a.json"
    path.write_text(json.dumps([row(1), row(2, None), row(3, result="lost")]))

    trial = try_feed(feed, city, path, NOW)
    lines = list(report(trial, city, NOW))

    assert lines[:2] == [
        "reports: 3 rows: 3 would be accepted, 0 rejected, 0 skipped; nothing was sent",
        "further events of these rows: 1 closed; 1 rejected",
    ]
    start = lines.index("1 values of 'result' have no meaning; to paste under also.closed:")
    assert lines[start + 1 : start + 6] == [
        "        # kinds: pothole, flow",
        "        kind:",
        "          fields: result",
        "          values:",
        "            mended: flow",
    ]


def test_mapping_when_rows_are_many_then_pairs_stay_together() -> None:
    rows = [row(at, LAST if at % 3 else None) for at in range(997)]

    mapped = apply(rows)

    frame = pl.DataFrame(pl.from_arrow(mapped.table.select(["kind"])))
    kinds = frame["kind"].cast(pl.String).to_list()
    expected = [kind for at in range(997) for kind in (["pothole", "flow"][: 2 if at % 3 else 1])]
    assert kinds == expected
