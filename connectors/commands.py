"""`citybrain keys …` and `citybrain dead-letters …`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from citybrain.city import load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.settings import Settings, from_environment
from citybrain.floor.terminal import say
from connectors.dead_letter_replay import LetterReplay, Replayed, read_letters
from connectors.door import keys as keyring
from connectors.door.idempotency import BatchLedger, ledger_path
from connectors.door.key_files import issue_missing
from connectors.publisher import Publisher
from connectors.resends.known_records import KnownRecords

keys = typer.Typer(help="API keys of departments.", no_args_is_help=True)
letters = typer.Typer(help="Rows that were refused.", no_args_is_help=True)
_SHOWN_RAW = 4000

Feed = Annotated[str, typer.Option(help="only this feed")]
Since = Annotated[datetime | None, typer.Option(help="only those refused since then, UTC")]
Ident = Annotated[str, typer.Argument(help="the letter's id, or how it begins")]


@keys.command("issue")
def issue_key(department: str) -> None:
    """Make a key for DEPARTMENT and print it, this once; its hash is kept."""
    settings = from_environment()
    known = load_city(settings.city_folder).departments
    if department not in known:
        problem = f"there is no department {department!r}"
        remedy = f"known are {', '.join(sorted(known))}"
        raise ConfigError([Fault(str(settings.city_folder), "departments", problem, remedy)])
    say(keyring.issue(settings, department))


@keys.command("files")
def issue_files() -> None:
    """Make `<data>/secrets/<department>.key` for departments that have none: for the replay."""
    settings = from_environment()
    made = issue_missing(settings, load_city(settings.city_folder).departments)
    say(f"made API keys of {made} departments in {settings.data / 'secrets'}")


@keys.command("list")
def list_keys() -> None:
    """List all keys: id, department, when issued and when revoked; never the key itself."""
    for key in keyring.listed(from_environment().keys_path):
        state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "in use"
        say(f"{key.id}  {key.department:24}  {key.created_at:%Y-%m-%d %H:%M}  {state}")


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="as 'keys list' shows it")]) -> None:
    """Take a key out of use; a running gateway refuses it within a second."""
    settings = from_environment()
    if keyring.revoke(settings, key_id) is None:
        problem = f"no key {key_id!r} is in use"
        raise ConfigError([Fault(str(settings.keys_path), "keys", problem, "see 'keys list'")])
    say(f"{key_id} revoked")


@letters.command("list")
def list_letters(
    feed: Feed = "",
    since: Since = None,
    limit: Annotated[int, typer.Option(help="at most so many")] = 50,
) -> None:
    """List dead letters: id, when, feed, place, field and reason."""
    for letter in itertools.islice(_letters(from_environment(), feed, since), limit):
        field = f"{letter.field}: " if letter.field else ""
        at = f"{letter.received_at:%Y-%m-%d %H:%M:%S}"
        told = f"{letter.letter_id}  {at}  {letter.feed}  {letter.place}  {field}{letter.reason}"
        say(told)


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
    ident: Annotated[str, typer.Option("--id", help="only this letter")] = "",
    feed: Feed = "",
    since: Since = None,
    everything: Annotated[bool, typer.Option("--all", help="all feeds")] = False,
) -> None:
    """Map letters with the mapping of today, and publish what is good now; no letter twice."""
    settings = from_environment()
    if not (ident or feed or everything):
        raise typer.BadParameter("say which: --id, --feed or --all")
    chosen = _chosen(settings, ident) if ident else list(_letters(settings, feed, since))
    city = load_city(settings.city_folder)
    ledger = BatchLedger(ledger_path(settings.data))
    known = KnownRecords(city.feeds.values(), settings, ledger.others_live)
    publisher = Publisher(settings, known.of(city.feeds.keys()))
    try:
        replay = LetterReplay(
            settings, city, ledger=ledger, publisher=publisher, clock=SystemClock()
        )
        _tell(replay.run(chosen))
    finally:
        publisher.close()
        ledger.close()


def _tell(done: Replayed) -> None:
    for letter, reason in done.refused:
        say(f"{letter.letter_id}  still refused: {reason}")
    say(
        f"{done.replayed} replayed as {done.events} events, {done.before} replayed before, "
        f"{len(done.refused)} still refused"
    )


def _letters(settings: Settings, feed: str, since: datetime | None) -> Iterator[DeadLetter]:
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return read_letters(settings, feed, since)


def _chosen(settings: Settings, ident: str) -> list[DeadLetter]:
    found = [one for one in read_letters(settings) if one.letter_id.startswith(ident)]
    if not found:
        problem = f"there is no dead letter {ident!r}"
        raise ConfigError([Fault("city.dead-letters", "id", problem, "see 'dead-letters list'")])
    return found
