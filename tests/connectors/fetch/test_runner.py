import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import structlog

from citybrain.floor import bus
from citybrain.floor.clock import monotonic
from citybrain.floor.dead_letters import DeadLetter, decode_letters
from citybrain.floor.errors import BusError, SourceError
from citybrain.floor.events import Envelope, decode
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.topics import DEAD_LETTERS, EVENTS
from connectors.fetch import fetching
from connectors.fetch.runner import Runner
from connectors.fetch.source import EnvelopeReceipt, RawParcel, RefusedRow, SourceKind
from connectors.mapping.raw_rows import RawBatch
from tests.connectors.fetch_contexts import city, feed
from tests.repository import ROOT as REPOSITORY
from tests.waiting import eventually


@dataclass
class FakeShipment:
    """Arrives at once, well or not."""

    place: int
    fails: bool = False
    known: int = 0
    outdated: int = 0

    def arrived(self) -> bool:
        return True

    def answered(self, _: float) -> bool:
        return True

    def receipt(self) -> EnvelopeReceipt:
        if self.fails:
            raise BusError("Kafka did not acknowledge")
        return EnvelopeReceipt(0, self.place)


@dataclass
class FakePublisher:
    """Keeps what is sent; refuses the sendings whose numbers are in `failing`."""

    failing: frozenset[int] = frozenset()
    known: frozenset[int] = frozenset()
    outdated: frozenset[int] = frozenset()
    sent: list[Envelope] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def send(self, envelope: Envelope, letters: list[DeadLetter]) -> FakeShipment:
        self.sent.append(envelope)
        self.send_letters(letters)
        place = len(self.sent)
        return FakeShipment(
            place, place in self.failing, int(place in self.known), int(place in self.outdated)
        )

    def send_letters(self, letters: list[DeadLetter]) -> FakeShipment:
        self.letters += letters
        return FakeShipment(0, fails=False)

    def close(self, timeout_s: float) -> None: ...


def parcel(number: int, text: str = "x", refused: tuple[RefusedRow, ...] = ()) -> RawParcel:
    frame = pl.DataFrame({"id": [str(number)], "text": [text]})
    rows = RawBatch(frame, lambda _: f"counter:{number}", lambda _: b"raw", "application/json")
    return RawParcel(rows, f"counter:{number}", refused, number)


@dataclass
class Counter:
    """Gives parcels 1, 2, 3 … up to `last`, from the one after the last delivered."""

    last: int
    breaks_at: int = 0
    given: int = 0
    delivered_all: list[int] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    def open(self, *_: object) -> "Counter":
        self.opened += 1
        self.given = len(self.delivered_all)
        return self

    def poll(self, now: object) -> RawParcel | None:
        if self.given + 1 == self.breaks_at:
            self.breaks_at = 0
            raise SourceError("the sea is rough")
        if self.given == self.last:
            return None
        self.given += 1
        return parcel(self.given)

    def next_at(self, now):
        return now + timedelta(milliseconds=5)

    def delivered(self, parcel: RawParcel, receipt: EnvelopeReceipt) -> None:
        self.delivered_all.append(parcel.note)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def told(monkeypatch) -> Iterator[list]:
    """What is logged; the pauses after an outage are short."""
    monkeypatch.setattr(fetching, "BACK_OFF_S", (0.01, 0.02))
    with structlog.testing.capture_logs() as logs:
        yield logs


@contextlib.contextmanager
def running(
    *counters: Counter, publisher: FakePublisher | None = None, held: Callable[[], str] = lambda: ""
) -> Iterator[tuple[Runner, FakePublisher]]:
    kinds = {
        f"kind{n}": SourceKind("test", open=counter.open) for n, counter in enumerate(counters)
    }
    feeds = [feed(kind, name=f"feed_{kind}") for kind in kinds]
    publisher = publisher or FakePublisher()
    runner = Runner(city(*feeds), Settings(), held=held, kinds=kinds, publisher=publisher)
    runner.start()
    try:
        yield runner, publisher
    finally:
        assert runner.stop(timeout_s=60)


def test_parcels_are_delivered_in_order_after_they_arrived():
    counter = Counter(last=20)
    with running(counter) as (runner, publisher):
        eventually(lambda: len(counter.delivered_all) == 20, timeout_s=60)
        state = runner.states()[0]
    assert counter.delivered_all == list(range(1, 21))
    assert [envelope.batch for envelope in publisher.sent] == [f"counter:{n}" for n in range(1, 21)]
    assert (state.state, state.envelopes, state.events, state.rejected) == ("running", 20, 20, 0)
    assert (counter.opened, counter.closed) == (1, 1)


def test_rows_that_are_known_or_outdated_are_counted_apart():
    publisher = FakePublisher(known=frozenset({2, 3}), outdated=frozenset({4}))
    with running(Counter(last=6), publisher=publisher) as (runner, _):
        eventually(lambda: runner.states()[0].envelopes == 6, timeout_s=60)
        state = runner.states()[0]
    assert (state.events, state.known, state.outdated) == (3, 2, 1)


def test_an_outage_is_logged_once_and_the_recovery_once(told):
    counter = Counter(last=5, breaks_at=3)
    with running(counter) as (runner, _):
        eventually(lambda: len(counter.delivered_all) == 5, timeout_s=60)
        assert runner.states()[0].outages == 1
    assert [
        (one["event"], one.get("problem")) for one in told if one["event"].startswith("source")
    ] == [("source_down", "the sea is rough"), ("source_recovered", None)]


def test_a_bad_source_does_not_stop_another():
    class Broken(Counter):
        def open(self, *_):
            raise ZeroDivisionError

    good = Counter(last=5)
    with running(Broken(0), good) as (runner, _):
        eventually(lambda: len(good.delivered_all) == 5, timeout_s=60)
        states = {state.feed: (state.state, state.problem) for state in runner.states()}
    assert states == {
        "feed_kind0": ("down", "ZeroDivisionError()"),
        "feed_kind1": ("running", ""),
    }


def test_what_kafka_refused_comes_again():
    counter, publisher = Counter(last=6), FakePublisher(failing=frozenset({3}))
    with running(counter, publisher=publisher):
        eventually(lambda: len(counter.delivered_all) == 6, timeout_s=60)
    assert counter.delivered_all == [1, 2, 3, 4, 5, 6]
    assert counter.opened == 2


def test_nothing_is_fetched_while_kafka_does_not_keep_up():
    counter, reasons = Counter(last=3), ["the sinks lag"]
    with running(counter, held=lambda: reasons[0]) as (runner, _):
        eventually(lambda: runner.states()[0].state == "held", timeout_s=60)
        assert (counter.given, runner.states()[0].problem) == (0, "the sinks lag")
        reasons[0] = ""
        eventually(lambda: len(counter.delivered_all) == 3, timeout_s=60)


def test_rows_that_break_the_mapping_become_letters_and_the_feed_goes_on(monkeypatch):
    def apply(self, batch, *_):
        raise RuntimeError("boom")

    monkeypatch.setattr("connectors.mapping.feed_mapping.Mapper.apply", apply)
    counter = Counter(last=2)
    with running(counter) as (_, publisher):
        eventually(lambda: len(counter.delivered_all) == 2, timeout_s=60)
    assert [envelope.rejected for envelope in publisher.sent] == [1, 1]
    assert [(letter.place, letter.reason) for letter in publisher.letters] == [
        ("counter:1", "the mapping broke: RuntimeError('boom')"),
        ("counter:2", "the mapping broke: RuntimeError('boom')"),
    ]


def test_a_feed_that_changed_goes_on_behind_what_was_delivered():
    counter = Counter(last=5)
    with running(counter) as (runner, publisher):
        eventually(lambda: len(counter.delivered_all) == 5)
        counter.last = 8
        runner.reload(city(replace(feed("kind0", name="feed_kind0"), origin="replay")))
        eventually(lambda: len(counter.delivered_all) >= 8)
        state = runner.states()[0]
    origins = [one.table["origin"][0].as_py() for one in publisher.sent]
    assert counter.delivered_all == list(range(1, 9))
    assert origins == sorted(origins)
    assert origins[-1] == "replay"
    assert (counter.opened, counter.closed, state.envelopes) == (2, 2, 8)


def test_a_feed_that_is_new_is_fetched_and_one_that_is_gone_is_not():
    first, second = Counter(last=1), Counter(last=0)
    with running(first, second) as (runner, _):
        eventually(lambda: second.opened == 1)
        runner.reload(city(feed("kind0", name="feed_kind0"), feed("kind1", name="another")))
        eventually(lambda: (second.opened, second.closed) == (2, 1))
        assert sorted(runner.paces()) == ["another", "feed_kind0"]
    assert (first.opened, first.closed) == (1, 1)


@pytest.mark.timed
def test_it_stops_within_its_time_even_if_a_source_hangs():
    hanging = threading.Event()

    class Hanging(Counter):
        def poll(self, now):
            hanging.set()
            threading.Event().wait(30)

    counter = Hanging(0)
    kinds = {"kind": SourceKind("test", open=counter.open)}
    runner = Runner(city(feed("kind")), Settings(), kinds=kinds)
    runner.start()
    hanging.wait(5)
    begun = monotonic()
    assert not runner.stop(timeout_s=0.5)
    assert monotonic() - begun < 3


def events_of(settings: Settings, name: str) -> tuple[list[Envelope], list[DeadLetter]]:
    """Return all that lies on Kafka of a feed."""
    envelopes, letters = [], []
    for partition in range(settings.partitions):
        last = bus.end_offset(settings, EVENTS, partition) - 1
        for _, value in bus.read_range(settings, EVENTS, partition, 0, last):
            envelope = decode(value)
            if envelope.feed == name:
                envelopes.append(envelope)
        last = bus.end_offset(settings, DEAD_LETTERS, partition) - 1
        for _, value in bus.read_range(settings, DEAD_LETTERS, partition, 0, last):
            letters += [letter for letter in decode_letters(value) if letter.feed == name]
    return envelopes, letters


@contextlib.contextmanager
def fetching_process(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.connectors.fetching_process"],
        cwd=REPOSITORY,
        env=os.environ | to_environment(settings),
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


class Tally:
    """Counts the rows of a feed that lie on Kafka, reading on from where it stood."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings, self._name = settings, name
        self.texts: list[str] = []
        self._next = {
            partition: bus.end_offset(settings, EVENTS, partition)
            for partition in range(settings.partitions)
        }

    def count(self) -> int:
        for partition, first in self._next.items():
            end = bus.end_offset(self._settings, EVENTS, partition)
            for _, value in bus.read_range(self._settings, EVENTS, partition, first, end - 1):
                envelope = decode(value)
                if envelope.feed == self._name:
                    self.texts += envelope.table["text"].to_pylist()
            self._next[partition] = end
        return len(self.texts)


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("rows.csv", (0.1, 0.5)),
        ("rows.csv.gz", (0.3,)),
        ("rows.ndjson", (0.3,)),
        ("rows.parquet", (0.3,)),
    ],
)
@pytest.mark.services
def test_killed_in_the_middle_every_row_is_on_kafka_exactly_once(
    broker_settings: Settings, tmp_path, name, shares
):
    count = 150_000
    settings = replace(broker_settings, data=tmp_path)
    drop = tmp_path / "drop" / "killed"
    drop.mkdir(parents=True)
    tally = Tally(settings, "killed")
    frame = pl.DataFrame({"id": pl.int_range(count, eager=True).cast(pl.String)}).with_columns(
        text=pl.lit(f"{name} ") + pl.col("id"), time=pl.lit("2026-05-01T00:00:00Z")
    )
    write(frame, drop / name)
    for share in shares:
        with fetching_process(settings):
            eventually(lambda share=share: tally.count() >= share * count, timeout_s=120, every_s=0)
    with fetching_process(settings):
        eventually(lambda: list((drop / "done").glob(f"*/{name}")), timeout_s=120)
    assert tally.count() == count
    assert set(tally.texts) == {f"{name} {number}" for number in range(count)}


def write(frame: pl.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        frame.write_parquet(path, row_group_size=30_000)
    elif path.suffix == ".ndjson":
        frame.write_ndjson(path)
    else:
        frame.write_csv(path, compression="gzip" if path.suffix == ".gz" else "uncompressed")


def test_bad_rows_reach_the_dead_letters_with_their_true_lines(broker_settings, tmp_path):
    settings = replace(broker_settings, data=tmp_path)
    drop = tmp_path / "drop" / "letters"
    drop.mkdir(parents=True)
    (drop / "a.csv").write_bytes(
        'id,text,time\n1,"两\n行",2026-05-01T00:00:00Z\n2\n,x,2026-05-01T00:00:00Z\n3,y,soon\n'.encode(
            "gb18030"
        )
    )
    runner = Runner(city(feed(name="letters", settle_s="0.1")), settings)
    runner.start()
    eventually(lambda: list((drop / "done").glob("*/a.csv")), timeout_s=60)
    assert runner.stop(timeout_s=60)
    envelopes, letters = events_of(settings, "letters")
    assert [envelope.table["text"].to_pylist() for envelope in envelopes] == [["两\n行"]]
    assert [envelope.rejected for envelope in envelopes] == [3]
    assert [(letter.place, letter.field, letter.raw, letter.header) for letter in letters] == [
        ("a.csv:4", "", b"2", "id,text,time"),
        ("a.csv:5", "source_id", b",x,2026-05-01T00:00:00Z", "id,text,time"),
        ("a.csv:6", "occurred_at", b"3,y,soon", "id,text,time"),
    ]
    assert letters[0].reason == "1 fields where the header has 3"
