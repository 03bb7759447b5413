"""Count events per (department, kind) and minute: we and four others, from the same Kafka.

`python -m benchmarks.peers --events 2000000`
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from kafka import KafkaProducer

from benchmarks import harness, report
from benchmarks.city import DEPARTMENTS, make_city
from benchmarks.measure import Sampler
from benchmarks.peers import ours
from benchmarks.peers.messages import Messages
from benchmarks.peers.requirements import PEERS, command
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock, millis
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS, Topic, department_topic, partition_of

OURS = ("ours_json", "ours")
COLUMNS = ("", "events/s", "CPU s per million", "peak MB", "events", "seconds", "counts right")
SILENCE_MS = 3_600_000
DAY_S = 86_400  # the log is an hour old when it is read; nobody may call it late


@dataclass(frozen=True)
class Bench:
    """One run of the benchmark: its own broker, its own folder, its own events."""

    settings: Settings
    messages: Messages
    folder: Path
    cap_s: float


def main(
    events: Annotated[int, typer.Option(help="events to count")] = 2_000_000,
    only: Annotated[str, typer.Option(help=f"some of {','.join([*PEERS, *OURS])}")] = "",
    cap_s: Annotated[float, typer.Option(help="seconds that one may take at most")] = 600,
    rows: Annotated[int, typer.Option(help="events in one of our envelopes")] = 1_000,
) -> None:
    """Measure everybody, print the table, write results/peers.json."""
    wanted = only.split(",") if only else [*PEERS, *OURS]
    for name in wanted:
        if name in PEERS:
            command(name)
    with harness.scratch("peers") as folder:
        settings = harness.fresh_settings(folder)
        start_ms = (millis(SystemClock().now()) - SILENCE_MS) // 60_000 * 60_000
        bench = Bench(settings, Messages(events, start_ms), folder, cap_s)
        results = _measure(bench, wanted, rows)
    report.show(
        f"{events:,} events, windows of a minute", COLUMNS, [_row(item) for item in results]
    )
    requires = {name: PEERS[name].requires for name in wanted if name in PEERS}
    told = {"events": events, "envelope_rows": rows, "requires": requires, "runs": results}
    report.write("peers", told)


def _measure(bench: Bench, wanted: list[str], rows: int) -> list[dict[str, Any]]:
    expected = bench.messages.expected()
    results = []
    with harness.broker(bench.settings):
        results += [_peer(bench, name) for name in wanted if name in PEERS]
        if "ours_json" in wanted:
            found = _ours_from_json(bench)
            results.append(_judged("ours, from JSON (connector + streams)", found, expected))
    if "ours" in wanted:
        # A broker of its own: the windows of the run before must not be counted again.
        with harness.scratch("peers") as folder:
            fresh = replace(bench, settings=harness.fresh_settings(folder), folder=folder)
            with harness.broker(fresh.settings):
                found = _ours_from_envelopes(fresh, rows)
                results.append(_judged(f"ours, from envelopes of {rows:,}", found, expected))
    return results


def _json_topic(settings: Settings, messages: Messages) -> str:
    """Return the topic that holds `messages`, one JSON object each; write it when it is new."""
    topic = Topic(f"peers.events.{messages.count}", "department:kind", "one event as JSON")
    if topic.name not in bus.admin(settings).list_topics():
        report.say(f"writing {messages.count:,} events to Kafka, a message each")
        bus.ensure_topics(settings, (topic,))
        with _Writer(settings) as writer:
            for _, key, value in messages.json():
                writer.send(topic.name, value=value, key=key.encode())
            for key, value in messages.sentinels():
                writer.send(topic.name, value=value, key=key.encode())
    return topic.name


def _produce_department_topics(bench: Bench) -> None:
    topics = tuple(replace(department_topic(name), partitioned=False) for name in DEPARTMENTS)
    bus.ensure_topics(bench.settings, topics)
    with _Writer(bench.settings) as writer:
        for department, _, value in bench.messages.json():
            writer.send(f"departments.{department}", value=value)


def _produce_envelopes(bench: Bench, rows: int) -> None:
    settings = bench.settings
    bus.ensure_topics(settings)
    with _Writer(settings) as writer:
        for feed, value in bench.messages.envelopes(rows):
            writer.send(EVENTS.name, value=value, partition=partition_of(feed, settings.partitions))


class _Writer:
    """A producer that is flushed on leaving."""

    def __init__(self, settings: Settings) -> None:
        self._producer: KafkaProducer = bus.producer(settings, batch_size=512 * 1024, linger_ms=20)

    def __enter__(self) -> KafkaProducer:
        return self._producer

    def __exit__(self, *_: object) -> None:
        self._producer.flush()
        self._producer.close()


def _peer(bench: Bench, name: str) -> dict[str, Any]:
    peer = PEERS[name]
    share = round(bench.messages.total * peer.share)
    messages = replace(bench.messages, head=share if peer.share < 1 else 0)
    topic = _json_topic(bench.settings, messages)
    answer = bench.folder / f"{name}.json"
    arguments = (bench.settings.kafka, topic, str(messages.count), str(messages.sentinel_ms))
    report.say(f"{peer.title}: counting {messages.count:,}")
    login = (bench.settings.kafka_user, str(bench.settings.kafka_secret_path))
    found = _run_peer(bench, name, [*arguments, str(answer), *login])
    if answer.exists():
        said = json.loads(answer.read_text())
        found.began, found.ended, found.counts = said["began"], said["ended"], said["counts"]
    else:
        report.say(f"{name} did not finish: {(bench.folder / f'{name}.log').read_text()[-600:]}")
    return _judged(peer.title, found, messages.expected())


def _run_peer(bench: Bench, name: str, arguments: list[str]) -> ours.Run:
    with (bench.folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command(name, *arguments), cwd=bench.folder, stdout=log, stderr=subprocess.STDOUT
        )
    with Sampler({name: process.pid}, 0.1) as sampler:
        try:
            process.wait(bench.cap_s)
        except subprocess.TimeoutExpired:
            harness.stop(process)
    return ours.Run(track=[sampler.tracks[name]])


def _ours_from_json(bench: Bench) -> ours.Run:
    report.say("ours, from JSON: counting")
    _produce_department_topics(bench)
    cities = make_city(bench.folder / "cities-json", source="kafka", lateness_s=DAY_S)
    settings = replace(bench.settings, cities=cities, data=bench.folder / "ours-json")
    bus.ensure_topics(settings)
    return ours.run(settings, ["gateway", "stream"], bench.messages.count, bench.cap_s)


def _ours_from_envelopes(bench: Bench, rows: int) -> ours.Run:
    report.say("ours, from envelopes: counting")
    _produce_envelopes(bench, rows)
    cities = make_city(bench.folder / "cities-envelopes", lateness_s=DAY_S)
    settings = replace(bench.settings, cities=cities, data=bench.folder / "ours-envelopes")
    return ours.run(settings, ["stream"], bench.messages.count, bench.cap_s)


def _judged(title: str, found: ours.Run, expected: dict[str, int]) -> dict[str, Any]:
    counted = sum(found.counts.values())
    seconds = max(found.ended - found.began, 1e-9)
    return {
        "title": title,
        "events": counted,
        "seconds": round(seconds, 2),
        "events_per_s": round(counted / seconds) if counted else 0,
        "cpu_s": round(found.cpu_s(), 2),
        "cpu_s_per_million": round(found.cpu_s() / max(counted, 1) * 1e6, 2),
        "peak_mb": round(found.peak_mb(), 1),
        "counts_right": found.counts == expected,
    }


def _row(result: dict[str, Any]) -> list[object]:
    names = ("title", "events_per_s", "cpu_s_per_million", "peak_mb", "events", "seconds")
    return [*(result[name] for name in names), result["counts_right"]]


if __name__ == "__main__":
    typer.run(main)
