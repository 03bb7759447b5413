"""Letters are replayed on a real Kafka: once, whatever dies in the middle."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from citybrain.city.records import Feed
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock
from citybrain.floor.dead_letters import DeadLetter, LetterMarks
from citybrain.floor.events import decode
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS
from connectors.letters.letter_ledger import LetterLedger
from connectors.letters.letter_replay import LetterDesk, LetterReplay, Replayed, discard
from connectors.mapping.row_refusals import Origin, write_letter
from connectors.publisher import Publisher
from tests.fakes import make_city, make_feed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class KilledError(Exception):
    """The process ends here."""


class Machine:
    """A data folder and a Kafka; each replay is a process of its own."""

    def __init__(self, settings: Settings, feed: Feed) -> None:
        """Replay letters of `feed`."""
        self.settings, self.feed = settings, feed
        self.marks: list[LetterMarks] = []

    def letters(self, count: int, kind: str = "pothole") -> list[DeadLetter]:
        """Return letters that are good today."""
        origin = Origin(self.feed, NOW, "b")
        rows = [
            {"id": f"{self.feed.id}-{n}", "kind": kind, "time": "2026-11-23T11:00:00Z"}
            for n in range(count)
        ]
        return [write_letter(origin, "p", "", "?", json.dumps(row).encode()) for row in rows]

    def replay(self, letters: list[DeadLetter], *, dies: str = "", again: bool = False) -> Replayed:
        """Replay letters; `dies` says where the process ends: ``sending`` or ``marking``."""
        with self.desk(dies) as (desk, publisher):
            if dies == "sending":

                def send(*_: object) -> None:
                    raise KilledError

                publisher.send = send  # type: ignore[method-assign, assignment]
            city = make_city(self.feed)
            replay = LetterReplay(self.settings, city, desk=desk, publisher=publisher)
            return replay.run(letters, again=again)

    def discard(self, letters: list[DeadLetter]) -> tuple[int, int]:
        """Discard letters."""
        with self.desk("") as (desk, _):
            return discard(desk, letters)

    def desk(self, dies: str) -> Desk:
        """Return what works on letters in a process of its own."""
        return Desk(self, dies)

    def events(self) -> Counter[str]:
        """Return how often each event of the feed lies on Kafka."""
        found: Counter[str] = Counter()
        for partition in range(bus.partitions(self.settings, EVENTS)):
            end = bus.end_offset(self.settings, EVENTS, partition) - 1
            for _, value in bus.read_range(self.settings, EVENTS, partition, 0, end):
                envelope = decode(value)
                if envelope.feed == self.feed.id:
                    found.update(one.hex() for one in envelope.table["event_id"].to_pylist())
        return found


class Desk:
    """Opens the ledger and the way to Kafka, and closes them."""

    def __init__(self, machine: Machine, dies: str) -> None:
        """Belong to `machine`."""
        self._machine, self._dies = machine, dies

    def __enter__(self) -> tuple[LetterDesk, Publisher]:
        """Begin the process."""
        settings = self._machine.settings
        self._ledger, self._publisher = LetterLedger(settings.data), Publisher(settings)
        desk = LetterDesk(self._ledger, self._mark, SystemClock(), "officer")
        return desk, self._publisher

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._publisher.close()
        self._ledger.close()

    def _mark(self, marks: LetterMarks) -> None:
        if self._dies == "marking":
            raise KilledError
        self._publisher.send_marks(marks).receipt()
        self._machine.marks.append(marks)


@pytest.fixture
def machine(broker_settings: Settings, tmp_path: Path) -> Machine:
    feed = replace(make_feed(), id=f"letters_{uuid4().hex[:12]}")
    return Machine(replace(broker_settings, data=tmp_path), feed)


def test_letters_when_replayed_then_once_marked_and_never_again(machine: Machine) -> None:
    letters = machine.letters(3)

    first, second = machine.replay(letters), machine.replay(letters)

    assert (first.replayed, first.events, first.before) == (3, 3, 0)
    assert (second.replayed, second.before) == (0, 3)
    assert sorted(machine.events().values()) == [1, 1, 1]
    (marks,) = machine.marks
    assert (marks.mark, marks.by) == ("replayed", "officer")
    assert sorted(marks.letter_ids) == sorted(one.letter_id for one in letters)


@pytest.mark.parametrize("place", ["sending", "marking"])
def test_letters_when_the_process_dies_then_the_next_one_loses_and_doubles_none(
    machine: Machine, place: str
) -> None:
    letters = machine.letters(3)
    with pytest.raises(KilledError):
        machine.replay(letters, dies=place)

    after = machine.replay(letters)

    assert after.replayed + after.before == 3
    assert sorted(machine.events().values()) == [1, 1, 1]
    assert [len(one.letter_ids) for one in machine.marks] == [3]
    assert machine.replay(letters).before == 3


def test_letters_when_still_bad_then_are_summed_up_and_may_be_replayed_later(
    machine: Machine,
) -> None:
    done = machine.replay(machine.letters(3, kind="ufo"))

    assert (done.replayed, done.refused) == (0, 3)
    assert done.reasons == {"… is no kind of this feed; it has pothole, flow": 3}
    assert machine.marks == []


def test_letters_when_discarded_then_are_not_replayed_unless_asked(machine: Machine) -> None:
    letters = machine.letters(2)

    assert machine.discard(letters) == (2, 0)
    assert machine.replay(letters).discarded == 2
    assert machine.events() == {}
    assert machine.replay(letters, again=True).replayed == 2
    assert machine.discard(letters) == (0, 2)
    assert [one.mark for one in machine.marks] == ["discarded", "replayed"]


def test_letter_of_many_rows_when_replayed_then_alone_and_once(machine: Machine) -> None:
    rows = [json.loads(one.raw) for one in machine.letters(3)]
    origin = Origin(machine.feed, NOW, "b", "application/x-ndjson")
    raw = b"\n".join(json.dumps(row).encode() for row in rows)
    letter = write_letter(origin, "push b", "", "unreadable", raw)

    first, second = machine.replay([letter]), machine.replay([letter])

    assert (first.replayed, first.events, second.before) == (1, 3, 1)
    assert sorted(machine.events().values()) == [1, 1, 1]
