"""What the store knows of dead letters: typed arguments in, records out, values bound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from connectors.door.rows_outcome import MORE_FAULTS, VALUE_FIRST

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_LETTERS = """
    SELECT letter_id, feed, place, field, reason, received_at, m.mark AS mark, m.last AS marked_at,
        m.who AS marked_by
    FROM dead_letters FINAL
    LEFT JOIN (
        SELECT letter_id, argMax(mark, at) AS mark, argMax(by, at) AS who, max(at) AS last
        FROM letter_marks WHERE {feed:String} IN ('', feed) GROUP BY letter_id
    ) AS m USING letter_id
    WHERE {feed:String} IN ('', feed) AND received_at >= {since:DateTime64(3, 'UTC')}
        AND ({marked:Bool} OR m.last < received_at)"""
"""A row that was refused again after it had been marked is open again."""


class ListedLetter(NamedTuple):
    """A letter as it is listed; `mark` is "" where nothing was made of it."""

    letter_id: str
    feed: str
    place: str
    field: str
    reason: str
    received_at: datetime
    mark: str
    marked_at: datetime
    marked_by: str


class LetterReason(NamedTuple):
    """Why letters of a feed were refused, and how many."""

    feed: str
    field: str
    reason: str
    letters: int
    oldest: datetime
    newest: datetime
    example: str


def letters(
    client: Client, feed: str, since: datetime | None, *, marked: bool, limit: int
) -> list[ListedLetter]:
    """Return the newest letters.

    Args:
        client: the store.
        feed: only of this one; "": of all.
        since: only those refused since then (aware); None: ever.
        marked: whether also those that were replayed or discarded.
        limit: at most so many.
    """
    sql = f"""
        SELECT toString(letter_id), feed, place, field, reason, received_at,
            if(marked_at < received_at, '', mark), marked_at, marked_by
        FROM ({_LETTERS}) ORDER BY received_at DESC, letter_id LIMIT {{limit:UInt64}}"""  # noqa: S608
    bound = {"feed": feed, "since": since or _LONG_AGO, "marked": marked, "limit": limit}
    return [ListedLetter(*row) for row in _rows(client, sql, bound)]


def reasons(
    client: Client, feed: str, since: datetime | None, *, marked: bool
) -> list[LetterReason]:
    """Return why letters were refused, what is most often first; arguments as of `letters`."""
    sql = f"""
        SELECT feed, field,
            replaceRegexpOne(
                replaceRegexpOne(reason, {{more:String}}, ''), {{value:String}}, '…\\\\1'
            ) AS why,
            count() AS rows, min(received_at), max(received_at), argMax(reason, received_at)
        FROM ({_LETTERS}) GROUP BY feed, field, why ORDER BY rows DESC, feed, field, why"""  # noqa: S608
    bound = {"feed": feed, "since": since or _LONG_AGO, "marked": marked}
    bound |= {"more": f"{MORE_FAULTS}.*", "value": f"{VALUE_FIRST}( )"}
    return [LetterReason(*row) for row in _rows(client, sql, bound)]


def _rows(client: Client, sql: str, bound: dict[str, Any]) -> Sequence[Sequence[Any]]:
    return client.query(sql, parameters=bound, tz_mode="aware").result_rows
