"""`citybrain dead-letters …`: which rows were refused, why, and what is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from citybrain.city import load_city
from citybrain.floor import store
from citybrain.floor.clock import SystemClock
from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.settings import Settings, from_environment
from citybrain.floor.terminal import say, user_of_machine
from connectors.door.rows_outcome import kind_of_reason
from connectors.letters import letter_queries
from connectors.letters.letter_ledger import LetterLedger
from connectors.letters.letter_queries import LetterReason, ListedLetter
from connectors.letters.letter_replay import (
    LetterDesk,
    LetterReplay,
    Replayed,
    discard,
    read_letters,
)
from connectors.publisher import Publisher
from connectors.resends.known_records import KnownRecords

letters = typer.Typer(help="Rows that were refused.", no_args_is_help=True)
_SHOWN_RAW = 4000
STORE_TIMEOUT_S = 120

Feed = Annotated[str, typer.Option(help="only this feed")]
Since = Annotated[datetime | None, typer.Option(help="only those refused since then, UTC")]
Ident = Annotated[str, typer.Argument(help="the letter's id, or how it begins")]
OneIdent = Annotated[str, typer.Option("--id", help="only this letter")]
Everything = Annotated[bool, typer.Option("--all", help="all feeds")]
Why = Annotated[
    str, typer.Option("--reason", help="only those refused for it, as 'list --by reason' shows it")
]


class ListBy(StrEnum):
    """What letters are summed up by."""

    REASON = "reason"


@letters.command("list")
def list_letters(
    feed: Feed = "",
    since: Since = None,
    limit: Annotated[int, typer.Option(help="at most so many")] = 50,
    by: Annotated[ListBy | None, typer.Option(help="sum them up")] = None,
    marked: Annotated[
        bool, typer.Option("--all", help="also those that were replayed or discarded")
    ] = False,
) -> None:
    """List dead letters, the newest first, or how many there are of each reason.

    Those that were replayed or discarded are left out. What was refused in the last seconds may not
    be in the store yet.
    """
    with store.connect_reader(from_environment(), timeout_s=STORE_TIMEOUT_S) as client:
        when = _aware(since)
        if by is ListBy.REASON:
            _show_reasons(letter_queries.reasons(client, feed, when, marked=marked))
            return
        found = letter_queries.letters(client, feed, when, marked=marked, limit=limit)
    for letter in found:
        say(_line(letter))


@letters.command("show")
def show_letter(ident: Ident) -> None:
    """Show one dead letter whole, with its bytes."""
    for letter in _chosen(from_environment(), ident):
        told = msgspec.to_builtins(letter, builtin_types=(bytes,))
        for name, value in told.items():
            text = value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
            say(f"{name}: {str(text)[:_SHOWN_RAW]}")


@letters.command("replay")
def replay_letters(
    ident: OneIdent = "",
    feed: Feed = "",
    since: Since = None,
    why: Why = "",
    everything: Everything = False,
    again: Annotated[
        bool, typer.Option("--again", help="also those that were replayed or discarded before")
    ] = False,
) -> None:
    """Map letters with the mapping of today, and publish what is good now; no letter twice."""
    settings = from_environment()
    chosen = _which(settings, ident, feed, since, why, everything=everything)
    city = load_city(settings.city_folder)
    with _desk(settings) as desk:
        known = KnownRecords(city.feeds.values(), settings, desk.ledger.others_live)
        publisher = Publisher(settings, known.of(city.feeds.keys()))
        try:
            replay = LetterReplay(settings, city, desk=desk, publisher=publisher)
            _tell(replay.run(chosen, again=again))
        finally:
            publisher.close()


@letters.command("discard")
def discard_letters(
    ident: OneIdent = "",
    feed: Feed = "",
    since: Since = None,
    why: Why = "",
    everything: Everything = False,
) -> None:
    """Have letters be nothing: they are listed and replayed no more. Their bytes are kept."""
    settings = from_environment()
    chosen = _which(settings, ident, feed, since, why, everything=everything)
    with _desk(settings) as desk:
        done, left = discard(desk, chosen)
    more = f", {left} left: they became events, or a replay works on them" if left else ""
    say(f"{done} discarded{more}")


@contextmanager
def _desk(settings: Settings) -> Iterator[LetterDesk]:
    ledger, marks = LetterLedger(settings.data), Publisher(settings)
    try:
        by = user_of_machine()
        yield LetterDesk(ledger, lambda one: marks.send_marks(one).receipt(), SystemClock(), by)
    finally:
        marks.close()
        ledger.close()


def _which(
    settings: Settings,
    ident: str,
    feed: str,
    since: datetime | None,
    why: str,
    *,
    everything: bool,
) -> Iterable[DeadLetter]:
    """Return the letters that are meant."""
    if not (ident or feed or everything):
        raise typer.BadParameter("say which: --id, --feed or --all")
    found = _chosen(settings, ident) if ident else read_letters(settings, feed, _aware(since))
    return (one for one in found if not why or kind_of_reason(one.reason) == why)


def _tell(done: Replayed) -> None:
    for letter, reason in done.shown:
        say(f"{letter.letter_id}  still refused: {reason}")
    if done.refused > len(done.shown):
        say(f"… and {done.refused - len(done.shown)} more; still refused for:")
        for reason, count in done.reasons.most_common(20):
            say(f"{count:>10}  {reason}")
    discarded = f", {done.discarded} discarded before" if done.discarded else ""
    say(
        f"{done.replayed} replayed as {done.events} events, {done.before} replayed before"
        f"{discarded}, {done.refused} still refused"
    )


def _line(letter: ListedLetter) -> str:
    field = f"{letter.field}: " if letter.field else ""
    at = f"{letter.received_at:%Y-%m-%d %H:%M:%S}"
    mark = (
        f"[{letter.mark} {letter.marked_at:%Y-%m-%d %H:%M} by {letter.marked_by}]  "
        if letter.mark
        else ""
    )
    head = f"{letter.letter_id}  {at}  {letter.feed}  {letter.place}"
    return f"{head}  {mark}{field}{letter.reason}"


def _show_reasons(found: list[LetterReason]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("letters", justify="right")
    for name in ("feed", "field", "reason", "oldest", "newest", "example"):
        table.add_column(name, overflow="fold" if name in {"reason", "example"} else "ellipsis")
    for one in found:
        oldest, newest = (f"{at:%Y-%m-%d %H:%M}Z" for at in (one.oldest, one.newest))
        example = "" if one.example == one.reason else one.example
        table.add_row(str(one.letters), one.feed, one.field, one.reason, oldest, newest, example)
    Console(highlight=False, markup=False).print(table)
    say(f"{sum(one.letters for one in found)} letters")


def _aware(since: datetime | None) -> datetime | None:
    return since.replace(tzinfo=UTC) if since is not None and since.tzinfo is None else since


def _chosen(settings: Settings, ident: str) -> list[DeadLetter]:
    found = [one for one in read_letters(settings) if one.letter_id.startswith(ident)]
    if not found:
        problem = f"there is no dead letter {ident!r}"
        raise ConfigError([Fault("city.dead-letters", "id", problem, "see 'dead-letters list'")])
    return found
