"""How many events a second go in: NDJSON over HTTP → rows in the store and in its rollups.

`python -m benchmarks.ingest --minutes 5 --rate 210000`, or `--file-drop 10000000` for one big CSV.
Everything runs on this machine, the client too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import typer
from clickhouse_connect.driver.client import Client

from benchmarks import drop, harness, report
from benchmarks.city import issue_keys, make_city
from benchmarks.load import Load, Pushers
from benchmarks.measure import Sampler
from citybrain.floor import store
from citybrain.floor.settings import Settings

LOOK_S = 5.0
ROLLUPS = ("events_minute", "events_hour", "events_day", "feed_totals")


@dataclass
class Progress:
    """How many events were accepted and visible at which instant."""

    at: list[float] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    visible: list[int] = field(default_factory=list)

    def look(self, client: Client, accepted: int) -> int:
        """Take one more sample; return what is visible."""
        shown = total(client, "events_day")
        self.at.append(time.time())
        self.accepted.append(accepted)
        self.visible.append(shown)
        return shown

    def by_minute(self) -> list[int]:
        """Return the events/s that became visible in each full minute from the first sample on."""
        rates = []
        edge, before = self.at[0], self.visible[0]
        for at, shown in zip(self.at, self.visible, strict=True):
            if at >= edge + 60:
                rates.append(round((shown - before) / (at - edge)))
                edge, before = at, shown
        return rates


def main(
    minutes: Annotated[float, typer.Option(help="how long to push")] = 5,
    rate: Annotated[float, typer.Option(help="events/s to offer; 0: all the door takes")] = 210_000,
    rows: Annotated[int, typer.Option(help="events of one body")] = 10_000,
    resends: Annotated[float, typer.Option(help="share of the rows that was sent before")] = 0.0,
    file_drop: Annotated[int, typer.Option(help="rows of a CSV to drop instead")] = 0,
    keep: Annotated[bool, typer.Option(help="keep the data folder")] = False,
) -> None:
    """Measure, print the table, write results/ingest, ingest_resends or file_drop.json."""
    with harness.scratch("ingest", keep) as folder:
        source = "file_drop" if file_drop else "http_push"
        cities = make_city(folder / "cities", source=source)
        settings = replace(harness.fresh_settings(folder / "data"), cities=cities)
        if file_drop:
            _run(settings, "file_drop", lambda: drop.Dropper(settings, file_drop), file_drop)
        else:
            keys = issue_keys(settings)
            load = Load(rate, rows, again=resends)
            name = "ingest_resends" if resends else "ingest"
            _run(settings, name, lambda: Pushers(settings, keys, load), 0, minutes * 60)


def _run(
    settings: Settings,
    name: str,
    make: Callable[[], Pushers | drop.Dropper],
    until: int,
    seconds: float = 3600,
) -> None:
    feeder = make()
    with harness.system(settings) as processes:
        client = store.connect(settings)
        harness.eventually(lambda: total(client, "events_day") == 0, "the tables are there")
        pids = {item: process.pid for item, process in processes.items()} | {"client": os.getpid()}
        progress = Progress()
        with Sampler(pids) as sampler:
            feeder.start()
            began = time.time()
            while time.time() < began + seconds:
                shown = progress.look(client, feeder.pushed.accepted())
                if until and shown >= until:
                    break
                time.sleep(LOOK_S)
            pushed_s = time.time() - began
            feeder.stop()
            accepted, known = feeder.pushed.accepted(), feeder.pushed.known()
            harness.eventually(
                lambda: progress.look(client, accepted) >= accepted, "all is visible", 600
            )
        ended = progress.at[-1]
        counts = recount(client, accepted) | {"known": known}
        _report(name, _result(progress, counts, sampler.summary(began, ended, accepted), pushed_s))


def total(client: Client, table: str) -> int:
    """Return the events that `table` counts, 0 where it does not exist yet."""
    what = "count()" if table == "events" else "sum(events)"
    if not client.command(f"EXISTS TABLE {table}"):
        return -1
    sql = f"SELECT {what} FROM {table}"  # noqa: S608  # our own names
    return int(client.query(sql).result_rows[0][0])


def recount(client: Client, accepted: int) -> dict[str, Any]:
    """Return the counts of the events and all rollups, and whether they are what was accepted."""
    counts: dict[str, Any] = {table: total(client, table) for table in ("events", *ROLLUPS)}
    twice = client.query(
        "SELECT count() - uniqExact(event_id) FROM events WHERE cityHash64(event_id) % 16 = 0"
    ).result_rows[0][0]
    return {
        "accepted": accepted,
        **counts,
        "twice_in_a_sixteenth": int(twice),
        "right": all(count == accepted for count in counts.values()) and not twice,
    }


def _result(
    progress: Progress, counts: dict[str, Any], costs: dict[str, Any], pushed_s: float
) -> dict[str, Any]:
    end = min(
        range(len(progress.at)), key=lambda i: abs(progress.at[i] - progress.at[0] - pushed_s)
    )
    span = progress.at[end] - progress.at[0]
    return {
        "seconds": round(span, 1),
        "visible_per_s": round((progress.visible[end] - progress.visible[0]) / span),
        "visible_per_s_by_minute": progress.by_minute(),
        "behind_at_the_end": progress.accepted[end] - progress.visible[end],
        "drained_s": round(progress.at[-1] - progress.at[end], 1),
        "counts": counts,
        "processes": costs,
    }


def _report(name: str, result: dict[str, Any]) -> None:
    report.show(
        f"{name}: {result['visible_per_s']:,} events/s visible over {result['seconds']} s",
        ("process", "core-s per million events", "peak MB", "first MB", "last MB"),
        [
            (
                process,
                cost["core_seconds_per_million"],
                cost["peak_mb"],
                cost["rss_mb_every_15_s"][min(2, len(cost["rss_mb_every_15_s"]) - 1)],
                cost["rss_mb_every_15_s"][-1],
            )
            for process, cost in result["processes"].items()
        ],
    )
    report.say(f"by minute: {result['visible_per_s_by_minute']}")
    behind, drained_s = result["behind_at_the_end"], result["drained_s"]
    report.say(f"behind at the end: {behind:,} events, visible {drained_s} s later")
    report.say(f"counts: {result['counts']}")
    report.write(name, result)


if __name__ == "__main__":
    typer.run(main)
