"""On the log each record counts once, as its last version says, whatever fails or is killed."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.floor.errors import BusError
from connectors.resends.feed_memory import Admission
from connectors.resends.kept_ids import Place
from connectors.versions import known_versions
from connectors.versions.kept_versions import KeptVersions
from connectors.versions.known_versions import KnownVersions
from tests.connectors.resends.records import Record, table_of
from tests.connectors.resends.test_known_ids import DAY, HORIZON, NOW, Log, kill

OPENED = Record(1, status="open")
CLOSED = replace(OPENED, status="closed")


def opened(folder: Path, log: Log, **more: Any) -> KnownVersions:
    return KnownVersions(folder, "reports", HORIZON, log, **{"dated": False, **more})


def take(versions: KnownVersions, log: Log, *records: Record, now: Any = NOW) -> Admission:
    admission = versions.admit(table_of(records), now)
    versions.landed(admission.ticket, log.append(admission))
    return admission


def counted(log: Log) -> dict[str, list[tuple[str, float]]]:
    """Return what counts of each record after all that lies on the log; never less than nothing."""
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for table in log.envelopes:
        for row in table.to_pylist():
            said = row["status"], row["value"]
            if row["sign"] > 0:
                found[row["subject"]].append(said)
            else:
                found[row["subject"]].remove(said)
    return found


def test_record_when_it_is_closed_then_what_it_said_before_is_taken_back(tmp_path: Path) -> None:
    log = Log()
    versions = opened(tmp_path, log)
    take(versions, log, OPENED)
    assert take(versions, log, CLOSED).rows.changed.tolist() == [True]
    assert take(versions, log, CLOSED).rows.known.tolist() == [True]
    assert counted(log) == {"s-1": [("closed", 1.5)]}


def test_version_when_the_gateway_starts_anew_then_it_takes_back_the_right_one(
    tmp_path: Path,
) -> None:
    log = Log()
    versions = opened(tmp_path, log)
    take(versions, log, OPENED)
    versions.close()
    versions = opened(tmp_path, log)
    take(versions, log, replace(OPENED, value=2.0))
    kill(versions)  # it was acknowledged, and is not in the file
    versions = opened(tmp_path, log)
    take(versions, log, CLOSED)
    assert counted(log) == {"s-1": [("closed", 1.5)]}
    assert log.read == 1  # no more than lay behind


@pytest.mark.parametrize("arrived", [True, False])
def test_version_when_nobody_knows_whether_it_arrived_then_the_log_is_read(
    tmp_path: Path, arrived: bool
) -> None:
    log = Log()
    versions = opened(tmp_path, log)
    take(versions, log, OPENED)
    admission = versions.admit(table_of([replace(OPENED, value=2.0)]), NOW)
    if arrived:
        log.append(admission)
    versions.failed(admission.ticket, BusError("no answer"))
    take(versions, log, CLOSED)
    assert counted(log) == {"s-1": [("closed", 1.5)]}


def test_envelope_then_it_waits_for_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_versions, "WAIT_S", 0.05)
    log = Log()
    versions = opened(tmp_path, log)
    first = versions.admit(table_of([OPENED]), NOW)
    problem = "^Kafka has not answered for the last envelope of feed reports for 0.05 s; "
    with pytest.raises(BusError, match=problem + "send it again later$"):
        versions.admit(table_of([CLOSED]), NOW)
    monkeypatch.setattr(known_versions, "WAIT_S", 30)
    second: list[Admission] = []
    waiting = threading.Thread(target=lambda: second.append(take(versions, log, CLOSED)))
    waiting.start()
    versions.landed(first.ticket, log.append(first))
    waiting.join()
    assert second[0].rows.changed.tolist() == [True]
    assert counted(log) == {"s-1": [("closed", 1.5)]}


def test_gateways_when_both_take_versions_then_each_record_counts_once(tmp_path: Path) -> None:
    log = Log()
    first, second = opened(tmp_path, log), opened(tmp_path, log)
    for number in range(20):
        for versions in (first, second):
            take(versions, log, replace(OPENED, value=float(number)))
    assert counted(log) == {"s-1": [("open", 19.0)]}


def test_gateway_when_it_had_the_turn_before_then_what_landed_meanwhile_is_known(
    tmp_path: Path,
) -> None:
    log = Log()
    first, second = opened(tmp_path, log), opened(tmp_path, log)
    take(first, log, OPENED)
    first.advance(log.end())
    take(second, log, CLOSED)
    first.advance(log.end())  # another one had the turn since: left to the next envelope
    assert take(first, log, CLOSED).rows.known.all()


def test_catching_up_then_what_lies_behind_is_read_once(tmp_path: Path) -> None:
    log = Log()
    versions = opened(tmp_path, log)
    take(versions, log, OPENED)
    kill(versions)
    versions = opened(tmp_path, log)
    with versions.catching_up(log.end()) as behind:
        assert behind is not None
        for table in log.tables(behind.behind, log.end()):
            behind.add(table)
    read = log.read
    assert take(versions, log, OPENED).rows.known.all()
    assert log.read == read


def test_record_when_it_was_withdrawn_then_it_is_new_again(tmp_path: Path) -> None:
    log = Log()
    versions = opened(tmp_path, log)
    admission = take(versions, log, OPENED)
    kill(versions)
    signs = admission.table.schema.get_field_index("sign")
    minus = pa.array([-1], pa.int8())
    gone = admission.table.set_column(signs, admission.table.schema.field(signs), minus)
    log.envelopes.append(gone)
    versions = opened(tmp_path, log)
    assert not take(versions, log, OPENED).rows.changed.any()
    assert counted(log) == {"s-1": [("open", 1.5)]}


def test_closed_record_when_it_was_not_heard_of_for_the_horizon_then_it_is_forgotten(
    tmp_path: Path,
) -> None:
    log = Log()
    versions = opened(tmp_path, log)
    take(versions, log, OPENED, replace(CLOSED, number=2), replace(CLOSED, number=3))
    take(versions, log, replace(CLOSED, number=3), now=NOW + 20 * DAY)
    later = NOW + 37 * DAY
    take(versions, log, Record(9, at=later, received=later), now=later)
    again = take(versions, log, CLOSED, *(replace(CLOSED, number=n) for n in (2, 3)), now=later)
    assert again.rows.changed.tolist() == [True, False, False]  # what is open is not forgotten
    assert again.rows.known.tolist() == [False, False, True]
    assert again.rows.beyond.tolist() == [False, True, False]


def test_file_when_it_is_broken_then_it_is_put_aside_and_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "reports.versions").write_bytes(b"broken" * 1000)
    log = Log()
    versions = opened(tmp_path, log)
    take(versions, log, OPENED)
    assert take(versions, log, OPENED).rows.known.all()
    assert (tmp_path / "reports.broken").read_bytes().startswith(b"broken")


def test_file_when_it_cannot_be_written_then_the_error_names_it(tmp_path: Path) -> None:
    kept = KeptVersions(tmp_path / "a.versions", 1000)
    kept._store.execute("PRAGMA query_only = 1")
    with pytest.raises(OSError, match=r"a\.versions: attempt to write a readonly database"):
        kept.note(Place(0, 1))
    kept.close()
    (tmp_path / "b.versions").mkdir()
    with pytest.raises(OSError, match=r"b\.versions: unable to open database file"):
        KeptVersions(tmp_path / "b.versions", 1000)


SENT = st.lists(
    st.builds(
        lambda number, value, status: Record(number, value=value, status=status),
        st.integers(0, 3),
        st.sampled_from([1.0, 2.0]),
        st.sampled_from(["open", "closed"]),
    ),
    min_size=1,
    max_size=4,
)
FATES = ("landed", "lost", "landed but unknown", "killed before", "killed after")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(SENT, st.sampled_from(FATES)), min_size=1, max_size=12))
def test_versions_when_anything_fails_or_is_killed_then_each_record_counts_once_as_it_is_now(
    sends: list[tuple[list[Record], str]],
) -> None:
    log, last = Log(), {}
    with TemporaryDirectory() as folder:
        versions = opened(Path(folder), log)
        for records, fate in sends:
            admission = versions.admit(table_of(records), NOW)
            arrives = fate not in ("lost", "killed before")
            if arrives:
                place = log.append(admission)
                last |= {f"s-{one.number}": (one.status, one.value) for one in records}
            if fate == "landed":
                versions.landed(admission.ticket, place)
            elif fate.startswith("killed"):
                kill(versions)
                versions = opened(Path(folder), log)
            else:
                versions.failed(admission.ticket, BusError("no answer"))
        versions.close()
    assert {subject: said for subject, (said,) in counted(log).items()} == last
