"""Letters that are mapped together become what each would have become alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from citybrain.city.records import Feed
from citybrain.floor.dead_letters import DeadLetter
from connectors.door.intake import Intake
from connectors.letters.joint_mapping import JointlyMapped, group_of, map_together
from connectors.letters.letter_replay import mapped_alone
from connectors.mapping.row_refusals import Origin, write_letter
from tests.fakes import make_city, make_feed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CSV = "id,kind,time,subject"


def letter(feed: Feed, raw: str, header: str = "") -> DeadLetter:
    media = "text/csv" if header else "application/json"
    origin = Origin(feed, NOW, "b", media, header)
    return write_letter(origin, "push b:1", "kind", "'x' is no kind of this feed", raw.encode())


def row(number: int, **more: str) -> str:
    plain = {"id": f"r{number}", "kind": "pothole", "time": "2026-11-23T11:00:00Z"}
    return json.dumps(plain | more)


def together(feed: Feed, letters: Sequence[DeadLetter]) -> JointlyMapped:
    return map_together(Intake(feed, make_city(feed)), letters, NOW)


def alone(feed: Feed, letters: Sequence[DeadLetter]) -> tuple[list[object], list[str]]:
    """Return the events and the reasons of letters that are mapped one by one."""
    intake, tables, reasons = Intake(feed, make_city(feed)), [], []
    for one in letters:
        envelopes, _, reason = mapped_alone(intake, one, NOW)
        tables += [envelope.table for envelope in envelopes]
        reasons += [] if envelopes else [reason]
    return pa.concat_tables(tables).to_pylist(), reasons


def test_json_when_mapped_together_then_as_alone() -> None:
    feed = make_feed()
    letters = [letter(feed, row(1)), letter(feed, row(2, kind="x")), letter(feed, row(3))]

    found = together(feed, letters)

    events, reasons = alone(feed, letters)
    assert found.table.to_pylist() == events
    assert [reason for _, reason in found.refused] == reasons
    assert (found.good, found.alone) == ([letters[0], letters[2]], [])


def test_csv_when_mapped_together_then_as_alone() -> None:
    feed = make_feed()
    lines = ["r1,pothole,2026-11-23T11:00:00Z,a", "r2,x,2026-11-23T11:00:00Z,b"]
    letters = [letter(feed, line, CSV) for line in lines]

    found = together(feed, letters)

    events, reasons = alone(feed, letters)
    assert found.table.to_pylist() == events
    assert [reason for _, reason in found.refused] == reasons


def test_ids_when_rows_have_none_of_their_own_then_as_alone() -> None:
    feed = make_feed()
    feed = replace(feed, mapping={k: v for k, v in feed.mapping.items() if k != "source_id"})
    letters = [letter(feed, row(1, kind="x")), letter(feed, row(2)), letter(feed, row(3))]

    assert together(feed, letters).table.to_pylist() == alone(feed, letters)[0]


def test_rows_when_they_do_not_add_up_then_each_is_left_alone() -> None:
    feed = make_feed()
    letters = [letter(feed, "r1,pothole,2026-11-23T11:00:00Z,a,b,c,d", CSV)] * 2

    assert together(feed, letters).alone == letters


def test_json_when_one_is_unreadable_then_it_alone_is_left() -> None:
    feed = make_feed()
    letters = [letter(feed, row(1)), letter(feed, '{"id": }')]

    found = together(feed, letters)

    assert (found.good, found.alone) == (letters[:1], letters[1:])


def test_group_when_a_letter_may_swallow_its_neighbours_then_it_has_none() -> None:
    feed = make_feed()

    assert group_of(letter(feed, row(1))) == ("reports", "")
    assert group_of(letter(feed, "r1,pothole", CSV)) == ("reports", CSV)
    for raw in ('r1,"pothole', "r1\nr2", " "):
        assert group_of(letter(feed, raw, CSV)) is None
    assert group_of(letter(feed, "[1]")) is None
    assert group_of(letter(feed, "{" + " " * 2**20)) is None
