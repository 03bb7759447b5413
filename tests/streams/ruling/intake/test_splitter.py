"""To which shards an envelope goes, and what of it."""

from __future__ import annotations

import pyarrow as pa

from citybrain.floor.events import SCHEMA, Envelope, conform
from citybrain.rules.rule import Rule
from streams.ruling.intake.inputs import Excerpt
from streams.ruling.intake.splitter import Splitter
from streams.ruling.rulebook import Rulebook, home
from streams.windows.partials import EnvelopeAt
from tests.streams.ruling.rig import NOON, Seen, rule, wuhai

SHARDS = 8
FLOW = rule(id="flow", above={"yellow": "1"})
SPEED = rule(id="speed", kinds=("traffic_speed",), below={"yellow": "1"})
SILENT = rule("feed_silence", id="silent", kinds=(), by=("feed",), above={"yellow": "10m"})
LANES = "ndw_lanes"


def source(*events: Seen, feed: str = LANES, rejected: int = 0, received_s: int = 60) -> EnvelopeAt:
    rows = [
        one.row | {"received_at": NOON + received_s * 1000, "theme": "traffic"} for one in events
    ]
    table = conform(pa.Table.from_pylist(rows, schema=SCHEMA))
    department = wuhai().feeds[feed].department
    return EnvelopeAt(
        2,
        7,
        NOON + 99_000,
        0,
        Envelope(feed=feed, department=department, table=table, rejected=rejected),
    )


def split(rules: tuple[Rule, ...], envelope: EnvelopeAt) -> dict[int, Excerpt]:
    rulebook = Rulebook({one.id: one for one in rules}, {})
    return dict(Splitter(rulebook, wuhai(), SHARDS).split(envelope))


def test_split_when_rules_read_two_kinds_then_each_shard_gets_its_own() -> None:
    found = split((FLOW, SPEED), source(Seen(0), Seen(1, kind="traffic_speed"), Seen(2)))

    assert home(FLOW, SHARDS) != home(SPEED, SHARDS)
    assert {shard: one.table["kind"].to_pylist() for shard, one in found.items()} == {
        home(FLOW, SHARDS): ["traffic_flow", "traffic_flow"],
        home(SPEED, SHARDS): ["traffic_speed"],
    }


def test_split_when_no_event_is_for_a_shard_then_it_still_hears_of_its_feed() -> None:
    found = split((FLOW, SPEED), source(Seen(0)))

    speed = found[home(SPEED, SHARDS)]
    assert speed.table.num_rows == 0
    assert speed.header == found[home(FLOW, SHARDS)].header
    assert speed.header.newest_ms == NOON


def test_split_when_no_rule_reads_what_the_feed_carries_then_nobody_hears_of_it() -> None:
    noise = Seen(0, kind="noise", feed="noise_monitors")

    assert split((FLOW,), source(noise, feed="noise_monitors")) == {}


def test_split_when_a_rule_is_about_feeds_then_its_shard_hears_of_all() -> None:
    found = split((SILENT,), source(feed="noise_monitors"))

    assert list(found) == [home(SILENT, SHARDS)]


def test_split_when_a_clock_runs_ahead_then_the_header_is_not_ahead_of_arrival() -> None:
    (found,) = split((FLOW,), source(Seen(500), received_s=60, rejected=3)).values()

    header = found.header
    assert (header.partition, header.offset, header.accepted, header.rejected) == (2, 7, 1, 3)
    assert (header.newest_ms, header.received_ms) == (NOON + 60_000, NOON + 60_000)


def test_split_when_an_envelope_is_empty_then_the_header_has_the_time_of_the_record() -> None:
    (found,) = split((FLOW,), source()).values()

    assert (found.header.newest_ms, found.header.received_ms) == (None, NOON + 99_000)
