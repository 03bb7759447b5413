"""`citybrain audit …`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC
from itertools import islice
from typing import Annotated, Any

import typer
from clickhouse_connect.driver.client import Client

from citybrain.floor import bus, store
from citybrain.floor.errors import CityBrainError
from citybrain.floor.settings import Settings, from_environment
from citybrain.floor.terminal import say
from citybrain.floor.topics import AUDIT
from sinks.audit_check import LogChain, LogMark, differences
from sinks.tables.audit import NAMES

audit = typer.Typer(help="The audit log: verify.", no_args_is_help=True)

CHUNK = 5_000
SHOWN = 20


class AuditError(CityBrainError):
    """The audit log is not what it should be."""


@audit.callback()
def _audit() -> None:
    """The audit log."""


@audit.command("verify")
def verify(
    noted: Annotated[
        str, typer.Option(help="what an earlier call printed: count and chain, 120:9f86…")
    ] = "",
) -> None:
    """Hold table `audit` against its topic, and the topic against what was NOTED of it before."""
    mark = _mark(noted)
    settings = from_environment()
    chain = LogChain(mark)
    with store.connect_reader(settings) as client:
        reached = _reached(client)
        faults = list(_faults(settings, client, chain, reached))
    if problem := chain.fault():
        faults.append(f"{AUDIT.name}: {problem}")
    if faults:
        more = f"\n… and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise AuditError("audit: " + "\naudit: ".join(faults[:SHOWN]) + more)
    waiting = chain.mark.count - min(reached + 1, chain.mark.count)
    say(f"{chain.mark}: all as it was written, {waiting} not in the table yet; note this line")


def _mark(noted: str) -> LogMark | None:
    try:
        return LogMark.read(noted) if noted else None
    except ValueError as error:
        raise AuditError(f"audit: --noted: {error}") from error


def _faults(settings: Settings, client: Client, chain: LogChain, reached: int) -> Iterator[str]:
    end, expected = bus.end_offset(settings, AUDIT, 0), 0
    records = bus.read_range(settings, AUDIT, 0, 0, end - 1)
    while chunk := list(islice(records, CHUNK)):
        if chunk[0][0] != expected:
            yield f"{AUDIT.name}: records {expected} to {chunk[0][0] - 1} are missing"
        expected = chunk[-1][0] + 1
        for _, value in chunk:
            chain.add(value)
        known = [record for record in chunk if record[0] <= reached]
        yield from differences(known, _rows(client, chunk[0][0], expected - 1))
    if reached >= end:
        yield f"table audit: rows up to offset {reached}, but the topic ends at {end}"


def _reached(client: Client) -> int:
    """Return the last offset of which the table has a row; -1: none."""
    newest, count = client.query("SELECT max(kafka_offset), count() FROM audit").result_rows[0]
    return int(newest) if count else -1


def _rows(client: Client, first: int, last: int) -> dict[int, list[dict[str, Any]]]:
    sql = (
        f"SELECT kafka_offset, {', '.join(NAMES)} FROM audit"  # noqa: S608  names of columns
        " WHERE kafka_offset BETWEEN {first:UInt64} AND {last:UInt64}"
    )
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for offset, *values in client.query(sql, parameters={"first": first, "last": last}).result_rows:
        row = dict(zip(NAMES, values, strict=True))
        row["at"] = row["at"].replace(tzinfo=UTC)
        found[int(offset)].append(row)
    return dict(found)
