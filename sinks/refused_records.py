"""Find the records that the store refuses for good, by halves. Pure.

Most claims hold none and cost one try; one bad record among n costs about 2·log2(n) further ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from citybrain.floor.errors import StoreError
from sinks.ledger_entries import RecordPlace
from sinks.record_batch import TopicRecord

MOST = 100
"""Records of one claim that may be refused by themselves: where more are, it is not the records."""

Try = Callable[[Sequence[TopicRecord]], str]
"""Returns why the store refuses the rows of some records for good; "": it takes them."""


def refused(records: Sequence[TopicRecord], attempt: Try) -> dict[RecordPlace, str]:
    """Return the records that are refused each by itself, and the store's words about each.

    Raises:
        StoreError: there are more than `MOST`.
    """
    found: dict[RecordPlace, str] = {}
    parts = [[record for record in records if record.rows]]
    while parts:
        part = parts.pop()
        problem = attempt(part) if part else ""
        if not problem:
            continue
        if len(part) > 1:
            half = len(part) // 2
            parts += [part[half:], part[:half]]
            continue
        found[part[0].partition, part[0].offset] = problem
        if len(found) > MOST:
            raise StoreError(
                f"store: refuses more than {MOST} records of one claim, so it is not the records: "
                f"{problem}; mend the table or what makes these records"
            )
    return found
