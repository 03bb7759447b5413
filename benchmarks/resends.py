"""What it costs to know every record that comes again, exactly, at the size of a city.

One feed's table is filled with `ids` records in its file. Then NDJSON bodies go through what the
door does with them (read, map, encode for Kafka), and through the table, with none, 1 % and half
of their rows sent before. Told is the CPU time of each for a million rows, and their ratio; the
whole way of an event costs about four times what the door does (benchmarks/ingest.py).

`python -m benchmarks.resends --ids 20000000`
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Annotated, Any

import numpy as np
import psutil
import pyarrow as pa
import typer

from benchmarks import harness, report
from benchmarks.city import DEPARTMENTS, feed_of, make_city
from benchmarks.load import Body
from citybrain.city import load_city
from citybrain.floor.events import Envelope, encode
from connectors.door.bodies import NDJSON, media_of
from connectors.door.intake import Intake
from connectors.resends.id_table import ROW_BYTES
from connectors.resends.kept_ids import Place
from connectors.resends.known_ids import KnownIds

BODY = 10_000
MEASURED = 50
"""Bodies of each share."""
SHARES = (0.0, 0.01, 0.5)
_FIRST_SERIAL = 50_000_000
_MIB = 1024 * 1024


class EmptyLog:
    """A partition on which nothing lies that is not known: it is not read."""

    def end(self) -> Place:
        """Return the place of its newest record."""
        return Place(0, 0)

    def tables(self, _behind: Place, _upto: Place) -> Iterator[pa.Table]:
        """Yield nothing."""
        yield from ()


def main(ids: Annotated[int, typer.Option(help="records that are known")] = 20_000_000) -> None:
    """Measure, print the tables, write results/resends.json."""
    now = datetime.now(UTC)
    with harness.scratch("resends") as folder:
        city = load_city(make_city(folder / "cities") / "wuhai")
        department = DEPARTMENTS[0]
        intake = Intake(city.feeds[feed_of(department)], city)
        body = Body(department, BODY)
        known = KnownIds(folder / "known", "feed", timedelta(days=35), EmptyLog())
        filled = _fill(known, _table(intake, body, 0, now), ids, now)
        found = {f"{share:.0%}": _share(known, intake, body, share, now) for share in SHARES}
        size = (folder / "known" / "feed.ids").stat().st_size
    result = filled | {
        "file_mb": size / _MIB,
        "bytes_an_id": size / ids,
        "rss_mb": psutil.Process().memory_info().rss / _MIB,
        "shares": found,
    }
    report.show(
        f"{ids:,} records known",
        ["", "value"],
        [
            ["file, MiB", result["file_mb"]],
            [f"bytes a record (a slot has {ROW_BYTES})", result["bytes_an_id"]],
            ["memory of the process, mapped file included, MiB", result["rss_mb"]],
            ["CPU s a million, while filled, growth included", result["fill_cpu_s_a_million"]],
            ["longest pause: the table grows, s", result["longest_s"]],
        ],
    )
    columns = ["sent before", "door, CPU s a million", "table, CPU s a million", "table / door"]
    report.show(
        "CPU of what the door does, and of the table",
        columns,
        [[share, *one.values()] for share, one in found.items()],
    )
    report.write("resends", {"ids": ids, **result})


def _table(intake: Intake, body: Body, serial: int, now: datetime) -> pa.Table:
    hauls = intake.take(body.stamp(serial, now), media_of(NDJSON), "b", now)
    return pa.concat_tables([haul.table for haul in hauls])


def _fill(known: KnownIds, like: pa.Table, ids: int, now: datetime) -> dict[str, Any]:
    """Make `ids` records known, ten thousand at a time."""
    random, longest = np.random.default_rng(1), 0.0
    spent = 0.0
    place = like.column_names.index("event_id")
    for _ in range(ids // BODY):
        words = random.bytes(16 * BODY)
        fresh = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(16), BODY, [None, pa.py_buffer(words)]
        )
        table = like.set_column(place, "event_id", fresh)
        began, cpu = time.perf_counter(), time.process_time()
        _send(known, table, now)
        longest = max(longest, time.perf_counter() - began)
        spent += time.process_time() - cpu
    return {"fill_cpu_s_a_million": spent / ids * 1e6, "longest_s": longest}


def _share(
    known: KnownIds, intake: Intake, body: Body, share: float, now: datetime
) -> dict[str, float]:
    """Send bodies of which `share` of the rows were sent before; return the CPU s a million.

    Of the bodies the median counts: that the table grows is told by itself.
    """
    door: list[float] = []
    table_s: list[float] = []
    before: pa.Table | None = None
    again = int(BODY * share)
    for number in range(MEASURED):
        serial = _FIRST_SERIAL + round(share * 100) * 1_000 + number
        cpu = time.process_time()
        table = _table(intake, body, serial, now)
        encode(Envelope("feed", "department", table))
        door.append(time.process_time() - cpu)
        if before is not None and again:
            table = pa.concat_tables([before.slice(0, again), table.slice(again)])
        before = table
        cpu = time.process_time()
        _send(known, table, now)
        table_s.append(time.process_time() - cpu)
    rows = BODY / 1e6
    found = {"door": median(door) / rows, "table": median(table_s) / rows}
    return found | {"ratio": found["table"] / found["door"]}


def _send(known: KnownIds, table: pa.Table, now: datetime) -> None:
    admission = known.admit(table, now)
    known.landed(admission.ticket, Place(0, 0))


if __name__ == "__main__":
    typer.run(main)
