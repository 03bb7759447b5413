"""Which order key and which codecs suit table `events`: size, speed of inserts, speed of questions.

The same rows are inserted into one table per variant, in pieces as a sink sends them, with the
question that repair asks and those that a person asks of the raw events afterwards.

`python -m benchmarks.storage --rows 5000000`
"""

from __future__ import annotations

import re
import time
from typing import Annotated, Any

import typer
from clickhouse_connect.driver.client import Client

from benchmarks import harness, report
from benchmarks.grow import Grower
from benchmarks.screens import make_tables
from citybrain.city import load_city
from citybrain.floor import store
from sinks.migrations import Dialect
from sinks.table import find_tables

PIECE = 100_000
ASKED = 7

ORDER_KEYS = {
    "theme, kind, time (ours)": "(theme, kind, occurred_at)",
    "time": "(occurred_at)",
    "department, time": "(department, occurred_at)",
    "kind, area, time": "(kind, area, occurred_at)",
    "id": "(event_id)",
}
CODECS = {
    "Delta+ZSTD(1) times, ZSTD(1) (ours)": lambda ddl: ddl,
    "LZ4 everywhere": lambda ddl: re.sub(r" CODEC\([^,]*?(\([^)]*\))?(, ?\w+\(\d\))?\)", "", ddl),
    "ZSTD(1), no Delta": lambda ddl: ddl.replace("CODEC(Delta, ZSTD(1))", "CODEC(ZSTD(1))"),
    "ZSTD(3)": lambda ddl: ddl.replace("ZSTD(1)", "ZSTD(3)"),
    "DoubleDelta times": lambda ddl: ddl.replace("Delta, ZSTD", "DoubleDelta, ZSTD"),
}
QUESTIONS = {
    "a kind, a day": "kind = {kind:String} AND theme = {theme:String} AND occurred_at >= {day}",
    "a department, a day": "department = {department:String} AND occurred_at >= {day}",
    "repair: a feed, an hour": "feed = {feed:String} AND occurred_at >= {hour}",
}


def main(
    rows: Annotated[int, typer.Option(help="rows of each variant")] = 5_000_000,
) -> None:
    """Measure, print the tables, write results/storage.json."""
    with harness.scratch("storage") as folder:
        settings = harness.fresh_settings(folder / "data")
        with harness.system(settings, ("store",)):
            make_tables(settings)
            client = store.connect(settings, timeout_s=600)
            Grower(client, load_city(settings.city_folder)).grow_to(rows)
            keys = {name: _try(client, rows, key=key) for name, key in ORDER_KEYS.items()}
            codecs = {name: _try(client, rows, change=change) for name, change in CODECS.items()}
    for title, found in (("order keys", keys), ("codecs", codecs)):
        _show(f"events, {rows:,} rows: {title}", found)
    report.write("storage", {"rows": rows, "order_keys": keys, "codecs": codecs})


def _try(client: Client, rows: int, *, key: str = "", change: Any = None) -> dict[str, Any]:
    """Fill a variant of `events` and ask it; return what that took."""
    ddl = Dialect("Asia/Shanghai").render(find_tables()["events"].migrations[0].statements[0])
    ddl = ddl.replace("EXISTS events", "EXISTS variant")
    if key:
        ddl = re.sub(r"ORDER BY \(.*?\)", f"ORDER BY {key}", ddl)
    client.command("DROP TABLE IF EXISTS variant SYNC")
    client.command(change(ddl) if change else ddl)
    began = time.perf_counter()
    for first in range(0, rows, PIECE):
        client.command(
            f"INSERT INTO variant SELECT * FROM events WHERE kafka_offset >= {first} "  # noqa: S608
            f"AND kafka_offset < {first + PIECE} SETTINGS max_threads = 2, max_insert_threads = 1"
        )
    inserted_s = time.perf_counter() - began
    client.command("OPTIMIZE TABLE variant FINAL")
    size = client.query(
        "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'variant'"
    ).result_rows[0][0]
    return {
        "bytes_per_row": round(int(size) / rows, 1),
        "inserts_per_s": round(rows / inserted_s),
        **{name: _ask(client, where) for name, where in QUESTIONS.items()},
    }


def _ask(client: Client, where: str) -> float:
    """Return the median milliseconds of an answer."""
    for name, days in (("{day}", 1.0), ("{hour}", 1 / 24)):
        where = where.replace(name, f"now() - INTERVAL {round(days * 86_400)} SECOND")
    sql = f"SELECT kind, count(), sum(value) FROM variant WHERE {where} GROUP BY kind"  # noqa: S608
    busy = client.query(
        "SELECT theme, kind, department, feed FROM variant"
        " GROUP BY ALL ORDER BY count() DESC LIMIT 1 OFFSET 5"
    ).first_row
    given = dict(zip(("theme", "kind", "department", "feed"), busy, strict=True))
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        client.query(sql, parameters=given)
        times.append((time.perf_counter() - began) * 1000)
    return round(sorted(times)[ASKED // 2], 1)


def _show(title: str, found: dict[str, dict[str, Any]]) -> None:
    columns = ("variant", "bytes/row", "inserts/s", *(f"{name}, ms" for name in QUESTIONS))
    report.show(title, columns, [(name, *run.values()) for name, run in found.items()])


if __name__ == "__main__":
    typer.run(main)
