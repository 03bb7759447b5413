"""Hold the audit table against its topic, and both against a mark that somebody noted; pure.

The chain of the log after n records is the SHA-256 of the chain after n-1 and of the record's own
SHA-256. Who notes ``n:chain`` (on paper, in another system) can later prove that none of the first
n records was changed, taken out or put in since, whoever had the right to write here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citybrain.floor.errors import EnvelopeError
from sinks.tables.audit import rows

Row = Mapping[str, Any]


@dataclass(frozen=True)
class LogMark:
    """The log as it stood at a moment.

    Attributes:
        count: how many records it had.
        chain: 64 hex digits.
    """

    count: int
    chain: str

    @classmethod
    def read(cls, text: str) -> LogMark:
        """Return the mark that `str` made of one.

        Raises:
            ValueError: it is none.
        """
        count, _, chain = text.strip().partition(":")
        if not count.isdecimal() or len(chain) != hashlib.sha256().digest_size * 2:
            raise ValueError(f"{text!r} is no mark; one looks like 120:9f86…")
        return cls(int(count), chain)

    def __str__(self) -> str:
        """Return it as a person notes it."""
        return f"{self.count}:{self.chain}"


class LogChain:
    """Chains the records of a log, and looks for a mark on the way."""

    def __init__(self, noted: LogMark | None = None) -> None:
        """Start before the first record."""
        self.mark = LogMark(0, hashlib.sha256(b"").hexdigest())
        self._noted = noted
        self._seen = noted is None or noted == self.mark

    def add(self, value: bytes) -> None:
        """Take the next record."""
        own = hashlib.sha256(value).digest()
        chain = hashlib.sha256(bytes.fromhex(self.mark.chain) + own).hexdigest()
        self.mark = LogMark(self.mark.count + 1, chain)
        self._seen = self._seen or self.mark == self._noted

    def fault(self) -> str:
        """Return why the noted mark does not fit; "" where it does, or none was noted."""
        if self._seen or self._noted is None:
            return ""
        if self._noted.count > self.mark.count:
            return f"{self._noted.count} records were noted, and there are only {self.mark.count}"
        return f"the first {self._noted.count} records are not what they were when it was noted"


def differences(
    records: Iterable[tuple[int, bytes]], found: Mapping[int, Sequence[Row]]
) -> Iterator[str]:
    """Yield what is wrong with the table's rows `found` (by offset) of the topic's `records`."""
    for offset, value in records:
        held = found.get(offset, ())
        expected = _expected(value)
        if expected is None:
            if held:
                yield f"offset {offset}: a row where the topic has no entry"
        elif not held:
            yield f"offset {offset}: {_named(expected)}: the row is missing"
        elif len(held) > 1:
            yield f"offset {offset}: {_named(expected)}: {len(held)} rows instead of one"
        elif wrong := [n for n, known in expected.items() if _plain(held[0])[n] != known]:
            yield f"offset {offset}: {_named(expected)}: {', '.join(wrong)} was changed"


def _expected(value: bytes) -> Row | None:
    try:
        row: Row = rows(value).to_pylist()[0]
    except EnvelopeError:
        return None
    return _plain(row)


def _plain(row: Row) -> Row:
    """Return `row` with its map as the store gives one; Arrow gives pairs."""
    return {**row, "arguments": dict(row["arguments"])}


def _named(row: Row) -> str:
    return f"{row['action']} by {row['user'] or 'nobody known'}"
