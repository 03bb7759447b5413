"""Every record is on the log once, whatever is sent again, fails, or is killed at any point."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citybrain.floor.errors import BusError
from connectors.resends import kept_ids, turn_lock
from connectors.resends.id_table import IdTable
from connectors.resends.kept_ids import Place
from connectors.resends.known_ids import Admission, KnownIds
from tests.connectors.resends.records import Record, ids_of, table_of

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
DAY = timedelta(days=1)
HORIZON = 35 * DAY


@dataclass
class Log:
    """A partition in memory."""

    envelopes: list[pa.Table] = field(default_factory=list)
    away: bool = False
    read: int = 0

    def end(self) -> Place:
        if self.away:
            raise BusError("no broker answers")
        return Place(0, len(self.envelopes) - 1)

    def tables(self, behind: Place, upto: Place) -> Iterator[pa.Table]:
        for table in self.envelopes[behind.offset + 1 : upto.offset + 1]:
            self.read += 1
            yield table

    def append(self, admission: Admission) -> Place:
        self.envelopes.append(admission.table)
        return self.end()

    def records(self) -> Counter[tuple[bytes, str]]:
        return Counter(
            (row["event_id"], row["text"]) for table in self.envelopes for row in table.to_pylist()
        )


def opened(folder: Path, log: Log, **more: object) -> KnownIds:
    return KnownIds(folder, "reports", HORIZON, log, **more)  # type: ignore[arg-type]


def kill(ids: KnownIds) -> None:
    """End the process that holds `ids`: the kernel gives its lock back, no more is done."""
    ids._turn.end()


def take(ids: KnownIds, log: Log, *records: Record, now: datetime = NOW) -> Admission:
    """Send records as a publisher does; Kafka answers at once."""
    admission = ids.admit(table_of(records), now)
    ids.landed(admission.ticket, log.append(admission))
    return admission


def test_record_when_it_comes_again_then_it_is_known(tmp_path: Path) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    assert take(ids, log, Record(1), Record(2)).rows.known.tolist() == [False, False]
    again = take(ids, log, Record(2), Record(3), Record(1))
    assert again.rows.known.tolist() == [True, False, True]
    assert not again.rows.changed.any()
    assert again.table.num_rows == 1


def test_record_when_it_says_something_else_then_it_goes_on_and_is_called_changed(
    tmp_path: Path,
) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    take(ids, log, Record(1, text="open"))
    changed = take(ids, log, Record(1, text="closed"))
    assert (changed.rows.known.tolist(), changed.rows.changed.tolist()) == ([False], [True])
    for text in ("open", "closed"):  # each of its contents is known by now
        assert take(ids, log, Record(1, text=text)).rows.known.tolist() == [True]


def test_record_when_it_is_twice_in_one_envelope_then_the_first_goes_on(tmp_path: Path) -> None:
    log = Log()
    admission = take(opened(tmp_path, log), log, Record(1), Record(1), Record(1, text="closed"))
    assert admission.rows.known.tolist() == [False, True, False]
    assert admission.rows.changed.tolist() == [False, False, True]


@pytest.mark.parametrize("arrives", [True, False])
def test_record_when_the_first_one_is_under_way_then_its_answer_waits_for_that(
    tmp_path: Path, arrives: bool
) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    first = ids.admit(table_of([Record(1)]), NOW)
    second = ids.admit(table_of([Record(1), Record(2)]), NOW)
    assert second.rows.known.tolist() == [True, False]
    assert second.waits_for == (first.ticket.outcome,)
    assert not first.ticket.outcome.is_done
    if arrives:
        ids.landed(first.ticket, log.append(first))
        assert second.waits_for[0].get(1) == Place(0, 0)
    else:
        ids.failed(first.ticket, BusError("gone"))
        with pytest.raises(BusError, match="gone"):
            second.waits_for[0].get(1)
    ids.landed(second.ticket, log.append(second))
    take(ids, log, Record(1), Record(2))
    assert set(log.records().values()) == {1}


def test_record_when_nobody_knows_whether_it_arrived_then_the_log_is_read(tmp_path: Path) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    for number, arrived in ((1, True), (2, False)):
        admission = ids.admit(table_of([Record(number)]), NOW)
        if arrived:
            log.append(admission)
        ids.failed(admission.ticket, BusError("no answer"))
    assert take(ids, log, Record(1), Record(2)).rows.known.tolist() == [True, False]
    assert set(log.records().values()) == {1}


def test_record_when_another_lands_after_one_that_nobody_knows_of_then_neither_is_lost(
    tmp_path: Path,
) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    doubtful = ids.admit(table_of([Record(1)]), NOW)
    sure = ids.admit(table_of([Record(2)]), NOW)
    log.append(doubtful)
    ids.failed(doubtful.ticket, BusError("no answer"))
    ids.landed(sure.ticket, log.append(sure))
    ids = opened(tmp_path, log)  # killed
    assert take(ids, log, Record(1), Record(2)).rows.known.tolist() == [True, True]


def test_record_when_the_gateway_is_killed_before_it_was_noted_then_it_is_read_from_the_log(
    tmp_path: Path,
) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    take(ids, log, Record(1))
    log.append(ids.admit(table_of([Record(2)]), NOW))
    kill(ids)
    ids = opened(tmp_path, log)
    assert take(ids, log, Record(1), Record(2), Record(3)).rows.known.tolist() == [
        True,
        True,
        False,
    ]
    assert log.read == 1  # no more than lay behind


def test_record_when_the_machine_was_started_since_then_reading_begins_at_what_was_forced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    for number in range(3):
        take(ids, log, Record(number))
    monkeypatch.setattr(kept_ids, "_boot", lambda: "b" * 36)
    lost = IdTable(file=tmp_path / "reports.ids")
    lost.stamp[:] = 0  # what was not forced is gone
    ids = opened(tmp_path, log)
    assert take(ids, log, *map(Record, range(3))).rows.known.all()
    assert log.read == 3


def test_table_when_it_grew_and_the_machine_failed_then_the_one_of_before_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    take(ids, log, *map(Record, range(600)))
    ids.close()  # forced to the disk
    ids = opened(tmp_path, log)
    take(ids, log, *map(Record, range(600, 3_000)))  # it grows, twice
    take(ids, log, *map(Record, range(3_000, 8_000)))
    monkeypatch.setattr(kept_ids, "_boot", lambda: "b" * 36)
    lost = IdTable(file=tmp_path / "reports.ids")
    lost.stamp[:] = 0
    ids = opened(tmp_path, log)
    assert take(ids, log, *map(Record, range(8_000))).rows.known.all()
    assert log.read == 2  # the first envelope was forced, and is in the table of before
    ids.close()
    assert not (tmp_path / "reports.old").exists()


def test_first_start_then_it_begins_at_the_end_of_the_log(tmp_path: Path) -> None:
    log = Log([table_of([Record(1)])])
    assert not take(opened(tmp_path, log), log, Record(1)).rows.known.any()
    assert log.read == 0


def test_topic_when_it_was_made_anew_then_it_begins_at_its_end(tmp_path: Path) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    for number in range(3):
        take(ids, log, Record(number))
    ids.close()
    log = Log()
    ids = opened(tmp_path, log)
    take(ids, log, Record(7))
    assert take(ids, log, Record(7)).rows.known.all()


def test_table_when_it_is_broken_then_it_is_put_aside_and_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "reports.ids").write_bytes(b"broken" * 1000)
    log = Log()
    ids = opened(tmp_path, log)
    take(ids, log, Record(1))
    assert take(ids, log, Record(1)).rows.known.all()
    assert (tmp_path / "reports.broken").read_bytes().startswith(b"broken")


def test_kafka_when_it_is_away_then_nothing_is_admitted_and_nothing_is_held(tmp_path: Path) -> None:
    log = Log(away=True)
    ids = opened(tmp_path, log)
    with pytest.raises(BusError, match="no broker answers"):
        ids.admit(table_of([Record(1)]), NOW)
    log.away = False
    other = opened(tmp_path, log)
    assert not take(other, log, Record(1)).rows.known.any()


def test_advance_then_no_more_is_read_than_what_came_since(tmp_path: Path) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    take(ids, log, Record(1))
    log.envelopes += [table_of([]) for _ in range(5)]  # of other feeds
    ids.advance(log.end())
    under_way = ids.admit(table_of([Record(2)]), NOW)
    log.append(under_way)
    ids.advance(log.end())  # nobody knows of it yet: noted is no more than before
    kill(ids)
    again = opened(tmp_path, log)
    assert take(again, log, Record(1), Record(2)).rows.known.all()
    assert log.read == 1


def test_catching_up_when_another_gateway_is_at_work_then_it_is_left_to_it(tmp_path: Path) -> None:
    log = Log()
    first, second = opened(tmp_path, log), opened(tmp_path, log)
    admission = first.admit(table_of([Record(1)]), NOW)
    with second.catching_up(log.end()) as catching:
        assert catching is None
    first.landed(admission.ticket, log.append(admission))
    assert take(second, log, Record(1)).rows.known.all()


def test_gateways_when_both_take_the_same_then_each_record_goes_once(tmp_path: Path) -> None:
    log = Log()
    first, second = opened(tmp_path, log), opened(tmp_path, log)
    for number in range(20):
        for ids in (first, second):
            take(ids, log, Record(number), Record(number + 1))
    assert set(log.records().values()) == {1}


def test_gateway_when_another_one_holds_the_feed_then_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_lock, "WAIT_S", 0.05)
    log = Log()
    first, second = opened(tmp_path, log), opened(tmp_path, log)
    admission = first.admit(table_of([Record(1)]), NOW)
    problem = "^another gateway has been at work on feed reports for 0.05 s; send it again later$"
    with pytest.raises(BusError, match=problem):
        second.admit(table_of([Record(1)]), NOW)
    first.landed(admission.ticket, log.append(admission))
    assert take(second, log, Record(1)).rows.known.all()


def test_gateway_when_others_live_then_it_gives_its_turn_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_lock, "TURN_S", 0.0)
    monkeypatch.setattr(turn_lock, "WAIT_S", 0.05)
    log = Log()
    ids = opened(tmp_path, log, others_live=lambda: True)
    admission = ids.admit(table_of([Record(1)]), NOW)
    with pytest.raises(BusError, match="at work on feed reports"):
        ids.admit(table_of([Record(2)]), NOW)  # waits for what is under way to end its turn
    ids.landed(admission.ticket, log.append(admission))
    assert not take(ids, log, Record(2)).rows.known.any()


def test_horizon_when_the_table_is_made_anew_then_what_is_older_is_forgotten(
    tmp_path: Path,
) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    take(ids, log, Record(1), Record(2))
    take(ids, log, Record(2), now=NOW + 10 * DAY)  # delivered again: known from then on
    later = NOW + 36 * DAY
    take(ids, log, *map(Record, range(100, 3000)), now=later)
    known = take(ids, log, Record(1), Record(2), Record(100), now=later).rows.known
    assert known.tolist() == [False, True, True]


def test_rows_older_than_the_horizon_then_they_are_said_to_be_beyond_it(tmp_path: Path) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    records = [Record(1, at=NOW - 34 * DAY), Record(2, at=NOW - 36 * DAY)]
    assert take(ids, log, *records).rows.beyond.tolist() == [False, True]
    assert take(ids, log, *records).rows.beyond.tolist() == [
        False,
        False,
    ]  # known: not counted at all


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "send", "land", "fail", "vanish", "kill", "grow"]),
        st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["a", "b"])), max_size=6),
        st.integers(0, 3),
    ),
    max_size=40,
)


class Course:
    """A gateway's life: what is sent, answered, lost and killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, Log()
        self.told: set[tuple[int, str]] = set()
        self.begin()

    def begin(self) -> None:
        self.ids = opened(self.folder, self.log)
        self.under_way: list[tuple[Admission, list[tuple[int, str]]]] = []

    def do(self, what: str, contents: list[tuple[int, str]], number: int) -> None:
        if what == "send":
            self.send([Record(n, text=text) for n, text in contents], contents)
        elif what == "grow":
            self.send([Record(1_000 + number * 1_000 + n) for n in range(900)], [])
        elif what == "kill":
            self.kill(number)
        elif self.under_way:
            self.answer(number % len(self.under_way), lands=what != "vanish", told=what == "land")

    def send(self, records: list[Record], contents: list[tuple[int, str]]) -> None:
        self.under_way.append((self.ids.admit(table_of(records), NOW), contents))

    def answer(self, place: int, *, lands: bool, told: bool) -> None:
        admission, sent = self.under_way.pop(place)
        where = self.log.append(admission) if lands else Place(0, -1)
        if not (lands and told):
            self.ids.failed(admission.ticket, BusError("nobody knows"))
            return
        self.ids.landed(admission.ticket, where)
        if all(outcome.succeeded() for outcome in admission.waits_for):
            self.told.update(sent)

    def kill(self, arrive: int) -> None:
        """Kill the gateway; so many of what is under way arrive all the same."""
        for admission, _ in self.under_way[:arrive]:
            self.log.append(admission)
        kill(self.ids)
        self.begin()

    def end(self) -> None:
        while self.under_way:
            self.answer(0, lands=True, told=True)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_course_of_sending_failing_and_killing_then_each_record_is_on_the_log_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[tuple[int, str]], int]]
) -> None:
    course = Course(tmp_path_factory.mktemp("known"))
    for what, contents, number in steps:
        course.do(what, contents, number)
    course.end()
    found = course.log.records()
    assert set(found.values()) <= {1}
    numbers = {id_.as_py(): n for n, id_ in enumerate(ids_of(range(13)))}
    assert course.told <= {(numbers[id_], text) for id_, text in found if id_ in numbers}


def test_horizon_when_it_changes_then_what_is_known_stays_and_older_is_told(tmp_path: Path) -> None:
    log = Log()
    ids = opened(tmp_path, log)
    take(ids, log, Record(1))

    ids.keep_for(timedelta(minutes=1))

    again = take(ids, log, Record(1), Record(2), now=NOW + timedelta(hours=1))
    assert again.rows.known.tolist() == [True, False]
    assert again.rows.beyond.tolist() == [False, True]
