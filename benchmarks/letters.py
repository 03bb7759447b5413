"""How many dead letters a second are replayed, from Kafka to events and marks on Kafka.

Rows that a feed's value map did not know are letters on a real Kafka; then the map knows them.

`python -m benchmarks.letters --count 200000`
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import psutil
import typer

from benchmarks import harness, report
from benchmarks.city import DEPARTMENTS, KINDS, feed_of, make_city
from citybrain.city import City, load_city
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock
from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.settings import Settings
from connectors.letters.letter_ledger import LetterLedger
from connectors.letters.letter_replay import LetterDesk, LetterReplay, Replayed, read_letters
from connectors.mapping.row_refusals import Origin, write_letter
from connectors.publisher import Publisher
from connectors.resends.known_records import KnownRecords

GOAL = 20_000
BATCH = 10_000
_MIB = 1024 * 1024


def main(count: Annotated[int, typer.Option(help="letters")] = 200_000) -> None:
    """Measure, print the table, write results/letters.json."""
    with harness.scratch("letters") as folder:
        settings = harness.fresh_settings(folder / "data")
        city = load_city(make_city(folder / "cities") / "wuhai")
        with harness.broker(settings):
            bus.ensure_topics(settings)
            # What a process loads at its first letters is no cost of a letter.
            _write(settings, _letters(city, DEPARTMENTS[1], BATCH // 10))
            _replay(settings, city, DEPARTMENTS[1])
            _write(settings, _letters(city, DEPARTMENTS[0], count))
            runs = {name: _replay(settings, city, DEPARTMENTS[0]) for name in ("first", "again")}
    found = {
        name: {
            "letters_a_second": count / wall_s,
            "cpu_s_a_million": cpu_s / count * 1e6,
            "replayed": done.replayed,
            "before": done.before,
        }
        for name, (done, wall_s, cpu_s) in runs.items()
    }
    report.show(
        f"{count:,} dead letters, {BATCH:,} at a time",
        ["replayed", *found["first"]],
        [[name, *one.values()] for name, one in found.items()],
    )
    memory = psutil.Process().memory_info().rss / _MIB
    report.write("letters", {"letters": count, "goal": GOAL, "rss_mb": memory, **found})


def _letters(city: City, department: str, count: int) -> Iterator[DeadLetter]:
    now = datetime.now(UTC)
    origin = Origin(city.feeds[feed_of(department)], now, "bench")
    for number in range(count):
        row = {
            "id": f"letter-{number}",
            "at": now.isoformat(),
            "kind": KINDS[number % len(KINDS)],
            "area": "150302003",
            "severity": 2,
            "value": 1.5,
            "subject": f"s-{number % 1000}",
            "text": "refused once, and good today",
        }
        reason = "'x' is no kind of this feed"
        yield write_letter(origin, f"push b:{number}", "kind", reason, json.dumps(row).encode())


def _write(settings: Settings, letters: Iterator[DeadLetter]) -> None:
    publisher = Publisher(settings)
    while some := list(islice(letters, BATCH)):
        publisher.send_letters(some).receipt()
    publisher.close()


def _replay(settings: Settings, city: City, department: str) -> tuple[Replayed, float, float]:
    """Replay a department's letters; return what became of them, seconds, seconds of CPU."""
    ledger, marks = LetterLedger(settings.data), Publisher(settings)
    known = KnownRecords(city.feeds.values(), settings)
    publisher = Publisher(settings, known.of(city.feeds.keys()))
    desk = LetterDesk(ledger, lambda one: marks.send_marks(one).receipt(), SystemClock(), "bench")
    began, cpu = time.perf_counter(), time.process_time()
    replay = LetterReplay(settings, city, desk=desk, publisher=publisher)
    done = replay.run(read_letters(settings, feed_of(department)))
    spent = time.perf_counter() - began, time.process_time() - cpu
    for one in (publisher, marks, ledger):
        one.close()
    return done, *spent


if __name__ == "__main__":
    typer.run(main)
