"""Map many dead letters of one feed together: ten thousand in the time of a few alone.

Only letters that are a single row each: a JSON object, or a CSV row that cannot swallow its
neighbours. Whatever does not add up in the end is not guessed: those letters are mapped alone.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.errors import SourceError
from citybrain.floor.event_columns import SOURCE_ID
from citybrain.floor.events import empty, event_ids
from connectors.door.bodies import BodyPiece, record_piece
from connectors.door.intake import Haul, Intake
from connectors.mapping.row_refusals import KEPT
from connectors.readers.delimited import read_stream
from connectors.readers.file_pieces import FileLook

JSON = "application/json"


class LetterGroup(NamedTuple):
    """What letters have in common that may be mapped together; `header` is "" for JSON."""

    feed: str
    header: str


@dataclass(frozen=True)
class JointlyMapped:
    """What became of letters.

    Attributes:
        table: events, one a letter.
        good: those letters, in the same order.
        refused: the others, each with the reason.
        alone: letters of which nothing is known until they are mapped alone.
    """

    table: pa.Table
    good: list[DeadLetter]
    refused: list[tuple[DeadLetter, str]] = field(default_factory=list)
    alone: list[DeadLetter] = field(default_factory=list)


def group_of(letter: DeadLetter) -> LetterGroup | None:
    """Return with which others a letter may be mapped; None: it has to be mapped alone."""
    if len(letter.raw) >= KEPT:
        return None
    if letter.header:
        plain = b'"' not in letter.raw and b"\n" not in letter.raw and b"\r" not in letter.raw
        return LetterGroup(letter.feed, letter.header) if plain and letter.raw.strip() else None
    is_object = letter.media_type == JSON and letter.raw.lstrip()[:1] == b"{"
    return LetterGroup(letter.feed, "") if is_object else None


def name_of(letter: DeadLetter) -> str:
    """Return the batch that a letter is by itself; it makes the ids of rows that have none."""
    return f"letter:{letter.letter_id}"


def map_together(intake: Intake, letters: Sequence[DeadLetter], now: datetime) -> JointlyMapped:
    """Return what becomes of letters of one group, as if each were mapped alone at `now`."""
    none = JointlyMapped(empty(), [], alone=list(letters))
    if intake.feed.also:
        return none  # a row of it gives more than its one event
    try:
        piece = _csv(intake, letters) if letters[0].header else _json(intake, letters)
    except SourceError:
        return none
    if piece is None:
        return none
    haul = intake.haul(piece, "letters", now)
    at_fault = {int(one.place): one.reason for one in haul.outcome.letters}
    unread = {int(one.place) for one in piece.refused}
    skipped = {int(piece.rows.place(int(row))) for row in haul.skipped}
    good = [at for at in range(len(letters)) if at not in at_fault and at not in skipped]
    if haul.table.num_rows != len(good):
        return none
    chosen = [letters[at] for at in good]
    refused = [(letters[at], at_fault[at]) for at in at_fault if at not in unread]
    refused += [(letters[at], "it holds no rows") for at in skipped]
    alone = [letters[at] for at in sorted(unread)]
    return JointlyMapped(_identified(intake, haul, chosen), chosen, refused, alone)


def _json(intake: Intake, letters: Sequence[DeadLetter]) -> BodyPiece:
    return record_piece([one.raw for one in letters], intake.bodies.json, str)


def _csv(intake: Intake, letters: Sequence[DeadLetter]) -> BodyPiece | None:
    """Return the rows, placed by their letter; None where a line is not just a row."""
    lines = [letters[0].header.encode(), *(one.raw for one in letters)]
    look = FileLook("utf-8", columns=intake.bodies.columns)
    found = list(read_stream("letters", io.BytesIO(b"\n".join(lines) + b"\n"), look))
    if len(found) != 1 or found[0].rows.frame.height != len(letters) or found[0].refused:
        return None
    return BodyPiece(replace(found[0].rows, place=str), ())


def _identified(intake: Intake, haul: Haul, letters: Sequence[DeadLetter]) -> pa.Table:
    """Return the events, with the ids that they would have had alone where the rows have none."""
    table = haul.table
    if SOURCE_ID in intake.feed.mapping or not table.num_rows:
        return table
    names = pl.Series("id", [f"{name_of(one)}\x1f0" for one in letters])
    ids = event_ids(intake.feed.id, names)
    return table.set_column(table.schema.get_field_index("event_id"), "event_id", ids)
