"""`citybrain batches …`: what was published under which name, and taking it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
import typer
from rich.console import Console
from rich.table import Table

from citybrain.city import load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.duration import seconds
from citybrain.floor.settings import from_environment
from citybrain.floor.terminal import say, user_of_machine
from connectors.batches.batch_labels import Spot
from connectors.batches.batch_scan import Batch
from connectors.batches.withdrawing import BatchError, Withdrawal, find_batches, the_batch
from connectors.door.idempotency import BatchLedger, ledger_path
from connectors.publisher import Publisher
from connectors.resends.known_records import KnownRecords

batches = typer.Typer(help="Published batches: list, withdraw.", no_args_is_help=True)
Feed = Annotated[str, typer.Option(help="only this feed")]
Since = Annotated[str, typer.Option(help="how far back Kafka is read, as 6h or 30d")]


@batches.callback()
def _batches() -> None:
    """Published batches."""


@batches.command("list")
def list_batches(feed: Feed = "", since: Since = "1d") -> None:
    """List batches by name: those with an Idempotency-Key, files, pieces of topics, replays."""
    settings = from_environment()
    found = find_batches(settings, _since(since), feed)
    table = Table(box=None, pad_edge=False)
    for name in ("batch", "feed", "came"):
        table.add_column(name, overflow="fold")
    table.add_column("rows", justify="right")
    for name in ("events of", "state"):
        table.add_column(name, overflow="fold")
    for one in found:
        shared = ", shares envelopes" if one.shared else ""
        came = f"{one.received_at:%Y-%m-%d %H:%M:%S}Z"
        table.add_row(one.name, one.feed, came, str(one.rows), _span(one), one.state + shared)
    Console(highlight=False, markup=False).print(table)
    say(f"{len(found)} batches since {since}")


@batches.command("withdraw")
def withdraw(
    name: Annotated[str, typer.Argument(metavar="ID", help="as 'batches list' shows it")],
    reason: Annotated[str, typer.Option(help="why; it stands in the audit log")],
    feed: Feed = "",
    since: Since = "30d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would do.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take all of a batch back that still counts: rows, counts, windows; shows it and asks first.

    Its records are known no more, so that the right ones can be sent under the same ids.
    """
    settings, clock = from_environment(), SystemClock()
    if not reason.strip():
        raise typer.BadParameter("say why: --reason")
    city = load_city(settings.city_folder)
    batch = the_batch(find_batches(settings, _since(since), feed), name)
    if batch.feed not in city.feeds:
        problem = f"batch {name!r}: feed {batch.feed!r} is gone"
        raise BatchError(f"{problem}; add it again, then withdraw")
    ledger, publisher = BatchLedger(ledger_path(settings.data)), Publisher(settings)
    memory = KnownRecords(city.feeds.values(), settings, ledger.others_live)
    known = memory.of({batch.feed}).get(batch.feed)
    try:
        work = Withdrawal(
            settings,
            city.feeds[batch.feed],
            batch,
            publisher=publisher,
            memory=known,
            clock=clock,
        )
        left = work.look()
        say(f"batch     {batch.name}")
        say(f"feed      {batch.feed}")
        say(f"rows      {_rows(left)} count of {batch.rows}, in {len(left)} envelopes")
        say(f"events of {_span_of([table for _, table in left])}")
        if not left:
            say("nothing of it counts; nothing was done")
        elif dry_run:
            say("nothing was done: --dry-run")
        elif yes or typer.confirm(f"Take these {_rows(left)} rows back?"):
            done = work.run(user_of_machine(), reason)
            say(f"{done.rows} rows taken back; the audit log says by whom, and why")
        else:
            say("nothing was done")
    finally:
        if known is not None:
            known.close()
        publisher.close()
        ledger.close()


def _since(text: str) -> datetime:
    try:
        return SystemClock().now() - timedelta(seconds=seconds(text))
    except ValueError as error:
        raise typer.BadParameter(f"--since: {error}; give one such as 6h or 30d") from error


def _rows(left: list[tuple[Spot, pa.Table]]) -> int:
    return sum(table.num_rows for _, table in left)


def _span(batch: Batch) -> str:
    return _said(batch.first, batch.last)


def _span_of(tables: list[pa.Table]) -> str:
    if not tables:
        return "-"
    spans = [pc.min_max(table["occurred_at"]).as_py() for table in tables]
    return _said(min(one["min"] for one in spans), max(one["max"] for one in spans))


def _said(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return "-"
    return f"{first:%Y-%m-%d %H:%M}Z to {last:%Y-%m-%d %H:%M}Z"
